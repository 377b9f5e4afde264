# shellcheck shell=sh
# Sourced before every test, and by bootstrap: what a launch needs on a machine that is small, shared,
# or a container. As variables and not as options of mpirun, because each MPI overlooks the others'.

# Open MPI 4: root, more ranks than cores, and no rank that burns the core another one needs.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_mpi_yield_when_idle=1
# Containers often forbid the system call that single copy stands on.
export OMPI_MCA_btl_vader_single_copy_mechanism="${OMPI_MCA_btl_vader_single_copy_mechanism-none}"
# Open MPI 5 has the same under other names.
export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export PRTE_MCA_hwloc_default_binding_policy=none
# Each rank of that of pip complains of every window that UCX has no network for.
export OMPI_MCA_osc="${OMPI_MCA_osc-^ucx}"

export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"

# What a sanitizer finds ends a test with a status that is not 77, which would mean "skipped".
export ASAN_OPTIONS="exitcode=99:${ASAN_OPTIONS-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS-}"
