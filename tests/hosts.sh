#!/bin/sh
# The tests of many ranks over three hosts, so that messages cross TCP: one rank on each, then two
# or three, where some are neighbours and some are not. In make check one test of them; in make
# check-long all of them, what becomes of a job when a rank or a whole host dies, and some tests
# over links that are slow and lose packets. The hosts are namespaces (tests/support/hosts_net.sh).
# Exits 77 where those cannot be made, or the launcher is not Open MPI's.
#     TRANSPORTS             "p2p rma"; one that the library does not have is skipped
#     TROUPE_TEST_TIMEOUT    seconds for one run (60)
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
. "$here/support/hosts_net.sh"
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" # Open MPI leaks at every start

top=${abs_top_builddir:-$(pwd)}
pi=$top/apps/pi/pi
crashes=$top/tests/core/crashes
launcher=${MPIRUN:-mpirun}
seconds=${TROUPE_TEST_TIMEOUT:-60}
bad=0 passed=0

say() { echo "hosts.sh: $*"; }
skip() { say "skipped: $*"; exit 77; }

# ---- outside: into namespaces of our own ---------------------------------------------------------

# With them goes everything that is started in them, whatever happens.
enter() {
    scratch=$(mktemp -d)
    mkdir "$scratch/tmp"
    inside=
    trap 'leave; exit 1' INT TERM HUP
    # shellcheck disable=SC2086 # perhaps none
    unshare $1 --net --mount --pid --ipc --fork --kill-child --mount-proc \
        sh "$here/hosts.sh" --inside "$scratch" </dev/null &
    inside=$!
    status=0
    wait $inside || status=$?
    leave
    exit $status
}

leave() {
    [ -z "$inside" ] || kill -KILL "$inside" 2>/dev/null
    rm -rf "$scratch"
}

can_unshare() {
    # shellcheck disable=SC2086 # perhaps none
    unshare $1 --net --mount --pid --ipc --fork --kill-child --mount-proc true 2>/dev/null
}

if [ "${1-}" != --inside ]; then
    for tool in unshare nsenter ip hostname "${launcher%% *}"; do
        command -v "$tool" >/dev/null || skip "there is no $tool here"
    done
    "${launcher%% *}" --version 2>/dev/null | grep -qi 'open.mpi\|prrte' ||
        skip "$launcher is not the launcher of Open MPI"
    if can_unshare ''; then enter ''; fi
    if can_unshare '--user --map-root-user'; then enter '--user --map-root-user'; fi
    skip "namespaces cannot be made here"
fi
scratch=$2

# ---- a run ---------------------------------------------------------------------------------------

export TMPDIR="$scratch/tmp"
export OMPI_MCA_plm_rsh_agent="$scratch/rsh" PRTE_MCA_plm_ssh_agent="$scratch/rsh"
export OMPI_MCA_oob_tcp_if_include=$network.0/24 PRTE_MCA_prte_if_include=$network.0/24
export OMPI_MCA_btl_tcp_if_include=$network.0/24
export OMPI_MCA_pml=ob1 OMPI_MCA_osc='^ucx' # others may see one machine, which it is

# run RANKS PROGRAM [ARGUMENTS]: neighbours in number are on different hosts; then $status and
# $scratch/log tell. What is exported here a launcher would not take along by itself.
run() {
    ranks=$1
    shift
    what="$transport, $(basename "$1") on $ranks ranks$link:"
    with=
    for name in TROUPE_TRANSPORT TROUPE_TEST_RANKS TROUPE_TEST_TIMEOUT TROUPE_TEST_SEED \
        TROUPE_TEST_LONG OMP_NUM_THREADS ASAN_OPTIONS UBSAN_OPTIONS; do
        eval "[ -z \"\${$name-}\" ]" || with="$with -x $name"
    done
    began=$(date +%s)
    status=0
    # shellcheck disable=SC2086 # words
    timeout -k 5 "$seconds" $launcher --map-by node --host host1:32,host2:32,host3:32 $with \
        -n "$ranks" "$@" </dev/null >"$scratch/log" 2>&1 || status=$?
    took=$(($(date +%s) - began))
    case $status in 124 | 137) [ $took -lt "$seconds" ] || status=late ;; esac
}

complain() {
    say "FAILED $what $*"
    sed 's/^/    /' "$scratch/log" | tail -n 40
    bad=1
    # Nothing of this run is to be in the way of the next.
    hosts_down
    begin_hosts
}

begin_hosts() {
    hosts_up || { say "FAILED: the hosts do not come up"; exit 1; }
    [ -z "$link" ] || spoil "$how" >/dev/null 2>&1
}

expect_passed() {
    case $status in
    0) say "$what passed in $took s"; passed=$((passed + 1)) ;;
    77) say "$what skipped" ;;
    late) complain "not done after $seconds seconds" ;;
    *) complain "exit status $status" ;;
    esac
}

try() { # RANKS TEST
    export TROUPE_TEST_RANKS="$1"
    for program in "$top/tests/mpi/$2.mpi" "$top/tests/mpi/$2.mpi16"; do
        [ ! -x "$program" ] || { run "$1" "$program"; expect_passed; }
    done
    unset TROUPE_TEST_RANKS
}

# ---- what is tried -------------------------------------------------------------------------------

