#include "schedule/lines.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "schedule/bars.h"
#include "schedule/rank.h"
#include "schedule/send.h"

#define FOLDED 16     /* lines that a process remembers */
#define FOLD_FOR 5.0  /* seconds for which one is folded; and that one waits for rank 0 */
#define PASS_AFTER 1.0 /* seconds after which rank 0 is told how often one was said again */

_Atomic bool trp_lines_held;

static struct {
    struct trp_rank *home;
    void (*pass)(const struct trp_line *line);
    bool own; /* the process writes what it says */
    struct said {
        double since;  /* 0: none */
        double passed; /* when rank 0 has been told last */
        uint64_t rest; /* a hash of what is too long for the text */
        bool own;
        struct trp_line line; /* `times`: said again, and nobody has been told yet */
        uint64_t *ranks;      /* bits: who has said it */
    } said[FOLDED];
    unsigned next;
    uint64_t *ranks; /* of all */
    double unheard;  /* since when the oldest line that rank 0 has not heard waits */
    uint64_t given_up; /* lines that have waited too long, and were written */
    _Atomic double due;
} lines;

/* ---- what is the same ------------------------------------------------------------------------ */

void trp_lines_split(const char *said, char *who, size_t size, const char **text)
{
    const char *end = *said == '(' ? strstr(said, ") ") : NULL;
    bool tagged = end && (size_t)(end - said - 1) < size;
    snprintf(who, size, "%.*s", tagged ? (int)(end - said - 1) : 0, said + 1);
    *text = tagged ? end + 2 : said;
}

/* "progress 1:4" is a progress. */
static size_t kind_of(const char *who)
{
    return !strncmp(who, "task ", 5) ? strlen(who) : strcspn(who, " ");
}

bool trp_lines_same_who(const char *a, const char *b)
{
    return kind_of(a) == kind_of(b) && !strncmp(a, b, kind_of(a));
}

static bool same_said(const char *a, const char *b)
{
    char who_a[64], who_b[64];
    const char *text_a, *text_b;
    trp_lines_split(a, who_a, sizeof who_a, &text_a);
    trp_lines_split(b, who_b, sizeof who_b, &text_b);
    return trp_lines_same_who(who_a, who_b) && !strcmp(text_a, text_b);
}

static uint64_t rest_of(const char *text)
{
    size_t length = strlen(text);
    return length < TRP_LINE_SENT ? 0 : trp_hash(TRP_HASH_BEGIN, text, length);
}

/* ---- what is held ---------------------------------------------------------------------------- */

static size_t words(void)
{
    return ((size_t)lines.home->ranks + 63) / 64;
}

static void said_by(struct said *said, int rank)
{
    said->ranks[rank / 64] |= UINT64_C(1) << rank % 64;
}

static int ranks_of(const struct said *said)
{
    int count = 0;
    for (size_t i = 0; i < words(); i++)
        count += __builtin_popcountll(said->ranks[i]);
    return count;
}

/* How often a line was repeated. */
static void write_count(const struct said *said)
{
    char text[TRP_LINE_SENT + 64], ranks[32] = "";
    int count = ranks_of(said);
    if (count > 1)
        snprintf(ranks, sizeof ranks, " on %d ranks", count);
    snprintf(text, sizeof text, "%s [repeated %u×%s]", said->line.text, said->line.times, ranks);
    trp_bars_erase();
    trp_log_write(said->line.rank, said->line.level, text);
}

/* What was said again is written, or rank 0 is told. */
static void tell(struct said *said)
{
    struct trp_line line = said->line;
    line.again = true;
    line.is_written = said->own;
    if (said->own && line.times)
        write_count(said);
    if (lines.home->rank != 0 && line.times)
        lines.pass(&line);
    said->line.times = 0;
    said->passed = trp_now();
}

static void forget(struct said *said)
{
    if (said->since)
        tell(said);
    uint64_t *ranks = said->ranks;
    *said = (struct said){.ranks = memset(ranks, 0, words() * sizeof *ranks)};
}

static double due_of(const struct said *said)
{
    return said->own ? said->since + FOLD_FOR : said->passed + PASS_AFTER;
}

/* When something is to be done; and the scheduler is told if it does not know. */
static void set_due(void)
{
    double due = lines.unheard ? lines.unheard + FOLD_FOR : 0;
    for (int i = 0; i < FOLDED; i++) {
        const struct said *said = &lines.said[i];
        if (said->since && said->line.times && (!due || due_of(said) < due))
            due = due_of(said);
    }
    bool sooner = due && (!trp_lines_held || due < lines.due);
    lines.due = due;
    trp_lines_held = due > 0;
    if (sooner)
        trp_inbox_wake(lines.home);
}

static struct said *find(enum troupe_log_level level, const char *text, uint64_t rest)
{
    for (int i = 0; i < FOLDED; i++) {
        struct said *said = &lines.said[i];
        if (said->since && said->line.level == level && said->rest == rest &&
            (rest || same_said(said->line.text, text)))
            return said;
    }
    return NULL;
}

