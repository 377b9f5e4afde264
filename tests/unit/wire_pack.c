/*
 * Tests of packing: every kind of type there and back.
 *
 * Packed values lie in blocks of exactly their size, so that the address sanitizer sees what is
 * written or read beyond them. What damaged bytes do is in wire_pack_damage.c.
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

/* ---- the types ------------------------------------------------------------------------------- */

typedef struct octets {
    unsigned char octet[13];
    uint16_t last;
} octets;

TROUPE_BYTES(octets);
TROUPE_CLASS(sample);
TROUPE_STRUCT(point, (double, x), (float, y), (int8_t, tag));
TROUPE_STRUCT(odd, (TROUPE_ARRAY(char, 3), three));
TROUPE_STRUCT(label, (troupe_str, name), (TROUPE_SPAN(int16_t), numbers),
              (TROUPE_ARRAY(troupe_str, 3), aliases));
TROUPE_STRUCT(group, (char, id), (TROUPE_SPAN(label), labels), (TROUPE_ARRAY(label, 2), pair),
              (TROUPE_SPAN(troupe_str), texts));
TROUPE_STRUCT(world, (bool, open), (group, first), (TROUPE_SPAN(group), groups), (octets, bytes),
              (TROUPE_SPAN(octets), more_bytes), (TROUPE_ARRAY(TROUPE_SPAN(double), 2), curves),
              (sample, who), (TROUPE_SPAN(sample), others), (TROUPE_SPAN(point), points));

/* ---- there and back -------------------------------------------------------------------------- */

/* Packed twice over different rubbish, so that a byte that is not written shows. */
static void *packed(const struct troupe_type *type, const void *value, size_t *size)
{
    *size = trp_packed_size(type, value);
    assert_int_equal(*size % 8, 0);
    assert_true(*size >= type->size);
    void *bytes = memset(malloc(*size), 0xaa, *size), *again = memset(malloc(*size), 0x55, *size);
    trp_pack(type, value, bytes);
    trp_pack(type, value, again);
    assert_memory_equal(bytes, again, *size);
    free(again);
    return bytes;
}

/* Unpacked in another place than it was packed in. free() it. */
static void *there_and_back(const struct troupe_type *type, const void *value)
{
    size_t size;
    void *bytes = packed(type, value, &size), *arrived = malloc(size);
    memcpy(arrived, bytes, size);
    free(bytes);
    assert_true(trp_unpack(type, arrived, size));
    return arrived;
}

#define ARRIVES(T, ...)                                                                            \
    do {                                                                                           \
        T value_ = __VA_ARGS__;                                                                    \
        T *back_ = there_and_back(&TROUPE_CAT_(troupe_type_, T), &value_);                         \
        assert_memory_equal(back_, &value_, sizeof value_);                                        \
        free(back_);                                                                               \
    } while (0)

static void numbers_arrive_bit_for_bit(void **state)
{
    (void)state;
    ARRIVES(bool, true);
    ARRIVES(bool, false);
    ARRIVES(char, 'x');
    ARRIVES(short, -12345);
    ARRIVES(int, INT32_MIN);
    ARRIVES(long, INT64_MIN);
    ARRIVES(unsigned, UINT32_MAX);
    ARRIVES(int8_t, INT8_MIN);
    ARRIVES(int16_t, INT16_MIN);
    ARRIVES(int32_t, INT32_MIN);
    ARRIVES(int64_t, INT64_MIN);
    ARRIVES(uint8_t, UINT8_MAX);
    ARRIVES(uint16_t, UINT16_MAX);
    ARRIVES(uint32_t, UINT32_MAX);
    ARRIVES(uint64_t, UINT64_MAX);
    ARRIVES(size_t, SIZE_MAX);
    ARRIVES(float, -0.0f);
    ARRIVES(float, 1.0f / 3);
    ARRIVES(double, 1.0 / 3);
    ARRIVES(double, -__builtin_inf());
    ARRIVES(double, __builtin_nan("17"));
}

static void handles_and_bytes_arrive_bit_for_bit(void **state)
{
    (void)state;
    ARRIVES(sample, {.ref = ((struct troupe_ref){0x123456789abcdef0u, ~UINT64_C(0)})});
    octets value;
    memset(&value, 0x5a, sizeof value);
    octets *back = there_and_back(&troupe_type_octets, &value);
    assert_memory_equal(back, &value, sizeof value);
    free(back);
}

