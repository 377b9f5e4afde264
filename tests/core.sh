#!/bin/sh
# Whole programs seen from outside: how they crash and are killed, start and end, log, and run short
# of memory. The programs of tests/core do as they are told; actor_tree is one for users.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/programs.sh"

crashes=$top/tests/core/crashes
pours=$top/tests/core/pours
starts=$top/tests/core/starts
other=$top/tests/core/starts_otherwise
tree=$top/apps/actor_tree/actor_tree
ulimit -c 0

# ---- what is expected, besides what support/programs.sh has -------------------------------------

expect_failure() {
    case $status in 0 | 124) complain "status $status, not one of failure" ;; esac
}

expect_some() { grep -Eq -- "$1" "$scratch/$2" || complain "no line of $2 is '$1'"; }

# Hydra, the launcher of MPICH, kills the others, mostly before one of them can say who has died, and
# names a process itself: on a busy machine one of those it has killed. Or UCX names it, which was
# about to copy from it.
hydra=no
[ -z "$launcher" ] || ! $launcher --version 2>/dev/null | grep -qi hydra || hydra=yes

hydra_was_first() { # PROCESS
    [ $hydra = yes ] &&
        grep -qE "PID [0-9]+ RUNNING AT|pid=$1 .*No such process" "$scratch/out" "$scratch/err"
}

expect_death() { # RANK HOW
    process=$(sed -n "s/^rank $1 is process //p" "$scratch/out")
    hydra_was_first "$process" || expect_some "rank $1 \\(process $process on .*\\) has died$2" err
}

# ---- crashes -------------------------------------------------------------------------------------

sanitized() { nm "$crashes" 2>/dev/null | grep -q '__asan_init\|__tsan_init'; }

expect_crash() { # HOW WHERE RANK
    case $1 in segv | overflow) signal='signal 11' ;; abrt) signal='signal 6' ;;
    fpe) signal='signal 8' ;; bus) signal='signal 7' ;; esac
    case $2 in
    method) who="victim\\($3:[0-9]+\\)\\.die_now" ;;
    init) who="victim\\($3:[0-9]+\\)\\.init" ;;
    task) who='task dying_task' ;;
    driver) who='the driver' ;;
    esac
    expect_failure
    expect_lines 1 "^troupe: crash: $signal \\(.*\\) in $who, on rank $3" err
    expect_some 'crashes\(.*\)\[0x|crashes.*\+0x' err
    [ "$1" != overflow ] || [ "$2" = driver ] || expect_some 'its stack is too small' err
}

if ! sanitized; then
    for how in segv bus abrt fpe overflow; do
        for where in method task driver init; do
            play 0 "$crashes" $how $where
            expect_crash $how $where 0
        done
    done
    if [ -n "$launcher" ]; then
        play 3 "$crashes" segv method 1
        expect_crash segv method 1
        expect_death 1 ' by signal 11 .*, while in victim\(1:0\)\.die_now'
        play 3 "$crashes" abrt task 2
        expect_crash abrt task 2
        expect_death 2 ' by signal 6'
        play 3 "$crashes" kill task 1
        expect_death 1 ', killed or lost, while in .*task dying_task'
        play 3 "$crashes" kill method 1
        expect_failure
        expect_death 1 ', killed or lost, while in victim\(1:0\)\.die_now'
    fi
fi

# ---- memory that the kernel refuses ---------------------------------------------------------------

# In a cgroup with too little of it, where one can be made: of version 2, or of version 1.
too_little=256M
make_cgroup() {
    for base in /sys/fs/cgroup/memory /sys/fs/cgroup; do
        group=$base/troupe-test-$$
        limit=memory.max
        [ "${base##*/}" != memory ] || limit=memory.limit_in_bytes
        mkdir "$group" 2>/dev/null || continue
        [ -e "$group/$limit" ] && { echo $too_little >"$group/$limit"; } 2>/dev/null && return
        rmdir "$group"
    done
    return 1
}

if ! sanitized && [ -n "$launcher" ] && make_cgroup; then
    # shellcheck disable=SC2016 # the inner shell's own
    play 0 sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" $launcher -n 3 "$crashes" memory method 1
    what='a rank that takes too much memory:'
    expect_failure
    expect_death 1 ', killed for lack of memory \(oom_kill of its cgroup: 1\), while in victim\(1:0\)\.die_now'
    tries=0
    until rmdir "$group" 2>/dev/null || [ $tries -ge 50 ]; do sleep 0.1; tries=$((tries + 1)); done
fi

# ---- a rank is killed at a random moment ---------------------------------------------------------

seed=${TROUPE_TEST_SEED:-$$}

random_below() { # N WORDS...: by these words and the seed
    below=$1
    shift
    echo $(($(echo "$seed $*" | cksum | cut -d ' ' -f 1) % below))
}

# What a job leaves on the machine: shared memory, and the directories of Open MPI. Both are put in
# a place of their own, because other tests run at the same time.
mkdir -p "$scratch/job/shm"
left_behind() { find "$scratch/job" -mindepth 1 ! -name 'ompi.*' ! -name shm; }

