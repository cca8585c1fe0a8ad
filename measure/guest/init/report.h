/*
 * What the init says on the console, which is the only place where anybody can read it. Each line
 * begins with "init: ". Errors are the negative numbers that system calls give.
 */
#ifndef MEASURE_GUEST_INIT_REPORT_H
#define MEASURE_GUEST_INIT_REPORT_H

/* "init: WHAT WHICH", or "init: WHAT" where `which` is NULL. */
void report(const char *what, const char *which);

/* The same with ": ENOENT" behind it. */
void report_error(const char *what, const char *which, long error);

/* How the machine ends, by reboot(2): the format's own. */
extern const unsigned report_end_command;

/* The same of a failure that leaves nothing to do but to end the machine. */
_Noreturn void report_last(const char *what, const char *which, long error);

/* End the machine. */
_Noreturn void report_end(void);

#endif
