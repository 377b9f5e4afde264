/*
 * The experiments of docs/pi-statistics.md: the raw stream for a battery of tests, the errors of
 * many estimates, and the exact share of the lattice of points that lies in the circle.
 */
#include "sample.h"
#include "sample_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(void)
{
    fputs("usage: stream raw SEED                  words to standard output, without end\n"
          "       stream estimates SEEDS SAMPLES   errors of SEEDS estimates of SAMPLES each\n"
          "       stream lattice                   pi as the lattice of all points has it\n",
          stderr);
    return 2;
}

static int number(const char *text, uint64_t *value)
{
    char *end;
    *value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end;
}

static int raw(uint64_t seed)
{
    static uint64_t words[PI_BLOCK_SAMPLES];

    for (uint64_t first = 0;; first += PI_BLOCK_SAMPLES) {
        pi_stream_words(seed, first, PI_BLOCK_SAMPLES, words);
        if (fwrite(words, sizeof words, 1, stdout) != 1)
            return 0;
    }
}

static int estimates(uint64_t seeds, uint64_t samples)
{
    double *errors = calloc(seeds, sizeof *errors);

    if (!errors || seeds < 2)
        return usage();
    for (uint64_t s = 0; s < seeds; s++)
        errors[s] = pi_standard_error(pi_count_inside(s, 0, samples), samples);
    struct pi_normality look = pi_check_normality(errors, seeds);
    printf("kernel %s, seeds 0 to %" PRIu64 ", %" PRIu64 " samples each\n",
           pi_kernel_name(), seeds - 1, samples);
    printf("errors in sigma: mean %+.4f, sd %.4f, from %+.2f to %+.2f, KS p-value %.3f\n",
           look.mean, look.sd, errors[0], errors[seeds - 1], look.ks_p);
    free(errors);
    return 0;
}

/* Walks along the circle through one quadrant: as x grows, the last y inside only falls. */
static int lattice(void)
{
    const uint64_t radius = UINT64_C(1) << 31;
    const uint64_t pi_in_2_60 = UINT64_C(0x3243f6a8885a308d);
    uint64_t inside = 0, y = radius - 1;

    for (uint64_t x = 1; x < radius; x += 2) {
        while (x * x + y * y > radius * radius)
            y -= 2;
        inside += (y + 1) / 2;
    }
    double off = (double)(int64_t)(4 * inside - pi_in_2_60) / 0x1p60;
    printf("%" PRIu64 " of 2^60 points of a quadrant inside: pi %+.2e\n", inside, off);
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t a, b;

    if (pi_kernel_select(getenv("TROUPE_PI_KERNEL")) < 0) {
        fputs("stream: TROUPE_PI_KERNEL names no kernel that this CPU can run\n", stderr);
        return 2;
    }
    if (argc == 3 && strcmp(argv[1], "raw") == 0 && number(argv[2], &a))
        return raw(a);
    if (argc == 4 && strcmp(argv[1], "estimates") == 0 && number(argv[2], &a)
        && number(argv[3], &b))
        return estimates(a, b);
    if (argc == 2 && strcmp(argv[1], "lattice") == 0)
        return lattice();
    return usage();
}
