#!/bin/sh
# The programs as their users see them: what they print, what they exit with, on one process and on
# many ranks. tests/support/ends is a program that ends in every way there is.
set -u
here=$(cd "$(dirname "$0")" && pwd)
seconds=20
. "$here/support/programs.sh"

pi=$top/apps/pi/pi
tracking=$top/apps/method_tracking/method_tracking
ends=$top/tests/support/ends

# ---- what is expected, besides what support/programs.sh has -------------------------------------

# The launcher may add lines of its own about a status that is not 0.
expect_one_error() {
    expect_lines 1 '^(pi|method_tracking|troupe).*: ' err
    [ "$ranks" != 0 ] || expect_lines 1 '' err
}

# A launcher may end the other ranks when one has ended with a status that is not 0.
expect_no_other_status() {
    grep '^status ' "$scratch/out" | grep -qv "^status $1\$" && complain "a rank differs from $1"
}

# ---- pi ------------------------------------------------------------------------------------------

value() { sed -n "\$s/.*\"$1\": \([^,}]*\).*/\1/p" "$scratch/out"; }

samples=3000017
expected=

expect_pi() { # the result of seed 5, whatever it was computed with
    expect_status 0
    inside=$(value inside)
    [ -n "$expected" ] || expected=$inside
    [ "$inside" = "$expected" ] || complain "inside is $inside, not $expected"
}

for kernel in scalar sse2 avx2 avx512 neon; do
    TROUPE_PI_KERNEL=$kernel
    export TROUPE_PI_KERNEL
    play 0 "$pi" --json --quiet --seed 5 --samples $samples
    case $(cat "$scratch/err") in
    *'no such kernel, or not for this CPU'*) [ "$status" = 2 ] || expect_status 2 ;;
    *) expect_pi ;;
    esac
done
unset TROUPE_PI_KERNEL

for n in $(some_ranks 1 2 3 4); do
    for options in '--tasks 1' '--tasks 3 --cpus 1' '--tasks 7 --cpus 2' '--report-every 1'; do
        # shellcheck disable=SC2086 # words
        OMP_NUM_THREADS=2 play "$n" "$pi" --json --quiet --seed 5 --samples $samples $options
        expect_pi
    done
done

# Without CUDA, or without a GPU, at once.
play 0 "$pi" --quiet --gpu
[ "$status" != 0 ] || [ -e /dev/nvidia0 ] || complain "there is no GPU, and yet it samples on one"

play 0 "$pi" --json --quiet --seed 6 --samples $samples
[ "$(value inside)" != "$expected" ] || complain "seeds 5 and 6 give the same"

# Within five standard errors, for this one seed.
play 0 "$pi" --json --seed 5 --samples 50000000 --report-every 100000
expect_status 0
awk -v pi="$(value pi)" -v n=50000000 'BEGIN {
    true_pi = atan2(0, -1); p = true_pi / 4; error = 4 * sqrt(p * (1 - p) / n)
    exit !(pi > true_pi - 5 * error && pi < true_pi + 5 * error) }' ||
    complain "pi is $(value pi)"
expect_lines 1 '^Estimated value of π is: 3\.1[0-9]+$' out
expect_lines 1 '^Standard error: [0-9.]+e-[0-9]+$' out

check_json() {
    command -v python3 >/dev/null || return 0
    tail -n 1 "$scratch/out" | python3 -c '
import json, sys
keys = """pi samples inside tasks ranks threads seconds samples_per_second first_progress_ms
          polls progress_ms_p50 progress_ms_p99""".split()
result = json.loads(sys.stdin.read())
assert sorted(result) == sorted(keys), sorted(result)
assert all(type(v) in (int, float) for v in result.values()), result
assert abs(result["pi"] - 4 * result["inside"] / result["samples"]) < 1e-9, result
assert result["polls"] >= 1 and result["progress_ms_p50"] <= result["progress_ms_p99"], result
' 2>>"$scratch/err" || complain "the last line is not the JSON it should be"
}
check_json

# Progress never falls, and ends with 100 %.
for n in $(some_ranks 1 2 16); do
    play "$n" "$pi" --samples 20000000 --tasks 20 --report-every 10000 --json
    expect_status 0
    check_json
    [ "$(value tasks)" = 20 ] || complain "$(value tasks) tasks"
    [ "$n" = 0 ] || [ "$(value ranks)" = "$n" ] || complain "$(value ranks) ranks"
    grep '^Progress: ' "$scratch/out" | tr -d '%' | awk '
        $2 < last || $2 < 0 || $2 > 100 { bad = 1 }
        { last = $2 }
        END { exit bad || last != 100 }' || complain "progress is not from 0 to 100, rising"
done

if [ -n "$launcher" ]; then
    play 2 "$pi" --samples 3000000 --tracker-on 1 --json
    expect_status 0
    expect_lines 1 '^Progress: 100%$' out
fi

for n in $(some_ranks 1 2 4) 0; do
    play "$n" "$pi" --samples 1000000000000 --tasks 4 --fail-task 1
    expect_status 1
    expect_lines 1 'the driver failed: .*task sample_circle on rank ' err
    expect_lines 0 'Estimated|[Ss]egmentation|signal' out
    expect_lines 0 '[Ss]egmentation|AddressSanitizer|signal|fatal' err
