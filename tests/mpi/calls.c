/*
 * Calls: their order, their two forms, their options, and whose their arguments are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

#define SENDERS 64

/* Keeps count of what each sender told it: 0, 1, 2 and so on. */
TROUPE_CLASS(journal);
TROUPE_TELL(journal, add, (int, from), (int, number));
TROUPE_ASK(journal, size, int);
TROUPE_ASK(journal, in_order, bool);
TROUPE_ASK(journal, here, int);

TROUPE_CLASS(teller, (journal, to));
TROUPE_TELL(teller, tell, (int, as), (int, count));

TROUPE_CLASS(notes, (troupe_str, title), (int, volume));
TROUPE_TELL(notes, set, (int, a), (double, b), (troupe_str, c), (bool, d));
TROUPE_TELL(notes, keep, (TROUPE_SPAN(int), numbers));
TROUPE_ASK(notes, all, troupe_str);
TROUPE_ASK(notes, sum, int64_t);
TROUPE_ASK(notes, join, troupe_str, (troupe_str, left), (troupe_str, right));
TROUPE_ASK(notes, clear, void);

/* ---- the classes ----------------------------------------------------------------------------- */

struct journal_state {
    int size;
    bool wrong;
    int next[SENDERS];
};

static void on_add(struct journal_state *self, int from, int number)
{
    self->wrong |= number != self->next[from];
    self->next[from] = number + 1;
    self->size++;
}

static int on_size(struct journal_state *self)
{
    return self->size;
}

static bool on_in_order(struct journal_state *self)
{
    return !self->wrong;
}

static int on_here(struct journal_state *self)
{
    (void)self;
    return troupe_rank();
}

TROUPE_IMPLEMENT(journal, (add, on_add), (size, on_size), (in_order, on_in_order),
                 (here, on_here));

struct teller_state {
    journal to;
};

static void on_teller(struct teller_state *self, journal to)
{
    self->to = to;
}

static void on_tell(struct teller_state *self, int as, int count)
{
    for (int i = 0; i < count; i++)
        journal_add(self->to, as, i);
}

TROUPE_IMPLEMENT(teller, (init, on_teller), (tell, on_tell));

struct notes_state {
    char text[256];
    int64_t sum;
};

static void on_notes(struct notes_state *self, troupe_str title, int volume)
{
    snprintf(self->text, sizeof self->text, "%s %d", title, volume);
}

static void on_set(struct notes_state *self, int a, double b, troupe_str c, bool d)
{
    snprintf(self->text, sizeof self->text, "%d %g '%s' %d", a, b, c, d);
}

static void on_keep(struct notes_state *self, TROUPE_SPAN(int) numbers)
{
    for (size_t i = 0; i < numbers.count; i++)
        self->sum += numbers.data[i];
}

static troupe_str on_all(struct notes_state *self)
{
    return self->text;
}

static int64_t on_sum(struct notes_state *self)
{
    return self->sum;
}

static troupe_str on_join(struct notes_state *self, troupe_str left, troupe_str right)
{
    (void)self;
    size_t room = strlen(left) + strlen(right) + 1;
    char *text = troupe_alloc(room);
    snprintf(text, room, "%s%s", left, right);
    return text;
}

static void on_clear(struct notes_state *self)
{
    *self = (struct notes_state){.text = ""};
}

TROUPE_IMPLEMENT(notes, (init, on_notes), (set, on_set), (keep, on_keep), (all, on_all),
                 (sum, on_sum), (join, on_join), (clear, on_clear));

/* ---- order ----------------------------------------------------------------------------------- */

static void an_ask_sees_every_tell_that_went_before_it(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        journal j = troupe_new(journal, .with = {.place = troupe_on(rank)});
        for (int round = 1; round <= 3; round++) {
            for (int i = 0; i < 1000; i++)
                journal_add(j, 0, 1000 * (round - 1) + i);
            assert_int_equal(troupe_await(journal_size(j)), 1000 * round);
        }
        assert_true(troupe_await(journal_in_order(j)));
    }
}

static void many_senders_lose_nothing_and_keep_their_order(void **state)
{
    (void)state;
    enum { EACH = 300 };
    journal j = troupe_new(journal, .with = {.place = troupe_on(troupe_ranks() - 1)});
    int senders = 4 * troupe_ranks() < SENDERS ? 4 * troupe_ranks() : SENDERS;
    for (int i = 0; i < senders; i++)
        teller_tell(teller_new(j), i, EACH);
    /* The order of different senders is open: until all have come. */
    while (troupe_await(journal_size(j)) < senders * EACH)
        troupe_sleep(0);
    assert_int_equal(troupe_await(journal_size(j)), senders * EACH);
    assert_true(troupe_await(journal_in_order(j)));
}

