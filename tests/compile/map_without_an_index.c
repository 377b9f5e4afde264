/* A task that is run for each index is told which. */
#include "classes.h"

void each(double *means);

void each(double *means)
{
    (void)means;
    troupe_map(measure, 0, 3, means, .times = 1); /* wrong */
}
