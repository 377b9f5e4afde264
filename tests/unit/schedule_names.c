/*
 * Tests of the home of names: who gets one, who is told, who waits, and what a release changes.
 *
 * The rank has a wire that keeps nothing, for everything stays in its outlets.
 */
#include "schedule/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "actor/classes.h"
#include "schedule/send.h"
#include "troupe/status.h"

#define RANKS 4
#define HOST 2 /* of the actors that claim */
#define SEEKER 3

static struct troupe_method *const no_methods[] = {NULL};
static struct troupe_class animal = {.name = "animal", .methods = no_methods};
static struct troupe_class cat = {.name = "cat", .methods = no_methods};
static struct troupe_class stone = {.name = "stone", .methods = no_methods};

static struct trp_rank rank;
static struct trp_wire wire = {.rank = 1, .ranks = RANKS};
static struct trp_outlet outlets[RANKS];
static int dirty[RANKS];

static int begin(void **state)
{
    (void)state;
    rank = (struct trp_rank){.rank = 1, .ranks = RANKS, .wire = &wire, .outlets = outlets,
                             .dirty = dirty};
    memset(outlets, 0, sizeof outlets);
    for (int i = 0; i < RANKS; i++) {
        /* Larger than what any test sends. */
        trp_outlet_use(&outlets[i], trp_parcel_new(1 << 20));
    }
    trp_names_open(&rank);
    return 0;
}

/* Nothing was sent that the test has not read. */
static int end(void **state)
{
    (void)state;
    trp_names_close(&rank);
    for (int i = 0; i < RANKS; i++) {
        struct trp_parcel *parcel = trp_outlet_parcel(&outlets[i]);
        assert_int_equal(parcel->at, parcel->used);
        trp_parcel_drop(parcel);
    }
    for (struct trp_parcel *p; (p = trp_parcel_pop(&rank.urgent_out)); trp_parcel_drop(p))
        assert_int_equal(p->at, p->used);
    return 0;
}

/* ---- what comes and what is sent ------------------------------------------------------------- */

struct letter {
    struct trp_record record;
    char name[64];
};

static struct letter letter(int kind, const struct troupe_class *class_, const char *name)
{
    struct letter l = {.record = {.words = sizeof l / 8,
                                  .kind = kind,
                                  .slot = (uint16_t)class_->id}};
    snprintf(l.name, sizeof l.name, "%s", name);
    return l;
}

static struct troupe_ref actor(uint32_t index)
{
    return trp_ref(HOST, 0, index, 1);
}

static struct letter by(struct letter l, struct troupe_ref ref, uint64_t future)
{
    l.record.number = trp_ref_host(ref);
    l.record.creator = trp_ref_creator(ref);
    l.record.serial = ref.serial;
    l.record.future = future;
    return l;
}

static void claim(uint32_t index, const struct troupe_class *class_, const char *name,
                  uint64_t future, int from)
{
    struct letter l = by(letter(TRP_RECORD_CLAIM, class_, name), actor(index), future);
    trp_names_claim(&rank, &l.record, from);
}

static void look_for(const struct troupe_class *class_, const char *name, uint64_t future, int from)
{
    struct letter l = letter(TRP_RECORD_LOOKUP, class_, name);
    l.record.future = future;
    trp_names_lookup(&rank, &l.record, from);
}

static void forget(const char *name, uint64_t future, int from)
{
    struct letter l = letter(TRP_RECORD_FORGET, &animal, name);
    l.record.future = future;
    trp_names_forget(&rank, &l.record, from);
}

/* Failures are urgent, and in parcels of their own. */
static struct trp_parcel *parcel_for(int to)
{
    for (struct trp_parcel *p = rank.urgent_out.head; p; p = p->next)
        if (p->peer == to && p->at < p->used)
            return p;
    return trp_outlet_parcel(&outlets[to]);
}

static const struct trp_record *next_record(int to)
{
    struct trp_parcel *parcel = parcel_for(to);
    if (parcel->at == parcel->used)
        return NULL;
    const struct trp_record *record = (void *)(parcel->bytes + parcel->at);
    parcel->at += trp_record_bytes(record);
    return record;
}

/* It is confirmed to the host, whoever has the name. */
static void release(struct troupe_ref ref, const char *name)
{
    struct letter l = by(letter(TRP_RECORD_RELEASE, &animal, name), ref, 0);
    trp_names_release(&rank, &l.record);
    const struct trp_record *record = next_record(trp_ref_host(ref));
    assert_non_null(record);
    assert_int_equal(record->kind, TRP_RECORD_RELEASED);
    assert_int_equal(record->serial, ref.serial);
}

static void assert_verdict(uint32_t index, int status, const char *text)
{
    const struct trp_record *record = next_record(HOST);
    assert_non_null(record);
    assert_int_equal(record->kind, TRP_RECORD_VERDICT);
    assert_true(trp_ref_same(trp_record_ref(record, HOST), actor(index)));
    assert_int_equal(record->number, status);
    assert_string_equal(trp_record_body(record), text);
}

