/*
 * Switching stacks on x86-64, System V calling convention.
 *
 * What a call preserves is kept: rbx, rbp, r12-r15, rsp, and the control bits of mxcsr and of the
 * x87 control word. The control words are loaded only if they differ, as loading is slow and they
 * hardly ever do. Status flags are not kept, as over any call. A standing stack, from its sp
 * upward:
 *
 *     0 mxcsr   4 x87 control   8 r15   16 r14   24 r13   32 r12   40 rbx   48 rbp   56 return to
 *
 * It ends in a jump, as the processor would predict that `ret` leads back to where it came from.
 * Shadow stacks are not switched and jumps not tracked, so the object is not marked for CET, and
 * the linker leaves it off for the whole program.
 */
#include "base/switch.h"

#ifdef TRP_SWITCH_X86_64

#define MXCSR_CONTROL 0xffc0 /* all but the six sticky exception flags */

        .text

/* void trp_switch(struct trp_switch_point *from, struct trp_switch_point *to) */
        .globl  trp_switch
        .hidden trp_switch
        .type   trp_switch, @function
        .p2align 4
trp_switch:
        .cfi_startproc
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r15, 0
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        movl    (%rsp), %eax
        movzwl  4(%rsp), %ecx

        movq    %rsp, (%rdi)
        movq    (%rsi), %rsp    /* same layout there, so the unwind rules still hold */

        xorl    (%rsp), %eax
        testl   $MXCSR_CONTROL, %eax
        jnz     .Lother_mxcsr
.Lmxcsr_set:
        cmpw    4(%rsp), %cx
        jne     .Lother_x87
.Lx87_set:
        .cfi_remember_state
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbp
        popq    %rcx
        .cfi_adjust_cfa_offset -8
        .cfi_register rip, rcx
        jmpq    *%rcx

.Lother_mxcsr:
        .cfi_restore_state
        ldmxcsr (%rsp)
        jmp     .Lmxcsr_set
.Lother_x87:
        fldcw   4(%rsp)
        jmp     .Lx87_set
        .cfi_endproc
        .size   trp_switch, . - trp_switch

/* The bottom of every stack but the native ones: r12 holds the argument, rbx the function.
   Unwinders stop here, having no return address. They look one byte before it, hence the nop. */
        .type   begin, @function
begin:
        .cfi_startproc
        .cfi_undefined rip
        nop
.Lbegin:
        movq    %r12, %rdi
        callq   *%rbx
        ud2
        .cfi_endproc
        .size   begin, . - begin

/* void trp_switch_prepare(struct trp_switch_point *p, void *low, void *top,
                           void (*start)(void *arg), void *arg) */
        .globl  trp_switch_prepare
        .hidden trp_switch_prepare
        .type   trp_switch_prepare, @function
        .p2align 4
trp_switch_prepare:
        .cfi_startproc
        andq    $-16, %rdx      /* the stack pointer's alignment at a call */
        subq    $64, %rdx
        leaq    .Lbegin(%rip), %rax
        movq    %rax, 56(%rdx)
        movq    $0, 48(%rdx)    /* ends the chain of frame pointers */
        movq    %rcx, 40(%rdx)
        movq    %r8, 32(%rdx)
        fnstcw  4(%rdx)
        stmxcsr (%rdx)
        movq    %rdx, (%rdi)
        ret
        .cfi_endproc
        .size   trp_switch_prepare, . - trp_switch_prepare

#endif

#ifdef __ELF__
        .section .note.GNU-stack, "", %progbits
#endif
