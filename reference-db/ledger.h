/*
 * What a database says to somebody who trusts certain keys: every statement replayed from the
 * first, in order, each judged by the roles that are in force at its place. A statement by a key
 * without the role, with a signature that does not hold, or upon a state that the log does not
 * have, counts for nothing and is kept as a finding. Nothing here depends on the clock: times of
 * signatures are kept, and judged by who asks.
 *
 * Roles: the trust file's keys and those of the `keys` statement in force, the greater of both
 * thresholds. One takes force when thresholds of the root keys before it and of its own have signed
 * the same payload; before the first, the root keys are the trust file's, after it those of the
 * keys in force alone. A publisher of a payload never counts as its rebuilder, by the digest of the
 * key or the subject of its certificate; a signer counts once (signers.h), and what he said last.
 * Two payloads of one version contradict each other.
 *
 * A release statement counts only if it was made upon a state that has the one in force before it,
 * so that none can be kept back. Versions of a channel are in the order in which they became its
 * latest; without expiry, as withdrawals are.
 *
 * The whole is flat arrays, so that it can be kept: ledger_open() leaves it in the user's cache
 * under the name of the database and the digest of the trust file, and goes on from there when the
 * log still has that state. A kept one with a damaged byte is not used.
 */
#ifndef REFERENCE_DB_LEDGER_H
#define REFERENCE_DB_LEDGER_H

#include "measure/base/file.h"
#include "measure/base/when.h"
#include "reference-db/database.h"
#include "reference-db/statement.h"

struct ledger;

struct ledger_ask {
	const struct database *database;
	const struct trust *trust;
	struct digest trust_digest; /* SHA-256 of the trust file */
	const char *cache; /* folder; NULL: that of the user; "": none is used or left */
	bool anew; /* audit: nothing that was kept is believed */
	bool partly; /* publishers: what was kept is read as far as it is needed */
	struct watch watch;
};

/*
 * Replays what is new. Errors: database, and memory; findings are no errors. What was opened partly
 * is for ledger_feed(), ledger_head(), ledger_state() and ledger_trust(); what they said counts
 * when ledger_sound() says so afterwards: otherwise what was kept is damaged, and all of it has to
 * be replayed.
 */
must struct ledger *ledger_open(const struct ledger_ask *ask, struct err *e);
must bool ledger_sound(const struct ledger *l, struct err *e);

/* For statements without the log that they stand in, a bundle's, which are fed to it: upon which
 * state one was made is not judged. */
must struct ledger *ledger_apart(const struct trust *trust, struct err *e);
void ledger_free(struct ledger **l);

struct signed_upon ledger_head(const struct ledger *l); /* of the log, proved */
must bool ledger_state(const struct ledger *l, uint64_t height, struct digest *state,
		       struct err *e);

/* ---- statements, in the order of the log */

enum ledger_worth {
	LEDGER_COUNTS,
	LEDGER_UNKNOWN_KEY, /* by a key without the role, at its place */
	LEDGER_BAD_SIGNATURE,
	LEDGER_MALFORMED, /* no statement, or not where it stands */
	LEDGER_FORKED, /* made upon a state that is none of this log */
	LEDGER_NO_RELEASE, /* of a release of which no manifest counts before it */
	LEDGER_CONTRADICTS /* what counted before: another payload of a version, keys out of turn */
};

struct ledger_statement {
	uint64_t entry;
	enum statement_kind kind; /* STATEMENT_KINDS: it is none, or cannot be read */
	enum ledger_worth worth;
	struct digest sha256, payload, signer; /* signer: of the key */
	const char *signer_name, *path; /* name: in the trust or keys */
	const char *why; /* worth other than LEDGER_COUNTS, in words; or NULL */
	bool has_upon, has_issued, has_not_before, has_expires;
	uint64_t upon;
	int64_t issued, not_before, expires; /* the narrower of the signature's and the key's */
	int64_t release; /* index of the release that it is of; -1: none */
	enum rebuilt_outcome outcome; /* of STATEMENT_REBUILT */
};
uint64_t ledger_statements(const struct ledger *l);
void ledger_statement(const struct ledger *l, uint64_t i, struct ledger_statement *out);
enum reason ledger_reason(enum ledger_worth worth); /* REASON_NONE of LEDGER_COUNTS */

