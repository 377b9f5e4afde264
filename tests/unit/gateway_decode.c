/* What strangers send, made into values or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/decode.h"

static struct trp_fault fault;

/* ---- URIs ------------------------------------------------------------------------------------ */

static json_t *query_of(const char *uri)
{
    static char copy[256];
    snprintf(copy, sizeof copy, "%s", uri);
    fault = (struct trp_fault){0};
    return trp_decode_query(copy, &fault);
}

static void expect_query(const char *uri, const char *json)
{
    json_t *query = query_of(uri), *expected = json_loads(json, 0, NULL);
    assert_non_null(query);
    assert_true(json_equal(query, expected));
    json_decref(query);
    json_decref(expected);
}

static void a_query_is_an_object_of_decoded_strings(void **state)
{
    (void)state;
    expect_query("/v1/actors", "{}");
    expect_query("/v1/actors?", "{}");
    expect_query("/?a=1&b=x%20y+z&c", "{\"a\": \"1\", \"b\": \"x y z\", \"c\": \"\"}");
    expect_query("/?a=1&a=2&&", "{\"a\": \"2\"}");
    expect_query("/?%c3%a9=%E2%82%AC&=x=y", "{\"é\": \"€\", \"\": \"x=y\"}");
}

static void a_query_that_is_no_text_is_refused(void **state)
{
    (void)state;
    static const char *const uris[] = {"/?a=%", "/?a=%4", "/?a=%zz", "/?a=%00", "/?a=%ff",
                                       "/?%c3=1", "/?a=\xff", "v1", "", "http://x/v1", "*"};
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        assert_null(query_of(uris[i]));
        assert_string_equal(fault.code, "malformed");
    }
}

static void the_path_is_left_encoded(void **state)
{
    (void)state;
    char uri[] = "/v1/actors/0%3A1?x=%41";
    json_t *query = trp_decode_query(uri, &fault);
    assert_string_equal(uri, "/v1/actors/0%3A1");
    json_decref(query);
    char segment[] = "0%3A1+1";
    assert_true(trp_decode_percent(segment, false));
    assert_string_equal(segment, "0:1+1");
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static json_t *body_of(const char *text)
{
    fault = (struct trp_fault){0};
    return trp_decode_body(text, strlen(text), &fault);
}

static void expect_body(const char *text, const char *json)
{
    json_t *body = body_of(text), *expected = json_loads(json, 0, NULL);
    if (!body)
        fail_msg("%s: %s", text, fault.message);
    assert_true(json_equal(body, expected));
    json_decref(body);
    json_decref(expected);
}

static void expect_refusal(const char *text, const char *code, const char *says)
{
    assert_null(body_of(text));
    assert_string_equal(fault.code, code);
    if (!strstr(fault.message, says))
        fail_msg("%s: '%s' does not say '%s'", text, fault.message, says);
}

static void a_body_is_a_json_object_and_none_is_an_empty_one(void **state)
{
    (void)state;
    expect_body("", "{}");
    expect_body(" {\"a\": [1, -2.5e3, \"x\\\"]}\", null, true]} ",
                "{\"a\": [1, -2500.0, \"x\\\"]}\", null, true]}");
}

static void a_body_that_is_something_else_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"{", "}", "{}}", "{\"a\"}", "{\"a\": }", "{\"a\": 01}",
                                        "{\"a\": \"x}", "{\"a\": 'x'}", "{\"a\": NaN}", "{,}",
                                        "{\"a\": 1,}", "{\"a\": \"\\u0000\"}", "{9: 1}", "null",
                                        "{\"a\": \"\\ud800\"}", "{\"a\": \"\x01\"}", "7", " ",
                                        "{\"a\": --1}", "\\"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_refusal(texts[i], "malformed", "");
    expect_refusal("[1]", "malformed", "must be a JSON object");
    assert_null(trp_decode_body("{}\0", 3, &fault));
    assert_string_equal(fault.code, "malformed");
}

static void a_key_that_comes_twice_is_refused(void **state)
{
    (void)state;
    expect_refusal("{\"a\": 1, \"a\": 2}", "malformed", "duplicate");
    expect_refusal("{\"x\": {\"a\": 1, \"a\": 2}}", "malformed", "duplicate");
}

static void text_that_is_no_utf8_is_named_so(void **state)
{
    (void)state;
    expect_refusal("{\"a\": \"\xff\"}", "not_utf8", "");
    expect_refusal("{\"a\": \"\xc0\xaf\"}", "not_utf8", "");     /* more bytes than it needs */
    expect_refusal("{\"a\": \"\xed\xa0\x80\"}", "not_utf8", ""); /* half of a pair of UTF-16 */
}

static void a_number_too_large_for_a_double_is_out_of_range(void **state)
{
    (void)state;
    expect_refusal("{\"a\": 1e999}", "out_of_range", "");
    expect_refusal("{9999999999999999999: 1}", "out_of_range", "");
}

static void integers_beyond_64_bits_with_sign_come_as_strings(void **state)
{
    (void)state;
    expect_body("{\"a\": 9223372036854775807, \"b\": -9223372036854775808}",
                "{\"a\": 9223372036854775807, \"b\": -9223372036854775808}");
    expect_body("{\"a\":[9223372036854775808,18446744073709551615,-9223372036854775809]}",
                "{\"a\":[\"9223372036854775808\",\"18446744073709551615\","
                "\"-9223372036854775809\"]}");
    expect_body("{\"a\": \"18446744073709551615\", \"b\": 18446744073709551615.0}",
                "{\"a\": \"18446744073709551615\", \"b\": 18446744073709551615.0}");
    expect_body("{\"a\": 99999999999999999999999999999999}",
                "{\"a\": \"99999999999999999999999999999999\"}");
}

