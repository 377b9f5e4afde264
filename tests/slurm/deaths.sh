#!/bin/sh
# Ranks and nodes that die, under mpirun, srun -K1 and plain srun: the job ends within seconds, and
# somebody says who it was. One that is only stopped goes on.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
[ -n "${TROUPE_TEST_LONG-}${1-}" ] || { echo "deaths.sh: skipped: in make check-long only"; exit 77; }
. "$here/slurm/cluster.sh"
cluster_enter "$@"
. "$here/slurm/jobs.sh"
cluster_start

crashes=$top/tests/core/crashes
told=$top/tests/core/told
limit=30000 # ms, where it takes 0.1 s by srun and up to 3 s by mpirun: the machine may be busy

# The batch script ends as soon as the launcher does, and says when that was.
launch() { # WHAT LAUNCHER NODES TASKS PROGRAM...
    title="$1, $2"
    launcher=$2 nodes=$3 tasks=$4
    shift 4
    submit "$title" --nodes="$nodes" --ntasks-per-node="$tasks" \
        --wrap="$launcher $* ; status=\$?; echo ended \$((\$(date +%s%N) / 1000000)); exit \$status"
}

began() { [ "$(grep -c 'is process' "$out" 2>/dev/null)" = "$1" ]; } # RANKS

nobody_is_left() { [ -z "$(pgrep -f "^$1")" ]; }

# Of the launcher: its ranks are gone then, too. Slurm's own end of a job takes longer.
expect_end_since() { # MILLISECONDS PROGRAM
    wait_for 10 nobody_is_left "$2" || complain "a rank is left after 10 s"
    await_line '^ended '
    took=$(($(sed -n 's/^ended //p' "$out") - $1))
    [ $took -lt $limit ] || complain "it took $took ms"
    say "$what $took ms"
    finish
    [ "$(field "$job" JobState)" != COMPLETED ] || complain "it is said to have ended well"
}

launchers() { echo 'srun --mpi=pmix'; echo 'srun -K1 --mpi=pmix'; echo mpirun; }

# The process of a rank, as it is called where this test runs.
outside() { # RANK
    host_pid=$(sed -n "s/^rank $1 is process //p" "$out")
    for file in $(grep -ls "^NSpid:.*[[:space:]]$host_pid\$" /proc/[0-9]*/status); do
        pid=${file#/proc/} pid=${pid%/status}
        grep -qxz "PMIX_RANK=$1" "/proc/$pid/environ" && echo "$pid"
    done
}

# By its mate, and by the first rank of the node before it. mpirun, which sees it as soon, may have
# ended to listen to its ranks; it names one that was killed by itself.
expect_named() { # RANK HOW
    says "rank $1 \\(process [0-9]+ on node[0-9]\\) $2" ||
        { [ "$launcher" = mpirun ] && says "mpirun noticed that process rank $1 .* on node node[0-9]"; } ||
        complain "rank $1 is not named"
}

a_rank_is_killed() { # LAUNCHER NODES TASKS RANK
    launch "rank $4 of $2 x $3 killed" "$1" "$2" "$3" "$crashes" traffic
    wait_for 60 began $(($2 * $3)) || { complain "it does not begin"; return; }
    sleep 0.5 # so that it is in the middle of its traffic
    victim=$(outside "$4")
    since=$(milliseconds)
    kill -KILL "$victim" || complain "rank $4 is not there"
    expect_end_since "$since" "$crashes"
    expect_named "$4" 'has died, killed or lost'
}

a_method_is_named() { # LAUNCHER
    launch "rank 1 of 1 x 2 killed in a method" "$1" 1 2 "$crashes" kill method 1
    finish
    expect_named 1 'has died, killed or lost, while in victim\(1:0\)\.die_now'
    launch "rank 3 of 2 x 2 crashes" "$1" 2 2 "$crashes" segv method 3
    finish
    expect_lines 1 '^troupe: crash: signal 11 .* in victim\(3:0\)\.die_now, on rank 3'
    expect_named 3 'has died by signal 11 .*, while in victim\(3:0\)'
}

# The batch script is on the first node of the job.
a_node_is_killed() { # LAUNCHER
    launch "a node of 4 killed" "$1" 4 1 "$crashes" traffic
    wait_for 60 began 4 || { complain "it does not begin"; return; }
    since=$(milliseconds)
    node_down node3
    # Slurm takes its time to end a step of a node that is gone; the ranks do not wait for that.
    wait_for 5 nobody_is_left "$crashes" || complain "ranks are left after 5 s"
    say "$what ranks are gone after $(($(milliseconds) - since)) ms"
    scancel "$job"
    wait_for 60 has_ended "$job" || complain "it is $(field "$job" JobState)"
    says 'rank [0-9] \(process [0-9]+ on node3\) has died, killed or lost' || complain "it is not named"
    node_up node3
    scontrol update NodeName=node3 State=RESUME 2>/dev/null
    wait_for 60 nodes_are_up || complain "node3 does not come back"
}

# Longer than any silence is borne: the tether is kept by the kernel.
a_job_that_is_stopped_goes_on() {
    launch 'stopped for 15 s' 'srun --mpi=pmix' 4 1 "$told" steps 300
    await_line '^from step 0$'
    scontrol suspend "$job" || complain "it is not suspended"
    sleep 15
    scontrol resume "$job"
    finish
    expect_state COMPLETED 0:0
    expect_lines 1 '^done at step 300$'
    launch 'rank 2 stopped for 15 s' 'srun --mpi=pmix' 4 1 "$told" steps 300
    await_line '^from step 0$'
    victim=$(outside 2)
    kill -STOP "$victim" && sleep 15 && kill -CONT "$victim" || complain "rank 2 is not there"
    finish
    expect_state COMPLETED 0:0
    expect_lines 1 '^done at step 300$'
}

# It begins again under the same number when the node is back, with the same names of MPI's.
a_job_on_a_node_that_died_is_run_again() {
    rm -f "$cluster/out/steps"
    submit 'queued again after a node has died' --requeue --open-mode=append --nodes=4 --ntasks-per-node=1 \
        --wrap="srun -K1 --mpi=pmix $told steps 250"
    await_line '^from step 0$'
    node_down node2
    sleep 1
    node_up node2
    scontrol update NodeName=node2 State=RESUME 2>/dev/null
    finish
    expect_state COMPLETED 0:0
    expect_lines 1 '^done at step 250$'
    [ "$(field "$job" Restarts)" = 1 ] || complain "it was not queued again"
}

launchers >"$cluster/launchers"
while read -r launcher <&3; do
    a_rank_is_killed "$launcher" 1 2 1
    a_rank_is_killed "$launcher" 2 2 0
    a_rank_is_killed "$launcher" 4 1 2
    a_method_is_named "$launcher"
    a_node_is_killed "$launcher"
done 3<"$cluster/launchers"
a_job_that_is_stopped_goes_on
a_job_on_a_node_that_died_is_run_again
end_tests
