# TROUPE_SANITIZERS: --enable-sanitizers[=LIST] adds the sanitizers to TROUPE_CFLAGS; what they
# find ends the program.
AC_DEFUN([TROUPE_SANITIZERS], [
AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@],
        [build with sanitizers (default list: address,undefined)])],
    [], [enable_sanitizers=no])
TROUPE_SANITIZE=
AS_CASE([$enable_sanitizers], [yes], [enable_sanitizers=address,undefined])
AS_IF([test "x$enable_sanitizers" != xno], [
    TROUPE_SANITIZE="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all"
    AC_MSG_CHECKING([whether $CC links with $TROUPE_SANITIZE])
    troupe_keep_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS $TROUPE_SANITIZE"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
        [AC_MSG_RESULT([no])
         AC_MSG_ERROR([$CC cannot link with $TROUPE_SANITIZE])])
    CFLAGS=$troupe_keep_CFLAGS
    TROUPE_CFLAGS="$TROUPE_CFLAGS $TROUPE_SANITIZE -fno-omit-frame-pointer"
])
AC_SUBST([TROUPE_SANITIZE])
])
