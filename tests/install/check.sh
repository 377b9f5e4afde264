#!/bin/sh
# Builds and runs programs against the installed library as users would: by pkg-config, in C11 and
# C++17; the installed examples by their Makefile; by CMake. Has Python import the module, and asks man for a page.
# What cannot be tried here is said and left out.
#     DESTDIR, docdir, libdir, mandir, pythondir, PYTHON, CC, SANITIZE, MPIRUN
#                                                              as make installcheck sets them
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../environment.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
DESTDIR=${DESTDIR-} SANITIZE=${SANITIZE-}
# shellcheck disable=SC2154 # set by make installcheck
man_folder=$DESTDIR$mandir library_folder=$DESTDIR$libdir examples=$DESTDIR$docdir/examples
CC=${CC:-cc}
case $CC in *clang*) CXX=clang++ ;; *) CXX=g++ ;; esac
strict='-Wall -Wextra -Wpedantic -Werror'
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" LD_LIBRARY_PATH="$library_folder"
export PKG_CONFIG_PATH="$library_folder/pkgconfig"
# Under DESTDIR the installed prefix is not where troupe.pc says.
[ -z "$DESTDIR" ] || export PKG_CONFIG_SYSROOT_DIR="$DESTDIR"

say() { echo "installcheck: $*"; }
have() { command -v "$1" >/dev/null 2>&1; }

# Says what is tried, and shows what went wrong.
try() { # WHAT COMMAND...
    say "$1"
    shift
    "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log"; say "FAILED: $*"; exit 1; }
}

# ---- pkg-config ------------------------------------------------------------------------------

flags=$(pkg-config --cflags --libs troupe)
# shellcheck disable=SC2086 # lists of flags
c() { $CC $SANITIZE -std=c11 $strict -o "$scratch/hello" "$here/hello.c" "$here/counter.c" $1; }

cxx() {
    # shellcheck disable=SC2086 # lists of flags
    $CC $SANITIZE -c -std=c11 $strict $flags -o "$scratch/counter.o" "$here/counter.c" &&
        $CXX $SANITIZE -std=c++17 $strict -o "$scratch/hello_cxx" "$here/hello.cc" \
            "$scratch/counter.o" $flags
}

try "a program in C11, by pkg-config" c "$flags"
try "which runs" "$scratch/hello"
if have "$CXX"; then
    try "a program in C++17" cxx
    try "which runs" "$scratch/hello_cxx"
else
    say "left out: there is no $CXX here"
fi
# A prefix before each -L is wrong for the libraries of others.
if [ -z "$DESTDIR" ] && [ -e "$libdir/libtroupe.a" ]; then
    # What it stands on is shared: --static would want all of these as archives, too.
    # shellcheck disable=SC2046 # a list of packages
    static="$(pkg-config --cflags troupe) $libdir/libtroupe.a
        $(pkg-config --libs $(pkg-config --print-requires-private troupe | sed 's/ .*//'))
        $(sed -n 's/^Libs.private: //p' "$libdir/pkgconfig/troupe.pc")"
    try "a program that holds the static library" c "$static"
    try "which runs" "$scratch/hello"
fi

# ---- the examples ----------------------------------------------------------------------------

cp -R "$examples" "$scratch/examples"
try "the examples, by their Makefile" \
    make -C "$scratch/examples" CC="$CC" CFLAGS="-O1 $SANITIZE" LDFLAGS="$SANITIZE"
if have "${MPIRUN%% *}"; then
    try "which run on two ranks" make -C "$scratch/examples" run MPIRUN="timeout 120 $MPIRUN"
else
    say "left out: there is no ${MPIRUN%% *} to run them on two ranks"
fi

# ---- CMake -----------------------------------------------------------------------------------

by_cmake() {
    # Flags in the environment are taken for the compilers'.
    env CC="${CC##* }" CXX="$CXX" CFLAGS="$SANITIZE" CXXFLAGS="$SANITIZE" CPPFLAGS= \
        cmake -S "$here" -B "$scratch/cmake" -Dtroupe_DIR="$library_folder/cmake/troupe" &&
        cmake --build "$scratch/cmake"
}

if have cmake && have "$CXX"; then
    try "the programs again, by CMake" by_cmake
    for program in "$scratch"/cmake/hello*; do
        try "of which $(basename "$program") runs" "$program"
    done
else
    say "left out: there is no cmake, or no $CXX, here"
fi

# ---- Python ----------------------------------------------------------------------------------

PYTHON=${PYTHON:-:}
if [ "$PYTHON" != : ]; then
    # shellcheck disable=SC2154 # set by make installcheck
    try "Python imports the module" env PYTHONPATH="$DESTDIR$pythondir" "$PYTHON" -c 'import troupe.aio'
    "$PYTHON" -I -c 'import sys; sys.exit(sys.argv[1] not in sys.path)' "$pythondir" ||
        say "$PYTHON does not look there by itself: set PYTHONPATH=$pythondir"
else
    say "left out: there was no Python when this was configured"
fi

# ---- the pages -------------------------------------------------------------------------------

if have man; then
    for page in troupe_await TROUPE_CLASS troupe_options troupe troupe-info; do
        try "man $page" man -M "$man_folder" -w $page
    done
else
    say "left out: there is no man here"
fi
say "passed"
