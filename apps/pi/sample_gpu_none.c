/* In place of sample_gpu.cu where there is no CUDA. */
#include "sample_gpu.h"

bool pi_gpu_is_built(void)
{
    return false;
}

bool pi_gpu_count_inside(int gpu, uint64_t seed, uint64_t first, uint64_t count, uint64_t *inside,
                         const char **why)
{
    (void)gpu, (void)seed, (void)first, (void)count, (void)inside;
    *why = "the program was built without CUDA (configure --with-cuda)";
    return false;
}
