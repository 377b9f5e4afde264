# The library. A new source file is one more line here.
lib_LTLIBRARIES = lib/libtroupe.la
pkgconfigdir    = $(libdir)/pkgconfig
pkgconfig_DATA  = lib/troupe.pc
cmakedir        = $(libdir)/cmake/troupe
cmake_DATA      = lib/troupeConfig.cmake lib/troupeConfigVersion.cmake

include_HEADERS = lib/troupe.h

troupeincludedir = $(includedir)/troupe
troupeinclude_HEADERS = \
	lib/troupe/buffer.h \
	lib/troupe/declare.h \
	lib/troupe/future.h \
	lib/troupe/group.h \
	lib/troupe/life.h \
	lib/troupe/lists.h \
	lib/troupe/log.h \
	lib/troupe/map.h \
	lib/troupe/method.h \
	lib/troupe/pool.h \
	lib/troupe/progress.h \
	lib/troupe/resources.h \
	lib/troupe/run.h \
	lib/troupe/status.h \
	lib/troupe/stub.h \
	lib/troupe/types.h

lib_libtroupe_la_SOURCES = \
	lib/actor/actor.c \
	lib/actor/actor.h \
	lib/actor/classes.c \
	lib/actor/classes.h \
	lib/actor/ties.c \
	lib/actor/ties.h \
	lib/base/arena.c \
	lib/base/arena.h \
	lib/base/buffer.c \
	lib/base/buffer.h \
	lib/base/clock.h \
	lib/base/crash.c \
	lib/base/crash.h \
	lib/base/farewell.c \
	lib/base/farewell.h \
	lib/base/futex.c \
	lib/base/futex.h \
	lib/base/hash.h \
	lib/base/large.c \
	lib/base/large.h \
	lib/base/log.c \
	lib/base/log.h \
	lib/base/notice.c \
	lib/base/notice.h \
	lib/base/oom.c \
	lib/base/oom.h \
	lib/base/sanitized.h \
	lib/base/slab.c \
	lib/base/slab.h \
	lib/base/stack.c \
	lib/base/stack.h \
	lib/base/status.c \
	lib/base/switch.h \
	lib/base/text.h \
	lib/base/switch_aarch64.S \
	lib/base/switch_ucontext.c \
	lib/base/switch_x86_64.S \
	lib/call/await.c \
	lib/call/buffer.c \
	lib/call/caller.c \
	lib/call/caller.h \
	lib/call/driver.h \
	lib/call/groups.c \
	lib/call/life.c \
	lib/call/log.c \
	lib/call/map.c \
	lib/call/method.c \
	lib/call/names.c \
	lib/call/names.h \
	lib/call/place.c \
	lib/call/place.h \
	lib/call/pool.c \
	lib/call/progress.c \
	lib/call/resources.c \
	lib/call/resources.h \
	lib/call/run.c \
	lib/call/run.h \
	lib/call/stub.c \
	lib/call/tasks.c \
	lib/gateway/gateway.h \
	lib/gateway/run.c \
	lib/schedule/alarms.c \
	lib/schedule/alarms.h \
	lib/schedule/bars.c \
	lib/schedule/bars.h \
	lib/schedule/bulk.c \
	lib/schedule/bulk.h \
	lib/schedule/carrier.c \
	lib/schedule/carrier.h \
	lib/schedule/claims.c \
	lib/schedule/claims.h \
	lib/schedule/context.c \
	lib/schedule/context.h \
	lib/schedule/counts.c \
	lib/schedule/counts.h \
	lib/schedule/cpus.c \
	lib/schedule/cpus.h \
	lib/schedule/credit.c \
	lib/schedule/credit.h \
	lib/schedule/deadlines.c \
	lib/schedule/deadlines.h \
	lib/schedule/deliver.c \
	lib/schedule/deliver.h \
	lib/schedule/door.c \
	lib/schedule/end_workers.c \
	lib/schedule/ending.c \
	lib/schedule/ending.h \
	lib/schedule/execute.c \
	lib/schedule/execute.h \
	lib/schedule/failures.c \
	lib/schedule/failures.h \
	lib/schedule/figures.c \
	lib/schedule/figures.h \
	lib/schedule/futures.c \
	lib/schedule/futures.h \
	lib/schedule/group_keeper.c \
	lib/schedule/groups.c \
	lib/schedule/groups.h \
	lib/schedule/guests.c \
	lib/schedule/guests.h \
	lib/schedule/histogram.c \
	lib/schedule/life.c \
	lib/schedule/life.h \
	lib/schedule/limit.c \
	lib/schedule/limit.h \
	lib/schedule/lines.c \
	lib/schedule/lines.h \
	lib/schedule/loop.c \
	lib/schedule/loop.h \
	lib/schedule/mail.c \
	lib/schedule/mail.h \
	lib/schedule/many.c \
	lib/schedule/many.h \
	lib/schedule/measured.c \
	lib/schedule/measured.h \
	lib/schedule/memory.c \
	lib/schedule/memory.h \
	lib/schedule/names.c \
	lib/schedule/names.h \
	lib/schedule/news.c \
	lib/schedule/news.h \
	lib/schedule/own_worker.c \
	lib/schedule/quiet.c \
	lib/schedule/quiet.h \
	lib/schedule/rank.c \
	lib/schedule/rank.h \
	lib/schedule/request.c \
	lib/schedule/resources.c \
	lib/schedule/resources.h \
	lib/schedule/role.c \
	lib/schedule/role.h \
	lib/schedule/send.c \
	lib/schedule/send.h \
	lib/schedule/ship.c \
	lib/schedule/slots.c \
	lib/schedule/steal.c \
	lib/schedule/steal.h \
	lib/schedule/stock.c \
	lib/schedule/stock.h \
	lib/schedule/survey.c \
	lib/schedule/survey.h \
	lib/schedule/tasks.c \
	lib/schedule/tasks.h \
	lib/schedule/timers.c \
	lib/schedule/timers.h \
	lib/schedule/trace.c \
	lib/schedule/trace.h \
	lib/schedule/wait.c \
	lib/schedule/wait.h \
	lib/schedule/who.c \
	lib/schedule/who.h \
	lib/schedule/worker.h \
	lib/schedule/workers.c \
	lib/schedule/workers.h \
	lib/wire/bulks.c \
	lib/wire/bulks.h \
	lib/wire/doorbell.c \
	lib/wire/doorbell.h \
	lib/wire/messages.c \
	lib/wire/messages.h \
	lib/wire/mpi_wire.c \
	lib/wire/mpi_wire.h \
	lib/wire/p2p.c \
	lib/wire/pack.c \
	lib/wire/pack.h \
	lib/wire/parcel.c \
	lib/wire/parcel.h \
	lib/wire/pieces.c \
	lib/wire/pieces.h \
	lib/wire/record.h \
	lib/wire/ring.c \
	lib/wire/ring.h \
	lib/wire/rings.c \
	lib/wire/rings.h \
	lib/wire/rma.c \
	lib/wire/self.c \
	lib/wire/tags.h \
	lib/wire/tether.c \
	lib/wire/tether.h \
	lib/wire/together.h \
	lib/wire/watch.c \
	lib/wire/watch.h \
	lib/wire/wire.h

