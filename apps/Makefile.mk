# The programs. They stand on the library alone.
bin_PROGRAMS += apps/info/troupe-info

apps_info_troupe_info_LDADD = $(TROUPE_LIBS)
apps_info_troupe_info_SOURCES = \
	apps/info/info.c

noinst_PROGRAMS += \
	apps/actor_tree/actor_tree \
	apps/bench/bench \
	apps/bench/empty \
	apps/bench/idle \
	apps/bench/memory \
	apps/bench/raw_empty \
	apps/bench/raw_pi \
	apps/method_tracking/method_tracking \
	apps/nqueens/nqueens \
	apps/pi/pi \
	apps/pi/stream

apps_actor_tree_actor_tree_LDADD = $(TROUPE_LIBS)
apps_actor_tree_actor_tree_CPPFLAGS = -I$(top_srcdir)/apps/common $(AM_CPPFLAGS)
apps_actor_tree_actor_tree_SOURCES = \
	apps/actor_tree/actor_tree.c \
	apps/actor_tree/node.c \
	apps/actor_tree/node.h \
	apps/common/report_option.c \
	apps/common/report_option.h

apps_method_tracking_method_tracking_LDADD = $(TROUPE_LIBS)
apps_method_tracking_method_tracking_CPPFLAGS = -I$(top_srcdir)/apps/common $(AM_CPPFLAGS)
apps_method_tracking_method_tracking_SOURCES = \
	apps/common/report_option.c \
	apps/common/report_option.h \
	apps/method_tracking/actor_cls.c \
	apps/method_tracking/actor_cls.h \
	apps/method_tracking/actor_cls_one.c \
	apps/method_tracking/actor_cls_two.c \
	apps/method_tracking/method_tracking.c

apps_pi_pi_LDADD = apps/pi/libsample.la $(TROUPE_LIBS)
apps_pi_pi_CPPFLAGS = -I$(top_srcdir)/apps/common $(AM_CPPFLAGS)
apps_pi_pi_SOURCES = \
	apps/common/report_option.c \
	apps/common/report_option.h \
	apps/pi/options.c \
	apps/pi/options.h \
	apps/pi/pi.c \
	apps/pi/progress.c \
	apps/pi/progress.h \
	apps/pi/sample_circle.c \
	apps/pi/sample_circle.h

# The sampling of pi, which its tests and benchmarks share.
noinst_LTLIBRARIES = apps/pi/libsample.la
apps_pi_libsample_la_SOURCES = \
	apps/pi/sample.c \
	apps/pi/sample.h \
	apps/pi/sample_check.c \
	apps/pi/sample_check.h \
	apps/pi/sample_dispatch.c \
	apps/pi/sample_lanes.h \
	apps/pi/sample_neon.c \
	apps/pi/sample_x86.c

# The same samples by a GPU.
apps_pi_pi_SOURCES += \
	apps/pi/sample_gpu.h
EXTRA_DIST += \
	apps/pi/sample_gpu.cu
if CUDA
apps_pi_pi_LDADD += apps/pi/sample_gpu.o $(CUDA_LIBS)
else
apps_pi_pi_SOURCES += \
	apps/pi/sample_gpu_none.c
endif
apps/pi/sample_gpu.o: apps/pi/sample_gpu.cu apps/pi/sample_gpu.h apps/pi/sample_lanes.h
	$(AM_V_GEN)$(NVCC) $(NVCCFLAGS) -O3 -I$(top_srcdir)/apps/pi -c -o $@ $<
CLEANFILES += apps/pi/sample_gpu.o

# The statistics of the sampling, repeated by statistics.sh.
apps_pi_stream_LDADD = apps/pi/libsample.la
apps_pi_stream_SOURCES = \
	apps/pi/stream.c

EXTRA_DIST += \
	apps/pi/statistics.sh

# What programs share.
noinst_LTLIBRARIES += apps/common/libcommon.la
apps_common_libcommon_la_SOURCES = \
	apps/common/efficiency.c \
	apps/common/efficiency.h \
	apps/common/options.c \
	apps/common/options.h \
	apps/common/report_option.c \
	apps/common/report_option.h

