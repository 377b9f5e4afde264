#include "schedule/news.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/farewell.h"
#include "base/log.h"
#include "schedule/bars.h"
#include "schedule/lines.h"
#include "schedule/send.h"

#define ALIKE 16     /* the latest lines, of which one may be said again */
#define FOLD_FOR 5.0 /* seconds for which it is */
#define OFTEN 0.05   /* seconds between two words on a job */

/* What is sent to rank 0: a line, said so many times, or a word on a job. */
struct word {
    uint32_t level; /* 0: on a job */
    uint32_t times;
    uint32_t again, is_written; /* as of a trp_line */
    double done, total;
    char text[TRP_LINE_SENT];
};

static struct {
    pthread_mutex_t lock;
    struct trp_rank *home; /* NULL: no job runs */
    double began;
    struct spoken { /* by this process, on jobs */
        char name[TRP_JOB_NAME];
        double at;
    } spoken[TRP_JOBS_KEPT];
    size_t spoken_count;
    struct trp_line_kept *lines; /* a ring, on rank 0 */
    uint64_t line_count, last;
    struct job {
        struct trp_job_of_work is;
        double began, first; /* when, and what was done then */
    } jobs[TRP_JOBS_KEPT];
    size_t job_count;
} news = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- on rank 0: lines ------------------------------------------------------------------------ */

static bool is_same(const struct trp_line_kept *line, uint32_t level, const char *who,
                    const char *text)
{
    return line->level == level && trp_lines_same_who(line->who, who) &&
           !strncmp(line->text, text, TRP_LINE_TEXT - 1);
}

static struct trp_line_kept *line_at(uint64_t number)
{
    return &news.lines[number % TRP_LINES_KEPT];
}

static void keep_line(int rank, uint32_t level, uint32_t times, const char *said)
{
    char who[sizeof news.lines->who];
    const char *text;
    double at = trp_now() - news.began;
    trp_lines_split(said, who, sizeof who, &text);
    struct trp_line_kept *line = NULL;
    for (uint64_t i = 0; i < ALIKE && i < news.line_count && !line; i++) {
        line = line_at(news.line_count - 1 - i);
        if (!is_same(line, level, who, text) || at - line->at > FOLD_FOR)
            line = NULL;
    }
    if (line) {
        line->repeated += times;
        line->again = ++news.last;
    } else {
        line = line_at(news.line_count++);
        *line = (struct trp_line_kept){.number = ++news.last, .at = at, .rank = rank,
                                       .level = level, .repeated = times - 1};
        snprintf(line->who, sizeof line->who, "%s", who);
        snprintf(line->text, sizeof line->text, "%.*s", TRP_LINE_TEXT - 1, text);
    }
    line->heard |= UINT64_C(1) << (rank & 63);
    line->ranks = __builtin_popcountll(line->heard);
}

size_t trp_news_lines(uint64_t since, struct trp_line_kept *lines, size_t room)
{
    size_t count = 0;
    pthread_mutex_lock(&news.lock);
    uint64_t first = news.line_count > TRP_LINES_KEPT ? news.line_count - TRP_LINES_KEPT : 0;
    for (uint64_t i = first; i < news.line_count && count < room; i++)
        if (line_at(i)->number > since || line_at(i)->again > since)
            lines[count++] = *line_at(i);
    pthread_mutex_unlock(&news.lock);
    return count;
}

uint64_t trp_news_last(void)
{
    pthread_mutex_lock(&news.lock);
    uint64_t last = news.last;
    pthread_mutex_unlock(&news.lock);
    return last;
}

/* ---- on rank 0: jobs of work ----------------------------------------------------------------- */

/* The one of that name; when there are too many, the one that was spoken of first is forgotten. */
static struct job *job_of(const char *name)
{
    for (size_t i = 0; i < news.job_count; i++)
        if (!strcmp(news.jobs[i].is.name, name))
            return &news.jobs[i];
    if (news.job_count == TRP_JOBS_KEPT)
        memmove(&news.jobs[0], &news.jobs[1], --news.job_count * sizeof *news.jobs);
    struct job *job = &news.jobs[news.job_count++];
    *job = (struct job){.began = -1};
    snprintf(job->is.name, sizeof job->is.name, "%s", name);
    return job;
}

static size_t list_jobs(struct trp_job_of_work *jobs, size_t room)
{
    size_t count = news.job_count < room ? news.job_count : room;
    for (size_t i = 0; i < count; i++)
        jobs[i] = news.jobs[i].is;
    return count;
}

static void keep_progress(int rank, const char *name, double done, double total)
{
    struct trp_job_of_work all[TRP_JOBS_KEPT];
    struct job *job = job_of(name);
    double now = trp_now();
    if (job->began < 0 || done < job->is.done) { /* or it began anew */
        job->began = now;
        job->first = done;
    }
    job->is.done = done;
    job->is.total = total;
    job->is.rank = rank;
    job->is.seconds = now - job->began;
    job->is.rate = job->is.seconds > 0 ? (done - job->first) / job->is.seconds : 0;
    trp_bars_draw(all, list_jobs(all, TRP_JOBS_KEPT), done >= total);
}

size_t trp_news_progress(struct trp_job_of_work *jobs, size_t room)
{
    pthread_mutex_lock(&news.lock);
    size_t count = list_jobs(jobs, room);
    pthread_mutex_unlock(&news.lock);
    return count;
}

