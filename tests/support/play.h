/*
 * How a test of troupe itself is played: its main routine hands a cmocka group to test_play, which
 * lets the driver run it. Under a launcher the ranks are those of the job. Without one the process
 * plays them itself, several times: 1, 2 and 4 ranks as sent, then the same with orders of
 * delivery drawn from seeds. The play that failed is named, and is played again alone by
 *     TROUPE_RANKS=4 TROUPE_SEED=3 tests/mpi/calls.u
 *
 * Assertions are for the driver alone: they jump, and a method must not jump out of its stack.
 */
#ifndef TEST_PLAY_H
#define TEST_PLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "troupe.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* What main returns: 0 if the group passed in every play. `seeds`: how many are tried. */
int test_play(int argc, char **argv, const char *name, const struct CMUnitTest *tests, size_t count,
              uint64_t seeds);

#define TEST_PLAY(argc, argv, tests, seeds)                                                        \
    test_play(argc, argv, argv[0], tests, LENGTH(tests), seeds)

/* The seed of the order of deliveries in this play; 0: as sent. */
uint64_t test_order(void);

/* Played by this process: no launcher. */
bool test_alone(void);

/* The process ends after so many seconds, whatever it waits for. mpirun.sh sees to the others. */
void test_time_limit(unsigned seconds);

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t test_random(uint64_t *state);

/* The call has failed with this status, and its story has this text in it. */
#define expect_failure(future, status, text)                                                       \
    do {                                                                                           \
        __typeof__(*(future).type) value_;                                                         \
        test_failure(troupe_get(future, &value_), status, text, __FILE__, __LINE__);               \
    } while (0)
void test_failure(troupe_status got, int status, const char *text, const char *file, int line);

/* A call ended so: names are printed, not numbers. */
#define expect_status(got, status) test_status(got, status, __FILE__, __LINE__)
void test_status(troupe_status got, int status, const char *file, int line);

#endif
