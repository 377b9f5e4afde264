/*
 * Everything that can travel, there and back: each type as an argument and as a result.
 */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

#define MIB (1024 * 1024)

typedef struct digest {
    unsigned char bytes[13];
} digest;
TROUPE_BYTES(digest);

TROUPE_STRUCT(point, (double, x), (double, y));
TROUPE_STRUCT(person, (troupe_str, name), (uint8_t, age), (TROUPE_ARRAY(int16_t, 3), marks),
              (TROUPE_ARRAY(troupe_str, 2), nicknames), (point, home), (TROUPE_SPAN(int), scores));
TROUPE_STRUCT(family, (person, first), (TROUPE_SPAN(person), others), (bool, happy));

/* Answers with what it was asked with. */
TROUPE_CLASS(echo);
#define ECHO(T) TROUPE_ASK(echo, of_##T, T, (T, value))
#define ECHO_SPAN(T) TROUPE_ASK(echo, of_span_of_##T, TROUPE_SPAN(T), (TROUPE_SPAN(T), value))
ECHO(bool);
ECHO(char);
ECHO(short);
ECHO(int);
ECHO(long);
ECHO(unsigned);
ECHO(int8_t);
ECHO(int16_t);
ECHO(int32_t);
ECHO(int64_t);
ECHO(uint8_t);
ECHO(uint16_t);
ECHO(uint32_t);
ECHO(uint64_t);
ECHO(size_t);
ECHO(float);
ECHO(double);
ECHO(troupe_str);
ECHO(digest);
ECHO(point);
ECHO(person);
ECHO(family);
ECHO(echo);
ECHO_SPAN(uint8_t);
ECHO_SPAN(double);
ECHO_SPAN(troupe_str);
ECHO_SPAN(point);
ECHO_SPAN(person);
ECHO_SPAN(echo);
TROUPE_ASK(echo, sum, uint64_t, (TROUPE_SPAN(uint64_t), numbers), (troupe_str, text));
TROUPE_ASK(echo, rank, int);

struct echo_state {
    char unused;
};

#define ECHO_BODY(T)                                                                               \
    static T on_##T(struct echo_state *self, T value)                                              \
    {                                                                                              \
        (void)self;                                                                                \
        return value;                                                                              \
    }
#define ECHO_SPAN_BODY(T)                                                                          \
    static TROUPE_SPAN(T) on_span_of_##T(struct echo_state *self, TROUPE_SPAN(T) value)            \
    {                                                                                              \
        (void)self;                                                                                \
        return value;                                                                              \
    }
ECHO_BODY(bool)
ECHO_BODY(char)
ECHO_BODY(short)
ECHO_BODY(int)
ECHO_BODY(long)
ECHO_BODY(unsigned)
ECHO_BODY(int8_t)
ECHO_BODY(int16_t)
ECHO_BODY(int32_t)
ECHO_BODY(int64_t)
ECHO_BODY(uint8_t)
ECHO_BODY(uint16_t)
ECHO_BODY(uint32_t)
ECHO_BODY(uint64_t)
ECHO_BODY(size_t)
ECHO_BODY(float)
ECHO_BODY(double)
ECHO_BODY(troupe_str)
ECHO_BODY(digest)
ECHO_BODY(point)
ECHO_BODY(person)
ECHO_BODY(family)
ECHO_BODY(echo)
ECHO_SPAN_BODY(uint8_t)
ECHO_SPAN_BODY(double)
ECHO_SPAN_BODY(troupe_str)
ECHO_SPAN_BODY(point)
ECHO_SPAN_BODY(person)
ECHO_SPAN_BODY(echo)

static uint64_t on_sum(struct echo_state *self, TROUPE_SPAN(uint64_t) numbers, troupe_str text)
{
    (void)self;
    uint64_t sum = strlen(text);
    for (size_t i = 0; i < numbers.count; i++)
        sum += numbers.data[i];
    return sum;
}

static int on_rank(struct echo_state *self)
{
    (void)self;
    return troupe_rank();
}