static void flat_types_need_their_image_and_no_more(void **state)
{
    char c = 'c';
    odd three = {{1, 2, 3}};
    point p = {1, 2, 3};

    (void)state;
    assert_true(troupe_type_point.flat && troupe_type_odd.flat && troupe_type_sample.flat);
    assert_false(troupe_type_label.flat || troupe_type_world.flat || troupe_type_troupe_str.flat);
    assert_int_equal(trp_packed_size(&troupe_type_char, &c), 8);
    assert_int_equal(trp_packed_size(&troupe_type_odd, &three), 8);
    assert_int_equal(trp_packed_size(&troupe_type_point, &p), 16);
    ARRIVES(odd, {{1, 2, 3}});
}

/* ---- strings --------------------------------------------------------------------------------- */

static void a_string_of_any_length_arrives(void **state)
{
    char text[66];

    (void)state;
    for (size_t length = 0; length < sizeof text; length++) {
        memset(text, 'a' + (int)(length % 26), length);
        text[length] = 0;
        troupe_str value = text, *back = there_and_back(&troupe_type_troupe_str, &value);
        assert_string_equal(*back, text);
        assert_ptr_not_equal(*back, text);
        free(back);
    }
}

static void a_long_string_arrives(void **state)
{
    size_t length = (5u << 20) + 3;
    char *text = malloc(length + 1);

    (void)state;
    memset(text, 'l', length);
    text[length] = 0;
    troupe_str value = text, *back = there_and_back(&troupe_type_troupe_str, &value);
    assert_int_equal(strlen(*back), length);
    assert_memory_equal(*back, text, length + 1);
    free(back);
    free(text);
}

static void a_null_string_arrives_empty(void **state)
{
    troupe_str value = NULL, *back = there_and_back(&troupe_type_troupe_str, &value);

    (void)state;
    assert_non_null(*back);
    assert_string_equal(*back, "");
    free(back);
}

static void the_value_that_was_packed_is_left_as_it_was(void **state)
{
    label value = {"name", {(const int16_t[]){1, 2}, 2}, {"a", NULL, "c"}}, before = value;
    size_t size;

    (void)state;
    free(packed(&troupe_type_label, &value, &size));
    assert_memory_equal(&value, &before, sizeof value);
}

/* ---- spans ----------------------------------------------------------------------------------- */

static void a_span_of_flat_elements_of_any_count_arrives(void **state)
{
    int16_t numbers[21];

    (void)state;
    for (int i = 0; i < 21; i++)
        numbers[i] = (int16_t)(i * 1000 - 9999);
    for (size_t n = 0; n <= 21; n++) {
        TROUPE_SPAN(int16_t) value = {numbers, n};
        TROUPE_SPAN(int16_t) *back = there_and_back(&troupe_type_troupe_span_int16_t, &value);
        assert_int_equal(back->count, n);
        assert_memory_equal(back->data, numbers, n * sizeof *numbers);
        free(back);
    }
}

static void an_empty_span_needs_no_data(void **state)
{
    TROUPE_SPAN(label) labels = {NULL, 0};
    TROUPE_SPAN(double) doubles = {NULL, 0};

    (void)state;
    TROUPE_SPAN(label) *no_labels = there_and_back(&troupe_type_troupe_span_label, &labels);
    TROUPE_SPAN(double) *no_doubles = there_and_back(&troupe_type_troupe_span_double, &doubles);
    assert_int_equal(no_labels->count, 0);
    assert_int_equal(no_doubles->count, 0);
    free(no_labels);
    free(no_doubles);
}

static void elements_of_an_odd_size_arrive(void **state)
{
    octets some[5];
    TROUPE_SPAN(octets) value = {some, 5};

    (void)state;
    memset(some, 0x7e, sizeof some);
    TROUPE_SPAN(octets) *back = there_and_back(&troupe_type_troupe_span_octets, &value);
    assert_memory_equal(back->data, some, sizeof some);
    free(back);
}

