#!/bin/sh
# Repeats the experiments of docs/pi-statistics.md with the program built from stream.c:
#   apps/pi/statistics.sh path/to/stream [lattice | estimates | dieharder]
# Without a second word all three, which takes about half an hour on one core.
set -eu

stream=${1:?the path of the stream program is missing}
part=${2:-all}

run_lattice() { "$stream" lattice; }

run_estimates()
{
    "$stream" estimates 100 1000000000
    "$stream" estimates 10000 10000000
}

run_dieharder() { "$stream" raw 20261123 | dieharder -a -g 200; }

case $part in
    all)                           run_lattice; run_estimates; run_dieharder ;;
    lattice | estimates | dieharder) "run_$part" ;;
    *)                             echo "$0: no experiment is called $part" >&2; exit 2 ;;
esac
