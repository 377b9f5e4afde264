/*
 * Whether the compiler watches: gcc and clang say it in different ways. For #if and for if.
 */
#ifndef TRP_SANITIZED_H
#define TRP_SANITIZED_H

#ifndef __has_feature
#define __has_feature(x) 0
#endif

#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
#define TRP_SANITIZE_ADDRESS 1
#else
#define TRP_SANITIZE_ADDRESS 0
#endif

#if defined __SANITIZE_THREAD__ || __has_feature(thread_sanitizer)
#define TRP_SANITIZE_THREAD 1
#else
#define TRP_SANITIZE_THREAD 0
#endif

#define TRP_SANITIZED (TRP_SANITIZE_ADDRESS || TRP_SANITIZE_THREAD)

#endif
