/*
 * A job for tests of the gateway: classes of every kind, and a driver that waits, or computes.
 *
 *     job wait              until somebody ends the job, or 120 s
 *     job compute SECONDS   without a call, then as wait
 *     job many N            the same as wait, with N actors more
 *     job restless N        and these are called five times a second each; and has said N lines
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "troupe.h"

#define LONGEST 120 /* seconds */

typedef struct token {
    unsigned char octet[4];
} token;

TROUPE_BYTES(token);
TROUPE_STRUCT(point, (double, x), (int32_t, y));
TROUPE_STRUCT(all, (int8_t, i8), (uint64_t, u64), (double, d), (bool, b), (troupe_str, text),
              (TROUPE_SPAN(point), points), (TROUPE_ARRAY(int16_t, 3), three),
              (TROUPE_SPAN(uint8_t), data), (token, bytes));

/* ---- a counter ------------------------------------------------------------------------------- */

TROUPE_CLASS(counter, (int64_t, start));
TROUPE_TELL(counter, add, (int64_t, n));
TROUPE_ASK(counter, value, int64_t);
TROUPE_ASK(counter, slow, int64_t, (double, seconds));
TROUPE_ASK(counter, fail, void, (int32_t, code), (troupe_str, text));
TROUPE_ASK(counter, peer, int64_t, (counter, other));
TROUPE_ASK(counter, itself, counter);
TROUPE_TELL(counter, leave);

struct counter_state {
    int64_t value;
};

static void on_init(struct counter_state *self, int64_t start)
{
    if (start < 0)
        troupe_fail(TROUPE_FAILED, "a counter does not start at %lld", (long long)start);
    self->value = start;
}

static void on_add(struct counter_state *self, int64_t n)
{
    self->value += n;
}

static int64_t on_value(struct counter_state *self)
{
    return self->value;
}

static int64_t on_slow(struct counter_state *self, double seconds)
{
    if (seconds > 0)
        troupe_sleep(seconds);
    return self->value;
}

static void on_fail(struct counter_state *self, int32_t code, troupe_str text)
{
    (void)self;
    troupe_fail(code, "%s", text);
}

static int64_t on_peer(struct counter_state *self, counter other)
{
    return self->value + troupe_await(counter_value(other));
}

static counter on_itself(struct counter_state *self)
{
    return counter_self(self);
}

static void on_leave(struct counter_state *self)
{
    (void)self;
    troupe_exit_actor();
}

static void on_repr(const struct counter_state *self, char *text, size_t size)
{
    snprintf(text, size, "at %lld \"<b>\\\xff", (long long)self->value);
}

TROUPE_IMPLEMENT(counter, (init, on_init), (add, on_add), (value, on_value), (slow, on_slow),
                 (fail, on_fail), (peer, on_peer), (itself, on_itself), (leave, on_leave),
                 (repr, on_repr));

/* A subclass with its own way of adding. */
TROUPE_EXTENDS(doubler, counter, (int64_t, start));
TROUPE_OVERRIDE_TELL(doubler, counter, add, (int64_t, n));

struct doubler_state {
    struct counter_state base;
};

static void on_doubler_init(struct doubler_state *self, int64_t start)
{
    counter_init(&self->base, start);
}

static void on_doubler_add(struct doubler_state *self, int64_t n)
{
    self->base.value += 2 * n;
}

TROUPE_IMPLEMENT(doubler, (init, on_doubler_init), (add, on_doubler_add));

/* ---- values ---------------------------------------------------------------------------------- */

TROUPE_CLASS(mirror);
TROUPE_ASK(mirror, show, all, (all, value));
TROUPE_ASK(mirror, join, troupe_str, (TROUPE_SPAN(troupe_str), words));
TROUPE_ASK(mirror, nothing, void);
TROUPE_ASK(mirror, bad_text, troupe_str);
TROUPE_ASK(mirror, largest, uint64_t);

struct mirror_state {
    char nothing;
};

static all on_show(struct mirror_state *self, all value)
{
    (void)self;
    return value;
}

static troupe_str on_join(struct mirror_state *self, TROUPE_SPAN(troupe_str) words)
{
    size_t size = 1;
    (void)self;
    for (size_t i = 0; i < words.count; i++)
        size += strlen(words.data[i]);
    char *text = troupe_alloc(size);
    for (size_t i = 0; i < words.count; i++)
        strcat(text, words.data[i]);
    return text;
}

static void on_nothing(struct mirror_state *self)
{
    (void)self;
}

static troupe_str on_bad_text(struct mirror_state *self)
{
    (void)self;
    return "\xff\xfe";
}

static uint64_t on_largest(struct mirror_state *self)
{
    (void)self;
    return UINT64_MAX;
}

TROUPE_IMPLEMENT(mirror, (show, on_show), (join, on_join), (nothing, on_nothing),
                 (bad_text, on_bad_text), (largest, on_largest));

/* ---- tasks ----------------------------------------------------------------------------------- */

TROUPE_TASK(square, int64_t, (int64_t, n));
TROUPE_TASK(nap, void, (double, seconds));

static int64_t on_square(int64_t n)
{
    if (n < 0)
        troupe_fail(77, "%lld is less than 0", (long long)n);
    return n * n;
}

static double now(void);

/* Less than 0: it computes so long. */
static void on_nap(double seconds)
{
    for (double end = now() - seconds; now() < end;)
        continue;
    if (seconds > 0)
        troupe_sleep(seconds);
}

TROUPE_BODY(square, on_square);
TROUPE_BODY(nap, on_nap);

/* ---- the driver ------------------------------------------------------------------------------ */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Never calls troupe. */
static void compute(double seconds)
{
    volatile double x = 1;
    for (double end = now() + seconds; now() < end;)
        for (int i = 0; i < 100000; i++)
            x = x * 1.0000001;
}

static void never_rest(int n)
{
    for (int i = 0; i < n; i++) {
        counter one = troupe_new(counter, .start = i);
        troupe_every(0.2, counter_add, one, 1);
        troupe_log(TROUPE_LOG_WARNING, "line %d%0200d", i, 0);
    }
}

static int driver(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "wait";
    double amount = argc > 2 ? atof(argv[2]) : 0;
    int last = troupe_ranks() - 1;
    troupe_new(counter, .start = 10, .with = {.name = "first", .place = troupe_on(0)});
    troupe_new(counter, .start = 20, .with = {.name = "last", .place = troupe_on(last)});
    troupe_new(doubler, .start = 0, .with = {.name = "double", .place = troupe_on(last)});
    troupe_new(mirror, .with = {.name = "mirror", .place = troupe_on(last)});
    troupe_new(counter, .start = 1,
               .with = {.name = "full", .max_pending = 1, .refuse_more = true});
    for (int i = 0; !strcmp(how, "many") && i < (int)amount; i++)
        troupe_new(counter, .start = i);
    if (!strcmp(how, "restless"))
        never_rest((int)amount);
    if (!strcmp(how, "compute"))
        compute(amount);
    troupe_sleep(LONGEST);
    return 3;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
