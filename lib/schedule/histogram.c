/*
 * Histograms of times: counts.h.
 */
#include "schedule/counts.h"

/* Below four nanoseconds one for each, then four for each power of two. */
static unsigned bucket_of(double seconds)
{
    const double most = 4398046511103.0; /* 2^42 - 1 ns */
    double ns = 1e9 * seconds;
    uint64_t n = !(ns > 0) ? 0 : (uint64_t)(ns < most ? ns : most);
    if (n < 4)
        return (unsigned)n;
    unsigned power = 63 - (unsigned)__builtin_clzll(n);
    return 4 * (power - 1) + (unsigned)(n >> (power - 2) & 3);
}

/* Its lower end, in nanoseconds. */
static double bottom_of(unsigned bucket)
{
    if (bucket < 4)
        return bucket;
    return (double)((uint64_t)(4 + bucket % 4) << (bucket / 4 - 1));
}

double trp_histogram_top(unsigned bucket)
{
    return 1e-9 * bottom_of(bucket + 1);
}

void trp_histogram_add(struct trp_histogram *h, double seconds, uint64_t weight)
{
    h->count += weight;
    h->sum += seconds * (double)weight;
    h->max = seconds > h->max ? seconds : h->max;
    h->buckets[bucket_of(seconds)] += weight;
}

void trp_histogram_merge(struct trp_histogram *into, const struct trp_histogram *other)
{
    into->count += other->count;
    into->sum += other->sum;
    into->max = other->max > into->max ? other->max : into->max;
    for (unsigned i = 0; i < TRP_HISTOGRAM_BUCKETS; i++)
        into->buckets[i] += other->buckets[i];
}

/* The middle of the bucket that it is in. */
double trp_histogram_percentile(const struct trp_histogram *h, double share)
{
    uint64_t seen = 0;
    const double wanted = share * (double)h->count;
    for (unsigned i = 0; i < TRP_HISTOGRAM_BUCKETS && h->count; i++) {
        seen += h->buckets[i];
        if (!h->buckets[i] || (double)seen < wanted)
            continue;
        double middle = i ? 0.5e-9 * (bottom_of(i) + bottom_of(i + 1)) : 0;
        return middle < h->max ? middle : h->max;
    }
    return 0;
}

double trp_histogram_mean(const struct trp_histogram *h)
{
    return h->count ? h->sum / (double)h->count : 0;
}
