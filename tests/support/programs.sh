# For tests of whole programs, to be sourced: how one is run, and what is expected of it. The script
# that sources it has set `here`, the folder tests/, and may have set `seconds` for one run. When it
# ends it exits with $bad.
. "$here/environment.sh"
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" # Open MPI leaks at every start

top=${abs_top_builddir:-$(pwd)}
seconds=${TROUPE_TEST_TIMEOUT:-${seconds:-60}}
launcher=${MPIRUN:-mpirun}
command -v "${launcher%% *}" >/dev/null || launcher=
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0 what=

# play RANKS PROGRAM [ARGUMENTS]: under the launcher, or with 0 ranks without; then $status,
# $scratch/out and $scratch/err tell.
play() {
    ranks=$1
    shift
    what="$(basename "$1") on $ranks ranks:"
    for word in "$@"; do [ "$word" = "$1" ] || what="$what $word"; done
    with=
    [ "$ranks" = 0 ] || with="$launcher -n $ranks"
    status=0
    # shellcheck disable=SC2086 # words
    timeout -k 5 "$seconds" $with "$@" </dev/null >"$scratch/out" 2>"$scratch/err" || status=$?
}

complain() {
    echo "$what: $*"
    sed 's/^/    out: /' "$scratch/out" | head -n 30
    sed 's/^/    err: /' "$scratch/err" | head -n 30
    bad=1
}

expect_status() { [ "$status" = "$1" ] || complain "status $status, not $1"; }

# expect_lines COUNT REGEXP FILE: so many lines match
expect_lines() {
    count=$(grep -Ec -- "$2" "$scratch/$3" || true)
    [ "$count" = "$1" ] || complain "$count lines of $3 are '$2', not $1"
}

# The counts of ranks that can be tried here; 0 is without a launcher.
some_ranks() { if [ -n "$launcher" ]; then echo "$*"; else echo 0; fi; }
