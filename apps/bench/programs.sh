#!/usr/bin/env bash
# Compares whole programs, troupe's with plain MPI's, run in turn: programs.sh [options] [NAME...]
# from the build directory. Prints what bench prints; docs/performance.md says what came of it.
set -euo pipefail

usage="usage: programs.sh [options] [NAME...]
  NAME         pi_job, progress, empty, idle, memory; without one all
  --build DIR  where the programs were built (.)
  --pairs N    runs of each program (7)
  --samples N  of a run of pi (20000000000)
  --seconds S  that the idle job lasts (5)
  --json       one JSON object a line instead of a table
The launcher is \$MPIRUN (mpirun), and Open MPI's options are given to it."

build=. pairs=7 samples=20000000000 seconds=5 json=no names=()
launcher=${MPIRUN:-mpirun}
transport=${TROUPE_TRANSPORT:-auto}

die() {
    echo "programs.sh: $1" >&2
    exit 2
}

number() { # OPTION VALUE
    [[ $2 =~ ^[1-9][0-9]*$ ]] || die "$1 takes a whole number from 1, not '$2'"
}

while [ $# -gt 0 ]; do
    case $1 in
    --json) json=yes ;;
    --help) echo "$usage"; exit 0 ;;
    --build | --pairs | --samples | --seconds)
        [ $# -ge 2 ] || die "a value is missing for '$1' (--help lists the options)"
        [ "$1" = --build ] || number "$1" "$2"
        declare "${1#--}=$2"
        shift
        ;;
    -*) die "unknown option '$1' (--help lists the options)" ;;
    pi_job | progress | empty | idle | memory) names+=("$1") ;;
    *) die "there is no comparison '$1' (--help names them)" ;;
    esac
    shift
done
[ ${#names[@]} -gt 0 ] || names=(pi_job progress empty idle memory)
bench=$build/apps/bench
[ -x "$bench/bench" ] || die "there is no $bench/bench: build first, or say --build DIR"

# A thread a rank, a rank a core: the plain programs then have what troupe's have.
export OMP_NUM_THREADS=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

bound() { # RANKS PROGRAM...: each rank on a core of its own
    local ranks=$1
    shift
    $launcher -n "$ranks" --bind-to core "$@"
}

crowded() { # RANKS PROGRAM...: more ranks than cores
    local ranks=$1
    shift
    $launcher -n "$ranks" --oversubscribe --bind-to none "$@"
}

# ---- the report -----------------------------------------------------------------------------

heading() {
    [ $json = yes ] || printf '%-20s %9s %5s %10s %10s %-4s %9s %9s %9s\n' \
        bench transport ranks ours raw unit ratio min max
}

# report NAME RANKS UNIT OURS RAW: lists of figures, of which RAW may be empty. Run i of both was
# made in turn: min and max are of their ratios, or of ours if there is no RAW.
report() {
    awk -v name="$1" -v transport="$transport" -v ranks="$2" -v unit="$3" -v ours="$4" \
        -v raw="$5" -v json="$json" '
        function sort(a, n,    i, j, t) {
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && a[j - 1] > a[j]; j--) {
                    t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
                }
        }
        function median(a, n) { sort(a, n); return a[int((n + 1) / 2)] }
        function text(value, good) {
            return good ? sprintf("%.4g", value) : json == "yes" ? "null" : "-"
        }
        BEGIN {
            n = split(ours, o, " ")
            both = split(raw, r, " ") > 0
            for (i = 1; i <= n; i++) spread[i] = both ? o[i] / r[i] : o[i] + 0
            for (i = 1; i <= n; i++) { o[i] += 0; r[i] += 0 }
            a = median(o, n); b = median(r, n); sort(spread, n)
            print_as = json == "yes" ?                                                          \
                "{\"bench\": \"%s\", \"transport\": \"%s\", \"ranks\": %d, \"ours\": %s, "      \
                "\"raw\": %s, \"unit\": \"%s\", \"ratio\": %s, \"min\": %s, \"max\": %s}\n" :   \
                "%-20s %9s %5d %10s %10s %-4s %9s %9s %9s\n"
            printf print_as, name, transport, ranks, text(a, 1), text(b, both), unit,
                text(both ? a / b : 0, both), text(spread[1], 1), text(spread[n], 1)
        }'
}

field() { # NAME: its value in the last JSON object on standard input
    sed -n "s/.*\"$1\": \([-+0-9.e]*\).*/\1/p" | tail -n 1
}

# ---- the comparisons ------------------------------------------------------------------------

pi_job() {
    local ours='' raw='' rate
    for ((i = 0; i < pairs; i++)); do
        rate=$(bound 2 "$build/apps/pi/pi" --samples "$samples" --report-every 1000000 --quiet \
            --json | field samples_per_second)
        ours+=" $(awk "BEGIN { print $rate / 1e9 }")"
        rate=$(bound 2 "$bench/raw_pi" "$samples" | field samples_per_second)
        raw+=" $(awk "BEGIN { print $rate / 1e9 }")"
    done
    report pi_job 2 G/s "$ours" "$raw"
}

# How long the driver waits for the tracker's answers while all cores sample.
progress() {
    local first p50 result
    for tracker in 0 1; do
        first='' p50=''
        for ((i = 0; i < pairs; i++)); do
            result=$(bound 2 "$build/apps/pi/pi" --samples "$samples" --quiet --json \
                --tracker-on "$tracker")
            first+=" $(field first_progress_ms <<<"$result")"
            p50+=" $(field progress_ms_p50 <<<"$result")"
        done
        report "progress_first/$tracker" 2 ms "$first" ''
        report "progress_p50/$tracker" 2 ms "$p50" ''
    done
}

milliseconds() { # COMMAND...
    local begin=${EPOCHREALTIME/[.,]/}
    "$@" >/dev/null
    echo "$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))"
}

empty() {
    local ours='' raw=''
    for ((i = 0; i < 2 * pairs; i++)); do
        ours+=" $(milliseconds bound 2 "$bench/empty")"
        raw+=" $(milliseconds bound 2 "$bench/raw_empty")"
    done
    report empty 2 ms "$ours" "$raw"
}

idle() {
    local used=''
    for _ in 1 2 3; do
        used+=" $(crowded 8 "$bench/idle" "$seconds")"
    done
    report idle 8 % "$used" ''
    if [ $json = yes ]; then
        crowded 8 "$bench/bench" --json --seconds "$seconds" idle_wake
    else
        crowded 8 "$bench/bench" --seconds "$seconds" idle_wake | tail -n 1
    fi
}

largest_mib() {
    awk '$1 > most { most = $1 } END { print most / 1024 }'
}

memory() {
    local ours='' raw=''
    for ((i = 0; i < pairs; i++)); do
        ours+=" $(bound 2 "$bench/memory" | largest_mib)"
        raw+=" $(bound 2 "$bench/raw_empty" memory | largest_mib)"
    done
    report memory 2 MiB "$ours" "$raw"
}

heading
for name in "${names[@]}"; do
    "$name"
done
