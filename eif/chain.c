#include "eif/chain.h"

#include "measure/core/pem.h"

#define BEGIN "-----BEGIN "
#define DASHES "-----"
#define LABEL_MAX 40u

static const struct pem certificate = {"CERTIFICATE", REASON_CERTIFICATE};

size_t eif_chain_next(struct bytes pem, size_t at)
{
	while (at < pem.n && pem.p[at] != 0 && strchr(" \t\r\n", pem.p[at]))
		at++;
	return at;
}

/* Of the block that begins here: "EC PRIVATE KEY"; empty when none begins. */
static struct bytes label_of(struct bytes rest)
{
	const uint8_t *p = rest.p + strlen(BEGIN), *end;

	if (!bytes_start(rest, bytes_str(BEGIN)))
		return bytes_of(NULL, 0);
	end = memmem(p, rest.n - strlen(BEGIN), DASHES, strlen(DASHES));
	if (!end || end - p > LABEL_MAX || memchr(p, '\n', (size_t)(end - p)))
		return bytes_of(NULL, 0);
	return bytes_of(p, (size_t)(end - p));
}

static bool refuse(struct bytes pem, size_t at, struct bytes label, struct err *e)
{
	if (label.n > 0)
		return err_at(e, REASON_CERTIFICATE, at,
			      "a PEM block \"%.*s\" stands behind the certificate, where only "
			      "further certificates may stand",
			      (int)label.n, (const char *)label.p);
	return err_at(e, REASON_CERTIFICATE, at,
		      "a byte %02x stands behind the certificate, where only further certificates "
		      "may stand",
		      pem.p[at]);
}

/* One more block; *at moves behind it. */
static bool block(struct bytes pem, size_t *at, struct err *e)
{
	struct bytes rest = bytes_of(pem.p + *at, pem.n - *at), label = label_of(rest);
	owned(buf_free) struct buf der = BUF(PEM_MAX);
	size_t used;

	if (!bytes_equal(label, bytes_str(certificate.label)))
		return refuse(pem, *at, label, e);
	if (!pem_read(&certificate, rest, &der, &used, e)) {
		e->offset += *at;
		return err_in(e, "behind the first certificate");
	}
	*at += used;
	return true;
}

bool eif_chain_read(struct bytes pem, size_t at, size_t *n, struct err *e)
{
	size_t found = 0;

	while ((at = eif_chain_next(pem, at)) < pem.n) {
		if (!block(pem, &at, e))
			return false;
		found++;
	}
	*n = found;
	return true;
}
