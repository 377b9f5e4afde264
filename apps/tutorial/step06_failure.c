/*
 * Step 6 of docs/tutorial.md: what fails, who is told, and what is told.
 */
#include <stdio.h>

#include "troupe.h"

#define NO_FUNDS (-100) /* a code of our own: any negative number below those of troupe */

TROUPE_CLASS(account, (int64_t, balance));
TROUPE_ASK(account, withdraw, int64_t, (int64_t, amount));

TROUPE_CLASS(shop, (account, pays));
TROUPE_ASK(shop, buy, int64_t, (int64_t, price));

struct account_state {
    int64_t balance;
};

static void on_init(struct account_state *self, int64_t balance)
{
    self->balance = balance;
}

static int64_t on_withdraw(struct account_state *self, int64_t amount)
{
    if (amount > self->balance)
        troupe_fail(NO_FUNDS, "%d wanted, %d there", (int)amount, (int)self->balance);
    return self->balance -= amount;
}

TROUPE_IMPLEMENT(account, (init, on_init), (withdraw, on_withdraw));

struct shop_state {
    account pays;
};

static void on_init_shop(struct shop_state *self, account pays)
{
    self->pays = pays;
}

/* Waits for another actor. If that fails this method fails as well: there is nothing to do. */
static int64_t on_buy(struct shop_state *self, int64_t price)
{
    return troupe_await(account_withdraw(self->pays, price));
}

TROUPE_IMPLEMENT(shop, (init, on_init_shop), (buy, on_buy));

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    shop corner = shop_new(account_new(100));

    int64_t left = 0;
    troupe_status status = troupe_get(shop_buy(corner, 70), &left);
    printf("70: %s, %d left\n", troupe_status_text(status), (int)left);

    status = troupe_get(shop_buy(corner, 70), &left);
    if (status == NO_FUNDS)
        printf("70 again: %s\n", troupe_story());

    left = troupe_await(shop_buy(corner, 30)); /* both actors still work */
    printf("30: %d left\n", (int)left);
    return left == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
