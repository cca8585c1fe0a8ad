#include "reference-db/statement.h"

#include "measure/base/base64.h"
#include "measure/core/cbor.h"
#include "reference-db/statement_field.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_said.h"
#include "tests/unit/support_trust.h"

/* ---- withdraw */

static void a_withdrawal_is_read_as_it_is_written(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct buf a = BUF(STATEMENT_MAX), b = BUF(STATEMENT_MAX);
		struct withdraw w = said_withdraw("a/b/1", 1), read;
		struct err e = {0};

		w.replacement = bytes_str(i ? "2" : "");
		assert_true(withdraw_write(&w, &a, &e));
		assert_true(withdraw_read(&read, buf_bytes(&a), 0, &e));
		assert_true(digest_equal(&read.payload, &w.payload));
		assert_true(bytes_equal(read.id, w.id) && bytes_equal(read.reason, w.reason));
		assert_true(bytes_equal(read.replacement, w.replacement));
		assert_true(withdraw_write(&read, &b, &e));
		assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
		buf_free(&a);
		buf_free(&b);
	}
}

static void no_withdraw(struct withdraw w, const char *text)
{
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};

	assert_false(withdraw_write(&w, &out, &e));
	check_err(&e, REASON_STATEMENT, text);
	buf_free(&out);
}

static void a_withdrawal_that_says_nothing_sensible_is_none(void **state)
{
	static const char *const ids[] = {"a", "/a", "a/", "a/..", "a//b", "a/b\n", "a/\xff", ""};
	char long_text[STATEMENT_TEXT + 2];
	struct withdraw w = said_withdraw("a/1", 1);

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		w.id = bytes_str(ids[i]);
		no_withdraw(w, "the id is not PRODUCT/VERSION");
	}
	w.id = bytes_of("a/b\0c", 5);
	no_withdraw(w, "the id is not PRODUCT/VERSION");
	no_withdraw(said_withdraw("a/1", 0), "a digest is zero, or not SHA-256");
	w = said_withdraw("a/1", 1);
	memset(long_text, 'x', sizeof(long_text));
	w.reason = bytes_of(long_text, STATEMENT_TEXT + 1);
	no_withdraw(w, "the reason is not one line of 1 to 1024 bytes that can be shown");
	w.reason = bytes_str("two\nlines");
	no_withdraw(w, "the reason is not one line of 1 to 1024 bytes that can be shown");
	w = said_withdraw("a/1", 1);
	w.replacement = bytes_str("a/2");
	no_withdraw(w, "the replacement is no version");
	w.replacement = bytes_str("1");
	no_withdraw(w, "the replacement is what is withdrawn");
}

/* ---- release */

static void a_release_is_read_as_it_is_written(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct buf a = BUF(STATEMENT_MAX), b = BUF(STATEMENT_MAX);
		struct release r = said_release("a/b", "stable", "3"), read;
		struct err e = {0};

		r.minimum = bytes_str(i ? "2" : "");
		r.n = i ? 2 : 0;
		r.superseded[0] = bytes_str("1");
		r.superseded[1] = bytes_str("2");
		assert_true(release_write(&r, &a, &e));
		assert_true(release_read(&read, buf_bytes(&a), 0, &e));
		assert_true(bytes_equal(read.product, r.product) &&
			    bytes_equal(read.channel, r.channel) &&
			    bytes_equal(read.latest, r.latest) &&
			    bytes_equal(read.minimum, r.minimum));
		assert_int_equal(read.n, r.n);
		assert_true(release_write(&read, &b, &e));
		assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
		buf_free(&a);
		buf_free(&b);
	}
}

static void no_release(struct release r, const char *text)
{
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};

	assert_false(release_write(&r, &out, &e));
	check_err(&e, REASON_STATEMENT, text);
	buf_free(&out);
}

