#include "measure/core/x509_crl.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "measure/core/cose_evp.h"
#include "measure/core/pem.h"

struct x509_crl {
	X509_CRL *crl;
	struct buf der;
	int64_t this_update, next_update;
};

static void crl_free(X509_CRL **c)
{
	X509_CRL_free(*c);
}

static void octets_free(uint8_t **p)
{
	OPENSSL_free(*p);
}

void x509_crl_free(struct x509_crl **c)
{
	if (!*c)
		return;
	X509_CRL_free((*c)->crl);
	buf_free(&(*c)->der);
	free(*c);
	*c = NULL;
}

/* As of certificates: what is signed, encoded anew on a copy, shows whether it was DER. */
static bool is_der(struct bytes der, struct err *e)
{
	const uint8_t *p = der.p;
	owned(crl_free) X509_CRL *c = d2i_X509_CRL(NULL, &p, (long)der.n);
	owned(octets_free) uint8_t *again = NULL;
	int n = c && i2d_re_X509_CRL_tbs(c, NULL) > 0 ? i2d_X509_CRL(c, &again) : -1;

	if (n < 0)
		return cose_evp_fail(e, REASON_LIBRARY, "revocation list encoded again");
	if (!bytes_equal(der, bytes_of(again, (size_t)n)))
		return err_set(e, REASON_CRL, "the revocation list is not encoded in DER");
	return true;
}

/*
 * The algorithm that is signed over must be the one beside the signature, byte for byte; OpenSSL
 * gives no way to the first, which follows the version of a list (RFC 5280 §5.1.2).
 */
static bool same_algorithm(const struct x509_crl *c, struct err *e)
{
	static const uint8_t version_2[] = {0x02, 0x01, 0x01};
	owned(octets_free) uint8_t *algorithm = NULL, *tbs = NULL;
	const X509_ALGOR *outer;
	size_t head;
	int n, length;

	X509_CRL_get0_signature(c->crl, NULL, &outer);
	n = i2d_X509_ALGOR(outer, &algorithm);
	length = i2d_re_X509_CRL_tbs(c->crl, &tbs);
	if (n <= 0 || length <= 2)
		return cose_evp_fail(e, REASON_LIBRARY, "the algorithm of a revocation list");
	head = 2 + (tbs[1] & 0x80 ? tbs[1] & 0x7fu : 0) + sizeof(version_2);
	if (X509_CRL_get_version(c->crl) != X509_CRL_VERSION_2 || head > (size_t)length)
		return err_set(e, REASON_CRL, "the revocation list is not one of version 2");
	if (!bytes_start(bytes_of(tbs + head, (size_t)length - head),
			 bytes_of(algorithm, (size_t)n)))
		return err_set(e, REASON_CRL,
			       "the revocation list names two algorithms for its signature");
	return true;
}

static bool none_critical(const STACK_OF(X509_EXTENSION) * extensions, struct err *e)
{
	char name[64];

	for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
		X509_EXTENSION *x = sk_X509_EXTENSION_value(extensions, i);

		if (!X509_EXTENSION_get_critical(x))
			continue;
		OBJ_obj2txt(name, sizeof(name), X509_EXTENSION_get_object(x), 1);
		return err_set(e, REASON_CRL,
			       "the revocation list has a critical extension %s, which is not "
			       "known here",
			       name);
	}
	return true;
}

static bool complete(const struct x509_crl *c, struct err *e)
{
	const STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(c->crl);

	if (!none_critical(X509_CRL_get0_extensions(c->crl), e))
		return false;
	for (int i = 0; i < sk_X509_REVOKED_num(revoked); i++)
		if (!none_critical(X509_REVOKED_get0_extensions(sk_X509_REVOKED_value(revoked, i)),
				   e))
			return false;
	return true;
}

