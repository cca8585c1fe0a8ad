/*
 * Files in and out. Reading: a struct file is a regular file read by pread at its own position,
 * or standard input ("-") read as a stream; anything else is refused without blocking on it.
 * Nothing is mapped: a mapped file that shrinks kills the process. Writing: a struct out appears
 * under its name whole and durable, or not at all (O_TMPFILE or a temporary name in the same
 * folder, fsync, rename, fsync of the folder).
 */
#ifndef MEASURE_BASE_FILE_H
#define MEASURE_BASE_FILE_H

#include "measure/base/buf.h"

/* Borrowed memory to be filled. */
struct span {
	uint8_t *p;
	size_t n;
};

/* Who is told how far reading has come; tick may be NULL. */
struct watch {
	void (*tick)(void *arg, uint64_t position);
	void *arg;
};

struct file {
	int fd;
	bool stream; /* not seekable; size unknown until its end */
	uint64_t size; /* at opening; 0 for a stream */
	uint64_t pos; /* of the next file_read */
	const char *name; /* borrowed from the caller; as given, for messages */
	struct watch watch; /* for readers of the whole file; file_open() leaves it empty */
};

#define FILE_NONE ((struct file){.fd = -1})

/* path "-" is standard input. Errors: no-such-file, permission, not-a-file, io. */
must bool file_open(struct file *f, const char *path, struct err *e);
void file_close(struct file *f);

/*
 * As many bytes as `to` holds, fewer only at the end: *got says how many. A regular file that
 * ends before the size it had at opening is file-changed.
 */
must bool file_read(struct file *f, struct span to, size_t *got, struct err *e);

/* The same at an offset, position and size left alone; a stream refuses (not-a-file). */
must bool file_pread(const struct file *f, uint64_t at, struct span to, size_t *got, struct err *e);

/* A small file whole, appended to out; over max bytes is `limit`. path may be "-". */
must bool file_slurp(const char *path, size_t max, struct buf *out, struct err *e);

/*
 * The value of an option that takes text or a file: "@FILE" is the bytes of the file, "@@..." stands for
 * "@...", anything else for itself.
 */
must bool file_value(const char *value, size_t max, struct buf *out, struct err *e);

struct out {
	int fd;
	char *path; /* final name */
	char *folder; /* the folder it is in */
	char *temp; /* temporary name, NULL while the file has no name at all */
};

#define OUT_NONE ((struct out){.fd = -1})

/* A destination that exists and is no regular file is refused (not-a-file). path is copied. */
must bool out_open(struct out *o, const char *path, struct err *e);
must bool out_write(struct out *o, struct bytes x, struct err *e);
must bool out_pwrite(struct out *o, uint64_t at, struct bytes x, struct err *e);

/* Make it durable and visible, replacing what stood there. */
must bool out_commit(struct out *o, struct err *e);

/* Release; without a commit nothing remains of it. */
void out_free(struct out *o);

/* All in one. */
must bool file_write(const char *path, struct bytes x, struct err *e);

#endif
