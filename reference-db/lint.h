/*
 * What is wrong, or worth knowing, about a manifest: a list of findings, each with a stable rule, a
 * place and a sentence. The reader of CoRIM fills it while it reads and goes on where it can, so
 * that one run tells all; a manifest with an error among its findings is refused. Plain memory; the
 * sentences may quote the file, so they are tamed where they are printed.
 */
#ifndef REFERENCE_DB_LINT_H
#define REFERENCE_DB_LINT_H

#include "measure/base/json.h"

#define LINT_FINDINGS 100u /* kept; more are counted */

enum lint_rule {
	LINT_FORM, /* the CBOR is not well-formed, or not of the types that CoRIM needs */
	LINT_CANONICAL, /* readable, but not in the deterministic encoding */
	LINT_OURS, /* of a Nitro enclave, but not what this program writes */
	LINT_PREFIX, /* begins with tags that were dropped from the draft */
	LINT_ENVELOPE, /* signed, but not as a statement that counts */
	LINT_PROFILE, /* the profile is unknown, or broken */
	LINT_KEY, /* a key that the draft does not name */
	LINT_MISSING, /* a key that must be there */
	LINT_EMPTY, /* a list or map that may not be empty */
	LINT_TEXT, /* a text that cannot be shown as it is, or holds a NUL */
	LINT_PATH, /* a file name with parts of a path */
	LINT_TAG, /* a tag of a kind that is not read */
	LINT_TAG_ID, /* two tags of one id; a reference to one that is not there */
	LINT_ENTITY, /* two signers; a role that the draft does not name */
	LINT_VALIDITY, /* a time before 1970 or after 9999; an end before the beginning */
	LINT_CLASS, /* an environment that names nothing, or not what the profile demands */
	LINT_UNREAD, /* not interpreted: allowed, unless it narrows what is compared */
	LINT_DIGEST_LENGTH,
	LINT_DIGEST_ALG, /* reserved, unknown, truncated */
	LINT_DIGEST_REPEATED, /* one algorithm twice in a list */
	LINT_DIGEST_MISSING, /* a file without a digest, a measurement without a value */
	LINT_ZERO, /* a register or digest that is all zero */
	LINT_ONES, /* a digest that is all ones */
	LINT_REGISTER, /* a name that no register of an enclave has, or not of a release */
	LINT_REGISTER_MISSING, /* PCR0, PCR1, PCR2 */
	LINT_REPEATED, /* one measurement twice in a triple, one triple twice */
	LINT_CONTRADICTION, /* one environment, two states */
	LINT_MASK, /* another length than its value; the old place for it */
	LINT_MKEY, /* a measurement that the profile does not know, or not with this value */
	LINT_POLICY, /* a guest policy that no guest has */
	LINT_DEBUG, /* debugging is allowed */
	LINT_RULES
};

struct finding {
	bool error;
	enum lint_rule rule;
	char place[80]; /* "tag 0, reference 12, PCR0"; may be empty */
	char text[200];
};

struct lint {
	bool allow_debug; /* of its reader: a policy that allows debugging is a warning */
	size_t errors, warnings;
	size_t warned[LINT_RULES]; /* warnings of each rule */
	size_t n;
	struct finding finding[LINT_FINDINGS];
};

/* Returns false for an error, so that a refusal that ends the reading is one return statement. */
bool lint_add(struct lint *l, const struct finding *f);

/* "zero-measurement"; what the rule wants, in words. */
const char *lint_slug(enum lint_rule rule);

/* All findings of that rule become errors. */
void lint_harden(struct lint *l, enum lint_rule rule);

/* True without errors; otherwise e is the first one. */
must bool lint_decide(const struct lint *l, struct err *e);

/* A line or two for each finding, in 80 columns, and their numbers. Nothing when there are none. */
void lint_text(const struct lint *l, struct buf *out);

/* [{"severity", "rule", "place", "text"}, ...] */
void lint_json(const struct lint *l, struct json_out *w);

#endif
