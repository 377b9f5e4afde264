/*
 * Tests of the page in the library, and of the reports made of it.
 */
#define _GNU_SOURCE /* of the C library: memmem */
#include "gateway/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "process.h"

static const char hole[] = "<script type=\"application/json\" id=\"troupe-data\">";

/* The JSON that stands in a report. */
static json_t *data_of(const char *report, size_t bytes)
{
    const char *from = memmem(report, bytes, hole, strlen(hole));
    assert_non_null(from);
    from += strlen(hole);
    const char *to = strstr(from, "</script>");
    assert_non_null(to);
    return json_loadb(from, (size_t)(to - from), 0, NULL);
}

static void the_page_is_in_the_library(void **state)
{
    (void)state;
    size_t bytes = (size_t)(trp_page_end - trp_page);
    assert_true(bytes > 10000);
    assert_memory_equal(trp_page, "<!DOCTYPE html>", 15);
    assert_memory_equal(trp_page_end - 8, "</html>\n", 8);
    assert_null(memmem(trp_page, bytes, " src=", 5)); /* nothing from outside */
}

static void its_policy_names_its_style_and_its_script(void **state)
{
    (void)state;
    char *policy = trp_page_policy();
    assert_non_null(policy);
    assert_memory_equal(policy, "default-src 'none'; script-src 'sha256-", 39);
    assert_non_null(strstr(policy, "style-src 'sha256-"));
    assert_non_null(strstr(policy, "; frame-ancestors 'none'"));
    assert_null(strstr(policy, "unsafe"));
    assert_null(strpbrk(policy, "\"\r\n<>"));
    free(policy);
}

static void a_report_holds_its_data_as_they_were(void **state)
{
    (void)state;
    json_t *data = json_pack("{s:{s:[{s:s,s:s}]},s:n}", "/v1/actors", "actors", "name",
                             "Grüße \xE2\x80\xA8 \x01", "calls", "18446744073709551615", "/v1");
    size_t bytes;
    char *report = trp_report_text(data, &bytes);
    assert_non_null(report);
    json_t *back = data_of(report, bytes);
    assert_true(json_equal(data, back));
    json_decref(back);

    /* All around them is the page. */
    size_t before = (size_t)((char *)memmem(report, bytes, hole, strlen(hole)) - report) +
                    strlen(hole);
    assert_memory_equal(report, trp_page, before);
    assert_memory_equal(report + bytes - 1000, trp_page_end - 1000, 1000);
    free(report);
    json_decref(data);
}

static void what_looks_like_markup_stays_data(void **state)
{
    (void)state;
    static const char *const hostile[] = {"</script><script>alert(1)</script>", "<!-- <script>",
                                          "<", "<<", "a<"};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        json_t *data = json_pack("{s:s,s:i}", "story", hostile[i], hostile[i], 1);
        size_t bytes;
        char *report = trp_report_text(data, &bytes);
        assert_non_null(report);
        const char *from = (char *)memmem(report, bytes, hole, strlen(hole)) + strlen(hole);
        assert_ptr_equal(strchr(from, '<'), strstr(from, "</script>\n<script>\n"));
        json_t *back = data_of(report, bytes);
        assert_true(json_equal(data, back));
        json_decref(back);
        free(report);
        json_decref(data);
    }
}

static void a_report_is_a_file_that_its_owner_reads(void **state)
{
    (void)state;
    char folder[] = "/tmp/troupe_reportXXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/report.html", folder);
    json_t *data = json_pack("{s:{s:i}}", "/v1", "ranks", 4);
    size_t bytes;
    char *expected = trp_report_text(data, &bytes), *read = malloc(bytes + 1);
    assert_true(trp_report_write(path, data));

    struct stat known;
    assert_int_equal(stat(path, &known), 0);
    assert_int_equal(known.st_mode & 0777, 0600);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(read, 1, bytes + 1, file), bytes);
    assert_memory_equal(read, expected, bytes);
    fclose(file);
    unlink(path);
    rmdir(folder);
    free(read);
    free(expected);
    json_decref(data);
}

static void write_nowhere(void)
{
    json_t *data = json_object();
    bool written = trp_report_write("/nowhere/at/all/report.html", data);
    json_decref(data);
    _exit(written ? 1 : 0);
}

static void a_report_that_cannot_be_written_is_said(void **state)
{
    (void)state;
    assert_int_equal(test_in_a_process(write_nowhere), 0);
    assert_non_null(strstr(said, "not written to /nowhere/at/all/report.html: No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_in_the_library),
        cmocka_unit_test(its_policy_names_its_style_and_its_script),
        cmocka_unit_test(a_report_holds_its_data_as_they_were),
        cmocka_unit_test(what_looks_like_markup_stays_data),
        cmocka_unit_test(a_report_is_a_file_that_its_owner_reads),
        cmocka_unit_test(a_report_that_cannot_be_written_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
