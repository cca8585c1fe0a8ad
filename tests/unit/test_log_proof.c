#include "reference-db/log_proofs.h"

#include <stdio.h>

#include "reference-db/log_proof.h"
#include "reference-db/published.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_log.h"

/* A sound proof whose first piece `old` is `with` instead. */
struct change {
	struct log_spec spec;
	const char *old, *with;
	const char *text;
	enum reason reason;
};

static struct buf changed(const struct change *c)
{
	struct log_spec spec = c->spec;
	struct buf sound, out = BUF(1u << 20);
	const char *at;

	spec.file = bytes_str("f");
	sound = log_proof_make(&spec);
	at = strstr(buf_cstr(&sound), c->old);
	if (!at)
		fail_msg("'%s' does not stand in it", c->old);
	buf_put(&out, bytes_of(sound.p, (size_t)(at - buf_cstr(&sound))));
	buf_str(&out, c->with);
	buf_str(&out, at + strlen(c->old));
	buf_free(&sound);
	return out;
}

static void refuse(const struct change *c)
{
	owned(buf_free) struct buf in = changed(c);
	struct log_proof p = {0};
	struct err e = {0};

	if (log_proof_read(&p, buf_bytes(&in), 0, &e))
		fail_msg("'%s' is read", c->with);
	check_err(&e, c->reason ? c->reason : REASON_PROOF_FORM, c->text);
	assert_true(e.at && e.offset <= in.n);
	assert_null(p.room.p);
}

#define TLOG                   \
	{                      \
		.witnesses = 1 \
	}
#define SIGSUM                                       \
	{                                            \
		.form = LOG_SIGSUM_2, .witnesses = 3 \
	}
#define NO_LINE(name) "the proof does not say '" name "=' here"
#define WRONG(name) "the proof's '" name "' is not what it must be"

