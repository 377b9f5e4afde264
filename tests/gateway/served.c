/*
 * A job for the tests of the gateway's clients: the classes and the task that door.py plays, too.
 * It goes on until somebody ends it, at most for two minutes.
 */
#include <stdint.h>
#include <string.h>

#include "troupe.h"

#define SECONDS 120

typedef struct blob {
    unsigned char bytes[4];
} blob;
TROUPE_BYTES(blob);
TROUPE_STRUCT(point, (double, x), (int32_t, from));
TROUPE_STRUCT(triple, (TROUPE_ARRAY(int, 3), numbers));

/* ---- progress -------------------------------------------------------------------------------- */

TROUPE_CLASS(progress, (uint64_t, total_samples));
TROUPE_TELL(progress, report, (uint64_t, task_id), (uint64_t, samples_done));
TROUPE_ASK(progress, ratio, double);

struct progress_state {
    uint64_t total, done;
};

static void on_progress_init(struct progress_state *self, uint64_t total_samples)
{
    self->total = total_samples;
}

static void on_report(struct progress_state *self, uint64_t task_id, uint64_t samples_done)
{
    (void)task_id;
    self->done = samples_done;
}

static double on_ratio(struct progress_state *self)
{
    return (double)self->done / (double)self->total;
}

TROUPE_IMPLEMENT(progress, (init, on_progress_init), (report, on_report), (ratio, on_ratio));

/* ---- counter --------------------------------------------------------------------------------- */

TROUPE_CLASS(counter, (uint64_t, start), (troupe_str, name));
TROUPE_ASK(counter, add, uint64_t, (uint64_t, n), (double, timeout));
TROUPE_ASK(counter, end, uint64_t);

struct counter_state {
    uint64_t count;
};

static void on_counter_init(struct counter_state *self, uint64_t start, troupe_str name)
{
    if (!strcmp(name, "nobody"))
        troupe_fail(-8, "no counter of that name");
    self->count = start;
}

static uint64_t on_add(struct counter_state *self, uint64_t n, double timeout)
{
    (void)timeout;
    return self->count += n;
}

static uint64_t on_end(struct counter_state *self)
{
    (void)self;
    return 17;
}

TROUPE_IMPLEMENT(counter, (init, on_counter_init), (add, on_add), (end, on_end));

/* ---- kinds: answers with what it was asked with ---------------------------------------------- */

TROUPE_CLASS(kinds);
TROUPE_ASK(kinds, echo_u64, uint64_t, (uint64_t, value));
TROUPE_ASK(kinds, echo_i8, int8_t, (int8_t, value));
TROUPE_ASK(kinds, echo_f64, double, (double, value));
TROUPE_ASK(kinds, echo_f32, float, (float, value));
TROUPE_ASK(kinds, echo_bool, bool, (bool, value));
TROUPE_ASK(kinds, echo_str, troupe_str, (troupe_str, value));
TROUPE_ASK(kinds, echo_deep, TROUPE_SPAN(point), (TROUPE_SPAN(point), value));
TROUPE_ASK(kinds, echo_triple, triple, (triple, value));
TROUPE_ASK(kinds, echo_text, TROUPE_SPAN(char), (TROUPE_SPAN(char), value));
TROUPE_ASK(kinds, echo_octets, TROUPE_SPAN(uint8_t), (TROUPE_SPAN(uint8_t), value));
TROUPE_ASK(kinds, echo_handle, counter, (counter, value));
TROUPE_ASK(kinds, echo_blob, blob, (blob, value));
TROUPE_ASK(kinds, slow, uint64_t, (double, seconds));
TROUPE_ASK(kinds, fails, uint64_t, (troupe_str, code));

struct kinds_state {
    char unused;
};

#define ECHO(kind, T)                                                                              \
    static T on_##kind(struct kinds_state *self, T value)                                          \
    {                                                                                              \
        (void)self;                                                                                \
        return value;                                                                              \
    }
ECHO(u64, uint64_t)
ECHO(i8, int8_t)
ECHO(f64, double)
ECHO(f32, float)
ECHO(bool, bool)
ECHO(str, troupe_str)
ECHO(deep, TROUPE_SPAN(point))
ECHO(triple, triple)
ECHO(text, TROUPE_SPAN(char))
ECHO(octets, TROUPE_SPAN(uint8_t))
ECHO(handle, counter)
ECHO(blob, blob)

static uint64_t on_slow(struct kinds_state *self, double seconds)
{
    (void)self;
    troupe_sleep(seconds);
    return 42;
}

static uint64_t on_fails(struct kinds_state *self, troupe_str code)
{
    (void)self;
    troupe_fail(-7, "told to fail: %s", code);
}

TROUPE_IMPLEMENT(kinds, (echo_u64, on_u64), (echo_i8, on_i8), (echo_f64, on_f64),
                 (echo_f32, on_f32), (echo_bool, on_bool), (echo_str, on_str),
                 (echo_deep, on_deep), (echo_triple, on_triple), (echo_text, on_text),
                 (echo_octets, on_octets), (echo_handle, on_handle), (echo_blob, on_blob),
                 (slow, on_slow), (fails, on_fails));

/* ---- the task, and the driver ---------------------------------------------------------------- */

TROUPE_TASK(sample_circle, uint64_t, (uint64_t, samples), (uint64_t, task_id), (progress, tracker));

static uint64_t on_sample_circle(uint64_t samples, uint64_t task_id, progress tracker)
{
    (void)tracker;
    return samples + task_id;
}

TROUPE_BODY(sample_circle, on_sample_circle);

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    progress tracker = troupe_new(progress, .total_samples = 4, .with = {.name = "progress"});
    troupe_new(counter, .start = 0, .name = "counter", .with = {.name = "c"});
    troupe_new(kinds, .with = {.name = "a/b c"});
    progress_report(tracker, 0, 1);
    troupe_sleep(SECONDS);
    return 1;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
