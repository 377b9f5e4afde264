/* A user's program: it is built and run against the installed library. */
#include <stdint.h>
#include <stdio.h>

#include <troupe.h>

TROUPE_CLASS(counter);
TROUPE_TELL(counter, add, (int32_t, amount));
TROUPE_ASK(counter, sum, int32_t);

struct counter_state {
    int32_t sum;
};

static void on_add(struct counter_state *self, int32_t amount)
{
    self->sum += amount;
}

static int32_t on_sum(struct counter_state *self)
{
    return self->sum;
}

TROUPE_IMPLEMENT(counter, (add, on_add), (sum, on_sum));

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    counter c = counter_new();
    counter_add(c, 40);
    counter_add(c, 2);
    int32_t sum = troupe_await(counter_sum(c));
    printf("40 + 2 = %d\n", (int)sum);
    return sum != 42;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
