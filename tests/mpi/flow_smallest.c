/*
 * The smallest rings and the smallest credit: ranks whose actors flood each other in circles, those
 * who wait for the very one that floods them, those who are killed while they wait for credit, and
 * thousands of methods that wait with their arguments. Nobody waits for ever, nothing is lost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

#define RANKS 64
#define LARGEST_CIRCLE 16
#define PADDING 100

static bool lit[RANKS];
static uint64_t sent[RANKS]; /* in floods without an end */
static int unwound[RANKS];

enum kind { LIGHT, DEDICATED, TASK };

TROUPE_CLASS(node, (int, number));
TROUPE_ASK(node, flood, void, (node, to), (uint64_t, tells));
TROUPE_TELL(node, start_flood, (node, to), (uint64_t, tells));
TROUPE_TELL(node, take, (int, source), (uint64_t, number), (troupe_str, padding));
TROUPE_ASK(node, set_next, void, (node, next));
TROUPE_TELL(node, pass, (int, hops), (troupe_str, padding));
TROUPE_ASK(node, wait_for_flood_of, void, (node, other), (int, kind), (uint64_t, tells));
TROUPE_ASK(node, taken, uint64_t);
TROUPE_ASK(node, wrong, uint64_t);

TROUPE_TASK(flood_task, void, (int, source), (node, to), (uint64_t, tells));

/* Holds what it is asked, and what it is told behind that, until the lamp of its rank is lit. */
TROUPE_CLASS(lamp);
TROUPE_ASK(lamp, set, void, (bool, on));
TROUPE_ASK(lamp, hold, void);
TROUPE_ASK(lamp, answer, int, (int, value));
TROUPE_TELL(lamp, take, (uint64_t, number), (troupe_str, padding));
TROUPE_ASK(lamp, sent, uint64_t);
TROUPE_ASK(lamp, unwound, int);

TROUPE_CLASS(endless);
TROUPE_ASK(endless, flood, void, (lamp, to));

TROUPE_CLASS(reader);
TROUPE_ASK(reader, read, int, (lamp, l), (int, number), (troupe_str, text),
           (TROUPE_SPAN(uint32_t), words));

/* ---- nodes ----------------------------------------------------------------------------------- */

struct node_state {
    int number;
    node next;
    uint64_t expected[LARGEST_CIRCLE + 1], taken, wrong;
};

static const char *padding(char *text, uint64_t number)
{
    size_t length = number % PADDING;
    memset(text, 'a' + (int)(number % 26), length);
    text[length] = 0;
    return text;
}

static bool is_padding(const char *text, uint64_t number)
{
    char wanted[PADDING];
    return !strcmp(text, padding(wanted, number));
}

static void flood(int source, node to, uint64_t tells)
{
    char text[PADDING];
    for (uint64_t i = 0; i < tells; i++)
        node_take(to, source, i, padding(text, i));
}

static void on_init(struct node_state *self, int number)
{
    self->number = number;
}

static void on_flood(struct node_state *self, node to, uint64_t tells)
{
    flood(self->number, to, tells);
}

static void on_take(struct node_state *self, int source, uint64_t number, troupe_str text)
{
    self->wrong += number != self->expected[source]++ || !is_padding(text, number);
    self->taken++;
}

static void on_set_next(struct node_state *self, node next)
{
    self->next = next;
}

static void on_pass(struct node_state *self, int hops, troupe_str text)
{
    self->wrong += !is_padding(text, (uint64_t)hops);
    self->taken++;
    char shorter[PADDING];
    if (hops > 0)
        node_pass(self->next, hops - 1, padding(shorter, (uint64_t)hops - 1));
}

static void on_wait_for_flood_of(struct node_state *self, node other, int kind, uint64_t tells)
{
    if (kind == TASK)
        troupe_await(troupe_submit(flood_task, .source = 0, .to = node_self(self), .tells = tells,
                                   .with = {.place = troupe_on(troupe_ranks() - 1)}));
    else
        troupe_await(node_flood(other, node_self(self), tells));
}

