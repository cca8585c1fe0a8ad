#include "reference-db/certified.h"

#include <stdarg.h>
#include <stdio.h>

#include "measure/core/hash.h"

#define KEYS (X509_P256 | X509_P384 | X509_P521 | X509_ED25519)
#define SIGNATURES (X509_ECDSA_SHA256 | X509_ECDSA_SHA384 | X509_ECDSA_SHA512 | X509_EDDSA)

void certified_free(struct certified *c)
{
	for (size_t i = 0; i < c->n; i++)
		x509_free(&c->cert[i]);
	c->n = 0;
}

static struct x509_rules rules_at(const struct when *when)
{
	return (struct x509_rules){
		.leaf_keys = KEYS,
		.issuer_keys = KEYS,
		.signatures = SIGNATURES,
		.leaf_usage = true,
		.code_signing = true,
		.judged = when_judged(when),
		.at = when->at,
	};
}

static void worthless(struct certified *c, enum reason r, const char *format, ...) ERR_FORMAT(3, 4);

static void worthless(struct certified *c, enum reason r, const char *format, ...)
{
	va_list args;

	c->fault = r;
	va_start(args, format);
	vsnprintf(c->text, sizeof(c->text), format, args);
	va_end(args);
}

/* Of what others sign with we know nothing, so what cannot be read is no fault of the file. */
static bool read_chain(struct certified *c, const struct signed_header *h, struct err *e)
{
	for (size_t i = 0; i < h->n_chain && c->fault == REASON_NONE; i++) {
		struct err why = {0};

		if (x509_read_der(&c->cert[i], h->chain[i], &why)) {
			c->n++;
		} else if (reason_class(why.reason) == EXIT_CLASS_MALFORMED) {
			worthless(c, REASON_CHAIN, "certificate %zu of %zu: %s", i + 1, h->n_chain,
				  why.text);
		} else {
			*e = why;
			return false;
		}
	}
	return true;
}

/* The certificates up to this CA: the chain's own up to it, or all of them and it. */
static size_t up_to(const struct certified *c, const struct x509 *ca,
		    const struct x509 *cert[X509_CHAIN_MAX])
{
	for (size_t i = 0; i < c->n; i++) {
		cert[i] = c->cert[i];
		if (bytes_equal(x509_der(c->cert[i]), x509_der(ca)))
			return i + 1;
	}
	if (!x509_names_issuer(c->cert[c->n - 1], ca))
		return 0;
	cert[c->n] = ca;
	return c->n + 1;
}

static bool judge_up_to(struct certified *c, const struct x509 *ca, const struct when *when,
			struct err *e)
{
	struct x509_rules rules = rules_at(when);
	const struct x509 *cert[X509_CHAIN_MAX];
	struct x509_finding finding[X509_CHAIN_MAX];
	const struct x509_finding *fault;
	size_t n = up_to(c, ca, cert), at;

	if (n == 0)
		return true;
	if (!x509_chain_check(cert, n, &rules, finding, e))
		return false;
	fault = x509_chain_fault(finding, n);
	at = fault ? (size_t)(fault - finding) + 1 : 0;
	c->ca = ca;
	c->fault = REASON_NONE;
	if (fault && fault->link != REASON_NONE)
		worthless(c, fault->link, "certificate %zu of %zu %s", at, n, fault->text);
	else if (fault)
		worthless(c, fault->time, "certificate %zu of %zu is %s", at, n,
			  fault->time == REASON_EXPIRED ? "no longer valid" : "not valid yet");
	return true;
}

bool certified_ca(const struct x509 *ca, struct err *e)
{
	struct when none = {.clock = CLOCK_NONE};
	struct x509_rules rules = rules_at(&none);
	struct x509_finding finding;

	if (!x509_anchor_check(ca, &rules, &finding, e))
		return false;
	return finding.link == REASON_NONE ||
	       err_set(e, REASON_CERTIFICATE, "the certificate %s", finding.text);
}

bool certified_presentable(const struct x509 *const *cert, size_t n, struct err *e)
{
	struct when none = {.clock = CLOCK_NONE};
	struct x509_rules rules = rules_at(&none);
	struct x509_finding finding[X509_CHAIN_MAX];
	const struct x509_finding *fault;

	if (!x509_chain_check(cert, n, &rules, finding, e))
		return false;
	fault = x509_chain_fault(finding, n);
	return !fault || err_set(e, REASON_CERTIFICATE, "certificate %zu of %zu %s",
				 (size_t)(fault - finding) + 1, n, fault->text);
}

bool certified_subject(const struct certified *c, uint8_t out[32], struct err *e)
{
	owned(buf_free) struct buf text = BUF(SIGNED_MAX);
	struct digest d;
	size_t n = 0;

	x509_subject(c->cert[0], &text);
	if (!buf_done(&text, "the subject of a certificate", e))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t x = text.p[i];

		if (x != ' ' || n == 0 || text.p[n - 1] != ' ')
			text.p[n++] = x >= 'A' && x <= 'Z' ? (uint8_t)(x - 'A' + 'a') : x;
	}
	if (!hash_of(DIGEST_SHA256, bytes_of(text.p, n), &d, e))
		return false;
	memcpy(out, d.v, 32);
	return true;
}

bool certified_judge(struct certified *c, const struct signed_header *h,
		     const struct trust_rule *rule, const struct when *when, struct err *e)
{
	const struct pubkey *key;

	if (h->n_chain == 0 || rule->n_ca == 0)
		return true;
	if (!read_chain(c, h, e) || c->fault != REASON_NONE)
		return c->fault != REASON_NONE;
	/* Several CAs may have one name: the first that the chain leads to without a fault. */
	for (size_t i = 0; i < rule->n_ca && (!c->ca || c->fault != REASON_NONE); i++)
		if (!judge_up_to(c, rule->ca[i], when, e))
			return false;
	key = x509_pubkey(c->cert[0]);
	if (c->ca && c->fault == REASON_NONE &&
	    (!key || !bytes_equal(h->kid, digest_bytes(pubkey_id(key)))))
		worthless(c, REASON_CHAIN, "the key id is not that of the first certificate's key");
	return true;
}
