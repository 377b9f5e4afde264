/*
 * Tests of stacks: what a switch keeps, recycling, moving between threads, many stacks, overflow.
 *
 * Code that runs on a stack under test only records; the tests assert on the native stack, where a
 * failed assertion may jump.
 */
#include "base/stack.h"

#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sanitized.h"
#include "process.h"

#if TRP_SANITIZE_THREAD
enum { MANY = 200 }; /* ThreadSanitizer keeps up to a megabyte for each, and 8000 at most */
#else
enum { MANY = 20000 };
#endif
#if defined __has_include
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#endif

#define KIB 1024u
#define STACK_BYTES (256 * KIB)

/* A stack under test and the one it goes back to. */
struct pair {
    struct trp_stack *home, *away;
    int count;
    bool right;
    pthread_t thread;
    uintptr_t frame;
};

static void go(struct pair *p)
{
    trp_stack_switch(p->home, p->away);
}

static void back(struct pair *p)
{
    trp_stack_switch(p->away, p->home);
}

static struct pair pair_new(trp_stack_entry *entry, struct pair *p)
{
    struct pair made = { .home = trp_stack_native(),
                         .away = trp_stack_new(STACK_BYTES, entry, p) };

    assert_non_null(made.home);
    assert_non_null(made.away);
    return made;
}

static void pair_free(struct pair *p)
{
    trp_stack_free(p->away);
    trp_stack_free(p->home);
}

static void count_for_ever(void *arg)
{
    struct pair *p = arg;

    for (;;) {
        p->frame = (uintptr_t)__builtin_frame_address(0);
        p->count++;
        back(p);
    }
}

static void a_stack_runs_its_entry_once_and_goes_on_where_it_left(void **state)
{
    struct pair p = pair_new(count_for_ever, &p);

    (void)state;
    assert_int_equal(p.count, 0);
    for (int i = 1; i <= 3; i++) {
        go(&p);
        assert_int_equal(p.count, i);
    }
    pair_free(&p);
}

static void a_stack_that_never_ran_can_be_freed(void **state)
{
    (void)state;
    trp_stack_free(trp_stack_new(STACK_BYTES, count_for_ever, NULL));
    trp_stack_free(NULL);
}

static void a_stack_that_memory_cannot_hold_is_null(void **state)
{
    (void)state;
    assert_null(trp_stack_new(SIZE_MAX, count_for_ever, NULL));
    assert_null(trp_stack_new(SIZE_MAX / 2, count_for_ever, NULL));
    assert_null(trp_stack_new((size_t)1 << 60, count_for_ever, NULL));
}

static void a_stack_has_room_for_a_frame_even_if_asked_for_none(void **state)
{
    struct pair p = { .home = trp_stack_native() };

    (void)state;
    p.away = trp_stack_new(0, count_for_ever, &p);
    go(&p);
    assert_int_equal(p.count, 1);
    pair_free(&p);
}

/* ---- what a switch keeps ---- */

/* More values than there are registers that a call preserves, all of them live over each switch. */
static bool locals_stay(struct pair *p, void (*leave)(struct pair *), unsigned seed)
{
    unsigned long a = seed, b = seed + 1, c = seed + 2, d = seed + 3, e = seed + 4, f = seed + 5;
    unsigned long g = seed + 6, h = seed + 7, i = seed + 8, j = seed + 9, k = seed + 10;
    double r = seed, s = seed + 1, t = seed + 2, u = seed + 3, v = seed + 4, w = seed + 5;
    double x = seed + 6, y = seed + 7, z = seed + 8;

    for (unsigned n = 1; n <= 100; n++) {
        leave(p);
        a += n, b += n, c += n, d += n, e += n, f += n, g += n, h += n, i += n, j += n, k += n;
        r += n, s += n, t += n, u += n, v += n, w += n, x += n, y += n, z += n;
    }
    return a == seed + 5050 && b == a + 1 && c == a + 2 && d == a + 3 && e == a + 4 &&
           f == a + 5 && g == a + 6 && h == a + 7 && i == a + 8 && j == a + 9 && k == a + 10 &&
           r == seed + 5050. && s == r + 1 && t == r + 2 && u == r + 3 && v == r + 4 &&
           w == r + 5 && x == r + 6 && y == r + 7 && z == r + 8;
}

