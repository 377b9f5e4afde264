# The programs. They stand on the library alone.
noinst_PROGRAMS += \
	apps/method_tracking/method_tracking \
	apps/pi/pi \
	apps/pi/stream

apps_method_tracking_method_tracking_LDADD = $(TROUPE_LIBS)
apps_method_tracking_method_tracking_SOURCES = \
	apps/method_tracking/actor_cls.c \
	apps/method_tracking/actor_cls.h \
	apps/method_tracking/actor_cls_one.c \
	apps/method_tracking/actor_cls_two.c \
	apps/method_tracking/method_tracking.c

apps_pi_pi_LDADD = apps/pi/libsample.la $(TROUPE_LIBS)
apps_pi_pi_SOURCES = \
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

# The statistics of the sampling, repeated by statistics.sh.
apps_pi_stream_LDADD = apps/pi/libsample.la
apps_pi_stream_SOURCES = \
	apps/pi/stream.c

EXTRA_DIST += \
	apps/pi/statistics.sh
