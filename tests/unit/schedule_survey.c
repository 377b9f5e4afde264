/*
 * What a process was given, from its environment; the limits of control groups; what Slurm says of
 * resources that it only counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "schedule/memory.h"
#include "schedule/survey.h"

/* ---- an environment -------------------------------------------------------------------------- */

#define MOST 16

static const char *environment[MOST][2];

static const char *look_up(const char *name)
{
    for (int i = 0; i < MOST && environment[i][0]; i++)
        if (!strcmp(environment[i][0], name))
            return environment[i][1];
    return NULL;
}

static void set(const char *name, const char *value)
{
    int i = 0;
    while (environment[i][0] && strcmp(environment[i][0], name) != 0)
        i++;
    environment[i][0] = name;
    environment[i][1] = value;
}

static int nothing_set(void **state)
{
    (void)state;
    memset(environment, 0, sizeof environment);
    return 0;
}

static struct trp_survey read_good(void)
{
    struct trp_survey survey;
    if (!trp_survey_read(&survey, look_up))
        fail_msg("refused: %s", survey.error);
    assert_string_equal(survey.error, "");
    return survey;
}

/* Refused, and the error says each of these. */
static void expect_wrong(const char *name, const char *value, const char *part)
{
    struct trp_survey survey;
    nothing_set(NULL);
    set(name, value);
    if (trp_survey_read(&survey, look_up))
        fail_msg("%s=%s was taken", name, value);
    if (!strstr(survey.error, name) || !strstr(survey.error, part))
        fail_msg("%s=%s: \"%s\" does not name both the variable and '%s'", name, value,
                 survey.error, part);
}

/* ---- CPUs, GPUs, memory ---------------------------------------------------------------------- */

static void an_empty_environment_says_nothing(void **state)
{
    (void)state;
    struct trp_survey s = read_good();
    assert_int_equal(s.most_cpus, 0);
    assert_int_equal(s.team_limit, 0);
    assert_int_equal(s.gpus, 0);
    assert_false(s.gpus_said);
    assert_int_equal(s.node_memory, 0);
    assert_int_equal(s.customs, 0);
    assert_false(s.bound_by_default);
}

static void slurm_and_openmp_say_how_many_cpus(void **state)
{
    (void)state;
    set("SLURM_CPUS_PER_TASK", "6");
    set("OMP_NUM_THREADS", "4,2");
    struct trp_survey s = read_good();
    assert_int_equal(s.most_cpus, 6);
    assert_int_equal(s.team_limit, 4);
    expect_wrong("SLURM_CPUS_PER_TASK", "six", "'six'");
    expect_wrong("SLURM_CPUS_PER_TASK", "0", "'0'");
    expect_wrong("OMP_NUM_THREADS", "-2", "'-2'");
    expect_wrong("OMP_NUM_THREADS", "4x,2", "'4x'");
}

static void mpirun_binds_by_default_unless_it_was_told_how(void **state)
{
    (void)state;
    set("OMPI_COMM_WORLD_LOCAL_SIZE", "2");
    assert_true(read_good().bound_by_default);
    set("OMPI_MCA_rmaps_base_mapping_policy", "slot:pe=2");
    assert_false(read_good().bound_by_default);
    set("OMPI_MCA_rmaps_base_mapping_policy", "node");
    assert_true(read_good().bound_by_default);
    set("OMPI_MCA_hwloc_base_binding_policy", "none");
    assert_false(read_good().bound_by_default);
}

