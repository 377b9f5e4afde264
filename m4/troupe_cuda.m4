# TROUPE_CUDA
# --with-cuda[=DIR]: NVCC, CUDA_LIBS and the conditional CUDA, for what samples on GPUs.
AC_DEFUN([TROUPE_CUDA], [
AC_ARG_WITH([cuda],
    [AS_HELP_STRING([--with-cuda@<:@=DIR@:>@],
        [pi can sample on GPUs: needs the CUDA toolkit, in DIR or where nvcc is found])],
    [], [with_cuda=no])
AS_IF([test "x$with_cuda" != xno], [
    AS_IF([test "x$with_cuda" = xyes],
        [AC_PATH_PROG([NVCC], [nvcc], [], [$PATH:/usr/local/cuda/bin])],
        [AC_PATH_PROG([NVCC], [nvcc], [], [$with_cuda/bin])])
    AS_IF([test "x$NVCC" = x], [AC_MSG_ERROR([m4_normalize([--with-cuda: there is no nvcc: install
        the CUDA toolkit (Debian non-free: nvidia-cuda-toolkit) or say where it is:
        --with-cuda=DIR])])])
    troupe_cuda=`dirname "$NVCC"`/..
    for troupe_dir in lib64 lib; do
        AS_IF([test -e "$troupe_cuda/$troupe_dir/libcudart_static.a"],
            [CUDA_LIBS="-L$troupe_cuda/$troupe_dir"])
    done
    CUDA_LIBS="$CUDA_LIBS -lcudart_static -lstdc++ -lpthread -ldl -lrt"
    troupe_libs=$LIBS
    LIBS="$CUDA_LIBS $LIBS"
    AC_MSG_CHECKING([for the CUDA runtime])
    AC_LINK_IFELSE([AC_LANG_PROGRAM([int cudaGetDeviceCount(int *);],
            [int n; return cudaGetDeviceCount(&n);])],
        [AC_MSG_RESULT([yes])],
        [AC_MSG_ERROR([--with-cuda: programs cannot be linked with $CUDA_LIBS])])
    LIBS=$troupe_libs])
AC_ARG_VAR([NVCCFLAGS], [flags for nvcc, such as -arch=sm_90])
AC_SUBST([NVCC])
AC_SUBST([CUDA_LIBS])
AM_CONDITIONAL([CUDA], [test "x$with_cuda" != xno])
])
