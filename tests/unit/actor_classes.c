/*
 * Tests of classes: numbers, tables of methods, faults of a declaration, the fingerprint.
 *
 * Classes register for the whole life of a process, so each case runs in a process of its own: it
 * registers what it needs, by hand, and tells on stderr, among what the library logs there, what
 * came of it. The parent asserts on that.
 */
#include "actor/classes.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "process.h"
#include "troupe/declare.h"

/* ---- a process for each case ----------------------------------------------------------------- */

static void in_a_process(void (*run)(void))
{
    int status = test_in_a_process(run);
    if (status)
        fail_msg("the process ended with %#x after saying: %s", (unsigned)status, said);
}

#define tell(...) dprintf(STDERR_FILENO, __VA_ARGS__)

static void open_and_tell(void)
{
    tell(trp_classes_open() ? "open\n" : "faulty\n");
}

/* ---- declarations by hand -------------------------------------------------------------------- */

static const struct troupe_field an_int[] = {{"x", &troupe_type_int, 0, 0}};
static const struct troupe_field a_double[] = {{"x", &troupe_type_double, 0, 0}};
static const struct troupe_field another_int[] = {{"y", &troupe_type_int, 0, 0}};

#define NO_ARGS {"arguments", TROUPE_KIND_STRUCT, true, 1, 0, NULL, NULL}
#define ARGS(fields) {"arguments", TROUPE_KIND_STRUCT, true, 8, 1, fields, NULL}

/* A method C_m of class C, with the description of its arguments last. */
#define METHOD_(C, m, ROLE, base, ...)                                                             \
    static const struct troupe_signature C##_##m##_signature = {                                   \
        #C, #m, TROUPE_ROLE_##ROLE, __VA_ARGS__, &troupe_type_void, base};                         \
    static struct troupe_method C##_##m = {.signature = &C##_##m##_signature};

#define METHOD(C, m, ROLE, ...) METHOD_(C, m, ROLE, NULL, __VA_ARGS__)
#define OVERRIDE(C, B, m) METHOD_(C, m, TELL, &B##_##m##_signature, NO_ARGS)

#define CLASS(C, ...)                                                                              \
    static struct troupe_method *const C##_methods[] = {__VA_ARGS__};                              \
    static struct troupe_class C##_class = {                                                       \
        .name = #C, .state_size = 8, .methods = C##_methods, .id = 77};

#define REGISTER(C, B) troupe_register_class(&C##_class, B, NULL, NULL)

METHOD(alpha, init, INIT, NO_ARGS)
METHOD(alpha, one, TELL, NO_ARGS)
METHOD(alpha, two, ASK, NO_ARGS)
METHOD(alpha, repr, REPR, NO_ARGS)
METHOD(alpha, destroy, DESTROY, NO_ARGS)
CLASS(alpha, &alpha_init, &alpha_one, &alpha_two, &alpha_repr, &alpha_destroy, NULL)

OVERRIDE(beta, alpha, two)
METHOD(beta, three, TELL, NO_ARGS)
CLASS(beta, &beta_three, &beta_two, NULL)

OVERRIDE(delta, alpha, one)
METHOD(delta, four, TELL, NO_ARGS)
CLASS(delta, &delta_four, &delta_one, NULL)

METHOD(hiding, one, TELL, NO_ARGS)
CLASS(hiding, &hiding_one, NULL)

METHOD(strict, init, INIT, ARGS(an_int))
METHOD(strict, one, TELL, ARGS(an_int))
CLASS(strict, &strict_init, &strict_one, NULL)
CLASS(careless, NULL)
METHOD(careful, init, INIT, NO_ARGS)
CLASS(careful, &careful_init, NULL)
CLASS(empty, NULL)

METHOD(work, work, TASK, ARGS(an_int))
METHOD(play, play, TASK, NO_ARGS)
METHOD(rest, rest, TASK, NO_ARGS)

/* ---- numbers --------------------------------------------------------------------------------- */

