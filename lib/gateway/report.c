/*
 * The data of a report goes where the page says null. Whatever it holds must not end the element it
 * stands in: "<" occurs in strings only, and is written as an escape there.
 */
#define _GNU_SOURCE /* of the C library: memmem, open_memstream */
#include "gateway/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static const char before_data[] = "<script type=\"application/json\" id=\"troupe-data\">";
static const char before_policy[] = "<meta http-equiv=\"Content-Security-Policy\" content=\"";

/* Where the page goes on after `text`, which it holds. */
static const char *after(const char *text)
{
    const char *found = memmem(trp_page, (size_t)(trp_page_end - trp_page), text, strlen(text));
    return found + strlen(text);
}

char *trp_page_policy(void)
{
    static const char rest[] = "; frame-ancestors 'none'"; /* which only a header can say */
    const char *policy = after(before_policy);
    size_t size = (size_t)(strchr(policy, '"') - policy);
    char *text = malloc(size + sizeof rest);
    if (text) {
        memcpy(text, policy, size);
        memcpy(text + size, rest, sizeof rest);
    }
    return text;
}

/* For json_dump_callback. */
static int write_escaped(const char *text, size_t bytes, void *file)
{
    for (const char *end = text + bytes, *less; text < end; text = less + (less < end)) {
        less = memchr(text, '<', (size_t)(end - text));
        if (!less)
            less = end;
        fwrite(text, 1, (size_t)(less - text), file);
        if (less < end)
            fputs("\\u003c", file);
    }
    return ferror((FILE *)file) ? -1 : 0;
}

char *trp_report_text(json_t *data, size_t *bytes)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, bytes);
    if (!file)
        return NULL;
    const char *hole = after(before_data), *rest = hole + strlen("null");
    fwrite(trp_page, 1, (size_t)(hole - trp_page), file);
    const size_t how = JSON_COMPACT | JSON_ENSURE_ASCII;
    bool good = json_dump_callback(data, write_escaped, file, how) == 0;
    fwrite(rest, 1, (size_t)(trp_page_end - rest), file);
    good = !ferror(file) && good;
    if (fclose(file) == 0 && good)
        return text;
    free(text);
    return NULL;
}

bool trp_report_write(const char *path, json_t *data)
{
    size_t bytes;
    char *text = trp_report_text(data, &bytes);
    int to = text ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    FILE *file = to < 0 ? NULL : fdopen(to, "w");
    bool good = file && fwrite(text, 1, bytes, file) == bytes;
    good = file && fclose(file) == 0 && good;
    if (!good)
        trp_log(TRP_LOG_ERROR, "the report was not written to %s: %s", path, strerror(errno));
    free(text);
    return good;
}
