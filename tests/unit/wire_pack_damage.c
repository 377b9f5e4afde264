/*
 * Tests of unpacking what is damaged: it is refused, or the value leads nowhere outside its bytes.
 *
 * The bytes lie in a block of exactly their size. What was accepted is walked by its description,
 * and all that it points to is read. TROUPE_TEST_SEED chooses the random damage.
 */
#include "wire/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "troupe/declare.h"

#define RANDOM_DAMAGES 150000

TROUPE_STRUCT(label, (troupe_str, name), (TROUPE_SPAN(int16_t), numbers),
              (TROUPE_ARRAY(troupe_str, 3), aliases));
TROUPE_STRUCT(group, (char, id), (TROUPE_SPAN(label), labels), (TROUPE_ARRAY(label, 2), pair),
              (TROUPE_SPAN(troupe_str), texts));
TROUPE_STRUCT(world, (int, open), (TROUPE_SPAN(group), groups), (TROUPE_SPAN(double), curve),
              (troupe_str, last));

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t seed;

static uint64_t draw(void)
{
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* ---- whether a value stays within its bytes -------------------------------------------------- */

static const unsigned char *low, *high;
static volatile unsigned char sink;

static bool within(const struct troupe_type *type, const void *value);

static bool text_within(const char *text)
{
    uintptr_t at = (uintptr_t)text;
    return at >= (uintptr_t)low && at < (uintptr_t)high && memchr(text, 0, (uintptr_t)high - at);
}

static bool span_within(const struct troupe_type *element, const void *value)
{
    const TROUPE_SPAN(char) *span = value;
    uintptr_t at = (uintptr_t)span->data;
    if (at < (uintptr_t)low || at > (uintptr_t)high || at % 8 ||
        span->count > ((uintptr_t)high - at) / element->size)
        return false;
    for (size_t i = 0; i < span->count * element->size; i++)
        sink = (unsigned char)span->data[i];
    for (size_t i = 0; i < span->count; i++)
        if (!within(element, span->data + i * element->size))
            return false;
    return true;
}

static bool fields_within(const struct troupe_type *type, const void *value)
{
    for (uint32_t i = 0; i < type->count; i++) {
        const struct troupe_field *f = &type->fields[i];
        for (uint32_t k = 0; k < (f->count ? f->count : 1); k++)
            if (!within(f->type, (const char *)value + f->offset + k * f->type->size))
                return false;
    }
    return true;
}

static bool within(const struct troupe_type *type, const void *value)
{
    if (type->flat)
        return true;
    if (type->kind == TROUPE_KIND_STR)
        return text_within(*(const troupe_str *)value);
    if (type->kind == TROUPE_KIND_SPAN)
        return span_within(type->element, value);
    return fields_within(type, value);
}

/* ---- what is damaged ------------------------------------------------------------------------- */

static unsigned char *good;
static size_t size;

static int pack_a_world(void **state)
{
    static const int16_t numbers[] = {-1, 2, -3};
    static const label labels[] = {
        {"zero", {numbers, 3}, {"a", NULL, "longer than eight"}}, {"", {numbers, 1}, {0}}};
    static const troupe_str texts[] = {"t0", NULL, "t2"};
    static const double curve[] = {1, 2, 3};
    const group groups[] = {{'a', {labels, 2}, {labels[0], labels[1]}, {texts, 3}},
                            {.id = 'b', .texts = {texts, 1}}};
    const world value = {1, {groups, 2}, {curve, 3}, "the end"};

    (void)state;
    size = trp_packed_size(&troupe_type_world, &value);
    good = malloc(size);
    trp_pack(&troupe_type_world, &value, good);
    return 0;
}

static int free_it(void **state)
{
    (void)state;
    free(good);
    return 0;
}

/* A block of its own, every time: unpacking writes into it. */
static bool survives(const struct troupe_type *type, const void *damaged, size_t bytes)
{
    unsigned char *copy = memcpy(malloc(bytes), damaged, bytes);
    low = copy;
    high = copy + bytes;
    bool safe = !trp_unpack(type, copy, bytes) || within(type, copy);
    free(copy);
    return safe;
}

static bool world_survives(const void *damaged)
{
    return survives(&troupe_type_world, damaged, size);
}

static void the_undamaged_value_is_accepted(void **state)
{
    (void)state;
    unsigned char *copy = memcpy(malloc(size), good, size);
    assert_true(trp_unpack(&troupe_type_world, copy, size));
    low = copy;
    high = copy + size;
    assert_true(within(&troupe_type_world, copy));
    assert_string_equal(((world *)(void *)copy)->last, "the end");
    free(copy);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void bytes_that_are_cut_off_do_no_harm(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < size; bytes++)
        assert_true(survives(&troupe_type_world, good, bytes));
}

static void what_is_shorter_than_the_image_is_refused(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < sizeof(world); bytes++) {
        unsigned char *copy = memcpy(malloc(bytes), good, bytes);
        assert_false(trp_unpack(&troupe_type_world, copy, bytes));
        free(copy);
    }
}

static void a_byte_of_any_value_anywhere_does_no_harm(void **state)
{
    unsigned char *bad = memcpy(malloc(size), good, size);

    (void)state;
    for (size_t at = 0; at < size; at++) {
        for (int value = 0; value < 256; value += value < 16 || value > 247 ? 1 : 8) {
            bad[at] = (unsigned char)value;
            if (!world_survives(bad))
                fail_msg("byte %zu is %d instead of %d", at, value, good[at]);
        }
        bad[at] = good[at];
    }
    free(bad);
}