static void tell_numbers(void)
{
    open_and_tell();
    for (uint32_t i = 0; trp_class_by_id(i); i++)
        tell("%u=%s(%u)\n", i, trp_class_by_id(i)->name, trp_class_by_id(i)->id);
    for (uint32_t i = 0; trp_task_by_number(i); i++)
        tell("task %u=%s(%u)\n", i, trp_task_by_number(i)->signature->name,
             trp_task_by_number(i)->slot);
    tell("%s\n", trp_class_by_id(UINT32_MAX) || trp_task_by_number(UINT32_MAX) ? "?" : "no more");
}

static void forwards(void)
{
    REGISTER(alpha, NULL);
    REGISTER(beta, &alpha_class);
    REGISTER(delta, &beta_class);
    REGISTER(empty, NULL);
    troupe_register_task(&play_play);
    troupe_register_task(&rest_rest);
    troupe_register_task(&work_work);
    tell_numbers();
}

static void backwards(void)
{
    troupe_register_task(&work_work);
    troupe_register_task(&rest_rest);
    troupe_register_task(&play_play);
    REGISTER(delta, &beta_class);
    REGISTER(beta, &alpha_class);
    REGISTER(empty, NULL);
    REGISTER(alpha, NULL);
    tell_numbers();
}

static void numbers_follow_the_names_in_whatever_order_classes_register(void **state)
{
    static const char expected[] = "open\n0=alpha(0)\n1=beta(1)\n2=delta(2)\n3=empty(3)\n"
                                   "task 0=play(0)\ntask 1=rest(1)\ntask 2=work(2)\nno more\n";

    (void)state;
    in_a_process(forwards);
    assert_string_equal(said, expected);
    in_a_process(backwards);
    assert_string_equal(said, expected);
}

static void nobody(void)
{
    tell_numbers();
    trp_classes_close();
}

static void a_program_without_classes_is_fine(void **state)
{
    (void)state;
    in_a_process(nobody);
    assert_string_equal(said, "open\nno more\n");
}

static void twice(void)
{
    REGISTER(alpha, NULL);
    REGISTER(beta, &alpha_class);
    for (int i = 0; i < 2; i++) {
        open_and_tell();
        tell("%u %u %u\n", beta_class.id, beta_class.slots, beta_two.slot);
        trp_classes_close();
    }
}

static void classes_can_be_opened_again(void **state)
{
    (void)state;
    in_a_process(twice);
    assert_string_equal(said, "open\n1 3 1\nopen\n1 3 1\n");
}

static struct troupe_class alpha_again_class = {.name = "alpha", .methods = alpha_methods};

static void one_name_twice(void)
{
    REGISTER(alpha, NULL);
    REGISTER(alpha_again, NULL);
    open_and_tell();
    trp_classes_close();
}

