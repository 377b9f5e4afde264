#!/bin/sh
# What the log and the progress look like: repeats folded, a file a rank, bars on terminals only.
set -eu
. "$(dirname "$0")/environment.sh"
program=$PWD/tests/mpi/news.mpi
[ -x "$program" ] || { echo "SKIP: there is no cmocka"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TROUPE_RANKS=2 TROUPE_TRANSPORT=self

fail() { echo "$1"; sed -n 1,20p "$2"; exit 1; }

timeout 60 "$program" >/dev/null 2>"$dir/said"
[ "$(grep -c 'again and again' "$dir/said")" -eq 2 ] || fail "not folded:" "$dir/said"
grep -q 'again and again \[repeated 19x\]$' "$dir/said" || fail "not counted:" "$dir/said"
grep -q "$(printf '\033')" "$dir/said" && fail "control characters, or bars:" "$dir/said"

TROUPE_LOG_FILE=$dir/log timeout 60 "$program" >/dev/null 2>"$dir/said"
grep -q 'again and again' "$dir/log.0" || fail "not in its file:" "$dir/log.0"
grep -q 'again and again' "$dir/said" && fail "on stderr, too:" "$dir/said"

command -v script >/dev/null || { echo "script is missing: no terminal is tried"; exit 0; }
script -qec "timeout 60 '$program'" "$dir/typed" >/dev/null </dev/null
grep -q 'the work .*\[#*\] 100%' "$dir/typed" || fail "no bar:" "$dir/typed"