static void many_asks_may_be_under_way_at_once(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    notes n = notes_new("", 0);
    static TROUPE_FUTURE(troupe_str) answers[COUNT];
    char left[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(left, sizeof left, "%d", i);
        answers[i] = notes_join(n, left, "!");
    }
    for (int i = COUNT; i-- > 0;) {
        char expected[16];
        snprintf(expected, sizeof expected, "%d!", i);
        assert_string_equal(troupe_await(answers[i]), expected);
    }
}

/* ---- forms ----------------------------------------------------------------------------------- */

static void arguments_by_place_arrive_in_their_places(void **state)
{
    (void)state;
    notes n = notes_new("first", 7);
    assert_string_equal(troupe_await(notes_all(n)), "first 7");
    notes_set(n, 1, 2.5, "three", true);
    assert_string_equal(troupe_await(notes_all(n)), "1 2.5 'three' 1");
    assert_string_equal(troupe_await(notes_join(n, "left", "right")), "leftright");
}

static void arguments_by_name_may_stand_in_any_order(void **state)
{
    (void)state;
    notes n = troupe_new(notes, .volume = 9, .title = "second");
    assert_string_equal(troupe_await(notes_all(n)), "second 9");
    troupe_call(notes_set, n, .d = true, .c = "see", .a = -4, .b = 0.25);
    assert_string_equal(troupe_await(notes_all(n)), "-4 0.25 'see' 1");
    assert_string_equal(troupe_await(troupe_call(notes_join, n, .right = "R", .left = "L")), "LR");
}

static void an_argument_left_out_is_zero(void **state)
{
    (void)state;
    notes n = troupe_new(notes);
    assert_string_equal(troupe_await(notes_all(n)), " 0");
    troupe_call(notes_set, n, .b = 1);
    assert_string_equal(troupe_await(notes_all(n)), "0 1 '' 0");
    assert_string_equal(troupe_await(troupe_call(notes_join, n, .left = "alone")), "alone");
}

static void options_ride_along_with_arguments(void **state)
{
    (void)state;
    for (int rank = troupe_ranks(); rank-- > 0;) {
        journal j = troupe_new(journal, .with = {.place = troupe_on(rank)});
        assert_int_equal(troupe_await(journal_here(j)), rank);
        notes n = troupe_new(notes, .with = {.place = troupe_on(rank)}, .title = "t", .volume = 1);
        assert_string_equal(troupe_await(notes_all(n)), "t 1");
        troupe_call(notes_set, n, .a = 1, .with = {.cpus = 0});
        assert_string_equal(troupe_await(notes_all(n)), "1 0 '' 0");
    }
}

static void an_ask_of_nothing_is_answered_when_it_is_done(void **state)
{
    (void)state;
    notes n = notes_new("text", 1);
    troupe_await(notes_clear(n));
    assert_string_equal(troupe_await(notes_all(n)), "");
    troupe_void nothing;
    expect_status(troupe_get(notes_clear(n), &nothing), TROUPE_OK);
}

/* ---- whose the arguments are ----------------------------------------------------------------- */

static void arguments_are_the_callers_again_when_the_call_returns(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        notes n = troupe_new(notes, .with = {.place = troupe_on(rank)});
        int *numbers = malloc(1000 * sizeof *numbers);
        char text[] = "as it was";
        for (int i = 0; i < 1000; i++)
            numbers[i] = i;
        notes_keep(n, (TROUPE_SPAN(int)){numbers, 1000});
        memset(numbers, 0xff, 1000 * sizeof *numbers);
        free(numbers);
        TROUPE_FUTURE(troupe_str) joined = notes_join(n, text, text);
        memset(text, 'x', sizeof text - 1);
        assert_int_equal(troupe_await(notes_sum(n)), 999 * 1000 / 2);
        assert_string_equal(troupe_await(joined), "as it wasas it was");
    }
}

static void a_handle_is_copied_and_compared_by_value(void **state)
{
    (void)state;
    journal a = journal_new(), b = journal_new(), none = {0};
    journal same = a;
    journal_add(same, 0, 0);
    assert_int_equal(troupe_await(journal_size(a)), 1);
    assert_true(troupe_same(a, same));
    assert_false(troupe_same(a, b));
    assert_false(troupe_same(a, none));
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ask_sees_every_tell_that_went_before_it),
        cmocka_unit_test(many_senders_lose_nothing_and_keep_their_order),
        cmocka_unit_test(many_asks_may_be_under_way_at_once),
        cmocka_unit_test(arguments_by_place_arrive_in_their_places),
        cmocka_unit_test(arguments_by_name_may_stand_in_any_order),
        cmocka_unit_test(an_argument_left_out_is_zero),
        cmocka_unit_test(options_ride_along_with_arguments),
        cmocka_unit_test(an_ask_of_nothing_is_answered_when_it_is_done),
        cmocka_unit_test(arguments_are_the_callers_again_when_the_call_returns),
        cmocka_unit_test(a_handle_is_copied_and_compared_by_value),
    };
    return TEST_PLAY(argc, argv, tests, 12);
}
