# Copyright the troupe contributors
# SPDX-License-Identifier: Apache-2.0

from spack.package import *


class Troupe(AutotoolsPackage):
    """Actors on MPI, in C: classes with state, methods, tasks and futures, in one job."""

    license("Apache-2.0")

    # The tarball of "make dist", or a checkout: spack dev-build troupe@0.1.0
    version("0.1.0")

    variant("gateway", default=True, description="The door for other programs")

    depends_on("c", type="build")
    depends_on("autoconf", type="build")
    depends_on("automake", type="build")
    depends_on("libtool", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi@3:")
    depends_on("hwloc@2.1:")
    depends_on("libmicrohttpd@0.9.71:", when="+gateway")
    depends_on("jansson@2.12:", when="+gateway")
    depends_on("cmocka@1.1.5:", type="test")

    def autoreconf(self, spec, prefix):
        if not os.path.exists("configure"):
            autoreconf("-i")

    def configure_args(self):
        args = self.with_or_without("gateway")
        args.append("MPICC={0}".format(self.spec["mpi"].mpicc))
        return args

    def installcheck(self):
        with working_dir(self.build_directory):
            make("installcheck")
