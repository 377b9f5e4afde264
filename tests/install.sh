#!/bin/sh
# make install into an empty folder, make installcheck there, and make uninstall, which leaves
# nothing behind.
set -eu
top=${abs_top_builddir:-$(pwd)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL

run() { # TARGET
    make -C "$top" -s "$1" DESTDIR="$scratch/root" >"$scratch/log" 2>&1 ||
        { tail -n 40 "$scratch/log"; echo "make $1 failed"; exit 1; }
}

run install
for file in bin/troupe-info include/troupe.h lib/libtroupe.so lib/libtroupe.a \
    lib/pkgconfig/troupe.pc lib/cmake/troupe/troupeConfig.cmake share/man/man1/troupe-info.1 \
    share/man/man3/troupe_await.3 share/doc/troupe/examples/pi/pi.c; do
    find "$scratch/root" -path "*/$file" | grep -q . || { echo "$file is not installed"; exit 1; }
done
run installcheck
grep '^installcheck:' "$scratch/log"

# Where Python finds nothing by itself, installcheck has said what to set.
python=$(sed -n 's/^PYTHON = //p' "$top/Makefile")
folder=$(find "$scratch/root" -path '*/troupe/aio.py' | sed -e "s|^$scratch/root||" -e 's|/troupe/aio.py$||')
[ -z "$folder" ] || "$python" -I -c 'import sys; sys.exit(sys.argv[1] not in sys.path)' "$folder" ||
    grep -q "PYTHONPATH=$folder\$" "$scratch/log" ||
    { echo "installcheck does not say how Python finds $folder"; exit 1; }
run uninstall
left=$(find "$scratch/root" ! -type d)
[ -z "$left" ] || { echo "make uninstall leaves:"; echo "$left"; exit 1; }
left=$(find "$scratch/root" -path '*/include/troupe' -o -path '*/doc/troupe*' -o -path '*/cmake/troupe')
[ -z "$left" ] || { echo "make uninstall leaves folders:"; echo "$left"; exit 1; }