# Not there, or nobody's child any more that nobody has looked after yet.
is_gone() { ! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null; }

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

kill_one() { # WHICH PROGRAM MODE
    victim=$(random_below 4 victim "$1")
    delay=$(random_below 1000 delay "$1")
    what="$(basename "$2") $3, rank $victim killed after $delay ms (TROUPE_TEST_SEED=$seed, kill $1)"
    # shellcheck disable=SC2086 # MPIRUN may bring options of its own
    OMPI_MCA_orte_tmpdir_base="$scratch/job" \
        OMPI_MCA_btl_vader_backing_directory="$scratch/job/shm" \
        timeout -k 5 "$seconds" $launcher -n 4 "$2" "$3" </dev/null >"$scratch/out" \
        2>"$scratch/err" &
    job=$!
    while [ "$(grep -c 'is process' "$scratch/out")" != 4 ] && kill -0 "$job" 2>/dev/null; do
        sleep 0.1
    done
    sleep "$(printf '0.%03d' "$delay")"
    pid=$(sed -n "s/^rank $victim is process //p" "$scratch/out")
    kill -0 "$job" 2>/dev/null || { complain "it ended by itself"; return; }
    kill -KILL "$pid" || complain "rank $victim is not there"
    began=$(milliseconds)
    status=0
    wait "$job" || status=$?
    expect_failure
    expect_death "$victim" ''
    for pid in $(sed -n 's/^rank .* is process //p' "$scratch/out"); do
        until is_gone "$pid" || [ $(($(milliseconds) - began)) -gt 5000 ]; do sleep 0.05; done
        is_gone "$pid" || complain "process $pid is still there"
    done
    took=$(($(milliseconds) - began))
    [ $took -lt 5000 ] || complain "the job went on for $took ms"
    new=$(left_behind)
    [ -z "$new" ] || complain "left behind: $new"
}

if [ -n "$launcher" ]; then
    times=3
    [ -z "${TROUPE_TEST_LONG-}" ] || times=20
    n=0
    while [ $n -lt $times ]; do
        n=$((n + 1))
        kill_one $n "$crashes" traffic
        for transport in rma p2p; do
            TROUPE_TRANSPORT=$transport kill_one $n "$pours" for-ever
        done
    done
fi

# ---- the job ends while large values flow --------------------------------------------------------

pour() { # RANKS WORDS...
    many=$1
    shift
    for mode in driver method task; do
        play "$many" "$@" "$pours" exit-$mode 7
        expect_status 7
        expect_lines 1 '^all flows 1$' out
    done
    play "$many" "$@" "$pours" fail
    expect_status 1
    expect_lines 1 'the driver failed: in the middle of it$' err
    play "$many" "$@" "$pours" return 7
    expect_status 7
    expect_lines 1 'not done 0.5 s after the driver .* is given up: [0-9]+ tasks or methods' err
}

pour 0 env TROUPE_RANKS=3
pour 0 env TROUPE_RANKS=3 TROUPE_SEED=1
if [ -n "$launcher" ]; then
    for transport in rma p2p; do
        pour 3 env TROUPE_TRANSPORT=$transport
        play 3 env TROUPE_TRANSPORT=$transport "$pours" die
        expect_failure
        expect_death 2 ', killed or lost, while in pump\(2:[0-9]+\)\.happen'
    done
fi

# ---- start and end -------------------------------------------------------------------------------

for n in $(some_ranks 0 2); do
    processes=$n
    [ "$n" != 0 ] || processes=1
    for where in driver method task; do
        for code in 0 7 255; do
            [ "$n" = 0 ] || [ $code != 255 ] || continue
            play "$n" "$starts" exit-$where $code
            expect_status $code
            # Not of each rank: a launcher ends the others when one has gone with such a status.
            expect_some "^status $code$" out
            grep '^status ' "$scratch/out" | grep -qv "^status $code\$" &&
                complain "a rank differs from $code"
        done
    done
    play "$n" "$starts" timers 3
    expect_status 3
    began=$(date +%s)
    play "$n" "$starts" linger 4
    expect_status 4
    expect_lines 1 "not done 0.5 s after the driver .* is given up: $processes tasks or methods" err
    [ $(($(date +%s) - began)) -lt 20 ] || complain "it took more than 20 s"
done

play 0 "$starts" again 5
expect_status 0

play 0 env OMPI_COMM_WORLD_SIZE=4 "$starts"
expect_status 2
expect_lines 1 'the launcher started 4 processes \(OMPI_COMM_WORLD_SIZE\)' err
play 0 env SLURM_STEP_NUM_TASKS=4 "$starts"
expect_status 2
expect_lines 1 'the launcher started 4 processes \(SLURM_STEP_NUM_TASKS\)' err

if [ -n "$launcher" ]; then
    play 3 "$starts" part
    expect_status 0
    expect_lines 3 '^sum is right: 1$' out
    play 2 "$starts" exchange
    expect_status 0
    expect_lines 1 '^rank 0 got 1$' out
    expect_lines 1 '^the last got 0$' out
    expect_lines 1 '^size of its own 2$' out
    play 2 "$starts" single
    expect_status 2
    expect_some 'call MPI_Init_thread with MPI_THREAD_SERIALIZED or more instead of MPI_Init' err
    play 1 "$starts" exit-driver 0 : -n 1 "$other" exit-driver 0
    expect_status 2
    expect_lines 1 'rank 1 runs another program than rank 0' err
