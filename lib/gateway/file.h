/*
 * The job's file: where other programs of the same person find the job, and the tokens.
 *
 * It stands in $XDG_RUNTIME_DIR/troupe, or ~/.troupe, which nobody else may read, and is gone when
 * the job is, however that ends, unless by SIGKILL; what a killed job has left the next one
 * removes. One a process.
 */
#ifndef TRP_FILE_H
#define TRP_FILE_H

#include <jansson.h>
#include <stdbool.h>

/* What is in it, besides what it finds out itself. Strings of the caller's; NULL: null. */
struct trp_job_entry {
    const char *url, *socket, *token, *read_token, *program;
};

/* Makes the file, empty, and so claims a name for the job; false after it has said why not. */
bool trp_job_file_open(void);

/* The open folder, and a path in it of the job's name with that ending; until the next call. */
int trp_job_file_folder(void);
const char *trp_job_file_path(const char *ending);
/* The same without the folder. */
const char *trp_job_file_name(const char *ending);

bool trp_job_file_write(const struct trp_job_entry *entry);

/* Removes file and socket; may be called again, and from a signal handler. */
void trp_job_file_remove(void);

/* Removes them, and gives back what the ways out of the process were. */
void trp_job_file_close(void);

#endif
