/*
 * What a program in a sandbox tries and must not be able to do: each call with how it ended.
 */
#ifndef TESTS_UNIT_SUPPORT_PROBE_H
#define TESTS_UNIT_SUPPORT_PROBE_H

/* A line for each try on standard output, "NAME ERROR" or "NAME done"; 0. */
int probe_all(void);

#endif
