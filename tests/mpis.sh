#!/bin/sh
# The library on other MPIs than the one it was configured with, each in a build of its own below
# mpis/ of the build directory, which is kept: the next time only what has changed is built.
#     mpis.sh          a smoke test: one program at two ranks on each transport, with MPICH
#     mpis.sh NAME...  all tests of many ranks, and of deaths, with each of these:
#                      mpich      Debian's MPICH (mpicc.mpich, mpirun.mpich)
#                      openmpi5   Open MPI 5 and
#                      mpich5     MPICH 5, as pip installs them, each in a virtual environment
# Exits 77 where none of them can be had; one of several that cannot is said and left out.
#     TROUPE_TEST_TIMEOUT    seconds for one run (180: some MPIs burn the cores that others need)
set -u
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/.." && pwd)
top=${abs_top_builddir:-$(pwd)}
. "$here/environment.sh"
export TROUPE_TEST_TIMEOUT="${TROUPE_TEST_TIMEOUT:-180}"
unset MAKEFLAGS MFLAGS MAKELEVEL MPICC MPIRUN
bad=0 passed=0

say() { echo "mpis.sh: $*"; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---- to have it ------------------------------------------------------------------------------

# Sets wrapper, or says why not.
find_mpi() { # NAME
    case $1 in
    mpich)
        wrapper=mpicc.mpich
        have $wrapper || { say "left out: mpich: no $wrapper here (Debian: mpich libmpich-dev)"; return 1; }
        ;;
    openmpi5 | mpich5)
        wrapper=$top/mpis/$1/python/bin/mpicc
        [ -x "$wrapper" ] || from_pip "$1" || return 1
        ;;
    *) say "there is no MPI called $1"; exit 99 ;;
    esac
}

# Each in an environment of its own, because both bring a mpicc.
from_pip() { # NAME
    mkdir -p "$top/mpis/$1"
    { python3 -m venv "$top/mpis/$1/python" &&
        "$top/mpis/$1/python/bin/pip" install --quiet "${1%5}==5.*"; } >"$top/mpis/$1/pip.log" 2>&1 &&
        [ -x "$wrapper" ] && return
    say "left out: $1: pip cannot install it: $(tail -n 1 "$top/mpis/$1/pip.log")"
    rm -rf "$top/mpis/$1/python"
    return 1
}

# ---- to build with it ------------------------------------------------------------------------

# Builds targets in a folder of mpis/. The compiler is that of this build, and its flags are not:
# they may ask for sanitizers.
configure() { # FOLDER CFLAGS
    [ ! -e "$top/mpis/$1/Makefile" ] || return 0
    mkdir -p "$top/mpis/$1"
    cd "$top/mpis/$1" && env -u CPPFLAGS "$source/configure" --quiet --enable-werror \
        --disable-shared CC="${CC:-cc}" CFLAGS="$2" MPICC="$wrapper" $gateway >configure.log 2>&1
}

build() { # FOLDER CFLAGS TARGET
    (configure "$1" "$2") && make -C "$top/mpis/$1" -j2 "$3" >"$top/mpis/$1/make.log" 2>&1 && return
    say "FAILED: it cannot be built in $top/mpis/$1"
    tail -n 20 "$top/mpis/$1/configure.log" "$top/mpis/$1/make.log"
    bad=1
    return 1
}

# As this build has it: what the gateway needs may be missing.
gateway=--without-gateway
! grep -q '^S\["GATEWAY_TRUE"\]=""' "$top/config.status" || gateway=

# ---- to test it ------------------------------------------------------------------------------

program=tests/mpi/calls.mpi

smoke() {
    find_mpi mpich || return
    build smoke -O0 "$program" || return
    launcher=$(sed -n 's/^MPIRUN = //p' "$top/mpis/smoke/Makefile")
    if MPIRUN=$launcher sh "$here/mpirun.sh" 2 -- "$top/mpis/smoke/$program"; then
        passed=1
    else
        say "FAILED: $program with $launcher"
        bad=1
    fi
}

# Those of many ranks, and those that look at deaths and ends from outside.
tests_of_ranks() {
    sed -n 's|^[[:space:]]*\(tests/mpi/[a-z_0-9]*\.mpi[0-9]*\) .*|\1|p' "$here/Makefile.mk" | sort -u
    echo tests/core.sh tests/programs.sh
}

suite() { # NAME
    find_mpi "$1" || return
    build "$1" '-O1 -g' all || return
    say "$1: $("$wrapper" -show | head -n 1)"
    rm -f "$top/mpis/$1/test-suite.log"
    make -C "$top/mpis/$1" -k check TESTS="$(tests_of_ranks | xargs)" 2>&1 |
        tee "$top/mpis/$1/check.log" |
        grep --line-buffered -E '^(PASS|FAIL|SKIP|ERROR|# (TOTAL|PASS|FAIL|ERROR)):'
    # The list of results is what counts, not what came through the pipe.
    if [ -e "$top/mpis/$1/test-suite.log" ] &&
        grep -q '^# FAIL: *0$' "$top/mpis/$1/test-suite.log" &&
        grep -q '^# ERROR: *0$' "$top/mpis/$1/test-suite.log" &&
        ! grep -q '^# PASS: *0$' "$top/mpis/$1/test-suite.log"; then
        passed=$((passed + 1))
    else
        say "FAILED: $1: see $top/mpis/$1/check.log, and test-suite.log beside it"
        bad=1
    fi
}

# A build in the source tree would be taken for part of the sources.
[ ! -e "$source/config.status" ] || { say "skipped: the source tree is itself built in"; exit 77; }

if [ $# -eq 0 ]; then
    smoke
else
    for mpi; do suite "$mpi"; done
fi
[ $bad -eq 0 ] || exit 1
[ $passed -gt 0 ] || exit 77
say "passed on $passed"
