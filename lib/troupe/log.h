/** @file
 * Lines for the person who runs the program.
 */
#ifndef TROUPE_LOG_H
#define TROUPE_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup logging
    @{ */

/** How much is said: TROUPE_LOG=error|warning|info|debug, or troupe_run_options.log. Another value
    of TROUPE_LOG is ignored. */
enum troupe_log_level {
    TROUPE_LOG_DEFAULT, /**< of an option: warning; of a line: it is not written */
    TROUPE_LOG_ERROR,   /**< something does not work */
    TROUPE_LOG_WARNING, /**< something is not as it should be */
    TROUPE_LOG_INFO,    /**< how it goes */
    TROUPE_LOG_DEBUG,   /**< for who looks for a mistake */
};

/**
 * Writes a line on stderr, tagged with the rank (where processes are several), the level, and who
 * says it: "(progress 1:4)", "(task sample_circle)", "(driver)", for other threads "(thread)".
 * Whole lines of different ranks do not mix. A text longer than 3071 bytes is cut. Rank 0 writes
 * the lines of all, and says of one that was said again within five seconds, by the same task or
 * any actor of the class, only how often, and on how many ranks; errors each process writes itself.
 * With TROUPE_LOG_FILE each has a file.
 * @param level one above what is wanted is not written
 * @param format as of printf, with what follows; the end of the line is added
 * @note Threads: any, also while no troupe_run is under way.
 */
__attribute__((format(printf, 2, 3))) void troupe_log(enum troupe_log_level level,
                                                      const char *format, ...);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
