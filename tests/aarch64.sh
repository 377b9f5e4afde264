#!/bin/sh
# Builds for aarch64 with Debian's cross compiler, and runs the unit tests under qemu. What they stand
# on (MPI, hwloc, cmocka) is taken from Debian's packages for arm64, which are unpacked into a folder
# of the build directory and not installed; they are kept for the next time.
# Exits 77 where something of this cannot be had.
set -u
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/.." && pwd)
top=${abs_top_builddir:-$(pwd)}
. "$here/environment.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL MPICC MPIRUN

say() { echo "aarch64.sh: $*"; }
skip() { say "skipped: $*"; exit 77; }
have() { command -v "$1" >/dev/null 2>&1; }

compiler=aarch64-linux-gnu-gcc
have $compiler || skip "there is no $compiler here (Debian: gcc-aarch64-linux-gnu)"
emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64) ||
    skip "there is no qemu-aarch64 here (Debian: qemu-user-static)"
have apt-get && have dpkg-deb || skip "Debian's packages for arm64 come by apt-get"
[ ! -e "$source/config.status" ] || skip "the source tree is itself built in"

folder=$top/aarch64
root=$folder/root
libraries=usr/lib/aarch64-linux-gnu

# ---- packages --------------------------------------------------------------------------------

# An apt of its own: it knows no installed package, and changes none.
own_apt() {
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial"
    : >"$folder/apt/status"
    apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root \
        -o Dir::State="$folder/apt" -o Dir::State::status="$folder/apt/status" \
        -o Dir::Cache="$folder/apt" -o APT::Install-Recommends=false "$@"
}

fetch() {
    own_apt update &&
        own_apt install --yes --download-only libc6-dev libcmocka-dev libgomp1 libhwloc-dev \
            libjansson-dev libmicrohttpd-dev libopenmpi-dev &&
        for package in "$folder"/apt/archives/*.deb; do
            dpkg-deb --extract "$package" "$root" || return 1
        done
}

if [ ! -e "$root/$libraries/pkgconfig/hwloc.pc" ]; then
    rm -rf "$root"
    mkdir -p "$root"
    fetch >"$folder/fetch.log" 2>&1 ||
        { tail -n 5 "$folder/fetch.log"; skip "the packages for arm64 cannot be had"; }
    rm -rf "$folder/apt"
fi

# ---- build and run ---------------------------------------------------------------------------

openmpi=$root/$libraries/openmpi
mkdir -p "$folder/build"
cd "$folder/build" || exit 1
if [ ! -e Makefile ]; then
    env -u CFLAGS -u CPPFLAGS PKG_CONFIG_LIBDIR="$root/$libraries/pkgconfig:$root/usr/share/pkgconfig" \
        PKG_CONFIG_SYSROOT_DIR="$root" "$source/configure" --quiet --host=aarch64-linux-gnu \
        --enable-werror --disable-shared CFLAGS='-O1 -g' \
        CC="$compiler --sysroot=$root -I$openmpi/include -L$openmpi/lib" \
        LDFLAGS="-Wl,-rpath-link,$root/$libraries:$root/lib/aarch64-linux-gnu" \
        LIBS=-lmpi >configure.log 2>&1 ||
        { tail -n 20 configure.log; say "FAILED: it cannot be configured"; rm -f Makefile; exit 1; }
fi
tests=$(sed -n 's|^[[:space:]]*\(tests/unit/[a-z_0-9]*\.u\) .*|\1|p' "$here/Makefile.mk" | sort -u | xargs)
# shellcheck disable=SC2086 # a list
make -j2 lib/libtroupe.la apps/pi/pi $tests >make.log 2>&1 ||
    { tail -n 20 make.log; say "FAILED: it cannot be built"; exit 1; }

bad=0 passed=0

# What qemu cannot do, or says itself: it writes a line of its own when a signal ends a program, has a
# CPU for each of the machine's, whatever the program is bound to, and tells a program another time
# of its start than others are told.
expected='nothing_is_said_where_it_is_not_wanted nothing_is_said_after_the_close
to_die_is_to_say_why_and_abort tasks_wait_for_tasks_on_a_single_cpu
a_tree_of_tasks_ten_deep_finishes_on_one_slot
a_job_of_slurm_has_its_number_and_a_second_step_one_of_its_own'

failures_are_expected() {
    failed=$(sed -n '1,/test(s), listed below/d; s/^\[  FAILED  \] \([a-z_0-9]*\)$/\1/p' out)
    [ -n "$failed" ] || return 1
    for name in $failed; do
        echo "$expected" | grep -qw "$name" || return 1
    done
}

play() { # PROGRAM ARGUMENTS...
    # Slower than the machine by far; with a build beside it, by further.
    timeout -k 5 "${TROUPE_TEST_TIMEOUT:-600}" "$emulator" -L "$root" \
        -E LD_LIBRARY_PATH="/$libraries:/lib/aarch64-linux-gnu" "$@" </dev/null >out 2>&1
    status=$?
    case $status in
    0) passed=$((passed + 1)) ;;
    77) say "skipped: $*" ;;
    *)
        if failures_are_expected; then
            say "passed but for what qemu cannot do: $*"
            passed=$((passed + 1))
        else
            say "FAILED: $*: status $status"
            tail -n 30 out
            bad=1
        fi
        ;;
    esac
}
for test in $tests; do play "$test"; done
play apps/pi/pi --samples 1000000 --quiet --json

say "$passed programs ran well"
exit $bad