# The door for other programs, which can be left out.
GATEWAY_SOURCES = \
	lib/gateway/admit.c \
	lib/gateway/base64.c \
	lib/gateway/base64.h \
	lib/gateway/clerk.c \
	lib/gateway/clerk.h \
	lib/gateway/decode.c \
	lib/gateway/decode.h \
	lib/gateway/do.c \
	lib/gateway/door.c \
	lib/gateway/door.h \
	lib/gateway/events.c \
	lib/gateway/events.h \
	lib/gateway/exchange.c \
	lib/gateway/exchange.h \
	lib/gateway/file.c \
	lib/gateway/file.h \
	lib/gateway/find.c \
	lib/gateway/find.h \
	lib/gateway/gateway.c \
	lib/gateway/html.c \
	lib/gateway/json_text.c \
	lib/gateway/json_text.h \
	lib/gateway/kept.c \
	lib/gateway/kept.h \
	lib/gateway/keys.c \
	lib/gateway/keys.h \
	lib/gateway/links.h \
	lib/gateway/list.h \
	lib/gateway/list_actors.c \
	lib/gateway/list_classes.c \
	lib/gateway/list_news.c \
	lib/gateway/list_ranks.c \
	lib/gateway/listen.c \
	lib/gateway/listen.h \
	lib/gateway/look.h \
	lib/gateway/look_actors.c \
	lib/gateway/look_counts.c \
	lib/gateway/look_rank.c \
	lib/gateway/metrics.c \
	lib/gateway/metrics.h \
	lib/gateway/monitor.c \
	lib/gateway/monitor.h \
	lib/gateway/now.c \
	lib/gateway/now.h \
	lib/gateway/openapi.c \
	lib/gateway/own.c \
	lib/gateway/page.c \
	lib/gateway/peers.c \
	lib/gateway/peers.h \
	lib/gateway/reply.c \
	lib/gateway/report.c \
	lib/gateway/report.h \
	lib/gateway/request.h \
	lib/gateway/routes.c \
	lib/gateway/routes.h \
	lib/gateway/tally.c \
	lib/gateway/tally.h \
	lib/gateway/values.h \
	lib/gateway/values_read.c \
	lib/gateway/values_write.c \
	lib/gateway/visit.c \
	lib/gateway/visit.h \
	lib/gateway/watch.c \
	lib/gateway/watch.h
if GATEWAY
lib_libtroupe_la_SOURCES += $(GATEWAY_SOURCES)
endif

# page.c takes the page in as it is assembled, which no compiler tells of.
lib/gateway/page.lo: lib/gateway/page.html

lib_libtroupe_la_LIBADD  = $(GATEWAY_LIBS) $(HWLOC_LIBS) $(MPI_LIBS)
lib_libtroupe_la_LDFLAGS = -version-info $(TROUPE_LT_VERSION) \
	-Wl,--version-script=$(top_srcdir)/lib/troupe.map
EXTRA_lib_libtroupe_la_DEPENDENCIES = lib/troupe.map

EXTRA_DIST += \
	lib/gateway/page.html \
	lib/troupe.map
