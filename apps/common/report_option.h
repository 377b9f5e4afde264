/*
 * The one option that is wanted before the ranks begin: --report FILE.
 */
#ifndef REPORT_OPTION_H
#define REPORT_OPTION_H

/* How getopt_long is to know it, so that it says when its value is missing. */
#define REPORT_OPTION {"report", required_argument, NULL, '?'}

/* The file, or NULL; and takes the option off the command line. */
const char *report_option(int *argc, char **argv);

#endif
