#!/bin/sh
# Builds Debian packages by docs/contrib/build-deb, installs them, and runs what they bring; then
# they are taken away again. What was installed of troupe before would be overwritten: then, without
# root, or without the tools, this is skipped (exit 77).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/.." && pwd)
. "$here/environment.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL CFLAGS CPPFLAGS

say() { echo "debian.sh: $*"; }
skip() { say "skipped: $*"; exit 77; }
have() { command -v "$1" >/dev/null 2>&1; }

packages='troupe libtroupe-dev libtroupe0'
{ have dpkg-buildpackage && have dh; } || skip "no dpkg-buildpackage or no dh (Debian: dpkg-dev debhelper)"
[ "$(id -u)" = 0 ] || skip "packages are installed by root"
# shellcheck disable=SC2086 # a list
! dpkg --status $packages >/dev/null 2>&1 || skip "troupe is installed here"

scratch=$(mktemp -d)
installed=
# shellcheck disable=SC2086 # a list
clean_up() {
    [ -z "$installed" ] || dpkg --purge $packages >"$scratch/log" 2>&1 || cat "$scratch/log"
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

try() { # WHAT COMMAND...
    say "$1"
    shift
    "$@" >"$scratch/log" 2>&1 || { tail -n 30 "$scratch/log"; say "FAILED: $*"; exit 1; }
}

# dpkg may be at work for somebody else.
install() {
    for pause in 5 10 15 20 25; do
        dpkg --install "$scratch"/debs/troupe_*.deb "$scratch"/debs/libtroupe*.deb && return
        grep -q 'lock' "$scratch/log" || return 1
        sleep $pause
    done
    return 1
}

example() {
    cp -R /usr/share/doc/libtroupe-dev/examples "$scratch" &&
        make -C "$scratch/examples" method_tracking/method_tracking &&
        "$scratch/examples/method_tracking/method_tracking"
}

try "packages are built" "$source/docs/contrib/build-deb" "$scratch/debs"
installed=yes
try "and installed" install
try "the command runs" troupe-info
grep -qi cpus "$scratch/log" || { say "FAILED: it says nothing"; exit 1; }
try "so does the one for jobs that run" troupe jobs
try "and Python finds the module" /usr/bin/python3 -c "import troupe.aio"
try "on two ranks, too" timeout 60 mpirun.openmpi -n 2 troupe-info
try "an example builds and runs" example
! have man || try "man troupe_await" man -w troupe_await
say "passed"
