/*
 * Credit: how far a rank may run ahead of another that it sends to.
 *
 * Every byte that goes to a rank is done with there some day: it has been read, and waits no more
 * as a letter. Those who make new work (driver, tasks, methods) wait while more bytes than the
 * credit have not been reported as done, or the transport has no room for more. Answers, ends and
 * the runtime's own messages never wait.
 *
 * No cycle of waits can block for ever: where nothing is reported as done for a while, or all that
 * it began to wait for is, whoever waits goes on for another parcel, whatever others do meanwhile.
 * A method on the scheduler's thread does so soon, for others may need it to end; so memory is flat
 * where a method sends no more than it receives, and grows slowly where it does not.
 */
#ifndef TRP_CREDIT_H
#define TRP_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

struct trp_context;
struct trp_rank;
struct trp_parcel;

/* Between this rank and another, in bytes. */
struct trp_account {
    uint64_t sent, done;         /* to it, and what it said is done with */
    uint64_t allowed;            /* until so much is sent nobody waits, whatever is done */
    uint64_t owed;               /* from it, done with, and not yet reported */
    bool listed;                 /* among those that something may be owed to */
    struct trp_context *waiting; /* those who wait for it, through their `short_next` */
    bool awaited;                /* somebody waits, or did: it is in the list of those, */
    struct trp_account *next;    /* and the next one there */
};

struct trp_credit {
    uint64_t bytes; /* for each pair of ranks */
    int *creditors; /* [ranks] something may be owed to these */
    int creditor_count;
    struct trp_account *awaited; /* the accounts that somebody waits for */
};

void trp_credit_open(struct trp_rank *rank);
void trp_credit_close(struct trp_rank *rank);

/* A parcel has come: its bytes will be owed when it is settled. */
void trp_credit_received(struct trp_rank *rank, struct trp_parcel *parcel);

/* Reports what is owed, where it is worth a message. */
void trp_credit_report(struct trp_rank *rank);

/* Wakes those whose wait is over: there is room on the way, or what they sent is done with. False:
   nobody was. */
bool trp_credit_wake(struct trp_rank *rank);

/* A report has come. */
void trp_credit_done(struct trp_rank *rank, int from, uint64_t bytes);

/* Too much is on its way to that rank. For the thread in the scheduler role. */
bool trp_credit_short(const struct trp_rank *rank, int to);

/* Waits until it is not, or patience ends; `context` is the caller's, NULL in threads of a team.
   Returns at once where waiting is not possible. */
void trp_credit_wait(struct trp_rank *rank, struct trp_context *context, int to);

#endif
