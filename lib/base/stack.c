/*
 * Stacks: their memory, and what the tools that watch stacks must be told.
 *
 * The memory of a stack is one mapping. From its lowest address: a guard, the frames, and at
 * the top the struct itself, so that a stack little used has one resident page and no other
 * memory. The tools are AddressSanitizer, LeakSanitizer, ThreadSanitizer and valgrind; each follows
 * one stack a thread, unless told of a switch. The calls named watch_ tell them, and cost nothing
 * in a build without sanitizers, but for a test for valgrind when a stack is made or freed.
 */
#include "base/stack.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sanitized.h"
#include "base/switch.h"

#if TRP_SANITIZE_ADDRESS
#define WATCH_ADDRESSES
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if TRP_SANITIZE_THREAD
#define WATCH_THREADS
#include <sanitizer/tsan_interface.h>
#endif
#if defined __has_include
#if __has_include(<valgrind/valgrind.h>)
#define WATCH_VALGRIND
#include <valgrind/valgrind.h>
#endif
#endif

/* As many as a function skips that has a large array: below a guard that it steps over are others'
   frames. Addresses only, no memory. */
#define GUARD ((size_t)1 << 20)

struct trp_stack {
    struct trp_switch_point point; /* first: see trp_stack_switch */
    char *base;   /* the guard, where the mapping begins; NULL: native */
    size_t bytes; /* of the mapping */
    trp_stack_entry *entry;
    void *arg;
#ifdef WATCH_ADDRESSES
    const void *low; /* where frames may be; of a native stack known once it was left */
    size_t room;
    void *fake;             /* its frames that live elsewhere, to find use after return */
    struct trp_stack *last; /* who switched here */
#endif
#ifdef WATCH_THREADS
    void *fiber;
#endif
#ifdef WATCH_VALGRIND
    unsigned valgrind;
#endif
};

static char *frames_low(const struct trp_stack *s)
{
    return s->base + GUARD;
}

/* ---- telling AddressSanitizer ---- */

#ifdef WATCH_ADDRESSES

static void watch_addresses_new(struct trp_stack *s)
{
    s->low = frames_low(s);
    s->room = (size_t)((char *)s - frames_low(s));
    /* What only frames of standing stacks point to has not leaked. The check for leaks at the end
       reads the memory map once a stack left, which takes long with thousands: free them before. */
    __lsan_register_root_region(s->low, s->room);
}

/* A fake stack is freed only by leaving the stack it belongs to for ever. So pretend to go there
   and to leave it; no instrumented code may run meanwhile. */
__attribute__((no_sanitize_address)) static void drop_fake_frames(struct trp_stack *s)
{
    void *mine;
    const void *low;
    size_t room;

    __sanitizer_start_switch_fiber(&mine, s->low, s->room);
    __sanitizer_finish_switch_fiber(s->fake, &low, &room);
    __sanitizer_start_switch_fiber(NULL, low, room);
    __sanitizer_finish_switch_fiber(mine, NULL, NULL);
    s->fake = NULL;
}

static void watch_addresses_forget_frames(struct trp_stack *s)
{
    if (s->fake)
        drop_fake_frames(s);
    __asan_unpoison_memory_region(s->low, s->room);
}

static void watch_addresses_free(struct trp_stack *s)
{
    watch_addresses_forget_frames(s);
    __lsan_unregister_root_region(s->low, s->room);
}

static void watch_addresses_leave(struct trp_stack *from, struct trp_stack *to)
{
    to->last = from;
    __sanitizer_start_switch_fiber(&from->fake, to->low, to->room);
}

static void watch_addresses_arrive(struct trp_stack *here)
{
    /* The bounds of a native stack are learnt here; of others they are what they were. */
    __sanitizer_finish_switch_fiber(here->fake, &here->last->low, &here->last->room);
    here->fake = NULL;
}

#else
#define watch_addresses_new(s) ((void)(s))
#define watch_addresses_forget_frames(s) ((void)(s))
#define watch_addresses_free(s) ((void)(s))
#define watch_addresses_leave(from, to) ((void)(from), (void)(to))
#define watch_addresses_arrive(here) ((void)(here))
#endif

