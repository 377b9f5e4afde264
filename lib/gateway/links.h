/*
 * Lists of things that are taken out from where they are: a link in the thing, to both neighbours.
 */
#ifndef TRP_LINKS_H
#define TRP_LINKS_H

#include <stdbool.h>
#include <stddef.h>

struct trp_link {
    struct trp_link *previous, *next; /* itself: a link that is in no list, or a list with none */
};

/* The thing that a link of its is in. */
#define TRP_OF_LINK(link, type, member) ((type *)((char *)(link) - offsetof(type, member)))

static inline void trp_link_init(struct trp_link *link)
{
    link->previous = link->next = link;
}

static inline bool trp_link_is_in(const struct trp_link *link)
{
    return link->next != link;
}

static inline void trp_link_take_out(struct trp_link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    trp_link_init(link);
}

/* Takes it out of where it is, and puts it at the end of the list. */
static inline void trp_link_put_last(struct trp_link *list, struct trp_link *link)
{
    trp_link_take_out(link);
    link->previous = list->previous;
    link->next = list;
    list->previous->next = link;
    list->previous = link;
}

#endif
