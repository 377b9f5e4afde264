/*
 * Classes that extend classes: overrides, added methods, constructors, and names.
 */
#include <stdio.h>
#include <string.h>

#include "play.h"

TROUPE_CLASS(animal, (troupe_str, name));
TROUPE_ASK(animal, speak, troupe_str);
TROUPE_ASK(animal, introduce, troupe_str);
TROUPE_ASK(animal, legs, int);
TROUPE_ASK(animal, secret, int, (int, guess));
TROUPE_ASK(animal, stumble, int);
TROUPE_TELL(animal, feed, (int, amount));
TROUPE_ASK(animal, weight, int);
TROUPE_ASK(animal, itself, animal);

TROUPE_EXTENDS(dog, animal, (troupe_str, name), (int, tricks));
TROUPE_OVERRIDE_ASK(dog, animal, speak, troupe_str);
TROUPE_OVERRIDE_TELL(dog, animal, feed, (int, amount));
TROUPE_ASK(dog, fetch, troupe_str, (troupe_str, what));

TROUPE_EXTENDS(puppy, dog, (troupe_str, name));
TROUPE_OVERRIDE_ASK(puppy, animal, speak, troupe_str);
TROUPE_OVERRIDE_ASK(puppy, animal, secret, int, (int, guess));
TROUPE_ASK(puppy, age, int);

/* Without a constructor's argument, so that subclasses may leave the constructor out. */
TROUPE_CLASS(counter);
TROUPE_TELL(counter, add, (int, n));
TROUPE_ASK(counter, total, int);

TROUPE_EXTENDS(doubler, counter);
TROUPE_OVERRIDE_TELL(doubler, counter, add, (int, n));

TROUPE_EXTENDS(plain_counter, counter);

/* ---- the classes ----------------------------------------------------------------------------- */

struct animal_state {
    char name[32];
    int weight;
};

static void on_animal(struct animal_state *self, troupe_str name)
{
    snprintf(self->name, sizeof self->name, "%s", name);
    self->weight = 100;
}

static troupe_str on_animal_speak(struct animal_state *self)
{
    (void)self;
    return "...";
}

static troupe_str on_introduce(struct animal_state *self)
{
    char *text = troupe_alloc(100);
    snprintf(text, 100, "%s says %s", self->name, animal_speak_inside(self));
    return text;
}

static int on_legs(struct animal_state *self)
{
    (void)self;
    return 4;
}

static int on_stumble(struct animal_state *self)
{
    troupe_fail(-77, "over %d legs", on_legs(self));
}

static void on_animal_feed(struct animal_state *self, int amount)
{
    self->weight += amount;
}

static int on_weight(struct animal_state *self)
{
    return self->weight;
}

static animal on_itself(struct animal_state *self)
{
    return animal_self(self);
}

TROUPE_IMPLEMENT(animal, (init, on_animal), (speak, on_animal_speak), (introduce, on_introduce),
                 (legs, on_legs), (secret, troupe_abstract), (stumble, on_stumble),
                 (feed, on_animal_feed), (weight, on_weight), (itself, on_itself));

struct dog_state {
    struct animal_state animal;
    int tricks;
};

static void on_dog(struct dog_state *self, troupe_str name, int tricks)
{
    animal_init(&self->animal, name);
    self->animal.weight += 1000;
    self->tricks = tricks;
}

static troupe_str on_dog_speak(struct dog_state *self)
{
    return self->tricks > 1 ? "woof woof" : "woof";
}

static void on_dog_feed(struct dog_state *self, int amount)
{
    on_animal_feed(&self->animal, 2 * amount);
}

static troupe_str on_fetch(struct dog_state *self, troupe_str what)
{
    char *text = troupe_alloc(100);
    snprintf(text, 100, "%s brings %s", self->animal.name, what);
    return text;
}

static void on_dog_repr(const struct dog_state *self, char *text, size_t size)
{
    snprintf(text, size, "<%s>", self->animal.name);
}