static const struct trp_record *answer(int to, uint64_t future, int status)
{
    const struct trp_record *record = next_record(to);
    assert_non_null(record);
    if (status == TROUPE_OK) {
        assert_int_equal(record->kind, TRP_RECORD_ANSWER);
        assert_int_equal(record->serial, future);
    } else {
        assert_int_equal(record->kind, TRP_RECORD_FAILED);
        assert_int_equal(record->future, future);
        assert_int_equal(record->number, status);
    }
    return record;
}

static void assert_told(int to, uint64_t future, uint32_t index)
{
    const struct troupe_ref *ref = trp_record_body(answer(to, future, TROUPE_OK));
    assert_true(trp_ref_same(*ref, actor(index)));
}

static void assert_refused(int to, uint64_t future, const char *story)
{
    assert_string_equal(trp_record_body(answer(to, future, TROUPE_INVALID)), story);
}

static void assert_silent(void)
{
    for (int i = 0; i < RANKS; i++)
        assert_null(next_record(i));
}

/* ---- homes ----------------------------------------------------------------------------------- */

static void every_rank_knows_the_same_home_of_a_name(void **state)
{
    struct trp_rank other = {.rank = 3, .ranks = RANKS};
    int homes[RANKS] = {0};
    char name[32];

    (void)state;
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof name, "worker %d", i);
        int home = trp_name_home(&rank, name);
        assert_true(home >= 0 && home < RANKS);
        assert_int_equal(home, trp_name_home(&other, name));
        homes[home]++;
    }
    for (int i = 0; i < RANKS; i++)
        assert_true(homes[i] > 50);
}

/* ---- lookups that are given up --------------------------------------------------------------- */

static void who_gave_up_looking_is_answered_once_and_never_again(void **state)
{
    (void)state;
    look_for(&cat, "tom", 1, SEEKER);
    look_for(&cat, "tom", 2, SEEKER);
    look_for(&cat, "tom", 1, 0);
    forget("tom", 1, SEEKER);
    answer(SEEKER, 1, TROUPE_CANCELLED);
    forget("tom", 1, SEEKER);
    forget("nobody's", 1, SEEKER);
    assert_silent();
    claim(4, &cat, "tom", 0, HOST);
    assert_told(0, 1, 4);
    assert_told(SEEKER, 2, 4);
    assert_verdict(4, TROUPE_OK, "tom");
    forget("tom", 2, SEEKER); /* too late: it has been told */
    assert_silent();
}

/* ---- claims ---------------------------------------------------------------------------------- */

static void the_first_who_claims_a_name_gets_it_and_the_next_is_told_who_has_it(void **state)
{
    (void)state;
    claim(7, &cat, "tom", 0, SEEKER);
    assert_verdict(7, TROUPE_OK, "tom");
    claim(8, &cat, "tom", 0, SEEKER);
    assert_verdict(8, TROUPE_INVALID, "the name 'tom' is taken by cat(2:28)");
    claim(8, &cat, "tim", 0, SEEKER);
    assert_verdict(8, TROUPE_OK, "tim");
    assert_silent();
}

static void a_name_is_any_text(void **state)
{
    static const char *const names[] = {"", " ", "a", "A", "caf\xc3\xa9", "a\nb", "%s%n"};

    (void)state;
    for (uint32_t i = 0; i < 7; i++) {
        claim(i, &cat, names[i], 0, SEEKER);
        assert_verdict(i, TROUPE_OK, names[i]);
    }
    for (uint32_t i = 0; i < 7; i++) {
        look_for(&cat, names[i], i + 1, 0);
        assert_told(0, i + 1, i);
    }
}

static void who_is_content_with_another_is_told_the_one_who_has_the_name(void **state)
{
    (void)state;
    claim(1, &cat, "tom", 55, SEEKER);
    assert_verdict(1, TROUPE_OK, "tom");
    assert_told(SEEKER, 55, 1);
    claim(2, &cat, "tom", 56, 0);
    assert_told(0, 56, 1);
    assert_silent();
}

static void who_is_content_with_another_is_not_content_with_another_class(void **state)
{
    (void)state;
    claim(1, &stone, "tom", 0, SEEKER);
    assert_verdict(1, TROUPE_OK, "tom");
    claim(2, &cat, "tom", 56, 0);
    assert_refused(0, 56, "the name 'tom' is that of stone(2:4), which is no cat");
    assert_silent();
}

/* ---- looking --------------------------------------------------------------------------------- */

static void who_looks_for_a_name_that_is_taken_is_told_at_once(void **state)
{
    (void)state;
    claim(1, &cat, "tom", 0, HOST);
    assert_verdict(1, TROUPE_OK, "tom");
    look_for(&cat, "tom", 9, SEEKER);
    assert_told(SEEKER, 9, 1);
    look_for(&animal, "tom", 10, 0); /* a cat is one */
    assert_told(0, 10, 1);
    assert_silent();
}