static void a_body_is_nested_so_deep_and_no_deeper(void **state)
{
    (void)state;
    char text[2 * TRP_JSON_DEPTH + 64];
    for (int depth = TRP_JSON_DEPTH; depth <= TRP_JSON_DEPTH + 1; depth++) {
        int at = sprintf(text, "{\"[[\": ");
        for (int i = 1; i < depth; i++)
            text[at++] = '[';
        for (int i = 1; i < depth; i++)
            text[at++] = ']';
        strcpy(text + at, "}");
        if (depth <= TRP_JSON_DEPTH)
            json_decref(body_of(text));
        else
            expect_refusal(text, "malformed", "nested");
        assert_int_equal(!fault.code, depth <= TRP_JSON_DEPTH);
    }
}

static void a_refusal_is_utf8_though_the_body_is_cut_in_a_character(void **state)
{
    (void)state;
    char text[400] = "{\"a\": 1 ";
    for (int shift = 0; shift < 3; shift++) {
        strcat(text, "x");
        char whole[1200];
        strcpy(whole, text);
        for (int i = 0; i < 200; i++)
            strcat(whole, "€");
        assert_null(body_of(whole));
        json_t *message = json_string(fault.message);
        assert_non_null(message);
        json_decref(message);
    }
}

static void mending_keeps_what_is_good(void **state)
{
    (void)state;
    char good[] = "é€", cut[] = "é\xe2\x82", wrong[] = "a\xff\xc3\xa9z";
    trp_mend(good);
    assert_string_equal(good, "é€");
    trp_mend(cut);
    assert_string_equal(cut, "é");
    trp_mend(wrong);
    assert_string_equal(wrong, "a???z");
}

/* ---- headers --------------------------------------------------------------------------------- */

static void a_bearer_token_is_found(void **state)
{
    (void)state;
    assert_string_equal(trp_decode_bearer("Bearer abc"), "abc");
    assert_string_equal(trp_decode_bearer("bearer  abc"), "abc");
    assert_string_equal(trp_decode_bearer("Bearer "), "");
    assert_null(trp_decode_bearer("Basic abc"));
    assert_null(trp_decode_bearer("Bearerabc"));
    assert_null(trp_decode_bearer(""));
    assert_null(trp_decode_bearer(NULL));
}

static void a_host_is_one_of_ours_with_any_port(void **state)
{
    (void)state;
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]", NULL};
    static const char *const good[] = {"localhost", "LOCALHOST:1", "127.0.0.1:65535", "[::1]",
                                       "[::1]:80", "localhost:"};
    static const char *const bad[] = {"", "evil.example", "localhost.evil.example",
                                      "127.0.0.1.nip.io", "localhost:80:80", "localhost:8a",
                                      "evil@localhost", "[::1",
                                      "[::1]x", "::1", "localhos", "127.0.0.2", "localhost "};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!trp_host_fits(good[i], names))
            fail_msg("'%s' is refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (trp_host_fits(bad[i], names))
            fail_msg("'%s' is let in", bad[i]);
    assert_false(trp_host_fits(NULL, names));
}

static void an_origin_is_the_host_itself(void **state)
{
    (void)state;
    assert_true(trp_origin_fits(NULL, "localhost:80"));
    assert_true(trp_origin_fits("http://localhost:80", "localhost:80"));
    assert_true(trp_origin_fits("HTTP://LocalHost:80", "localhost:80"));
    assert_false(trp_origin_fits("http://localhost:81", "localhost:80"));
    assert_false(trp_origin_fits("http://localhost", "localhost:80"));
    assert_false(trp_origin_fits("https://localhost:80", "localhost:80"));
    assert_false(trp_origin_fits("http://evil.example", "localhost:80"));
    assert_false(trp_origin_fits("null", "localhost:80"));
    assert_false(trp_origin_fits("", "localhost:80"));
    assert_false(trp_origin_fits("http://localhost:80", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_is_an_object_of_decoded_strings),
        cmocka_unit_test(a_query_that_is_no_text_is_refused),
        cmocka_unit_test(the_path_is_left_encoded),
        cmocka_unit_test(a_body_is_a_json_object_and_none_is_an_empty_one),
        cmocka_unit_test(a_body_that_is_something_else_is_refused),
        cmocka_unit_test(a_key_that_comes_twice_is_refused),
        cmocka_unit_test(text_that_is_no_utf8_is_named_so),
        cmocka_unit_test(a_number_too_large_for_a_double_is_out_of_range),
        cmocka_unit_test(integers_beyond_64_bits_with_sign_come_as_strings),
        cmocka_unit_test(a_body_is_nested_so_deep_and_no_deeper),
        cmocka_unit_test(a_refusal_is_utf8_though_the_body_is_cut_in_a_character),
        cmocka_unit_test(mending_keeps_what_is_good),
        cmocka_unit_test(a_bearer_token_is_found),
        cmocka_unit_test(a_host_is_one_of_ours_with_any_port),
        cmocka_unit_test(an_origin_is_the_host_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