static uint64_t on_taken(struct node_state *self)
{
    return self->taken;
}

static uint64_t on_wrong(struct node_state *self)
{
    return self->wrong;
}

TROUPE_IMPLEMENT(node, (init, on_init), (flood, on_flood), (start_flood, on_flood),
                 (take, on_take), (set_next, on_set_next), (pass, on_pass),
                 (wait_for_flood_of, on_wait_for_flood_of), (taken, on_taken), (wrong, on_wrong));
TROUPE_BODY(flood_task, flood);

/* ---- lamps, and those who need them ---------------------------------------------------------- */

struct lamp_state {
    char unused;
};

static void on_set(struct lamp_state *self, bool on)
{
    (void)self;
    lit[troupe_rank()] = on;
}

static void on_hold(struct lamp_state *self)
{
    (void)self;
    while (!lit[troupe_rank()])
        troupe_sleep(1e-3);
}

static int on_answer(struct lamp_state *self, int value)
{
    (void)self;
    return value;
}

static void on_lamp_take(struct lamp_state *self, uint64_t number, troupe_str text)
{
    (void)self, (void)number, (void)text;
}

static uint64_t on_sent(struct lamp_state *self)
{
    (void)self;
    return __atomic_load_n(&sent[troupe_rank()], __ATOMIC_RELAXED);
}

static int on_unwound(struct lamp_state *self)
{
    (void)self;
    return __atomic_load_n(&unwound[troupe_rank()], __ATOMIC_RELAXED);
}

TROUPE_IMPLEMENT(lamp, (set, on_set), (hold, on_hold), (answer, on_answer), (take, on_lamp_take),
                 (sent, on_sent), (unwound, on_unwound));

struct endless_state {
    char unused;
};

static void count_unwound(void *p)
{
    (void)p;
    __atomic_fetch_add(&unwound[troupe_rank()], 1, __ATOMIC_RELAXED);
}

/* Comes to an end only by being killed. */
static void on_endless_flood(struct endless_state *self, lamp to)
{
    (void)self;
    char text[PADDING];
    troupe_defer(count_unwound, NULL);
    for (uint64_t i = 0;; i++) {
        lamp_take(to, i, padding(text, PADDING - 1));
        __atomic_fetch_add(&sent[troupe_rank()], 1, __ATOMIC_RELAXED);
    }
}

TROUPE_IMPLEMENT(endless, (flood, on_endless_flood));

struct reader_state {
    char unused;
};

#define TEXT_MOST 2500
#define WORDS_MOST 500

/* What it is to read follows from its number. Some fit in a piece of the smallest ring, some do
   not. */
static size_t text_length(int number)
{
    return (size_t)(number * 37 % (number % 8 ? 90 : TEXT_MOST));
}

static size_t word_count(int number)
{
    return (size_t)(number * 13 % (number % 8 ? 20 : WORDS_MOST));
}

static bool is_right(int number, const char *text, TROUPE_SPAN(uint32_t) words)
{
    bool right = strlen(text) == text_length(number) && words.count == word_count(number);
    for (size_t i = 0; right && i < text_length(number); i++)
        right = text[i] == 'a' + (int)((i + (size_t)number) % 26);
    for (size_t i = 0; right && i < words.count; i++)
        right = words.data[i] == (uint32_t)number * 1000 + i;
    return right;
}

static int on_read(struct reader_state *self, lamp l, int number, troupe_str text,
                   TROUPE_SPAN(uint32_t) words)
{
    (void)self;
    bool before = is_right(number, text, words);
    int answered = troupe_await(lamp_answer(l, number));
    return before && is_right(number, text, words) && answered == number ? number : -1;
}

TROUPE_IMPLEMENT(reader, (read, on_read));

/* ---- the stage ------------------------------------------------------------------------------- */

static int last(void)
{
    return troupe_ranks() - 1;
}

static lamp lamp_on(int rank)
{
    return troupe_new(lamp, .with = {.place = troupe_on(rank)});
}