/* ---- telling ThreadSanitizer ---- */

#ifdef WATCH_THREADS
#define watch_threads_new(s) ((s)->fiber = __tsan_create_fiber(0))
#define watch_threads_native(s) ((s)->fiber = __tsan_get_current_fiber())
#define watch_threads_free(s) __tsan_destroy_fiber((s)->fiber)
#define watch_threads_leave(to) __tsan_switch_to_fiber((to)->fiber, 0)
#else
#define watch_threads_new(s) ((void)(s))
#define watch_threads_native(s) ((void)(s))
#define watch_threads_free(s) ((void)(s))
#define watch_threads_leave(to) ((void)(to))
#endif

/* ---- telling valgrind ---- */

static void watch_valgrind_new(struct trp_stack *s)
{
#ifdef WATCH_VALGRIND
    if (RUNNING_ON_VALGRIND)
        s->valgrind = VALGRIND_STACK_REGISTER(frames_low(s), (char *)s - 1);
#else
    (void)s;
#endif
}

static void watch_valgrind_free(struct trp_stack *s)
{
#ifdef WATCH_VALGRIND
    if (RUNNING_ON_VALGRIND)
        VALGRIND_STACK_DEREGISTER(s->valgrind);
#else
    (void)s;
#endif
}

/* ---- stacks ---- */

/* The first function on every stack. */
static void run_entry(void *arg)
{
    struct trp_stack *self = arg;

    watch_addresses_arrive(self);
    self->entry(self->arg);
    fputs("troupe: the entry of a stack has returned; it must switch away for ever\n", stderr);
    abort();
}

static void stand_at_entry(struct trp_stack *s, trp_stack_entry *entry, void *arg)
{
    s->entry = entry;
    s->arg = arg;
    trp_switch_prepare(&s->point, frames_low(s), s, run_entry, s);
}

/* Huge pages would make a large stack of which little is used resident as a whole; older kernels
   do not take MAP_STACK as a word against them. The guard also keeps neighbours' mappings apart. */
static char *map(size_t bytes)
{
    char *base = mmap(NULL, bytes, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

    if (base == MAP_FAILED)
        return NULL;
    if (mprotect(base + GUARD, bytes - GUARD, PROT_READ | PROT_WRITE) != 0) {
        munmap(base, bytes);
        return NULL;
    }
    madvise(base + GUARD, bytes - GUARD, MADV_NOHUGEPAGE);
    return base;
}

struct trp_stack *trp_stack_new(size_t bytes, trp_stack_entry *entry, void *arg)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = GUARD + (bytes + sizeof(struct trp_stack) + page - 1) / page * page;

    char *base = map(bytes);
    if (!base)
        return NULL;

    struct trp_stack *s = (struct trp_stack *)(void *)(base + bytes) - 1;
    *s = (struct trp_stack){ .base = base, .bytes = bytes };
    watch_addresses_new(s);
    watch_threads_new(s);
    watch_valgrind_new(s);
    stand_at_entry(s, entry, arg);
    return s;
}

struct trp_stack *trp_stack_native(void)
{
    struct trp_stack *s = calloc(1, sizeof *s);

    if (s)
        watch_threads_native(s);
    return s;
}

void trp_stack_restart(struct trp_stack *s, trp_stack_entry *entry, void *arg)
{
    assert(s->base);
    watch_addresses_forget_frames(s);
    watch_threads_free(s);
    watch_threads_new(s);
    stand_at_entry(s, entry, arg);
}

void trp_stack_free(struct trp_stack *s)
{
    if (s && s->base) {
        watch_addresses_free(s);
        watch_threads_free(s);
        watch_valgrind_free(s);
        munmap(s->base, s->bytes);
    } else {
        free(s);
    }
}

#if TRP_SANITIZED
void trp_stack_switch(struct trp_stack *from, struct trp_stack *to)
{
    assert(from != to);
    watch_addresses_leave(from, to);
    watch_threads_leave(to);
    trp_switch(&from->point, &to->point);
    watch_addresses_arrive(from);
}
#endif

bool trp_stack_guards(const struct trp_stack *s, const void *address)
{
    return s->base && (uintptr_t)address - (uintptr_t)s->base < GUARD;
}
