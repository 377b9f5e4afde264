#!/bin/sh
# Runs a test program at several numbers of ranks, one after the other:
#     mpirun.sh 0 1 2 4 -- PROGRAM [ARGUMENTS]
# 0 is the program by itself, without the launcher; the others are run on each transport.
# Exits 0 if the runs passed, 77 if all of them were skipped, and 1 otherwise.
#     MPIRUN                 the launcher, called as "$MPIRUN -n RANKS PROGRAM"
#     TROUPE_TEST_TIMEOUT    seconds for one run (60)
#     TROUPE_TRANSPORT       the transport, if there is to be one only (rma, then p2p)
#     TROUPE_TEST_RANKS      set for the program: on how many ranks it runs
set -u
. "$(dirname "$0")/environment.sh"


launcher=${MPIRUN:-mpirun}
transports=${TROUPE_TRANSPORT:-rma p2p}
seconds=${TROUPE_TEST_TIMEOUT:-60}
session=

say() { echo "mpirun.sh: $*"; }

# Every run is a session of its own: a rank leaves the process group of its launcher, and never
# the session. So what a run left behind can be told from everything else on the machine.
end_session() {
    [ -n "$session" ] || return 0
    # pid (name) state parent group session ...
    left=$(cat /proc/[0-9]*/stat 2>/dev/null |
        sed -n "s/^\([0-9]*\) (.*) [A-Z] [0-9]* [0-9]* $session .*/\1/p")
    # shellcheck disable=SC2086 # a list
    [ -z "$left" ] || kill -KILL $left 2>/dev/null
    session=
}

interrupted() {
    trap - INT TERM HUP
    [ -z "$session" ] || kill -TERM "$session" 2>/dev/null
    [ -z "$session" ] || wait "$session"
    end_session
    exit 1
}

run_alone() {
    unset TROUPE_TEST_RANKS
    setsid timeout -k 5 "$seconds" "$@" </dev/null &
    session=$!
    wait "$session"
    status=$?
    end_session
    return $status
}

# Open MPI leaks at every start, so leaks are looked for without it.
run() {
    if [ "$1" = 0 ]; then
        shift
        run_alone "$@"
        return
    fi
    export TROUPE_TEST_RANKS="$1" ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"
    shift
    # shellcheck disable=SC2086 # MPIRUN may bring options of its own
    setsid timeout -k 5 "$seconds" $launcher -n "$TROUPE_TEST_RANKS" "$@" </dev/null &
    session=$!
    wait "$session"
    status=$?
    end_session
    return $status
}

counts=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    counts="$counts $1"
    shift
done
[ $# -ge 2 ] || { say "usage: mpirun.sh RANKS... -- PROGRAM [ARGUMENTS]"; exit 99; }
shift

if ! command -v "${launcher%% *}" >/dev/null; then
    say "skipped: there is no ${launcher%% *} here"
    exit 77
fi

trap interrupted INT TERM HUP
passed=0 failed=0

judge() { # STATUS WHERE
    case $1 in
    0) passed=$((passed + 1)) ;;
    77) say "skipped on $2" ;;
    124 | 137) say "FAILED on $2: not done after $seconds seconds"; failed=1 ;;
    *) say "FAILED on $2: exit status $1"; failed=1 ;;
    esac
}

for ranks in $counts; do
    for transport in $transports; do
        where="$ranks ranks, transport $transport"
        if [ "$ranks" = 0 ]; then
            where="$ranks ranks"
            unset TROUPE_TRANSPORT
        else
            export TROUPE_TRANSPORT="$transport"
        fi
        say "$* on $where"
        run "$ranks" "$@"
        judge $? "$where"
        [ "$ranks" != 0 ] || break
    done
done

[ $failed -eq 0 ] || exit 1
[ $passed -gt 0 ] || exit 77
