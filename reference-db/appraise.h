/*
 * Authentic claims held against what somebody expects: a manifest's reference values or values
 * given one by one, a nonce, the key of a connection, a policy. It takes claims alone, which only
 * authentication makes, so that nothing can be compared whose signature was not judged before.
 *
 * Fail closed: a register that is missing matches nothing, a reference value that is not understood
 * matches nothing, no expectation at all is undecided, and an expectation is never zero.
 */
#ifndef REFERENCE_DB_APPRAISE_H
#define REFERENCE_DB_APPRAISE_H

#include "measure/core/evidence.h"
#include "reference-db/manifest.h"

/* Where evidence names the key that its sender talks with. SPKI: SubjectPublicKeyInfo in DER. */
enum binding {
	BINDING_DEFAULT, /* of a report REPORT_DATA_SHA256, else PUBLIC_KEY */
	BINDING_PUBLIC_KEY, /* the document's public_key is the SPKI */
	BINDING_USER_DATA_SHA256, /* its user_data is SHA-256(SPKI) */
	BINDING_REPORT_DATA_SHA256, /* report data is SHA-256(SPKI), then the nonce, then zeros */
	BINDING_REPORT_DATA_SHA512, /* report data is SHA-512(SPKI, then the nonce) */
};

/* What is expected; all borrowed. Zeroed it expects nothing, and the answer is no yes. */
struct expectation {
	const struct manifest *manifest; /* or NULL */
	const struct err
		*manifest_fault; /* why nobody stands behind it, or why there is none; or NULL */
	const struct mset *registers; /* given one by one, or NULL; none of them zero */
	struct claim host_data, user_data, report_data;
	struct claim nonce;
	struct claim key; /* SPKI of the connection */
	enum binding binding;
	struct when when; /* of which the clock alone counts: live or not */
	bool insecure_no_nonce;
	const struct policy *policy;
};

/* What was found on the way, for the answer. */
struct appraisal {
	const struct manifest_row *row; /* the one that matched, of several reference rows */
	size_t rows; /* how many there were for such evidence */
};

/*
 * Adds "code", "fresh", "channel", "policy" to *v and settles it: then it has each of
 * appraise_checks in that order. c is NULL where the evidence was malformed, which *v says already.
 * The err is of the machinery alone.
 */
must bool appraise(const struct claims *c, const struct expectation *x, struct appraisal *out,
		   struct verdict *v, struct err *e);

/* "genuine", "vendor-signature", "production", "code", "fresh", "channel", "policy", NULL. */
extern const char *const appraise_checks[];

/* Do the claims come from the hardware, whatever else is wrong? Of a settled verdict. */
bool appraise_is_authentic(const struct verdict *v);

/* Registers of an image that the evidence has and that were held against nothing: "PCR1, PCR2". */
#define APPRAISE_NAMES 120u
void appraise_uncompared(const struct claims *c, const struct expectation *x,
			 const struct appraisal *found, char text[APPRAISE_NAMES]);

#endif
