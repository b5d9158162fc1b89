/* One line that says what was tried, what the system said and what to do about it.
 *
 * A function that can fail for reasons a user must read takes a struct error, returns -errno, and
 * fills the text at the place that knows most. main prints it after "stepvm: ". */
#ifndef VMM_ERROR_H
#define VMM_ERROR_H

struct error {
    char text[320]; /* terminated; cut at the end if longer */
};

/* Writes the text and returns CODE (a negative errno), so that `return error_set(...)` reads well.
 */
__attribute__((format(printf, 3, 4))) int error_set(struct error *error, int code,
                                                    const char *format, ...);

/* What to do about CODE (an errno, either sign), where the place that failed knows nothing better.
 */
const char *error_remedy(int code);

#endif
