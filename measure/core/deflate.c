#include "measure/core/deflate.h"

#include <libdeflate.h>
#include <stdlib.h>

#define LEVEL 6

struct deflate {
	struct libdeflate_compressor *compressor;
};

void deflate_free(struct deflate **d)
{
	if (!*d)
		return;
	if ((*d)->compressor)
		libdeflate_free_compressor((*d)->compressor);
	free(*d);
	*d = NULL;
}

struct deflate *deflate_new(struct err *e)
{
	owned(deflate_free) struct deflate *d = own_new(sizeof(*d), e);

	if (!d)
		return NULL;
	d->compressor = libdeflate_alloc_compressor(LEVEL);
	if (!d->compressor) {
		err_set(e, REASON_OUT_OF_MEMORY, "no room to compress in");
		return NULL;
	}
	return take(d);
}

bool deflate_zlib(struct deflate *d, struct bytes x, struct buf *out, struct err *e)
{
	size_t room = libdeflate_zlib_compress_bound(d->compressor, x.n), n;
	uint8_t *to = buf_room(out, room);

	if (!to)
		return buf_done(out, "what is compressed", e);
	n = libdeflate_zlib_compress(d->compressor, x.p, x.n, to, room);
	if (n == 0)
		return err_set(e, REASON_LIBRARY, "libdeflate compresses nothing");
	out->n -= room - n;
	return true;
}