static void a_release_that_says_nothing_sensible_is_none(void **state)
{
	static const char *const channels[] = {"", "Stable", "-a", ".a", "a b", "a/b", "a\xc3\xa4"};
	struct release r;

	(void)state;
	no_release(said_release("/a", "stable", "1"), "the product is none");
	for (size_t i = 0; i < COUNT(channels); i++)
		no_release(said_release("a", channels[i], "1"),
			   "a channel is 1 to 64 lower-case letters, digits, hyphens and dots");
	no_release(said_release("a", "stable", "1/2"), "the latest version is none");
	r = said_release("a", "stable", "1");
	r.minimum = bytes_str("..");
	no_release(r, "the minimum version is none");
	r = said_release("a", "stable", "1");
	r.n = 1;
	r.superseded[0] = bytes_str("");
	no_release(r, "what is superseded is no version");
	r.superseded[0] = bytes_str("1");
	no_release(r, "the latest version is superseded");
	r.n = 2;
	r.superseded[0] = r.superseded[1] = bytes_str("0");
	no_release(r, "a superseded version stands twice, or not in its order");
	r.n = STATEMENT_SUPERSEDED + 1;
	no_release(r, "65 superseded versions, 64 are the most");
}

/* ---- keys */

static void keys_are_read_as_they_are_written_in_the_order_of_their_digests(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct buf a = BUF(STATEMENT_MAX), b = BUF(STATEMENT_MAX);
		struct keys k = said_keys(i + 1), read;
		struct trust_key swapped = k.trust->key[0];
		struct err e = {0};

		k.trust->key[0] = k.trust->key[1];
		k.trust->key[1] = swapped;
		k.trust->key[i].has_not_before = i;
		k.trust->key[i].not_before = 5;
		k.trust->key[i].has_not_after = true;
		k.trust->key[i].not_after = 9;
		assert_true(keys_write(&k, &a, &e));
		assert_true(keys_read(&read, buf_bytes(&a), 0, &e));
		check_no_err(&e);
		assert_int_equal(read.serial, k.serial);
		assert_int_equal(read.refresh_days, 90);
		assert_int_equal(read.trust->n, k.trust->n);
		assert_true(digest_equal(&read.before, &k.before));
		assert_int_equal(read.trust->rule[TRUST_ROOT].threshold, 2);
		assert_true(keys_write(&read, &b, &e));
		assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
		keys_free(&k);
		keys_free(&read);
		buf_free(&a);
		buf_free(&b);
	}
}

static void no_keys(struct keys k, const char *text)
{
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};

	assert_false(keys_write(&k, &out, &e));
	check_err(&e, REASON_STATEMENT, text);
	buf_free(&out);
	keys_free(&k);
}

static void keys_that_contradict_themselves_are_none(void **state)
{
	struct keys k;

	(void)state;
	no_keys(said_keys(0), "serial 0 is not from 1 to 4294967295");
	k = said_keys(1);
	k.before = said_digest(3);
	no_keys(k, "the first keys have none before them, and all others have");
	k = said_keys(2);
	k.before = said_digest(0);
	no_keys(k, "the first keys have none before them, and all others have");
	k = said_keys(2);
	k.before.len = 16;
	no_keys(k, "a digest is zero, or not SHA-256");
	k = said_keys(1);
	k.refresh_days = 3651;
	no_keys(k, "3651 days are promised, 3650 are the most");
	k = said_keys(1);
	k.trust->key[0].name[0] = '\0';
	no_keys(k, "the name of a key is none");
	k = said_keys(1);
	memcpy(k.trust->key[0].name, k.trust->key[1].name, sizeof(k.trust->key[0].name));
	no_keys(k, "the name 'bob' stands twice");
	k = said_keys(1);
	k.trust->key[0].roles = 0;
	no_keys(k, "the roles of key 'alice' are none");
	k = said_keys(1);
	k.trust->key[0].has_not_before = k.trust->key[0].has_not_after = true;
	k.trust->key[0].not_before = 9;
	k.trust->key[0].not_after = 5;
	no_keys(k, "key 'alice' would end before it begins");
	k = said_keys(1);
	k.trust->key[0].has_not_before = true;
	k.trust->key[0].not_before = -1;
	no_keys(k, "a time of key 'alice' is out of range");
}

