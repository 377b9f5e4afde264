/*
 * What is asked for: read, compared with what there is, and said in words. See resources.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schedule/resources.h"

/* ---- in words -------------------------------------------------------------------------------- */

static int say_bytes(uint64_t bytes, char *text, size_t size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1024;
    return snprintf(text, size, "%.4g %s of memory", value, units[unit]);
}

static int say(const struct trp_resources *r, int kind, uint64_t amount, char *text, size_t size)
{
    double gpus = (double)amount / TRP_WHOLE;
    if (kind == TRP_CPUS)
        return snprintf(text, size, "%llu CPU%s", (unsigned long long)amount,
                        amount == 1 ? "" : "s");
    if (kind == TRP_GPUS)
        return snprintf(text, size, "%.4g GPU%s", gpus, amount == TRP_WHOLE ? "" : "s");
    if (kind == TRP_MEMORY)
        return say_bytes(amount, text, size);
    return snprintf(text, size, "%s:%llu", r->names[kind], (unsigned long long)amount);
}

const char *trp_amounts_text(const struct trp_resources *r, const uint64_t *of, char *text,
                             size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (int kind = 0; kind < r->kinds && used < size; kind++) {
        if (!of[kind])
            continue;
        if (used)
            used += (size_t)snprintf(text + used, size - used, ", ");
        if (used < size)
            used += (size_t)say(r, kind, of[kind], text + used, size - used);
    }
    if (!used)
        snprintf(text, size, "nothing");
    return text;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A fraction of one GPU, or whole ones. */
static bool read_gpus(double gpus, uint64_t *amount, char *story, size_t size)
{
    double parts = round(gpus * TRP_WHOLE);
    bool good = gpus > 0 && gpus <= TRP_GPUS_MAX && parts >= 1 &&
                (parts <= TRP_WHOLE || fmod(parts, TRP_WHOLE) == 0);
    if (good)
        *amount = (uint64_t)parts;
    else
        snprintf(story, size, "%g GPUs: it must be a fraction of one, or a whole number up to %d",
                 gpus, TRP_GPUS_MAX);
    return good;
}

static void unknown(const struct trp_resources *r, const char *name, char *story, size_t size)
{
    int used = snprintf(story, size, "'%s': no rank of this job has any; ", name);
    if (r->kinds == TRP_CUSTOM)
        snprintf(story + used, size - (size_t)used,
                 "nothing has been named, see TROUPE_RESOURCES");
    else
        used += snprintf(story + used, size - (size_t)used, "there is");
    for (int kind = TRP_CUSTOM; kind < r->kinds && (size_t)used < size; kind++)
        used += snprintf(story + used, size - (size_t)used, "%s %s", kind > TRP_CUSTOM ? "," : "",
                         r->names[kind]);
}

static bool read_customs(const struct trp_resources *r, const char *text,
                         struct trp_amounts *request, char *story, size_t size)
{
    struct trp_survey read = {.customs = 0};
    if (!trp_survey_customs(&read, ".resources", text)) {
        snprintf(story, size, "%s", read.error);
        return false;
    }
    for (int i = 0; i < read.customs; i++) {
        const struct trp_custom *c = &read.custom[i];
        int kind = trp_kind_by_name(r, c->name);
        if (c->scope != TRP_SCOPE_RANK) {
            snprintf(story, size, ".resources=%s: node: and job: are of TROUPE_RESOURCES", text);
            return false;
        }
        if (kind < 0) {
            unknown(r, c->name, story, size);
            return false;
        }
        request->of[kind] = c->amount;
    }
    return true;
}

bool trp_request_read(const struct trp_resources *r, const struct troupe_needs *needs,
                      struct trp_amounts *request, char *story, size_t size)
{
    *request = (struct trp_amounts){{0}};
    if (needs->cpus < 0) {
        snprintf(story, size, "%d CPUs: there cannot be fewer than none", needs->cpus);
        return false;
    }
    request->of[TRP_CPUS] = (uint64_t)needs->cpus;
    request->of[TRP_MEMORY] = needs->memory;
    if ((needs->gpus < 0 || needs->gpus > 0 || isnan(needs->gpus)) &&
        !read_gpus(needs->gpus, &request->of[TRP_GPUS], story, size))
        return false;
    return !needs->resources || read_customs(r, needs->resources, request, story, size);
}

bool trp_request_holds(const struct trp_amounts *request)
{
    uint64_t any = 0;
    for (int kind = TRP_GPUS; kind < TRP_KINDS; kind++)
        any |= request->of[kind];
    return any;
}

/* ---- refusing -------------------------------------------------------------------------------- */

/* How many kinds a rank has too little of; *first is the first of them. */
static int lacks(const struct trp_resources *r, int rank, const struct trp_amounts *request,
                 int *first)
{
    int lacking = 0;
    for (int kind = r->kinds - 1; kind >= 0; kind--)
        if (request->of[kind] > trp_rank_has(r, rank, kind)) {
            lacking++;
            *first = kind;
        }
    return lacking;
}

bool trp_rank_could_with(const struct trp_resources *r, int rank, const struct trp_amounts *request,
                         const struct trp_amounts *beside)
{
    for (int kind = 0; kind < r->kinds; kind++)
        if (request->of[kind] + beside->of[kind] > trp_rank_has(r, rank, kind))
            return false;
    return true;
}

bool trp_rank_could(const struct trp_resources *r, int rank, const struct trp_amounts *request)
{
    int first;
    return lacks(r, rank, request, &first) == 0;
}

/* The rank that lacks the fewest kinds, and of those the one with the most of what it lacks. */
static int largest(const struct trp_resources *r, const struct trp_amounts *request)
{
    int best = 0, fewest = r->kinds + 1, lacked = 0;
    for (int rank = 0; rank < r->ranks; rank++) {
        int first = 0, lacking = lacks(r, rank, request, &first);
        bool more = lacking == fewest && first == lacked &&
                    trp_rank_has(r, rank, first) > trp_rank_has(r, best, first);
        if (lacking < fewest || more) {
            best = rank;
            fewest = lacking;
            lacked = first;
        }
    }
    return best;
}

void trp_request_refusal(const struct trp_resources *r, const char *who, const char *whose,
                         const struct trp_amounts *request, char *story, size_t size)
{
    char asked[TRP_AMOUNTS_SIZE], there[TRP_AMOUNTS_SIZE];
    int best = largest(r, request);
    trp_amounts_text(r, request->of, asked, sizeof asked);
    trp_amounts_text(r, r->has + (size_t)best * (size_t)r->kinds, there, sizeof there);
    snprintf(story, size, "%s asks for %s, which %s: the largest place, rank %d, has %s", whose,
             asked, who, best, there);
}

/* ---- on its way ------------------------------------------------------------------------------ */

static const struct troupe_type words = {.name = "request",
                                         .kind = TROUPE_KIND_BYTES,
                                         .flat = true,
                                         .size = sizeof(struct trp_wants)};

const struct troupe_type *trp_asking_type(struct trp_asking *asking,
                                          const struct troupe_type *args)
{
    size_t offset = trp_asking_offset(args);
    asking->fields[0] = (struct troupe_field){"arguments", args, 0, 0};
    asking->fields[1] = (struct troupe_field){"request", &words, (uint32_t)offset, 0};
    asking->type = (struct troupe_type){.name = "arguments and a request",
                                        .kind = TROUPE_KIND_STRUCT,
                                        .flat = args->flat,
                                        .size = (uint32_t)(offset + sizeof(struct trp_wants)),
                                        .count = 2,
                                        .fields = asking->fields};
    return &asking->type;
}
