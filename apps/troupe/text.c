#define _GNU_SOURCE
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"

static void *or_out_of_memory(void *p)
{
    if (!p) {
        fputs("troupe: no memory\n", stderr);
        exit(FAILED);
    }
    return p;
}

/* ---- characters ------------------------------------------------------------------------------ */

/* How many bytes the character at `at` takes, and which it is; 0: it is no UTF-8. */
static size_t decode(const unsigned char *at, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = *at < 0x80      ? 1
                    : *at >> 5 == 6  ? 2
                    : *at >> 4 == 14 ? 3
                    : *at >> 3 == 30 ? 4
                                     : 0;
    if (!length)
        return 0;
    *character = length == 1 ? *at : *at & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (at[i] >> 6 != 2)
            return 0;
        *character = *character << 6 | (at[i] & 0x3f);
    }
    return *character < least[length] || *character > 0x10ffff ? 0 : length;
}

/* Those that a terminal obeys, ends a line at, or lets turn the direction of what follows. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xd800 && c <= 0xdfff) || c >= 0xe0000;
}

static char *without_controls(const char *text, const char *keep)
{
    char *plain = or_out_of_memory(malloc(strlen(text) + 1)), *to = plain;
    for (const char *at = text; *at;) {
        uint32_t character;
        size_t length = decode((const unsigned char *)at, &character);
        if (length && (!is_control(character) || (length == 1 && strchr(keep, *at)))) {
            memcpy(to, at, length);
            to += length;
        } else {
            *to++ = '?';
        }
        at += length ? length : 1;
    }
    *to = 0;
    return plain;
}

char *text_plain(const char *text)
{
    return without_controls(text, "");
}

void text_print(FILE *file, const char *text)
{
    char *plain = text_plain(text);
    fputs(plain, file);
    free(plain);
}

size_t text_columns(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += (*text & 0xc0) != 0x80;
    return columns;
}

bool text_has_colour(void)
{
    const char *terminal = getenv("TERM"), *none = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") && !(none && *none);
}

static struct winsize terminal(void)
{
    struct winsize size = {0};
    if (isatty(STDOUT_FILENO))
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    return size;
}

size_t text_width(void)
{
    return terminal().ws_col;
}

size_t text_height(void)
{
    return terminal().ws_row;
}

/* ---- values ---------------------------------------------------------------------------------- */

char *text_of(const json_t *value)
{
    char *text = NULL;
    if (!value || json_is_null(value))
        text = strdup("-");
    else if (json_is_string(value))
        return text_plain(*json_string_value(value) ? json_string_value(value) : "-");
    else if (json_is_real(value))
        text = asprintf(&text, "%.4g", json_real_value(value)) < 0 ? NULL : text;
    else if (!(json_is_array(value) || json_is_object(value)) || json_array_size(value) ||
             json_object_size(value))
        text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    else
        text = strdup("-");
    char *plain = text_plain(or_out_of_memory(text));
    free(text);
    return plain;
}

static char *scaled(double value, const char *const *units, double step, double least)
{
    char *text;
    while (units[1] && value >= least) {
        value /= step;
        units++;
    }
    return or_out_of_memory(
        asprintf(&text, value < 10 ? "%.2f %s" : "%.0f %s", value, *units) < 0 ? NULL : text);
}

char *text_of_seconds(const json_t *value)
{
    static const char *const units[] = {"ns", "us", "ms", "s", NULL};
    double seconds = json_number_value(value);
    if (!json_is_number(value))
        return text_of(value);
    char *text;
    if (seconds < 100)
        return scaled(1e9 * seconds, units, 1000, 999.5);
    long whole = (long)seconds;
    return or_out_of_memory(asprintf(&text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60,
                                     whole % 60) < 0
                                ? NULL
                                : text);
}

char *text_of_bytes(const json_t *value)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", NULL};
    return json_is_number(value) ? scaled(json_number_value(value), units, 1024, 1000)
                                 : text_of(value);
}

void text_print_json(const json_t *value)
{
    char *text = or_out_of_memory(json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT));
    char *shown = isatty(STDOUT_FILENO) ? text_plain(text) : text;
    puts(shown);
    if (shown != text)
        free(shown);
    free(text);
}

/* ---- tables ---------------------------------------------------------------------------------- */

json_t *value_at(const json_t *row, const char *path)
{
    const char *dot = strchr(path, '.');
    if (!dot)
        return json_object_get(row, path);
    char *first = or_out_of_memory(strndup(path, (size_t)(dot - path)));
    json_t *inner = json_object_get(row, first);
    free(first);
    return value_at(inner, dot + 1);
}

static void put_cell(FILE *line, const char *text, size_t width, enum align align)
{
    int blanks = (int)(width - text_columns(text));
    fprintf(line, "%*s%s%*s  ", align == RIGHT ? blanks : 0, "", text, align == LEFT ? blanks : 0,
            "");
}

/* Without the blanks at its end, and cut to what the terminal takes. */
static void print_cut(const char *line)
{
    size_t length = strlen(line), most = text_width();
    while (length && line[length - 1] == ' ')
        length--;
    for (size_t at = 0, columns = 0; most && at < length; at++) {
        columns += (line[at] & 0xc0) != 0x80;
        if (columns > most)
            length = at;
    }
    printf("%.*s\n", (int)length, line);
}

static void print_line(char *const *cells, const struct column *columns, const size_t *widths,
                       size_t count)
{
    char *text;
    size_t length;
    FILE *line = or_out_of_memory(open_memstream(&text, &length));
    for (size_t i = 0; i < count; i++)
        put_cell(line, cells[i], widths[i], columns[i].align);
    fclose(line);
    print_cut(text);
    free(text);
}

void table_print(const struct column *columns, size_t count, const json_t *rows)
{
    size_t lines = json_array_size(rows) + 1;
    char **cells = or_out_of_memory(calloc(lines * count, sizeof *cells));
    size_t *widths = or_out_of_memory(calloc(count, sizeof *widths));
    for (size_t i = 0; i < lines * count; i++) {
        const struct column *column = &columns[i % count];
        cells[i] = i < count ? or_out_of_memory(strdup(column->head))
                             : column->show(value_at(json_array_get(rows, i / count - 1),
                                                     column->path));
        if (widths[i % count] < text_columns(cells[i]))
            widths[i % count] = text_columns(cells[i]);
    }
    for (size_t line = 0; line < lines; line++) {
        bool bold = line == 0 && text_has_colour();
        fputs(bold ? "\033[1m" : "", stdout);
        print_line(cells + line * count, columns, widths, count);
        fputs(bold ? "\033[0m" : "", stdout);
    }
    for (size_t i = 0; i < lines * count; i++)
        free(cells[i]);
    free(cells);
    free(widths);
}

static int larger_first(const void *a, const void *b, void *at)
{
    const char *const *key = at;
    double x = json_number_value(value_at(*(json_t *const *)a, *key));
    double y = json_number_value(value_at(*(json_t *const *)b, *key));
    return (x < y) - (x > y);
}

json_t *rows_by(const json_t *rows, const char *key, size_t most)
{
    size_t count = json_array_size(rows);
    json_t *ordered = json_array();
    json_t **all = or_out_of_memory(malloc((count + 1) * sizeof(json_t *)));
    for (size_t i = 0; i < count; i++)
        all[i] = json_array_get(rows, i);
    qsort_r(all, count, sizeof(json_t *), larger_first, &key);
    for (size_t i = 0; i < count && i < most; i++)
        json_array_append(ordered, all[i]);
    free(all);
    return ordered;
}
