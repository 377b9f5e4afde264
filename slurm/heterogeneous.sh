#!/bin/bash
# Two kinds of nodes in one job: rank 0, which runs the driver, on a node of its own, and workers on
# others. They are one job for MPI and for troupe.
#     sbatch heterogeneous.sh ./prog [ARGUMENTS]
#SBATCH --job-name=troupe-het
#SBATCH --output=%x-%j.out
#SBATCH --time=00:10:00
#SBATCH --nodes=1 --ntasks-per-node=1
#SBATCH hetjob
#SBATCH --nodes=2 --ntasks-per-node=2

# srun it must be: mpirun sees the first part alone. Tasks go where CPUs are free, the driver's node
# included; .place = troupe_away_from(handle), or a resource that only some ranks have
# (TROUPE_RESOURCES, set for one part below), keeps them off.
srun -K1 --mpi=pmix --het-group=0 "$@" : --het-group=1 "$@"
