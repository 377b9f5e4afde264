#!/bin/bash
# Longer than one job may be: some time before the limit the program is told, saves what it has and
# returns 85 (TROUPE_REQUEUE); then the job is queued again, and goes on from there.
#     sbatch time_limit.sh ./prog [ARGUMENTS]
#SBATCH --job-name=troupe-long
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --time=00:10:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.out

# A program that never asks troupe_ending() is ended after this time, and not run again.
export TROUPE_GRACE=100 # seconds, fewer than the 120 above

# bash runs a trap only between commands, or in `wait`; srun passes the signal on to every rank.
trap 'kill -USR1 "$job"' USR1
srun -K1 --mpi=pmix "$@" &
job=$!
wait "$job"
status=$?
while kill -0 "$job" 2>/dev/null; do # the trap has ended the wait, not the program
    wait "$job"
    status=$?
done

if [ "$status" -eq 85 ]; then
    echo "time_limit.sh: to be continued (run $((${SLURM_RESTART_COUNT:-0} + 1)))"
    scontrol requeue "$SLURM_JOB_ID"
    sleep 60 # Slurm ends this script; one that ends by itself would complete the job
fi
exit "$status"
