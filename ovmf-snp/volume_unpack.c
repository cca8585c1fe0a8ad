#include "ovmf-snp/volume_unpack.h"

#include "measure/base/cur.h"
#include "measure/core/archive.h"

#define SIZE_AT 5u /* behind properties and size of the dictionary */

bool volume_unpack(struct buf *out, struct bytes packed, uint64_t max, struct err *e)
{
	struct cur c = cur_new(packed, 0, e);
	struct stream_bytes in = stream_bytes(packed);
	const struct unpack_rule rule = {.packing = PACKING_LZMA, .max = max};
	owned(unpack_free) struct unpack *u = NULL;
	uint64_t size;
	uint8_t *to;

	cur_take(&c, SIZE_AT, "LZMA properties");
	size = cur_le64(&c, "size of the unpacked bytes");
	if (!cur_ok(&c))
		return false;
	if (size == UINT64_MAX)
		return err_set(e, REASON_FIRMWARE, "its size is not told");
	if (size > max)
		return err_set(e, REASON_LIMIT, "%llu bytes, and %llu are the limit",
			       (unsigned long long)size, (unsigned long long)max);
	*out = BUF((size_t)size + 1);
	to = buf_room(out, (size_t)size);
	u = buf_done(out, "unpacking", e) ? unpack_new(&in.stream, &rule, e) : NULL;
	return u && stream_take(unpack_stream(u), (struct span){to, (size_t)size}, "LZMA", e) &&
	       stream_drain(unpack_stream(u), e);
}
