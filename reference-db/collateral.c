#include "reference-db/collateral.h"

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/base/when.h"
#include "measure/core/hash.h"
#include "measure/core/x509_crl.h"
#include "measure/core/x509_field.h"
#include "measure/core/x509_list.h"

static bool check_list(struct bytes in, struct err *e)
{
	owned(x509_crl_free) struct x509_crl *list = NULL;

	return x509_crl_read(&list, in, e) &&
	       (bytes_equal(x509_crl_der(list), in) ||
		err_set(e, REASON_BUNDLE, "the revocation list is in PEM and must be in DER"));
}

static bool check_certificate(struct bytes in, struct err *e)
{
	owned(x509_free) struct x509 *x = NULL;

	return x509_read_der(&x, in, e);
}

bool collateral_check(const struct bundle_set *s, size_t i, struct err *e)
{
	const struct bundle_member *m = &s->member[i];
	struct err fault = {0};

	if (m->type == BUNDLE_CRL ? check_list(m->bytes, &fault)
				  : check_certificate(m->bytes, &fault))
		return true;
	return err_at(e, fault.reason, m->at, "collateral/%03zu: %s", i, fault.text);
}

bool collateral_add(struct bundle_set *s, const struct bundle_member *m, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		if (bytes_equal(s->member[i].bytes, m->bytes))
			return true;
	if (m->bytes.n > BUNDLE_COLLATERAL_MAX)
		return err_set(e, REASON_LIMIT, "%zu bytes are over the limit of %u for collateral",
			       m->bytes.n, BUNDLE_COLLATERAL_MAX);
	if (s->n == BUNDLE_COLLATERAL)
		return err_set(e, REASON_LIMIT, "more than %u certificates and revocation lists",
			       BUNDLE_COLLATERAL);
	s->member[s->n++] = *m;
	return true;
}

/* ---- from files */

static bool read_list(struct bundle_set *s, const struct x509_crl *list, struct buf *der,
		      struct err *e)
{
	struct bundle_member m = {.type = BUNDLE_CRL};

	buf_put(der, x509_crl_der(list));
	m.bytes = buf_bytes(der);
	return buf_done(der, "the collateral", e) && collateral_add(s, &m, e);
}

/* der grows, and moves, until the last of them. */
static bool read_certificates(struct bundle_set *s, struct bytes file, struct buf *der,
			      struct err *e)
{
	owned(x509_list_free) struct x509_list list = {0};
	struct bundle_member m = {.type = BUNDLE_CERTIFICATE};
	size_t at = 0;

	if (!x509_list_add(&list, file, e))
		return false;
	for (size_t i = 0; i < list.n; i++)
		buf_put(der, x509_der(list.x[i]));
	if (!buf_done(der, "the collateral", e))
		return false;
	for (size_t i = 0; i < list.n; i++, at += m.bytes.n) {
		m.bytes = bytes_of(der->p + at, x509_der(list.x[i]).n);
		if (!collateral_add(s, &m, e))
			return false;
	}
	return true;
}

/* Of what is neither, and does not say what it means to be, the fault as a certificate is told. */
bool collateral_read(struct bundle_set *s, struct bytes file, struct buf *der, struct err *e)
{
	owned(x509_crl_free) struct x509_crl *list = NULL;
	struct err fault = {0};

	if (x509_crl_read(&list, file, &fault))
		return read_list(s, list, der, e);
	if (bytes_start(file, bytes_str("-----BEGIN X509 CRL-----")) ||
	    reason_class(fault.reason) == EXIT_CLASS_ENVIRONMENT) {
		*e = fault;
		return false;
	}
	return read_certificates(s, file, der, e);
}

/* ---- shown */

struct shown {
	const char *type;
	struct buf name, until; /* a list has no name */
	struct digest digest;
};

static void shown_free(struct shown *x)
{
	buf_free(&x->name);
	buf_free(&x->until);
}

static bool look_at_certificate(struct shown *x, struct bytes der, int64_t *until, struct err *e)
{
	owned(x509_free) struct x509 *cert = NULL;
	owned(buf_free) struct buf name = BUF(4096);
	struct err unnamed = {0};
	int64_t from;

	if (!x509_read_der(&cert, der, e) || !x509_validity(cert, &from, until, e))
		return false;
	if (x509_common_name(cert, &name, &unnamed))
		text_tame(&x->name, buf_bytes(&name));
	else if (reason_class(unnamed.reason) == EXIT_CLASS_ENVIRONMENT)
		return err_set(e, unnamed.reason, "%s", unnamed.text);
	else
		buf_str(&x->name, "(no name)");
	return buf_done(&name, "a certificate's name", e);
}

static bool look_at_list(struct bytes der, int64_t *until, struct err *e)
{
	owned(x509_crl_free) struct x509_crl *list = NULL;

	if (!x509_crl_read(&list, der, e))
		return false;
	*until = x509_crl_next_update(list);
	return true;
}

static bool look(struct shown *x, const struct bundle_member *m, struct err *e)
{
	bool list = m->type == BUNDLE_CRL;
	int64_t until;

	*x = (struct shown){
		.type = list ? "revocation list" : "certificate",
		.name = BUF(16384),
		.until = BUF(32),
	};
	if (!(list ? look_at_list(m->bytes, &until, e)
		   : look_at_certificate(x, m->bytes, &until, e)) ||
	    !hash_of(DIGEST_SHA256, m->bytes, &x->digest, e))
		return false;
	when_put(&x->until, until, "Z");
	return buf_done(&x->name, "a certificate's name", e) && buf_done(&x->until, "a time", e);
}

void collateral_text(const struct bundle_set *s, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		owned(shown_free) struct shown x = {0};
		struct err e = {0};

		if (!look(&x, &s->member[i], &e)) {
			buf_fail(out, e.reason);
			return;
		}
		buf_fmt(out, "Collateral  %s%s%s, until ", x.type, x.name.n > 0 ? " " : "",
			buf_cstr(&x.name));
		buf_put(out, buf_bytes(&x.until));
		buf_str(out, "\n  sha256  ");
		hex_put(out, digest_bytes(&x.digest));
		buf_str(out, "\n");
	}
}

void collateral_json(const struct bundle_set *s, struct json_out *w)
{
	if (s->n == 0)
		return;
	json_key(w, "collateral");
	json_open(w, '[');
	for (size_t i = 0; i < s->n; i++) {
		owned(shown_free) struct shown x = {0};
		struct err e = {0};

		if (!look(&x, &s->member[i], &e)) {
			buf_fail(w->out, e.reason);
			return;
		}
		json_open(w, '{');
		json_key(w, "type");
		json_str(w, x.type);
		if (x.name.n > 0) {
			json_key(w, "name");
			json_string(w, buf_bytes(&x.name));
		}
		json_key(w, "until");
		json_string(w, buf_bytes(&x.until));
		json_key(w, "sha256");
		json_hex(w, digest_bytes(&x.digest));
		json_close(w, '}');
	}
	json_close(w, ']');
}
