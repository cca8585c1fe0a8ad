/*
 * A ledger that statements are fed to, signed by keys that have roles in a trust file. What cannot
 * be done ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_LEDGER_H
#define TESTS_UNIT_SUPPORT_LEDGER_H

#include "reference-db/ledger_parts.h"
#include "tests/unit/support_said.h"

enum book_key { ALICE_KEY, BOB_KEY, CAROL_KEY, DAVE_KEY, EVE_KEY, BOOK_KEYS };

struct book {
	EVP_PKEY *key[BOOK_KEYS];
	struct trust *trust;
	struct ledger *l;
};

/* Nobody has a role yet. Released by book_free(). */
struct book book_new(void);
void book_free(struct book *s);

/* Gives roles (1u << enum trust_role); the threshold of a role is 1 unless it is set. */
void book_trust(struct book *s, enum book_key k, unsigned roles);

/* A key as one of a set of keys. */
void book_add(struct trust *t, EVP_PKEY *key, const char *name, unsigned roles);

/* The ledger from its beginning. */
void book_begin(struct book *s);

/* What is signed next: upon the ledger's head, and at no time, unless it is changed. */
struct said_terms book_terms(const struct book *s, enum statement_kind kind);

/* Signs a payload, which is released, and feeds it. */
struct ledger_fed book_feed(struct book *s, enum book_key k, const struct said_terms *t,
			    struct buf payload);

/* The same with usual terms; the worth that came of it. */
enum ledger_worth book_manifest(struct book *s, enum book_key k, const char *version,
				uint8_t registers);
enum ledger_worth book_rebuilt(struct book *s, enum book_key k, const char *version,
			       uint8_t registers, enum rebuilt_outcome outcome);
enum ledger_worth book_withdraw(struct book *s, enum book_key k, const char *version,
				uint8_t registers);
enum ledger_worth book_release(struct book *s, enum book_key k, const char *version,
			       const char *minimum, const char *superseded);

/* Payloads, of the product "a/b". */
struct buf book_payload_manifest(const char *version, uint8_t registers);
struct buf book_payload_release(const char *version, const char *minimum, const char *superseded);
struct buf book_payload_rebuilt(const char *version, uint8_t registers,
				enum rebuilt_outcome outcome);
struct buf book_payload_withdraw(const char *version, uint8_t registers);

/* Of that product: what the ledger says, at no time and in any channel. */
struct ledger_release book_look(const struct book *s, const char *version);

#endif
