#include "measure/core/remark_format.h"

#define VALUE_MAX 4096u

void remark(const struct remarks *r, const struct difference *x)
{
	r->f->count[x->cause]++;
	if (r->listed)
		differences_field(r->f, x);
}

/* NULL where there is none; a lack of memory sticks in what the caller asks at the end. */
static const char *shown(const struct remarks *r, struct buf *text, struct bytes x)
{
	const char *s;

	buf_put(text, x);
	s = buf_cstr(text);
	if (text->failed != REASON_NONE)
		buf_fail(r->f->text, text->failed);
	return x.n > 0 ? s : NULL;
}

void remark_values(const struct remarks *r, const char *name, struct bytes a, struct bytes b,
		   enum cause cause)
{
	owned(buf_free) struct buf first = BUF(VALUE_MAX), second = BUF(VALUE_MAX);

	if (bytes_equal(a, b))
		return;
	remark(r, &(struct difference){.name = name,
				       .first = shown(r, &first, a),
				       .second = shown(r, &second, b),
				       .cause = cause});
}

static const struct remark_format *const formats[] = {&remark_kernel, &remark_root};

bool remarks_tell(const struct extent x[2], const struct remarks *r, struct err *e)
{
	uint8_t raw[2][REMARK_HEAD];
	struct bytes head[2];

	for (unsigned s = 0; s < 2; s++) {
		head[s].p = raw[s];
		if (!extent_read(&x[s], 0, (struct span){raw[s], REMARK_HEAD}, &head[s].n, e))
			return false;
	}
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (formats[i]->is(head[0]) && formats[i]->is(head[1]))
			return formats[i]->tell(x, r, e);
	return true;
}