TROUPE_IMPLEMENT(echo, (of_bool, on_bool), (of_char, on_char), (of_short, on_short),
                 (of_int, on_int), (of_long, on_long), (of_unsigned, on_unsigned),
                 (of_int8_t, on_int8_t), (of_int16_t, on_int16_t), (of_int32_t, on_int32_t),
                 (of_int64_t, on_int64_t), (of_uint8_t, on_uint8_t), (of_uint16_t, on_uint16_t),
                 (of_uint32_t, on_uint32_t), (of_uint64_t, on_uint64_t), (of_size_t, on_size_t),
                 (of_float, on_float), (of_double, on_double), (of_troupe_str, on_troupe_str),
                 (of_digest, on_digest), (of_point, on_point), (of_person, on_person),
                 (of_family, on_family), (of_echo, on_echo), (of_span_of_uint8_t,
                 on_span_of_uint8_t), (of_span_of_double, on_span_of_double),
                 (of_span_of_troupe_str, on_span_of_troupe_str), (of_span_of_point,
                 on_span_of_point), (of_span_of_person, on_span_of_person), (of_span_of_echo,
                 on_span_of_echo), (sum, on_sum), (rank, on_rank));

/* On another rank, where there is one. */
static echo far_echo(void)
{
    return troupe_new(echo, .with = {.place = troupe_on(troupe_ranks() - 1)});
}

