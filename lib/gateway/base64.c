#include "gateway/base64.h"

#include <stdint.h>
#include <stdlib.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *trp_base64_of(const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    char *text = malloc((size + 2) / 3 * 4 + 1), *to = text;
    for (size_t at = 0; text && at < size; at += 3) {
        size_t left = size - at;
        uint32_t three = (uint32_t)from[at] << 16 | (left > 1 ? (uint32_t)from[at + 1] << 8 : 0) |
                         (left > 2 ? from[at + 2] : 0);
        *to++ = digits[three >> 18];
        *to++ = digits[three >> 12 & 63];
        *to++ = left > 1 ? digits[three >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[three & 63] : '=';
    }
    if (text)
        *to = 0;
    return text;
}

/* -1: it is none. */
static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool trp_base64_read(const char *text, size_t length, void *bytes, size_t *size)
{
    unsigned char *to = bytes;
    if (length % 4 == 0)
        for (int i = 0; i < 2 && length && text[length - 1] == '='; i++)
            length--;
    uint32_t held = 0; /* bits that make no byte yet */
    int bits = 0;
    for (size_t i = 0; i < length; i++) {
        int six = digit(text[i]);
        if (six < 0)
            return false;
        held = (held << 6 | (uint32_t)six) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *to++ = (unsigned char)(held >> bits);
        }
    }
    *size = (size_t)(to - (unsigned char *)bytes);
    return length % 4 != 1 && !(held & ((1u << bits) - 1));
}
