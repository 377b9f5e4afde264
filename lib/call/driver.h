/*
 * The driver's way out when it fails.
 */
#ifndef TRP_DRIVER_H
#define TRP_DRIVER_H

#include "schedule/context.h"

/* Leaves the driver for troupe_run; rank->status is the job's. */
__attribute__((noreturn)) void trp_driver_leave(struct trp_context *driver);

/* Says why and leaves the driver for troupe_run. */
__attribute__((noreturn)) void trp_driver_failed(struct trp_context *driver, const char *story);

#endif
