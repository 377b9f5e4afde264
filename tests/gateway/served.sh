# shellcheck shell=sh disable=SC2154
# To be sourced by a script that has set `here`: how to start a job that can be called, where there is
# one. On two ranks, with the launcher if there is that, too.
. "$here/../environment.sh"
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" # Open MPI leaks at every start
top=${abs_top_builddir:-$here/../../build}
launcher=${MPIRUN:-mpirun}
command -v "${launcher%% *}" >/dev/null && launcher="$launcher -n 2" || launcher="env TROUPE_RANKS=2"
if [ -x "$top/tests/gateway/served" ]; then
    TROUPE_SERVED="$launcher $top/tests/gateway/served"
    TROUPE_PI="$launcher $top/apps/pi/pi"
    export TROUPE_SERVED TROUPE_PI
fi
