#include "reference-db/log_judge.h"

#include <stdio.h>

#include "reference-db/log_proof.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_log.h"
#include "tests/unit/support_scene.h"

#define ONE "    quorum w1\n"
#define TWO_OF_THREE "    group g 2 w1 w2 w3\n    quorum g\n"
#define NOBODY "    quorum none\n"

/* A manifest that one publisher signed, and whatever proofs are added. */
struct play {
	struct scene s;
	EVP_PKEY *key;
	struct buf file; /* as it is published */
};

static void play_free(struct play *p)
{
	scene_free(&p->s);
	cert_key_free(&p->key);
	buf_free(&p->file);
}

static void keep(struct play *p, const struct signature_spec *spec)
{
	struct buf file = signature_make(spec);
	struct err e = {0};

	buf_free(&p->file);
	p->file = BUF(1u << 20);
	buf_put(&p->file, buf_bytes(&file));
	assert_true(published_add_bytes(&p->s.published, &file, &e));
}

/* logs: the lines of a quorum, or NULL; require: what the trust file requires of logs, or NULL. */
static void play_begin(struct play *p, const char *logs, const char *require)
{
	struct buf text = BUF(TRUST_MAX);

	p->key = cert_key("ED25519");
	buf_str(&text, "version: 1\nkeys:\n");
	signature_trust(&text, "alice", p->key, "");
	buf_str(&text, "roles:\n  publisher:\n    threshold: 1\n");
	if (logs)
		log_trust(&text, logs);
	if (require)
		buf_fmt(&text, "require:\n  logs: %s\n", require);
	scene_trust(&p->s, &text);
	keep(p, &(struct signature_spec){.key = p->key});
}

static void prove(struct play *p, struct log_spec spec)
{
	struct err e = {0};
	struct buf proof;

	if (!spec.file.p)
		spec.file = buf_bytes(&p->file);
	proof = log_proof_make(&spec);
	if (!published_add_proof_bytes(&p->s.published, &proof, &e))
		fail_msg("%s", e.text);
	buf_free(&proof);
}

static void judge_at(struct play *p, bool asked, struct when when)
{
	struct judge j = {
		.trust = p->s.trust,
		.role = TRUST_PUBLISHER,
		.when = when,
		.verdict = &p->s.verdict,
		.judged = &p->s.judged,
	};
	struct err e = {0};

	p->s.verdict = (struct verdict){0};
	p->s.judged = (struct judged){0};
	assert_true(judge_signatures(&j, &p->s.published, &e));
	assert_true(log_judge(&j, &p->s.published, asked, &e));
	check_no_err(&e);
}

static void judge(struct play *p, bool asked)
{
	judge_at(p, asked, (struct when){CLOCK_AT, SCENE_NOW});
}

/* Check i from the end. */
static void check_last(const struct play *p, size_t i, const char *id, enum check_result result,
		       const char *detail)
{
	const struct check *c;

	assert_true(i < p->s.verdict.n);
	c = &p->s.verdict.check[p->s.verdict.n - 1 - i];
	assert_string_equal(c->detail, detail);
	assert_string_equal(c->id, id);
	assert_string_equal(check_result_name(c->result), check_result_name(result));
}

#define PUBLISHED "what was signed is published"
#define UNPUBLISHED "no proof counts that what was signed is published"

