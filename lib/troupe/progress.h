/** @file
 * How far work is, for who watches the program.
 */
#ifndef TROUPE_PROGRESS_H
#define TROUPE_PROGRESS_H

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Says how much of a named job of work is done. Rank 0 gathers it: it is served by the gateway, and
 * drawn as a bar where rank 0's stderr is a terminal. Cheap: what is said of a job within 50 ms of
 * the word before it on this rank is not heard, unless all is done.
 * @param name of the job, the same from whichever rank; 63 bytes of it count
 * @param done so much; less than before: it has begun anew
 * @param total of so much
 * @note Threads: any. While no troupe_run is under way it does nothing.
 */
void troupe_progress(const char *name, double done, double total);

#ifdef __cplusplus
}
#endif

#endif