static void thresholds_that_cannot_be_reached_are_none(void **state)
{
	struct keys k = said_keys(1);

	(void)state;
	k.trust->rule[TRUST_PUBLISHER].threshold = 2;
	no_keys(k, "the threshold of role 'publisher' is 2, and 1 keys have it");
	k = said_keys(1);
	k.trust->rule[TRUST_PUBLISHER].threshold = 0;
	no_keys(k, "the threshold of role 'publisher' is 0, and 1 keys have it");
	k = said_keys(1);
	k.trust->rule[TRUST_WITHDRAWER].threshold = 1;
	no_keys(k, "the threshold of role 'withdrawer' is 1, and 0 keys have it");
	k = said_keys(1);
	k.trust->key[0].roles = k.trust->key[1].roles = 1u << TRUST_PUBLISHER;
	k.trust->rule[TRUST_ROOT].threshold = 0;
	no_keys(k, "no key has the role 'root'");
}

/* One key under two names counts once: it may not even stand there. */
static void one_key_under_two_names_is_refused(void **state)
{
	struct buf out = BUF(STATEMENT_MAX);
	struct keys k = said_keys(1), read;
	struct err e = {0}, twice = {0};
	size_t at;

	(void)state;
	assert_true(keys_write(&k, &out, &e));
	/* the second key's name and SubjectPublicKeyInfo are as long as the first's */
	for (at = out.n - 1; memcmp(out.p + at, "\x58\x2c\x30\x2a", 4) != 0;)
		at--;
	for (size_t first = 0; first < at; first++)
		if (memcmp(out.p + first, "\x58\x2c\x30\x2a", 4) == 0) {
			memcpy(out.p + at, out.p + first, 46);
			break;
		}
	assert_false(keys_read(&read, buf_bytes(&out), 0, &twice));
	check_err(&twice, REASON_STATEMENT,
		  "a key stands twice, or not in the order of their digests");
	keys_free(&k);
	buf_free(&out);
}

static void a_statement_of_keys_is_of_keys_alone_each_of_them_once(void **state)
{
	struct buf out = BUF(STATEMENT_MAX), der = BUF(64);
	struct keys k = said_keys(1);
	struct err e = {0}, twice = {0};
	size_t bad;

	(void)state;
	k.trust->rule[TRUST_REBUILDER].n_ca = 1;
	assert_false(keys_write(&k, &out, &e));
	check_err(&e, REASON_STATEMENT, "a statement of keys names no CAs");
	k.trust->rule[TRUST_REBUILDER].n_ca = 0;
	pubkey_free(&k.trust->key[1].key);
	assert_true(base64_read(bytes_str(ALICE_SPKI), &der, &bad) &&
		    pubkey_read_spki(&k.trust->key[1].key, buf_bytes(&der), &twice));
	assert_false(keys_write(&k, &out, &twice));
	check_err(&twice, REASON_STATEMENT, "the key of 'bob' is that of 'alice'");
	keys_free(&k);
	buf_free(&der);
	buf_free(&out);
}

/* One key of root, whose members are put so, with thresholds for so many roles. */
struct bent {
	unsigned thresholds, members;
	struct bytes spki;
	unsigned extra; /* the number of a fourth member */
};

static void check_bent(const struct bent *b, const char *text)
{
	struct buf out = BUF(STATEMENT_MAX);
	const struct digest none = said_digest(0);
	struct keys k;
	struct err e = {0};

	field_put_form(&out, 6);
	cbor_put_uint(&out, 1);
	cbor_put_uint(&out, 1);
	field_put_digest(&out, 2, &none);
	cbor_put_uint(&out, 3);
	cbor_put_uint(&out, 0);
	cbor_put_uint(&out, 4);
	cbor_put_array(&out, b->thresholds);
	for (unsigned i = 0; i < b->thresholds; i++)
		cbor_put_uint(&out, i == TRUST_ROOT);
	cbor_put_uint(&out, 5);
	cbor_put_array(&out, 1);
	cbor_put_map(&out, b->members);
	field_put_text(&out, 0, bytes_str("a"));
	cbor_put_uint(&out, 1);
	cbor_put_bytes(&out, b->spki);
	if (b->members > 2) {
		cbor_put_uint(&out, 2);
		cbor_put_uint(&out, 1u << TRUST_ROOT);
	}
	if (b->members > 3) {
		cbor_put_uint(&out, b->extra);
		cbor_put_uint(&out, 5);
	}
	if (keys_read(&k, buf_bytes(&out), 0, &e))
		keys_free(&k);
	assert_string_equal(e.text, text);
	buf_free(&out);
}

