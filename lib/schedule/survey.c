#include "schedule/survey.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define PART_SIZE 128 /* of a list between commas: a UUID of a MIG device has 45 letters */

__attribute__((format(printf, 2, 3))) static bool wrong(struct trp_survey *s, const char *format,
                                                        ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->error, sizeof s->error, format, args);
    va_end(args);
    return false;
}

static const char *set(trp_getenv *get, const char *name)
{
    const char *text = get(name);
    return text && *text ? text : NULL;
}

/* Digits and nothing else, within what 63 bits hold. */
static bool number(const char *text, uint64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)*text) || strlen(text) > 18)
        return false;
    *value = strtoull(text, &end, 10);
    return !*end;
}

/* The part of a list before the next comma; returns what is behind that, NULL at the end. What is
   too long is cut, and then it is not what it should be. */
static const char *next_part(const char *list, char part[PART_SIZE])
{
    size_t length = strcspn(list, ",");
    snprintf(part, PART_SIZE, "%.*s", (int)(length < PART_SIZE ? length : PART_SIZE - 1), list);
    return list[length] ? list + length + 1 : NULL;
}

/* ---- CPUs ------------------------------------------------------------------------------------ */

static bool read_count(struct trp_survey *s, trp_getenv *get, const char *name, int *count)
{
    const char *text = set(get, name);
    uint64_t value;
    if (!text)
        return true;
    if (!number(text, &value) || !value || value > 1000000)
        return wrong(s, "%s=%s: '%s' is not a number of CPUs, 1 or more", name, text, text);
    *count = (int)value;
    return true;
}

/* A number for each level of nested regions, of which the first counts here. */
static bool read_teams(struct trp_survey *s, trp_getenv *get)
{
    const char *text = set(get, "OMP_NUM_THREADS");
    char part[PART_SIZE];
    uint64_t value;
    if (!text)
        return true;
    next_part(text, part);
    if (!number(part, &value) || !value || value > 1000000)
        return wrong(s, "OMP_NUM_THREADS=%s: '%s' is not a number of threads, 1 or more", text,
                     part);
    s->team_limit = (int)value;
    return true;
}

/* mpirun tells its ranks of a policy that it was given, and of none that is its own. */
static bool bound_by_default(trp_getenv *get)
{
    const char *mapping = get("OMPI_MCA_rmaps_base_mapping_policy");
    return set(get, "OMPI_COMM_WORLD_LOCAL_SIZE") &&
           !set(get, "OMPI_MCA_hwloc_base_binding_policy") &&
           !(mapping && (strstr(mapping, "pe=") || strstr(mapping, "PE=")));
}

/* ---- GPUs ------------------------------------------------------------------------------------ */

static bool is_uuid(const char *part)
{
    return !strncmp(part, "GPU-", 4) || !strncmp(part, "MIG-", 4);
}

/* "3", "0-2" or a UUID: how many devices that is; 0: nothing that a device is called. */
static int devices_in(char *part)
{
    uint64_t first, last;
    char *dash = strchr(part, '-');
    if (is_uuid(part) || number(part, &first))
        return 1;
    if (!dash)
        return 0;
    *dash = 0;
    bool range = number(part, &first) && number(dash + 1, &last) && first <= last &&
                 last - first < TRP_GPUS_MAX;
    *dash = '-';
    return range ? (int)(last - first) + 1 : 0;
}

/* "-1" and what is behind it are not seen, and Slurm writes NoDevFiles for none. */
static bool count_gpus(struct trp_survey *s, const char *variable, const char *list)
{
    char part[PART_SIZE];
    for (const char *rest = *list ? list : NULL; rest;) {
        rest = next_part(rest, part);
        if (!strcmp(part, "-1") || !strcmp(part, "NoDevFiles"))
            break;
        int devices = devices_in(part);
        if (!devices)
            return wrong(s, "%s=%s: '%s' is no GPU's number, nor a UUID (GPU-..., MIG-...)",
                         variable, list, part);
        s->gpus += devices;
    }
    if (s->gpus > TRP_GPUS_MAX)
        return wrong(s, "%s=%s names %d GPUs, more than %d", variable, list, s->gpus,
                     TRP_GPUS_MAX);
    return true;
}

/* What the process sees counts. Which those are says Slurm, where it does: in a container of the
   step's own each rank calls its first one 0. */
static bool read_gpus(struct trp_survey *s, trp_getenv *get)
{
    static const char *const seen[] = {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES",
                                       "SLURM_STEP_GPUS", "SLURM_JOB_GPUS"};
    const char *step = set(get, "SLURM_STEP_GPUS");
    for (size_t i = 0; i < sizeof seen / sizeof *seen && !s->gpus_said; i++) {
        const char *list = get(seen[i]);
        if (!list)
            continue;
        s->gpus_said = true;
        const char *which = step ? step : list;
        s->gpus_are = trp_hash(TRP_HASH_BEGIN, which, strlen(which));
        if (!count_gpus(s, seen[i], list))
            return false;
    }
    return true;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static bool read_mebibytes(struct trp_survey *s, trp_getenv *get, const char *name,
                           uint64_t *bytes)
{
    const char *text = set(get, name);
    uint64_t value;
    if (!text)
        return true;
    if (!number(text, &value) || value >> 40)
        return wrong(s, "%s=%s: '%s' is not a number of mebibytes", name, text, text);
    *bytes = value << 20;
    return true;
}

/* 0 is Slurm's word for all that the node has. */
static bool read_memory(struct trp_survey *s, trp_getenv *get)
{
    uint64_t node = 0, cpu = 0;
    if (!read_mebibytes(s, get, "SLURM_MEM_PER_NODE", &node) ||
        !read_mebibytes(s, get, "SLURM_MEM_PER_CPU", &cpu))
        return false;
    s->node_memory = node ? node : cpu * (uint64_t)(s->node_cpus ? s->node_cpus : 1);
    return true;
}

/* ---- what users name ------------------------------------------------------------------------- */

static bool scoped(const char **text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*text, word, length))
        return false;
    *text += length;
    return true;
}

