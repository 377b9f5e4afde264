#!/bin/sh
# Programs in an allocation, by srun and by mpirun: over one, two and four nodes, with what Slurm has
# given them, two jobs at once on one node, and nothing left behind.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
[ -n "${TROUPE_TEST_LONG-}${1-}" ] || { echo "runs.sh: skipped: in make check-long only"; exit 77; }
. "$here/slurm/cluster.sh"
cluster_enter "$@"
. "$here/slurm/jobs.sh"
cluster_start

pi=$top/apps/pi/pi
info=$top/apps/info/troupe-info
told=$top/tests/core/told

ranks_run_on() { # NODES LAUNCHER...
    submit "$2 over $1 nodes" --nodes="$1" --ntasks-per-node=2 --wrap="$(shift; echo "$*") \
        $pi --json --quiet --samples 1000000 --seed 5"
    finish
    expect_state COMPLETED 0:0
    expect_lines 1 "\"inside\": $inside, .*\"ranks\": $((2 * $1)),"
}

# A GPU is one rank's; what has no device is counted by Slurm alone.
resources_are_those_of_the_step() {
    submit 'gres' --nodes=2 --ntasks-per-node=2 --gres=gpu:2,fpga:1 --wrap="srun $info"
    finish
    expect_lines 1 '^ranks .* gpus .* fpga$'
    # ranks, host, cpus, gpus, memory, its unit, fpga: the first rank of a node has that one
    expect_lines 2 '^[02] +node[0-9] +1 +1 .*GiB +1$'
    expect_lines 2 '^[13] +node[0-9] +1 +1 .*GiB +0$'
    submit 'one gpu a task' --nodes=1 --ntasks=2 --gres=gpu:2 --wrap="srun --gpus-per-task=1 $info"
    finish
    expect_lines 1 '^0-1 +node[0-9] +1 +1 '
    submit 'no gres' --nodes=1 --ntasks=1 --wrap="srun $info"
    finish
    expect_lines 1 '^0 +node[0-9] +1 +0 .*GiB$'
}

runs() { [ "$(field "$1" JobState)" = RUNNING ]; } # JOB

# Each is begun before the other has ended, and each has its own ranks.
two_jobs_share_a_node() {
    jobs=
    for n in 1 2; do
        submit "two jobs at once, $n" --nodes=1 --ntasks=1 --nodelist=node1 --wrap="srun $told steps 250"
        jobs="$jobs $job"
    done
    for job in $jobs; do
        what="two jobs at once, $job:" out=$cluster/out/job-$job
        await_line '^from step 0$'
    done
    # shellcheck disable=SC2086 # two words
    overlap $jobs || complain "they were not there at once"
    for job in $jobs; do
        what="two jobs at once, $job:" out=$cluster/out/job-$job
        finish
        expect_state COMPLETED 0:0
        expect_lines 1 '^done at step 250$'
    done
}

overlap() { # JOB JOB: each began before the other ended
    ! has_ended "$1" && ! has_ended "$2"
}

# What the pages show for Slurm, each block as it stands there.
pages_are_right() {
    for page in README.md docs/tutorial.md; do
        blocks=$(grep -c '^```sh slurm$' "$here/../$page")
        submit "the blocks of $page" --nodes=2 --ntasks=2 --cpus-per-task=1 \
            --wrap="TMPDIR=$cluster/out abs_top_builddir=$top DOCS_IN=slurm sh $here/docs.sh $page"
        finish
        expect_state COMPLETED 0:0
        expect_lines "$blocks" ': runs in Slurm$'
    done
}

a_wrong_launch_is_refused() {
    submit 'srun --mpi=none' --nodes=1 --ntasks=2 --wrap="srun --mpi=none $pi"
    finish
    [ "$(field "$job" JobState)" = FAILED ] || complain "its state is $(field "$job" JobState)"
}

# The library has no files of its own. What it, MPI and Slurm have left in the places for such files
# after jobs of every kind: nothing.
nothing_is_left_behind() {
    what='leftovers:'
    out=$cluster/out/left
    for node in $cluster_nodes; do
        on_node "$node" find /dev/shm "$cluster/tmp/$node" -mindepth 1
    done >"$out"
    [ ! -s "$out" ] || complain "something is there"
}

inside=$("$pi" --json --quiet --samples 1000000 --seed 5 | sed -n 's/.*"inside": \([0-9]*\).*/\1/p')
for nodes in 1 2 4; do
    ranks_run_on $nodes srun -K1 --mpi=pmix
    ranks_run_on $nodes mpirun
done
resources_are_those_of_the_step
two_jobs_share_a_node
pages_are_right
a_wrong_launch_is_refused
nothing_is_left_behind
end_tests