static void a_proof_of_every_form_is_a_yes(void **state)
{
	static const struct log_spec spec[] = {
		{.witnesses = 1},
		{.witnesses = 1, .form = LOG_SPICY},
		{.witnesses = 7, .extra = "extra AAECAw==\n"},
		{.witnesses = 1, .size = 1},
		{.witnesses = 1, .size = 1000, .index = 999},
		{.witnesses = 3, .defect = LOG_STRANGER},
		{.witnesses = 3, .defect = LOG_COLLISION},
		{.witnesses = 1, .defect = LOG_TWICE},
		{.witnesses = 1, .form = LOG_SIGSUM_2},
		{.witnesses = 1, .form = LOG_SIGSUM_1},
		{.witnesses = 1, .form = LOG_SIGSUM_2, .size = 1},
		{.witnesses = 1, .form = LOG_SIGSUM_2, .size = 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(spec); i++) {
		owned(play_free) struct play p = {0};

		play_begin(&p, ONE, "require");
		prove(&p, spec[i]);
		judge(&p, i % 2);
		check_last(&p, 0, "logs", CHECK_PASS, PUBLISHED);
		scene_yes(&p.s, true, REASON_NONE);
		assert_int_equal(p.s.judged.log_index, spec[i].size ? spec[i].index : 5);
	}
}

static void it_tells_log_entry_and_witnesses(void **state)
{
	owned(play_free) struct play p = {0};

	(void)state;
	play_begin(&p, TWO_OF_THREE, NULL);
	prove(&p, (struct log_spec){.witnesses = 5});
	judge(&p, false);
	check_last(&p, 1, "proof", CHECK_PASS,
		   LOG_NAME ": entry 5 of 11, in a tree that 2 known witnesses signed");
	assert_string_equal(p.s.judged.log, LOG_NAME);
}

static void too_few_witnesses_leave_it_undecided(void **state)
{
	static const struct log_spec spec[] = {
		{.witnesses = 0},
		{.witnesses = 2},
		{.witnesses = 1, .defect = LOG_TWICE},
		{.witnesses = 7, .no_time = true},
		{.witnesses = 7, .time = SCENE_NOW + 301},
		{.witnesses = 7, .time = UINT64_MAX},
		{.witnesses = 2, .form = LOG_SIGSUM_2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(spec); i++) {
		owned(play_free) struct play p = {0};

		play_begin(&p, TWO_OF_THREE, "require");
		prove(&p, spec[i]);
		judge(&p, false);
		check_last(&p, 0, "logs", CHECK_SKIP, UNPUBLISHED);
		scene_yes(&p.s, false, REASON_LOG_QUORUM);
		p.s.trust->require.logs = DEMAND_WARN;
		judge(&p, false);
		check_last(&p, 0, "logs", CHECK_WARN, UNPUBLISHED);
		scene_yes(&p.s, true, REASON_NONE);
	}
}

static void clocks_of_witnesses_may_be_a_little_ahead_and_archives_have_their_own(void **state)
{
	owned(play_free) struct play p = {0};

	(void)state;
	play_begin(&p, ONE, "require");
	prove(&p, (struct log_spec){.witnesses = 1, .time = SCENE_NOW + 300});
	judge(&p, false);
	scene_yes(&p.s, true, REASON_NONE);
	judge_at(&p, false, (struct when){CLOCK_AT, SCENE_NOW - 1});
	check_last(&p, 1, "proof", CHECK_WARN,
		   LOG_NAME
		   ": entry 5 of 11, but the 0 known witnesses that signed are not enough");
	scene_yes(&p.s, false, REASON_LOG_QUORUM);
	judge_at(&p, false, (struct when){CLOCK_NONE, 0});
	scene_yes(&p.s, true, REASON_NONE);
}

static void what_does_not_hold_fails_whatever_else_does(void **state)
{
	static const struct {
		struct log_spec spec;
		const char *detail;
	} wrong[] = {
		{{.witnesses = 3, .defect = LOG_BROKEN},
		 LOG_NAME ": the log: the signature in the name of this key does not hold"},
		{{.witnesses = 3, .defect = LOG_BROKEN_WITNESS},
		 LOG_NAME
		 ": the witness 'w1': the signature in the name of this key does not hold"},
		{{.witnesses = 3, .size = 12, .index = 5, .file = {(const uint8_t *)"another", 7}},
		 LOG_NAME ": entry 5 of 12 is none of the signed manifests here"},
		{{.witnesses = 3, .defect = LOG_OTHER_ENTRY},
		 LOG_NAME ": entry 5 of 11 is none of the signed manifests here"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		owned(play_free) struct play p = {0};

		play_begin(&p, ONE, i % 2 ? "require" : "ignore");
		prove(&p, (struct log_spec){.witnesses = 1});
		prove(&p, wrong[i].spec);
		judge(&p, false);
		check_last(&p, 1, "proof", CHECK_FAIL, wrong[i].detail);
		scene_yes(&p.s, false, REASON_LOG_PROOF);
	}
}

static void a_submitter_s_signature_is_looked_at(void **state)
{
	owned(play_free) struct play p = {0}, q = {0};
	const struct check *c;

	(void)state;
	play_begin(&p, ONE, "require");
	prove(&p,
	      (struct log_spec){.witnesses = 1, .form = LOG_SIGSUM_2, .defect = LOG_BROKEN_LEAF});
	judge(&p, false);
	c = &p.s.verdict.check[p.s.verdict.n - 2];
	assert_non_null(strstr(
		c->detail, ": the submitter: the signature in the name of this key does not hold"));
	scene_yes(&p.s, false, REASON_LOG_PROOF);
	play_begin(&q, ONE, "require");
	prove(&q, (struct log_spec){.witnesses = 1, .form = LOG_SIGSUM_2});
	note_key_free(&q.s.trust->logs.submitter[0].key);
	buf_free(&q.s.trust->logs.submitter[0].text);
	q.s.trust->logs.n = 0;
	judge(&q, false);
	c = &q.s.verdict.check[q.s.verdict.n - 2];
	assert_non_null(strstr(
		c->detail,
		": of a submitter that the trust file does not name; it counts for nothing"));
	assert_int_equal(c->result, CHECK_WARN);
	scene_yes(&q.s, false, REASON_NO_PROOF);
}

static void a_log_that_is_not_named_counts_for_nothing(void **state)
{
	owned(play_free) struct play p = {0};

	(void)state;
	play_begin(&p, NOBODY, "require");
	prove(&p, (struct log_spec){.witnesses = 7, .name = "other.example/log"});
	judge(&p, false);
	check_last(&p, 1, "proof", CHECK_WARN,
		   "other.example/log: of a log that the trust file does not name; it counts for "
		   "nothing");
	scene_yes(&p.s, false, REASON_NO_PROOF);
	prove(&p, (struct log_spec){.witnesses = 7, .name = LOG_NAME});
	judge(&p, false);
	scene_yes(&p.s, false, REASON_NO_PROOF);
	prove(&p, (struct log_spec){0});
	judge(&p, false);
	scene_yes(&p.s, true, REASON_NONE);
}

static void without_logs_in_the_trust_file_proofs_count_for_nothing(void **state)
{
	owned(play_free) struct play p = {0};

	(void)state;
	play_begin(&p, NULL, NULL);
	judge(&p, false);
	assert_string_equal(p.s.verdict.check[p.s.verdict.n - 1].id, "threshold");
	scene_yes(&p.s, true, REASON_NONE);
	prove(&p, (struct log_spec){.witnesses = 7});
	judge(&p, false);
	check_last(&p, 0, "proof", CHECK_WARN,
		   LOG_NAME ": the trust file names no log; it counts for nothing");
	scene_yes(&p.s, true, REASON_NONE);
	judge(&p, true);
	check_last(&p, 0, "logs", CHECK_SKIP, UNPUBLISHED);
	scene_yes(&p.s, false, REASON_NO_PROOF);
}

static void what_a_missing_proof_is_worth_is_said_by_the_trust_file(void **state)
{
	static const struct {
		const char *require;
		bool yes;
		enum reason reason;
	} row[] = {
		{"require", false, REASON_NO_PROOF},
		{"warn", true, REASON_NONE},
		{NULL, true, REASON_NONE},
		{"ignore", true, REASON_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		owned(play_free) struct play p = {0};

		play_begin(&p, NOBODY, row[i].require);
		judge(&p, false);
		assert_string_equal(p.s.verdict.check[p.s.verdict.n - 1].id,
				    i < 3 ? "logs" : "threshold");
		scene_yes(&p.s, row[i].yes, row[i].reason);
		judge(&p, true);
		scene_yes(&p.s, false, REASON_NO_PROOF);
	}
}

/* Who is no publisher may log what he likes. */
static void a_signature_that_does_not_count_is_not_made_to_by_its_proof(void **state)
{
	owned(play_free) struct play p = {0};
	owned(cert_key_free) EVP_PKEY *mallory = cert_key("ED25519");

	(void)state;
	play_begin(&p, NOBODY, "require");
	keep(&p, &(struct signature_spec){.key = mallory});
	prove(&p, (struct log_spec){0});
	judge(&p, false);
	check_last(&p, 1, "proof", CHECK_WARN,
		   LOG_NAME ": of a signature that does not count; it counts for nothing");
	scene_yes(&p.s, false, REASON_NO_PROOF);
	keep(&p, &(struct signature_spec){.key = p.key, .expires = SCENE_NOW + 9});
	prove(&p, (struct log_spec){.size = 12, .index = 3});
	judge(&p, false);
	scene_yes(&p.s, true, REASON_NONE);
}

static void two_trees_of_one_size_are_evidence(void **state)
{
	owned(play_free) struct play p = {0};
	const struct check *c;

	(void)state;
	play_begin(&p, ONE, NULL);
	prove(&p, (struct log_spec){.witnesses = 1});
	prove(&p, (struct log_spec){.witnesses = 1, .changed = 77});
	judge(&p, false);
	c = &p.s.verdict.check[p.s.verdict.n - 2];
	assert_string_equal(c->detail, LOG_NAME ": two trees of 11 entries have different roots");
	assert_int_equal(strlen(c->expected), 64);
	assert_int_equal(strlen(c->actual), 64);
	assert_string_not_equal(c->expected, c->actual);
	scene_yes(&p.s, false, REASON_LOG_SPLIT);
}

/* The reader of a log gives an entry two bytes for its length. */
static void a_long_file_is_an_entry_by_its_digest(void **state)
{
	static const size_t size[] = {65535, 65536, 100000};

	(void)state;
	for (size_t i = 0; i < COUNT(size); i++) {
		owned(buf_free) struct buf file = BUF(1u << 20), proof = {0};
		owned(log_proof_free) struct log_proof read = {0};
		struct log_entry entry;
		struct err e = {0};

		buf_zero(&file, size[i]);
		proof = log_proof_make(&(struct log_spec){.file = buf_bytes(&file)});
		assert_true(log_proof_read(&read, buf_bytes(&proof), 0, &e));
		assert_true(log_entry_of(buf_bytes(&file), &entry, &e));
		assert_true(log_proof_finds(&read, &entry, &e));
		file.p[0] ^= 1;
		assert_true(log_entry_of(buf_bytes(&file), &entry, &e));
		assert_false(log_proof_finds(&read, &entry, &e));
		check_err(&e, REASON_LOG_PROOF, "its path leads to another root than the tree has");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proof_of_every_form_is_a_yes),
		cmocka_unit_test(it_tells_log_entry_and_witnesses),
		cmocka_unit_test(too_few_witnesses_leave_it_undecided),
		cmocka_unit_test(
			clocks_of_witnesses_may_be_a_little_ahead_and_archives_have_their_own),
		cmocka_unit_test(what_does_not_hold_fails_whatever_else_does),
		cmocka_unit_test(a_submitter_s_signature_is_looked_at),
		cmocka_unit_test(a_log_that_is_not_named_counts_for_nothing),
		cmocka_unit_test(without_logs_in_the_trust_file_proofs_count_for_nothing),
		cmocka_unit_test(what_a_missing_proof_is_worth_is_said_by_the_trust_file),
		cmocka_unit_test(a_signature_that_does_not_count_is_not_made_to_by_its_proof),
		cmocka_unit_test(two_trees_of_one_size_are_evidence),
		cmocka_unit_test(a_long_file_is_an_entry_by_its_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
