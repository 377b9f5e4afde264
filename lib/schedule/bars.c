#include "schedule/bars.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define WIDTH 30
#define MOST 8 /* the latest jobs */
#define PAUSE 0.1

static struct {
    bool wanted;
    size_t lines; /* that stand there now */
    double drawn;
} bars;

void trp_bars_open(bool wanted)
{
    bars.wanted = wanted && isatty(STDERR_FILENO);
    bars.lines = 0;
    bars.drawn = 0;
}

static void put(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

void trp_bars_erase(void)
{
    char text[32];
    if (!bars.lines)
        return;
    snprintf(text, sizeof text, "\x1b[%zuA\r\x1b[J", bars.lines);
    put(text);
    bars.lines = 0;
}

static void draw_one(const struct trp_job_of_work *job)
{
    static const char full[] = "##############################";
    static const char none[] = "..............................";
    char line[256];
    double share = job->total > 0 ? job->done / job->total : 0;
    int width = share > 0 ? (int)(WIDTH * (share < 1 ? share : 1)) : 0;
    int at = snprintf(line, sizeof line, "%-20.40s [%.*s%.*s] %3.0f%%", job->name, width, full,
                      WIDTH - width, none, 100 * share);
    if (job->rate > 0 && job->done < job->total)
        snprintf(line + at, sizeof line - (size_t)at, "  %.3g/s, %.0f s left\n", job->rate,
                 (job->total - job->done) / job->rate);
    else
        snprintf(line + at, sizeof line - (size_t)at, "  %.1f s\n", job->seconds);
    put(line);
}

void trp_bars_draw(const struct trp_job_of_work *jobs, size_t count, bool now)
{
    double time = trp_now();
    if (!bars.wanted || (!now && time - bars.drawn < PAUSE))
        return;
    bars.drawn = time;
    trp_bars_erase();
    for (size_t i = count > MOST ? count - MOST : 0; i < count; i++, bars.lines++)
        draw_one(&jobs[i]);
}