static void a_span_of_strings_arrives(void **state)
{
    const troupe_str texts[] = {"", NULL, "seven77", "eight888", "a longer one than these"};
    TROUPE_SPAN(troupe_str) value = {texts, 5};
    TROUPE_SPAN(troupe_str) *back = there_and_back(&troupe_type_troupe_span_troupe_str, &value);

    (void)state;
    assert_int_equal(back->count, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(back->data[i], texts[i] ? texts[i] : "");
    free(back);
}

static void a_span_of_a_million_arrives(void **state)
{
    size_t n = 1000003;
    double *numbers = malloc(n * sizeof *numbers);

    (void)state;
    for (size_t i = 0; i < n; i++)
        numbers[i] = (double)i / 7;
    TROUPE_SPAN(double) value = {numbers, n};
    TROUPE_SPAN(double) *back = there_and_back(&troupe_type_troupe_span_double, &value);
    assert_memory_equal(back->data, numbers, n * sizeof *numbers);
    free(back);
    free(numbers);
}

/* ---- structs within structs ------------------------------------------------------------------ */

static void a_struct_of_strings_spans_and_arrays_arrives(void **state)
{
    const int16_t numbers[] = {-1, 0, 1};
    label value = {"main", {numbers, 3}, {"one", "", "three"}};
    label *back = there_and_back(&troupe_type_label, &value);

    (void)state;
    assert_string_equal(back->name, "main");
    assert_int_equal(back->numbers.count, 3);
    assert_memory_equal(back->numbers.data, numbers, sizeof numbers);
    assert_string_equal(back->aliases[0], "one");
    assert_string_equal(back->aliases[1], "");
    assert_string_equal(back->aliases[2], "three");
    free(back);
}

static void structs_three_deep_arrive(void **state)
{
    const int16_t numbers[] = {11, 12};
    const label labels[] = {{"l0", {numbers, 2}, {"x", NULL, "z"}}, {NULL, {NULL, 0}, {0}}};
    const troupe_str texts[] = {"t0", "t1"};
    const group groups[] = {
        {'g', {labels, 2}, {{.name = "p0"}, {.numbers = {numbers, 1}}}, {texts, 2}}, {.id = 'h'}};
    const double curve[] = {0.5, 0.25};
    const sample others[] = {{{1, 2}}, {{3, 4}}};
    const point points[] = {{1, 2, 3}};
    world value = {.open = true, .first = groups[0], .groups = {groups, 2}};
    value.curves[1].data = curve;
    value.curves[1].count = 2;
    value.who = others[1];
    value.others.data = others;
    value.others.count = 2;
    value.points.data = points;
    value.points.count = 1;

    (void)state;
    world *back = there_and_back(&troupe_type_world, &value);
    assert_true(back->open);
    assert_int_equal(back->first.id, 'g');
    assert_string_equal(back->first.labels.data[0].aliases[2], "z");
    assert_int_equal(back->groups.count, 2);
    const group *g = back->groups.data;
    assert_int_equal(g[1].id, 'h');
    assert_int_equal(g[1].labels.count + g[1].texts.count, 0);
    assert_string_equal(g[1].pair[1].aliases[2], "");
    assert_int_equal(g[0].labels.count, 2);
    assert_string_equal(g[0].labels.data[0].name, "l0");
    assert_int_equal(g[0].labels.data[0].numbers.data[1], 12);
    assert_string_equal(g[0].labels.data[0].aliases[1], "");
    assert_string_equal(g[0].labels.data[1].name, "");
    assert_string_equal(g[0].pair[0].name, "p0");
    assert_int_equal(g[0].pair[1].numbers.data[0], 11);
    assert_string_equal(g[0].texts.data[1], "t1");
    assert_int_equal(back->curves[0].count, 0);
    assert_true(back->curves[1].data[1] == 0.25);
    assert_true(troupe_same_ref(back->who.ref, others[1].ref));
    assert_memory_equal(back->others.data, others, sizeof others);
    assert_true(back->points.data[0].y == 2);
    free(back);
}

static void arguments_of_a_method_arrive(void **state)
{
    static const struct troupe_field fields[] = {
        {"text", &troupe_type_troupe_str, 0, 0},
        {"count", &troupe_type_int, 8, 0},
        {"labels", &troupe_type_troupe_span_label, 16, 0}};
    static const struct troupe_type type = {"arguments", TROUPE_KIND_STRUCT, false, 32, 3, fields,
                                            NULL};
    const label labels[] = {{.name = "only"}};
    struct {
        troupe_str text;
        int count;
        TROUPE_SPAN(label) labels;
    } value = {"hello", 7, {labels, 1}}, *back;

    (void)state;
    memset((char *)&value + 12, 0, 4);
    back = there_and_back(&type, &value);
    assert_string_equal(back->text, "hello");
    assert_int_equal(back->count, 7);
    assert_string_equal(back->labels.data[0].name, "only");
    free(back);
}

static void nothing_can_be_sent(void **state)
{
    static const struct troupe_type none = {.kind = TROUPE_KIND_STRUCT, .flat = true, .size = 1};

    (void)state;
    free(there_and_back(&none, &(char){0}));
    free(there_and_back(&troupe_type_void, &(troupe_void){0}));
}

/* ---- more than memory has -------------------------------------------------------------------- */

static void a_count_that_no_memory_holds_has_no_size(void **state)
{
    static const size_t counts[] = {SIZE_MAX,         SIZE_MAX / 8,       SIZE_MAX / 8 + 1,
                                    SIZE_MAX / 8 + 2, PTRDIFF_MAX / 8 + 1, SIZE_MAX / 2,
                                    PTRDIFF_MAX / 8};
    double one = 1;

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        TROUPE_SPAN(double) value = {&one, counts[i]};
        assert_true(trp_packed_size(&troupe_type_troupe_span_double, &value) == SIZE_MAX);
    }
    for (size_t less = 0; less < 10; less++) { /* rounding up must not come round to 0 */
        TROUPE_SPAN(char) value = {"c", SIZE_MAX - less};
        assert_true(trp_packed_size(&troupe_type_troupe_span_char, &value) == SIZE_MAX);
    }
    TROUPE_SPAN(octets) octets_value = {(const octets *)(void *)&one, SIZE_MAX / 16 * 2};
    assert_true(trp_packed_size(&troupe_type_troupe_span_octets, &octets_value) == SIZE_MAX);
}