apps_nqueens_nqueens_CPPFLAGS = -I$(top_srcdir)/apps/common $(AM_CPPFLAGS)
apps_nqueens_nqueens_LDADD = apps/common/libcommon.la $(TROUPE_LIBS)
apps_nqueens_nqueens_SOURCES = \
	apps/nqueens/board.c \
	apps/nqueens/board.h \
	apps/nqueens/nqueens.c \
	apps/nqueens/solutions.c \
	apps/nqueens/solutions.h \
	apps/nqueens/solve.c \
	apps/nqueens/solve.h

# The one program that needs SHA-1.
if HAVE_LIBCRYPTO
noinst_PROGRAMS += apps/uts/uts
endif
apps_uts_uts_CPPFLAGS = -I$(top_srcdir)/apps/common $(AM_CPPFLAGS)
apps_uts_uts_CFLAGS = $(AM_CFLAGS) $(LIBCRYPTO_CFLAGS)
apps_uts_uts_LDADD = apps/common/libcommon.la $(TROUPE_LIBS) $(LIBCRYPTO_LIBS)
apps_uts_uts_SOURCES = \
	apps/uts/search.c \
	apps/uts/search.h \
	apps/uts/tree.c \
	apps/uts/tree.h \
	apps/uts/uts.c

# The measurements: bench, and whole programs that programs.sh runs in pairs.
apps_bench_bench_LDADD = apps/bench/libtutorial.la apps/pi/libsample.la $(TROUPE_LIBS)
apps_bench_bench_SOURCES = \
	apps/bench/arguments.c \
	apps/bench/arguments.h \
	apps/bench/bench.c \
	apps/bench/bytes.c \
	apps/bench/bytes.h \
	apps/bench/clock.h \
	apps/bench/kernels.c \
	apps/bench/kernels.h \
	apps/bench/measure.c \
	apps/bench/measure.h \
	apps/bench/ours.h \
	apps/bench/ours_ask.c \
	apps/bench/ours_bulk.c \
	apps/bench/ours_create.c \
	apps/bench/ours_deaf.c \
	apps/bench/ours_gather.c \
	apps/bench/ours_gather_ask.c \
	apps/bench/ours_histogram.c \
	apps/bench/ours_local.c \
	apps/bench/ours_memory.c \
	apps/bench/ours_pi.c \
	apps/bench/ours_ring.c \
	apps/bench/ours_task.c \
	apps/bench/ours_tell.c \
	apps/bench/raw.h \
	apps/bench/raw_ask.c \
	apps/bench/raw_bulk.c \
	apps/bench/raw_create.c \
	apps/bench/raw_exchange.c \
	apps/bench/raw_exchange.h \
	apps/bench/raw_floor.c \
	apps/bench/raw_futex.h \
	apps/bench/raw_gather.c \
	apps/bench/raw_histogram.c \
	apps/bench/raw_latency.c \
	apps/bench/raw_local.c \
	apps/bench/raw_pack.c \
	apps/bench/raw_pack.h \
	apps/bench/raw_pair.c \
	apps/bench/raw_pair.h \
	apps/bench/raw_peer.c \
	apps/bench/raw_peer.h \
	apps/bench/raw_pi_tutorial.c \
	apps/bench/raw_task.c \
	apps/bench/raw_tell.c \
	apps/bench/raw_wake.c \
	apps/bench/raw_world.c \
	apps/bench/raw_world.h \
	apps/bench/report.c \
	apps/bench/report.h \
	apps/bench/resident.h \
	apps/bench/setting.h \
	apps/bench/target.c \
	apps/bench/target.h

# The yardstick of the sampling gets what the compiler can do for this very machine.
noinst_LTLIBRARIES += apps/bench/libtutorial.la
apps_bench_libtutorial_la_CFLAGS = $(AM_CFLAGS) -O2 -march=native
apps_bench_libtutorial_la_SOURCES = \
	apps/bench/raw_pi_erand48.c \
	apps/bench/raw_pi_erand48.h

