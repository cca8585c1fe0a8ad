/*
 * A key that the trust file does not name, and that counts all the same: the statement's header
 * carries certificates (x5chain) that lead from it to a CA named for the role. Each is signed by
 * the next, is in force at the chosen time, has a key that statements may have, and is signed with
 * SHA-256 or better; the first is no CA, has a keyUsage with digitalSignature, and, where it or
 * an issuer has an extended key usage, codeSigning or anyExtendedKeyUsage among it. Certificates
 * behind the CA are not looked at. The header's key id is the digest of the first one's key.
 */
#ifndef REFERENCE_DB_CERTIFIED_H
#define REFERENCE_DB_CERTIFIED_H

#include "measure/base/when.h"
#include "measure/core/x509_chain.h"
#include "reference-db/signed.h"
#include "reference-db/trust.h"

#define CERTIFIED_TEXT_MAX 255u

/* Starts zeroed; released by certified_free(). */
struct certified {
	size_t n;
	struct x509 *cert[SIGNED_CHAIN]; /* as they stand in the header */
	const struct x509 *ca; /* borrowed from the rule; NULL: it leads to none of them */
	enum reason
		fault; /* REASON_NONE, chain, expired or not-yet-valid: why it counts for nothing */
	char text[CERTIFIED_TEXT_MAX + 1]; /* of the fault */
};

/*
 * May these stand in a header, the signer's own first: does each lead to the next? `certificate`
 * otherwise. Whether they lead anywhere, and at which time, is a reader's question.
 */
must bool certified_presentable(const struct x509 *const *cert, size_t n, struct err *e);

/* Can it certify anybody? `certificate` otherwise: "is no CA by its basicConstraints". */
must bool certified_ca(const struct x509 *ca, struct err *e);

void certified_free(struct certified *c);

/*
 * Whom a chain that holds certifies, whatever his key: SHA-256 of the first one's subject, as the
 * text that x509_subject() gives, in lower case, with runs of blanks as one.
 */
must bool certified_subject(const struct certified *c, uint8_t out[32], struct err *e);

/*
 * True when it could be judged, whatever came of it. A chain that holds has a CA and no fault, and
 * its key is x509_pubkey(cert[0]).
 */
must bool certified_judge(struct certified *c, const struct signed_header *h,
			  const struct trust_rule *rule, const struct when *when, struct err *e);

#endif
