#!/bin/sh
# One job in a Slurm of its own: slurm/basic.sh over two nodes. All else is in make check-long.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/slurm/cluster.sh"
cluster_enter "$@"
. "$here/slurm/jobs.sh"
cluster_start

submit 'basic.sh' "$scripts/basic.sh" "$top/apps/pi/pi" --json --quiet --samples 1000000 --seed 5
finish
expect_state COMPLETED 0:0
expect_lines 1 '"ranks": 4'
end_tests