static void spans_that_only_together_are_too_large_have_no_size(void **state)
{
    double one = 1;
    world value = {.open = true};

    (void)state;
    value.curves[0].data = value.curves[1].data = &one;
    value.curves[0].count = value.curves[1].count = PTRDIFF_MAX / 8 - 100;
    assert_true(trp_packed_size(&troupe_type_world, &value) == SIZE_MAX);
    value.curves[1].count = 0;
    assert_true(trp_packed_size(&troupe_type_world, &value) < PTRDIFF_MAX);
    /* Three of them would be more than SIZE_MAX. */
    const world three[] = {value, value, value};
    TROUPE_SPAN(world) span = {three, 3};
    assert_true(trp_packed_size(&troupe_type_troupe_span_world, &span) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_arrive_bit_for_bit),
        cmocka_unit_test(handles_and_bytes_arrive_bit_for_bit),
        cmocka_unit_test(flat_types_need_their_image_and_no_more),
        cmocka_unit_test(a_string_of_any_length_arrives),
        cmocka_unit_test(a_long_string_arrives),
        cmocka_unit_test(a_null_string_arrives_empty),
        cmocka_unit_test(the_value_that_was_packed_is_left_as_it_was),
        cmocka_unit_test(a_span_of_flat_elements_of_any_count_arrives),
        cmocka_unit_test(an_empty_span_needs_no_data),
        cmocka_unit_test(elements_of_an_odd_size_arrive),
        cmocka_unit_test(a_span_of_strings_arrives),
        cmocka_unit_test(a_span_of_a_million_arrives),
        cmocka_unit_test(a_struct_of_strings_spans_and_arrays_arrives),
        cmocka_unit_test(structs_three_deep_arrive),
        cmocka_unit_test(arguments_of_a_method_arrive),
        cmocka_unit_test(nothing_can_be_sent),
        cmocka_unit_test(a_count_that_no_memory_holds_has_no_size),
        cmocka_unit_test(spans_that_only_together_are_too_large_have_no_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
