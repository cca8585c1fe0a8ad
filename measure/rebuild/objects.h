/*
 * The store of a build's inputs: a folder in which each file has the name of its SHA-256, so that
 * it does not matter where it came from. DIR/sha256/HEX, mode 0444; nothing gets a name there
 * before its bytes were proved, and it is whole and durable then. Whoever reads proves them once
 * more: a store may lie on a disk that others write to.
 */
#ifndef MEASURE_REBUILD_OBJECTS_H
#define MEASURE_REBUILD_OBJECTS_H

#include "measure/core/store.h"

struct objects {
	int fd; /* of DIR/sha256 */
	char *path; /* DIR */
};

#define OBJECTS_NONE ((struct objects){.fd = -1})

struct object {
	struct digest sha256;
	uint64_t size;
};

/*
 * path NULL: $XDG_CACHE_HOME/measure/store. make: it is made when it is not there; otherwise that
 * is no-such-file. Released by objects_close().
 */
must bool objects_open(struct objects *o, const char *path, bool make, struct err *e);
void objects_close(struct objects *o);

/* Is there a file of that name and size? Says nothing of its bytes. */
bool objects_has(const struct objects *o, const struct object *x);

/* The size of a file of that name, in x; input-missing when there is none. Nothing is proved. */
must bool objects_size(const struct objects *o, struct object *x, const char *what, struct err *e);

/* "DIR/sha256/HEX", appended. */
void objects_path(const struct objects *o, const struct object *x, struct buf *out);

/*
 * Opened and proved, to be read by file_pread(): input-missing when it is not there, input-digest
 * when it is something else. what: the input's name, for messages. Released by store_item_free().
 */
must bool objects_get(const struct objects *o, const struct object *x, const char *what,
		      struct store_item *out, struct err *e);

/*
 * A file with a name on the store's own file system, closed by its writer: proved to be what it has
 * to be, it becomes the object and loses that name; otherwise (input-digest) it stays.
 */
must bool objects_adopt(const struct objects *o, const char *path, const struct object *want,
			struct err *e);

/*
 * Everything that a stream gives; whose size nobody knows, is for the stream to bound. want: what
 * it has to be (input-digest otherwise, after no byte more than that), size too unless that is
 * UINT64_MAX; NULL: whatever it is. One that is there already is proved, and replaced if it is
 * wrong.
 */
must bool objects_put(const struct objects *o, struct stream *in, const struct object *want,
		      struct object *out, struct err *e);

#endif
