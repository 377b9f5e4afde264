/*
 * Who may come in: the tokens of the job, one-time codes, and the sessions they are swapped for.
 *
 * All are 32 bytes of the kernel's random numbers, as 43 letters of base64url. Belongs to the
 * door's thread.
 */
#ifndef TRP_KEYS_H
#define TRP_KEYS_H

#include <stdbool.h>

#define TRP_KEY_LETTERS 43
#define TRP_CODES 16        /* that may be waiting; a newer one takes the place of the oldest */
#define TRP_CODE_SECONDS 60 /* that a code may wait */
#define TRP_SESSIONS 64     /* likewise */

enum trp_scope { TRP_SCOPE_NONE, TRP_SCOPE_READ, TRP_SCOPE_CALL };

struct trp_key {
    char text[TRP_KEY_LETTERS + 1]; /* empty: none */
};

struct trp_keys {
    struct trp_key call, read;
    struct trp_code {
        struct trp_key key;
        double end;
    } codes[TRP_CODES];
    struct trp_key sessions[TRP_SESSIONS];
    unsigned next_code, next_session;
};

/* False where the kernel has no random numbers. */
bool trp_key_make(struct trp_key *key);

/* Takes the same time wherever they differ. */
bool trp_key_is(const struct trp_key *key, const char *text);

bool trp_keys_open(struct trp_keys *keys);
void trp_keys_close(struct trp_keys *keys);

/* What somebody with this token, or key of a session, may do. */
enum trp_scope trp_keys_scope(const struct trp_keys *keys, const char *text);

/* A new code, good once and until TRP_CODE_SECONDS from now; NULL: no random numbers. */
const char *trp_keys_new_code(struct trp_keys *keys, double now);

/* The key of a new session in exchange for a code; NULL where the code is not good (any more). */
const char *trp_keys_swap(struct trp_keys *keys, const char *code, double now);

#endif