static void look(bool all)
{
    double now = trp_now();
    for (int i = 0; i < FOLDED; i++) {
        struct said *said = &lines.said[i];
        if (said->since && now - said->since >= FOLD_FOR)
            forget(said);
        else if (said->since && !said->own && (all || now >= due_of(said)))
            tell(said);
    }
}

/* A new one is held. */
static struct said *hold(int rank, enum troupe_log_level level, const char *text, uint64_t rest)
{
    struct said *said = &lines.said[lines.next++ % FOLDED];
    forget(said);
    said->since = said->passed = trp_now();
    said->rest = rest;
    said->line = (struct trp_line){.rank = rank, .level = level};
    snprintf(said->line.text, sizeof said->line.text, "%s", text);
    return said;
}

/* ---- what rank 0 has not heard --------------------------------------------------------------- */

/* False: it has no place. */
static bool keep_unheard(const struct said *said)
{
    char line[TRP_LINE_SENT + 64];
    struct trp_wire_words *w = lines.home->wire->words;
    const struct trp_line *l = &said->line;
    size_t bytes = trp_log_line(l->rank, l->level, l->text, line, sizeof line);
    if (w->said_bytes + bytes > sizeof w->said)
        return false;
    memcpy(w->said + w->said_bytes, line, bytes);
    /* A mate that reads it finds all of it. */
    __atomic_store_n(&w->said_bytes, w->said_bytes + (uint32_t)bytes, __ATOMIC_RELEASE);
    lines.unheard = lines.unheard ? lines.unheard : trp_now();
    return true;
}

void trp_lines_heard(void)
{
    struct trp_wire_words *w = lines.home->wire->words;
    const char *end = memchr(w->said, '\n', w->said_bytes);
    if (lines.given_up) {
        lines.given_up--;
    } else if (end) {
        uint32_t first = (uint32_t)(end + 1 - w->said);
        memmove(w->said, end + 1, w->said_bytes - first);
        __atomic_store_n(&w->said_bytes, w->said_bytes - first, __ATOMIC_RELEASE);
        lines.unheard = w->said_bytes ? trp_now() : 0;
        set_due();
    }
}

static void write_unheard(void)
{
    struct trp_wire_words *w = lines.home->wire->words;
    for (uint32_t i = 0; i < w->said_bytes; i++)
        lines.given_up += w->said[i] == '\n';
    ssize_t ignored = w->said_bytes ? write(STDERR_FILENO, w->said, w->said_bytes) : 0;
    (void)ignored;
    w->said_bytes = 0;
    lines.unheard = 0;
}

/* ---- saying ---------------------------------------------------------------------------------- */

bool trp_lines_say(int rank, enum troupe_log_level level, const char *text)
{
    const uint64_t rest = rest_of(text);
    look(false);
    struct said *said = find(level, text, rest);
    bool is_new = !said;
    if (said) {
        said->line.times++;
    } else {
        said = hold(rank, level, text, rest);
        said->own = lines.own || rest || level == TROUPE_LOG_ERROR || !keep_unheard(said);
        struct trp_line line = said->line;
        line.times = 1;
        line.is_written = said->own;
        if (lines.home->rank != 0)
            lines.pass(&line);
        else
            trp_bars_erase();
    }
    said_by(said, rank);
    set_due();
    return is_new && said->own;
}

bool trp_lines_hear(const struct trp_line *line)
{
    if (line->is_written)
        return false;
    look(false);
    struct said *said = find(line->level, line->text, 0);
    if (said) {
        said->line.times += line->times;
    } else {
        said = hold(line->rank, line->level, line->text, 0);
        said->own = true;
        said->line.times = line->again ? line->times : line->times - 1;
        trp_bars_erase();
        if (!line->again)
            trp_log_write(line->rank, line->level, line->text);
    }
    said_by(said, line->rank);
    set_due();
    return !line->again;
}

/* ---- in time --------------------------------------------------------------------------------- */

double trp_lines_due(void)
{
    return lines.due;
}

void trp_lines_look(bool all)
{
    look(all);
    if (lines.unheard && trp_now() - lines.unheard >= FOLD_FOR)
        write_unheard();
    set_due();
}

void trp_lines_last(bool locked)
{
    if (!lines.home)
        return;
    write_unheard();
    for (int i = 0; i < FOLDED && locked; i++) {
        if (lines.said[i].since && lines.said[i].line.times)
            write_count(&lines.said[i]);
        lines.said[i].line.times = 0;
    }
}

void trp_lines_open(struct trp_rank *home, void (*pass)(const struct trp_line *line))
{
    lines.home = home;
    lines.pass = pass;
    lines.own = home->rank == 0 || trp_log_to_file();
    lines.unheard = 0;
    lines.due = 0;
    lines.given_up = 0;
    lines.ranks = calloc(FOLDED * words(), sizeof *lines.ranks);
    if (!lines.ranks)
        trp_die("no memory for the lines of the log");
    for (size_t i = 0; i < FOLDED; i++)
        lines.said[i] = (struct said){.ranks = lines.ranks + i * words()};
}

void trp_lines_close(void)
{
    trp_lines_last(true);
    lines.home = NULL;
    trp_lines_held = false;
    free(lines.ranks);
    lines.ranks = NULL;
}