/* When another lamp there has answered, this one has got what it was asked before: asks that come
   by other ranks are behind it. */
static lamp lamp_that_holds(int rank)
{
    lamp l = lamp_on(rank);
    troupe_await(lamp_set(l, false));
    troupe_drop(lamp_hold(l));
    troupe_await(lamp_answer(lamp_on(rank), 0));
    return l;
}

static void light_up(int rank)
{
    troupe_await(lamp_set(lamp_on(rank), true));
}

static void make_circle(node *nodes, int size, int cpus)
{
    for (int i = 0; i < size; i++)
        nodes[i] = troupe_new(node, .number = i,
                              .with = {.place = troupe_on(i % troupe_ranks()), .cpus = cpus});
    for (int i = 0; i < size; i++)
        troupe_await(node_set_next(nodes[i], nodes[(i + 1) % size]));
}

static uint64_t total_taken(const node *nodes, int size)
{
    uint64_t sum = 0;
    for (int i = 0; i < size; i++)
        sum += troupe_await(node_taken(nodes[i]));
    return sum;
}

static void expect_all_taken(const node *nodes, int size, uint64_t tells)
{
    while (total_taken(nodes, size) < tells)
        troupe_sleep(1e-3);
    assert_int_equal(total_taken(nodes, size), tells);
    for (int i = 0; i < size; i++) {
        assert_int_equal(troupe_await(node_wrong(nodes[i])), 0);
        troupe_stop(nodes[i]);
    }
}

static const int circles[] = {2, 3, LARGEST_CIRCLE};

/* Each floods the next one. */
static void flood_in_circle(enum kind kind, int size, uint64_t tells)
{
    node nodes[LARGEST_CIRCLE];
    make_circle(nodes, size, kind == DEDICATED);
    for (int i = 0; i < size; i++) {
        node next = nodes[(i + 1) % size];
        if (kind == TASK)
            troupe_drop(troupe_submit(flood_task, .source = i, .to = next, .tells = tells,
                                      .with = {.place = troupe_on(i % troupe_ranks())}));
        else
            node_start_flood(nodes[i], next, tells);
    }
    expect_all_taken(nodes, size, (uint64_t)size * tells);
}

static uint64_t more(uint64_t tells)
{
    return getenv("TROUPE_TEST_LONG") ? 10 * tells : tells;
}

/* ---- tests: circles -------------------------------------------------------------------------- */

static void light_actors_that_flood_each_other_in_circles_all_finish(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(circles); i++)
        flood_in_circle(LIGHT, circles[i], more(4000) / (uint64_t)circles[i]);
}

static void dedicated_actors_that_flood_each_other_in_circles_all_finish(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(circles); i++)
        flood_in_circle(DEDICATED, circles[i], more(800) / (uint64_t)circles[i]);
}

static void tasks_that_flood_actors_in_circles_all_finish(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(circles); i++)
        flood_in_circle(TASK, circles[i], more(4000) / (uint64_t)circles[i]);
}

static void more_tells_than_the_credit_go_round_in_circles(void **state)
{
    (void)state;
    enum { HOPS = 20 };
    char text[PADDING];
    for (size_t i = 0; i < LENGTH(circles); i++) {
        node nodes[LARGEST_CIRCLE];
        uint64_t tokens = more(500);
        make_circle(nodes, circles[i], 0);
        for (uint64_t k = 0; k < tokens; k++)
            node_pass(nodes[k % (uint64_t)circles[i]], HOPS, padding(text, HOPS));
        expect_all_taken(nodes, circles[i], tokens * (HOPS + 1));
    }
}

/* ---- tests: those who wait ------------------------------------------------------------------- */

static void one_that_waits_for_what_floods_it_goes_on(void **state)
{
    (void)state;
    for (enum kind kind = LIGHT; kind <= TASK; kind++)
        for (int from = 0; from <= last(); from += last() > 0 ? last() : 1) {
            node n = troupe_new(node, .number = 1, .with = {.place = troupe_on(0)});
            node other = troupe_new(node, .number = 0, .with = {.place = troupe_on(from),
                                                                .cpus = kind == DEDICATED});
            troupe_await(node_wait_for_flood_of(n, other, kind, 500));
            assert_int_equal(troupe_await(node_taken(n)), 500);
            assert_int_equal(troupe_await(node_wrong(n)), 0);
            troupe_stop(n);
            troupe_stop(other);
        }
}