static void two_classes_of_one_name_are_reported(void **state)
{
    (void)state;
    in_a_process(one_name_twice);
    test_said("class alpha is implemented twice");
    test_said("faulty\n");
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void tell_table(const struct troupe_class *class_)
{
    tell("%s:", class_->name);
    for (uint32_t i = 0; i < class_->slots; i++)
        tell(" %s.%s(%u)", class_->table[i]->signature->owner, class_->table[i]->signature->name,
             class_->table[i]->slot);
    tell("\n");
}

static void tables(void)
{
    REGISTER(delta, &beta_class);
    REGISTER(beta, &alpha_class);
    REGISTER(alpha, NULL);
    REGISTER(empty, &delta_class);
    open_and_tell();
    tell_table(&alpha_class);
    tell_table(&beta_class);
    tell_table(&delta_class);
    tell_table(&empty_class);
}

static void inherited_methods_keep_their_slots_and_overriding_ones_take_them(void **state)
{
    (void)state;
    in_a_process(tables);
    assert_string_equal(
        said, "open\n"
              "alpha: alpha.one(0) alpha.two(1)\n"
              "beta: alpha.one(0) beta.two(1) beta.three(2)\n"
              "delta: delta.one(0) beta.two(1) beta.three(2) delta.four(3)\n"
              "empty: delta.one(0) beta.two(1) beta.three(2) delta.four(3)\n");
}

static void life(void)
{
    REGISTER(alpha, NULL);
    REGISTER(beta, &alpha_class);
    REGISTER(strict, NULL);
    REGISTER(careful, &strict_class);
    open_and_tell();
    tell("%d", alpha_class.init == &alpha_init);
    tell("%d", alpha_class.repr == &alpha_repr);
    tell("%d", alpha_class.destroy == &alpha_destroy);
    tell("%d", beta_class.init == &alpha_init);
    tell("%d", beta_class.repr == &alpha_repr);
    tell("%d", beta_class.destroy == NULL); /* that of the base runs after it, not instead */
    tell("%d", careful_class.init == &careful_init);
    tell("%d\n", careful_class.repr == NULL);
}

static void constructor_and_repr_are_inherited_and_the_destructor_is_not(void **state)
{
    (void)state;
    in_a_process(life);
    assert_string_equal(said, "open\n11111111\n");
}

static void kinship(void)
{
    REGISTER(alpha, NULL);
    REGISTER(beta, &alpha_class);
    REGISTER(delta, &beta_class);
    REGISTER(empty, NULL);
    open_and_tell();
    tell("%d", trp_class_is_a(&delta_class, &alpha_class));
    tell("%d", trp_class_is_a(&delta_class, &delta_class));
    tell("%d", trp_class_is_a(&alpha_class, &delta_class));
    tell("%d", trp_class_is_a(&empty_class, &alpha_class));
    tell("%d\n", trp_class_is_a(NULL, &alpha_class));
}

static void a_class_is_each_of_its_bases_and_nothing_else(void **state)
{
    (void)state;
    in_a_process(kinship);
    assert_string_equal(said, "open\n11000\n");
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void hide(void)
{
    REGISTER(alpha, NULL);
    REGISTER(hiding, &alpha_class);
    open_and_tell();
    trp_classes_close();
}

static void hide_from_afar(void)
{
    REGISTER(alpha, NULL);
    REGISTER(empty, &alpha_class);
    REGISTER(hiding, &empty_class);
    open_and_tell();
    trp_classes_close();
}

static void a_method_that_hides_one_without_overriding_it_is_reported(void **state)
{
    (void)state;
    in_a_process(hide);
    test_said("class hiding: method one hides that of alpha");
    test_said("faulty\n");
    in_a_process(hide_from_afar);
    test_said("class hiding: method one hides that of alpha");
    test_said("faulty\n");
}

static void forget_to_construct(void)
{
    REGISTER(strict, NULL);
    REGISTER(careless, &strict_class);
    open_and_tell();
    trp_classes_close();
}

static void a_subclass_must_construct_a_base_that_takes_arguments(void **state)
{
    (void)state;
    in_a_process(forget_to_construct);
    test_said("class careless has no constructor");
    test_said("its base strict takes arguments");
    test_said("faulty\n");
}

METHOD(alpha, missing, TELL, NO_ARGS)
METHOD(beta, absent, ASK, ARGS(an_int))
METHOD(beta, init, INIT, ARGS(an_int))
METHOD(elsewhere, missing, TELL, NO_ARGS)
static const struct troupe_signature *const declared[] = {
    &alpha_one_signature,     &alpha_missing_signature, &alpha_missing_signature,
    &alpha_init_signature,    &beta_absent_signature,   &alpha_repr_signature,
    &beta_init_signature,     &elsewhere_missing_signature, &work_work_signature};

#define REGISTER_DECLARED(C, B, from, to)                                                          \
    troupe_register_class(&C##_class, B, declared + (from), declared + (to))

static void forget_methods(void)
{
    REGISTER_DECLARED(alpha, NULL, 0, 9);
    REGISTER_DECLARED(beta, &alpha_class, 0, 9);
    (void)alpha_missing, (void)beta_absent, (void)beta_init, (void)elsewhere_missing;
    open_and_tell();
    trp_classes_close();
}

static void what_is_declared_and_not_implemented_is_reported_once_each(void **state)
{
    (void)state;
    in_a_process(forget_methods);
    test_said("class alpha: missing is declared but not implemented");
    test_said("class beta: absent is declared but not implemented");
    test_said("class beta: init is declared but not implemented");
    test_said("faulty\n");
    int lines = 0;
    for (const char *c = said; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 4);
}

/* A constructor without arguments, a repr, a class that is only declared, a task. */
static void forget_nothing_that_is_needed(void)
{
    static const struct troupe_signature *const fine[] = {
        &alpha_one_signature, &careful_init_signature, &elsewhere_missing_signature,
        &alpha_repr_signature, &work_work_signature};
    troupe_register_class(&alpha_class, NULL, fine, fine + 5);
    troupe_register_class(&empty_class, NULL, fine, fine + 5);
    open_and_tell();
}

static void what_may_be_left_out_is_not_reported(void **state)
{
    (void)state;
    in_a_process(forget_nothing_that_is_needed);
    assert_string_equal(said, "open\n");
}

METHOD(hidden, two, TELL, NO_ARGS)
CLASS(hidden, &hidden_two, NULL)

static void hide_twice(void)
{
    REGISTER(alpha, NULL);
    REGISTER(hidden, &alpha_class);
    REGISTER(hiding, &alpha_class);
    open_and_tell();
    trp_classes_close();
}

static void each_fault_is_reported(void **state)
{
    (void)state;
    in_a_process(hide_twice);
    test_said("class hidden: method two hides");
    test_said("class hiding: method one hides");
    test_said("faulty\n");
}

OVERRIDE(stranger, strict, one) /* strict.one takes other arguments than alpha.one */
CLASS(stranger, &stranger_one, NULL)

static void override_a_stranger(void)
{
    REGISTER(alpha, NULL);
    REGISTER(strict, NULL);
    REGISTER(stranger, &alpha_class);
    open_and_tell();
    trp_classes_close();
}

static void an_override_of_a_class_that_is_no_base_is_reported(void **state)
{
    (void)state;
    in_a_process(override_a_stranger);
    test_said("class stranger: method one overrides that of strict, which is no base");
    test_said("faulty\n");
}

/* ---- the fingerprint ------------------------------------------------------------------------- */

METHOD(first, one, TELL, ARGS(an_int))
METHOD(second, one, TELL, ARGS(a_double))
METHOD(third, one, TELL, ARGS(another_int))
METHOD(fourth, one, TELL, NO_ARGS)

/* The fingerprint of a program of two classes and a task; the variant differs from it in `one`. */
static struct troupe_method variant;
static const struct troupe_method *with;
static bool reversed;

static void tell_fingerprint(void)
{
    static struct troupe_signature signature;
    static struct troupe_method *methods[] = {&variant, NULL};
    static struct troupe_class class_ = {.name = "variant", .methods = methods};
    signature = *with->signature;
    signature.owner = "variant";
    variant.signature = &signature;
    if (reversed)
        REGISTER(alpha, NULL);
    troupe_register_class(&class_, NULL, NULL, NULL);
    if (!reversed)
        REGISTER(alpha, NULL);
    troupe_register_task(&work_work);
    open_and_tell();
    tell("%" PRIx64 "\n", trp_classes_fingerprint());
}

static char *fingerprint(const struct troupe_method *of, bool in_reverse)
{
    with = of;
    reversed = in_reverse;
    in_a_process(tell_fingerprint);
    return strdup(said);
}

static void the_fingerprint_is_the_same_in_whatever_order_classes_register(void **state)
{
    char *a = fingerprint(&first_one, false), *b = fingerprint(&first_one, true);

    (void)state;
    assert_string_equal(a, b);
    free(a);
    free(b);
}

static void another_type_or_name_or_number_of_arguments_is_another_fingerprint(void **state)
{
    static const struct troupe_method *const others[] = {&first_one, &second_one, &third_one,
                                                         &fourth_one};
    char *prints[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        prints[i] = fingerprint(others[i], false);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(prints[i], prints[k]);
    }
    for (int i = 0; i < 4; i++)
        free(prints[i]);
}

static void another_result_is_another_fingerprint(void **state)
{
    struct troupe_signature signature = first_one_signature;
    struct troupe_method method = {.signature = &signature};
    char *a = fingerprint(&method, false);

    (void)state;
    signature.result = &troupe_type_double;
    char *b = fingerprint(&method, false);
    assert_string_not_equal(a, b);
    free(a);
    free(b);
}

/* ---- what a constructor takes, and what is in a struct --------------------------------------- */

METHOD(made, init, INIT, ARGS(an_int))
METHOD(remade, init, INIT, ARGS(a_double))
static const struct troupe_method *init_with;
static bool with_empty;

static void tell_constructor_fingerprint(void)
{
    static struct troupe_signature signature;
    static struct troupe_method init, *methods[] = {&init, NULL};
    static struct troupe_class class_ = {.name = "made", .methods = methods};
    signature = *init_with->signature;
    signature.owner = "made";
    init.signature = &signature;
    troupe_register_class(&class_, NULL, NULL, NULL);
    if (with_empty)
        REGISTER(empty, NULL);
    open_and_tell();
    tell("%" PRIx64 "\n", trp_classes_fingerprint());
}

static char *constructor_fingerprint(const struct troupe_method *of, bool empty_too)
{
    init_with = of;
    with_empty = empty_too;
    in_a_process(tell_constructor_fingerprint);
    return strdup(said);
}

static void another_constructor_is_another_fingerprint(void **state)
{
    char *a = constructor_fingerprint(&made_init, false);
    char *b = constructor_fingerprint(&remade_init, false);

    (void)state;
    assert_string_not_equal(a, b);
    free(a);
    free(b);
}

static void one_more_class_without_methods_is_another_fingerprint(void **state)
{
    char *a = constructor_fingerprint(&made_init, false);
    char *b = constructor_fingerprint(&made_init, true);

    (void)state;
    assert_string_not_equal(a, b);
    free(a);
    free(b);
}

static const struct troupe_field one_field[] = {{"a", &troupe_type_int, 0, 0}};
static const struct troupe_field two_fields[] = {{"a", &troupe_type_int, 0, 0},
                                                 {"b", &troupe_type_int, 4, 0}};
static const struct troupe_type old_pair = {"pair", TROUPE_KIND_STRUCT, true, 4, 1, one_field,
                                            NULL};
static const struct troupe_type new_pair = {"pair", TROUPE_KIND_STRUCT, true, 8, 2, two_fields,
                                            NULL};
static const struct troupe_field an_old_pair[] = {{"x", &old_pair, 0, 0}};
static const struct troupe_field a_new_pair[] = {{"x", &new_pair, 0, 0}};
METHOD(fifth, one, TELL, ARGS(an_old_pair))
METHOD(sixth, one, TELL, ARGS(a_new_pair))

static void another_struct_of_the_same_name_is_another_fingerprint(void **state)
{
    char *a = fingerprint(&fifth_one, false), *b = fingerprint(&sixth_one, false);

    (void)state;
    assert_string_not_equal(a, b);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_follow_the_names_in_whatever_order_classes_register),
        cmocka_unit_test(a_program_without_classes_is_fine),
        cmocka_unit_test(classes_can_be_opened_again),
        cmocka_unit_test(two_classes_of_one_name_are_reported),
        cmocka_unit_test(inherited_methods_keep_their_slots_and_overriding_ones_take_them),
        cmocka_unit_test(constructor_and_repr_are_inherited_and_the_destructor_is_not),
        cmocka_unit_test(a_class_is_each_of_its_bases_and_nothing_else),
        cmocka_unit_test(a_method_that_hides_one_without_overriding_it_is_reported),
        cmocka_unit_test(a_subclass_must_construct_a_base_that_takes_arguments),
        cmocka_unit_test(what_is_declared_and_not_implemented_is_reported_once_each),
        cmocka_unit_test(what_may_be_left_out_is_not_reported),
        cmocka_unit_test(each_fault_is_reported),
        cmocka_unit_test(an_override_of_a_class_that_is_no_base_is_reported),
        cmocka_unit_test(the_fingerprint_is_the_same_in_whatever_order_classes_register),
        cmocka_unit_test(another_type_or_name_or_number_of_arguments_is_another_fingerprint),
        cmocka_unit_test(another_result_is_another_fingerprint),
        cmocka_unit_test(another_constructor_is_another_fingerprint),
        cmocka_unit_test(one_more_class_without_methods_is_another_fingerprint),
        cmocka_unit_test(another_struct_of_the_same_name_is_another_fingerprint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