#define EXPECT_BACK(e, T, ...)                                                                     \
    do {                                                                                           \
        const T sent_[] = {__VA_ARGS__};                                                           \
        for (size_t i_ = 0; i_ < LENGTH(sent_); i_++) {                                            \
            T back_ = troupe_await(echo_of_##T(e, sent_[i_]));                                     \
            assert_memory_equal(&back_, &sent_[i_], sizeof back_);                                 \
        }                                                                                          \
    } while (0)

/* ---- numbers --------------------------------------------------------------------------------- */

static void whole_numbers_come_back_up_to_their_limits(void **state)
{
    (void)state;
    echo e = far_echo();
    EXPECT_BACK(e, bool, false, true);
    EXPECT_BACK(e, char, CHAR_MIN, 'x', CHAR_MAX);
    EXPECT_BACK(e, short, SHRT_MIN, -1, 0, SHRT_MAX);
    EXPECT_BACK(e, int, INT_MIN, -1, 0, INT_MAX);
    EXPECT_BACK(e, long, LONG_MIN, -1, 0, LONG_MAX);
    EXPECT_BACK(e, unsigned, 0, UINT_MAX);
    EXPECT_BACK(e, int8_t, INT8_MIN, -1, INT8_MAX);
    EXPECT_BACK(e, int16_t, INT16_MIN, -1, INT16_MAX);
    EXPECT_BACK(e, int32_t, INT32_MIN, -1, INT32_MAX);
    EXPECT_BACK(e, int64_t, INT64_MIN, -1, INT64_MAX);
    EXPECT_BACK(e, uint8_t, 0, UINT8_MAX);
    EXPECT_BACK(e, uint16_t, 0, UINT16_MAX);
    EXPECT_BACK(e, uint32_t, 0, UINT32_MAX);
    EXPECT_BACK(e, uint64_t, 0, UINT64_MAX);
    EXPECT_BACK(e, size_t, 0, SIZE_MAX);
}

static void floating_numbers_come_back_bit_for_bit(void **state)
{
    (void)state;
    echo e = far_echo();
    EXPECT_BACK(e, float, -FLT_MAX, -0.0f, FLT_MIN, 0.1f, INFINITY, NAN);
    EXPECT_BACK(e, double, -DBL_MAX, -0.0, DBL_MIN, 5e-324, 0.1, (double)INFINITY, (double)NAN);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void texts_come_back_whatever_is_in_them(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "seven b", "eight by", "nine byte",
                                        "Grüße, 世界 \xf0\x9f\x8e\xad", "\x01\x7f\xff \n\t\"'%s"};
    echo e = far_echo();
    for (size_t i = 0; i < LENGTH(texts); i++)
        assert_string_equal(troupe_await(echo_of_troupe_str(e, texts[i])), texts[i]);
}

static void a_text_that_is_null_arrives_empty(void **state)
{
    (void)state;
    assert_string_equal(troupe_await(echo_of_troupe_str(far_echo(), NULL)), "");
}

static void a_text_of_a_mebibyte_comes_back(void **state)
{
    (void)state;
    char *text = malloc(MIB + 1);
    for (int i = 0; i < MIB; i++)
        text[i] = (char)('a' + i % 23);
    text[MIB] = 0;
    troupe_str back = troupe_await(echo_of_troupe_str(far_echo(), text));
    bool same = strcmp(back, text) == 0;
    free(text);
    assert_true(same);
}

/* ---- structs, bytes, handles ----------------------------------------------------------------- */

static const int some_scores[] = {3, 1, 4, 1, 5};

static person somebody(const char *name)
{
    return (person){.name = name,
                    .age = 44,
                    .marks = {-1, 0, 1},
                    .nicknames = {"Nick", ""},
                    .home = {1.5, -2.5},
                    .scores = {some_scores, LENGTH(some_scores)}};
}

static void expect_person(const person *p, const char *name)
{
    assert_string_equal(p->name, name);
    assert_int_equal(p->age, 44);
    assert_int_equal(p->marks[0], -1);
    assert_int_equal(p->marks[2], 1);
    assert_string_equal(p->nicknames[0], "Nick");
    assert_string_equal(p->nicknames[1], "");
    assert_true(p->home.x == 1.5 && p->home.y == -2.5);
    assert_int_equal(p->scores.count, LENGTH(some_scores));
    assert_memory_equal(p->scores.data, some_scores, sizeof some_scores);
}

static void bytes_and_flat_structs_come_back(void **state)
{
    (void)state;
    echo e = far_echo();
    digest d;
    for (size_t i = 0; i < sizeof d.bytes; i++)
        d.bytes[i] = (unsigned char)(250 + i);
    EXPECT_BACK(e, digest, d);
    EXPECT_BACK(e, point, {0, 0}, {DBL_MAX, -1});
}

static void structs_with_texts_arrays_and_spans_come_back(void **state)
{
    (void)state;
    echo e = far_echo();
    person p = troupe_await(echo_of_person(e, somebody("Ada")));
    expect_person(&p, "Ada");
    const person others[] = {somebody("Bob"), somebody(""), somebody("Zoë")};
    family sent = {somebody("Eve"), {others, LENGTH(others)}, true};
    family back = troupe_await(echo_of_family(e, sent));
    expect_person(&back.first, "Eve");
    assert_int_equal(back.others.count, 3);
    for (size_t i = 0; i < 3; i++)
        expect_person(&back.others.data[i], others[i].name);
    assert_true(back.happy);
}

static void a_struct_that_is_all_zero_comes_back(void **state)
{
    (void)state;
    family back = troupe_await(echo_of_family(far_echo(), (family){.happy = false}));
    assert_string_equal(back.first.name, "");
    assert_string_equal(back.first.nicknames[1], "");
    assert_int_equal(back.first.scores.count, 0);
    assert_int_equal(back.others.count, 0);
}

static void a_handle_that_came_back_can_be_called(void **state)
{
    (void)state;
    echo e = far_echo(), none = {0};
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        echo sent = troupe_new(echo, .with = {.place = troupe_on(rank)});
        echo back = troupe_await(echo_of_echo(e, sent));
        assert_true(troupe_same(back, sent));
        assert_int_equal(troupe_await(echo_rank(back)), rank);
    }
    assert_true(troupe_same(troupe_await(echo_of_echo(e, none)), none));
}

/* ---- spans ----------------------------------------------------------------------------------- */