# A rank that is alone on a node has all of its CPUs for its tasks; on one node they would share.
three_nodes_are_seen() {
    cpus=$(env -u OMP_NUM_THREADS nproc)
    limit=$OMP_NUM_THREADS
    unset OMP_NUM_THREADS
    run 3 "$pi" --json --quiet --samples 300000
    export OMP_NUM_THREADS="$limit"
    threads=$(sed -n 's/.*"threads": \([0-9]*\).*/\1/p' "$scratch/log")
    [ "$status" = 0 ] || { complain "exit status $status"; return; }
    [ "$threads" = $((3 * cpus)) ] || complain "$threads threads on three hosts of $cpus CPUs"
    passed=$((passed + 1))
}

# The payloads of this test are some 30 MB, and two thirds of them are for another host.
messages_cross_the_network() {
    try 3 traffic
    [ -x "$top/tests/mpi/traffic.mpi16" ] && [ "$status" = 0 ] || return 0
    for host in $hosts; do
        sent=$(bytes_from "$host")
        say "$what $host has sent $((sent / 1000000)) MB"
        [ "$sent" -gt 1000000 ] || { complain "that is less than the test's own"; return; }
    done
}

# core_parked asks some 100,000 times one after the other: over a network that takes many minutes.
all_tests_pass() {
    for ranks in 3 7; do
        for source in "$here"/mpi/*.c; do
            test=$(basename "$source" .c)
            [ "$test" = core_parked ] || try $ranks "$test"
        done
    done
}

expect_end() {
    case $status in
    0) complain "it ended well" ;;
    late) complain "not done after $seconds seconds" ;;
    *) say "$what ended with status $status in $took s"; passed=$((passed + 1)) ;;
    esac
}

a_rank_that_dies_alone_on_its_host_ends_the_job() {
    for how in segv kill; do
        run 3 "$crashes" $how method 1
        what="$what $how on rank 1:"
        expect_end
    done
}

a_host_that_dies_ends_the_job() {
    (sleep 5; kill -KILL "$(cat "$scratch/pid.host2")") &
    run 6 "$crashes" traffic
    what="$what host2 switched off:"
    expect_end
    wait $!
    hosts_down
    begin_hosts
}

ranks_left() { pgrep -fc "^$crashes"; }

ranks_are_gone() { # SECONDS
    for _ in $(seq $(($1 * 10))); do
        [ "$(ranks_left)" != 0 ] || return 0
        sleep 0.1
    done
    return 1
}

# Its own ranks miss the others as these miss it. The launcher may wait for what started them.
a_host_that_falls_silent_ends_the_job() {
    run 6 "$crashes" traffic &
    tries=0
    until [ "$(grep -c 'is process' "$scratch/log" 2>/dev/null)" = 6 ] || [ $tries = 600 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    sleep 1
    what="$transport, $(basename "$crashes") on 6 ranks, host2 silent:"
    began=$(date +%s%N)
    falls_silent host2
    if ranks_are_gone 10; then
        say "$what its ranks are gone after $((($(date +%s%N) - began) / 1000000)) ms"
        passed=$((passed + 1))
    else
        complain "$(ranks_left) ranks are left after 10 s"
    fi
    grep -q 'is lost: its node does not answer' "$scratch/log" || complain "nobody says why"
    hosts_down
    wait $!
    begin_hosts
}

# The tests do not depend on the time they take, but on what overtakes what.
tests_pass_over_bad_links() { # KIND WHAT
    how=$1 link=", $2"
    if ! spoil "$how" >"$scratch/log" 2>&1; then
        say "$transport$link: skipped: $(tail -n 1 "$scratch/log")"
    else
        for test in calls failure stress waiting; do
            try 3 $test
        done
        say "$transport$link: lost $(for host in $hosts; do lost_by "$host"; done | xargs) packets"
    fi
    link=''
    hosts_down
    begin_hosts
}

# ---- all of it, for each transport ---------------------------------------------------------------

there_is_this_transport() {
    TROUPE_TRANSPORT=$transport timeout "$seconds" "$pi" --quiet --samples 1000 \
        >"$scratch/log" 2>&1 </dev/null || ! grep -q 'there is no transport' "$scratch/log"
}

trap hosts_down EXIT
link='' how=''
bridge_up 2>"$scratch/log" || skip "no bridge between namespaces: $(tail -n 1 "$scratch/log")"
hosts_up 2>"$scratch/log" || skip "no hosts of namespaces: $(tail -n 1 "$scratch/log")"
write_rsh
for transport in ${TRANSPORTS-p2p rma}; do
    there_is_this_transport || { say "$transport: skipped: there is no such transport"; continue; }
    export TROUPE_TRANSPORT="$transport"
    hosts_down
    begin_hosts
    three_nodes_are_seen
    messages_cross_the_network
    [ -n "${TROUPE_TEST_LONG-}" ] || continue
    all_tests_pass
    a_rank_that_dies_alone_on_its_host_ends_the_job
    a_host_that_dies_ends_the_job
    a_host_that_falls_silent_ends_the_job
    tests_pass_over_bad_links netem '2 ms and 1 % loss by netem'
    tests_pass_over_bad_links htb '20 Mbit/s and 1 % loss by htb'
done

[ $bad -eq 0 ] || exit 1
[ $passed -gt 0 ] || exit 77
