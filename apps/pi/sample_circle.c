#include "sample_circle.h"

#include "sample.h"
#include "sample_gpu.h"

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Each thread takes a run of whole blocks, so that none pays for the beginning of another's. */
static uint64_t count_in_parallel(uint64_t seed, uint64_t first, uint64_t count)
{
    const uint64_t first_block = first / PI_BLOCK_SAMPLES;
    const uint64_t blocks = (first + count - 1) / PI_BLOCK_SAMPLES - first_block + 1;
    const uint64_t runs = smaller((uint64_t)troupe_cpus(), blocks);
    uint64_t inside = 0;
#pragma omp parallel for reduction(+ : inside) schedule(static, 1) if (runs > 1)
    for (uint64_t i = 0; i < runs; i++) {
        uint64_t begin = (first_block + i * blocks / runs) * PI_BLOCK_SAMPLES;
        uint64_t end = (first_block + (i + 1) * blocks / runs) * PI_BLOCK_SAMPLES;
        begin = begin > first ? begin : first;
        end = i + 1 < runs ? end : first + count;
        inside += pi_count_inside(seed, begin, end - begin);
    }
    return inside;
}

/* On the GPU that the task was given, if it was. */
static uint64_t count_inside(uint64_t seed, uint64_t first, uint64_t count)
{
    uint64_t inside;
    const char *why;
    int gpu;
    if (!troupe_gpu_ids(&gpu, 1))
        return count_in_parallel(seed, first, count);
    if (!pi_gpu_count_inside(gpu, seed, first, count, &inside, &why))
        troupe_fail(TROUPE_FAILED, "GPU %d: %s", gpu, why);
    return inside;
}

/* Where a part that begins at `at` ends: about `report_every` further, on a block's boundary. */
static uint64_t end_of_part(uint64_t at, uint64_t report_every, uint64_t end)
{
    if (end - at <= report_every)
        return end;
    uint64_t over = (at + report_every) % PI_BLOCK_SAMPLES;
    return smaller(at + report_every + (over ? PI_BLOCK_SAMPLES - over : 0), end);
}

static uint64_t on_sample_circle(uint64_t seed, uint64_t first, uint64_t count, uint32_t task_id,
                                 progress tracker, uint64_t report_every, bool fails)
{
    uint64_t inside = 0, end = first + count;
    for (uint64_t at = first; at < end;) {
        uint64_t next = end_of_part(at, report_every, end);
        inside += count_inside(seed, at, next - at);
        at = next;
        progress_report(tracker, task_id, at - first);
        if (fails)
            troupe_fail(TROUPE_FAILED, "task %u was told to fail", task_id);
    }
    return inside;
}

TROUPE_BODY(sample_circle, on_sample_circle);