apps_bench_empty_LDADD = $(TROUPE_LIBS)
apps_bench_empty_SOURCES = \
	apps/bench/empty.c

apps_bench_idle_LDADD = $(TROUPE_LIBS)
apps_bench_idle_SOURCES = \
	apps/bench/clock.h \
	apps/bench/idle.c \
	apps/bench/meter.c \
	apps/bench/meter.h \
	apps/bench/pss.h

apps_bench_memory_LDADD = $(TROUPE_LIBS)
apps_bench_memory_CPPFLAGS = -I$(top_srcdir)/apps/method_tracking $(AM_CPPFLAGS)
apps_bench_memory_SOURCES = \
	apps/bench/memory.c \
	apps/bench/meter.c \
	apps/bench/meter.h \
	apps/bench/pss.h \
	apps/method_tracking/actor_cls.c \
	apps/method_tracking/actor_cls.h \
	apps/method_tracking/actor_cls_one.c \
	apps/method_tracking/actor_cls_two.c

apps_bench_raw_empty_LDADD = $(MPI_LIBS)
apps_bench_raw_empty_SOURCES = \
	apps/bench/pss.h \
	apps/bench/raw_empty.c

apps_bench_raw_pi_LDADD = apps/pi/libsample.la $(MPI_LIBS)
apps_bench_raw_pi_SOURCES = \
	apps/bench/raw_pi.c

EXTRA_DIST += \
	apps/bench/programs.sh

# Short programs that show the rest of the functions.
noinst_PROGRAMS += \
	apps/examples/buffers \
	apps/examples/ending \
	apps/examples/futures \
	apps/examples/groups \
	apps/examples/maps \
	apps/examples/mpi \
	apps/examples/pools \
	apps/examples/timers \
	apps/examples/urgent
apps_examples_buffers_LDADD = $(TROUPE_LIBS)
apps_examples_buffers_SOURCES = apps/examples/buffers.c
apps_examples_ending_LDADD = $(TROUPE_LIBS)
apps_examples_ending_SOURCES = apps/examples/ending.c
apps_examples_futures_LDADD = $(TROUPE_LIBS)
apps_examples_futures_SOURCES = apps/examples/futures.c
apps_examples_groups_LDADD = $(TROUPE_LIBS)
apps_examples_groups_SOURCES = apps/examples/groups.c
apps_examples_maps_LDADD = $(TROUPE_LIBS)
apps_examples_maps_SOURCES = apps/examples/maps.c
apps_examples_mpi_LDADD = $(TROUPE_LIBS) $(MPI_LIBS)
apps_examples_mpi_SOURCES = apps/examples/mpi.c
apps_examples_pools_LDADD = $(TROUPE_LIBS)
apps_examples_pools_SOURCES = apps/examples/pools.c
apps_examples_timers_LDADD = $(TROUPE_LIBS)
apps_examples_timers_SOURCES = apps/examples/timers.c
apps_examples_urgent_LDADD = $(TROUPE_LIBS)
apps_examples_urgent_SOURCES = apps/examples/urgent.c

# The steps of docs/tutorial.md.
noinst_PROGRAMS += \
	apps/tutorial/step01_driver \
	apps/tutorial/step02_class \
	apps/tutorial/step03_arguments \
	apps/tutorial/step04_inheritance \
	apps/tutorial/step05_tracking \
	apps/tutorial/step06_failure \
	apps/tutorial/step07_tasks \
	apps/tutorial/step08_openmp \
	apps/tutorial/step09_progress \
	apps/tutorial/step10_names \
	apps/tutorial/step11_places \
	apps/tutorial/step12_tree \
	apps/tutorial/step13_ending
