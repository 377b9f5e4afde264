/*
 * The machine's part of a switch between stacks: private to stack.h, stack.c and the files that do
 * it.
 *
 * One form is chosen here, for C and assembly alike: assembly for x86-64 and aarch64, ucontext for
 * other machines and wherever TRP_SWITCH_UCONTEXT is defined. The files of the forms not chosen are
 * empty, so that all of them can be built everywhere. A form knows registers and nothing else: not
 * where stacks come from, not what sanitizers want to be told.
 */
#ifndef TRP_BASE_SWITCH_H
#define TRP_BASE_SWITCH_H

#if defined TRP_SWITCH_UCONTEXT
/* asked for */
#elif defined __x86_64__ && defined __LP64__ && defined __ELF__
#define TRP_SWITCH_X86_64
#elif defined __aarch64__ && defined __LP64__ && defined __ELF__
#define TRP_SWITCH_AARCH64
#else
#define TRP_SWITCH_UCONTEXT
#endif

#ifndef __ASSEMBLER__

#ifdef TRP_SWITCH_UCONTEXT
#include <ucontext.h>
#endif

/* Where execution on a stack stands. Must not move in memory. */
struct trp_switch_point {
#ifdef TRP_SWITCH_UCONTEXT
    ucontext_t context;
    void (*start)(void *arg);
    void *arg;
#else
    void *sp; /* the registers lie on the stack, above this */
#endif
};

/* Lets p stand before a call of start(arg) on the memory from low up to top, in the floating point
   mode of the caller. start must not return. */
void trp_switch_prepare(struct trp_switch_point *p, void *low, void *top,
                        void (*start)(void *arg), void *arg);

/* Saves this point in from and goes on at to. */
void trp_switch(struct trp_switch_point *from, struct trp_switch_point *to);

#endif
#endif
