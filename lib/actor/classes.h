/*
 * The classes and tasks of the program, by number and by name.
 *
 * Classes and tasks register before main, each from its own .c file; trp_classes_open then numbers
 * them by sorted name, lays out each class's table of methods and finds what was declared but has
 * no body. The numbers are the same on every rank, because every rank is the same program.
 */
#ifndef TRP_CLASSES_H
#define TRP_CLASSES_H

#include <stdbool.h>

#include "troupe/stub.h"
#include "troupe/types.h"

/* False after each fault has been logged. */
bool trp_classes_open(void);
void trp_classes_close(void);

/* How many there are: numbers are from 0. */
uint32_t trp_class_count(void);
uint32_t trp_task_count(void);

/* NULL where there is no such number. */
struct troupe_class *trp_class_by_id(uint32_t id);
const struct troupe_method *trp_task_by_number(uint32_t number);

/* A number that is the same in two programs if their classes and tasks are. */
uint64_t trp_classes_fingerprint(void);

bool trp_class_is_a(const struct troupe_class *class_, const struct troupe_class *base);

/* It is one of the library's own, which users are not shown. */
bool trp_class_is_own(const struct troupe_class *class_);

#endif
