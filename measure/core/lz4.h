/*
 * What `lz4 -l` packs, the format of kernels: a magic number, then blocks of at most 8 MiB, each
 * behind its packed size. A stream of the unpacked bytes, in memory of one block.
 * Source: lz4, doc/lz4_Block_format.md, doc/lz4_Frame_format.md ("Legacy frame").
 */
#ifndef MEASURE_CORE_LZ4_H
#define MEASURE_CORE_LZ4_H

#include "measure/core/stream.h"

#define LZ4_BLOCK (8u << 20) /* unpacked */

/* Do these first bytes begin such a file? */
bool lz4_is(struct bytes head);

struct stream_lz4 {
	struct stream stream;
	struct stream *in;
	struct buf packed, block;
	size_t given; /* of the block */
	bool begun;
};

/* Four bytes behind the last block are the size that kernels append, and are passed over. */
struct stream_lz4 stream_lz4(struct stream *in);
void stream_lz4_free(struct stream_lz4 *s);

/* One block, appended; compression, limit or truncated when it is none. */
must bool lz4_block(struct bytes packed, struct buf *out, struct err *e);

#endif
