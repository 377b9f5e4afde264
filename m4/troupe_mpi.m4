# MPI is an ordinary library to us: its flags are taken from the wrapper (mpicc -show, which Open
# MPI, MPICH and Intel MPI all know) and the compiler stays the user's, so CC=clang just works.

# TROUPE_MPI_WRAPPER, before AC_PROG_CC: find mpicc; without a CC of the user's, its compiler is ours.
AC_DEFUN([TROUPE_MPI_WRAPPER], [
AC_BEFORE([$0], [AC_PROG_CC])
AC_ARG_VAR([MPICC], [MPI's C compiler wrapper, asked for MPI's flags])
AC_ARG_VAR([MPIRUN], [launcher for the tests, called as: MPIRUN -n RANKS PROGRAM])
AS_CASE([$MPICC:$CC], [:*mpicc*], [MPICC=$CC])
AC_CHECK_PROGS([MPICC], [mpicc mpicc.openmpi mpicc.mpich])
troupe_mpi_show=
AS_IF([test -n "$MPICC"], [troupe_mpi_show=`$MPICC -show 2>/dev/null | sed 1q`])
AS_IF([test -z "$CC" && test -n "$troupe_mpi_show"], [CC=${troupe_mpi_show%% *}])
])

# TROUPE_MPI, after AC_PROG_CC: set MPI_CFLAGS, MPI_LIBS, of these MPI_LDFLAGS, and MPIRUN, or stop
# and say what to install.
AC_DEFUN([TROUPE_MPI], [
MPI_CFLAGS= MPI_LIBS= MPI_LDFLAGS= troupe_mpi_from="$CC alone"
AC_MSG_CHECKING([whether $CC links MPI by itself])
TROUPE_LINK_MPI([AC_MSG_RESULT([yes])], [
    AC_MSG_RESULT([no])
    troupe_mpi_from="flags of $MPICC"
    for flag in ${troupe_mpi_show#* }; do
        AS_CASE([$flag],
            [-I*|-D*], [MPI_CFLAGS="$MPI_CFLAGS $flag"],
            [-L*|-l*|-Wl,*|*.a|*.so], [MPI_LIBS="$MPI_LIBS $flag"])
        # Such as -rpath, which libtool does not hand on from an archive to the program.
        AS_CASE([$flag], [-Wl,*], [MPI_LDFLAGS="$MPI_LDFLAGS $flag"])
    done
    AC_MSG_CHECKING([whether $CC links MPI with the flags of ${MPICC:-mpicc}])
    TROUPE_LINK_MPI([AC_MSG_RESULT([yes])], [
        AC_MSG_RESULT([no])
        AC_MSG_ERROR([no MPI 3.0 found: m4_normalize([install Open MPI (Debian:
            libopenmpi-dev openmpi-bin; Fedora: openmpi-devel and "module load mpi"; SUSE:
            openmpi4-devel), or name your wrapper with MPICC=])])])])
AC_SUBST([MPI_CFLAGS])
AC_SUBST([MPI_LIBS])
AC_SUBST([MPI_LDFLAGS])
AC_SUBST([MPICC_PATH], [`command -v "$MPICC"`])
# The launcher that belongs to mpicc.mpich is mpirun.mpich, beside it.
troupe_mpirun=`AS_ECHO(["$MPICC"]) | sed -e ['s/mpicc\([^/]*\)$/mpirun\1/']`
AS_CASE([$MPIRUN:$troupe_mpirun], [:/*],
    [AS_IF([test -x "$troupe_mpirun"], [MPIRUN=$troupe_mpirun])])
AC_CHECK_PROGS([MPIRUN], [$troupe_mpirun mpirun mpiexec])
])

# TROUPE_LINK_MPI(IF-YES, IF-NO): a program of MPI 3.0 links with CC, MPI_CFLAGS and MPI_LIBS.
AC_DEFUN([TROUPE_LINK_MPI], [
troupe_keep_CFLAGS=$CFLAGS troupe_keep_LIBS=$LIBS
CFLAGS="$CFLAGS $MPI_CFLAGS" LIBS="$MPI_LIBS $LIBS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>]], [[MPI_Win window; void *memory; int level;
    MPI_Init_thread(0, 0, MPI_THREAD_SERIALIZED, &level);
    return MPI_Win_allocate_shared(8, 8, MPI_INFO_NULL, MPI_COMM_SELF, &memory, &window);]])],
    [CFLAGS=$troupe_keep_CFLAGS LIBS=$troupe_keep_LIBS
     $1],
    [CFLAGS=$troupe_keep_CFLAGS LIBS=$troupe_keep_LIBS
     $2])
])
