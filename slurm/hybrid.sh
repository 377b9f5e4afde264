#!/bin/bash
# Few ranks with many threads each: tasks with .cpus = n get an OpenMP team of n.
#     sbatch hybrid.sh ./prog [ARGUMENTS]
#SBATCH --job-name=troupe-hybrid
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=2
#SBATCH --time=00:10:00
#SBATCH --output=%x-%j.out

cpus=${SLURM_CPUS_PER_TASK:-1}
# The largest team. No OMP_PROC_BIND: the teams of all tasks of a rank would be on the same CPUs.
export OMP_NUM_THREADS=$cpus

# srun must be told again how many CPUs a task has: since Slurm 22.05 it does not take that from
# sbatch. Each rank is bound to its own.
srun -K1 --mpi=pmix --cpus-per-task="$cpus" --cpu-bind=cores "$@"

# By mpirun, which binds a rank to one core if it is not told better:
#     mpirun --map-by "slot:pe=$cpus" --bind-to core "$@"