static void the_gpus_are_those_that_the_process_sees(void **state)
{
    (void)state;
    set("CUDA_VISIBLE_DEVICES", "2,3,5");
    assert_int_equal(read_good().gpus, 3);
    set("CUDA_VISIBLE_DEVICES", "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6,MIG-GPU-1/2/3");
    assert_int_equal(read_good().gpus, 2);
    set("CUDA_VISIBLE_DEVICES", "");
    set("ROCR_VISIBLE_DEVICES", "0,1");
    assert_int_equal(read_good().gpus, 0);
    assert_true(read_good().gpus_said);
    set("CUDA_VISIBLE_DEVICES", "0,-1,1");
    assert_int_equal(read_good().gpus, 1);
    set("CUDA_VISIBLE_DEVICES", "NoDevFiles");
    assert_int_equal(read_good().gpus, 0);
    expect_wrong("CUDA_VISIBLE_DEVICES", "0,one", "'one'");
    expect_wrong("CUDA_VISIBLE_DEVICES", "0,", "''");
    expect_wrong("ROCR_VISIBLE_DEVICES", "0-1000", "'0-1000'");
}

static void slurms_lists_count_where_no_maker_has_one(void **state)
{
    (void)state;
    set("SLURM_JOB_GPUS", "0,1,2,3");
    assert_int_equal(read_good().gpus, 4);
    set("SLURM_STEP_GPUS", "0-2");
    assert_int_equal(read_good().gpus, 3);
    set("ROCR_VISIBLE_DEVICES", "1");
    assert_int_equal(read_good().gpus, 1);
}

/* In containers of a step's own both ranks call theirs 0. */
static void which_gpus_they_are_says_the_step(void **state)
{
    (void)state;
    set("CUDA_VISIBLE_DEVICES", "0");
    set("SLURM_STEP_GPUS", "0");
    uint64_t first = read_good().gpus_are;
    set("SLURM_STEP_GPUS", "1");
    uint64_t second = read_good().gpus_are;
    assert_true(first != second);
    set("SLURM_STEP_GPUS", "0");
    assert_true(first == read_good().gpus_are);
}

static void slurm_gives_memory_by_node_or_by_cpu(void **state)
{
    (void)state;
    set("SLURM_MEM_PER_CPU", "512");
    set("SLURM_CPUS_ON_NODE", "4");
    assert_true(read_good().node_memory == UINT64_C(2048) << 20);
    set("SLURM_MEM_PER_NODE", "1024");
    assert_true(read_good().node_memory == UINT64_C(1024) << 20);
    set("SLURM_MEM_PER_NODE", "0");
    set("SLURM_MEM_PER_CPU", "");
    assert_true(read_good().node_memory == 0);
    expect_wrong("SLURM_MEM_PER_NODE", "1G", "'1G'");
}

