/*
 * A case in a process of its own, and what it says.
 */
#ifndef TEST_PROCESS_H
#define TEST_PROCESS_H

/* What the last one wrote to stderr, as much of it as there is room for. */
extern char said[512 * 1024];

/* Runs it in a process that has the default handlers of signals, leaves no core file, and exits
   with 0 when it returns. Returns how it ended, as waitpid does. */
int test_in_a_process(void (*run)(void));

/* The text is in `said`. */
void test_said(const char *text);

#endif