static void who_looks_for_one_of_another_class_is_refused(void **state)
{
    (void)state;
    claim(1, &animal, "tom", 0, HOST);
    assert_verdict(1, TROUPE_OK, "tom");
    look_for(&cat, "tom", 9, SEEKER); /* not every animal is a cat */
    assert_refused(SEEKER, 9, "the name 'tom' is that of animal(2:4), which is no cat");
    assert_silent();
}

static void who_looks_too_early_waits_until_somebody_has_the_name(void **state)
{
    (void)state;
    for (uint64_t future = 1; future <= 10; future++)
        look_for(future % 2 ? &cat : &stone, "tom", future, SEEKER);
    look_for(&cat, "tim", 99, SEEKER);
    assert_silent();
    claim(1, &cat, "tom", 0, HOST);
    assert_verdict(1, TROUPE_OK, "tom");
    unsigned told = 0;
    for (const struct trp_record *r; (r = next_record(SEEKER));) {
        uint64_t future = r->kind == TRP_RECORD_ANSWER ? r->serial : r->future;
        assert_int_equal(r->kind, future % 2 ? TRP_RECORD_ANSWER : TRP_RECORD_FAILED);
        told |= 1u << future;
    }
    assert_int_equal(told, 0x7fe);
    assert_silent();
}

/* ---- releases -------------------------------------------------------------------------------- */

static void a_released_name_is_free(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 10; i++) {
        claim(i, &cat, "tom", 0, HOST);
        assert_verdict(i, TROUPE_OK, "tom");
        release(actor(i), "tom");
    }
    look_for(&cat, "tom", 9, SEEKER);
    assert_silent();
    claim(3, &stone, "tom", 0, HOST);
    assert_verdict(3, TROUPE_OK, "tom");
    assert_refused(SEEKER, 9, "the name 'tom' is that of stone(2:12), which is no cat");
}

/* One that has been refused it, one of an earlier generation, one of a name that nobody has. */
static void only_the_one_who_has_a_name_releases_it(void **state)
{
    (void)state;
    claim(1, &cat, "tom", 0, HOST);
    assert_verdict(1, TROUPE_OK, "tom");
    release(actor(2), "tom");
    release(trp_ref(HOST, 0, 1, 2), "tom");
    release(trp_ref(HOST + 1, 0, 1, 1), "tom");
    release(actor(1), "tim");
    look_for(&cat, "tom", 9, SEEKER);
    assert_told(SEEKER, 9, 1);
    assert_silent();
}

static void who_still_waits_for_another_name_is_not_lost_by_a_release(void **state)
{
    (void)state;
    look_for(&cat, "tom", 9, SEEKER);
    release(actor(1), "tom");
    claim(1, &cat, "tom", 0, HOST);
    assert_verdict(1, TROUPE_OK, "tom");
    assert_told(SEEKER, 9, 1);
    release(actor(1), "tom");
    look_for(&cat, "tom", 10, SEEKER);
    assert_silent();
}

/* Several in each bucket, released in another order. */
static void many_names_are_kept_apart(void **state)
{
    enum { MANY = 5000 };
    char name[32];

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%u", i);
        claim(i, &cat, name, 0, HOST);
        assert_verdict(i, TROUPE_OK, name);
    }
    for (uint32_t i = 0; i < MANY; i += 3) {
        uint32_t it = i * 7 % MANY;
        snprintf(name, sizeof name, "%u", it);
        release(actor(it), name);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%u", i * 7 % MANY);
        look_for(&cat, name, i + 1, SEEKER);
        if (i % 3)
            assert_told(SEEKER, i + 1, i * 7 % MANY);
    }
    assert_silent();
}

int main(void)
{
    troupe_register_class(&cat, &animal, NULL, NULL);
    troupe_register_class(&animal, NULL, NULL, NULL);
    troupe_register_class(&stone, NULL, NULL, NULL);
    if (!trp_classes_open())
        return 1;
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(every_rank_knows_the_same_home_of_a_name),
        TEST(who_gave_up_looking_is_answered_once_and_never_again),
        TEST(the_first_who_claims_a_name_gets_it_and_the_next_is_told_who_has_it),
        TEST(a_name_is_any_text),
        TEST(who_is_content_with_another_is_told_the_one_who_has_the_name),
        TEST(who_is_content_with_another_is_not_content_with_another_class),
        TEST(who_looks_for_a_name_that_is_taken_is_told_at_once),
        TEST(who_looks_for_one_of_another_class_is_refused),
        TEST(who_looks_too_early_waits_until_somebody_has_the_name),
        TEST(a_released_name_is_free),
        TEST(only_the_one_who_has_a_name_releases_it),
        TEST(who_still_waits_for_another_name_is_not_lost_by_a_release),
        TEST(many_names_are_kept_apart),
    };
#undef TEST

    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    trp_classes_close();
    return failed;
}
