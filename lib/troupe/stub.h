/*
 * Where the functions that declare.h generates land. Not for calling by hand.
 */
#ifndef TROUPE_STUB_H
#define TROUPE_STUB_H

#include "troupe/types.h"

#ifdef __cplusplus
extern "C" {
#endif

void troupe_stub_tell(struct troupe_ref to, const struct troupe_method *method, const void *args,
                      const struct troupe_options *with);
troupe_future troupe_stub_ask(struct troupe_ref to, const struct troupe_method *method,
                              const void *args, const struct troupe_options *with);
struct troupe_ref troupe_stub_new(const struct troupe_class *class_,
                                  const struct troupe_signature *init, const void *args,
                                  const struct troupe_options *with);
troupe_future troupe_stub_submit(const struct troupe_method *task, const void *args,
                                 const struct troupe_options *with);
troupe_timer troupe_stub_later(struct troupe_ref to, const struct troupe_method *method,
                               const void *args, double after, double every);
void troupe_stub_inside(void *self, const struct troupe_method *method, const void *args,
                        void *result);
void troupe_stub_init(void *self, const struct troupe_class *class_, const void *args);
struct troupe_ref troupe_stub_self(const void *self);
void troupe_stub_abstract(const struct troupe_signature *method);

/* The signatures that the program declares, gathered by the linker in a section of their own. */
typedef const struct troupe_signature *const troupe_declared;
extern troupe_declared __start_troupe_declared[] __attribute__((weak, visibility("hidden")));
extern troupe_declared __stop_troupe_declared[] __attribute__((weak, visibility("hidden")));

void troupe_register_class(struct troupe_class *class_, struct troupe_class *base,
                           troupe_declared *from, troupe_declared *to);
void troupe_register_task(struct troupe_method *task);

#ifdef __cplusplus
}
#endif

#endif