apps_tutorial_step01_driver_LDADD = $(TROUPE_LIBS)
apps_tutorial_step01_driver_SOURCES = apps/tutorial/step01_driver.c
apps_tutorial_step02_class_LDADD = $(TROUPE_LIBS)
apps_tutorial_step02_class_SOURCES = apps/tutorial/step02_class.c
apps_tutorial_step03_arguments_LDADD = $(TROUPE_LIBS)
apps_tutorial_step03_arguments_SOURCES = apps/tutorial/step03_arguments.c
apps_tutorial_step04_inheritance_LDADD = $(TROUPE_LIBS)
apps_tutorial_step04_inheritance_SOURCES = apps/tutorial/step04_inheritance.c
apps_tutorial_step05_tracking_LDADD = $(TROUPE_LIBS)
apps_tutorial_step05_tracking_SOURCES = apps/tutorial/step05_tracking.c
apps_tutorial_step06_failure_LDADD = $(TROUPE_LIBS)
apps_tutorial_step06_failure_SOURCES = apps/tutorial/step06_failure.c
apps_tutorial_step07_tasks_LDADD = $(TROUPE_LIBS)
apps_tutorial_step07_tasks_SOURCES = apps/tutorial/step07_tasks.c
apps_tutorial_step08_openmp_LDADD = $(TROUPE_LIBS)
apps_tutorial_step08_openmp_SOURCES = apps/tutorial/step08_openmp.c
apps_tutorial_step09_progress_LDADD = $(TROUPE_LIBS)
apps_tutorial_step09_progress_SOURCES = apps/tutorial/step09_progress.c
apps_tutorial_step10_names_LDADD = $(TROUPE_LIBS)
apps_tutorial_step10_names_SOURCES = apps/tutorial/step10_names.c
apps_tutorial_step11_places_LDADD = $(TROUPE_LIBS)
apps_tutorial_step11_places_SOURCES = apps/tutorial/step11_places.c
apps_tutorial_step12_tree_LDADD = $(TROUPE_LIBS)
apps_tutorial_step12_tree_SOURCES = apps/tutorial/step12_tree.c
apps_tutorial_step13_ending_LDADD = $(TROUPE_LIBS)
apps_tutorial_step13_ending_SOURCES = apps/tutorial/step13_ending.c

# The command, which is a client like others and does not stand on the library.
if HAVE_COMMAND
bin_PROGRAMS += apps/troupe/troupe
endif
apps_troupe_troupe_CFLAGS = $(TROUPE_CFLAGS) $(COMMAND_CFLAGS)
apps_troupe_troupe_LDADD = $(COMMAND_LIBS)
apps_troupe_troupe_SOURCES = \
	apps/troupe/actors.c \
	apps/troupe/argument.c \
	apps/troupe/argument.h \
	apps/troupe/command.h \
	apps/troupe/door.c \
	apps/troupe/door.h \
	apps/troupe/job.c \
	apps/troupe/job.h \
	apps/troupe/lists.c \
	apps/troupe/text.c \
	apps/troupe/text.h \
	apps/troupe/troupe.c \
	apps/troupe/watch.c \
	apps/troupe/ways.c

if HAVE_COMMAND
dist_man1_MANS = docs/man/troupe.1
bashcompdir = $(datadir)/bash-completion/completions
bashcomp_DATA = completions/troupe
endif
completions/troupe: apps/troupe/completion.bash
	$(AM_V_GEN)$(MKDIR_P) completions && cp $(srcdir)/apps/troupe/completion.bash $@
CLEANFILES += completions/troupe
EXTRA_DIST += apps/troupe/completion.bash

# The module for Python programs, installed where there is a Python to say where.
PYTHON_MODULE = \
	apps/python/troupe/__init__.py \
	apps/python/troupe/_blocking.py \
	apps/python/troupe/_calls.py \
	apps/python/troupe/_errors.py \
	apps/python/troupe/_events.py \
	apps/python/troupe/_jobs.py \
	apps/python/troupe/_session.py \
	apps/python/troupe/_values.py \
	apps/python/troupe/_where.py \
	apps/python/troupe/aio.py
if HAVE_PYTHON
pkgpython_PYTHON = $(PYTHON_MODULE)
pkgpython_DATA = apps/python/troupe/py.typed
endif
EXTRA_DIST += $(PYTHON_MODULE) \
	apps/python/examples/count_calls.py \
	apps/python/examples/watch_pi.py \
	apps/python/troupe/py.typed
