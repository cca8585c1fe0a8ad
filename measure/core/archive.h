/*
 * Decompression and compression of whole streams, by the libraries that define the formats (zlib,
 * libzstd, liblzma), each loaded when it is first needed. A compressed stream is exactly what its
 * format says, checksums included: bytes behind its end, and unless `members` allows it a second
 * member or frame, are refused.
 */
#ifndef MEASURE_CORE_ARCHIVE_H
#define MEASURE_CORE_ARCHIVE_H

#include "measure/core/stream.h"

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD, PACKING_XZ, PACKING_LZMA };

/* By the first bytes (6 are enough). */
enum packing archive_packing(struct bytes head);
const char *archive_packing_name(enum packing p); /* "gzip"; "none" */

/* Who does it, loaded to be asked: "zlib", and its version or NULL when it cannot be loaded. */
#define ARCHIVE_VERSION_ROOM 64
const char *archive_library(enum packing p);
const char *archive_library_version(enum packing p, char room[ARCHIVE_VERSION_ROOM]);

struct unpack_rule {
	enum packing packing;
	bool members; /* several members or frames, one behind the other, are one stream */
	bool rest; /* the stream ends with its first member; what is behind is left alone */
	uint64_t max; /* bytes unpacked; more is `limit`, with the limit in the message */
};

struct unpack;

/* A stream of the unpacked bytes of `in`, which is read to its end. Released by unpack_free(). */
must struct unpack *unpack_new(struct stream *in, const struct unpack_rule *rule, struct err *e);
struct stream *unpack_stream(struct unpack *u);
void unpack_free(struct unpack **u);

/* How many bytes of `in` were unpacked so far; more than those may have been read. */
uint64_t unpack_used(const struct unpack *u);

/* Was it the rule's max that stopped it? */
bool unpack_over(const struct unpack *u);

/* All of what bytes in memory unpack to, appended. */
must bool unpack_bytes(struct bytes packed, const struct unpack_rule *rule, struct buf *out,
		       struct err *e);

/* Packing: bytes go in, what comes out goes to the sink. No time, no name, one thread. */
struct pack_sink {
	bool (*put)(void *arg, struct bytes x, struct err *e);
	void *arg;
};
struct pack;
must struct pack *pack_new(enum packing p, const struct pack_sink *to, struct err *e);
must bool pack_add(struct pack *p, struct bytes x, struct err *e);
must bool pack_end(struct pack *p, struct err *e);
void pack_free(struct pack **p);

/* Library and version whose bytes come out: "zlib 1.2.13"; NULL when it cannot be loaded. */
#define PACK_LIBRARY_ROOM 80
const char *pack_library(enum packing p, char room[PACK_LIBRARY_ROOM]);

#endif
