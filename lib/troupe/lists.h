/** @file
 * Lists of tokens, for declare.h alone: nothing here is of use to a program.
 *
 * Lists of fields are walked by TROUPE_EACH_, which skips the first element of its list, so that an
 * empty list of fields is a list of one and stays within ISO C.
 */
#ifndef TROUPE_LISTS_H
#define TROUPE_LISTS_H

/* As in declare.h: a mistake is reported at the line of the user. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC system_header
#endif

/** @cond INTERNAL */
#define TROUPE_CAT_(a, b) TROUPE_CAT2_(a, b)
#define TROUPE_CAT2_(a, b) a##b
#define TROUPE_FIRST_(first, ...) first
#define TROUPE_DROP_(first, ...) __VA_ARGS__
#define TROUPE_OPEN_(...) __VA_ARGS__
/* One macro cannot be at work within itself: BEGIN is for the outside, APPLY for within. */
#define TROUPE_BEGIN_(M, ...) M(__VA_ARGS__)
#define TROUPE_APPLY_(M, ...) M(__VA_ARGS__)

/* The 34th argument: what follows a list of up to 33 lands there by the list's length. */
#define TROUPE_34TH_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17,   \
                     a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32,    \
                     a33, answer, ...)                                                             \
    answer
#define TROUPE_COUNT_(...)                                                                         \
    TROUPE_34TH_(__VA_ARGS__, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18,      \
                 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, ~)
#define TROUPE_MORE_(...)                                                                          \
    TROUPE_34TH_(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,    \
                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, ~)

/* M(context, element) for each element but the first; at most 32 of them. */
#define TROUPE_EACH_(M, c, ...)                                                                    \
    TROUPE_CAT_(TROUPE_EACH, TROUPE_COUNT_(__VA_ARGS__))(M, c, __VA_ARGS__)
#define TROUPE_EACH1(M, c, z)
#define TROUPE_EACH2(M, c, z, a) M(c, a)
#define TROUPE_EACH3(M, c, z, a, ...) M(c, a) TROUPE_EACH2(M, c, z, __VA_ARGS__)
#define TROUPE_EACH4(M, c, z, a, ...) M(c, a) TROUPE_EACH3(M, c, z, __VA_ARGS__)
#define TROUPE_EACH5(M, c, z, a, ...) M(c, a) TROUPE_EACH4(M, c, z, __VA_ARGS__)
#define TROUPE_EACH6(M, c, z, a, ...) M(c, a) TROUPE_EACH5(M, c, z, __VA_ARGS__)
#define TROUPE_EACH7(M, c, z, a, ...) M(c, a) TROUPE_EACH6(M, c, z, __VA_ARGS__)
#define TROUPE_EACH8(M, c, z, a, ...) M(c, a) TROUPE_EACH7(M, c, z, __VA_ARGS__)
#define TROUPE_EACH9(M, c, z, a, ...) M(c, a) TROUPE_EACH8(M, c, z, __VA_ARGS__)
#define TROUPE_EACH10(M, c, z, a, ...) M(c, a) TROUPE_EACH9(M, c, z, __VA_ARGS__)
#define TROUPE_EACH11(M, c, z, a, ...) M(c, a) TROUPE_EACH10(M, c, z, __VA_ARGS__)
#define TROUPE_EACH12(M, c, z, a, ...) M(c, a) TROUPE_EACH11(M, c, z, __VA_ARGS__)
#define TROUPE_EACH13(M, c, z, a, ...) M(c, a) TROUPE_EACH12(M, c, z, __VA_ARGS__)
#define TROUPE_EACH14(M, c, z, a, ...) M(c, a) TROUPE_EACH13(M, c, z, __VA_ARGS__)
#define TROUPE_EACH15(M, c, z, a, ...) M(c, a) TROUPE_EACH14(M, c, z, __VA_ARGS__)
#define TROUPE_EACH16(M, c, z, a, ...) M(c, a) TROUPE_EACH15(M, c, z, __VA_ARGS__)
#define TROUPE_EACH17(M, c, z, a, ...) M(c, a) TROUPE_EACH16(M, c, z, __VA_ARGS__)
#define TROUPE_EACH18(M, c, z, a, ...) M(c, a) TROUPE_EACH17(M, c, z, __VA_ARGS__)
#define TROUPE_EACH19(M, c, z, a, ...) M(c, a) TROUPE_EACH18(M, c, z, __VA_ARGS__)
#define TROUPE_EACH20(M, c, z, a, ...) M(c, a) TROUPE_EACH19(M, c, z, __VA_ARGS__)
#define TROUPE_EACH21(M, c, z, a, ...) M(c, a) TROUPE_EACH20(M, c, z, __VA_ARGS__)
#define TROUPE_EACH22(M, c, z, a, ...) M(c, a) TROUPE_EACH21(M, c, z, __VA_ARGS__)
#define TROUPE_EACH23(M, c, z, a, ...) M(c, a) TROUPE_EACH22(M, c, z, __VA_ARGS__)
#define TROUPE_EACH24(M, c, z, a, ...) M(c, a) TROUPE_EACH23(M, c, z, __VA_ARGS__)
#define TROUPE_EACH25(M, c, z, a, ...) M(c, a) TROUPE_EACH24(M, c, z, __VA_ARGS__)
#define TROUPE_EACH26(M, c, z, a, ...) M(c, a) TROUPE_EACH25(M, c, z, __VA_ARGS__)
#define TROUPE_EACH27(M, c, z, a, ...) M(c, a) TROUPE_EACH26(M, c, z, __VA_ARGS__)
#define TROUPE_EACH28(M, c, z, a, ...) M(c, a) TROUPE_EACH27(M, c, z, __VA_ARGS__)
#define TROUPE_EACH29(M, c, z, a, ...) M(c, a) TROUPE_EACH28(M, c, z, __VA_ARGS__)
#define TROUPE_EACH30(M, c, z, a, ...) M(c, a) TROUPE_EACH29(M, c, z, __VA_ARGS__)
#define TROUPE_EACH31(M, c, z, a, ...) M(c, a) TROUPE_EACH30(M, c, z, __VA_ARGS__)
#define TROUPE_EACH32(M, c, z, a, ...) M(c, a) TROUPE_EACH31(M, c, z, __VA_ARGS__)
#define TROUPE_EACH33(M, c, z, a, ...) M(c, a) TROUPE_EACH32(M, c, z, __VA_ARGS__)

/* As TROUPE_EACH_ for an M that begins with a comma, without the first comma. */
#define TROUPE_LIST_(M, c, ...)                                                                    \
    TROUPE_CAT_(TROUPE_LIST, TROUPE_MORE_(__VA_ARGS__))(M, c, __VA_ARGS__)
#define TROUPE_LIST0(M, c, z)
#define TROUPE_LIST1(M, c, ...) TROUPE_APPLY_(TROUPE_DROP_, TROUPE_EACH_(M, c, __VA_ARGS__))

/* 1 if the token sequence is `~, ~`, 0 if it is a single token. */
#define TROUPE_PROBE_(...) TROUPE_PROBE2_(__VA_ARGS__, 1, 0, ~)
#define TROUPE_PROBE2_(a, b, answer, ...) answer

#define TROUPE_VOID_void ~, ~
#define TROUPE_IS_VOID_(R) TROUPE_PROBE_(TROUPE_CAT_(TROUPE_VOID_, R))
/** @endcond */

#endif
