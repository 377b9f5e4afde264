#include "troupe/status.h"

const char *troupe_status_text(int status)
{
    switch (status) {
#define X(name, number, text)                                                                      \
    case number:                                                                                   \
        return text;
        TROUPE_STATUSES(X)
#undef X
    }
    return "an error of the program's own";
}
