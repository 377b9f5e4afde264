#!/bin/sh
# Every source file is named in a Makefile.mk: one that is not is never built, run or shipped.
# (All of tests/compile and tests/declare is shipped and tried.)
set -eu
cd "$(dirname "$0")/../.."

listed=$(cat lib/Makefile.mk apps/Makefile.mk slurm/Makefile.mk tests/Makefile.mk)

# A test is listed as the program it becomes.
names() {
    case $1 in
    tests/unit/*.c | tests/mpi/*.c) for as in u mpi mpi16 crowd; do echo "${1%.c}.$as"; done ;;
    *) echo "$1" ;;
    esac
}

{
    find lib apps tests -path tests/compile -prune -o -path tests/declare -prune -o -name '*.[chS]' -print
    find apps tests -name '*.sh'
    find slurm -type f ! -name Makefile.mk
} | sort | (
    bad=0
    while read -r file; do
        found=no
        for name in $(names "$file"); do
            ! printf '%s\n' "$listed" | grep -Eq "^[^#]*(^|[[:space:]=])$name([[:space:]]|\$)" ||
                found=yes
        done
        [ $found = yes ] || { echo "$file is in no Makefile.mk"; bad=1; }
    done
    exit $bad
)
