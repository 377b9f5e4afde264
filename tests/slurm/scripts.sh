#!/bin/sh
# Every script of slurm/ is submitted, as a user would, and its result looked at.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
[ -n "${TROUPE_TEST_LONG-}${1-}" ] || { echo "scripts.sh: skipped: in make check-long only"; exit 77; }
. "$here/slurm/cluster.sh"
cluster_enter "$@"
. "$here/slurm/jobs.sh"
cluster_start

pi=$top/apps/pi/pi
told=$top/tests/core/told
tried=

try_script() { # SCRIPT ARGUMENTS...
    tried="$tried $1"
    script=$scripts/$1
    shift
    submit "$(basename "$script")" "$script" "$@"
}

a_program_runs_on_two_nodes() {
    try_script basic.sh "$pi" --json --quiet --samples 1000000
    finish
    expect_state COMPLETED 0:0
    expect_lines 1 '"ranks": 4'
}

# Two CPUs a rank, on two nodes, and teams as large.
threads_are_those_of_the_allocation() {
    try_script hybrid.sh "$pi" --json --quiet --samples 1000000
    finish
    expect_state COMPLETED 0:0
    expect_lines 1 '"ranks": 2, "threads": 4'
}

# Each rank is told of one of the two GPUs of its node, and of what is only counted.
resources_are_seen() {
    PATH=$top/apps/info:$PATH
    try_script gpus.sh "$pi" --json --quiet --samples 100000
    finish
    expect_state COMPLETED 0:0
    expect_lines 1 '^ranks .* gpus .* fpga'
    expect_lines 1 '"ranks": 4'
}

# A line of parameters for each job; the last one has all results in their order.
an_array_is_gathered() {
    tried="$tried array.sh"
    what='array.sh:'
    out=$cluster/out/parameters.txt
    printf -- '--seed 1\n--seed 2\n--seed 3\n' >"$out"
    ids=$(cd "$cluster/out" && bash "$scripts/array.sh" parameters.txt "$pi" --json --quiet --samples 1000000)
    array=${ids%% *} job=${ids##* }
    out=$cluster/out/gathered-$job.txt
    finish
    expect_state COMPLETED 0:0
    for seed in 1 2 3; do
        inside=$("$pi" --json --quiet --samples 1000000 --seed $seed | sed -n 's/.*"inside": \([0-9]*\).*/\1/p')
        expect_lines 1 "^--seed $seed	.*\"inside\": $inside,"
    done
    expect_lines 3 '"ranks": 2' "$cluster/out/troupe-array-${array}_"*
}

a_failed_member_of_an_array_ends_the_gathering() {
    what='array.sh, with a program that fails:'
    ids=$(cd "$cluster/out" && bash "$scripts/array.sh" parameters.txt false)
    job=${ids##* } out=$cluster/out/parameters.txt
    finish
    expect_state CANCELLED
}

three_nodes_of_two_kinds_are_one_job() {
    try_script heterogeneous.sh "$pi" --json --quiet --samples 1000000
    finish
    expect_state COMPLETED 0:0
    expect_lines 1 '"ranks": 5'
}

# What prints where the door is: a stand-in where the library has none.
a_tunnel_is_told_without_a_secret() {
    cat >"$cluster/out/door" <<'DOOR'
#!/bin/bash
if [ "$SLURM_PROCID" = 0 ]; then
    mkdir -p -m 700 "$HOME/.troupe"
    echo "{\"job\": \"$SLURM_JOB_ID\", \"host\": \"$(hostname)\", \"url\": \"http://127.0.0.1:34567\"," \
        "\"token\": \"secret-token\", \"read_token\": \"secret-too\"}" >"$HOME/.troupe/$SLURM_JOB_ID.json"
fi
sleep 3
DOOR
    chmod +x "$cluster/out/door"
    try_script dashboard.sh "$cluster/out/door"
    finish
    expect_state COMPLETED 0:0
    expect_lines 1 '^dashboard: ssh -N -J ctl -L 34567:127.0.0.1:34567 node[0-9]$'
    expect_lines 0 secret
}

# The same with the library's own door, if it was built with one.
the_door_of_a_job_is_found() {
    submit 'dashboard.sh, with a door' "$scripts/dashboard.sh" "$told" steps 300
    finish
    expect_state COMPLETED 0:0
    says 'built without|configure' || expect_lines 1 \
        '^dashboard: ssh -N -J ctl -L [0-9]+:127.0.0.1:[0-9]+ node[0-9]$'
}

a_job_goes_on_after_its_time() {
    try_script time_limit.sh "$told" steps 400 "$cluster/out/steps"
    await_line '^from step 0$'
    scancel --batch --signal=USR1 "$job" # as --signal=B:USR1@120 does when the time comes
    await_line '^time_limit.sh: to be continued \(run 1\)'
    finish
    expect_state COMPLETED 0:0
    expect_lines 1 'told to end, by signal 10'
    expect_lines 1 '^stopped at step [0-9]+'
    expect_lines 2 '^from step [0-9]+'
    expect_lines 1 '^done at step 400$'
    [ "$(field "$job" Restarts)" = 1 ] || complain "it was not queued again once"
}

a_program_that_has_no_time_is_not_queued_again() {
    submit 'time_limit.sh, and the program does not listen' --export=ALL "$scripts/time_limit.sh" \
        env TROUPE_GRACE=2 "$told" deaf
    await_line '^begun$'
    scancel --batch --signal=USR1 "$job"
    finish
    expect_state FAILED 138:0
}

no_script_is_forgotten() {
    for script in "$scripts"/*.sh; do
        what="$(basename "$script"):"
        case " $tried " in *" $(basename "$script") "*) ;; *) out=/dev/null; complain "is not tried" ;; esac
    done
}

a_program_runs_on_two_nodes
threads_are_those_of_the_allocation
resources_are_seen
an_array_is_gathered
a_failed_member_of_an_array_ends_the_gathering
three_nodes_of_two_kinds_are_one_job
a_tunnel_is_told_without_a_secret
the_door_of_a_job_is_found
a_job_goes_on_after_its_time
a_program_that_has_no_time_is_not_queued_again
no_script_is_forgotten
end_tests
