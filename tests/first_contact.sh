#!/bin/sh
# A newcomer with a bare Debian: what is in git is cloned there, ./bootstrap run installs what is
# missing, builds, and computes pi, within five minutes. Before that, what it says where it cannot
# install: without apt-get, and without root.
# Exits 77 without root, git, debootstrap, or a mirror.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/.." && pwd)
limit=300 # seconds

say() { echo "first_contact.sh: $*"; }
skip() { say "skipped: $*"; exit 77; }
have() { command -v "$1" >/dev/null 2>&1; }

[ "$(id -u)" = 0 ] || skip "another root folder is entered by root"
have debootstrap || skip "there is no debootstrap here (Debian: debootstrap)"
git -C "$source" rev-parse HEAD >/dev/null 2>&1 || skip "this is no clone of a repository"
unshare --mount --pid --ipc --fork true 2>/dev/null || skip "no namespaces of one's own here"

scratch=$(mktemp -d)
root=$scratch/root
# What is mounted in the root is so in the namespaces of `inside` alone.
trap 'rm -rf --one-file-system "$scratch"' EXIT
trap 'exit 1' INT TERM HUP

debootstrap --variant=minbase bookworm "$root" >"$scratch/log" 2>&1 ||
    { tail -n 3 "$scratch/log"; skip "debootstrap cannot make a bare Debian"; }
git clone --quiet --no-hardlinks "$source" "$root/troupe"
cp /etc/resolv.conf "$root/etc/resolv.conf"

inside() { # COMMAND: in the bare root, with nothing of this environment but the way to the network
    printf 'cd /troupe && %s\n' "$1" >"$root/command"
    # shellcheck disable=SC2016 # it is expanded inside
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        ${http_proxy+http_proxy="$http_proxy"} ${https_proxy+https_proxy="$https_proxy"} \
        unshare --mount --pid --ipc --fork --kill-child sh -c '
            mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
                mount -t tmpfs shm "$0/dev/shm" && exec chroot "$0" sh /command' \
        "$root" >"$scratch/log" 2>&1 </dev/null
}

expect() { # WHAT REGEXP
    grep -Eq -- "$2" "$scratch/log" && return
    say "FAILED: $1: no line is '$2'"
    tail -n 30 "$scratch/log"
    exit 1
}

refuses() { # WHAT COMMAND
    say "$1"
    ! inside "$2" || { say "FAILED: it goes on"; tail -n 30 "$scratch/log"; exit 1; }
}

mv "$root/usr/bin/apt-get" "$root/usr/bin/apt-get.away"
refuses "without apt-get it says what to install" './bootstrap run'
expect "no apt-get" '^bootstrap: please install:$'
for package in gcc make autoconf 'openmpi-devel.*module load mpi' hwloc-devel; do
    expect "no apt-get" "^    $package"
done
mv "$root/usr/bin/apt-get.away" "$root/usr/bin/apt-get"

refuses "without root it says what root is needed for" \
    'exec setpriv --reuid=65534 --regid=65534 --clear-groups ./bootstrap run'
expect "no root" '^bootstrap: needs root or sudo to install .*gcc .*libopenmpi-dev'

say "and with both it runs"
began=$(date +%s)
inside "timeout $limit ./bootstrap run --samples 1000000000" ||
    { tail -n 30 "$scratch/log"; say "FAILED, or not done after $limit s"; exit 1; }
expect "pi" '^Estimated value of π is: 3\.141'
expect "what it installs" '^bootstrap: installing .*gcc'
say "from the clone to pi in $(($(date +%s) - began)) s"
