#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const object = "{\"bench\": \"%s\", \"transport\": \"%s\", \"ranks\": %d, "
                                  "\"ours\": %s, \"raw\": %s, \"unit\": \"%s\", "
                                  "\"ratio\": %s, \"min\": %s, \"max\": %s}\n";
static const char *const row = "%-17s %-9s %5d %9s %9s %-4s %8s %8s %8s";

void bench_report_heading(bool json)
{
    if (!json)
        printf("%-17s %-9s %5s %9s %9s %-4s %8s %8s %8s  %s\n", "bench", "transport", "ranks",
               "ours", "raw", "unit", "ratio", "min", "max", "bar");
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

static double bound_of(const struct bench_bar *bar, const char *transport, int ranks)
{
    if (ranks < bar->ranks)
        return 0;
    if (bar->on_p2p > 0 && !strcmp(transport, "p2p"))
        return bar->on_p2p;
    return bar->on_many > 0 && ranks >= 4 ? bar->on_many : bar->bound;
}

/* What the row should reach, and whether it does. */
static void report_bar(const struct bench_kernel *kernel, const struct bench_result *result,
                       const char *transport, int ranks)
{
    const struct bench_bar *bar = &kernel->bar;
    double bound = bound_of(bar, transport, ranks);
    double value = bar->of_ours ? result->ours : result->ratio;
    if (bound > 0 && isfinite(value))
        printf("  %s %g%s%s%s", kernel->unit->rate ? ">=" : "<=", bound, bar->of_ours ? " " : "",
               bar->of_ours ? kernel->unit->name : "",
               (kernel->unit->rate ? value >= bound : value <= bound) ? "" : ": missed");
    putchar('\n');
}

void bench_report(const struct bench_kernel *kernel, const struct bench_result *result,
                  const char *transport, int ranks, bool json)
{
    const char *none = json ? "null" : "-";
    char ours[32], raw[32], ratio[32], min[32], max[32];
    printf(json ? object : row, kernel->name, transport, ranks, number(result->ours, none, ours),
           number(result->raw, none, raw), kernel->unit->name, number(result->ratio, none, ratio),
           number(result->min, none, min), number(result->max, none, max));
    if (!json)
        report_bar(kernel, result, transport, ranks);
    fflush(stdout);
}