static void keep_locals(void *arg)
{
    struct pair *p = arg;

    p->right = locals_stay(p, back, 1000);
    for (;;)
        back(p);
}

static void locals_and_registers_stay_over_switches(void **state)
{
    struct pair p = pair_new(keep_locals, &p);

    (void)state;
    assert_true(locals_stay(&p, go, 77));
    go(&p);
    assert_true(p.right);
    pair_free(&p);
}

/* 1/n as the rounding mode makes it. To nearest, a third is too small and a tenth too large. */
static double part(double n)
{
    volatile double one = 1, parts = n, quotient = one / parts;

    return quotient;
}

static void round_down(void *arg)
{
    struct pair *p = arg;

    p->right = fegetround() == FE_UPWARD;
    fesetround(FE_DOWNWARD);
    back(p);
    p->right = p->right && fegetround() == FE_DOWNWARD && part(10) < 0.1;
    for (;;)
        back(p);
}

static void the_rounding_mode_belongs_to_the_stack(void **state)
{
    (void)state;
    if (RUNNING_ON_VALGRIND) /* which knows of rounding only in part */
        skip();
    fesetround(FE_UPWARD);
    struct pair p = pair_new(round_down, &p); /* which begins with our mode */
    go(&p);
    int mode = fegetround();
    double up = part(3);
    go(&p);
    fesetround(FE_TONEAREST);

    assert_true(p.right);
    assert_int_equal(mode, FE_UPWARD);
    assert_true(up > 1 / 3.);
    pair_free(&p);
}

/* ---- chains ---- */

struct ring {
    struct trp_stack *at[4]; /* [0] is native */
    char order[64];
};

struct place {
    struct ring *ring;
    int at, next;
};

static void visit(void *arg)
{
    struct place *p = arg;

    for (;;) {
        strcat(p->ring->order, (char[]){ (char)('A' + p->at), 0 });
        trp_stack_switch(p->ring->at[p->at], p->ring->at[p->next]);
    }
}

static void stacks_switch_in_a_chain_without_coming_home(void **state)
{
    struct ring r = { .order = "" };
    struct place places[4] = { { &r, 0, 1 }, { &r, 1, 2 }, { &r, 2, 3 }, { &r, 3, 0 } };

    (void)state;
    r.at[0] = trp_stack_native();
    for (int i = 1; i < 4; i++)
        r.at[i] = trp_stack_new(STACK_BYTES, visit, &places[i]);
    for (int turn = 0; turn < 3; turn++)
        trp_stack_switch(r.at[0], r.at[1]);
    assert_string_equal(r.order, "BCDBCDBCD");
    for (int i = 0; i < 4; i++)
        trp_stack_free(r.at[i]);
}

/* ---- restart ---- */

/* Frames of many sizes, so that what one run leaves behind lies under the frames of the next. */
static unsigned dig(struct pair *p, unsigned depth)
{
    char litter[100];

    memset(litter, (int)depth, sizeof litter);
    if (depth == 0)
        back(p);
    else
        litter[depth % sizeof litter] = (char)dig(p, depth - 1);
    return (unsigned char)litter[depth / 2];
}

static void dig_and_wait(void *arg)
{
    struct pair *p = arg;
    char litter[4000];

    memset(litter, 1, (size_t)p->count % sizeof litter + 1);
    p->frame = (uintptr_t)__builtin_frame_address(0);
    p->count += (int)dig(p, (unsigned)p->count % 90);
}

static void restart_abandons_frames_and_uses_their_memory_again(void **state)
{
    struct pair p = pair_new(dig_and_wait, &p);

    (void)state;
    go(&p);
    uintptr_t first = p.frame;
    for (p.count = 0; p.count < 300; p.count++) {
        p.frame = 0;
        trp_stack_restart(p.away, dig_and_wait, &p);
        go(&p);
        assert_true(p.frame == first);
    }
    pair_free(&p);
}

