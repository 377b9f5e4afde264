/*
 * A program whose ranks log lines, for tests/news.sh.
 *
 *     says all N         every rank says the same N times, and something of its own
 *     says errors        every rank says the same error twice
 *     says exit          every rank says something, then the last one ends the job
 *     says fail          the same, then the driver fails
 *     says HOW RANK      that rank says something and dies: kill segv abort leave quit
 *     says deaf FILE     the driver computes, and takes no word, until there is such a file
 *     says later FILE    the last rank says the same three times; then the driver waits for that
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mode.h"
#include "troupe.h"

#define LONGEST 60 /* seconds, for a test that goes wrong */

TROUPE_CLASS(speaker);
TROUPE_ASK(speaker, say, void, (troupe_str, text), (int, times));
TROUPE_ASK(speaker, complain, void);
TROUPE_TELL(speaker, ask_around, (int, times));
TROUPE_TELL(speaker, leave);
TROUPE_TELL(speaker, die);

struct speaker_state {
    char unused;
};

static void on_say(struct speaker_state *self, troupe_str text, int times)
{
    (void)self;
    for (int i = 0; i < times; i++)
        troupe_log(TROUPE_LOG_WARNING, "%s", text);
}

static void on_complain(struct speaker_state *self)
{
    (void)self;
    for (int i = 0; i < 2; i++)
        troupe_log(TROUPE_LOG_ERROR, "this is wrong");
}

/* When the driver computes. */
static void on_ask_around(struct speaker_state *self, int times)
{
    troupe_sleep(0.3);
    on_say(self, (troupe_str)"does anybody hear this?", times);
}

static void on_leave(struct speaker_state *self)
{
    (void)self;
    troupe_exit(7);
}

static void on_die(struct speaker_state *self)
{
    (void)self;
    troupe_log(TROUPE_LOG_WARNING, "these are my last words");
    if (is("kill"))
        raise(SIGKILL);
    else if (is("segv"))
        raise(SIGSEGV);
    else if (is("leave"))
        _exit(3);
    else if (is("quit"))
        exit(3);
    abort();
}

TROUPE_IMPLEMENT(speaker, (say, on_say), (complain, on_complain), (ask_around, on_ask_around),
                 (leave, on_leave), (die, on_die));

static speaker speaker_on(int rank)
{
    return troupe_new(speaker, .with = {.place = troupe_on(rank)});
}

static void all_say(int times)
{
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        char text[64];
        speaker s = speaker_on(rank);
        snprintf(text, sizeof text, "here is rank %d", rank);
        troupe_await(speaker_say(s, text, 1));
        troupe_await(speaker_say(s, "all of us say this", times));
    }
}

static int all_complain(void)
{
    for (int rank = 0; rank < troupe_ranks(); rank++)
        troupe_await(speaker_complain(speaker_on(rank)));
    return 0;
}

static int last_asks(const char *file)
{
    const time_t end = time(NULL) + LONGEST;
    speaker_ask_around(speaker_on(troupe_ranks() - 1), is("later") ? 3 : 1);
    troupe_sleep(0.1); /* until that has been sent */
    while (access(file, F_OK) && time(NULL) < end)
        if (is("later"))
            troupe_sleep(0.02);
    return time(NULL) >= end;
}

static int driver(int argc, char **argv)
{
    const char *last = argc > 1 ? argv[argc - 1] : "";
    if (is("deaf") || is("later"))
        return last_asks(last);
    if (is("errors"))
        return all_complain();
    if (!is("all") && !is("exit") && !is("fail")) {
        speaker_die(speaker_on(number));
        troupe_sleep(LONGEST);
        return 0;
    }
    all_say(is("all") ? number : 1);
    if (is("exit"))
        speaker_leave(speaker_on(troupe_ranks() - 1));
    if (is("exit"))
        troupe_sleep(LONGEST);
    if (is("fail"))
        troupe_fail(-1, "on purpose");
    return 0;
}

int main(int argc, char **argv)
{
    mode_open(argc, argv);
    return troupe_run(argc, argv, driver,
                      &(struct troupe_run_options){.handover = is("deaf") ? -1 : 0});
}
