/* Asks to an actor on rank 1. */
#include "ours.h"

#include "clock.h"
#include "raw.h"
#include "target.h"

double ours_ask_rtt(uint64_t n)
{
    target to = target_on(1);
    uint64_t sum = 0;
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        sum += troupe_await(target_echo(to, i));
    double seconds = bench_now() - begin;
    target_expect("asks", sum, n * (n - 1) / 2);
    return seconds;
}

double ours_ask_rtt_light(uint64_t n)
{
    return troupe_await(prodder_ask(prodder_on_0(), target_on(1), n));
}

/* The oldest is awaited, then a new one takes its place. */
double ours_ask_rate(uint64_t n)
{
    static TROUPE_FUTURE(uint64_t) asked[RAW_WINDOW];
    target to = target_on(1);
    uint64_t sum = 0, sent = 0;
    double begin = bench_now();
    for (; sent < n && sent < RAW_WINDOW; sent++)
        asked[sent] = target_echo(to, sent);
    for (uint64_t i = 0; i < n; i++) {
        sum += troupe_await(asked[i % RAW_WINDOW]);
        if (sent < n)
            asked[i % RAW_WINDOW] = target_echo(to, sent++);
    }
    double seconds = bench_now() - begin;
    target_expect("asks in flight", sum, n * (n - 1) / 2);
    return seconds;
}

double ours_idle_wake(uint64_t n)
{
    target to = target_on(1);
    double seconds = 0;
    for (uint64_t i = 0; i < n; i++) {
        troupe_sleep(RAW_PAUSE);
        double begin = bench_now();
        uint64_t echo = troupe_await(target_echo(to, i));
        seconds += bench_now() - begin;
        target_expect("an ask", echo, i);
    }
    return seconds;
}
