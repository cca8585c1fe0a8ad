/*
 * A chain of X.509 certificates, each signed by the next (RFC 5280 §6.1 as far as signers of
 * statements and makers of evidence use it). The last one is the anchor: the caller took it from
 * where trust comes from, so its own signature is not looked at, everything else of it is. There is
 * no search, no store and no default path: the order given is the order checked. All of it is
 * checked, and each certificate gets its finding; time is an argument.
 *
 * Always: each issuer's name and key fit the next certificate, whose signed bytes name the
 * algorithm that stands beside the signature; issuers are CAs (basicConstraints) with keyCertSign
 * (an anchor without any keyUsage may do all) and enough path length, counting every certificate
 * between them and the leaf; the leaf is no CA and has no path length; nothing stands twice; no
 * critical extension is passed over.
 */
#ifndef MEASURE_CORE_X509_CHAIN_H
#define MEASURE_CORE_X509_CHAIN_H

#include "measure/core/chain_cache.h"
#include "measure/core/x509.h"

#define X509_CHAIN_MAX 9u /* certificates, the anchor among them */

/* Signature algorithms of certificates. PSS: MGF1 with the same hash, salt 48, as AMD spells it. */
enum x509_signature {
	X509_ECDSA_SHA256 = 1,
	X509_ECDSA_SHA384 = 2,
	X509_ECDSA_SHA512 = 4,
	X509_EDDSA = 8,
	X509_PSS_SHA384 = 16,
};

struct x509_rules {
	unsigned leaf_keys, issuer_keys; /* of enum x509_kind */
	unsigned signatures; /* of enum x509_signature; the anchor's own is not looked at */
	bool leaf_usage; /* keyUsage must name digitalSignature; else only where there is one */
	/*
	 * An extended key usage must name codeSigning or anyExtendedKeyUsage, in issuers as well;
	 * else it is not looked at, and refused when critical.
	 */
	bool code_signing;
	bool judged; /* whether each is valid at `at`, seconds since the epoch */
	int64_t at;
	struct chain_cache *cache; /* of signatures that were verified before, or NULL */
};

/* What is wrong with one certificate; both may be. */
struct x509_finding {
	enum reason link; /* REASON_NONE, or REASON_CHAIN */
	enum reason time; /* REASON_NONE, REASON_EXPIRED or REASON_NOT_YET_VALID */
	char text[160]; /* of link: "is a CA, and the leaf must be none" */
};

/*
 * Certificates of x509_read_der() or x509_read_pem(), the leaf first, 1 to X509_CHAIN_MAX, and room
 * for as many findings; one alone is judged as a leaf. False only when the machinery fails (memory,
 * library).
 */
must bool x509_chain_check(const struct x509 *const *cert, size_t n, const struct x509_rules *r,
			   struct x509_finding *finding, struct err *e);

/* Whether it can be the last of any chain at all; its time is not looked at. */
must bool x509_anchor_check(const struct x509 *x, const struct x509_rules *r,
			    struct x509_finding *finding, struct err *e);

/* Of the findings the first whose link is broken, or else that is out of time, or NULL. */
const struct x509_finding *x509_chain_fault(const struct x509_finding *finding, size_t n);

/*
 * For the choice of one of several: does the name of `issuer` stand in `subject`, and did its key
 * sign it, too, with an algorithm of the list (enum x509_signature)?
 */
bool x509_names_issuer(const struct x509 *subject, const struct x509 *issuer);
must bool x509_signed(const struct x509 *subject, const struct x509 *issuer, unsigned signatures,
		      bool *yes, struct err *e);

#endif
