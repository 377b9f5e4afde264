# The tests. The extension of a test says how it is run:
#   .u      one process, no launcher
#   .mpi    tests/mpirun.sh: by itself (it plays the ranks), then at 1, 2 and 4 ranks
#   .mpi16  the same, and at 16 ranks
#   .crowd  at 32 and at 64 ranks, each in 30 seconds
#   .sh     a script
# A new test is one more line: tests/unit/ring.u is built from tests/unit/ring.c.
TEST_EXTENSIONS = .u .mpi .mpi16 .crowd .sh
MPI_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/mpirun.sh
AM_MPI_LOG_FLAGS = 0 1 2 4 --
MPI16_LOG_COMPILER = $(MPI_LOG_COMPILER)
AM_MPI16_LOG_FLAGS = 0 1 2 4 16 --
CROWD_LOG_COMPILER = env TROUPE_TEST_TIMEOUT=30 $(MPI_LOG_COMPILER)
AM_CROWD_LOG_FLAGS = 32 64 --
SH_LOG_COMPILER = $(SHELL)

AM_TESTS_ENVIRONMENT = \
	CC='$(CC)'; CPPFLAGS='$(AM_CPPFLAGS) $(CPPFLAGS)'; CFLAGS='$(AM_CFLAGS) $(CFLAGS)'; \
	MPIRUN='$(MPIRUN)'; NM='$(NM)'; PYTHON='$(PYTHON)'; abs_top_builddir='$(abs_top_builddir)'; \
	GATEWAY_LIBS='$(GATEWAY_LIBS)'; MPI_LIBS='$(MPI_LIBS)'; HWLOC_LIBS='$(HWLOC_LIBS)'; OPENMP_CFLAGS='$(OPENMP_CFLAGS)'; \
	export CC CPPFLAGS CFLAGS MPIRUN NM PYTHON abs_top_builddir GATEWAY_LIBS MPI_LIBS HWLOC_LIBS OPENMP_CFLAGS; \
	. $(top_srcdir)/tests/environment.sh;

UNIT_TESTS = \
	tests/unit/actor_classes.u \
	tests/unit/actor_tables.u \
	tests/unit/actor_ties.u \
	tests/unit/base_arena.u \
	tests/unit/base_crash.u \
	tests/unit/base_log.u \
	tests/unit/base_oom.u \
	tests/unit/base_stack.u \
	tests/unit/calls_end.u \
	tests/unit/calls_endings.u \
	tests/unit/calls_exit.u \
	tests/unit/calls_replay.u \
	tests/unit/calls_said.u \
	tests/unit/pi_sample.u \
	tests/unit/schedule_alarms.u \
	tests/unit/schedule_carrier.u \
	tests/unit/schedule_context.u \
	tests/unit/schedule_futures.u \
	tests/unit/schedule_histogram.u \
	tests/unit/schedule_names.u \
	tests/unit/schedule_send.u \
	tests/unit/schedule_stock.u \
	tests/unit/schedule_survey.u \
	tests/unit/schedule_timers.u \
	tests/unit/wire_pack.u \
	tests/unit/wire_pack_damage.u \
	tests/unit/wire_parcel.u \
	tests/unit/wire_pieces.u \
	tests/unit/wire_ring.u \
	tests/unit/wire_self.u \
	tests/unit/wire_self_bulk.u \
	tests/unit/wire_tether.u

MPI_TESTS = \
	tests/mpi/at_once.mpi \
	tests/mpi/bulk.mpi \
	tests/mpi/bulk_given.mpi \
	tests/mpi/calls.mpi \
	tests/mpi/cancel.mpi \
	tests/mpi/core_dedicated.mpi \
	tests/mpi/core_ends.mpi16 \
	tests/mpi/core_failures.mpi \
	tests/mpi/core_futures.mpi \
	tests/mpi/core_names.mpi16 \
	tests/mpi/core_parked.mpi \
	tests/mpi/core_starts.mpi16 \
	tests/mpi/core_timers.mpi \
	tests/mpi/core_watching.mpi16 \
	tests/mpi/counts.mpi \
	tests/mpi/deaf.mpi \
	tests/mpi/endings.mpi \
	tests/mpi/failure.mpi \
	tests/mpi/flow.mpi16 \
	tests/mpi/flow_ends.mpi16 \
	tests/mpi/flow_smallest.mpi16 \
	tests/mpi/groups.mpi \
	tests/mpi/inheritance.mpi \
	tests/mpi/late.mpi \
	tests/mpi/leftovers.mpi \
	tests/mpi/limit.mpi \
	tests/mpi/listing.mpi \
	tests/mpi/map.mpi \
	tests/mpi/measured.mpi \
	tests/mpi/news.mpi \
	tests/mpi/outrun.mpi \
	tests/mpi/placement.mpi \
	tests/mpi/pool.mpi \
	tests/mpi/priority.mpi \
	tests/mpi/resources.mpi \
	tests/mpi/retry.mpi \
	tests/mpi/slots.mpi \
	tests/mpi/stealing.mpi \
	tests/mpi/stress.mpi16 \
	tests/mpi/tasks.mpi \
	tests/mpi/traffic.mpi16 \
	tests/mpi/urgent.mpi16 \
	tests/mpi/values.mpi \
	tests/mpi/waiting.mpi \
	tests/mpi/wire_ranks.mpi16

