/*
 * Lines for the person who runs the program.
 */
#ifndef TROUPE_LOG_H
#define TROUPE_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

/** How much is said: TROUPE_LOG=error|warning|info|debug, or troupe_run_options.log. */
enum troupe_log_level {
    TROUPE_LOG_DEFAULT, /**< of an option: warning */
    TROUPE_LOG_ERROR,
    TROUPE_LOG_WARNING,
    TROUPE_LOG_INFO,
    TROUPE_LOG_DEBUG,
};

/**
 * Writes a line on stderr, tagged with the rank, the level, and who says it: "(progress 1:4)",
 * "(task sample_circle)", "(driver)". Whole lines of different ranks do not mix. Any thread.
 */
__attribute__((format(printf, 2, 3))) void troupe_log(enum troupe_log_level level,
                                                      const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif
