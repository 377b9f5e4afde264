/*
 * Sampling on a GPU: a thread for each lane of a block, whole blocks only. What of the range is not
 * a whole block, at its ends, is counted by the CPU.
 */
#include "sample_gpu.h"

#include <cuda_runtime.h>

#include "sample_lanes.h"

extern "C" uint64_t pi_count_inside(uint64_t seed, uint64_t first, uint64_t count);

#define BLOCK_SAMPLES (UINT64_C(1) << 14) /* PI_BLOCK_SAMPLES */
#define STEPS (BLOCK_SAMPLES / PI_LANES)
#define THREADS 256
#define GROUPS_MOST 65536

/* Lane i % PI_LANES of block first + i / PI_LANES, for each i. */
__global__ static void count_outside(struct pi_keys keys, uint64_t first, uint64_t lanes,
                                     unsigned long long *sum)
{
    const uint64_t all = (uint64_t)gridDim.x * blockDim.x;
    unsigned long long outside = 0;
    for (uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x; i < lanes; i += all)
        outside += pi_lane_outside(&keys, first + i / PI_LANES, (unsigned)(i % PI_LANES), STEPS);
    for (int offset = warpSize / 2; offset > 0; offset /= 2)
        outside += __shfl_down_sync(0xffffffff, outside, offset);
    if (threadIdx.x % warpSize == 0)
        atomicAdd(sum, outside);
}

static cudaError_t count_blocks(int gpu, uint64_t seed, uint64_t first, uint64_t blocks,
                                unsigned long long *outside)
{
    const uint64_t lanes = blocks * PI_LANES, wanted = (lanes + THREADS - 1) / THREADS;
    const unsigned groups = (unsigned)(wanted < GROUPS_MOST ? wanted : GROUPS_MOST);
    unsigned long long *sum = NULL;
    cudaError_t error = cudaSetDevice(gpu);
    if (error == cudaSuccess)
        error = cudaMalloc((void **)&sum, sizeof *sum);
    if (error == cudaSuccess)
        error = cudaMemset(sum, 0, sizeof *sum);
    if (error == cudaSuccess) {
        count_outside<<<groups, THREADS>>>(pi_keys_of(seed), first, lanes, sum);
        error = cudaGetLastError();
    }
    if (error == cudaSuccess)
        error = cudaMemcpy(outside, sum, sizeof *outside, cudaMemcpyDeviceToHost);
    cudaFree(sum);
    return error;
}

bool pi_gpu_is_built(void)
{
    return true;
}

bool pi_gpu_count_inside(int gpu, uint64_t seed, uint64_t first, uint64_t count, uint64_t *inside,
                         const char **why)
{
    const uint64_t before = (BLOCK_SAMPLES - first % BLOCK_SAMPLES) % BLOCK_SAMPLES;
    const uint64_t head = before < count ? before : count;
    const uint64_t blocks = (count - head) / BLOCK_SAMPLES, whole = blocks * BLOCK_SAMPLES;
    unsigned long long outside = 0;
    if (blocks) {
        cudaError_t error =
            count_blocks(gpu, seed, (first + head) / BLOCK_SAMPLES, blocks, &outside);
        *why = cudaGetErrorString(error);
        if (error != cudaSuccess)
            return false;
    }
    *inside = pi_count_inside(seed, first, head) + (whole - outside) +
              pi_count_inside(seed, first + head + whole, count - head - whole);
    return true;
}