static bool is_name(const char *name, size_t length)
{
    static const char *const taken[] = {"cpus", "gpus", "memory", "node", "job"};
    if (!length || length >= TRP_NAME_SIZE || !isalpha((unsigned char)*name))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("_.-", name[i]))
            return false;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strlen(taken[i]) == length && !strncmp(name, taken[i], length))
            return false;
    return true;
}

static bool read_custom(const char *part, struct trp_custom *custom)
{
    custom->scope = scoped(&part, "node:")  ? TRP_SCOPE_NODE
                    : scoped(&part, "job:") ? TRP_SCOPE_JOB
                                            : TRP_SCOPE_RANK;
    size_t length = strcspn(part, ":");
    if (!is_name(part, length) || part[length] != ':' ||
        !number(part + length + 1, &custom->amount))
        return false;
    snprintf(custom->name, sizeof custom->name, "%.*s", (int)length, part);
    return true;
}

static bool add_custom(struct trp_survey *s, const char *variable, const char *list,
                       const struct trp_custom *custom)
{
    for (int i = 0; i < s->customs; i++)
        if (!strcmp(s->custom[i].name, custom->name))
            return wrong(s, "%s=%s: '%s' is there twice", variable, list, custom->name);
    if (s->customs == TRP_CUSTOM_MAX)
        return wrong(s, "%s=%s: '%s' is one more than the %d names that a job can have", variable,
                     list, custom->name, TRP_CUSTOM_MAX);
    s->custom[s->customs++] = *custom;
    return true;
}

bool trp_survey_customs(struct trp_survey *s, const char *variable, const char *text)
{
    char part[PART_SIZE];
    for (const char *rest = *text ? text : NULL; rest;) {
        struct trp_custom custom;
        rest = next_part(rest, part);
        if (!read_custom(part, &custom))
            return wrong(s,
                         "%s=%s: '%s' is not NAME:NUMBER, nor that behind node: or job: (a name "
                         "has a letter, then letters, digits, '_', '.', '-', %d at most, and is "
                         "none of cpus, gpus, memory)",
                         variable, text, part, TRP_NAME_SIZE - 1);
        if (!add_custom(s, variable, text, &custom))
            return false;
    }
    return true;
}

/* ---- what Slurm counts, and tells in no variable --------------------------------------------- */

/* "fpga:2" or "fpga:big:2(CNT:2)"; a part of several types of one name is added to the others. */
static void add_gres(struct trp_survey *found, const char *part)
{
    struct trp_custom custom = {.scope = TRP_SCOPE_NODE, .amount = 1};
    size_t length = strcspn(part, ":="), end = strcspn(part, "(");
    const char *count = part + end;
    while (count > part && isdigit((unsigned char)count[-1]))
        count--;
    if (!is_name(part, length) || (length == 3 && !strncmp(part, "gpu", 3)))
        return;
    if (count > part && (count[-1] == ':' || count[-1] == '='))
        custom.amount = strtoull(count, NULL, 10);
    snprintf(custom.name, sizeof custom.name, "%.*s", (int)length, part);
    for (int i = 0; i < found->customs; i++)
        if (!strcmp(found->custom[i].name, custom.name)) {
            found->custom[i].amount += custom.amount;
            return;
        }
    if (found->customs < TRP_CUSTOM_MAX)
        found->custom[found->customs++] = custom;
}

bool trp_survey_gres(const char *scontrol, int nodes, char *text, size_t size)
{
    static const char sign[] = "JOB_GRES=";
    struct trp_survey found = {.customs = 0};
    char list[1024], part[PART_SIZE];
    const char *at = strstr(scontrol, sign);
    if (!at || !size)
        return false;
    at += sizeof sign - 1;
    snprintf(list, sizeof list, "%.*s", (int)strcspn(at, " \t\n"), at);
    for (const char *rest = list; rest;) {
        rest = next_part(rest, part);
        add_gres(&found, part);
    }
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; i < found.customs && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%snode:%s:%llu", i ? "," : "",
                                 found.custom[i].name,
                                 (unsigned long long)(found.custom[i].amount /
                                                      (uint64_t)(nodes > 0 ? nodes : 1)));
    return found.customs && used < size;
}

/* ---- all of it ------------------------------------------------------------------------------- */

bool trp_survey_read(struct trp_survey *survey, trp_getenv *get)
{
    *survey = (struct trp_survey){.bound_by_default = bound_by_default(get)};
    const char *named = get("TROUPE_RESOURCES");
    return read_count(survey, get, "SLURM_CPUS_PER_TASK", &survey->most_cpus) &&
           read_count(survey, get, "SLURM_CPUS_ON_NODE", &survey->node_cpus) &&
           read_teams(survey, get) && read_gpus(survey, get) && read_memory(survey, get) &&
           trp_survey_customs(survey, "TROUPE_RESOURCES", named ? named : "");
}