static void a_key_is_written_in_one_way_alone(void **state)
{
	struct buf der = BUF(64);
	struct bytes alice;
	size_t bad;

	(void)state;
	assert_true(base64_read(bytes_str(ALICE_SPKI), &der, &bad));
	alice = buf_bytes(&der);
	check_bent(&(struct bent){4, 3, alice, 0}, "");
	check_bent(&(struct bent){4, 4, alice, 3}, "");
	check_bent(&(struct bent){4, 4, alice, 5}, "a key has no member 5");
	check_bent(&(struct bent){4, 2, alice, 0}, "a key needs 3 members, found 2");
	check_bent(&(struct bent){3, 3, alice, 0},
		   "thresholds is an array of 3 and must be one of 4");
	check_bent(&(struct bent){4, 3, bytes_of(alice.p, 43), 0},
		   "the key of 'a': no SubjectPublicKeyInfo in 43 bytes");
	buf_free(&der);
}

/* ---- members */

/* A map of members that are each the number 1, but for one. */
static void check_members(unsigned members, unsigned form, unsigned first, enum statement_kind kind,
			  const char *text)
{
	struct buf out = BUF(STATEMENT_MAX);
	struct withdraw w;
	struct release r;
	struct keys k;
	struct err e = {0};
	bool read;

	cbor_put_map(&out, members);
	for (unsigned i = first; i < first + members; i++) {
		cbor_put_uint(&out, i);
		cbor_put_uint(&out, i == 0 ? form : 1);
	}
	read = kind == STATEMENT_WITHDRAW  ? withdraw_read(&w, buf_bytes(&out), 0, &e)
	       : kind == STATEMENT_RELEASE ? release_read(&r, buf_bytes(&out), 0, &e)
					   : keys_read(&k, buf_bytes(&out), 0, &e);
	assert_false(read);
	assert_string_equal(e.text, text);
	buf_free(&out);
}

static void members_are_exactly_those_of_the_form(void **state)
{
	(void)state;
	check_members(5, 1, 0, STATEMENT_WITHDRAW,
		      "id is an unsigned integer and must be a text string");
	check_members(5, 2, 0, STATEMENT_WITHDRAW, "form 2 is unknown, 1 is known");
	check_members(4, 1, 0, STATEMENT_WITHDRAW, "the statement needs 5 members, found 4");
	check_members(6, 1, 0, STATEMENT_WITHDRAW, "the statement: a count of 6, which may be 5");
	check_members(5, 1, 1, STATEMENT_WITHDRAW, "form needs key 0, found 1");
	check_members(5, 1, 0, STATEMENT_RELEASE, "the statement needs 6 members, found 5");
	check_members(6, 1, 0, STATEMENT_RELEASE,
		      "product is an unsigned integer and must be a text string");
	check_members(5, 1, 0, STATEMENT_KEYS, "the statement needs 6 members, found 5");
	check_members(6, 1, 0, STATEMENT_KEYS,
		      "before is an unsigned integer and must be a byte string");
}

/* ---- signed */

static void check_open(struct buf *file, enum reason r, const char *text)
{
	struct statement st;
	struct err e = {0};
	bool opened = statement_open(&st, buf_bytes(file), &e);

	check_err(&e, r, text);
	assert_int_equal(opened, r == REASON_NONE);
	if (opened)
		statement_free(&st);
	buf_free(file);
}

