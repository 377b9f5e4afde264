#!/bin/bash
# The same program with many parameters: a job of its own for each line of parameters.txt, then one
# job that gathers what they have printed.
#     bash array.sh parameters.txt ./prog [ARGUMENTS]     (not by sbatch: it submits itself)
#SBATCH --job-name=troupe-array
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=2
#SBATCH --time=00:10:00
#SBATCH --output=%x-%A_%a.out

at_once=8 # jobs that run at a time

case ${SLURM_ARRAY_TASK_ID-}${GATHER_FROM-} in
'') # nobody's job: submit
    [ $# -ge 2 ] || { echo "usage: bash array.sh parameters.txt ./prog [ARGUMENTS]" >&2; exit 2; }
    list=$1
    lines=$(grep -c '' "$list") || { echo "array.sh: $list: no line to be read" >&2; exit 2; }
    array=$(sbatch --parsable --array="1-$lines%$at_once" "$0" "$@") || exit
    # It begins when all have ended well; when one has not, it is taken out of the queue.
    gather=$(GATHER_FROM=$array sbatch --parsable --job-name=troupe-gather --nodes=1 --ntasks=1 \
        --dependency="afterok:$array" --kill-on-invalid-dep=yes --output=gathered-%j.txt "$0" "$list") || exit
    echo "$array gathered by $gather"
    ;;
*[!0-9]*) echo "array.sh: strange number" >&2; exit 2 ;;
*) if [ -z "${GATHER_FROM-}" ]; then # one of the array: its line is more arguments of the program
        read -r -a parameters < <(sed -n "${SLURM_ARRAY_TASK_ID}p" "$1")
        srun -K1 --mpi=pmix "${@:2}" "${parameters[@]}"
    else # the last one: in the order of the lines
        lines=$(grep -c '' "$1")
        for ((i = 1; i <= lines; i++)); do
            printf '%s\t%s\n' "$(sed -n "${i}p" "$1")" "$(tail -n 1 "troupe-array-${GATHER_FROM}_$i.out")"
        done
    fi ;;
esac
