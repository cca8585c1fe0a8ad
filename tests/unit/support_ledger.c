#include "tests/unit/support_ledger.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/core/hash.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_signature.h"

#define PRODUCT "a/b"

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "support_ledger: %s\n", what);
	exit(99);
}

struct book book_new(void)
{
	struct book s = {.l = NULL};
	struct err e = {0};

	for (size_t i = 0; i < BOOK_KEYS; i++)
		s.key[i] = cert_key("ED25519");
	need(trust_new(&s.trust, &e), e.text);
	return s;
}

void book_free(struct book *s)
{
	for (size_t i = 0; i < BOOK_KEYS; i++)
		cert_key_free(&s->key[i]);
	ledger_free(&s->l);
	trust_free(&s->trust);
}

void book_add(struct trust *t, EVP_PKEY *key, const char *name, unsigned roles)
{
	struct trust_key *k = &t->key[t->n++];

	snprintf(k->name, sizeof(k->name), "%s", name);
	k->key = signature_pubkey(key);
	k->roles = roles;
	for (unsigned r = 0; r < TRUST_ROLES; r++)
		if ((roles >> r & 1) && t->rule[r].threshold == 0)
			t->rule[r].threshold = 1;
}

void book_trust(struct book *s, enum book_key k, unsigned roles)
{
	static const char *const names[] = {"alice", "bob", "carol", "dave", "eve"};

	book_add(s->trust, s->key[k], names[k], roles);
}

void book_begin(struct book *s)
{
	struct digest first = said_digest(0x77), trust = said_digest(0x66);
	struct err e = {0};

	ledger_free(&s->l);
	s->l = ledger_new(s->trust, &trust, &first, &e);
	need(s->l != NULL, e.text);
}

struct said_terms book_terms(const struct book *s, enum statement_kind kind)
{
	return (struct said_terms){
		.content_type = statement_rows[kind].content_type,
		.has_upon = true,
		.upon = ledger_head(s->l),
	};
}

struct ledger_fed book_feed(struct book *s, enum book_key k, const struct said_terms *t,
			    struct buf payload)
{
	struct buf file = said_sign(s->key[k], t, buf_bytes(&payload));
	struct ledger_fed fed;
	struct err e = {0};

	need(ledger_feed(s->l, buf_bytes(&file), &fed, &e), e.text);
	buf_free(&file);
	buf_free(&payload);
	return fed;
}

static enum ledger_worth feed(struct book *s, enum book_key k, enum statement_kind kind,
			      struct buf payload)
{
	struct said_terms t = book_terms(s, kind);

	return book_feed(s, k, &t, payload).statement.worth;
}

static struct digest payload_of(const char *version, uint8_t registers)
{
	struct buf b = said_manifest(PRODUCT, version, registers);
	struct digest d;
	struct err e = {0};

	need(hash_of(DIGEST_SHA256, buf_bytes(&b), &d, &e), e.text);
	buf_free(&b);
	return d;
}

static struct bytes id_of(const char *version, char id[256])
{
	snprintf(id, 256, PRODUCT "/%s", version);
	return bytes_str(id);
}

struct buf book_payload_manifest(const char *version, uint8_t registers)
{
	return said_manifest(PRODUCT, version, registers);
}

struct buf book_payload_withdraw(const char *version, uint8_t registers)
{
	struct withdraw w = said_withdraw("", 1);
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};
	char id[256];

	w.id = id_of(version, id);
	w.payload = payload_of(version, registers);
	need(withdraw_write(&w, &out, &e), e.text);
	return out;
}

struct buf book_payload_release(const char *version, const char *minimum, const char *superseded)
{
	struct release r = said_release(PRODUCT, "stable", version);
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};

	r.minimum = bytes_str(minimum);
	r.n = superseded ? 1 : 0;
	r.superseded[0] = bytes_str(superseded ? superseded : "");
	need(release_write(&r, &out, &e), e.text);
	return out;
}

enum ledger_worth book_manifest(struct book *s, enum book_key k, const char *version,
				uint8_t registers)
{
	return feed(s, k, STATEMENT_MANIFEST, book_payload_manifest(version, registers));
}

struct buf book_payload_rebuilt(const char *version, uint8_t registers,
				enum rebuilt_outcome outcome)
{
	char id[256];
	struct rebuilt r = {
		.id = id_of(version, id),
		.payload = payload_of(version, registers),
		.outcome = outcome,
		.inputs = said_digest(2),
		.tool = bytes_str("0.1"),
		.program = said_digest(3),
		.n_witnesses = outcome == REBUILT_WITNESSED,
		.witness = {{bytes_str("initrd"), said_digest(4)}},
	};
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};

	need(rebuilt_write(&r, &out, &e), e.text);
	return out;
}

enum ledger_worth book_rebuilt(struct book *s, enum book_key k, const char *version,
			       uint8_t registers, enum rebuilt_outcome outcome)
{
	return feed(s, k, STATEMENT_REBUILT, book_payload_rebuilt(version, registers, outcome));
}

enum ledger_worth book_withdraw(struct book *s, enum book_key k, const char *version,
				uint8_t registers)
{
	return feed(s, k, STATEMENT_WITHDRAW, book_payload_withdraw(version, registers));
}

enum ledger_worth book_release(struct book *s, enum book_key k, const char *version,
			       const char *minimum, const char *superseded)
{
	return feed(s, k, STATEMENT_RELEASE, book_payload_release(version, minimum, superseded));
}

struct ledger_release book_look(const struct book *s, const char *version)
{
	const struct ledger_when when = {.when = {CLOCK_NONE, 0}};
	struct ledger_release r;
	uint64_t i;

	need(ledger_find(s->l, PRODUCT, version, &i), "no such release");
	ledger_release(s->l, i, &when, &r);
	return r;
}