static void a_statement_of_each_kind_is_known_by_its_content_type(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("ED25519");

	(void)state;
	for (unsigned i = 0; i < STATEMENT_KINDS; i++) {
		struct buf file = said_file(key, (enum statement_kind)i, (enum statement_kind)i);
		struct statement st;
		struct err e = {0};

		assert_true(statement_open(&st, buf_bytes(&file), &e));
		check_no_err(&e);
		assert_int_equal(st.kind, i);
		assert_int_equal(st.id.n > 0, i < STATEMENT_KEYS);
		assert_true(st.s.header.has_upon && st.s.header.upon.height == 7);
		statement_free(&st);
		buf_free(&file);
	}
}

/* The payload of every kind under the content type of every other. */
static void no_payload_is_taken_for_another_kinds(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("ED25519");
	unsigned tried = 0;

	(void)state;
	for (unsigned i = 0; i < STATEMENT_KINDS * STATEMENT_KINDS; i++) {
		unsigned as = i / STATEMENT_KINDS, is = i % STATEMENT_KINDS;
		struct buf file = said_file(key, (enum statement_kind)as, (enum statement_kind)is);
		struct statement st;
		struct err e = {0};

		if (as != is) {
			assert_false(statement_open(&st, buf_bytes(&file), &e));
			assert_int_equal(reason_class(e.reason), EXIT_CLASS_MALFORMED);
			tried++;
		}
		buf_free(&file);
	}
	assert_int_equal(tried, 20);
}

static void what_is_no_statement_of_a_database_is_refused(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("ED25519");
	struct buf payload = BUF(STATEMENT_MAX), file;
	struct withdraw w = said_withdraw("a/1", 1);
	struct err e = {0};

	(void)state;
	assert_true(withdraw_write(&w, &payload, &e));
	file = said_sign(key, &(struct said_terms){.content_type = "text/plain"},
			 buf_bytes(&payload));
	check_open(&file, REASON_CONTENT_TYPE,
		   "the content type is \"text/plain\", which no kind of statement has");
	file = said_sign(key,
			 &(struct said_terms){.content_type = CONTENT_WITHDRAW, .detached = true},
			 buf_bytes(&payload));
	check_open(&file, REASON_STATEMENT, "the statement is without its payload");
	buf_free(&payload);
}

static void a_manifest_of_no_version_of_a_product_is_none_of_a_database(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("ED25519");
	struct buf payload = said_manifest("a/b", "1", 0x33), file;
	uint8_t *id = memmem(payload.p, payload.n, "a/b/1", 5);

	(void)state;
	assert_non_null(id);
	id[4] = '2';
	file = said_sign(key, &(struct said_terms){.content_type = CONTENT_MANIFEST},
			 buf_bytes(&payload));
	check_open(&file, REASON_STATEMENT,
		   "the manifest does not say of which version of which product it is");
	buf_free(&payload);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_withdrawal_is_read_as_it_is_written),
		cmocka_unit_test(a_withdrawal_that_says_nothing_sensible_is_none),
		cmocka_unit_test(a_release_is_read_as_it_is_written),
		cmocka_unit_test(a_release_that_says_nothing_sensible_is_none),
		cmocka_unit_test(keys_are_read_as_they_are_written_in_the_order_of_their_digests),
		cmocka_unit_test(keys_that_contradict_themselves_are_none),
		cmocka_unit_test(thresholds_that_cannot_be_reached_are_none),
		cmocka_unit_test(one_key_under_two_names_is_refused),
		cmocka_unit_test(a_statement_of_keys_is_of_keys_alone_each_of_them_once),
		cmocka_unit_test(a_key_is_written_in_one_way_alone),
		cmocka_unit_test(members_are_exactly_those_of_the_form),
		cmocka_unit_test(a_statement_of_each_kind_is_known_by_its_content_type),
		cmocka_unit_test(no_payload_is_taken_for_another_kinds),
		cmocka_unit_test(what_is_no_statement_of_a_database_is_refused),
		cmocka_unit_test(a_manifest_of_no_version_of_a_product_is_none_of_a_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