TROUPE_IMPLEMENT(dog, (init, on_dog), (speak, on_dog_speak), (feed, on_dog_feed),
                 (fetch, on_fetch), (repr, on_dog_repr));

struct puppy_state {
    struct dog_state dog;
    int age;
};

static void on_puppy(struct puppy_state *self, troupe_str name)
{
    dog_init(&self->dog, name, 7);
    self->age = 1;
}

static troupe_str on_puppy_speak(struct puppy_state *self)
{
    (void)self;
    return "yip";
}

static int on_puppy_secret(struct puppy_state *self, int guess)
{
    return guess + self->age;
}

static int on_age(struct puppy_state *self)
{
    return self->age;
}

TROUPE_IMPLEMENT(puppy, (init, on_puppy), (speak, on_puppy_speak), (secret, on_puppy_secret),
                 (age, on_age));

struct counter_state {
    int total;
};

static void on_counter(struct counter_state *self)
{
    self->total = 1000;
}

static void on_add(struct counter_state *self, int n)
{
    self->total += n;
}

static int on_total(struct counter_state *self)
{
    return self->total;
}

TROUPE_IMPLEMENT(counter, (init, on_counter), (add, on_add), (total, on_total));

struct doubler_state {
    struct counter_state counter;
};

static void on_doubler_add(struct doubler_state *self, int n)
{
    on_add(&self->counter, 2 * n);
}

TROUPE_IMPLEMENT(doubler, (add, on_doubler_add));

struct plain_counter_state {
    struct counter_state counter;
};

static void on_plain_repr(const struct plain_counter_state *self, char *text, size_t size)
{
    snprintf(text, size, "%d", self->counter.total);
}

TROUPE_IMPLEMENT(plain_counter, (repr, on_plain_repr));

/* ---- tests ----------------------------------------------------------------------------------- */

static void calls_on_a_base_handle_reach_the_override(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        const struct troupe_options there = {.place = troupe_on(rank)};
        const animal zoo[] = {
            troupe_new(animal, .name = "Al", .with = there),
            troupe_new(dog, .name = "Bo", .tricks = 1, .with = there).super,
            troupe_new(puppy, .name = "Cy", .with = there).super.super,
        };
        static const char *const sounds[] = {"...", "woof", "yip"};
        for (int i = 0; i < 3; i++)
            assert_string_equal(troupe_await(animal_speak(zoo[i])), sounds[i]);
    }
}

static void inside_calls_reach_the_override_of_the_lowest_class(void **state)
{
    (void)state;
    assert_string_equal(troupe_await(animal_introduce(animal_new("Al"))), "Al says ...");
    dog d = dog_new("Bo", 2);
    assert_string_equal(troupe_await(animal_introduce(d.super)), "Bo says woof woof");
    puppy p = puppy_new("Cy");
    assert_string_equal(troupe_await(animal_introduce(p.super.super)), "Cy says yip");
}

static void a_subclass_has_what_it_adds_and_what_it_inherits(void **state)
{
    (void)state;
    puppy p = puppy_new("Cy");
    assert_int_equal(troupe_await(puppy_age(p)), 1);
    assert_string_equal(troupe_await(dog_fetch(p.super, "a shoe")), "Cy brings a shoe");
    assert_string_equal(troupe_await(dog_speak(p.super)), "yip");
    assert_string_equal(troupe_await(puppy_speak(p)), "yip");
    assert_int_equal(troupe_await(animal_legs(p.super.super)), 4);
}

static void the_constructor_of_the_base_is_called_from_the_subclass(void **state)
{
    (void)state;
    assert_int_equal(troupe_await(animal_weight(animal_new("Al"))), 100);
    assert_int_equal(troupe_await(animal_weight(dog_new("Bo", 0).super)), 1100);
    assert_int_equal(troupe_await(animal_weight(puppy_new("Cy").super.super)), 1100);
}

