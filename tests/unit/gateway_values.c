/*
 * Tests of values as JSON: every kind of type there and back, and everything that is refused, with
 * the field that it names.
 */
#include "gateway/values.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "actor/actor.h"
#include "troupe/declare.h"
#include "wire/pack.h"

#define RANKS 4

/* ---- the types ------------------------------------------------------------------------------- */

typedef struct octets {
    unsigned char octet[13];
} octets;

TROUPE_BYTES(octets);
TROUPE_CLASS(sample);
TROUPE_STRUCT(numbers, (int8_t, i8), (int16_t, i16), (int32_t, i32), (int64_t, i64), (uint8_t, u8),
              (uint16_t, u16), (uint32_t, u32), (uint64_t, u64), (char, c), (float, f), (double, d),
              (bool, b));
TROUPE_STRUCT(point, (double, x), (int32_t, y));
TROUPE_STRUCT(label, (troupe_str, name), (TROUPE_SPAN(point), points),
              (TROUPE_ARRAY(int16_t, 3), three), (TROUPE_ARRAY(char, 8), tag),
              (TROUPE_ARRAY(uint8_t, 4), raw));
TROUPE_STRUCT(world, (numbers, n), (TROUPE_SPAN(label), labels), (TROUPE_SPAN(char), text),
              (TROUPE_SPAN(uint8_t), data), (octets, bytes), (sample, who),
              (TROUPE_SPAN(troupe_str), words), (TROUPE_ARRAY(point, 2), pair));

/* ---- reading and writing in a test ----------------------------------------------------------- */

static bool find(void *who, const char *text, const char *class_, struct troupe_ref *ref,
                 struct trp_fault *fault)
{
    assert_ptr_equal(who, &find);
    assert_string_equal(class_, "sample");
    if (trp_id_read(text, RANKS, ref))
        return true;
    fault->code = "not_found";
    snprintf(fault->message, sizeof fault->message, "there is no actor %s", text);
    return false;
}

static const struct trp_writing plain = {.ranks = RANKS};

struct readback {
    struct trp_arena arena;
    struct trp_reading reading;
    bool good;
};

static void read_json(struct readback *back, const struct troupe_type *type, const json_t *json,
                      void *value)
{
    *back = (struct readback){.reading = {.find = find, .who = (void *)(uintptr_t)&find}};
    back->reading.arena = &back->arena;
    back->good = trp_value_read(&back->reading, type, "args", json, value);
}

static void read_text(struct readback *back, const struct troupe_type *type, const char *text,
                      void *value)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &error);
    if (!json)
        fail_msg("the test's own JSON: %s", error.text);
    read_json(back, type, json, value);
    json_decref(json);
}

static void done(struct readback *back)
{
    trp_arena_release(&back->arena, NULL);
}

static void refused(const struct troupe_type *type, const char *text, const char *code,
                    const char *field, const char *says)
{
    char *value = malloc(type->size);
    struct readback back;
    read_text(&back, type, text, value);
    assert_false(back.good);
    assert_string_equal(back.reading.fault.code, code);
    assert_string_equal(back.reading.fault.field, field);
    if (!strstr(back.reading.fault.message, says))
        fail_msg("%s does not say %s", back.reading.fault.message, says);
    done(&back);
    free(value);
}

static void writes(const struct troupe_type *type, const void *value, const char *text)
{
    json_t *json = trp_value_write(&plain, type, value);
    char *written = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
    assert_string_equal(written, text);
    free(written);
    json_decref(json);
}

/* ---- numbers --------------------------------------------------------------------------------- */

