/*
 * Switching stacks on aarch64, AAPCS64 calling convention.
 *
 * What a call preserves is kept: x19-x30, sp, the lower halves of v8-v15, and the control register
 * fpcr, loaded only if it differs, as that is slow on some cores. The status register fpsr is not
 * kept, as over any call. A standing stack, from its sp upward:
 *
 *     0 x29 x30   16 x19-x28   96 d8-d15   160 fpcr   168 unused
 *
 * Branch targets (BTI) are marked: a hint that older cores ignore, and a note if the rest of the
 * program has one. Signed return addresses (PAC) pass unharmed, as stacks stay where they are.
 * Guarded control stacks (GCS) are not switched, so the object is not marked for them.
 */
#include "base/switch.h"

#ifdef TRP_SWITCH_AARCH64

#define FRAME 176
#define BTI_C hint #34

        .text

/* void trp_switch(struct trp_switch_point *from, struct trp_switch_point *to) */
        .globl  trp_switch
        .hidden trp_switch
        .type   trp_switch, %function
        .p2align 4
trp_switch:
        .cfi_startproc
        BTI_C
        stp     x29, x30, [sp, #-FRAME]!
        .cfi_adjust_cfa_offset FRAME
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        stp     x19, x20, [sp, #16]
        .cfi_rel_offset x19, 16
        .cfi_rel_offset x20, 24
        stp     x21, x22, [sp, #32]
        .cfi_rel_offset x21, 32
        .cfi_rel_offset x22, 40
        stp     x23, x24, [sp, #48]
        .cfi_rel_offset x23, 48
        .cfi_rel_offset x24, 56
        stp     x25, x26, [sp, #64]
        .cfi_rel_offset x25, 64
        .cfi_rel_offset x26, 72
        stp     x27, x28, [sp, #80]
        .cfi_rel_offset x27, 80
        .cfi_rel_offset x28, 88
        stp     d8, d9, [sp, #96]
        .cfi_rel_offset d8, 96
        .cfi_rel_offset d9, 104
        stp     d10, d11, [sp, #112]
        .cfi_rel_offset d10, 112
        .cfi_rel_offset d11, 120
        stp     d12, d13, [sp, #128]
        .cfi_rel_offset d12, 128
        .cfi_rel_offset d13, 136
        stp     d14, d15, [sp, #144]
        .cfi_rel_offset d14, 144
        .cfi_rel_offset d15, 152
        mrs     x9, fpcr
        str     x9, [sp, #160]

        mov     x10, sp
        str     x10, [x0]
        ldr     x10, [x1]
        mov     sp, x10         /* same layout there, so the unwind rules still hold */

        ldr     x10, [sp, #160]
        cmp     x9, x10
        b.ne    .Lother_fpcr
.Lfpcr_set:
        ldp     d14, d15, [sp, #144]
        ldp     d12, d13, [sp, #128]
        ldp     d10, d11, [sp, #112]
        ldp     d8, d9, [sp, #96]
        ldp     x27, x28, [sp, #80]
        ldp     x25, x26, [sp, #64]
        ldp     x23, x24, [sp, #48]
        ldp     x21, x22, [sp, #32]
        ldp     x19, x20, [sp, #16]
        .cfi_remember_state
        .cfi_restore d8
        .cfi_restore d9
        .cfi_restore d10
        .cfi_restore d11
        .cfi_restore d12
        .cfi_restore d13
        .cfi_restore d14
        .cfi_restore d15
        .cfi_restore x19
        .cfi_restore x20
        .cfi_restore x21
        .cfi_restore x22
        .cfi_restore x23
        .cfi_restore x24
        .cfi_restore x25
        .cfi_restore x26
        .cfi_restore x27
        .cfi_restore x28
        ldp     x29, x30, [sp], #FRAME
        .cfi_adjust_cfa_offset -FRAME
        .cfi_restore x29
        .cfi_restore x30
        ret

.Lother_fpcr:
        .cfi_restore_state
        msr     fpcr, x10
        b       .Lfpcr_set
        .cfi_endproc
        .size   trp_switch, . - trp_switch

/* The bottom of every stack but the native ones: x20 holds the argument, x19 the function.
   Unwinders stop here, having no return address. They look just before it, hence the nop. */
        .type   begin, %function
        .p2align 2
begin:
        .cfi_startproc
        .cfi_undefined x30
        nop
.Lbegin:
        mov     x0, x20
        blr     x19
        brk     #1
        .cfi_endproc
        .size   begin, . - begin

/* void trp_switch_prepare(struct trp_switch_point *p, void *low, void *top,
                           void (*start)(void *arg), void *arg) */
        .globl  trp_switch_prepare
        .hidden trp_switch_prepare
        .type   trp_switch_prepare, %function
        .p2align 4
trp_switch_prepare:
        .cfi_startproc
        BTI_C
        and     x2, x2, #-16
        sub     x2, x2, #FRAME
        adr     x9, .Lbegin
        stp     xzr, x9, [x2]   /* a zero ends the chain of frame pointers */
        stp     x3, x4, [x2, #16]
        mrs     x9, fpcr
        str     x9, [x2, #160]
        str     x2, [x0]
        ret
        .cfi_endproc
        .size   trp_switch_prepare, . - trp_switch_prepare

#ifdef __ARM_FEATURE_BTI_DEFAULT
        .pushsection .note.gnu.property, "a"
        .p2align 3
        .word   4, 16, 5        /* name and description bytes, NT_GNU_PROPERTY_TYPE_0 */
        .asciz  "GNU"
        .word   0xc0000000, 4   /* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
        .word   1, 0            /* ..._BTI, and padding */
        .popsection
#endif

#endif

#ifdef __ELF__
        .section .note.GNU-stack, "", %progbits
#endif
