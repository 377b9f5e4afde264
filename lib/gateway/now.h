/*
 * All that can be read of a job, at one moment: for the report.
 */
#ifndef TRP_NOW_H
#define TRP_NOW_H

/* Writes the report to a file, after asking all ranks: in a context that may wait. */
void trp_report_now(const char *path);

#endif