static void restart_may_change_the_entry_even_before_the_first_run(void **state)
{
    struct pair p = pair_new(dig_and_wait, &p);

    (void)state;
    trp_stack_restart(p.away, count_for_ever, &p);
    go(&p);
    go(&p);
    assert_int_equal(p.count, 2);
    pair_free(&p);
}

/* ---- threads ---- */

/* pthread_self is declared constant, so a compiler calls it once a function and keeps the answer
   over switches. This one may be called on every side of a switch. */
__attribute__((noinline)) static pthread_t thread_now(void)
{
    __asm__ volatile("" ::: "memory");
    return pthread_self();
}

static void note_threads(void *arg)
{
    struct pair *p = arg;

    for (int n = 0;; n++) {
        p->thread = thread_now();
        p->right = p->count == n;
        p->count++;
        back(p);
    }
}

static void *go_once(void *arg)
{
    struct pair *p = arg;

    p->home = trp_stack_native();
    go(p);
    bool here = pthread_equal(p->thread, thread_now());
    trp_stack_free(p->home);
    return here ? p : NULL;
}

static void a_stack_moved_to_another_thread_continues_there(void **state)
{
    struct pair p = pair_new(note_threads, &p);
    struct trp_stack *home = p.home;

    (void)state;
    for (int i = 0; i < 20; i++) {
        pthread_t other;
        void *ran_there;

        p.home = home;
        go(&p);
        assert_true(p.right && pthread_equal(p.thread, thread_now()));
        assert_int_equal(pthread_create(&other, NULL, go_once, &p), 0);
        assert_int_equal(pthread_join(other, &ran_there), 0);
        assert_true(p.right && ran_there);
    }
    assert_int_equal(p.count, 40);
    p.home = home;
    pair_free(&p);
}

/* ---- many ---- */

/* The number after a word in a file of the kernel about this process; 0 if not to be had. */
static long proc_number(const char *file, const char *word)
{
    char line[256];
    long found = 0;
    FILE *f = fopen(file, "r");

    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, word, strlen(word)) == 0)
            found = atol(line + strlen(word));
    if (f)
        fclose(f);
    return found;
}

static long resident_kib(void)
{
    return proc_number("/proc/self/status", "VmRSS:");
}

static long page_table_kib(void)
{
    return proc_number("/proc/self/status", "VmPTE:");
}

static void twenty_thousand_stacks_stand_at_once_on_little_memory(void **state)
{
    struct pair p = { .home = trp_stack_native() };
    int many = RUNNING_ON_VALGRIND ? 1000 : MANY; /* it has room for some 15,000 */
    struct trp_stack **all = calloc((size_t)many, sizeof *all);
    long resident = resident_kib(), tables = page_table_kib();

    (void)state;
    for (int i = 0; i < many; i++) {
        p.away = all[i] = trp_stack_new(STACK_BYTES, count_for_ever, &p);
        assert_non_null(all[i]);
        go(&p);
    }
    resident = (resident_kib() - resident) * (long)KIB / many;
    tables = (page_table_kib() - tables) * (long)KIB / many;
    print_message("bytes a stack: %ld resident, %ld of page tables\n", resident, tables);
    for (int i = 0; i < many; i++) {
        p.away = all[i];
        go(&p);
        trp_stack_free(all[i]);
    }
    assert_int_equal(p.count, 2 * many);
    /* Two pages where a ucontext_t is larger than one. */
    if (!TRP_SANITIZED && !RUNNING_ON_VALGRIND)
        assert_true(resident < 3 * sysconf(_SC_PAGESIZE));
    free(all);
    trp_stack_free(p.home);
}

/* ---- the ends of a stack ---- */

/* Goes down to an address and comes back; the sum keeps the compiler from making it a loop. */
static int descend(uintptr_t to)
{
    volatile char litter[200];

    litter[0] = litter[199] = 1;
    if ((uintptr_t)__builtin_frame_address(0) <= to)
        return 0;
    return descend(to) + litter[0];
}

static void descend_and_tell(void *arg)
{
    struct pair *p = arg;

    p->count = descend((uintptr_t)__builtin_frame_address(0) - STACK_BYTES / 8 * 7);
    for (;;)
        back(p);
}

