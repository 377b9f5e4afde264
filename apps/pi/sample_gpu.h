/*
 * The same samples counted by a GPU: the same streams, and so the same count, bit for bit.
 */
#ifndef PI_SAMPLE_GPU_H
#define PI_SAMPLE_GPU_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether the program was built with CUDA; without it the other one always fails. */
bool pi_gpu_is_built(void);

/* As pi_count_inside, by the GPU of that number as CUDA counts those of the process. False, and
   `*why` says what CUDA did (a constant text), where that fails. Any thread. */
bool pi_gpu_count_inside(int gpu, uint64_t seed, uint64_t first, uint64_t count, uint64_t *inside,
                         const char **why);

#ifdef __cplusplus
}
#endif

#endif
