#!/bin/bash
# A troupe program on two nodes, a rank for each task.
#     sbatch basic.sh ./prog [ARGUMENTS]
#SBATCH --job-name=troupe
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --time=00:10:00
#SBATCH --output=%x-%j.out

# -K1: a task that fails ends the others. pmix is what Open MPI wants; `srun --mpi=list` has the rest.
srun -K1 --mpi=pmix "$@"
