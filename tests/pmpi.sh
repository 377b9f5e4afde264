#!/bin/sh
# A tool that wraps functions of MPI by its profiling interface sees what troupe sends on each of two
# ranks, and the program's result is what it is without.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/programs.sh"

pi="$top/apps/pi/pi" given='--json --quiet --seed 5 --samples 20000000 --tasks 8'
skip() { echo "pmpi.sh: skipped: $*"; exit 77; }
[ -n "$launcher" ] || skip "no launcher"
ldd "$pi" 2>/dev/null | grep -q 'libmpi' || skip "MPI is no shared library here"

# shellcheck disable=SC2086 # lists of flags
${CC:-mpicc} ${CPPFLAGS-} -shared -fPIC -o "$scratch/wraps.so" "$here/pmpi/wraps.c" >"$scratch/log" 2>&1 ||
    { cat "$scratch/log"; echo "pmpi.sh: wraps.c does not compile"; exit 1; }

inside() { sed -n 's/.*"inside": \([0-9]*\).*/\1/p' "$scratch/out"; }

export TROUPE_TRANSPORT=p2p
# shellcheck disable=SC2086 # a list of arguments
play 2 "$pi" $given
expect_status 0
alone=$(inside)
# The tool before a sanitizer, too.
export ASAN_OPTIONS="verify_asan_link_order=0:$ASAN_OPTIONS"
# shellcheck disable=SC2086 # a list of arguments
play 2 env LD_PRELOAD="$scratch/wraps.so" "$pi" $given
expect_status 0
[ -n "$alone" ] && [ "$(inside)" = "$alone" ] || complain "$(inside) samples are inside, and $alone without the tool"
for rank in 0 1; do
    expect_lines 1 "wrapped on $rank: starts 1, sends [1-9][0-9]*\$" err
done
exit $bad
