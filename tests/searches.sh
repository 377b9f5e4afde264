#!/bin/sh
# The programs that search by tasks, uts and nqueens: what they count is what was published, on one
# process and on many ranks, and so are the first solutions that nqueens finds. In make check-long
# larger ones, too.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/programs.sh"

uts=$top/apps/uts/uts
nqueens=$top/apps/nqueens/nqueens

# refused PROGRAM MESSAGE ARGUMENTS...: one line with it, and status 2
refused() {
    program=$1 message=$2
    shift 2
    play 0 "$program" "$@"
    expect_status 2
    expect_lines 0 . out
    expect_lines 1 . err
    expect_lines 1 "$message" err
}

# helped PROGRAM
helped() {
    play 0 "$1" --help
    expect_status 0
    expect_lines 1 "^usage: $(basename "$1") " out
}

# timed COUNT PROGRAM ARGUMENTS...: the line with the efficiency, and that with the count
timed() {
    line=$1
    shift
    play 0 "$@"
    expect_status 0
    expect_lines 1 '^Efficiency: [0-9.]+ \([0-9.]+ to [0-9.]+\): .* s alone, .* CPUs, ' out
    expect_lines 1 "$line" out
}

# ---- uts: the counts that come with the benchmark ------------------------------------------------

T1='^T1: 4130071 nodes, 3305118 leaves, depth 10$'
T1L='^T1L: 102181082 nodes, 81746377 leaves, depth 13$'
T3='^T3: 4112897 nodes, 3599034 leaves, depth 1572$'

counts() { # LINE RANKS ARGUMENTS...
    line=$1 n=$2
    shift 2
    play "$n" "$uts" "$@"
    expect_status 0
    expect_lines 1 . out
    expect_lines 1 "$line" out
}

if [ -x "$uts" ]; then
    counts "$T1" 0 --sequential
    counts "$T3" 0 --tree T3 --sequential
    for n in $(some_ranks 1 2 4) 0; do
        counts "$T1" "$n" --tree T1
        counts "$T3" "$n" --tree T3 --grain 3000
    done
    TROUPE_TRANSPORT=self TROUPE_RANKS=3 TROUPE_SEED=7 counts "$T1" 0 --grain 100000
    timed "$T1" "$uts" --time 2
    [ -z "${TROUPE_TEST_LONG-}" ] || for n in $(some_ranks 1 2 4); do
        counts "$T1L" "$n" --tree T1L
        counts "$T1" "$n" --grain 100
    done

    helped "$uts"
    refused "$uts" "one of T1, T1L, T3, not 'T2'" --tree T2
    refused "$uts" "a value is missing for '--tree'" --tree
    refused "$uts" '--grain takes a number from 1 .* not .0' --grain 0
    refused "$uts" '--time takes a number from 1 to 100, not .many' --time many
    refused "$uts" "unknown option '--quick'" --quick
    refused "$uts" "unexpected argument 'T1'" T1
else
    echo "there is no $uts: it is not tried"
fi

# ---- nqueens -------------------------------------------------------------------------------------

solved() { # N SOLUTIONS RANKS [OPTIONS]
    size=$1 solutions=$2 n=$3
    shift 3
    play "$n" "$nqueens" "$size" "$@"
    expect_status 0
    expect_lines 1 . out
    expect_lines 1 "^$size queens: $solutions solutions\$" out
}

# Each line has a queen in each row, none attacks another, and no line comes twice.
first() { # N K LINES RANKS
    play "$4" "$nqueens" "$1" --first "$2"
    expect_status 0
    expect_lines "$3" . out
    awk -v size="$1" '
        NF != size || seen[$0]++ { bad = 1 }
        {
            for (a = 1; a <= NF; a++)
                for (b = 1; b < a; b++)
                    if ($a == $b || $a - $b == a - b || $b - $a == a - b)
                        bad = 1
            for (a = 1; a <= NF; a++)
                if ($a < 1 || $a > size)
                    bad = 1
        }
        END { exit bad }' "$scratch/out" || complain 'these are not so many different solutions'
}

for pair in 1:1 2:0 3:0 4:2 5:10 6:4 8:92; do
    solved "${pair%:*}" "${pair#*:}" 0
done
solved 12 14200 0 --sequential
for n in $(some_ranks 1 2 4) 0; do
    solved 12 14200 "$n"
    solved 13 73712 "$n"
    first 12 10 10 "$n"
    first 6 100 4 "$n"
done
first 1 1 1 0
first 3 1 0 0
first 20 7 7 0
TROUPE_TRANSPORT=self TROUPE_RANKS=3 TROUPE_SEED=7 first 9 200 200 0
timed '^11 queens: 2680 solutions$' "$nqueens" 11 --time 3
[ -z "${TROUPE_TEST_LONG-}" ] || for n in $(some_ranks 1 2 4); do
    solved 14 365596 "$n"
    solved 15 2279184 "$n"
    first 15 1000 1000 "$n"
done

helped "$nqueens"
refused "$nqueens" 'how many queens'
refused "$nqueens" 'N takes a number from 1 to 20, not .21' 21
refused "$nqueens" 'N takes a number from 1 to 20, not .0' 0
refused "$nqueens" "unexpected argument '9'" 8 9
refused "$nqueens" '--first takes a number from 1 .* not .0' 8 --first 0
refused "$nqueens" '--time takes a number' 8 --time -1
refused "$nqueens" "unknown option '--last'" 8 --last

exit $bad
