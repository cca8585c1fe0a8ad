#include "reference-db/trust_logs.h"

#include <stdio.h>

#include "reference-db/trust.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_log.h"

static void put_submitter(struct buf *out, uint8_t type, uint8_t seed)
{
	buf_str(out, "    - ");
	note_signer_vkey(&(struct note_signer){"submitter", type, seed}, out);
	buf_str(out, "\n");
}

/* A file of logs and one submitter, whose list its end is. */
static struct buf begun(void)
{
	struct buf text = BUF(TRUST_MAX);

	buf_str(&text, "version: 1\n");
	log_trust(&text, "    quorum none\n");
	return text;
}

static unsigned lines(const struct buf *text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text->n; i++)
		n += text->p[i] == '\n';
	return n;
}

static void check_refused(struct buf *text, enum reason r, const char *why)
{
	struct trust *t = NULL;
	struct err e = {0};
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "line %u: a submitter: %s", lines(text), why);
	assert_false(trust_parse(&t, buf_bytes(text), &e));
	check_err(&e, r, wanted);
	assert_null(t);
	buf_free(text);
}

static void a_submitter_s_key_signs_entries_and_stands_once(void **state)
{
	struct buf witness = begun(), twice = begun(), word = begun();

	(void)state;
	put_submitter(&witness, NOTE_COSIGNATURE, 200);
	check_refused(&witness, REASON_TRUST, "the key is of type 0x04 and must be of 0x01");
	put_submitter(&twice, NOTE_ED25519, 200);
	put_submitter(&twice, NOTE_ED25519, 200);
	check_refused(&twice, REASON_TRUST, "the key stands twice");
	buf_str(&word, "    - alice\n");
	check_refused(&word, REASON_TRUST, "a key is written NAME+ID+BASE64, not 'alice'");
}

static void so_many_submitters_are_read_and_no_more(void **state)
{
	struct buf text = begun();
	struct trust *t = NULL;
	struct err e = {0};

	(void)state;
	for (uint8_t i = 1; i < TRUST_SUBMITTERS; i++)
		put_submitter(&text, NOTE_ED25519, (uint8_t)(100 + i));
	assert_true(trust_parse(&t, buf_bytes(&text), &e));
	check_no_err(&e);
	assert_int_equal(t->logs.n, TRUST_SUBMITTERS);
	trust_free(&t);
	put_submitter(&text, NOTE_ED25519, 100);
	check_refused(&text, REASON_LIMIT, "more than 64 submitters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_submitter_s_key_signs_entries_and_stands_once),
		cmocka_unit_test(so_many_submitters_are_read_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
