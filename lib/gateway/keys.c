#include "gateway/keys.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define KEY_BYTES 32

/* ---- one key --------------------------------------------------------------------------------- */

static bool random_bytes(unsigned char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t got = getrandom(bytes + at, n - at, 0);
        if (got < 0 && errno != EINTR)
            return false;
        at += got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* Base64url without the padding: six bits a letter, the last one has four and two zeros. */
static void write_letters(const unsigned char *bytes, char *text)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (unsigned i = 0; i < TRP_KEY_LETTERS; i++) {
        unsigned bit = 6 * i, next = bit / 8 + 1;
        unsigned pair = (unsigned)bytes[bit / 8] << 8 | (next < KEY_BYTES ? bytes[next] : 0);
        text[i] = letters[pair >> (10 - bit % 8) & 63];
    }
    text[TRP_KEY_LETTERS] = 0;
}

bool trp_key_make(struct trp_key *key)
{
    unsigned char bytes[KEY_BYTES];
    if (!random_bytes(bytes, sizeof bytes))
        return false;
    write_letters(bytes, key->text);
    explicit_bzero(bytes, sizeof bytes);
    return true;
}

bool trp_key_is(const struct trp_key *key, const char *text)
{
    if (!key->text[0] || strlen(text) != TRP_KEY_LETTERS)
        return false;
    volatile unsigned char differs = 0;
    for (unsigned i = 0; i < TRP_KEY_LETTERS; i++)
        differs |= (unsigned char)(key->text[i] ^ text[i]);
    return !differs;
}

/* ---- those of the job ------------------------------------------------------------------------ */

bool trp_keys_open(struct trp_keys *keys)
{
    memset(keys, 0, sizeof *keys);
    return trp_key_make(&keys->call) && trp_key_make(&keys->read);
}

void trp_keys_close(struct trp_keys *keys)
{
    explicit_bzero(keys, sizeof *keys);
}

enum trp_scope trp_keys_scope(const struct trp_keys *keys, const char *text)
{
    bool call = trp_key_is(&keys->call, text), read = trp_key_is(&keys->read, text);
    for (unsigned i = 0; i < TRP_SESSIONS; i++)
        call |= trp_key_is(&keys->sessions[i], text);
    return call ? TRP_SCOPE_CALL : read ? TRP_SCOPE_READ : TRP_SCOPE_NONE;
}

const char *trp_keys_new_code(struct trp_keys *keys, double now)
{
    struct trp_code *code = &keys->codes[keys->next_code++ % TRP_CODES];
    code->end = now + TRP_CODE_SECONDS;
    return trp_key_make(&code->key) ? code->key.text : NULL;
}

/* A code is used up by the first who brings it, in time or not. */
static bool take_code(struct trp_keys *keys, const char *text, double now)
{
    bool good = false;
    for (unsigned i = 0; i < TRP_CODES; i++) {
        struct trp_code *code = &keys->codes[i];
        if (trp_key_is(&code->key, text)) {
            good = now < code->end;
            memset(code, 0, sizeof *code);
        }
    }
    return good;
}

const char *trp_keys_swap(struct trp_keys *keys, const char *code, double now)
{
    if (!take_code(keys, code, now))
        return NULL;
    struct trp_key *session = &keys->sessions[keys->next_session++ % TRP_SESSIONS];
    return trp_key_make(session) ? session->text : NULL;
}
