/*
 * Arrays that are handed over instead of copied, and kept; and a type of one's own as its bytes.
 */
#include <stdio.h>

#include "troupe.h"

/* From some other library: a plain struct without pointers. */
typedef struct {
    float x, y, z;
} point;
TROUPE_BYTES(point);

TROUPE_CLASS(cloud);
TROUPE_TELL(cloud, put, (TROUPE_SPAN(point), points));
TROUPE_ASK(cloud, lowest, point);

struct cloud_state {
    TROUPE_SPAN(point) points;
};

static void on_put(struct cloud_state *self, TROUPE_SPAN(point) points)
{
    troupe_release(self->points.data); /* those before; NULL at first */
    troupe_keep(points.data);          /* they would go with the call */
    self->points = points;
}

static point on_lowest(struct cloud_state *self)
{
    if (!self->points.count)
        troupe_fail(TROUPE_FAILED, "the cloud is empty");
    point lowest = self->points.data[0];
    for (size_t i = 1; i < self->points.count; i++)
        if (self->points.data[i].z < lowest.z)
            lowest = self->points.data[i];
    return lowest;
}

static void on_destroy(struct cloud_state *self)
{
    troupe_release(self->points.data);
}

TROUPE_IMPLEMENT(cloud, (put, on_put), (lowest, on_lowest), (destroy, on_destroy));

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    enum { COUNT = 100000 };
    point *points = troupe_buffer(COUNT * sizeof *points);
    if (!points)
        troupe_fail(TROUPE_NO_MEMORY, "no memory for the points");
    for (int i = 0; i < COUNT; i++)
        points[i] = (point){1, (float)i, (float)(COUNT - i)};

    cloud c = cloud_new();
    cloud_put(c, (TROUPE_SPAN(point)){troupe_give(points), COUNT});
    point lowest = troupe_await(cloud_lowest(c));
    printf("the lowest is at %g, %g, %g\n", (double)lowest.x, (double)lowest.y, (double)lowest.z);
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
