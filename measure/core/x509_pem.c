#include "measure/core/x509_pem.h"

#include "measure/base/base64.h"

#define BEGIN "-----BEGIN "
#define DASHES "-----"
#define FIRST_LINE "-----BEGIN CERTIFICATE-----"
#define LAST_LINE "-----END CERTIFICATE-----"
#define LINE_MAX_CHARS 76u

/* The next line without its end; *pos moves behind it. */
static struct bytes line(struct bytes text, size_t *pos)
{
	const uint8_t *p = text.p + *pos, *end = memchr(p, '\n', text.n - *pos);
	size_t n = end ? (size_t)(end - p) : text.n - *pos;

	*pos += end ? n + 1 : n;
	if (end && n > 0 && p[n - 1] == '\r')
		n--;
	return bytes_of(p, n);
}

static bool begin_wrong(struct bytes text, struct bytes first, struct err *e)
{
	size_t start = strlen(BEGIN), end = strlen(DASHES);

	if (bytes_start(text, bytes_str(FIRST_LINE)))
		return err_at(e, REASON_CERTIFICATE, strlen(FIRST_LINE),
			      "the BEGIN line goes on behind its dashes");
	if (bytes_start(text, bytes_str(BEGIN)) && first.n > start + end)
		return err_at(e, REASON_CERTIFICATE, start,
			      "the first PEM block is labelled \"%.*s\" and must be a CERTIFICATE",
			      (int)(first.n - start - end > 40 ? 40 : first.n - start - end),
			      (const char *)first.p + start);
	if (text.n && memmem(text.p, text.n, FIRST_LINE, strlen(FIRST_LINE)))
		return err_at(e, REASON_CERTIFICATE, 0, "text stands before the line " FIRST_LINE);
	return err_at(e, REASON_CERTIFICATE, 0, "the line " FIRST_LINE " is missing");
}

static bool line_wrong(struct bytes l, uint64_t at, struct err *e)
{
	if (l.n == 0)
		return err_at(e, REASON_CERTIFICATE, at, "an empty line in the PEM block");
	if (memchr(l.p, ':', l.n))
		return err_at(e, REASON_CERTIFICATE, at, "a header in the PEM block");
	if (l.p[0] == '-')
		return err_at(e, REASON_CERTIFICATE, at,
			      "the PEM block must end with the line " LAST_LINE);
	return err_at(e, REASON_CERTIFICATE, at,
		      "a line of %zu characters in the PEM block, which "
		      "may have %u",
		      l.n, LINE_MAX_CHARS);
}

/* The base64 text of all lines up to the last one. */
static bool body(struct bytes text, size_t *pos, struct buf *base64, struct err *e)
{
	struct bytes last = bytes_str(LAST_LINE);

	while (*pos < text.n) {
		size_t at = *pos;
		struct bytes l = line(text, pos);

		if (bytes_equal(l, last))
			return true;
		if (l.n == 0 || l.n > LINE_MAX_CHARS || l.p[0] == '-' || memchr(l.p, ':', l.n))
			return line_wrong(l, at, e);
		buf_put(base64, l);
	}
	if (text.n == X509_PEM_MAX)
		return err_set(e, REASON_LIMIT, "the PEM block is over its limit of %u bytes",
			       X509_PEM_MAX);
	return err_at(e, REASON_CERTIFICATE, text.n, "the line " LAST_LINE " is missing");
}

bool x509_pem_read(struct bytes text, struct buf *der, size_t *used, struct err *e)
{
	owned(buf_free) struct buf base64 = BUF(X509_PEM_MAX);
	struct bytes first;
	size_t pos = 0, bad;

	if (text.n > X509_PEM_MAX)
		text.n = X509_PEM_MAX;
	first = text.n ? line(text, &pos) : text;
	if (!bytes_equal(first, bytes_str(FIRST_LINE)))
		return begin_wrong(text, first, e);
	if (!body(text, &pos, &base64, e) || !buf_done(&base64, "the PEM block", e))
		return false;
	if (!base64_read(buf_bytes(&base64), der, &bad))
		return err_set(e, REASON_CERTIFICATE,
			       "the base64 text of the PEM block is wrong at its "
			       "character %zu",
			       bad);
	*used = pos;
	return buf_done(der, "the certificate", e);
}