fi

# ---- what cannot be done -------------------------------------------------------------------------

play 0 "$starts" await-in-team
expect_failure
expect_some 'await inside an OpenMP parallel region' err
play 0 "$starts" exit-actor-outside
expect_status 1
expect_lines 1 'the driver failed: .*troupe_exit_actor outside of a method' err
play 0 "$starts" run-again 40
expect_status 42
expect_lines 1 'troupe_run within troupe_run' err
play 0 "$starts" failing-pool
expect_status 1
expect_lines 1 'the driver failed: .*worker.*fail: as it was told' err
expect_lines 0 'warning' err
play 0 "$starts" wrong-rank
expect_status 1
expect_lines 1 'the driver failed: .*there is no rank -1' err

# ---- log -----------------------------------------------------------------------------------------

play 0 "$starts" log
expect_lines 1 '^troupe: error: \(driver\) line of the driver$' err
expect_lines 1 '^troupe: warning: \(worker 0:[0-9]+\) line 1 of a method$' err
expect_lines 1 '^troupe: warning: \(task log_task\) line of a task$' err
expect_lines 3 . err
play 0 env TROUPE_LOG=debug "$starts" log
expect_lines 1 '^troupe: info: \((thread|task log_task)\) line of a team$' err
expect_lines 1 '^troupe: debug: \(driver\) detail$' err
play 0 env TROUPE_LOG=error "$starts" log
expect_lines 1 . err

# ---- memory --------------------------------------------------------------------------------------

if ! sanitized && [ -n "$launcher" ]; then
    play 2 "$starts" memory-text
    expect_status 1
    expect_lines 1 'the driver failed: .*worker.length_of: no memory for a message of that size' err
    for mode in sender receiver from-task; do
        play 2 "$starts" memory-$mode
        expect_status 0
        expect_lines 1 '^bytes 1$' out
    done
    for mode in receiver busy; do
        play 2 "$starts" memory-$mode
        expect_lines 1 '^ask: -6 .*no memory on rank 1 for a message of that size' out
    done
    play 2 "$starts" memory-task
    expect_status 0
    expect_lines 1 '^task: -6 .*no memory on rank 1 for a message of that size' out
    expect_lines 1 '^bytes 1$' out
    play 2 "$starts" memory-result
    expect_status 0
    expect_lines 1 '^result: -6 .*there is no memory for an answer of that size' out
    expect_lines 1 '^bytes 1$' out
    for mode in create create-named; do
        play 2 "$starts" memory-$mode
        expect_status 0
        expect_lines 1 '^creation: -4 keeper.* was not made: no memory on rank 1 for its' out
        expect_lines 1 '^end 4$' out # TROUPE_END_FAILED
        expect_lines 1 '^small 12$' out
        expect_lines 1 '^bytes 1$' out
    done
fi

# ---- actor_tree ----------------------------------------------------------------------------------

nodes() { # DEPTH FANOUT
    sum=0 level=1 i=0
    while [ $i -le "$1" ]; do
        sum=$((sum + level)) level=$((level * $2)) i=$((i + 1))
    done
    echo $sum
}

expect_tree() { # DEPTH FANOUT NUMBERS
    expect_status 0
    expect_lines 1 "^The sum of 1 to $3 is $(($3 * ($3 + 1) / 2))\$" out
    expect_lines "$(nodes "$1" "$2")" '^ *(supervisor|leaf)\([0-9]+:[0-9]+\)$' out
}

for n in $(some_ranks 0 1 2 4); do
    for depth in 0 1 2 3 4; do
        # Under a launcher each start costs a second or so.
        case $n in 1 | 4) [ $depth = 3 ] || continue ;; 2) [ $depth = 2 ] || continue ;; esac
        play "$n" "$tree" --depth $depth --fanout 3 --numbers 10007
        expect_tree $depth 3 10007
        for seed in 1 2 3; do
            [ $depth != 0 ] || continue # nobody replaces the root
            [ "$n" = 0 ] || [ $seed = 1 ] || continue
            play "$n" "$tree" --depth $depth --fanout 2 --numbers 1000 --fail 0.3 --seed $seed
            expect_tree $depth 2 1000
        done
    done
done
for n in $(some_ranks 16); do
    play "$n" "$tree" --depth 3 --fanout 4 --numbers 100000 --fail 0.3
    expect_tree 3 4 100000
done
play 0 "$tree" --depth 2 --quiet
expect_lines 0 'leaf|supervisor' out
for wrong in '--depth' '--depth -1' '--depth 99' '--fanout 0' '--fail 1' '--fail x' '--nonsense' \
    word; do
    # shellcheck disable=SC2086 # words
    play 0 "$tree" $wrong
    expect_status 2
    expect_lines 1 '^actor_tree: ' err
done

exit $bad