static bool dates(struct x509_crl *c, struct err *e)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(c->crl);

	if (!next)
		return err_set(e, REASON_CRL,
			       "the revocation list does not say when the next one comes");
	return x509_time(X509_CRL_get0_lastUpdate(c->crl), REASON_CRL,
			 "thisUpdate of the revocation list", &c->this_update, e) &&
	       x509_time(next, REASON_CRL, "nextUpdate of the revocation list", &c->next_update, e);
}

/* As of certificates: where memory lacked, there may be nothing but its echo. */
static bool not_parsed(struct err *e)
{
	int first = ERR_GET_REASON(ERR_peek_error());
	bool echo = first == ERR_R_NESTED_ASN1_ERROR || first == ERR_R_ASN1_LIB;

	return cose_evp_fail(e, echo ? REASON_LIBRARY : REASON_CRL,
			     "the file holds no revocation list");
}

static bool parse(struct x509_crl *c, struct err *e)
{
	struct bytes der = buf_bytes(&c->der);
	const uint8_t *p = der.p;

	cose_evp_init();
	c->crl = d2i_X509_CRL(NULL, &p, (long)der.n);
	if (!c->crl)
		return not_parsed(e);
	if (p != der.p + der.n)
		return err_set(e, REASON_CRL,
			       "the file has bytes behind the revocation list: %zu of %zu",
			       (size_t)(der.p + der.n - p), der.n);
	return is_der(der, e) && same_algorithm(c, e) && complete(c, e) && dates(c, e);
}

static bool unwrap(struct x509_crl *c, struct bytes in, struct err *e)
{
	static const struct pem list = {"X509 CRL", REASON_CRL};
	size_t used;

	if (in.n == 0 || in.p[0] != '-') {
		buf_put(&c->der, in);
		return buf_done(&c->der, "the revocation list", e);
	}
	if (!pem_read(&list, in, &c->der, &used, e))
		return false;
	if (used != in.n)
		return err_at(e, REASON_TRAILING, used,
			      "%zu bytes stand behind the revocation list", in.n - used);
	return true;
}

bool x509_crl_read(struct x509_crl **c, struct bytes in, struct err *e)
{
	owned(x509_crl_free) struct x509_crl *new = own_new(sizeof(*new), e);

	if (!new)
		return false;
	new->der = BUF(PEM_MAX);
	if (!unwrap(new, in, e) || !parse(new, e))
		return false;
	ERR_clear_error();
	*c = take(new);
	return true;
}

struct bytes x509_crl_der(const struct x509_crl *c)
{
	return buf_bytes(&c->der);
}

bool x509_crl_names(const struct x509_crl *c, const struct x509 *issuer)
{
	return X509_NAME_cmp(X509_CRL_get_issuer(c->crl),
			     X509_get_subject_name(x509_cert(issuer))) == 0;
}

bool x509_crl_signed(const struct x509_crl *c, const struct x509 *issuer, unsigned algorithms,
		     bool *yes, struct err *e)
{
	struct err fault = {0};
	const X509_ALGOR *algor;

	X509_CRL_get0_signature(c->crl, NULL, &algor);
	*yes = (x509_signature_of(algor, x509_kind(issuer)) & algorithms) != 0;
	if (!*yes || X509_CRL_verify(c->crl, x509_evp(issuer)) == 1) {
		ERR_clear_error();
		return true;
	}
	*yes = false;
	cose_evp_fail(&fault, REASON_CRL, "verifying a revocation list");
	return fault.reason == REASON_CRL || err_set(e, fault.reason, "%s", fault.text);
}

int64_t x509_crl_this_update(const struct x509_crl *c)
{
	return c->this_update;
}

int64_t x509_crl_next_update(const struct x509_crl *c)
{
	return c->next_update;
}

bool x509_crl_lists(const struct x509_crl *c, const struct x509 *x)
{
	const STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(c->crl);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x509_cert(x));

	for (int i = 0; i < sk_X509_REVOKED_num(revoked); i++)
		if (ASN1_INTEGER_cmp(serial, X509_REVOKED_get0_serialNumber(
						     sk_X509_REVOKED_value(revoked, i))) == 0)
			return true;
	return false;
}
