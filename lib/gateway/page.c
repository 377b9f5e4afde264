#include "gateway/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/keys.h"

/* Nothing may be loaded from elsewhere, nor run but what the page brings; its own server alone may
   be asked; and it may not stand in the frame of another. */
#define POLICY \
    "default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; connect-src 'self'; " \
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

#define DATA "<script type=\"application/json\" id=\"data\""

/* ---- the text -------------------------------------------------------------------------------- */

/* JSON that a browser reads as text to the end: no "</script>" in it, nor "<!--". */
static void write_data(FILE *out, json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT | JSON_ENCODE_ANY);
    for (const char *at = text; at && *at; at++)
        if (*at == '<')
            fputs("\\u003c", out);
        else
            putc(*at, out);
    free(text);
}

static bool begins(const char *at, const char *end, const char *with)
{
    size_t length = strlen(with);
    return (size_t)(end - at) > length && !memcmp(at, with, length);
}

/* From the "<" of an element to behind its ">". */
static const char *write_element(FILE *out, const char *at, const char *end, json_t *data,
                                 const char *nonce)
{
    const char *name = begins(at, end, "<script") ? "<script" : "<style";
    const char *close = memchr(at, '>', (size_t)(end - at));
    bool slot = begins(at, end, DATA);
    fputs(name, out);
    if (nonce)
        fprintf(out, " nonce=\"%s\"", nonce);
    fwrite(at + strlen(name), 1, (size_t)(close + 1 - at) - strlen(name), out);
    if (slot && data)
        write_data(out, data);
    return close + 1;
}

static bool is_element(const char *at, const char *end)
{
    return (begins(at, end, "<script") || begins(at, end, "<style")) &&
           memchr(at, '>', (size_t)(end - at));
}

char *trp_page_text(json_t *data, const char *nonce, size_t *bytes)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);
    if (!out)
        return NULL;
    const char *at = trp_page_html, *end = at + trp_page_html_bytes;
    while (at < end) {
        const char *next = memchr(at, '<', (size_t)(end - at));
        fwrite(at, 1, (size_t)((next ? next : end) - at), out);
        if (next && is_element(next, end)) {
            next = write_element(out, next, end, data, nonce);
        } else if (next) {
            putc('<', out);
            next++;
        }
        at = next ? next : end;
    }
    return fclose(out) ? (free(text), NULL) : text;
}

/* ---- as an answer ---------------------------------------------------------------------------- */

static void guard(struct MHD_Response *response, const char *nonce)
{
    char policy[512];
    snprintf(policy, sizeof policy, POLICY, nonce, nonce);
    MHD_add_response_header(response, "Content-Security-Policy", policy);
    MHD_add_response_header(response, "Content-Type", "text/html; charset=utf-8");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "X-Frame-Options", "DENY");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(response, "Cache-Control", "no-store");
}

struct MHD_Response *trp_page_response(json_t *data)
{
    struct trp_key nonce;
    size_t bytes = 0;
    char *text = trp_key_make(&nonce) ? trp_page_text(data, nonce.text, &bytes) : NULL;
    struct MHD_Response *response =
        text ? MHD_create_response_from_buffer(bytes, text, MHD_RESPMEM_MUST_FREE) : NULL;
    if (response)
        guard(response, nonce.text);
    else
        free(text);
    return response;
}
