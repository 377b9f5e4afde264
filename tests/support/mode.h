/*
 * A program that does one of many things, as its first arguments say: PROGRAM MODE [NUMBER].
 */
#ifndef TEST_MODE_H
#define TEST_MODE_H

#include <stdbool.h>

extern const char *mode; /* "": none was given */
extern int number;

void mode_open(int argc, char **argv);

/* The mode is this one. */
bool is(const char *name);

/* One write a line: the lines of ranks do not mix. */
void say(const char *what, int value);

/* A setup in which each rank says which process it is, before anything can happen to it. */
int say_process(int argc, char **argv);

#endif
