/*
 * Files in and out. Reading: a struct file is a regular file read by pread at its own position,
 * or standard input ("-") read as a stream; anything else is refused without blocking on it.
 * Nothing is mapped: a mapped file that shrinks kills the process. Writing: a struct out appears
 * under its name whole and durable, or not at all (O_TMPFILE or a temporary name in the same
 * folder, fsync, rename, fsync of the folder).
 */
#ifndef MEASURE_BASE_FILE_H
#define MEASURE_BASE_FILE_H

#include <sys/stat.h>

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
	struct timespec changed; /* when it last was, at opening; 0: nobody else can */
	const char *name; /* borrowed from the caller; as given, for messages */
	struct watch watch; /* for readers of the whole file; file_open() leaves it empty */
};

/* "a directory", "a pipe", ...: what a file that is no regular one is. */
const char *file_kind(mode_t mode);

#define FILE_NONE ((struct file){.fd = -1})

/* path "-": standard input, as a stream. Errors: no-such-file, permission, not-a-file, io. */
must bool file_open(struct file *f, const char *path, struct err *e);
void file_close(struct file *f);

/*
 * As many bytes as `to` holds, fewer only at the end: *got says how many. A regular file that
 * ends before the size it had at opening is file-changed.
 */
must bool file_read(struct file *f, struct span to, size_t *got, struct err *e);

/*
 * The same at an offset, position and size left alone, but that a file which ends early is for the
 * caller to notice; a stream refuses (not-a-file).
 */
must bool file_pread(const struct file *f, uint64_t at, struct span to, size_t *got, struct err *e);

/* What is remembered of a regular file that was opened, by file_open() or by others: size, time. */
void file_remember(struct file *f, const struct stat *st);

/* Is what was read of a regular file that of the moment at which it was opened? file-changed. */
must bool file_unchanged(const struct file *f, struct err *e);

/* A small file whole, appended to out; over max bytes is `limit`. path may be "-". */
must bool file_slurp(const char *path, size_t max, struct buf *out, struct err *e);

/*
 * The value of an option that takes text or a file: "@FILE" is the bytes of the file, "@@..."
 * stands for "@...", anything else for itself. "@" alone is a usage error.
 */
must bool file_value(const char *value, size_t max, struct buf *out, struct err *e);

struct out {
	int fd;
	int folder; /* the folder it is in, opened once */
	char *path; /* as given, for messages */
	char *name; /* in the folder; of the file itself where the path ends in a symbolic link */
	char *temp; /* temporary name there, NULL while the file has no name at all */
	uint64_t written, sent; /* by out_write(); and of that, on its way to the disk */
};

#define OUT_NONE ((struct out){.fd = -1, .folder = -1})

/* Could that be a file's name? Refused (usage): nothing at all, "-", a name ending in a slash. */
must bool out_named(const char *path, struct err *e);

/* The same, and refused (usage) when both are one file, which would be its own input's end. */
must bool out_distinct(const char *out, const char *in, struct err *e);

/* Refused (usage): a file that would lie in that folder, or below it, which is read as a whole. */
must bool out_outside(const char *out, const char *folder, struct err *e);

/*
 * A file that stands there already is going to be replaced: it must be regular (not-a-file) and
 * writable (permission); the new one gets its mode, and its owner where the caller may give that.
 * A symbolic link stays, and the file it leads to is replaced. path is copied.
 */
must bool out_open(struct out *o, const char *path, struct err *e);

/* The same under a name that is ours, in a folder where others may have left links: refused. */
must bool out_open_ours(struct out *o, const char *path, struct err *e);
must bool out_write(struct out *o, struct bytes x, struct err *e);
must bool out_pwrite(struct out *o, uint64_t at, struct bytes x, struct err *e);

/* Another name in the same folder: of a file whose name follows from its bytes. */
must bool out_rename(struct out *o, const char *name, struct err *e);

/* Make it durable and visible, replacing what stood there. */
must bool out_commit(struct out *o, struct err *e);

/* The same without its folder: the name is durable with the next one that is committed there. */
must bool out_precede(struct out *o, struct err *e);

/* For what can be made again: whole as long as the machine runs, and not waited for. */
must bool out_leave(struct out *o, struct err *e);

/* Release; without a commit nothing remains of it. */
void out_free(struct out *o);

/* All in one. */
must bool file_write(const char *path, struct bytes x, struct err *e);

/* All bytes to a descriptor, which blocks; false with errno. */
must bool file_put(int fd, struct bytes x);

#endif
