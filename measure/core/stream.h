/*
 * Bytes that come one behind the other, from a range of a file, out of a decompressor, through a
 * digest: what readers of archives stand upon, so that they know nothing of where bytes come from.
 * A stream is the first member of whatever makes it and borrows what it reads from.
 */
#ifndef MEASURE_CORE_STREAM_H
#define MEASURE_CORE_STREAM_H

#include "measure/base/file.h"
#include "measure/core/hash.h"

struct stream {
	/* As many bytes as there are, at least one unless the end is reached; *got: how many. */
	bool (*read)(struct stream *s, struct span to, size_t *got, struct err *e);
	uint64_t pos; /* bytes given so far; kept by stream_read() */
};

/* As many bytes as `to` holds, fewer only at the end. */
must bool stream_read(struct stream *s, struct span to, size_t *got, struct err *e);

/*
 * Exactly n bytes (truncated otherwise, naming `what`): into dest, or passed over, without reading
 * them where the stream is a file that can be sought in.
 */
must bool stream_take(struct stream *s, struct span to, const char *what, struct err *e);
must bool stream_skip(struct stream *s, uint64_t n, const char *what, struct err *e);

/* Everything up to the end, read for the sake of what stands below (digests, end checks). */
must bool stream_drain(struct stream *s, struct err *e);

/* The SHA-256 of everything up to the end. */
must bool stream_digest(struct stream *s, struct digest *out, struct err *e);

/* The same of a file by its path, "-" too; the watch is told how far it has come. */
must bool stream_digest_path(const char *path, struct watch watch, struct digest *out,
			     struct err *e);

/* A range of a seekable file, by pread. */
struct stream_range {
	struct stream stream;
	const struct file *file;
	uint64_t at, end;
};
struct stream_range stream_range(const struct file *f, uint64_t at, uint64_t size);

/* Bytes in memory. */
struct stream_bytes {
	struct stream stream;
	struct bytes left;
};
struct stream_bytes stream_bytes(struct bytes x);

/* A file from its position to its end; also standard input. */
struct stream_file {
	struct stream stream;
	struct file *file;
};
struct stream_file stream_file(struct file *f);

/* What passes through goes into the digest as well. */
struct stream_hashed {
	struct stream stream;
	struct stream *in;
	struct hash *hash;
};
struct stream_hashed stream_hashed(struct stream *in, struct hash *h);

#endif
