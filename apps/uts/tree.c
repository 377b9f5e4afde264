#include "tree.h"

#include <math.h>
#include <string.h>

#include <openssl/evp.h>

#define CHILDREN_MAX 100 /* of a node that is not the root of a binomial tree */

struct uts_hash {
    EVP_MD *sha1;
    EVP_MD_CTX *context;
};

static const struct {
    const char *name;
    uts_tree tree;
} published[] = {
    {"T1", {.geometric = true, .branching = 4, .depth = 10, .seed = 19}},
    {"T1L", {.geometric = true, .branching = 4, .depth = 13, .seed = 29}},
    {"T3", {.branching = 2000, .chance = 0.124875, .children = 8, .seed = 42}},
};

const char uts_names[] = "T1, T1L, T3";

const uts_tree *uts_tree_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        if (strcmp(published[i].name, name) == 0)
            return &published[i].tree;
    return NULL;
}

/* ---- digests --------------------------------------------------------------------------------- */

static void close_hash(void *p)
{
    struct uts_hash *hash = p;
    EVP_MD_CTX_free(hash->context);
    EVP_MD_free(hash->sha1);
}

struct uts_hash *uts_hash_open(void)
{
    struct uts_hash *hash = troupe_alloc(sizeof *hash);
    troupe_defer(close_hash, hash);
    hash->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    hash->context = EVP_MD_CTX_new();
    if (!hash->sha1 || !hash->context)
        troupe_fail(TROUPE_FAILED, "OpenSSL has no SHA-1 here, or no memory for it");
    return hash;
}

static void digest(struct uts_hash *hash, const uint8_t *bytes, size_t size, uint8_t *state)
{
    if (!EVP_DigestInit_ex2(hash->context, hash->sha1, NULL) ||
        !EVP_DigestUpdate(hash->context, bytes, size) ||
        !EVP_DigestFinal_ex(hash->context, state, NULL))
        troupe_fail(TROUPE_FAILED, "OpenSSL could not make a SHA-1 digest");
}

static void put_number(uint8_t *bytes, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* The last four bytes, without the sign, as a fraction. */
static double fraction_of(const uts_node *node)
{
    uint32_t n = 0;
    for (int i = UTS_STATE - 4; i < UTS_STATE; i++)
        n = n << 8 | node->state[i];
    return (n & 0x7fffffff) / 2147483648.0;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

void uts_root(struct uts_hash *hash, const uts_tree *tree, uts_node *root)
{
    uint8_t bytes[UTS_STATE] = {0};
    put_number(bytes + UTS_STATE - 4, tree->seed);
    digest(hash, bytes, sizeof bytes, root->state);
    root->depth = 0;
}

static uint32_t geometric_children(const uts_tree *tree, const uts_node *node)
{
    if (node->depth >= tree->depth)
        return 0;
    double p = 1 / (1 + tree->branching);
    double children = floor(log(1 - fraction_of(node)) / log(1 - p));
    return children < CHILDREN_MAX ? (uint32_t)children : CHILDREN_MAX;
}

static uint32_t binomial_children(const uts_tree *tree, const uts_node *node)
{
    if (node->depth == 0)
        return (uint32_t)tree->branching;
    return fraction_of(node) < tree->chance ? tree->children : 0;
}

uint32_t uts_children(const uts_tree *tree, const uts_node *node)
{
    return tree->geometric ? geometric_children(tree, node) : binomial_children(tree, node);
}

void uts_child(struct uts_hash *hash, const uts_node *parent, uint32_t number, uts_node *child)
{
    uint8_t bytes[UTS_STATE + 4];
    memcpy(bytes, parent->state, UTS_STATE);
    put_number(bytes + UTS_STATE, number);
    digest(hash, bytes, sizeof bytes, child->state);
    child->depth = parent->depth + 1;
}