static void spans_of_any_length_come_back(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 7, 8, 9, 2000, 2048, 5000, 1000000};
    echo e = far_echo();
    double *numbers = malloc(1000000 * sizeof *numbers);
    for (int i = 0; i < 1000000; i++)
        numbers[i] = i / 7.0;
    for (size_t i = 0; i < LENGTH(counts); i++) {
        struct troupe_scope scope = troupe_scope_begin();
        TROUPE_SPAN(double) sent = {numbers, counts[i]};
        TROUPE_SPAN(double) back = troupe_await(echo_of_span_of_double(e, sent));
        assert_int_equal(back.count, counts[i]);
        assert_memory_equal(back.data, numbers, counts[i] * sizeof *numbers);
        TROUPE_SPAN(uint8_t) bytes = {(const uint8_t *)numbers, counts[i]};
        TROUPE_SPAN(uint8_t) same = troupe_await(echo_of_span_of_uint8_t(e, bytes));
        assert_int_equal(same.count, counts[i]);
        assert_memory_equal(same.data, numbers, counts[i]);
        troupe_scope_end(scope);
    }
    free(numbers);
}

static void spans_of_texts_and_structs_come_back(void **state)
{
    (void)state;
    echo e = far_echo();
    const troupe_str texts[] = {"one", NULL, "", "four"};
    TROUPE_SPAN(troupe_str) back =
        troupe_await(echo_of_span_of_troupe_str(e, (TROUPE_SPAN(troupe_str)){texts, 4}));
    assert_int_equal(back.count, 4);
    assert_string_equal(back.data[0], "one");
    assert_string_equal(back.data[1], "");
    assert_string_equal(back.data[3], "four");

    const point points[] = {{1, 2}, {3, 4}, {5, 6}};
    TROUPE_SPAN(point) p = troupe_await(echo_of_span_of_point(e, (TROUPE_SPAN(point)){points, 3}));
    assert_int_equal(p.count, 3);
    assert_memory_equal(p.data, points, sizeof points);

    enum { PEOPLE = 3000 };
    static person people[PEOPLE];
    for (int i = 0; i < PEOPLE; i++)
        people[i] = somebody(texts[3 * (i % 2)]);
    TROUPE_SPAN(person) all =
        troupe_await(echo_of_span_of_person(e, (TROUPE_SPAN(person)){people, PEOPLE}));
    assert_int_equal(all.count, PEOPLE);
    for (int i = 0; i < PEOPLE; i++)
        expect_person(&all.data[i], texts[3 * (i % 2)]);
}

static void spans_of_handles_come_back(void **state)
{
    (void)state;
    const echo handles[] = {far_echo(), {{0, 0}}, echo_new()};
    TROUPE_SPAN(echo) back =
        troupe_await(echo_of_span_of_echo(handles[0], (TROUPE_SPAN(echo)){handles, 3}));
    assert_int_equal(back.count, 3);
    assert_memory_equal(back.data, handles, sizeof handles);
}

static void an_argument_of_100_mebibytes_arrives(void **state)
{
    (void)state;
    size_t count = 100 * (size_t)MIB / sizeof(uint64_t);
    if (troupe_ranks() != 2)
        skip();
    uint64_t *numbers = malloc(count * sizeof *numbers), sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i] = i * UINT64_C(0x9e3779b97f4a7c15);
    TROUPE_FUTURE(uint64_t)
    answer = echo_sum(far_echo(), (TROUPE_SPAN(uint64_t)){numbers, count}, "four");
    free(numbers);
    assert_int_equal(troupe_await(answer), sum + 4);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_come_back_up_to_their_limits),
        cmocka_unit_test(floating_numbers_come_back_bit_for_bit),
        cmocka_unit_test(texts_come_back_whatever_is_in_them),
        cmocka_unit_test(a_text_that_is_null_arrives_empty),
        cmocka_unit_test(a_text_of_a_mebibyte_comes_back),
        cmocka_unit_test(bytes_and_flat_structs_come_back),
        cmocka_unit_test(structs_with_texts_arrays_and_spans_come_back),
        cmocka_unit_test(a_struct_that_is_all_zero_comes_back),
        cmocka_unit_test(a_handle_that_came_back_can_be_called),
        cmocka_unit_test(spans_of_any_length_come_back),
        cmocka_unit_test(spans_of_texts_and_structs_come_back),
        cmocka_unit_test(spans_of_handles_come_back),
        cmocka_unit_test(an_argument_of_100_mebibytes_arrives),
    };
    return TEST_PLAY(argc, argv, tests, 3);
}