static void make_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void the_smallest_group_around_a_process_limits_its_memory(void **state)
{
    (void)state;
    char folder[] = "/tmp/troupe-groups-XXXXXX", path[256], groups[256], remove[300];
    assert_non_null(mkdtemp(folder));
    snprintf(groups, sizeof groups, "%s/groups", folder);
    static const char *const made[] = {"a", "a/b", "memory", "memory/old"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, made[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    make_file(folder, "a/memory.max", "5000\n");
    make_file(folder, "a/b/memory.max", "max\n");
    make_file(folder, "memory/old/memory.limit_in_bytes", "700\n");
    make_file(folder, "groups", "0::/a/b\n");
    assert_true(trp_memory_limit(groups, folder) == 5000);
    make_file(folder, "groups", "1:cpu,cpuacct:/a\n12:memory:/old\n");
    assert_true(trp_memory_limit(groups, folder) == 700);
    make_file(folder, "groups", "0::/nowhere\nnonsense\n");
    assert_true(trp_memory_limit(groups, folder) == UINT64_MAX);
    assert_true(trp_memory_limit("/nowhere/groups", folder) == UINT64_MAX);
    snprintf(remove, sizeof remove, "rm -r %s", folder);
    assert_int_equal(system(remove), 0);
}

/* ---- what users name ------------------------------------------------------------------------- */

static void expect_custom(const struct trp_survey *s, int i, const char *name,
                          enum trp_scope scope, uint64_t amount)
{
    assert_string_equal(s->custom[i].name, name);
    assert_int_equal(s->custom[i].scope, scope);
    assert_true(s->custom[i].amount == amount);
}

static void resources_are_named_for_a_rank_a_node_or_the_job(void **state)
{
    (void)state;
    set("TROUPE_RESOURCES", "fpga:1,node:nic_0:2,job:license-x.1:40");
    struct trp_survey s = read_good();
    assert_int_equal(s.customs, 3);
    expect_custom(&s, 0, "fpga", TRP_SCOPE_RANK, 1);
    expect_custom(&s, 1, "nic_0", TRP_SCOPE_NODE, 2);
    expect_custom(&s, 2, "license-x.1", TRP_SCOPE_JOB, 40);
    set("TROUPE_RESOURCES", "");
    assert_int_equal(read_good().customs, 0);
}

static void what_is_wrong_with_a_resource_is_named(void **state)
{
    (void)state;
    static const char *const wrong[] = {"fpga", "fpga:", "fpga:x", "fpga:-1", "1fpga:1", ":1",
                                        "fp ga:1", "gpus:1", "cpus:2", "memory:1", "rank:fpga:1",
                                        "job:fpga", "node:job:1", "fpga:1000000000000000000000",
                                        "a_name_of_more_than_it_may_have:1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char list[64], part[64];
        snprintf(list, sizeof list, "good:1,%s", wrong[i]);
        snprintf(part, sizeof part, "'%s'", wrong[i]);
        expect_wrong("TROUPE_RESOURCES", list, part);
    }
    expect_wrong("TROUPE_RESOURCES", "fpga:1,nic:1,fpga:2", "'fpga' is there twice");
    expect_wrong("TROUPE_RESOURCES", "a:1,", "''");
    expect_wrong("TROUPE_RESOURCES", "a:1,b:1,c:1,d:1,e:1,f:1,g:1,h:1,i:1,j:1,k:1,l:1,m:1,n:1",
                 "'n' is one more than the 13");
}

static void slurm_tells_of_what_it_counts(void **state)
{
    (void)state;
    char text[64];
    assert_true(trp_survey_gres("JobId=7 x=y JOB_GRES=gpu:4,fpga:2,nic:fast:2(CNT:2),nic:slow:4\n"
                                "  Nodes=n[0-1] GRES=fpga(CNT:1)",
                                2, text, sizeof text));
    assert_string_equal(text, "node:fpga:1,node:nic:3");
    assert_true(trp_survey_gres("JOB_GRES=fpga", 1, text, sizeof text));
    assert_string_equal(text, "node:fpga:1");
    assert_false(trp_survey_gres("JOB_GRES=gpu:4 ", 2, text, sizeof text));
    assert_false(trp_survey_gres("JOB_GRES=(null)", 2, text, sizeof text));
    assert_false(trp_survey_gres("JobId=7", 2, text, sizeof text));
    assert_false(trp_survey_gres("JOB_GRES=fpga:1", 1, text, 8));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_environment_says_nothing, nothing_set),
        cmocka_unit_test_setup(slurm_and_openmp_say_how_many_cpus, nothing_set),
        cmocka_unit_test_setup(mpirun_binds_by_default_unless_it_was_told_how, nothing_set),
        cmocka_unit_test_setup(the_gpus_are_those_that_the_process_sees, nothing_set),
        cmocka_unit_test_setup(slurms_lists_count_where_no_maker_has_one, nothing_set),
        cmocka_unit_test_setup(which_gpus_they_are_says_the_step, nothing_set),
        cmocka_unit_test_setup(slurm_gives_memory_by_node_or_by_cpu, nothing_set),
        cmocka_unit_test(the_smallest_group_around_a_process_limits_its_memory),
        cmocka_unit_test_setup(resources_are_named_for_a_rank_a_node_or_the_job, nothing_set),
        cmocka_unit_test_setup(what_is_wrong_with_a_resource_is_named, nothing_set),
        cmocka_unit_test(slurm_tells_of_what_it_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
