#include "reference-db/ledger.h"

#include <openssl/pem.h>

#include "tests/unit/support_chain.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_ledger.h"

/* A book whose trust file names one CA. */
struct firm {
	struct book b;
	struct chain_made ca;
};

static struct firm firm_new(unsigned roles, uint64_t threshold)
{
	static const struct chain_spec root[1] = {{.subject = "Root",
						   .constraints = "critical,CA:TRUE",
						   .usage = "critical,keyCertSign"}};
	struct firm f = {book_new(), chain_make(root, 1)};
	BIO *bio = BIO_new(BIO_s_mem());
	struct err e = {0};
	size_t used;
	char *p;
	long n;

	assert_int_equal(PEM_write_bio_X509(bio, f.ca.cert[0]), 1);
	n = BIO_get_mem_data(bio, &p);
	for (unsigned r = 0; r < TRUST_ROLES; r++) {
		struct trust_rule *rule = &f.b.trust->rule[r];

		if (!(roles >> r & 1))
			continue;
		assert_true(x509_read_pem_any(&rule->ca[0], bytes_of(p, (size_t)n), &used, &e));
		rule->n_ca = 1;
		rule->threshold = threshold;
	}
	BIO_free(bio);
	return f;
}

static void firm_free(struct firm *f)
{
	book_free(&f->b);
	chain_free(&f->ca);
}

/* Signed with a certificate of this subject; NULL: with none. */
static enum ledger_worth feed(struct firm *f, enum book_key k, const char *subject,
			      enum statement_kind kind, struct buf payload)
{
	const struct chain_spec spec[2] = {{.subject = subject}, {.subject = "Root"}};
	const struct chain_made keys = {.n = 2, .key = {f->b.key[k], f->ca.key[0]}};
	struct said_terms t = book_terms(&f->b, kind);
	enum ledger_worth worth;

	if (subject)
		t.cert = chain_issue(&keys, spec, 0, 1);
	worth = book_feed(&f->b, k, &t, payload).statement.worth;
	cert_free(&t.cert);
	return worth;
}

static enum ledger_worth manifest(struct firm *f, enum book_key k, const char *subject)
{
	return feed(f, k, subject, STATEMENT_MANIFEST, book_payload_manifest("1", 1));
}

static void one_subject_counts_once_whatever_its_keys(void **state)
{
	struct firm f = firm_new(1u << TRUST_PUBLISHER, 2);

	(void)state;
	book_begin(&f.b);
	assert_int_equal(manifest(&f, ALICE_KEY, "Alice"), LEDGER_COUNTS);
	assert_int_equal(manifest(&f, BOB_KEY, "Alice"), LEDGER_COUNTS);
	assert_int_equal(manifest(&f, CAROL_KEY, "ALICE"), LEDGER_COUNTS);
	assert_int_equal(manifest(&f, DAVE_KEY, NULL), LEDGER_UNKNOWN_KEY);
	assert_int_equal(book_look(&f.b, "1").publishers, 1);
	assert_false(book_look(&f.b, "1").published);
	feed(&f, ALICE_KEY, "Alice", STATEMENT_RELEASE, book_payload_release("1", "", NULL));
	feed(&f, BOB_KEY, "Alice", STATEMENT_RELEASE, book_payload_release("1", "", NULL));
	assert_false(book_look(&f.b, "1").latest);
	feed(&f, DAVE_KEY, "Dave", STATEMENT_RELEASE, book_payload_release("1", "", NULL));
	assert_true(book_look(&f.b, "1").latest);
	assert_int_equal(manifest(&f, DAVE_KEY, "Dave"), LEDGER_COUNTS);
	assert_int_equal(book_look(&f.b, "1").publishers, 2);
	assert_true(book_look(&f.b, "1").published);
	firm_free(&f);
}

static void a_key_that_is_named_and_certified_counts_once(void **state)
{
	struct firm f = firm_new(1u << TRUST_PUBLISHER, 2);

	(void)state;
	book_trust(&f.b, ALICE_KEY, 1u << TRUST_PUBLISHER);
	book_begin(&f.b);
	assert_int_equal(manifest(&f, ALICE_KEY, NULL), LEDGER_COUNTS);
	assert_int_equal(manifest(&f, ALICE_KEY, "Alice"), LEDGER_COUNTS);
	assert_int_equal(book_look(&f.b, "1").publishers, 1);
	firm_free(&f);
}

