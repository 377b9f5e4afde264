#!/bin/sh
# What troupe-info says that ranks have, under the variables of launchers, Slurm and users; and what
# is said of those that are wrong, and of ranks that are bound to too little.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/programs.sh"
info=$top/apps/info/troupe-info
unset CUDA_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES TROUPE_RESOURCES
unset SLURM_STEP_GPUS SLURM_JOB_GPUS SLURM_MEM_PER_NODE SLURM_MEM_PER_CPU SLURM_CPUS_PER_TASK SLURM_CPUS_ON_NODE

# The columns of all lines, each rank's apart: "cpus gpus" for instance.
columns() { # NAMES
    awk -v names="$1" '
        NR == 1 {
            count = split(names, name)
            for (i = 1; i <= count; i++)
                for (j = 1; j <= NF; j++) if ($j == name[i]) at[i] = j
            for (j = 1; j <= NF; j++) if ($j == "memory") memory = j
            next
        }
        {
            from = $1; sub(/-.*/, "", from); to = $1; sub(/.*-/, "", to)
            for (rank = from; rank <= to; rank++) {
                line = ""
                for (i = 1; i <= count; i++) line = line " " $(at[i] + (at[i] > memory))
                printf "%s;", substr(line, 2)
            }
        }' "$scratch/out"
}

expect_columns() { # NAMES VALUES
    [ "$(columns "$1")" = "$2" ] || complain "$1 are '$(columns "$1")', not '$2'"
}

expect_wrong() { # REGEXP
    expect_status 2
    grep -Eq -- "error: .*$1" "$scratch/err" || complain "'$1' is not said"
    expect_lines 0 . out
}

# ---- what there is -------------------------------------------------------------------------------

play 0 "$info"
expect_status 0
all=$(columns cpus)
[ -e /dev/nvidia0 ] || expect_columns gpus '0;'

SLURM_CPUS_PER_TASK=1 SLURM_MEM_PER_NODE=3072 play 0 "$info"
expect_columns cpus '1;'
expect_lines 1 ' 3 GiB' out
SLURM_CPUS_ON_NODE=1 play 0 "$info"
expect_columns cpus '1;'

# Bound by OpenMP before main, the process still has what it was given.
OMP_PROC_BIND=true play 0 "$info"
expect_status 0
expect_columns cpus "$all"

TROUPE_RANKS=4 TROUPE_RESOURCES=fpga:2,node:nic:3,job:license:5 CUDA_VISIBLE_DEVICES=4,5,6 \
    play 0 "$info"
expect_columns 'gpus fpga nic license' '1 2 1 2;1 2 1 1;1 2 1 1;0 2 0 1;'

for n in $(some_ranks 2); do
    [ "$n" != 0 ] || continue
    TROUPE_RESOURCES=fpga:2,node:nic:3,job:license:5 CUDA_VISIBLE_DEVICES=4,5,6 play "$n" "$info"
    expect_status 0
    expect_columns 'gpus fpga nic license' '2 2 2 3;1 2 1 2;'
    # Each rank has been given its own: Slurm tells them apart though both see a device 0.
    # shellcheck disable=SC2016 # each rank's own shell expands it
    CUDA_VISIBLE_DEVICES=0 play "$n" sh -c 'SLURM_STEP_GPUS=$OMPI_COMM_WORLD_RANK; export SLURM_STEP_GPUS
        [ -n "$SLURM_STEP_GPUS" ] || exit 77; exec "$0"' "$info"
    [ "$status" = 77 ] || expect_columns gpus '1;1;'
done

# Rank 0 asks Slurm for what is only counted, unless it is said already.
mkdir "$scratch/bin"
cat >"$scratch/bin/scontrol" <<'END'
#!/bin/sh
[ "$*" = "-o show job -d 123" ] && echo "JobId=123 NumNodes=1 JOB_GRES=gpu:2,fpga:4"
END
chmod +x "$scratch/bin/scontrol"
PATH=$scratch/bin:$PATH SLURM_JOB_ID=123 SLURM_JOB_NUM_NODES=2 TROUPE_RANKS=2 play 0 "$info"
expect_columns fpga '1;1;'
PATH=$scratch/bin:$PATH SLURM_JOB_ID=123 TROUPE_RESOURCES='' play 0 "$info"
expect_lines 0 fpga out

TROUPE_RESOURCES=fpga:1 TROUPE_RANKS=3 TROUPE_LOG=info play 0 "$info"
expect_lines 1 'ranks 0 to 2 have each [0-9]+ CPUs?, .* of memory, fpga:1$' err

# ---- what is wrong -------------------------------------------------------------------------------

TROUPE_RESOURCES=fpga:1,nic play 0 "$info"
expect_wrong "TROUPE_RESOURCES=fpga:1,nic: 'nic' is not NAME:NUMBER"
CUDA_VISIBLE_DEVICES=0,x play 0 "$info"
expect_wrong "CUDA_VISIBLE_DEVICES=0,x: 'x' is no GPU"
SLURM_CPUS_PER_TASK=many play 0 "$info"
expect_wrong "SLURM_CPUS_PER_TASK=many"
play 0 "$info" --nonsense
expect_status 2
play 0 "$info" --help
expect_status 0

# Open MPI binds a rank or two to a core each when it is not told how; then CPUs stay idle.
if [ -n "$launcher" ] && $launcher --version 2>/dev/null | grep -q 'Open MPI) 4'; then
    unset OMPI_MCA_hwloc_base_binding_policy
    play 1 "$info"
    if [ "$(columns cpus)" != "$all" ]; then
        expect_lines 1 'warning: mpirun has bound .*--bind-to none, .*--map-by slot:pe=' err
        launcher="$launcher --bind-to core" play 1 "$info"
        expect_lines 0 'warning' err
    fi
fi
exit $bad