#define TAKES(T, text, expected)                                                                   \
    do {                                                                                           \
        T value_;                                                                                  \
        struct readback back_;                                                                     \
        read_text(&back_, &troupe_type_##T, text, &value_);                                        \
        assert_true(back_.good);                                                                   \
        assert_true(value_ == (expected));                                                         \
        done(&back_);                                                                              \
    } while (0)

#define ENDS_AT(T, least, most, below, above)                                                      \
    do {                                                                                           \
        TAKES(T, #least, (T)least);                                                                \
        TAKES(T, #most, (T)most);                                                                  \
        TAKES(T, "\"" #least "\"", (T)least);                                                      \
        TAKES(T, "\"" #most "\"", (T)most);                                                        \
        const char *says_ = #T " can be " #least " to " #most;                                     \
        refused(&troupe_type_##T, below, "out_of_range", "args", says_);                           \
        refused(&troupe_type_##T, above, "out_of_range", "args", says_);                           \
    } while (0)

static void integers_are_taken_up_to_the_ends_of_their_range(void **state)
{
    (void)state;
    ENDS_AT(int8_t, -128, 127, "-129", "128");
    ENDS_AT(int16_t, -32768, 32767, "-32769", "32768");
    ENDS_AT(int32_t, -2147483648, 2147483647, "-2147483649", "2147483648");
    ENDS_AT(uint8_t, 0, 255, "-1", "256");
    ENDS_AT(uint16_t, 0, 65535, "-1", "65536");
    ENDS_AT(uint32_t, 0, 4294967295, "-1", "4294967296");
    ENDS_AT(char, -128, 127, "-129", "128");
    TAKES(int64_t, "9223372036854775807", INT64_MAX);
    TAKES(int64_t, "-9223372036854775808", INT64_MIN);
    TAKES(int64_t, "\"-9223372036854775808\"", INT64_MIN);
    TAKES(uint64_t, "\"18446744073709551615\"", UINT64_MAX);
    refused(&troupe_type_uint64_t, "\"18446744073709551616\"", "out_of_range", "args", "uint64_t");
    refused(&troupe_type_int64_t, "\"9223372036854775808\"", "out_of_range", "args", "int64_t");
    refused(&troupe_type_uint64_t, "-1", "out_of_range", "args", "0 to 18446744073709551615");
}

static void what_is_no_integer_is_refused_as_one(void **state)
{
    static const char *const others[] = {"1.5",   "1e300", "null",    "true",  "\"\"",
                                         "\"1x\"", "\"-\"", "\"+1\"", "\" 1\"", "[1]",
                                         "{}",    "\"0x1\""};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        refused(&troupe_type_int32_t, others[i], "wrong_type", "args", "is to be an integer");
    TAKES(int32_t, "3.0", 3);
}

static void integers_beyond_what_json_readers_take_are_text(void **state)
{
    const struct trp_writing script = {.ranks = RANKS, .big_as_text = true};
    uint64_t values[] = {UINT64_C(1) << 53, (UINT64_C(1) << 53) + 1, INT64_MAX, UINT64_MAX};
    bool text_if_plain[] = {false, false, false, true}, text_if_asked[] = {false, true, true, true};
    (void)state;
    for (int i = 0; i < 4; i++) {
        json_t *a = trp_value_write(&plain, &troupe_type_uint64_t, &values[i]);
        json_t *b = trp_value_write(&script, &troupe_type_uint64_t, &values[i]);
        assert_int_equal(json_is_string(a), text_if_plain[i]);
        assert_int_equal(json_is_string(b), text_if_asked[i]);
        json_decref(a);
        json_decref(b);
    }
    int64_t least = INT64_MIN;
    writes(&troupe_type_int64_t, &least, "-9223372036854775808");
    writes(&troupe_type_uint64_t, &values[3], "\"18446744073709551615\"");
}

static void floats_have_names_for_what_json_has_no_number_for(void **state)
{
    double values[] = {NAN, INFINITY, -INFINITY, 0.5, -0.0};
    static const char *const texts[] = {"\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "0.5", "-0.0"};
    (void)state;
    for (int i = 0; i < 5; i++) {
        double came;
        float narrow;
        struct readback back;
        writes(&troupe_type_double, &values[i], texts[i]);
        read_text(&back, &troupe_type_double, texts[i], &came);
        assert_true(back.good);
        assert_true(isnan(values[i]) ? isnan(came) : came == values[i]);
        done(&back);
        read_text(&back, &troupe_type_float, texts[i], &narrow);
        assert_true(back.good && (isnan(values[i]) ? isnan(narrow) : narrow == (float)values[i]));
        done(&back);
    }
    TAKES(double, "7", 7.0);
    TAKES(double, "\"12\"", 12.0);
    refused(&troupe_type_float, "1e39", "out_of_range", "args", "float can be");
    refused(&troupe_type_double, "\"nan\"", "wrong_type", "args", "NaN");
    refused(&troupe_type_double, "\"1.5\"", "wrong_type", "args", "is to be a number");
}

/* ---- bytes and text -------------------------------------------------------------------------- */

#define READS_SPAN(T, json, bytes, n)                                                              \
    do {                                                                                           \
        TROUPE_SPAN(T) span_;                                                                      \
        struct readback back_;                                                                     \
        read_text(&back_, &TROUPE_CAT_(troupe_type_, TROUPE_SPAN(T)), json, &span_);               \
        assert_true(back_.good);                                                                   \
        assert_int_equal(span_.count, n);                                                          \
        assert_memory_equal(span_.data, bytes, n);                                                 \
        done(&back_);                                                                              \
    } while (0)

static void bytes_come_as_text_or_base64_or_numbers(void **state)
{
    static const unsigned char odd[] = {0xff, 0, 'a'};
    const TROUPE_SPAN(uint8_t) octets_ = {odd, 3}, none = {NULL, 0};
    const TROUPE_SPAN(char) text = {"h\xc3\xa9", 3};
    (void)state;
    READS_SPAN(uint8_t, "\"h\\u00e9\"", "h\xc3\xa9", 3);
    READS_SPAN(uint8_t, "{\"base64\": \"/wBh\"}", odd, 3);
    READS_SPAN(uint8_t, "[255, 0, 97]", odd, 3);
    READS_SPAN(char, "\"abc\"", "abc", 3);
    READS_SPAN(char, "[97, -1]", "a\xff", 2);
    READS_SPAN(char, "\"\"", "", 0);
    writes(&troupe_type_troupe_span_uint8_t, &octets_, "{\"base64\":\"/wBh\"}");
    writes(&troupe_type_troupe_span_uint8_t, &none, "\"\"");
    writes(&troupe_type_troupe_span_char, &text, "\"h\xc3\xa9\"");
    refused(&troupe_type_troupe_span_uint8_t, "[255, 256]", "out_of_range", "args[1]", "uint8_t");
    refused(&troupe_type_troupe_span_uint8_t, "{\"base64\": \"/w=a\"}", "wrong_type", "args",
            "base64");
    refused(&troupe_type_troupe_span_uint8_t, "{\"base64\": \"/\"}", "wrong_type", "args",
            "base64");
    refused(&troupe_type_troupe_span_uint8_t, "{\"base64\": \"\", \"more\": 1}", "wrong_type",
            "args", "alone");
    refused(&troupe_type_troupe_span_uint8_t, "7", "wrong_type", "args", "a string");
}

static void base64_is_what_the_rfc_says(void **state)
{
    static const char *const pairs[][2] = {{"", ""},         {"f", "Zg=="},     {"fo", "Zm8="},
                                           {"foo", "Zm9v"},  {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char json[64], unpadded[64];
        snprintf(json, sizeof json, "{\"base64\": \"%s\"}", pairs[i][1]);
        snprintf(unpadded, sizeof unpadded, "{\"base64\": \"%.*s\"}",
                 (int)strcspn(pairs[i][1], "="), pairs[i][1]);
        READS_SPAN(char, json, pairs[i][0], strlen(pairs[i][0]));
        READS_SPAN(char, unpadded, pairs[i][0], strlen(pairs[i][0]));
    }
    refused(&troupe_type_troupe_span_char, "{\"base64\": \"Zh==\"}", "wrong_type", "args",
            "base64");
}

static void texts_hold_no_character_0_and_may_be_no_utf_8(void **state)
{
    const char *bad = "\xff\xfe", *none = NULL, *good = "h\xc3\xa9";
    troupe_str came;
    struct readback back;
    (void)state;
    writes(&troupe_type_troupe_str, &bad, "{\"base64\":\"//4=\"}");
    writes(&troupe_type_troupe_str, &none, "\"\"");
    writes(&troupe_type_troupe_str, &good, "\"h\xc3\xa9\"");
    read_text(&back, &troupe_type_troupe_str, "{\"base64\": \"//4=\"}", &came);
    assert_true(back.good);
    assert_string_equal(came, bad);
    done(&back);
    refused(&troupe_type_troupe_str, "{\"base64\": \"YQBi\"}", "out_of_range", "args",
            "character 0");
    refused(&troupe_type_troupe_str, "null", "wrong_type", "args", "is null");
}

static void bytes_of_a_users_type_have_their_size(void **state)
{
    octets value;
    struct readback back;
    (void)state;
    memset(&value, 0xff, sizeof value);
    read_text(&back, &troupe_type_octets, "{\"base64\": \"AAECAwQFBgcICQoLDA==\"}", &value);
    assert_true(back.good && value.octet[0] == 0 && value.octet[12] == 12);
    done(&back);
    writes(&troupe_type_octets, &value, "{\"base64\":\"AAECAwQFBgcICQoLDA==\"}");
    refused(&troupe_type_octets, "{\"base64\": \"AAEC\"}", "out_of_range", "args",
            "of 13 bytes, and is of 3");
    refused(&troupe_type_octets, "\"0123456789abc\"", "wrong_type", "args", "base64 alone");
}

/* ---- several --------------------------------------------------------------------------------- */

static const char label_json[] =
    "{\"name\": \"n\", \"points\": [{\"x\": 1, \"y\": 2}], \"three\": [1, 2, 3], "
    "\"tag\": \"ab\", \"raw\": \"wxyz\"}";

static void a_struct_has_all_its_fields_and_no_other(void **state)
{
    label value;
    struct readback back;
    (void)state;
    read_text(&back, &troupe_type_label, label_json, &value);
    assert_true(back.good);
    assert_string_equal(value.name, "n");
    assert_true(value.points.count == 1 && value.points.data[0].x == 1 &&
                value.points.data[0].y == 2);
    assert_true(value.three[0] == 1 && value.three[2] == 3);
    assert_memory_equal(value.tag, "ab\0\0\0\0\0\0", 8);
    assert_memory_equal(value.raw, "wxyz", 4);
    writes(&troupe_type_label, &value,
           "{\"name\":\"n\",\"points\":[{\"x\":1.0,\"y\":2}],\"three\":[1,2,3],\"tag\":\"ab\","
           "\"raw\":\"wxyz\"}");
    done(&back);
    refused(&troupe_type_point, "{\"x\": 1}", "missing_field", "args.y", "args.y is missing");
    refused(&troupe_type_point, "{\"x\": 1, \"y\": 2, \"z\": 3}", "unknown_field", "args.z",
            "it has x, y");
    refused(&troupe_type_point, "[1, 2]", "wrong_type", "args", "an object");
}

static void a_fault_names_its_field_with_its_path(void **state)
{
    (void)state;
    refused(&troupe_type_label,
            "{\"name\": \"n\", \"points\": [{\"x\": 1, \"y\": 2}, {\"x\": \"q\", \"y\": 2}], "
            "\"three\": [1, 2, 3], \"tag\": \"ab\", \"raw\": \"wxyz\"}",
            "wrong_type", "args.points[1].x", "args.points[1].x is to be a number");
    refused(&troupe_type_label,
            "{\"name\": \"n\", \"points\": [], \"three\": [1, 2], \"tag\": \"\", "
            "\"raw\": \"wxyz\"}",
            "out_of_range", "args.three", "is to have 3 elements, and has 2");
    refused(&troupe_type_label,
            "{\"name\": \"n\", \"points\": [], \"three\": [1, 2, 99999], \"tag\": \"\", "
            "\"raw\": \"wxyz\"}",
            "out_of_range", "args.three[2]", "int16_t can be");
    refused(&troupe_type_label,
            "{\"name\": \"n\", \"points\": [], \"three\": [1, 2, 3], \"tag\": \"012345678\", "
            "\"raw\": \"wxyz\"}",
            "out_of_range", "args.tag", "at most 8");
    refused(&troupe_type_label,
            "{\"name\": \"n\", \"points\": [], \"three\": [1, 2, 3], \"tag\": \"\", "
            "\"raw\": \"wxy\"}",
            "out_of_range", "args.raw", "of 4 bytes, and is of 3");
}

/* A hostile key makes a path that is cut, at the end of a character. */
static void a_path_is_bounded(void **state)
{
    char json[2048] = "{\"", path[2048] = "args.";
    (void)state;
    for (int i = 0; i < 300; i++) {
        strcat(json, "\xc3\xa9");
        strcat(path, "\xc3\xa9");
    }
    strcat(json, "\": 1}");
    char value[sizeof(point)];
    struct readback back;
    read_text(&back, &troupe_type_point, json, value);
    assert_string_equal(back.reading.fault.code, "unknown_field");
    size_t length = strlen(back.reading.fault.field);
    assert_true(length > 250 && length < sizeof back.reading.fault.field);
    assert_memory_equal(back.reading.fault.field, path, length);
    json_t *whole = json_string(back.reading.fault.field);
    json_t *says = json_string(back.reading.fault.message);
    assert_non_null(whole);
    assert_non_null(says);
    json_decref(whole);
    json_decref(says);
    done(&back);
}

/* ---- handles --------------------------------------------------------------------------------- */

static void a_handle_is_an_id_a_name_or_null(void **state)
{
    sample value = {.ref = {1, 1}};
    struct readback back;
    (void)state;
    read_text(&back, &troupe_type_sample, "\"1:6\"", &value);
    assert_true(back.good);
    assert_true(trp_ref_same(value.ref, trp_ref(1, 2, 1, 1)));
    writes(&troupe_type_sample, &value, "\"1:6\"");
    done(&back);
    read_text(&back, &troupe_type_sample, "\"3:6.7\"", &value);
    assert_true(back.good);
    assert_true(trp_ref_same(value.ref, trp_ref(3, 2, 1, 7)));
    writes(&troupe_type_sample, &value, "\"3:6.7\"");
    done(&back);
    read_text(&back, &troupe_type_sample, "null", &value);
    assert_true(back.good && trp_ref_none(value.ref));
    writes(&troupe_type_sample, &value, "null");
    done(&back);
    refused(&troupe_type_sample, "\"nobody\"", "not_found", "args", "there is no actor nobody");
    refused(&troupe_type_sample, "7", "wrong_type", "args", "id or name");
}

static void an_id_is_a_rank_a_number_and_maybe_a_generation(void **state)
{
    static const char *const none[] = {"",     ":",     "1",     "1:",       "1:2.",    "1:2.0",
                                       "4:0",  "-1:2",  "1:-2",  "1:2x",     " 1:2",    "1: 2",
                                       "1:2.3.4", "1:99999999999999999999",  "1:2.4294967296",
                                       "1:17179869184"};
    struct troupe_ref ref;
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (trp_id_read(none[i], RANKS, &ref))
            fail_msg("%s was taken", none[i]);
    assert_true(trp_id_read("1:17179869183", RANKS, &ref));
}

/* ---- random values --------------------------------------------------------------------------- */

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 24) % below;
}

static void fill(const struct troupe_type *type, char *value, struct trp_arena *arena);

static void *several(const struct troupe_type *type, size_t n, struct trp_arena *arena)
{
    char *values = trp_arena_alloc(arena, n * type->size + 1);
    for (size_t i = 0; i < n; i++)
        fill(type, values + i * type->size, arena);
    return values;
}

static void fill_number(const struct troupe_type *type, char *value)
{
    uint64_t bits = draw(2) ? draw(300) : seed ^ seed << 17;
    double number = (double)(int64_t)bits / 8;
    float narrow = (float)number;
    if (type->kind == TROUPE_KIND_FLOAT && type->size == 4)
        memcpy(value, &narrow, 4);
    else if (type->kind == TROUPE_KIND_FLOAT)
        memcpy(value, &number, 8);
    else if (type->kind == TROUPE_KIND_BOOL)
        *value = (char)(bits & 1);
    else
        memcpy(value, &bits, type->size);
}

static void fill(const struct troupe_type *type, char *value, struct trp_arena *arena)
{
    struct {
        const void *data;
        size_t count;
    } span;
    char *text;
    struct troupe_ref ref = trp_ref((int)draw(RANKS), (uint32_t)draw(RANKS), (uint32_t)draw(1000),
                                    1 + (uint32_t)draw(3));
    switch (type->kind) {
    case TROUPE_KIND_STR:
        text = several(&troupe_type_uint8_t, draw(20), arena);
        memcpy(value, &text, sizeof text);
        break;
    case TROUPE_KIND_SPAN:
        span.count = draw(5);
        span.data = several(type->element, span.count, arena);
        memcpy(value, &span, sizeof span);
        break;
    case TROUPE_KIND_STRUCT:
        for (uint32_t i = 0; i < type->count; i++)
            for (uint32_t k = 0; k < (type->fields[i].count ? type->fields[i].count : 1); k++)
                fill(type->fields[i].type,
                     value + type->fields[i].offset + k * type->fields[i].type->size, arena);
        break;
    case TROUPE_KIND_HANDLE:
        memcpy(value, &ref, sizeof ref);
        break;
    case TROUPE_KIND_BYTES:
        for (uint32_t i = 0; i < type->size; i++)
            value[i] = (char)draw(256);
        break;
    default:
        fill_number(type, value);
    }
}

static void *packed(const struct troupe_type *type, const void *value, size_t *size)
{
    *size = trp_packed_size(type, value);
    void *bytes = malloc(*size);
    trp_pack(type, value, bytes);
    return bytes;
}

/* Through the text, as it goes over the wire. */
static void random_values_come_back_as_they_were(void **state)
{
    (void)state;
    for (seed = 1; seed < 2000; seed += 1) {
        uint64_t first = seed;
        struct trp_arena arena = {0};
        struct trp_writing writing = {.ranks = RANKS, .big_as_text = draw(2)};
        world value, came;
        memset(&value, 0, sizeof value);
        fill(&troupe_type_world, (char *)&value, &arena);
        json_t *json = trp_value_write(&writing, &troupe_type_world, &value);
        char *text = json_dumps(json, 0);
        assert_non_null(text);
        struct readback back;
        read_text(&back, &troupe_type_world, text, &came);
        if (!back.good)
            fail_msg("seed %llu: %s", (unsigned long long)first, back.reading.fault.message);
        size_t size, again;
        void *a = packed(&troupe_type_world, &value, &size);
        void *b = packed(&troupe_type_world, &came, &again);
        if (size != again || memcmp(a, b, size))
            fail_msg("seed %llu: another value came back from %s", (unsigned long long)first, text);
        free(a);
        free(b);
        free(text);
        json_decref(json);
        done(&back);
        trp_arena_release(&arena, NULL);
        seed = first;
    }
}

/* ---- what a type is -------------------------------------------------------------------------- */

static void a_type_is_described(void **state)
{
    (void)state;
    json_t *fields = trp_fields_describe(&troupe_type_label);
    char *text = json_dumps(fields, JSON_COMPACT);
    assert_string_equal(
        text,
        "[{\"name\":\"name\",\"type\":{\"type\":\"string\",\"c\":\"troupe_str\"}},"
        "{\"name\":\"points\",\"type\":{\"type\":\"span\",\"element\":{\"type\":\"struct\","
        "\"fields\":[{\"name\":\"x\",\"type\":{\"type\":\"float\",\"bits\":64,\"c\":\"double\"}},"
        "{\"name\":\"y\",\"type\":{\"type\":\"int\",\"bits\":32,\"c\":\"int32_t\"}}],"
        "\"c\":\"point\"},\"c\":\"span of point\"}},"
        "{\"name\":\"three\",\"type\":{\"type\":\"array\",\"element\":{\"type\":\"int\","
        "\"bits\":16,\"c\":\"int16_t\"},\"length\":3,\"c\":\"int16_t[3]\"}},"
        "{\"name\":\"tag\",\"type\":{\"type\":\"array\",\"element\":{\"type\":\"int\",\"bits\":8,"
        "\"c\":\"char\"},\"length\":8,\"c\":\"char[8]\"}},"
        "{\"name\":\"raw\",\"type\":{\"type\":\"array\",\"element\":{\"type\":\"uint\",\"bits\":8,"
        "\"c\":\"uint8_t\"},\"length\":4,\"c\":\"uint8_t[4]\"}}]");
    free(text);
    json_decref(fields);
    json_t *handle = trp_type_describe(&troupe_type_sample);
    assert_string_equal(json_string_value(json_object_get(handle, "class")), "sample");
    json_decref(handle);
}

static void text_that_is_no_utf_8_is_shown(void **state)
{
    (void)state;
    json_t *json = trp_text("a\xff\"b");
    assert_string_equal(json_string_value(json), "a?\"b");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_taken_up_to_the_ends_of_their_range),
        cmocka_unit_test(what_is_no_integer_is_refused_as_one),
        cmocka_unit_test(integers_beyond_what_json_readers_take_are_text),
        cmocka_unit_test(floats_have_names_for_what_json_has_no_number_for),
        cmocka_unit_test(bytes_come_as_text_or_base64_or_numbers),
        cmocka_unit_test(base64_is_what_the_rfc_says),
        cmocka_unit_test(texts_hold_no_character_0_and_may_be_no_utf_8),
        cmocka_unit_test(bytes_of_a_users_type_have_their_size),
        cmocka_unit_test(a_struct_has_all_its_fields_and_no_other),
        cmocka_unit_test(a_fault_names_its_field_with_its_path),
        cmocka_unit_test(a_path_is_bounded),
        cmocka_unit_test(a_handle_is_an_id_a_name_or_null),
        cmocka_unit_test(an_id_is_a_rank_a_number_and_maybe_a_generation),
        cmocka_unit_test(random_values_come_back_as_they_were),
        cmocka_unit_test(a_type_is_described),
        cmocka_unit_test(text_that_is_no_utf_8_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
