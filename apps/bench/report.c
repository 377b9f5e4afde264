#include "report.h"

#include <math.h>
#include <stdio.h>

void bench_report_heading(bool json)
{
    if (!json)
        printf("%-20s %9s %5s %10s %10s %-4s %9s %9s %9s\n", "bench", "transport", "ranks", "ours",
               "raw", "unit", "ratio", "min", "max");
}

/* A number, or `none` for NAN. */
static const char *number(double value, const char *none, char text[32])
{
    if (isfinite(value))
        snprintf(text, 32, "%.4g", value);
    else
        snprintf(text, 32, "%s", none);
    return text;
}

void bench_report(const struct bench_kernel *kernel, const struct bench_result *result,
                  const char *transport, int ranks, bool json)
{
    const char *none = json ? "null" : "-";
    char ours[32], raw[32], ratio[32], min[32], max[32];
    printf(json ? "{\"bench\": \"%s\", \"transport\": \"%s\", \"ranks\": %d, \"ours\": %s, "
                  "\"raw\": %s, \"unit\": \"%s\", \"ratio\": %s, \"min\": %s, \"max\": %s}\n"
                : "%-20s %9s %5d %10s %10s %-4s %9s %9s %9s\n",
           kernel->name, transport, ranks, number(result->ours, none, ours),
           number(result->raw, none, raw), kernel->unit->name, number(result->ratio, none, ratio),
           number(result->min, none, min), number(result->max, none, max));
    fflush(stdout);
}
