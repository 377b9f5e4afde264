/*
 * Text for Prometheus: names, labels with what must be escaped in them, and numbers.
 */
#ifndef TRP_METRICS_H
#define TRP_METRICS_H

#include <stdio.h>

/* A family: its help and type ("counter", "gauge", "summary"), before its samples. */
void trp_metric_family(FILE *out, const char *name, const char *type, const char *help);

/* A sample with up to `labels` pairs of label and value behind it, as in: out, "name", 1.0, 2,
   "class", "progress", "rank", "0". */
void trp_metric(FILE *out, const char *name, double value, int labels, ...);

#endif
