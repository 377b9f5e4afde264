# TROUPE_PYTHON: an interpreter of 3.8 or later, and where its modules are installed. Automake takes
# PREFIX/lib/pythonX.Y/site-packages, where Debian's interpreter does not look: the first folder for
# modules below the prefix that it does look into comes before that, and pythondir=... before both.
AC_DEFUN([TROUPE_PYTHON], [
troupe_pythondir=$pythondir
AM_PATH_PYTHON([3.8], [
AC_MSG_CHECKING([where below the prefix $PYTHON looks for modules])
AS_IF([test "x$prefix" = xNONE],
    [troupe_python_prefix=$ac_default_prefix],
    [troupe_python_prefix=$prefix])
# -I: not what is in PYTHONPATH now.
troupe_python_found=`$PYTHON -I -c '
import sys
lib = sys.argv[[1]].rstrip("/") + "/lib"
ends = ("/site-packages", "/dist-packages")
print(next((p[[len(lib):]] for p in sys.path if p.startswith(lib) and p.endswith(ends)), ""))
' "$troupe_python_prefix"`
AS_IF([test -n "$troupe_python_found"],
    [pythondir="\${prefix}/lib$troupe_python_found"])
AS_IF([test -n "$troupe_pythondir"], [pythondir=$troupe_pythondir])
AC_MSG_RESULT([${troupe_python_found:-nowhere} (installing into $pythondir)])
], [:])
AM_CONDITIONAL([HAVE_PYTHON], [test "$PYTHON" != :])
])
