/* What was measured, as a table or one JSON object a line. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "kernels.h"
#include "measure.h"

void bench_report_heading(bool json);
void bench_report(const struct bench_kernel *kernel, const struct bench_result *result,
                  const char *transport, int ranks, bool json);

#endif
