# TROUPE_FLAGS(VARIABLE, FLAGS): append to VARIABLE those of FLAGS that the compiler knows.
AC_DEFUN([TROUPE_FLAGS], [
for flag in m4_normalize([$2]); do
    AC_MSG_CHECKING([whether $CC knows $flag])
    troupe_keep_CFLAGS=$CFLAGS
    # -Werror, because clang only warns about warnings that it does not know.
    CFLAGS="$CFLAGS -Werror $flag"
    AC_COMPILE_IFELSE([AC_LANG_SOURCE([int troupe_flag;])],
        [AC_MSG_RESULT([yes])
         $1="$$1 $flag"],
        [AC_MSG_RESULT([no])])
    CFLAGS=$troupe_keep_CFLAGS
done
])
