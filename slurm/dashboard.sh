#!/bin/bash
# With the gateway open: the job's output says how to see the job in a browser while it runs.
#     sbatch dashboard.sh ./prog [ARGUMENTS]
#SBATCH --job-name=troupe-dashboard
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --time=00:10:00
#SBATCH --output=%x-%j.out

export TROUPE_GATEWAY=1
srun -K1 --mpi=pmix "$@" &
job=$!

# Rank 0 writes where it can be found, and the tokens, into a file that only you can read. What is
# printed here is for everybody: host and port, no token.
folder=${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/troupe}
[ -d "${XDG_RUNTIME_DIR:-/nowhere}" ] || folder=$HOME/.troupe
file=$folder/$SLURM_JOB_ID.json
for ((i = 0; i < 60; i++)); do
    if [ -s "$file" ] || ! kill -0 $job 2>/dev/null; then break; fi
    sleep 1
done
value() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$file"; }
if [ -s "$file" ]; then
    url=$(value url) port=${url##*:}
    port=${port%%/*}
    echo "dashboard: ssh -N -J ${SLURM_SUBMIT_HOST:-LOGIN-NODE} -L $port:127.0.0.1:$port $(value host)"
    echo "dashboard: then open http://127.0.0.1:$port/ (\"token\" of $file lets you in)"
else
    echo "dashboard: $file has not appeared; the job goes on without"
fi
wait $job
