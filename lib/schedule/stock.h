/*
 * What a rank has beside CPUs, and who holds it: GPUs, memory, and what users have named.
 *
 * A claim is held as long as a task runs or an actor lives, and waits in one line until then, in
 * the order of arrival but for this: a later claim that can be satisfied passes one that cannot.
 * If the two ask for nothing of the same kind, it does so freely; else a claim is passed
 * TRP_OVERTAKEN_MAX times at most, and from then on those that share a kind with it wait behind it.
 * So every claim is satisfied when those before it have been given back, and small ones need not
 * wait for large ones. It knows no threads: the workers' lock guards it.
 */
#ifndef TRP_STOCK_H
#define TRP_STOCK_H

#include "schedule/resources.h"

#define TRP_OVERTAKEN_MAX 16

struct order;
struct trp_bundle;

struct trp_claim {
    struct trp_claim *next;   /* in the line */
    struct trp_amounts wants; /* CPUs do not count here */
    uint32_t kinds;           /* that it asks for, a bit each */
    unsigned overtaken;
    double since;             /* a trp_now_roughly() time */
    bool held, waits;         /* neither: it was given back */
    uint64_t gpus;            /* HELD: of each device a bit, */
    uint32_t gpu_part;        /* and how much of each */
    struct trp_bundle *bundle;   /* whose stock it is on; NULL: the rank's */
    /* Whose it is: */
    struct trp_bundle *reserves; /* a place of a group, */
    struct order *order;      /* a task's, or */
    struct troupe_ref actor;  /* an actor's */
    const char *name;         /* of the task or class */
};

struct trp_stock {
    const struct trp_resources *resources;
    struct trp_amounts has, free;
    uint32_t gpu_free[TRP_GPUS_MAX]; /* of each device, in parts */
    int first_gpu;                   /* the process's number of the first */
    struct trp_claim *line;          /* the first that waits */
    struct trp_claim **end;
    int waiting;
};

void trp_stock_open(struct trp_stock *stock, const struct trp_resources *resources, int rank,
                    int first_gpu);

/* What that claim holds of the other one, as a stock of its own. */
void trp_stock_open_within(struct trp_stock *stock, const struct trp_stock *other,
                           const struct trp_claim *claim);

/* From malloc; NULL when memory is short. */
struct trp_claim *trp_claim_new(const struct trp_amounts *wants, const char *name);

/* Takes what it wants, now, or puts it in the line. Returns whether it is held. */
bool trp_stock_claim(struct trp_stock *stock, struct trp_claim *claim);

/* It is held no more, or does not wait any more. Then trp_stock_next, until there is none. */
void trp_stock_leave(struct trp_stock *stock, struct trp_claim *claim);

/* One that waited and is now held; NULL: none. */
struct trp_claim *trp_stock_next(struct trp_stock *stock);

/* The process's numbers of the GPUs that are held, or of which a part is; returns how many. */
int trp_claim_gpus(const struct trp_stock *stock, const struct trp_claim *claim, int *ids,
                   int most);

/* What a claim waits for: "waits for 1 GPU (free: 0.5 GPUs), behind 3". */
void trp_claim_reason(const struct trp_stock *stock, const struct trp_claim *claim, char *text,
                      size_t size);

#endif
