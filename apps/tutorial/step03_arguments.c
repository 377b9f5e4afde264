/*
 * Step 3 of docs/tutorial.md: arguments, by position and by name.
 */
#include <stdio.h>
#include <string.h>

#include "troupe.h"

TROUPE_CLASS(counter, (troupe_str, name));
TROUPE_TELL(counter, method, (double, timeout), (troupe_str, store));
TROUPE_ASK(counter, calls, int64_t);
TROUPE_ASK(counter, get_name, troupe_str);

struct counter_state {
    char name[64];
    int64_t calls;
    double waited; /* time-outs of its calls, added up */
};

/* The constructor. A string is the caller's: what is to be kept is copied. */
static void on_init(struct counter_state *self, troupe_str name)
{
    snprintf(self->name, sizeof self->name, "%s", name);
}

static void on_method(struct counter_state *self, double timeout, troupe_str store)
{
    (void)store; /* a real one would write there */
    self->waited += timeout;
    self->calls++;
}

static int64_t on_calls(struct counter_state *self)
{
    return self->calls;
}

static troupe_str on_get_name(struct counter_state *self)
{
    return self->name;
}

TROUPE_IMPLEMENT(counter, (init, on_init), (method, on_method), (calls, on_calls),
                 (get_name, on_get_name));

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    counter one = counter_new("one");
    counter two = troupe_new(counter, .name = "two");

    counter_method(one, 1.5, "delta");
    troupe_call(counter_method, one, .store = "mongo_db", .timeout = 1);
    troupe_call(counter_method, two, .timeout = 2);

    troupe_str name = troupe_await(counter_get_name(one));
    int64_t calls = troupe_await(counter_calls(one));
    printf("%s was called %d times\n", name, (int)calls);
    return strcmp(name, "one") == 0 && calls == 2 ? 0 : 1;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
