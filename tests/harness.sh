#!/bin/sh
# The launching script tells the truth: tried with launchers that are no MPI at all.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

launcher() { # NAME BODY
    printf '#!/bin/sh\nshift 2\n%s\n' "$2" >"$scratch/$1"
    chmod +x "$scratch/$1"
}

expect() { # STATUS LAUNCHER COUNT... : a run with this launcher at these counts ends so
    wanted=$1 name=$2
    shift 2
    got=0
    MPIRUN="$scratch/$name" TROUPE_TEST_TIMEOUT=1 sh "$here/mpirun.sh" "$@" -- true \
        >"$scratch/log" 2>&1 || got=$?
    [ "$got" = "$wanted" ] && return 0
    echo "$name at $* ranks: status $got, not $wanted"
    cat "$scratch/log"
    exit 1
}

launcher passes 'exit 0'
launcher skips 'exit 77'
launcher fails 'exit 3'
launcher fails_at_two '[ "$TROUPE_TEST_RANKS" != 2 ]'
launcher skips_at_one '[ "$TROUPE_TEST_RANKS" != 1 ] || exit 77'
launcher hangs 'sleep 1000'
launcher leaves_one "set -m; sleep 1000 & echo \$! >$scratch/left"

expect 0 passes 1 2 4
expect 77 skips 1 2
expect 1 fails 1
expect 1 fails_at_two 1 2 4
grep -q 'FAILED on 2 ranks' "$scratch/log"
expect 0 skips_at_one 1 2
expect 77 nowhere 1
expect 1 hangs 1
grep -q 'not done after 1 seconds' "$scratch/log"

# What was killed takes a moment to end, and may then wait for its parent to notice (Z).
expect 0 leaves_one 1
left=$(cat "$scratch/left")
for _ in 1 2 3 4 5; do
    grep -qs '^[0-9]* (.*) [^Z] ' "/proc/$left/stat" || exit 0
    sleep 1
done
echo "process $left is left behind"
exit 1