/* ---- from all ranks -------------------------------------------------------------------------- */

/* With the lock held, which the inbox comes behind. */
static void send_word(const struct word *word)
{
    const struct trp_record head = {.kind = TRP_RECORD_NEWS};
    trp_send_bytes_from(news.home, NULL, 0, &head, word,
                        offsetof(struct word, text) + strlen(word->text) + 1);
}

static void pass_line(const struct trp_line *line)
{
    struct word word = {.level = (uint32_t)line->level,
                        .times = line->times,
                        .again = line->again,
                        .is_written = line->is_written};
    memcpy(word.text, line->text, sizeof word.text);
    send_word(&word);
}

/* True: it is to be told that the line was heard. */
static bool take_line(int from, const struct word *word)
{
    struct trp_line line = {.rank = from,
                            .level = (enum troupe_log_level)word->level,
                            .times = word->times,
                            .again = word->again,
                            .is_written = word->is_written};
    memcpy(line.text, word->text, sizeof line.text);
    keep_line(from, word->level, word->times, word->text);
    return trp_lines_hear(&line);
}

/* On rank 0 what others say, and there that this was heard. */
static bool take(struct trp_rank *rank, int from, const struct word *word)
{
    if (rank->rank != 0)
        trp_lines_heard();
    else if (word->level)
        return take_line(from, word);
    else
        keep_progress(from, word->text, word->done, word->total);
    return false;
}

void trp_news_deliver(struct trp_rank *rank, const struct trp_record *record, int from)
{
    const struct trp_record heard = {.kind = TRP_RECORD_NEWS};
    struct word word = {0};
    size_t size = trp_record_body_size(record);
    memcpy(&word, trp_record_body(record), size < sizeof word ? size : sizeof word);
    word.text[sizeof word.text - 1] = 0;
    pthread_mutex_lock(&news.lock);
    bool answer = news.home && take(rank, from, &word);
    pthread_mutex_unlock(&news.lock);
    if (answer)
        trp_send_bytes(rank, from, &heard, "", 0);
}

static bool say(enum troupe_log_level level, const char *text)
{
    const struct trp_context *c = trp_current();
    pthread_mutex_lock(&news.lock);
    int rank = c ? c->rank->rank : news.home ? news.home->rank : 0;
    bool mine = !news.home || trp_lines_say(rank, level, text);
    if (news.home && news.home->rank == 0)
        keep_line(rank, (uint32_t)level, 1, text);
    pthread_mutex_unlock(&news.lock);
    return mine;
}

void trp_news_look(struct trp_rank *rank, bool all)
{
    pthread_mutex_lock(&news.lock);
    if (rank == news.home && (all || trp_now() >= trp_lines_due()))
        trp_lines_look(all);
    pthread_mutex_unlock(&news.lock);
}

/* The lock may be held by whom the process has crashed in. */
static void last_words(void)
{
    bool locked = !pthread_mutex_trylock(&news.lock);
    trp_lines_last(locked);
    if (locked)
        pthread_mutex_unlock(&news.lock);
}

void trp_news_open(struct trp_rank *home)
{
    pthread_mutex_lock(&news.lock);
    news.home = home;
    news.began = trp_now();
    news.line_count = news.last = news.job_count = news.spoken_count = 0;
    if (home->rank == 0 && !(news.lines = calloc(TRP_LINES_KEPT, sizeof *news.lines)))
        trp_die("no memory for the lines of the log");
    trp_bars_open(home->rank == 0);
    trp_lines_open(home, pass_line);
    pthread_mutex_unlock(&news.lock);
    trp_log_hook = say;
    trp_farewell_open(last_words);
}

void trp_news_close(void)
{
    trp_log_hook = NULL;
    trp_farewell_close(last_words);
    pthread_mutex_lock(&news.lock);
    trp_lines_close();
    free(news.lines);
    news.lines = NULL;
    news.home = NULL;
    pthread_mutex_unlock(&news.lock);
}

/* It is time for a word on that job. */
static bool is_due(const char name[TRP_JOB_NAME], bool last)
{
    double now = trp_now();
    for (size_t i = 0; i < news.spoken_count; i++) {
        struct spoken *spoken = &news.spoken[i];
        if (strcmp(spoken->name, name))
            continue;
        bool due = last || now - spoken->at >= OFTEN;
        spoken->at = due ? now : spoken->at;
        return due;
    }
    struct spoken *spoken = &news.spoken[news.spoken_count % TRP_JOBS_KEPT];
    news.spoken_count += news.spoken_count < TRP_JOBS_KEPT;
    memcpy(spoken->name, name, sizeof spoken->name);
    spoken->at = now;
    return true;
}

void trp_news_progress_is(struct trp_rank *rank, const char *name, double done, double total)
{
    struct word word = {.done = done, .total = total};
    char known[TRP_JOB_NAME] = "";
    trp_log_harmless(name, known, sizeof known);
    memcpy(word.text, known, sizeof known);
    pthread_mutex_lock(&news.lock);
    if (news.home && is_due(known, done >= total)) {
        if (news.home->rank == 0)
            keep_progress(rank->rank, word.text, done, total);
        else
            send_word(&word);
    }
    pthread_mutex_unlock(&news.lock);
}
