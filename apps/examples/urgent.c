/*
 * A word that overtakes: an actor with many calls before it is told to stop; and what waits where.
 */
#include <stdio.h>

#include "troupe.h"

TROUPE_CLASS(printer);
TROUPE_TELL(printer, print, (int, page));
TROUPE_URGENT_TELL(printer, skip_the_rest);
TROUPE_URGENT_ASK(printer, pages, int);

TROUPE_EXTENDS(fast_printer, printer);
TROUPE_OVERRIDE_ASK(fast_printer, printer, pages, int); /* urgent, too */

struct printer_state {
    int pages;
    bool skips;
};

static void on_print(struct printer_state *self, int page)
{
    (void)page;
    self->pages += !self->skips;
    troupe_sleep(0.001);
}

static void on_skip_the_rest(struct printer_state *self)
{
    self->skips = true;
}

static int on_pages(struct printer_state *self)
{
    return self->pages;
}

TROUPE_IMPLEMENT(printer, (print, on_print), (skip_the_rest, on_skip_the_rest), (pages, on_pages));

struct fast_printer_state {
    struct printer_state base;
};

static int on_fast_pages(struct fast_printer_state *self)
{
    return 2 * self->base.pages;
}

TROUPE_IMPLEMENT(fast_printer, (pages, on_fast_pages));

/* What waits on this rank for CPUs, GPUs, memory, or what TROUPE_RESOURCES names. */
static void print_waiting(void)
{
    struct troupe_waiting list[16];
    size_t count = troupe_waiting(list, 16);
    for (size_t i = 0; i < count && i < 16; i++)
        printf("%s %s\n", list[i].who, list[i].reason);
    int ids[8];
    if (troupe_gpu_ids(ids, 8) == 0)
        printf("the driver was given no GPU\n");
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    printer p = fast_printer_new().super;
    for (int page = 0; page < 10000; page++)
        printer_print(p, page);
    printer_skip_the_rest(p);
    int pages = troupe_await(printer_pages(p));
    printf("it was stopped before the end: %s\n", pages < 20000 ? "yes" : "no");
    troupe_kill(p); /* with all that waits for it */
    print_waiting();
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
