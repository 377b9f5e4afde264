#!/bin/sh
# The measurements run and say what they should. How fast anything was is never looked at.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
build=${abs_top_builddir:-$(pwd)}
bench=$build/apps/bench/bench
launcher=${MPIRUN:-mpirun}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# As in mpirun.sh: Open MPI leaks at every start.
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"

fail() {
    echo "$1"
    cat "$scratch/out" "$scratch/err" 2>/dev/null
    exit 1
}

alone() { # PROGRAM...
    timeout -k 5 "${TROUPE_TEST_TIMEOUT:-60}" "$@" </dev/null
}

launched() { # RANKS PROGRAM...
    ranks=$1
    shift
    # shellcheck disable=SC2086 # MPIRUN may bring options of its own
    alone $launcher -n "$ranks" "$@"
}

# One JSON object a line, each with all of its fields.
objects() { # FILE
    if command -v python3 >/dev/null; then
        python3 - "$1" <<'END'
import json, sys
fields = {"bench", "transport", "ranks", "ours", "raw", "unit", "ratio", "min", "max"}
for line in open(sys.argv[1]):
    if set(json.loads(line)) != fields:
        sys.exit("other fields: " + line)
END
    else
        number='(null|-?[0-9][-+0-9.e]*)'
        if grep -Evq "^\{\"bench\": \"[^\"]+\", \"transport\": \"[^\"]+\", \"ranks\": [0-9]+, \
\"ours\": $number, \"raw\": $number, \"unit\": \"[^\"]+\", \"ratio\": $number, \
\"min\": $number, \"max\": $number\}\$" "$1"; then
            return 1
        fi
    fi
}

# Kernels that need no more than so many ranks; not those for other CPUs and of much memory.
kernels() { # RANKS
    "$bench" --list |
        awk -v ranks="$1" '$2 <= ranks && !/^pi_kernel|^bulk.*[0-9][0-9]MiB/ { print $1 }'
}

# every RANKS FILE: they are all there.
every() {
    kernels "$1" |
        while read -r name; do
            grep -q "\"bench\": \"$name\"" "$2" || { echo "$name is missing"; exit 1; }
        done
}

refused() { # MESSAGE ARGUMENTS...: one line with it, and status 2
    message=$1 status=0
    shift
    alone "$bench" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    [ $status = 2 ] || fail "bench $*: status $status, not 2"
    [ "$(wc -l <"$scratch/err")" -eq 1 ] || fail "bench $*: not one line"
    grep -q -e "$message" "$scratch/err" || fail "bench $*: does not say $message"
}

[ -x "$bench" ] || { echo "skipped: there is no $bench"; exit 77; }

"$bench" --list >"$scratch/out" 2>"$scratch/err" || fail "bench --list fails"
for name in ask_rtt ask_rtt_light tell_rate tell_rate_many ask_rate histogram histogram_many \
    indexgather thread_ring thread_ring_local local_tell local_ask create_local create_remote \
    task_rate task_latency task_latency_remote task_bytes task_slowdown \
    task_mix actor_bytes bulk_1KiB bulk_256MiB idle_wake flood; do
    grep -q "^$name  *[12] " "$scratch/out" || fail "bench --list does not list $name"
done

refused "unknown option '--quick'" --quick
refused "a value is missing for '--seconds'" --seconds
refused "not 'soon'" --seconds soon
refused "not '0'" --destinations 0
refused "not '65'" --destinations 65
refused "no kernel 'nonsense'" nonsense
refused "no kernel 'bul'" bul
refused "needs 2 ranks, there are 1" ask_rtt

alone "$bench" --seconds 0.02 --json >"$scratch/out" 2>"$scratch/err" || fail "bench on one rank fails"
objects "$scratch/out" || fail "what bench prints is no JSON"
every 1 "$scratch/out" || fail "one rank"

alone "$bench" --seconds 0.02 local_tell >"$scratch/out" 2>"$scratch/err" || fail "a table fails"
grep -q '^bench .* bar$' "$scratch/out" || fail "the table has no heading"
grep -q '^local_tell .* <= 20 ns' "$scratch/out" || fail "the table does not name the bar"

alone "$bench" --seconds 0.02 --floor --json >"$scratch/out" 2>"$scratch/err" || fail "--floor fails"
[ "$(grep -c '"bench": "floor"' "$scratch/out")" = "$(wc -l <"$scratch/out")" ] ||
    fail "--floor alone runs more than the floor"

# shellcheck disable=SC2046 # names without blanks
alone env TROUPE_TRANSPORT=self TROUPE_RANKS=2 "$bench" --seconds 0.02 --json $(kernels 2) \
    >"$scratch/out" 2>"$scratch/err" || fail "bench on two ranks of one process fails"
objects "$scratch/out" || fail "what bench prints is no JSON"
every 2 "$scratch/out" || fail "two ranks of one process"

command -v "${launcher%% *}" >/dev/null || { echo "no ${launcher%% *}: the rest is skipped"; exit 0; }

# shellcheck disable=SC2046 # names without blanks
launched 2 "$bench" --seconds 0.02 --json $(kernels 2) >"$scratch/out" 2>"$scratch/err" ||
    fail "bench on two ranks fails"
objects "$scratch/out" || fail "what bench prints is no JSON"
every 2 "$scratch/out" || fail "two ranks"

launched 4 "$bench" --seconds 0.02 --json --destinations 7 tell_rate histogram histogram_many \
    indexgather >"$scratch/out" 2>"$scratch/err" || fail "bench on four ranks fails"
objects "$scratch/out" || fail "what bench prints is no JSON"
[ "$(grep -c '"ranks": 4' "$scratch/out")" = 4 ] || fail "four ranks: a kernel is missing"
! grep -q '"raw": null' "$scratch/out" || fail "four ranks: a counterpart is missing"

launched 2 "$bench" --seconds 0.02 pi_kernel >"$scratch/out" 2>"$scratch/err" ||
    fail "bench pi_kernel fails"
grep -q '^pi_kernel/scalar ' "$scratch/out" || fail "the table has no row of pi_kernel/scalar"

# The whole programs, one after the other.
launched 2 "$build/apps/bench/empty" || fail "empty fails"
launched 2 "$build/apps/bench/raw_empty" || fail "raw_empty fails"
for program in memory "raw_empty memory"; do
    # shellcheck disable=SC2086 # a program and its argument
    launched 2 "$build"/apps/bench/$program >"$scratch/out" || fail "$program fails"
    [ "$(grep -c '^[1-9][0-9]*$' "$scratch/out")" = 2 ] || fail "$program: no number for each rank"
done
launched 2 "$build/apps/bench/idle" 0.2 >"$scratch/out" || fail "idle fails"
grep -q '^[0-9.]*$' "$scratch/out" || fail "idle prints no number"
launched 2 "$build/apps/bench/raw_pi" 1000000 >"$scratch/out" || fail "raw_pi fails"
TROUPE_TRANSPORT=self "$build/apps/pi/pi" --samples 1000000 --json >"$scratch/err"
inside() { sed -n 's/.*"inside": \([0-9]*\).*/\1/p' "$1"; }
[ "$(inside "$scratch/out")" = "$(inside "$scratch/err")" ] || fail "raw_pi and pi count otherwise"

command -v bash >/dev/null || { echo "no bash: programs.sh is not tried"; exit 0; }
status=0
bash "$here/../apps/bench/programs.sh" nonsense 2>"$scratch/err" || status=$?
[ $status = 2 ] || fail "programs.sh nonsense: status $status, not 2"
bash "$here/../apps/bench/programs.sh" --help >"$scratch/out" || fail "programs.sh --help fails"
