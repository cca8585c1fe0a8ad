/*
 * The trust file: whose signatures count, and for what. YAML, described by measure-trust(5):
 *
 *   version: 1
 *   keys:
 *     - name: alice
 *       id: "..."                SHA-256 of the SubjectPublicKeyInfo, hexadecimal
 *       spki: "..."              the SubjectPublicKeyInfo in DER, base64
 *       roles: [publisher]
 *       not-before: TIME         both optional: when signatures by this key count
 *       not-after: TIME
 *   roles:
 *     publisher:
 *       threshold: 1             how many different keys must have signed
 *       ca: [...]                certificates in PEM; keys that they certify count as well,
 *                                optional
 *   logs: {...}                  in which manifests are published (trust_logs.h)
 *   require: {...}               the policy for evidence (require.h)
 *
 * A key counts only in the roles that it is given, and once: names, keys and CAs stand there once,
 * each id is the digest of its key, and each threshold can be reached. Everything is owned by the
 * struct trust and lives as long; trust_free() takes the address and leaves NULL.
 */
#ifndef REFERENCE_DB_TRUST_H
#define REFERENCE_DB_TRUST_H

#include "measure/base/json.h"
#include "measure/core/policy.h"
#include "measure/core/pubkey.h"
#include "reference-db/trust_logs.h"

#define TRUST_MAX (1u << 20) /* bytes of the file */
#define TRUST_KEYS 256u
#define TRUST_CAS 16u /* of one role */
#define TRUST_PATH_MAX 4096u
#define TRUST_NAME_MAX 64u /* bytes */

enum trust_role {
	TRUST_PUBLISHER, /* signs manifests */
	TRUST_REBUILDER, /* says that it rebuilt the same bytes */
	TRUST_WITHDRAWER, /* takes releases back */
	TRUST_ROOT, /* says who has the other roles */
	TRUST_ROLES
};

struct trust_key {
	char name[TRUST_NAME_MAX + 1];
	uint32_t line; /* of the file */
	struct pubkey *key;
	unsigned roles; /* 1u << enum trust_role */
	bool has_not_before, has_not_after;
	int64_t not_before, not_after; /* seconds since the epoch, both included */
};

struct trust_rule {
	uint64_t threshold; /* 0: the file does not name the role */
	uint32_t line;
	size_t n_ca;
	struct x509 *ca[TRUST_CAS];
};

struct trust {
	size_t n;
	struct trust_key key[TRUST_KEYS]; /* in the order of the file */
	struct trust_rule rule[TRUST_ROLES];
	struct trust_logs logs;
	struct policy require; /* the strict one where the file says nothing */
	struct buf require_texts;
};

/*
 * Where the file is: `given` (--trust), or $XDG_CONFIG_HOME/measure/trust.yml, or
 * ~/.config/measure/trust.yml; relative folders in the environment do not count. Never a file
 * beside a manifest. no-trust when no place is known.
 */
must bool trust_path(const char *given, struct buf *out, struct err *e);

/*
 * no-trust when there is no such file; yaml, trust, key, certificate, limit when it is no trust
 * file, or says what cannot be.
 */
must bool trust_read(struct trust **t, const char *path, struct err *e);

/* The same of its text; the text as we write it, in one form. */
must bool trust_parse(struct trust **t, struct bytes text, struct err *e);
void trust_write(const struct trust *t, struct buf *out);
must bool trust_copy(const struct trust *from, struct trust **to, struct err *e);
must bool trust_new(struct trust **t, struct err *e); /* that trusts nobody */
void trust_free(struct trust **t);

/* May it be the name of a key: UTF-8 that shows, no blank at its ends, not too long? */
bool trust_name_ok(struct bytes name);

/* "publisher"; the list of them, NULL-terminated, in the order of the enum. */
const char *trust_role_name(enum trust_role role);
extern const char *const trust_role_names[];

/* The key with this identity (32 bytes) if it has the role, or NULL; how many have it. */
const struct trust_key *trust_key_by_id(const struct trust *t, enum trust_role role,
					struct bytes id);
size_t trust_count(const struct trust *t, enum trust_role role);

/* no-trust unless some key or CA has the role. path: for the message. */
must bool trust_needs(const struct trust *t, enum trust_role role, const char *path, struct err *e);

/* For people, indented, without control characters; for programs, as members of an object. */
void trust_text(const struct trust *t, struct buf *out);
void trust_json(const struct trust *t, struct json_out *w);

#endif
