/*
 * Lines of the log of all ranks, and the progress of jobs, as rank 0 knows them.
 */
#include "schedule/news.h"

#include <stdio.h>
#include <string.h>

#include "play.h"

TROUPE_CLASS(speaker);
TROUPE_ASK(speaker, say, void, (troupe_str, text), (int, times));
TROUPE_ASK(speaker, work, void, (int, done), (int, total));

struct speaker_state {
    char nothing;
};

static void on_say(struct speaker_state *self, troupe_str text, int times)
{
    (void)self;
    for (int i = 0; i < times; i++)
        troupe_log(TROUPE_LOG_WARNING, "%s", text);
}

static void on_work(struct speaker_state *self, int done, int total)
{
    (void)self;
    for (int i = 1; i <= done; i++)
        troupe_progress("the work", i, total);
}

TROUPE_IMPLEMENT(speaker, (say, on_say), (work, on_work));

static struct trp_line_kept lines[TRP_LINES_KEPT];

/* What was said since, when there is a line of that text, said on as many ranks; it comes after the
   answer of who said it, perhaps. */
static struct trp_line_kept wait_for(uint64_t since, const char *text, int ranks)
{
    for (;;) {
        size_t count = trp_news_lines(since, lines, TRP_LINES_KEPT);
        for (size_t i = 0; i < count; i++)
            if (!strcmp(lines[i].text, text) && lines[i].ranks >= ranks)
                return lines[i];
        troupe_sleep(0.001);
    }
}

static speaker speaker_on(int rank)
{
    return troupe_new(speaker, .with = {.place = troupe_on(rank)});
}

static void a_line_of_any_rank_comes_to_rank_0(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        char text[64];
        uint64_t last = trp_news_last();
        snprintf(text, sizeof text, "here is rank %d", rank);
        troupe_await(speaker_say(speaker_on(rank), text, 1));
        struct trp_line_kept line = wait_for(last, text, 1);
        assert_int_equal(line.rank, rank);
        assert_int_equal(line.level, TROUPE_LOG_WARNING);
        assert_int_equal(line.repeated, 0);
        assert_memory_equal(line.who, "speaker ", 8);
        assert_true(line.number > last && line.at >= 0);
    }
}

static void what_several_ranks_say_is_one_line(void **state)
{
    (void)state;
    uint64_t last = trp_news_last();
    for (int rank = 0; rank < troupe_ranks(); rank++)
        troupe_await(speaker_say(speaker_on(rank), "all of us say this", 1));
    struct trp_line_kept line = wait_for(last, "all of us say this", troupe_ranks());
    assert_int_equal(line.repeated, troupe_ranks() - 1);
}

static void control_characters_are_made_harmless(void **state)
{
    (void)state;
    uint64_t last = trp_news_last();
    troupe_await(speaker_say(speaker_on(troupe_ranks() - 1), "a\x1b[31mb\nc\xc2\x9b", 1));
    wait_for(last, "a\\x1b[31mb\\x0ac\\x9b", 1);
}

/* tests/news.sh sees how often it is written. */
static void what_is_said_again_and_again_is_kept_once(void **state)
{
    (void)state;
    uint64_t last = trp_news_last();
    troupe_await(speaker_say(speaker_on(0), "again and again", 20));
    wait_for(last, "again and again", 1);
    assert_int_equal(trp_news_lines(last, lines, TRP_LINES_KEPT), 1);
}

static void only_the_latest_lines_are_kept(void **state)
{
    (void)state;
    uint64_t last = trp_news_last();
    for (int i = 0; i < TRP_LINES_KEPT + 50; i++) {
        char text[64];
        snprintf(text, sizeof text, "line %d", i);
        troupe_await(speaker_say(speaker_on(0), text, 1));
    }
    assert_int_equal(trp_news_lines(last, lines, TRP_LINES_KEPT), TRP_LINES_KEPT);
    assert_string_equal(lines[0].text, "line 50");
}

static void progress_of_any_rank_comes_to_rank_0(void **state)
{
    (void)state;
    int from = troupe_ranks() - 1;
    troupe_await(speaker_work(speaker_on(from), 1000, 1000));
    for (struct trp_job_of_work job;; troupe_sleep(0.001)) {
        if (!trp_news_progress(&job, 1) || job.done < 1000)
            continue;
        assert_string_equal(job.name, "the work");
        assert_true(job.done == 1000 && job.total == 1000);
        assert_int_equal(job.rank, from);
        return;
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_any_rank_comes_to_rank_0),
        cmocka_unit_test(what_several_ranks_say_is_one_line),
        cmocka_unit_test(control_characters_are_made_harmless),
        cmocka_unit_test(what_is_said_again_and_again_is_kept_once),
        cmocka_unit_test(only_the_latest_lines_are_kept),
        cmocka_unit_test(progress_of_any_rank_comes_to_rank_0),
    };
    return TEST_PLAY(argc, argv, tests, 1);
}