done

for n in $(some_ranks 1 2) 0; do
    for wrong in '--tasks 0' '--tasks x' '--tasks' '--samples -1' '--nonsense' 'word' '--cpus 0' \
        '--tracker-on 99' '--samples 1e9' '--samples 5 --samples-per-task 5' '--seed 1x' \
        '--samples 99999999999999999999' '--report-every 0'; do
        # Under a launcher each start costs a second or so: one of each kind.
        [ "$n" = 0 ] || case $wrong in *nonsense | *99 | *0) ;; *) continue ;; esac
        # shellcheck disable=SC2086 # words
        play "$n" "$pi" $wrong
        expect_status 2
        expect_one_error
        expect_lines 0 . out
    done
done
play 0 "$pi" --help
expect_status 0
expect_lines 1 '^usage: pi' out

# ---- method_tracking -----------------------------------------------------------------------------

number="[0-9]+"
state="^State of counts in this execution: \{'ActorClsOne': $number, 'ActorClsTwo': $number\}$"
calls="^\[\('ActorClsOne', \{'method': $number\}\), \('ActorClsTwo', \{'method': $number\}\)\]$"

# The sums: calls in the first round, twice as many in the second, and the actors have the same.
check_tracking() { # CALLS
    expect_status 0
    expect_lines 3 . out
    expect_lines 2 "$state" out
    expect_lines 1 "$calls" out
    grep -o '[0-9]*' "$scratch/out" | tr '\n' ' ' | {
        read -r a b c d e f
        [ $((a + b)) = "$1" ] && [ $((c + d)) = $((2 * $1)) ] && [ "$c $d" = "$e $f" ]
    } || complain "the sums are wrong for $1 calls"
}

for n in $(some_ranks 1 2 4 16) 0; do
    play "$n" "$tracking"
    check_tracking 15
    play "$n" "$tracking" --calls 1000 --seed 7
    check_tracking 1000
    [ -e "$scratch/seven" ] || cp "$scratch/out" "$scratch/seven"
    cmp -s "$scratch/out" "$scratch/seven" || complain "seed 7 gives another result"
done
play 0 "$tracking" --calls 1000 --seed 8
cmp -s "$scratch/out" "$scratch/seven" && complain "seeds 7 and 8 give the same"
play 0 "$tracking" --calls 0
check_tracking 0
for wrong in '--calls' '--calls x' '--calls -1' '--nonsense' 'word'; do
    # shellcheck disable=SC2086 # words
    play 0 "$tracking" $wrong
    expect_status 2
    expect_one_error
done

# ---- the end of a program ------------------------------------------------------------------------

for n in $(some_ranks 1 3) 0; do
    processes=$n
    [ "$n" != 0 ] || processes=1
    for pair in 0:0 3:3 255:255 256:1 -1:1; do
        play "$n" "$ends" exit "${pair%:*}"
        expect_status "${pair#*:}"
        expect_no_other_status "${pair#*:}"
    done
    play "$n" "$ends" setup 5
    expect_status 2
    expect_no_other_status 2
    expect_lines "$processes" 'setup on rank [0-9]* returned 5: nothing is run' err

    play "$n" "$ends" fail
    expect_status 1
    expect_no_other_status 1
    expect_lines 1 'the driver failed: the stage is on fire$' err
    expect_lines "$processes" '^destroy top' out

    play "$n" "$ends" await-failure
    expect_status 1
    expect_lines 1 'the driver failed: bottom\(0:[0-9]+\)\.init: never born$' err

    play "$n" "$ends" chain 100
    expect_status 0
    expect_lines 1 '^hops done on [0-9]+$' out
    play "$n" "$ends" tasks 20
    expect_status 0
    expect_lines 20 '^task done on [0-9]+$' out
    play "$n" "$ends" stuck
    expect_status 0
    expect_lines "$processes" '^deferred on [0-9]+$' out
    play "$n" "$ends" destroy
    expect_status 0
    expect_lines "$processes" '^destroy top' out
    expect_lines "$processes" '^destroy bottom' out
    play "$n" "$ends" failing-tell
    expect_status 0
    expect_lines 1 'bottom\(0:[0-9]+\)\.fail: heard by nobody$' err
    play "$n" "$ends" empty-tell
    expect_status 0
    expect_lines 1 'bottom\.fail .*empty' err
    play "$n" "$ends" fail-while-busy
    expect_status 1
    expect_lines 1 'the driver failed: no time to wait$' err
    expect_lines 0 'AddressSanitizer|[Ss]egmentation|Abort|fatal' err
    TROUPE_TRANSPORT=pigeon play "$n" "$ends" exit 0
    expect_status 2
    # Not of each rank: the launcher ends the others when the first has gone.
    grep -q "there is no transport 'pigeon'" "$scratch/err" || complain "the transport is not named"
done
if command -v taskset >/dev/null; then
    play 0 taskset -c "$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')" "$ends" nest 5
    expect_status 0
fi

exit $bad
