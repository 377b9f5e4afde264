/** @file
 * troupe: actors on MPI. The one header to include.
 *
 *   declare.h   classes, methods, tasks and types, one line each; calls by name; await and get
 *   buffer.h    arrays that a call hands over instead of copying them
 *   future.h    what a call that is still under way gives
 *   life.h      the end of actors, and how it is told; names
 *   log.h       lines for the person who runs the program
 *   map.h       a task for each index of a range
 *   method.h    what methods, tasks and the driver may do: fail, allocate, sleep, choose places
 *   pool.h      some actors of a class that share the calls
 *   progress.h  how far work is
 *   resources.h what ranks have, and what the caller was given of it
 *   run.h       the program as a whole
 *   status.h    how a call can end
 *   types.h     handles, options and the descriptions that the library reads
 *   stub.h      where the generated functions land
 *
 * Words of these pages. Times are in seconds, by a clock that never goes back, sizes in bytes.
 * A *caller* is the driver, a method or a task, on the thread that runs it. A light method is one
 * of an actor without CPUs of its own. What *fails the caller* is as if it had called troupe_fail.
 * What *ends the job* says why on stderr and aborts, with every rank (transport p2p) or with the
 * process (self).
 *
 * Threads. *Callers* includes, in an OpenMP parallel region, the thread that began it. *Waiting
 * callers* are these but neither in a region of more than one thread nor in a destructor. *Any*
 * thread adds the other threads of a team and of the program; under transport self with several
 * ranks these count as rank 0's, and what would fail a caller ends the job there. Functions given
 * to troupe_defer, and reprs, must neither wait nor fail. While no troupe_run is under way all but
 * troupe_log, troupe_progress, troupe_status_text, troupe_same, troupe_on and troupe_beside end the
 * process.
 *
 * Limits. 28,000 light methods of a rank may wait at once, each on a stack of its own; calls that
 * come then begin when others have ended, or, up to 31,000, when nothing else goes on there. With
 * transport self all ranks share the stacks of one process: 32,000 or so together.
 */
#ifndef TROUPE_H
#define TROUPE_H

#include "troupe/buffer.h"
#include "troupe/declare.h"
#include "troupe/future.h"
#include "troupe/group.h"
#include "troupe/life.h"
#include "troupe/log.h"
#include "troupe/map.h"
#include "troupe/method.h"
#include "troupe/pool.h"
#include "troupe/progress.h"
#include "troupe/resources.h"
#include "troupe/run.h"
#include "troupe/status.h"
#include "troupe/types.h"

#endif