static void a_tlog_proof_of_another_form_is_refused(void **state)
{
	static const struct change wrong[] = {
		{TLOG, "@v1", "@v2", "the first line is that of no proof of publication", 0},
		{TLOG, "@v1\n", "@v1\r\n", "the first line is that of no proof of publication", 0},
		{TLOG, "index 5", "index", "the proof does not say \"index\" and a number here", 0},
		{TLOG, "index 5", "Index 5", "the proof does not say \"index\" and a number here",
		 0},
		{TLOG, "index 5", "index  5", "the index is no decimal number", 0},
		{TLOG, "index 5", "index 5 ", "the index is no decimal number", 0},
		{TLOG, "index 5", "index 5\r", "the index is no decimal number", 0},
		{TLOG, "index 5", "index -5", "the index is no decimal number", 0},
		{TLOG, "index 5", "index 18446744073709551616", "the index is no decimal number",
		 0},
		{TLOG, "index 5", "index 18446744073709551615",
		 "there is no entry 18446744073709551615 in a tree of 11", 0},
		{TLOG, "index 5", "index 11", "there is no entry 11 in a tree of 11", 0},
		{TLOG, "index 5", "index 8",
		 "the path has 4 hashes and must have 3 for entry 8 of 11", 0},
		{TLOG, "index", "extra AAE\nindex", "the extra data is no base64 here", 0},
		{TLOG, "index", "extra AAEC\nextra AAEC\nindex",
		 "the proof does not say \"index\" and a number here", 0},
		{TLOG, "=\n", "\n", "the path has no hash of 32 bytes in base64 here", 0},
		{TLOG, "index 5\n", "index 5\nAAEC\n",
		 "the path has no hash of 32 bytes in base64 here", 0},
		{TLOG, "index 5\n", "index 5\n\n", "the checkpoint's size is no decimal number", 0},
		{TLOG, "\n11\n", "\n011\n", "the checkpoint's size is no decimal number", 0},
		{TLOG, "\n11\n", "\n0\n",
		 "the checkpoint is of no entries, and its root is not that of none", 0},
		{TLOG, "\n11\n", "\n9223372036854775808\n",
		 "the checkpoint's size 9223372036854775808 is over the limit of "
		 "9223372036854775807",
		 REASON_LIMIT},
		{TLOG, "\n11\n", "\n11\r\n", "byte 0x0d is a control character", 0},
		{TLOG, "\n\nlog.example", "\n \nlog.example",
		 "the path has no hash of 32 bytes in base64 here", 0},
		{{.form = LOG_SPICY},
		 "index 5",
		 "extra AAEC\nindex 5",
		 "the first line is that of no proof of publication",
		 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		refuse(&wrong[i]);
}

static void a_sigsum_proof_of_another_form_is_refused(void **state)
{
	static const struct change wrong[] = {
		{SIGSUM, "version=2", "version=3",
		 "the proof is of version 3, and 1 and 2 are read", 0},
		{SIGSUM, "version=2", "version=02", WRONG("version"), 0},
		{SIGSUM, "version=2", "version=1", WRONG("leaf"), 0},
		{SIGSUM, "version=2", "version=2\r", WRONG("version"), 0},
		{SIGSUM, "log=", "Log=", NO_LINE("log"), 0},
		{SIGSUM, "log=", "log=0", WRONG("log"), 0},
		{SIGSUM, "log=", "log= ", WRONG("log"), 0},
		{SIGSUM, "leaf=", "leaf=aa ", WRONG("leaf"), 0},
		{SIGSUM, "leaf=", "leaf", NO_LINE("leaf"), 0},
		{SIGSUM, "\n\nsize", "\nsize", "the proof has no empty line here", 0},
		{SIGSUM, "\n\nsize", " \n\nsize", WRONG("leaf"), 0},
		{SIGSUM, "size=11", "size=011", WRONG("size"), 0},
		{SIGSUM, "size=11", "size=9223372036854775808", WRONG("size"), 0},
		{SIGSUM, "size=11", "size=1", "the proof goes on behind its end", 0},
		{SIGSUM, "size=11", "size=5", "there is no entry 5 in a tree of 5", 0},
		{SIGSUM, "root_hash=", "root_hash=g", WRONG("root_hash"), 0},
		{SIGSUM, "\nsignature=", "\nsignature=00", WRONG("signature"), 0},
		{SIGSUM, " 1789999000 ", " 01789999000 ", WRONG("cosignature"), 0},
		{SIGSUM, " 1789999000 ", " 9223372036854775808 ", WRONG("cosignature"), 0},
		{SIGSUM, " 1789999000 ", "  1789999000 ", WRONG("cosignature"), 0},
		{SIGSUM, " 1789999000 ", " 1789999000 00", WRONG("cosignature"), 0},
		{SIGSUM, "\ncosignature=", "\ncosig=", NO_LINE("cosignature"), 0},
		{SIGSUM, "leaf_index=5", "leaf_index=-5", WRONG("leaf_index"), 0},
		{SIGSUM, "leaf_index=5", "leaf_index=11", "there is no entry 11 in a tree of 11",
		 0},
		{SIGSUM, "leaf_index=5", "leaf_index=8",
		 "the path has 4 hashes and must have 3 for entry 8 of 11", 0},
		{SIGSUM, "node_hash=", "node_hash=00", WRONG("node_hash"), 0},
		{SIGSUM, "node_hash=", "\nnode_hash=", NO_LINE("node_hash"), 0},
		{{.form = LOG_SIGSUM_2, .size = 1},
		 "size=1\n",
		 "size=0\n",
		 "there is no entry 0 in a tree of 0",
		 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		refuse(&wrong[i]);
}

/* The second cosignature takes the name of the first. */
static void one_key_cosigns_a_sigsum_tree_once(void **state)
{
	owned(buf_free) struct buf in = log_proof_make(
		&(struct log_spec){.form = LOG_SIGSUM_2, .witnesses = 3, .file = bytes_str("f")});
	struct log_proof p = {0};
	struct err e = {0};
	char *first = strstr((char *)(uintptr_t)buf_cstr(&in), "cosignature="), *second;

	(void)state;
	assert_non_null(first);
	second = strstr(first + 1, "cosignature=");
	assert_non_null(second);
	memcpy(second, first, strlen("cosignature=") + 64);
	assert_false(log_proof_read(&p, buf_bytes(&in), 0, &e));
	check_err(&e, REASON_PROOF_FORM, "a second cosignature of one key");
}

static void no_more_than_sixty_four_sign_a_sigsum_tree(void **state)
{
	owned(buf_free) struct buf some =
		log_proof_make(&(struct log_spec){.form = LOG_SIGSUM_2, .file = bytes_str("f")});
	owned(buf_free) struct buf in = BUF(LOG_PROOF_MAX);
	const char *place = strstr(buf_cstr(&some), "\n\nleaf_index=");
	struct log_proof p = {0};
	struct err e = {0};
	uint64_t at = 0;

	(void)state;
	assert_non_null(place);
	buf_put(&in, bytes_of(some.p, (size_t)(place + 1 - buf_cstr(&some))));
	for (unsigned i = 1; i <= NOTE_LINES; i++) {
		at = in.n;
		buf_fmt(&in, "cosignature=%064x 1 %0128x\n", i, 0u);
	}
	buf_str(&in, place + 1);
	assert_false(log_proof_read(&p, buf_bytes(&in), 0, &e));
	check_err(&e, REASON_LIMIT, "more than 64 signatures");
	assert_int_equal(e.offset, at);
}

static void a_path_ends(void **state)
{
	static const char *const in[] = {"index 5\n",
					 "c2sp.org/tlog-proof@v1\nindex 5\n"
					 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(in); i++) {
		struct log_proof p = {0};
		struct err e = {0};

		assert_false(log_proof_read(&p, bytes_str(in[i]), 0, &e));
		check_err(&e, REASON_PROOF_FORM, "no empty line ends the path");
		assert_int_equal(e.offset, strlen(in[i]));
	}
}

static void every_proof_that_is_cut_short_is_refused(void **state)
{
	static const struct log_spec spec[] = {TLOG, SIGSUM, {.form = LOG_SPICY}};

	(void)state;
	for (size_t i = 0; i < COUNT(spec); i++) {
		struct log_spec one = spec[i];
		owned(buf_free) struct buf in = {0};
		size_t read = 0;

		one.file = bytes_str("f");
		in = log_proof_make(&one);
		for (size_t n = 0; n < in.n; n++) {
			uint8_t *exact = malloc(n ? n : 1);
			struct log_proof p = {0};
			struct err e = {0};

			assert_non_null(exact);
			memcpy(exact, in.p, n);
			read += log_proof_read(&p, bytes_of(exact, n), 0, &e);
			assert_true(p.n > 0 || (err_is(&e) && e.offset <= n));
			log_proof_free(&p);
			free(exact);
		}
		/* a note is whole after each of its signatures */
		assert_int_equal(read, one.form == LOG_TLOG ? 1 : 0);
	}
}

static void limits_are_held(void **state)
{
	owned(buf_free) struct buf large = BUF(LOG_PROOF_MAX + 1);
	struct log_proof p = {0};
	struct err e = {0}, end = {0};

	(void)state;
	buf_str(&large, "index ");
	buf_zero(&large, LOG_PROOF_MAX + 1 - large.n);
	assert_false(log_proof_read(&p, buf_bytes(&large), 0, &e));
	check_err(&e, REASON_LIMIT, "262145 bytes are over the limit of 262144 for a proof");
	assert_false(log_proof_read(&p, bytes_str("index 5"), 0, &end));
	check_err(&end, REASON_PROOF_FORM, "a proof ends with a newline, this one does not");
}

/* ---- in bundles */

static struct buf bundle_with(const struct log_spec *spec, size_t n)
{
	static struct bundle b;
	struct buf proof[BUNDLE_PROOFS + 1], out = BUF(BUNDLE_MAX);
	struct err e = {0};

	b = (struct bundle){.payload = bytes_str("p")};
	for (size_t i = 0; i < n; i++) {
		struct log_spec one = spec[0];

		one.file = bytes_str("f");
		one.changed = i;
		proof[i] = log_proof_make(&one);
		b.proofs.member[b.proofs.n++] =
			(struct bundle_member){BUNDLE_TLOG_PROOF, buf_bytes(&proof[i]), 0};
	}
	assert_true(bundle_write(&out, &b, &e));
	for (size_t i = 0; i < n; i++)
		buf_free(&proof[i]);
	return out;
}

static void sixteen_proofs_are_carried_and_more_are_not(void **state)
{
	static const struct log_spec spec = TLOG;
	struct buf most = bundle_with(&spec, BUNDLE_PROOFS),
		   more = bundle_with(&spec, BUNDLE_PROOFS + 1);
	static struct bundle b;
	static struct published p;
	struct err e = {0};

	(void)state;
	assert_true(bundle_read(buf_bytes(&most), 0, &b, &e));
	assert_int_equal(b.proofs.n, BUNDLE_PROOFS);
	assert_false(bundle_read(buf_bytes(&more), 0, &b, &e));
	check_err(&e, REASON_LIMIT, "proof/016 is one more than the 16 there may be");
	e = (struct err){0};
	assert_true(published_add_bytes(&p, &most, &e));
	assert_int_equal(p.proofs.n, BUNDLE_PROOFS);
	{
		struct log_spec other = TLOG;
		owned(buf_free) struct buf one = {0};

		other.file = bytes_str("g");
		one = log_proof_make(&other);
		assert_false(published_add_proof_bytes(&p, &one, &e));
		check_err(&e, REASON_LIMIT, "more than 16 proofs of publication");
	}
	published_free(&p);
	buf_free(&more);
}

static void a_member_is_of_the_form_that_its_type_says(void **state)
{
	static const struct log_spec spec = SIGSUM;
	struct buf wrong = bundle_with(&spec, 1);
	static struct published p;
	struct err e = {0};

	(void)state;
	assert_false(published_add_bytes(&p, &wrong, &e));
	check_err(&e, REASON_BUNDLE, "proof/000 is of another form than its type says");
	published_free(&p);
}

static void a_member_that_is_no_proof_is_refused_with_its_name(void **state)
{
	static struct bundle b;
	static struct published p;
	struct buf out = BUF(BUNDLE_MAX);
	struct err e = {0};

	(void)state;
	b = (struct bundle){.payload = bytes_str("p")};
	b.proofs.member[b.proofs.n++] =
		(struct bundle_member){BUNDLE_TLOG_PROOF, bytes_str("x\n"), 0};
	assert_true(bundle_write(&out, &b, &e));
	assert_false(published_add_bytes(&p, &out, &e));
	check_err(&e, REASON_PROOF_FORM,
		  "proof/000: the first line is that of no proof of publication");
	published_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tlog_proof_of_another_form_is_refused),
		cmocka_unit_test(a_sigsum_proof_of_another_form_is_refused),
		cmocka_unit_test(one_key_cosigns_a_sigsum_tree_once),
		cmocka_unit_test(no_more_than_sixty_four_sign_a_sigsum_tree),
		cmocka_unit_test(a_path_ends),
		cmocka_unit_test(every_proof_that_is_cut_short_is_refused),
		cmocka_unit_test(limits_are_held),
		cmocka_unit_test(sixteen_proofs_are_carried_and_more_are_not),
		cmocka_unit_test(a_member_is_of_the_form_that_its_type_says),
		cmocka_unit_test(a_member_that_is_no_proof_is_refused_with_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
