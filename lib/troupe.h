/*
 * troupe: actors on MPI. The one header to include.
 *
 *   declare.h   classes, methods, tasks and types, one line each; calls by name; await and get
 *   future.h    what a call that is still under way gives
 *   life.h      the end of actors, and how it is told; names
 *   log.h       lines for the person who runs the program
 *   method.h    what methods, tasks and the driver may do: fail, allocate, sleep, choose places
 *   run.h       the program as a whole
 *   status.h    how a call can end
 *   types.h     handles, options and the descriptions that the library reads
 *   stub.h      where the generated functions land
 */
#ifndef TROUPE_H
#define TROUPE_H

#include "troupe/declare.h"
#include "troupe/future.h"
#include "troupe/life.h"
#include "troupe/log.h"
#include "troupe/method.h"
#include "troupe/run.h"
#include "troupe/status.h"
#include "troupe/types.h"

#endif
