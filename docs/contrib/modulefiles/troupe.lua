-- troupe for Lmod: set the prefix that it was configured with, and the MPI that it was built with.
local version = "0.1.0"
local prefix = "/opt/troupe/" .. version

help([[troupe: actors on MPI, in C. Programs are built with
    cc -o program program.c $(pkg-config --cflags --libs troupe)
and started by mpirun or srun; "man troupe" says more.]])
whatis("Name: troupe")
whatis("Version: " .. version)
whatis("Description: actors on MPI, in C")

depends_on("openmpi")
conflict("troupe")

prepend_path("PATH", pathJoin(prefix, "bin"))
prepend_path("LD_LIBRARY_PATH", pathJoin(prefix, "lib"))
prepend_path("LIBRARY_PATH", pathJoin(prefix, "lib"))
prepend_path("CPATH", pathJoin(prefix, "include"))
prepend_path("PKG_CONFIG_PATH", pathJoin(prefix, "lib/pkgconfig"))
prepend_path("CMAKE_PREFIX_PATH", prefix)
prepend_path("MANPATH", pathJoin(prefix, "share/man"))
setenv("TROUPE_ROOT", prefix)
