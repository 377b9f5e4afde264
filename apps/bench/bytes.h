/* The bytes of bulk: what both sides send, and their sum, each read once, when they have come. */
#ifndef BENCH_BYTES_H
#define BENCH_BYTES_H

#include <stddef.h>
#include <stdint.h>

uint64_t bench_sum_bytes(const void *bytes, size_t count);

/* At least so many bytes, and touched: of the process, kept and made larger. */
unsigned char *bench_warm_bytes(uint64_t bytes);

#endif