static void a_publisher_rebuilds_nothing_with_another_key(void **state)
{
	struct firm f = firm_new(1u << TRUST_PUBLISHER | 1u << TRUST_REBUILDER, 1);

	(void)state;
	book_begin(&f.b);
	manifest(&f, ALICE_KEY, "Alice");
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(feed(&f, BOB_KEY, i == 0 ? "Alice" : "Bob", STATEMENT_REBUILT,
				      book_payload_rebuilt("1", 1, REBUILT_EQUAL)),
				 LEDGER_COUNTS);
		/* the second makes Bob's key that of Alice as well: it is still hers */
		assert_int_equal(book_look(&f.b, "1").rebuilders, 0);
	}
	feed(&f, CAROL_KEY, "Carol", STATEMENT_REBUILT,
	     book_payload_rebuilt("1", 1, REBUILT_EQUAL));
	assert_int_equal(book_look(&f.b, "1").rebuilders, 1);
	firm_free(&f);
}

static void without_a_log_nobody_rebuilds_whose_ca_is_that_of_publishers(void **state)
{
	(void)state;
	for (unsigned shared = 0; shared < 2; shared++) {
		struct firm f = firm_new(1u << TRUST_REBUILDER | shared << TRUST_PUBLISHER, 1);

		book_trust(&f.b, ALICE_KEY, 1u << TRUST_PUBLISHER);
		book_begin(&f.b);
		f.b.l->apart = true;
		assert_int_equal(manifest(&f, ALICE_KEY, NULL), LEDGER_COUNTS);
		feed(&f, CAROL_KEY, "Carol", STATEMENT_REBUILT,
		     book_payload_rebuilt("1", 1, REBUILT_EQUAL));
		assert_int_equal(book_look(&f.b, "1").rebuilders, 1 - shared);
		firm_free(&f);
	}
}

static struct buf first_keys(struct firm *f, struct digest before, uint64_t serial)
{
	struct keys k = {.serial = serial, .before = before};
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};

	assert_true(trust_new(&k.trust, &e));
	book_add(k.trust, f->b.key[EVE_KEY], "eve", 1u << TRUST_ROOT);
	assert_true(keys_write(&k, &out, &e));
	keys_free(&k);
	return out;
}

static void certified_root_keys_make_the_first_keys_and_no_others(void **state)
{
	struct firm f = firm_new(1u << TRUST_ROOT, 2);
	struct digest none = said_digest(0), payload;
	uint64_t serial = 0;

	(void)state;
	book_begin(&f.b);
	assert_int_equal(feed(&f, EVE_KEY, NULL, STATEMENT_KEYS, first_keys(&f, none, 1)),
			 LEDGER_UNKNOWN_KEY);
	for (enum book_key k = ALICE_KEY; k < CAROL_KEY; k++)
		assert_int_equal(feed(&f, k, "Alice", STATEMENT_KEYS, first_keys(&f, none, 1)),
				 LEDGER_COUNTS);
	assert_false(ledger_keys(f.b.l, &serial, &payload));
	feed(&f, CAROL_KEY, "Carol", STATEMENT_KEYS, first_keys(&f, none, 1));
	assert_true(ledger_keys(f.b.l, &serial, &payload) && serial == 1);
	assert_int_equal(feed(&f, CAROL_KEY, "Carol", STATEMENT_KEYS, first_keys(&f, payload, 2)),
			 LEDGER_UNKNOWN_KEY);
	firm_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_subject_counts_once_whatever_its_keys),
		cmocka_unit_test(a_key_that_is_named_and_certified_counts_once),
		cmocka_unit_test(a_publisher_rebuilds_nothing_with_another_key),
		cmocka_unit_test(without_a_log_nobody_rebuilds_whose_ca_is_that_of_publishers),
		cmocka_unit_test(certified_root_keys_make_the_first_keys_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