static void deep_recursion_within_the_size_works(void **state)
{
    struct pair p = pair_new(descend_and_tell, &p);

    (void)state;
    go(&p);
    assert_true(p.count > 50);
    trp_stack_restart(p.away, descend_and_tell, &p);
    go(&p);
    assert_true(p.count > 50);
    pair_free(&p);
}

static void only_the_guard_guards(void **state)
{
    struct pair p = pair_new(count_for_ever, &p);
    int local = 0;

    (void)state;
    go(&p);
    assert_false(trp_stack_guards(p.away, (void *)p.frame));
    assert_false(trp_stack_guards(p.away, &local));
    assert_false(trp_stack_guards(p.away, NULL));
    assert_false(trp_stack_guards(p.home, &local));
    assert_false(trp_stack_guards(p.home, NULL));
    pair_free(&p);
}

enum { GUARDED = 42, NOT_GUARDED = 43 };
static struct pair overflowing;

static void tell_whether_guarded(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    _exit(trp_stack_guards(overflowing.away, info->si_addr) ? GUARDED : NOT_GUARDED);
}

static void descend_without_end(void *arg)
{
    (void)arg;
    descend(0);
    back(&overflowing);
}

static void use_a_large_frame(void *arg)
{
    volatile char frame[2 * STACK_BYTES];

    (void)arg;
    frame[0] = 1;
    back(&overflowing);
    frame[0]++;
}

static void overflow_by(trp_stack_entry *entry)
{
    static char room[64 * KIB];
    struct sigaction action = { .sa_sigaction = tell_whether_guarded,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigaltstack(&(stack_t){ .ss_sp = room, .ss_size = sizeof room }, NULL);
    sigaction(SIGSEGV, &action, NULL);
    overflowing = pair_new(entry, NULL);
    go(&overflowing);
    _exit(NOT_GUARDED);
}

static void overflow_in_a_child(void)
{
    overflow_by(descend_without_end);
}

static void overflow_at_once_in_a_child(void)
{
    overflow_by(use_a_large_frame);
}

static void expect_a_fault_in_the_guard(void (*child)(void))
{
    if (TRP_SANITIZED)
        skip();
    int status = test_in_a_process(child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), GUARDED);
}

static void an_overflow_faults_in_the_guard(void **state)
{
    (void)state;
    expect_a_fault_in_the_guard(overflow_in_a_child);
}

static void an_overflow_by_a_large_frame_does_so_too(void **state)
{
    (void)state;
    expect_a_fault_in_the_guard(overflow_at_once_in_a_child);
}

static void return_at_once(void *arg)
{
    (void)arg;
}

static void return_in_a_child(void)
{
    struct pair p = pair_new(return_at_once, NULL);
    go(&p);
}

static void an_entry_that_returns_aborts_and_says_so(void **state)
{
    (void)state;
    int status = test_in_a_process(return_in_a_child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    test_said("entry of a stack has returned");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_runs_its_entry_once_and_goes_on_where_it_left),
        cmocka_unit_test(a_stack_that_never_ran_can_be_freed),
        cmocka_unit_test(a_stack_that_memory_cannot_hold_is_null),
        cmocka_unit_test(a_stack_has_room_for_a_frame_even_if_asked_for_none),
        cmocka_unit_test(locals_and_registers_stay_over_switches),
        cmocka_unit_test(the_rounding_mode_belongs_to_the_stack),
        cmocka_unit_test(stacks_switch_in_a_chain_without_coming_home),
        cmocka_unit_test(restart_abandons_frames_and_uses_their_memory_again),
        cmocka_unit_test(restart_may_change_the_entry_even_before_the_first_run),
        cmocka_unit_test(a_stack_moved_to_another_thread_continues_there),
        cmocka_unit_test(twenty_thousand_stacks_stand_at_once_on_little_memory),
        cmocka_unit_test(deep_recursion_within_the_size_works),
        cmocka_unit_test(only_the_guard_guards),
        cmocka_unit_test(an_overflow_faults_in_the_guard),
        cmocka_unit_test(an_overflow_by_a_large_frame_does_so_too),
        cmocka_unit_test(an_entry_that_returns_aborts_and_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