/* The bytes of its file, proved to be those that were replayed, whatever the log says by now;
 * appended. Errors: those of database_statement(). */
must bool ledger_file(const struct ledger *l, const struct database *d, uint64_t i, struct buf *out,
		      struct err *e);

/* Those of a release that count, one after the other. *at: 0 at first; false: there is no more. */
bool ledger_said(const struct ledger *l, uint64_t release, uint64_t *at,
		 struct ledger_statement *out);

/* ---- releases */

struct ledger_release {
	const char *product, *version;
	struct digest payload; /* SHA-256 of the manifest's payload that counted first */
	bool contradicted; /* another payload of the same version counts, too */
	uint64_t first; /* entry of its first manifest that counts */
	size_t publishers, rebuilders; /* different keys, at the time that is asked for */
	size_t witnessed, differing; /* rebuilders whose last word is another than equal */
	bool published; /* by as many as the threshold says */
	bool reproduced; /* equal, by as many rebuilders as the threshold says, at least one */
	size_t withdrawers; /* different ones that say it is withdrawn */
	uint64_t must_withdraw; /* how many have to */
	bool withdrawn;
	const char *withdrawn_why, *replacement; /* or NULL */
	bool released; /* a channel has had it as its latest */
	bool latest; /* of a channel (the one asked for) */
	bool superseded; /* by a release statement of such a channel */
	bool below_minimum; /* of each such channel */
};

/* Who rebuilt it with equal bytes, as it is counted: the last word of each, max at most. */
size_t ledger_rebuilders(const struct ledger *l, uint64_t release, const struct when *when,
			 struct ledger_statement *out, size_t max);

struct ledger_when {
	struct when when;
	const char *channel; /* NULL: any */
};
uint64_t ledger_releases(const struct ledger *l);
void ledger_release(const struct ledger *l, uint64_t i, const struct ledger_when *as_of,
		    struct ledger_release *out);
must bool ledger_find(const struct ledger *l, const char *product, const char *version,
		      uint64_t *release);
bool ledger_has_product(const struct ledger *l, const char *product);

/* ---- digests: registers, launch digests, files, sections, payloads of manifests that count */

struct ledger_hit {
	uint64_t release;
	const char *what; /* "PCR0", "launch digest EPYC-v4 x4, qemu", "section kernel", "image" */
};

/* How many there are of these bytes; those from the from-th on, max at most, in the order of the
 * log. Who asks for fewer than there are has to ask again: the withdrawn one may be the last. */
size_t ledger_who(const struct ledger *l, struct bytes digest, size_t from, struct ledger_hit *hit,
		  size_t max);

/* ---- publishing */

struct ledger_fed {
	bool already; /* it stands in the log: as which entry is in `statement`, nothing was fed */
	struct ledger_statement statement; /* its worth as the next entry */
	struct database_place place; /* for database_path(); borrows from the ledger */
};

/*
 * A statement's file as the next entry, as if it had been published: publishers ask before they
 * append. What is fed is not kept: only ledger_open() keeps, and what it read in the log alone. A
 * file that is no statement is its readers' error, and changes nothing; after another error the
 * ledger is good for ledger_free() alone.
 */
must bool ledger_feed(struct ledger *l, struct bytes file, struct ledger_fed *out, struct err *e);

/* The newest time that a counted signature of a publisher or root key says; false: none does. What
 * is over LEDGER_FUTURE later than now makes nothing newer: ledger_future() tells the first. */
#define LEDGER_FUTURE 86400 /* seconds by which clocks may differ */
must bool ledger_newest(const struct ledger *l, int64_t now, int64_t *issued);
bool ledger_future(const struct ledger *l, int64_t now, uint64_t *statement);
uint32_t ledger_refresh_days(const struct ledger *l); /* promised by the keys in force; 0: none */

/* The keys in force: those of the trust file and of the log together, for people to look at. */
const struct trust *ledger_trust(const struct ledger *l);
bool ledger_keys(const struct ledger *l, uint64_t *serial, struct digest *payload);

#endif
