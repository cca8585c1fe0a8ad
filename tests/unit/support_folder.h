/*
 * A scratch folder of a test: made under TMPDIR or /tmp, gone with all that it holds after
 * folder_free(). Paths are handed out from a small ring: the last eight stay valid.
 */
#ifndef TESTS_UNIT_SUPPORT_FOLDER_H
#define TESTS_UNIT_SUPPORT_FOLDER_H

#include <stddef.h>

struct folder {
	char *path;
	char *file[8];
	unsigned next;
};

void folder_new(struct folder *f);
void folder_free(struct folder *f);

/* PATH/NAME; the same with content written there; how many names the folder holds. */
const char *folder_path(struct folder *f, const char *name);
const char *folder_file(struct folder *f, const char *name, const void *p, size_t n);
size_t folder_count(const struct folder *f);

/* A file's content, malloc'd; NULL when there is none. */
void *folder_read(const char *path, size_t *n);

#endif
