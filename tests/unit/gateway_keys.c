/* Tokens, one-time codes, sessions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/keys.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static struct trp_keys keys;

static int open_keys(void **state)
{
    (void)state;
    return trp_keys_open(&keys) ? 0 : -1;
}

static void a_key_is_43_letters_of_base64url_for_32_bytes(void **state)
{
    (void)state;
    struct trp_key key;
    for (int i = 0; i < 1000; i++) {
        assert_true(trp_key_make(&key));
        assert_int_equal(strlen(key.text), 43);
        assert_int_equal(strspn(key.text, LETTERS), 43);
        /* 43 letters are 258 bits: the last two are not drawn. */
        assert_int_equal((strchr(LETTERS, key.text[42]) - LETTERS) % 4, 0);
    }
}

static void all_bits_of_a_key_are_drawn(void **state)
{
    (void)state;
    static unsigned seen[43][64];
    struct trp_key key;
    for (int i = 0; i < 4000; i++) {
        assert_true(trp_key_make(&key));
        for (int at = 0; at < 43; at++)
            seen[at][strchr(LETTERS, key.text[at]) - LETTERS]++;
    }
    for (int at = 0; at < 43; at++)
        for (int letter = 0; letter < 64; letter += at == 42 ? 4 : 1)
            assert_true(seen[at][letter] > 0); /* else by chance: once in 10^23 */
}

static void a_key_is_itself_and_nothing_else(void **state)
{
    (void)state;
    struct trp_key key;
    char other[64];
    assert_true(trp_key_make(&key));
    assert_true(trp_key_is(&key, key.text));
    for (int at = 0; at < 43; at++) {
        strcpy(other, key.text);
        other[at] ^= 1;
        assert_false(trp_key_is(&key, other));
    }
    strcpy(other, key.text);
    other[42] = 0;
    assert_false(trp_key_is(&key, other));
    strcpy(other, key.text);
    strcat(other, "A");
    assert_false(trp_key_is(&key, other));
    assert_false(trp_key_is(&key, ""));
}

static void no_key_is_nobodys(void **state)
{
    (void)state;
    struct trp_key none = {""};
    assert_false(trp_key_is(&none, ""));
    assert_int_equal(trp_keys_scope(&keys, ""), TRP_SCOPE_NONE);
}

static void the_two_tokens_differ_in_what_they_may(void **state)
{
    (void)state;
    assert_int_equal(trp_keys_scope(&keys, keys.call.text), TRP_SCOPE_CALL);
    assert_int_equal(trp_keys_scope(&keys, keys.read.text), TRP_SCOPE_READ);
    assert_string_not_equal(keys.call.text, keys.read.text);
}

static void a_code_is_good_once_and_its_session_may_call(void **state)
{
    (void)state;
    struct trp_key code, session;
    strcpy(code.text, trp_keys_new_code(&keys, 100));
    assert_int_equal(trp_keys_scope(&keys, code.text), TRP_SCOPE_NONE);
    strcpy(session.text, trp_keys_swap(&keys, code.text, 100));
    assert_int_equal(trp_keys_scope(&keys, session.text), TRP_SCOPE_CALL);
    assert_null(trp_keys_swap(&keys, code.text, 100));
}

static void a_code_lasts_for_sixty_seconds(void **state)
{
    (void)state;
    struct trp_key early, late;
    strcpy(early.text, trp_keys_new_code(&keys, 100));
    strcpy(late.text, trp_keys_new_code(&keys, 100));
    assert_non_null(trp_keys_swap(&keys, early.text, 159.9));
    assert_null(trp_keys_swap(&keys, late.text, 160));
    assert_null(trp_keys_swap(&keys, late.text, 100)); /* and is used up by who came too late */
}

static void a_code_nobody_made_is_refused(void **state)
{
    (void)state;
    struct trp_key key;
    assert_true(trp_key_make(&key));
    assert_null(trp_keys_swap(&keys, key.text, 0));
    assert_null(trp_keys_swap(&keys, "", 0));
    assert_null(trp_keys_swap(&keys, keys.call.text, 0));
}

static void the_oldest_code_gives_way_to_one_too_many(void **state)
{
    (void)state;
    struct trp_key codes[TRP_CODES + 1];
    for (int i = 0; i <= TRP_CODES; i++)
        strcpy(codes[i].text, trp_keys_new_code(&keys, 0));
    assert_null(trp_keys_swap(&keys, codes[0].text, 1));
    for (int i = 1; i <= TRP_CODES; i++)
        assert_non_null(trp_keys_swap(&keys, codes[i].text, 1));
}

static void the_oldest_session_gives_way_to_one_too_many(void **state)
{
    (void)state;
    struct trp_key sessions[TRP_SESSIONS + 1];
    for (int i = 0; i <= TRP_SESSIONS; i++)
        strcpy(sessions[i].text, trp_keys_swap(&keys, trp_keys_new_code(&keys, 0), 0));
    assert_int_equal(trp_keys_scope(&keys, sessions[0].text), TRP_SCOPE_NONE);
    assert_int_equal(trp_keys_scope(&keys, sessions[1].text), TRP_SCOPE_CALL);
    assert_int_equal(trp_keys_scope(&keys, sessions[TRP_SESSIONS].text), TRP_SCOPE_CALL);
}

static void closed_keys_open_nothing(void **state)
{
    (void)state;
    struct trp_key call = keys.call;
    trp_keys_close(&keys);
    assert_int_equal(trp_keys_scope(&keys, call.text), TRP_SCOPE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_43_letters_of_base64url_for_32_bytes),
        cmocka_unit_test(all_bits_of_a_key_are_drawn),
        cmocka_unit_test(a_key_is_itself_and_nothing_else),
        cmocka_unit_test_setup(no_key_is_nobodys, open_keys),
        cmocka_unit_test_setup(the_two_tokens_differ_in_what_they_may, open_keys),
        cmocka_unit_test_setup(a_code_is_good_once_and_its_session_may_call, open_keys),
        cmocka_unit_test_setup(a_code_lasts_for_sixty_seconds, open_keys),
        cmocka_unit_test_setup(a_code_nobody_made_is_refused, open_keys),
        cmocka_unit_test_setup(the_oldest_code_gives_way_to_one_too_many, open_keys),
        cmocka_unit_test_setup(the_oldest_session_gives_way_to_one_too_many, open_keys),
        cmocka_unit_test_setup(closed_keys_open_nothing, open_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
