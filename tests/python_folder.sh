#!/bin/sh
# Where configure has the Python module installed: by m4/troupe_python.m4 in a configure of its own,
# with an interpreter that looks below its prefix into a folder that automake does not think of, as
# Debian's does.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

fail() { echo "python_folder.sh: FAILED: $*"; exit 1; }
skip() { echo "python_folder.sh: skipped: $*"; exit 77; }
command -v autoreconf >/dev/null 2>&1 || skip "no autoreconf"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv --without-pip "$scratch/usr" >"$scratch/log" 2>&1 || skip "no python3 with venv"
python=$scratch/usr/bin/python3
cat >"$("$python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/sitecustomize.py" <<'EOF'
import sys
sys.path = [p for p in sys.path if not p.endswith("/site-packages")]
sys.path.append(sys.prefix + "/lib/python3/dist-packages")
EOF

mkdir "$scratch/source"
cd "$scratch/source"
cat >configure.ac <<EOF
AC_INIT([where], [1])
AC_CONFIG_MACRO_DIRS([$here/../m4])
AM_INIT_AUTOMAKE([foreign])
TROUPE_PYTHON
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
EOF
echo 'where: ; @echo $(pythondir)' >Makefile.am
autoreconf -fi >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "autoreconf"; }

expect() { # FOLDER ARGUMENT-OF-CONFIGURE...
    wanted=$1
    shift
    ./configure PYTHON="$python" "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "configure $*"; }
    folder=$(make -s where)
    [ "$folder" = "$wanted" ] || fail "configure $*: $folder instead of $wanted"
}

version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
expect "$scratch/usr/lib/python3/dist-packages" --prefix="$scratch/usr"
expect "$scratch/other/lib/python$version/site-packages" --prefix="$scratch/other"
expect /somewhere --prefix="$scratch/usr" pythondir=/somewhere
folder=$(make -s where prefix=/moved pythondir=/last)
[ "$folder" = /last ] || fail "make pythondir=/last: $folder"
echo "python_folder.sh: passed"
