/*
 * Which names may stand in a tree of git: those that every file system takes for themselves, and
 * none of them for the folder of a repository. Letters in two cases are compared where they are
 * ASCII; other alphabets are not folded, and no character is composed or decomposed.
 */
#ifndef MEASURE_REBUILD_SOURCE_NAME_H
#define MEASURE_REBUILD_SOURCE_NAME_H

#include "measure/base/bytes.h"
#include "measure/base/err.h"

/*
 * Refused (source): what cannot be a name, control characters, and .git as file systems of
 * Windows, macOS and Linux may spell it, also behind a backslash; of symbolic links .gitmodules
 * likewise.
 */
must bool source_name_check(struct bytes name, bool link, struct err *e);

/* As bytes_order(), A as a. */
int source_name_fold(struct bytes a, struct bytes b);

#endif
