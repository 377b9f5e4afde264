#!/bin/sh
# slurm/array.sh with an sbatch of its own, which needs no Slurm: what it submits, and that it fails
# when nothing is submitted.
set -u
script=$(cd "$(dirname "$0")/../.." && pwd)/slurm/array.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
unset SLURM_ARRAY_TASK_ID GATHER_FROM
bad=0

# Fails when it is called more often than SBATCH_WORKS times.
cat >sbatch <<'EOF'
#!/bin/sh
echo "$*" >>calls
[ "$(grep -c '' calls)" -le "$SBATCH_WORKS" ] || { echo "sbatch: error: refused" >&2; exit 1; }
grep -c '' calls
EOF
chmod +x sbatch
printf -- '--seed 1\n--seed 2\n' >parameters.txt
: >empty.txt

expect() { # STATUS TEXT CALLS-THAT-WORK ARGUMENT...
    status=$1 text=$2
    export SBATCH_WORKS="$3"
    shift 3
    : >calls
    PATH=$scratch:$PATH bash "$script" "$@" >log 2>&1
    got=$?
    [ $got = "$status" ] && grep -q "$text" log && return
    echo "array.sh $*, of which $SBATCH_WORKS calls of sbatch work: status $got instead of $status, or no '$text'"
    sed 's/^/    /' log
    bad=1
}

expect 0 '^1 gathered by 2$' 2 parameters.txt ./prog
grep -q 'array=1-2%' calls && grep -q 'dependency=afterok:1 ' calls || { echo "submitted:"; cat calls; bad=1; }
expect 1 refused 0 parameters.txt ./prog
expect 1 refused 1 parameters.txt ./prog
for arguments in '' parameters.txt; do
    # shellcheck disable=SC2086 # none, or one
    expect 2 usage 2 $arguments
done
expect 2 'no line' 2 empty.txt ./prog
expect 2 'no line' 2 missing.txt ./prog
[ ! -s calls ] || { echo "something was submitted of a list that is missing"; bad=1; }
exit $bad
