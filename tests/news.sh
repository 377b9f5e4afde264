#!/bin/sh
# What the log and the progress look like: the lines of all ranks, those that repeat folded, none lost
# whichever way a rank ends; a file a rank; bars on terminals only.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/programs.sh"
says=$top/tests/core/says
ulimit -c 0

# ---- lines of several ranks ----------------------------------------------------------------------

expect_each() { # RANKS REGEXP: it stands there once for each rank, RANK in its place
    rank=0
    while [ $rank -lt "$1" ]; do
        expect_lines 1 "$(echo "$2" | sed "s/RANK/$rank/g")" err
        rank=$((rank + 1))
    done
}

once() { # RANKS WORDS: every rank speaks once of itself, and all say one thing together
    expect_each "$1" 'warning: \(speaker RANK:[0-9]+\) here is rank RANK$'
    expect_lines 1 'all of us say this$' err
    expect_lines 1 "all of us say this \\[repeated $(($2 - 1))× on $1 ranks\\]\$" err
}

for seed in 0 1; do
    play 0 env TROUPE_RANKS=4 TROUPE_SEED=$seed "$says" all 20
    expect_status 0
    once 4 80
done
for n in $(some_ranks 2 4); do
    [ "$n" != 0 ] || continue
    for transport in rma p2p; do
        play "$n" env TROUPE_TRANSPORT=$transport "$says" all 20
        expect_status 0
        once "$n" $((20 * n))
        expect_each "$n" '^troupe\[RANK\]: warning: .* here is rank RANK$'

        TROUPE_LOG_FILE=$scratch/log play "$n" env TROUPE_TRANSPORT=$transport "$says" all 20
        expect_lines 0 'all of us' err
        rank=0
        while [ $rank -lt "$n" ]; do
            expect_lines 1 'all of us say this$' log.$rank
            expect_lines 1 'all of us say this \[repeated 19×\]$' log.$rank
            expect_lines 1 'here is rank' log.$rank
            rank=$((rank + 1))
        done
    done
    # Errors are written by who says them.
    play "$n" "$says" errors
    expect_each "$n" '^troupe\[RANK\]: error: .* this is wrong$'
    expect_each "$n" '^troupe\[RANK\]: error: .* this is wrong \[repeated 1×\]$'
    # Ends that wait for nothing.
    play "$n" "$says" exit
    expect_status 7
    expect_each "$n" 'here is rank RANK$'
    play "$n" "$says" fail
    expect_status 1
    expect_each "$n" 'here is rank RANK$'
    # Deaths.
    for how in kill segv abort leave quit; do
        for rank in 0 1; do
            play "$n" "$says" $how $rank
            [ "$status" != 0 ] || complain 'it ended well'
            grep -q "troupe\[$rank\]: warning: .* these are my last words$" "$scratch/err" ||
                complain 'its last words are lost'
        done
    done
done

# appears MODE REGEXP: by itself, while the job goes on, which ends then.
appears() {
    rm -f "$scratch/seen"
    what="says $1:"
    with=
    [ -z "$launcher" ] || with="$launcher -n 2"
    # shellcheck disable=SC2086 # words
    timeout -k 5 "$seconds" $with "$says" "$1" "$scratch/seen" >"$scratch/out" 2>"$scratch/err" &
    job=$! waited=0
    until grep -Eq -- "$2" "$scratch/err" || [ $waited -ge 300 ]; do
        sleep 0.1
        waited=$((waited + 1))
    done
    : >"$scratch/seen"
    wait $job || complain "status $?"
    grep -Eq -- "$2" "$scratch/err" || complain "no line is '$2'"
    [ $waited -lt 300 ] || complain 'it came at the end'
}
appears later 'anybody hear this\? \[repeated 2×\]$'
appears deaf 'does anybody hear this\?$'

# ---- one process, and a terminal -----------------------------------------------------------------

program=$PWD/tests/mpi/news.mpi
[ -x "$program" ] || exit $bad # there is no cmocka
dir=$scratch/one
mkdir "$dir"
export TROUPE_RANKS=2 TROUPE_TRANSPORT=self

fail() { echo "$1"; sed -n 1,20p "$2"; exit 1; }

timeout 60 "$program" >/dev/null 2>"$dir/said"
[ "$(grep -c 'again and again' "$dir/said")" -eq 2 ] || fail "not folded:" "$dir/said"
grep -q 'again and again \[repeated 19×\]$' "$dir/said" || fail "not counted:" "$dir/said"
grep -q "$(printf '\033')" "$dir/said" && fail "control characters, or bars:" "$dir/said"

TROUPE_LOG_FILE=$dir/log timeout 60 "$program" >/dev/null 2>"$dir/said"
grep -q 'again and again' "$dir/log.0" || fail "not in its file:" "$dir/log.0"
grep -q 'again and again' "$dir/said" && fail "on stderr, too:" "$dir/said"

command -v script >/dev/null || { echo "script is missing: no terminal is tried"; exit $bad; }
script -qec "timeout 60 '$program'" "$dir/typed" >/dev/null </dev/null
grep -q 'the work .*\[#*\] 100%' "$dir/typed" || fail "no bar:" "$dir/typed"
exit $bad
