/*
 * The declarations that the programs in this folder get wrong.
 */
#ifndef CLASSES_H
#define CLASSES_H

#include "troupe.h"

typedef struct {
    double x, y;
} plain_pair; /* not declared to troupe */

TROUPE_STRUCT(reading, (troupe_str, name), (double, value), (TROUPE_ARRAY(char, 16), unit));

TROUPE_CLASS(sensor, (uint64_t, number));
TROUPE_TELL(sensor, store, (uint32_t, at), (double, value), (troupe_str, unit));
TROUPE_ASK(sensor, mean, double);
TROUPE_ASK(sensor, all, TROUPE_SPAN(reading));
TROUPE_ASK(sensor, settle, void);

TROUPE_EXTENDS(thermometer, sensor);
TROUPE_OVERRIDE_ASK(thermometer, sensor, mean, double);
TROUPE_TELL(thermometer, calibrate, (double, offset));

TROUPE_CLASS(other);
TROUPE_TELL(other, poke);

TROUPE_TASK(measure, double, (sensor, from), (uint32_t, times));

struct sensor_state {
    double sum;
};

struct thermometer_state {
    struct sensor_state base;
    double offset;
};

#endif