# In make check-long: programs that are in no other list, and scripts that do more there.
LONG_ONLY = tests/mpi/crowd.crowd
LONG_TESTS = \
	$(LONG_ONLY) \
	$(SLURM_TESTS) \
	tests/aarch64.sh \
	tests/debian.sh \
	tests/docs.sh \
	tests/first_contact.sh \
	tests/fuzz.sh \
	tests/gateway/page.sh \
	tests/hosts.sh \
	tests/mpi/bulk.mpi \
	tests/mpi/flow.mpi16 \
	tests/mpi/flow_smallest.mpi16 \
	tests/mpi/stress.mpi16 \
	tests/sanitizers.sh \
	tests/searches.sh

# In a Slurm of their own: of make check-long; a smoke test of it is in make check.
SLURM_TESTS = \
	tests/slurm/deaths.sh \
	tests/slurm/runs.sh \
	tests/slurm/scripts.sh

SCRIPT_TESTS = \
	tests/bench.sh \
	tests/core.sh \
	tests/cuda.sh \
	tests/declare.sh \
	tests/docs.sh \
	tests/ending.sh \
	tests/fuzz.sh \
	tests/gateway.sh \
	tests/gateway/command.sh \
	tests/gateway/ipv6.sh \
	tests/gateway/page.sh \
	tests/gateway/python.sh \
	tests/harness.sh \
	tests/hosts.sh \
	tests/install.sh \
	tests/messages.sh \
	tests/mistakes.sh \
	tests/mpis.sh \
	tests/news.sh \
	tests/pmpi.sh \
	tests/programs.sh \
	tests/python_folder.sh \
	tests/resources.sh \
	tests/searches.sh \
	tests/slurm/smoke.sh \
	tests/slurm/submits.sh \
	tests/style/doxygen.sh \
	tests/style/exports.sh \
	tests/style/format.sh \
	tests/style/layers.sh \
	tests/style/lists.sh \
	tests/style/man.sh \
	tests/style/scripts.sh \
	tests/style/sizes.sh \
	tests/trace.sh

TEST_SUPPORT = \
	tests/support/play.c \
	tests/support/play.h \
	tests/support/process.c \
	tests/support/process.h

# Of the door for other programs.
if GATEWAY
UNIT_TESTS += \
	tests/unit/gateway_clerks.u \
	tests/unit/gateway_decode.u \
	tests/unit/gateway_door.u \
	tests/unit/gateway_events.u \
	tests/unit/gateway_file.u \
	tests/unit/gateway_guard.u \
	tests/unit/gateway_keys.u \
	tests/unit/gateway_limits.u \
	tests/unit/gateway_report.u \
	tests/unit/gateway_values.u
endif

TESTS = $(SCRIPT_TESTS)
if HAVE_CMOCKA
TESTS          += $(UNIT_TESTS) $(MPI_TESTS)
check_PROGRAMS += $(UNIT_TESTS) $(MPI_TESTS)
EXTRA_PROGRAMS += $(LONG_ONLY)
else
check-local:
	@echo 'NOTE: only the style tests were run: cmocka 1.1.5 or later is missing'
	@echo 'NOTE: (Debian: libcmocka-dev; Fedora, SUSE: libcmocka-devel); then configure again'
endif

if HAVE_CMOCKA
check_LTLIBRARIES = tests/libsupport.la
if GATEWAY
check_LTLIBRARIES += tests/libdoor.la
endif
endif
tests_libsupport_la_SOURCES = $(TEST_SUPPORT)

# A door, and a client that can do wrong.
tests_libdoor_la_SOURCES = \
	tests/support/door.c \
	tests/support/door.h \
	tests/support/http.c \
	tests/support/http.h
DOOR_LDADD = tests/libdoor.la $(LDADD)
tests_unit_gateway_door_u_LDADD = $(DOOR_LDADD)
tests_unit_gateway_events_u_LDADD = $(DOOR_LDADD)
tests_unit_gateway_guard_u_LDADD = $(DOOR_LDADD)
tests_unit_gateway_limits_u_LDADD = $(DOOR_LDADD)

# What every test program is linked with.
LDADD = tests/libsupport.la $(TROUPE_LIBS) $(CMOCKA_LIBS)

# What tests/programs.sh runs.
check_PROGRAMS += tests/support/ends
tests_support_ends_SOURCES = tests/support/ends.c \
	tests/support/mode.c tests/support/mode.h
tests_support_ends_LDADD = $(TROUPE_LIBS)

