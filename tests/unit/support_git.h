/*
 * Repositories as the git program writes them, in a scratch folder, under settings that are the
 * same on every machine. A test asks git_here() first, and skips without it.
 */
#ifndef TESTS_UNIT_SUPPORT_GIT_H
#define TESTS_UNIT_SUPPORT_GIT_H

#include <stdbool.h>

#include "tests/unit/support_folder.h"

#define GIT_TIME 1700000000 /* of every commit: 2023-11-14T22:13:20Z */

bool git_here(void);

/* A shell script in the folder, which must succeed. */
void git_run(struct folder *f, const char *script);

/* The same; the first line that it prints, malloc'd. */
char *git_line(struct folder *f, const char *script);

#endif
