# shellcheck shell=sh
# For the tests of tests/slurm, to be sourced: a Slurm of the test's own (cluster.sh), jobs in it, and
# what is expected of them. The script that sources it has set `here`, the folder tests/, and given
# its arguments to `cluster_enter`; when it ends it exits with $bad.
. "$here/environment.sh"
unset OMPI_MCA_rmaps_base_oversubscribe OMPI_MCA_hwloc_base_binding_policy # as users have it
# MPI is told that each node is a machine: it might see that all are one.
export OMPI_MCA_pml=ob1 OMPI_MCA_osc='^ucx'
export OMPI_MCA_btl_tcp_if_include="$cluster_net.0/24" OMPI_MCA_oob_tcp_if_include="$cluster_net.0/24"
[ "$cluster_how" = apart ] || unset OMPI_MCA_btl_tcp_if_include OMPI_MCA_oob_tcp_if_include

# Slurm 22.05, which fences in two ways by default, lets a rank out of MPI_Init before others are in:
# one launch of twenty crashed there.
export SLURM_PMIX_FENCE=tree

top=${abs_top_builddir:-$(pwd)}
scripts=$(cd "$here/../slurm" && pwd)
patience=${TROUPE_TEST_TIMEOUT:-120} # seconds for one job
bad=0 what=
mkdir -p "$cluster/home"
export HOME="$cluster/home"
unset XDG_RUNTIME_DIR

complain() {
    say "FAILED: $what $*"
    tail -n 20 "$out" 2>/dev/null | sed 's/^/    /'
    bad=1
}

passed() { say "$what passed"; }

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# ---- jobs ----------------------------------------------------------------------------------------

field() { # JOB FIELD
    scontrol -o show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1
}

has_ended() { # JOB
    case $(field "$1" JobState) in
    COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL | OUT_OF_MEMORY) ;;
    *) return 1 ;;
    esac
}

# submit WHAT SBATCH-ARGUMENTS...: then $job is its number, and $out the file of its output.
submit() {
    what="$1:"
    shift
    out=$cluster/out/next
    job=$(cd "$cluster/out" && sbatch --parsable --output=job-%j "$@" 2>"$out") ||
        { complain "it is not taken"; return 1; }
    out=$cluster/out/job-$job
}

finish() {
    wait_for "$patience" has_ended "$job" && return
    complain "job $job is $(field "$job" JobState) after $patience s"
    scancel "$job"
    wait_for 20 has_ended "$job"
}

expect_state() { # STATE [EXIT CODE]
    [ "$(field "$job" JobState)" = "$1" ] || complain "its state is $(field "$job" JobState)"
    [ -z "${2-}" ] || [ "$(field "$job" ExitCode)" = "$2" ] ||
        complain "its exit code is $(field "$job" ExitCode), not $2"
}

# Of one file, or of all that match.
expect_lines() { # COUNT REGEXP [FILE...]
    lines_wanted=$1 lines_like=$2
    shift 2
    [ $# -gt 0 ] || set -- "$out"
    lines=$(cat "$@" 2>/dev/null | grep -Ec -- "$lines_like")
    [ "$lines" = "$lines_wanted" ] || complain "$lines lines are '$lines_like', not $lines_wanted"
}

says() { grep -Eq -- "$1" "$out" 2>/dev/null; } # REGEXP

await_line() { # REGEXP
    wait_for 60 says "$1" || complain "no line is '$1' after 60 s"
}

end_tests() { exit $bad; }
