#include "measure/core/pem.h"

#include <stdio.h>

#include "measure/base/base64.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define LABEL_MAX 40u
#define LINE_MAX_CHARS 76u

struct reader {
	const struct pem *kind;
	struct bytes text;
	size_t pos;
	char first[64], last[64]; /* the lines around the block */
	struct err *e;
};

/* The next line without its end. */
static struct bytes line(struct reader *r)
{
	const uint8_t *p = r->text.p + r->pos, *end = memchr(p, '\n', r->text.n - r->pos);
	size_t n = end ? (size_t)(end - p) : r->text.n - r->pos;

	r->pos += end ? n + 1 : n;
	if (end && n > 0 && p[n - 1] == '\r')
		n--;
	return bytes_of(p, n);
}

static bool begin_wrong(const struct reader *r, struct bytes first)
{
	size_t start = strlen(BEGIN), dashes = strlen(DASHES), n = first.n - start - dashes;

	if (bytes_start(r->text, bytes_str(r->first)))
		return err_at(r->e, r->kind->reason, strlen(r->first),
			      "the BEGIN line goes on behind its dashes");
	if (bytes_start(r->text, bytes_str(BEGIN)) && first.n > start + dashes)
		return err_at(r->e, r->kind->reason, start,
			      "the first PEM block is labelled \"%.*s\" and must be a %s",
			      (int)(n > LABEL_MAX ? LABEL_MAX : n), (const char *)first.p + start,
			      r->kind->label);
	if (r->text.n && memmem(r->text.p, r->text.n, r->first, strlen(r->first)))
		return err_at(r->e, r->kind->reason, 0, "text stands before the line %s", r->first);
	return err_at(r->e, r->kind->reason, 0, "the line %s is missing", r->first);
}

static bool line_wrong(const struct reader *r, struct bytes l, uint64_t at)
{
	if (l.n == 0)
		return err_at(r->e, r->kind->reason, at, "an empty line in the PEM block");
	if (memchr(l.p, ':', l.n))
		return err_at(r->e, r->kind->reason, at, "a header in the PEM block");
	if (l.p[0] == '-')
		return err_at(r->e, r->kind->reason, at, "the PEM block must end with the line %s",
			      r->last);
	return err_at(r->e, r->kind->reason, at,
		      "a line of %zu characters in the PEM block, which may have %u", l.n,
		      LINE_MAX_CHARS);
}

/* The base64 text of all lines up to the last one. */
static bool body(struct reader *r, struct buf *base64)
{
	while (r->pos < r->text.n) {
		size_t at = r->pos;
		struct bytes l = line(r);

		if (bytes_equal(l, bytes_str(r->last)))
			return true;
		if (l.n == 0 || l.n > LINE_MAX_CHARS || l.p[0] == '-' || memchr(l.p, ':', l.n))
			return line_wrong(r, l, at);
		buf_put(base64, l);
	}
	if (r->text.n == PEM_MAX)
		return err_set(r->e, REASON_LIMIT, "the PEM block is over its limit of %u bytes",
			       PEM_MAX);
	return err_at(r->e, r->kind->reason, r->text.n, "the line %s is missing", r->last);
}

bool pem_read(const struct pem *kind, struct bytes text, struct buf *der, size_t *used,
	      struct err *e)
{
	struct reader r = {kind, text, .e = e};
	owned(buf_free) struct buf base64 = BUF(PEM_MAX);
	struct bytes first;
	size_t bad;

	snprintf(r.first, sizeof(r.first), BEGIN "%s" DASHES, kind->label);
	snprintf(r.last, sizeof(r.last), END "%s" DASHES, kind->label);
	if (r.text.n > PEM_MAX)
		r.text.n = PEM_MAX;
	first = r.text.n ? line(&r) : r.text;
	if (!bytes_equal(first, bytes_str(r.first)))
		return begin_wrong(&r, first);
	if (!body(&r, &base64) || !buf_done(&base64, "the PEM block", e))
		return false;
	if (!base64_read(buf_bytes(&base64), der, &bad))
		return err_set(e, kind->reason,
			       "the base64 text of the PEM block is wrong at its character %zu",
			       bad);
	*used = r.pos;
	return buf_done(der, "the PEM block", e);
}
