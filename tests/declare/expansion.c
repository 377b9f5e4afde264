/* The lines whose expansion docs/declare.md shows. */
#include "troupe/declare.h"
SHOWN_FROM_HERE
TROUPE_TELL(progress, report, (uint32_t, task_id), (uint64_t, samples_done));
SHOWN_NEXT
TROUPE_IMPLEMENT(progress, (report, on_report));