# What tests/core.sh, tests/ending.sh and tests/news.sh run; starts and starts_otherwise differ in one method.
check_PROGRAMS += tests/core/crashes tests/core/pours tests/core/starts tests/core/starts_otherwise \
	tests/core/says tests/core/told
tests_core_crashes_SOURCES = tests/core/crashes.c \
	tests/support/mode.c tests/support/mode.h
tests_core_crashes_LDADD = $(TROUPE_LIBS)
tests_core_pours_SOURCES = tests/core/pours.c \
	tests/support/mode.c tests/support/mode.h
tests_core_pours_LDADD = $(TROUPE_LIBS)
tests_core_says_SOURCES = tests/core/says.c \
	tests/support/mode.c tests/support/mode.h
tests_core_says_LDADD = $(TROUPE_LIBS)
tests_core_starts_SOURCES = tests/core/starts.c \
	tests/support/mode.c tests/support/mode.h
tests_core_starts_LDADD = $(TROUPE_LIBS)
tests_core_starts_otherwise_SOURCES = tests/core/starts.c \
	tests/support/mode.c tests/support/mode.h
tests_core_starts_otherwise_CPPFLAGS = $(AM_CPPFLAGS) -DOTHER_BINARY
tests_core_starts_otherwise_LDADD = $(TROUPE_LIBS)
tests_core_told_SOURCES = tests/core/told.c \
	tests/support/mode.c tests/support/mode.h
tests_core_told_LDADD = $(TROUPE_LIBS)

# What tests/gateway/api.sh runs.
if GATEWAY
check_PROGRAMS += tests/gateway/job
TESTS          += tests/gateway/api.sh
LONG_TESTS     += tests/gateway/api.sh
endif
tests_gateway_job_SOURCES = tests/gateway/job.c
tests_gateway_job_LDADD = $(TROUPE_LIBS)

# What tests/fuzz.sh runs.
if GATEWAY
check_PROGRAMS += tests/fuzz/replay
endif
tests_fuzz_replay_SOURCES = tests/fuzz/gateway_decode.c tests/fuzz/replay.c
tests_fuzz_replay_LDADD = $(TROUPE_LIBS)

# What tests/gateway/command.sh and python.sh run.
if GATEWAY
check_PROGRAMS += tests/gateway/served
endif
tests_gateway_served_SOURCES = tests/gateway/served.c
tests_gateway_served_LDADD = $(TROUPE_LIBS)

# What tests/gateway.sh runs.
check_PROGRAMS += tests/gateway/ends
tests_gateway_ends_SOURCES = tests/gateway/ends.c \
	tests/support/mode.c tests/support/mode.h
tests_gateway_ends_LDADD = $(TROUPE_LIBS)

# The tests of the programs' own parts.
tests_unit_pi_sample_u_LDADD = apps/pi/libsample.la $(LDADD)

check-long: all
	TROUPE_TEST_LONG=1 TROUPE_TEST_TIMEOUT="$${TROUPE_TEST_TIMEOUT:-600}" \
	    $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(LONG_TESTS)'

# Programs of the user's are built against the installed tree.
installcheck-local:
	$(AM_TESTS_ENVIRONMENT) DESTDIR='$(DESTDIR)' docdir='$(docdir)' libdir='$(libdir)' \
	    mandir='$(mandir)' pythondir='$(pythondir)' PYTHON='$(PYTHON)' \
	    SANITIZE='$(TROUPE_SANITIZE)'; \
	    export DESTDIR docdir libdir mandir pythondir PYTHON SANITIZE; \
	    $(SHELL) $(top_srcdir)/tests/install/check.sh

# All tests of many ranks with other MPIs; MPIS='mpich' for some of them.
MPIS = mpich openmpi5 mpich5
check-mpis: all
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/tests/mpis.sh $(MPIS)

.PHONY: check-long check-mpis

EXTRA_DIST += \
	$(SCRIPT_TESTS) \
	$(SLURM_TESTS) \
	tests/aarch64.sh \
	tests/compile \
	tests/debian.sh \
	tests/declare \
	tests/gateway/mock.py \
	tests/gateway/page.py \
	tests/gateway/page_jobs.py \
	tests/gateway/seal.py \
	tests/environment.sh \
	tests/first_contact.sh \
	tests/fuzz/gateway_decode \
	tests/install/CMakeLists.txt \
	tests/gateway/api.py \
	tests/gateway/api.sh \
	tests/gateway/command.py \
	tests/gateway/door.py \
	tests/gateway/python.py \
	tests/gateway/running.py \
	tests/gateway/served.sh \
	tests/install/check.sh \
	tests/install/counter.c \
	tests/install/counter.h \
	tests/install/hello.c \
	tests/install/hello.cc \
	tests/lsan.supp \
	tests/mpirun.sh \
	tests/pmpi/wraps.c \
	tests/sanitizers.sh \
	tests/slurm/cluster.sh \
	tests/slurm/jobs.sh \
	tests/support/hosts_net.sh \
	tests/support/programs.sh \
	tests/tsan.supp \
	tests/valgrind.supp
