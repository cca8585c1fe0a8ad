/*
 * Files of a root file system by their paths, as a program inside would find them: symbolic links
 * are followed, none leads out. For small files that say how the rest is to be used.
 */
#ifndef MEASURE_GUEST_INSIDE_H
#define MEASURE_GUEST_INSIDE_H

#include "measure/core/rootfs.h"

/*
 * *out NULL when there is none, a folder on the way is none, or links lead nowhere; false only when
 * memory is refused.
 */
must bool inside_find(struct rootfs *r, const char *path, struct tree_node **out, struct err *e);

/* The bytes of a regular file, appended to out; over its ceiling is `limit`. */
must bool inside_read(struct rootfs *r, const struct tree_node *n, struct buf *out, struct err *e);

/* The same by path; nothing at all when there is no regular file. */
must bool inside_text(struct rootfs *r, const char *path, struct buf *out, struct err *e);

/* A new file in a folder, owned by root; the bytes are copied. */
struct inside_file {
	const char *name;
	uint32_t mode; /* without its kind */
	struct bytes text;
};
must bool inside_put(struct rootfs *r, struct tree_node *folder, const struct inside_file *f,
		     struct err *e);

#endif
