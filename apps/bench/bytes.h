/* The sum of bytes, each read once: what both sides of bulk do with what has come. */
#ifndef BENCH_BYTES_H
#define BENCH_BYTES_H

#include <stddef.h>
#include <stdint.h>

uint64_t bench_sum_bytes(const void *bytes, size_t count);

#endif