static void an_override_of_a_tell_may_call_that_of_its_base(void **state)
{
    (void)state;
    animal a = animal_new("Al");
    puppy p = puppy_new("Cy");
    animal_feed(a, 5);
    animal_feed(p.super.super, 5);
    dog_feed(p.super, 5);
    assert_int_equal(troupe_await(animal_weight(a)), 105);
    assert_int_equal(troupe_await(animal_weight(p.super.super)), 1120);
}

static void a_base_without_arguments_constructs_for_its_subclass(void **state)
{
    (void)state;
    doubler d = doubler_new();
    plain_counter p = plain_counter_new();
    counter_add(d.super, 3);
    counter_add(p.super, 3);
    assert_int_equal(troupe_await(counter_total(d.super)), 1006);
    assert_int_equal(troupe_await(counter_total(p.super)), 1003);
}

static void an_abstract_method_fails_with_its_name_until_it_is_overridden(void **state)
{
    (void)state;
    expect_failure(animal_secret(animal_new("Al"), 1), TROUPE_INVALID, "animal.secret is abstract");
    expect_failure(animal_secret(dog_new("Bo", 1).super, 1), TROUPE_INVALID,
                   "animal.secret is abstract");
    assert_int_equal(troupe_await(animal_secret(puppy_new("Cy").super.super, 41)), 42);
}

static void the_default_name_is_class_rank_and_number(void **state)
{
    (void)state;
    char expected[64];
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        animal a = troupe_new(animal, .name = "Al", .with = {.place = troupe_on(rank)});
        snprintf(expected, sizeof expected, "animal(%d:", rank);
        expect_failure(animal_stumble(a), -77, expected);
        assert_non_null(strstr(troupe_story(), ").stumble: over 4 legs"));
    }
}

static void names_of_two_actors_differ(void **state)
{
    (void)state;
    char first[200];
    animal a = troupe_new(animal, .name = "Al", .with = {.place = troupe_on(0)});
    animal b = troupe_new(animal, .name = "Al", .with = {.place = troupe_on(0)});
    expect_failure(animal_stumble(a), -77, "animal(0:");
    snprintf(first, sizeof first, "%s", troupe_story());
    expect_failure(animal_stumble(b), -77, "animal(0:");
    assert_string_not_equal(first, troupe_story());
}

static void a_repr_is_overridden_and_inherited(void **state)
{
    (void)state;
    expect_failure(animal_stumble(dog_new("Bo", 1).super), -77, " \"<Bo>\").stumble: over 4 legs");
    assert_non_null(strstr(troupe_story(), "dog("));
    expect_failure(animal_stumble(puppy_new("Cy").super.super), -77,
                   " \"<Cy>\").stumble: over 4 legs");
    assert_non_null(strstr(troupe_story(), "puppy("));
}

static void an_actor_knows_its_own_handle(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        puppy p = troupe_new(puppy, .name = "Cy", .with = {.place = troupe_on(rank)});
        animal self = troupe_await(animal_itself(p.super.super));
        assert_true(troupe_same(self, p));
        assert_string_equal(troupe_await(animal_speak(self)), "yip");
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_on_a_base_handle_reach_the_override),
        cmocka_unit_test(inside_calls_reach_the_override_of_the_lowest_class),
        cmocka_unit_test(a_subclass_has_what_it_adds_and_what_it_inherits),
        cmocka_unit_test(the_constructor_of_the_base_is_called_from_the_subclass),
        cmocka_unit_test(an_override_of_a_tell_may_call_that_of_its_base),
        cmocka_unit_test(a_base_without_arguments_constructs_for_its_subclass),
        cmocka_unit_test(an_abstract_method_fails_with_its_name_until_it_is_overridden),
        cmocka_unit_test(the_default_name_is_class_rank_and_number),
        cmocka_unit_test(names_of_two_actors_differ),
        cmocka_unit_test(a_repr_is_overridden_and_inherited),
        cmocka_unit_test(an_actor_knows_its_own_handle),
    };
    return TEST_PLAY(argc, argv, tests, 4);
}
