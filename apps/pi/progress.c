#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct progress_state {
    uint64_t total, done;
    uint64_t *done_by_task; /* by task id */
    uint32_t tasks;
};

static void on_init(struct progress_state *self, uint64_t total_samples)
{
    self->total = total_samples;
}

static void make_room(struct progress_state *self, uint32_t tasks)
{
    uint64_t *grown = realloc(self->done_by_task, tasks * sizeof *grown);
    if (!grown)
        troupe_fail(TROUPE_NO_MEMORY, "no memory to follow %u tasks", tasks);
    memset(grown + self->tasks, 0, (tasks - self->tasks) * sizeof *grown);
    self->done_by_task = grown;
    self->tasks = tasks;
}

static void on_report(struct progress_state *self, uint32_t task_id, uint64_t samples_done)
{
    if (task_id >= self->tasks)
        make_room(self, task_id + 1);
    self->done += samples_done - self->done_by_task[task_id];
    self->done_by_task[task_id] = samples_done;
}

static double on_ratio(struct progress_state *self)
{
    return (double)self->done / (double)self->total;
}

static void on_destroy(struct progress_state *self)
{
    free(self->done_by_task);
}

TROUPE_IMPLEMENT(progress, (init, on_init), (report, on_report), (ratio, on_ratio),
                 (destroy, on_destroy));
