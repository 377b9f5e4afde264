#!/bin/bash
# GPUs, and what else the cluster counts (GRES): for tasks and actors with .gpus and .resources.
#     sbatch gpus.sh ./prog [ARGUMENTS]
#SBATCH --job-name=troupe-gpus
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --gres=gpu:2,fpga:1
#SBATCH --time=00:10:00
#SBATCH --output=%x-%j.out

# The ranks of a node see all of its GPUs and share them out; a rank that finds more than one in its
# share gives each task its own by CUDA_VISIBLE_DEVICES' numbers: troupe_gpu_ids(). With
# `srun --gpus-per-task=1` Slurm does the sharing.
#
# For what has no device, as `fpga` here, Slurm sets no variable: rank 0 asks scontrol. Where that is
# not allowed, or for what Slurm does not count, say it yourself:
#     export TROUPE_RESOURCES=node:fpga:1,job:license:8

# What each rank has, before the program is run.
if command -v troupe-info >/dev/null; then
    srun -K1 --mpi=pmix troupe-info
fi
srun -K1 --mpi=pmix "$@"