static void kill_a_flooder(int from, int to, int cpus)
{
    lamp l = lamp_that_holds(to), near = lamp_on(from);
    uint64_t before = troupe_await(lamp_sent(near));
    int unwound_before = troupe_await(lamp_unwound(near));
    endless e = troupe_new(endless, .with = {.place = troupe_on(from), .cpus = cpus});
    TROUPE_FUTURE(void) flooding = endless_flood(e, l);
    while (troupe_await(lamp_sent(near)) < before + 200) /* more than the credit */
        troupe_sleep(1e-3);
    troupe_kill(e);
    assert_int_equal(troupe_await(troupe_ended(e)).reason, TROUPE_END_KILLED);
    expect_failure(flooding, TROUPE_ENDED, "was killed by driver");
    assert_int_equal(troupe_await(lamp_unwound(near)), unwound_before + 1);
    light_up(to);
    assert_int_equal(troupe_await(lamp_answer(l, 5)), 5);
    troupe_stop(l);
    troupe_stop(near);
}

static void a_flooder_that_is_killed_while_it_waits_is_unwound(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        kill_a_flooder(0, last(), cpus);
        kill_a_flooder(last(), 0, cpus);
        kill_a_flooder(0, 0, cpus);
    }
}

/* ---- tests: parked --------------------------------------------------------------------------- */

static TROUPE_FUTURE(int) ask_to_read(reader r, lamp l, int number)
{
    char text[TEXT_MOST + 1];
    uint32_t words[WORDS_MOST];
    size_t length = text_length(number), count = word_count(number);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + (int)((i + (size_t)number) % 26));
    text[length] = 0;
    for (size_t i = 0; i < count; i++)
        words[i] = (uint32_t)number * 1000 + (uint32_t)i;
    return reader_read(r, l, number, text, (TROUPE_SPAN(uint32_t)){words, count});
}

/* Every method there is waits, on every rank, and what the readers wait for comes last. */
static void thousands_that_wait_keep_their_arguments(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    TROUPE_FUTURE(int) *reading = malloc(COUNT * sizeof *reading);
    reader *readers = malloc(COUNT * sizeof *readers);
    assert_true(reading && readers);
    lamp l = lamp_that_holds(last());
    for (int i = 0; i < COUNT; i++) {
        readers[i] = troupe_new(reader, .with = {.place = troupe_on(i % troupe_ranks())});
        reading[i] = ask_to_read(readers[i], l, i);
    }
    for (int rank = 0; rank < troupe_ranks(); rank++)
        assert_int_equal(troupe_await(lamp_answer(lamp_on(rank), rank)), rank);
    for (int i = 0; i < COUNT; i += 100)
        assert_false(troupe_done(reading[i]));
    light_up(last());
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(troupe_await(reading[i]), i);
    for (int i = 0; i < COUNT; i++)
        troupe_stop(readers[i]);
    free(reading);
    free(readers);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(light_actors_that_flood_each_other_in_circles_all_finish),
        cmocka_unit_test(dedicated_actors_that_flood_each_other_in_circles_all_finish),
        cmocka_unit_test(tasks_that_flood_actors_in_circles_all_finish),
        cmocka_unit_test(more_tells_than_the_credit_go_round_in_circles),
        cmocka_unit_test(one_that_waits_for_what_floods_it_goes_on),
        cmocka_unit_test(a_flooder_that_is_killed_while_it_waits_is_unwound),
        cmocka_unit_test(thousands_that_wait_keep_their_arguments),
    };
    setenv("TROUPE_RING", "4096", 0);
    setenv("TROUPE_CREDIT", "4096", 0);
    return TEST_PLAY(argc, argv, tests, 2);
}