static void try_word(unsigned char *bad, size_t at, uint64_t word)
{
    memcpy(bad + at, &word, 8);
    if (!world_survives(bad))
        fail_msg("the word at %zu is %#llx", at, (unsigned long long)word);
    memcpy(bad + at, good + at, 8);
}

/* Every pointer and every count leads to every other place, and far away. */
static void an_offset_or_a_count_of_any_value_does_no_harm(void **state)
{
    unsigned char *bad = memcpy(malloc(size), good, size);

    (void)state;
    for (size_t at = 0; at < size; at += 8) {
        for (uint64_t word = 0; word <= size + 8; word += word < 64 ? 1 : 8)
            try_word(bad, at, word);
        for (unsigned bit = 0; bit < 64; bit++) {
            try_word(bad, at, UINT64_C(1) << bit);
            try_word(bad, at, -(UINT64_C(1) << bit));
            try_word(bad, at, (UINT64_C(1) << bit) - 1);
        }
        for (uint64_t n = 1; n < 64; n++)
            try_word(bad, at, UINT64_MAX / n + 1);
        try_word(bad, at, (uintptr_t)bad);
    }
    free(bad);
}

static uint64_t strange_word(void)
{
    switch (draw() % 4) {
    case 0:
        return 8 * (draw() % (size / 8 + 2));
    case 1:
        return draw() % (size + 2);
    case 2:
        return draw() % 8;
    default:
        return draw() >> draw() % 64;
    }
}

static void damage(unsigned char *bad)
{
    if (draw() % 2) {
        bad[draw() % size] = (unsigned char)draw();
    } else {
        uint64_t word = strange_word();
        memcpy(bad + 8 * (draw() % (size / 8)), &word, 8);
    }
}

static void random_damage_does_no_harm(void **state)
{
    unsigned char *bad = malloc(size);

    (void)state;
    for (int i = 0; i < RANDOM_DAMAGES; i++) {
        memcpy(bad, good, size);
        for (uint64_t n = 1 + draw() % 6; n > 0; n--)
            damage(bad);
        if (!world_survives(bad))
            fail_msg("damage number %d", i);
    }
    free(bad);
}

/* Nothing but noise, as values of types small enough that some is accepted. */
static void noise_does_no_harm(void **state)
{
    static const struct troupe_type *const types[] = {
        &troupe_type_troupe_str, &troupe_type_troupe_span_troupe_str,
        &troupe_type_troupe_span_double, &troupe_type_troupe_span_label, &troupe_type_label};
    uint64_t words[16];

    (void)state;
    for (int i = 0; i < RANDOM_DAMAGES; i++) {
        size_t n = 1 + draw() % 16;
        for (size_t k = 0; k < n; k++)
            words[k] = draw() % 2 ? draw() % 16 * 8 : strange_word();
        const struct troupe_type *type = types[draw() % 5];
        if (!survives(type, words, 8 * n))
            fail_msg("noise number %d, as a %s", i, type->name);
    }
}

/* ---- damage of one kind ---------------------------------------------------------------------- */

static void a_span_that_lies_over_its_own_count_is_refused(void **state)
{
    const uint64_t words[] = {8, 1, 0};

    (void)state;
    assert_true(survives(&troupe_type_troupe_span_troupe_str, words, sizeof words));
}

static void a_string_without_an_end_is_refused(void **state)
{
    uint64_t words[] = {8, UINT64_MAX};

    (void)state;
    assert_false(trp_unpack(&troupe_type_troupe_str, words, sizeof words));
}

static void a_string_that_begins_at_the_end_is_refused(void **state)
{
    uint64_t words[] = {16, 0};

    (void)state;
    assert_false(trp_unpack(&troupe_type_troupe_str, words, sizeof words));
}

static void a_count_whose_bytes_overflow_is_refused(void **state)
{
    static const uint64_t counts[] = {UINT64_MAX, UINT64_MAX / 8 + 1, UINT64_MAX / 8 + 2,
                                      UINT64_MAX / 2 + 1, 2};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint64_t words[] = {16, counts[i], 0};
        assert_false(trp_unpack(&troupe_type_troupe_span_double, words, sizeof words));
    }
}

static void a_span_that_is_not_aligned_is_refused(void **state)
{
    (void)state;
    for (uint64_t at = 17; at < 24; at++) {
        uint64_t words[] = {at, 0, 0};
        assert_false(trp_unpack(&troupe_type_troupe_span_double, words, sizeof words));
    }
}

int main(void)
{
    const char *wanted = getenv("TROUPE_TEST_SEED");
    seed = wanted ? strtoull(wanted, NULL, 0) : 1;
    printf("TROUPE_TEST_SEED=%llu\n", (unsigned long long)seed);

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_undamaged_value_is_accepted),
        cmocka_unit_test(bytes_that_are_cut_off_do_no_harm),
        cmocka_unit_test(what_is_shorter_than_the_image_is_refused),
        cmocka_unit_test(a_byte_of_any_value_anywhere_does_no_harm),
        cmocka_unit_test(an_offset_or_a_count_of_any_value_does_no_harm),
        cmocka_unit_test(random_damage_does_no_harm),
        cmocka_unit_test(noise_does_no_harm),
        cmocka_unit_test(a_span_that_lies_over_its_own_count_is_refused),
        cmocka_unit_test(a_string_without_an_end_is_refused),
        cmocka_unit_test(a_string_that_begins_at_the_end_is_refused),
        cmocka_unit_test(a_count_whose_bytes_overflow_is_refused),
        cmocka_unit_test(a_span_that_is_not_aligned_is_refused),
    };

    return cmocka_run_group_tests(tests, pack_a_world, free_it);
}
