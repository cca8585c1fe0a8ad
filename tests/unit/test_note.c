#include "reference-db/note.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_note.h"

#define DASH "\xe2\x80\x94 "
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define SIGNED DASH "a AAAAAQI=\n" /* four bytes of an id, and one more */

/* The example of signed-note v1.0.0. */
#define EXAMPLE_KEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define EXAMPLE_TEXT "This is an example message.\n"
#define EXAMPLE                                                                                 \
	EXAMPLE_TEXT "\n" DASH                                                                  \
		     "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1E" \
		     "RYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"

static void the_specification_s_example_is_signed_by_its_key(void **state)
{
	owned(note_key_free) struct note_key k = {0};
	owned(note_free) struct signed_note n = {0};
	owned(buf_free) struct buf again = BUF(4096);
	struct err e = {0};

	(void)state;
	assert_true(note_key_read(&k, bytes_str(EXAMPLE_KEY), &e));
	assert_int_equal(k.type, NOTE_ED25519);
	assert_true(note_read(&n, bytes_str(EXAMPLE), 0, &e));
	assert_int_equal(n.n, 1);
	assert_true(bytes_equal(n.text, bytes_str(EXAMPLE_TEXT)));
	assert_true(bytes_equal(n.line[0].name, k.name));
	assert_memory_equal(n.line[0].id, k.id, NOTE_ID);
	assert_true(note_verify(&k, n.text, n.line[0].signature, &e));
	assert_int_equal(note_time(&k, n.line[0].signature), 0);
	check_no_err(&e);
	note_key_put(&again, &k);
	assert_string_equal(buf_cstr(&again), EXAMPLE_KEY);
}

static void not_signed(const struct note_key *k, struct bytes text, struct bytes signature,
		       const char *why)
{
	struct err e = {0};

	assert_false(note_verify(k, text, signature, &e));
	check_err(&e, REASON_LOG_PROOF, why);
}

#define NOT_HELD "the signature in the name of this key does not hold"

static void a_cosignature_names_its_time_and_is_over_it(void **state)
{
	static const struct note_signer witness = {"w.example/1", 0x04, 7}, log = {"l", 0x01, 7};
	owned(buf_free) struct buf text = BUF(4096), raw = BUF(72), plain = BUF(72);
	owned(note_key_free) struct note_key k = {0}, other = {0};
	struct bytes body = bytes_str("o\n1\nr\n");
	struct err e = {0};

	(void)state;
	note_signer_vkey(&witness, &text);
	assert_true(note_key_read(&k, buf_bytes(&text), &e));
	note_signer_sign(&witness, body, 1790000000, &raw);
	assert_int_equal(note_time(&k, buf_bytes(&raw)), 1790000000);
	assert_true(note_verify(&k, body, buf_bytes(&raw), &e));
	check_no_err(&e);
	not_signed(&k, bytes_str("o\n2\nr\n"), buf_bytes(&raw), NOT_HELD);
	for (size_t i = 0; i < raw.n; i++) {
		raw.p[i] ^= 1;
		not_signed(&k, body, buf_bytes(&raw), NOT_HELD);
		raw.p[i] ^= 1;
	}
	note_signer_sign(&log, body, 0, &plain);
	not_signed(&k, body, buf_bytes(&plain), "the signature has 64 bytes and must have 72");
	not_signed(&k, body, bytes_of(raw.p, 7), "the signature has 7 bytes and must have 72");
	assert_int_equal(note_time(&k, bytes_of(raw.p, 7)), 0);
	buf_reset(&text);
	note_signer_vkey(&log, &text);
	assert_true(note_key_read(&other, buf_bytes(&text), &e));
	assert_true(note_verify(&other, body, buf_bytes(&plain), &e));
	not_signed(&other, body, buf_bytes(&raw), "the signature has 72 bytes and must have 64");
	not_signed(&other, body, bytes_of(raw.p + 8, 64), NOT_HELD);
}

static void a_key_that_is_not_written_as_one_is_refused(void **state)
{
	static const struct {
		const char *vkey, *text;
	} wrong[] = {
		{"", "a key is written NAME+ID+BASE64, not ''"},
		{"a+530d903a", "a key is written NAME+ID+BASE64, not 'a+530d903a'"},
		{"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		 "a key's name needs 1 to 255 bytes of UTF-8 without blanks"},
		{"a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		 "a key's name needs 1 to 255 bytes of UTF-8 without blanks"},
		{"a\xe2\x80\x89+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		 "a key's name needs 1 to 255 bytes of UTF-8 without blanks"},
		{"a\xff+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		 "a key's name needs 1 to 255 bytes of UTF-8 without blanks"},
		{"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
		 "the key is no base64 at its character 43"},
		{"example.com/foo+530d903a+", "the key is no base64 at its character 0"},
		{"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		 "the id is '530d903b', and that of this name and key is '530d903a'"},
		{"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		 "the id is '530D903A', and that of this name and key is '530d903a'"},
		{"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==",
		 "the key has 30 bytes and must have 32"},
		{"example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		 "the key is of type 0x02; read are 0x01 and 0x04, both Ed25519"},
		{"example.com/foo+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		 "the key is of type 0x06, ML-DSA-44; read are 0x01 and 0x04, both Ed25519"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct note_key k = {0};
		struct err e = {0};

		assert_false(note_key_read(&k, bytes_str(wrong[i].vkey), &e));
		check_err(&e, REASON_KEY, wrong[i].text);
		assert_null(k.key);
	}
}

/* Its order is 1: it would verify anything. */
static void a_point_of_small_order_is_no_key(void **state)
{
	struct note_key k = {0};
	struct err e = {0};

	(void)state;
	assert_false(note_key_read(
		&k, bytes_str("a+cae63997+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &e));
	assert_int_equal(e.reason, REASON_KEY);
	assert_string_equal(e.text,
			    "the key is a point of small order, or no number below the prime");
}

static void refuse(const char *note, uint64_t at, const char *text)
{
	struct signed_note n = {0};
	struct err e = {0};

	assert_false(note_read(&n, bytes_str(note), 1000, &e));
	check_err(&e, REASON_PROOF_FORM, text);
	assert_int_equal(e.offset, 1000 + at);
	assert_null(n.decoded.p);
}

static void a_note_of_another_form_is_refused_where_it_ends_to_be_one(void **state)
{
	(void)state;
	refuse("", 0, "a note ends with a newline, this one does not");
	refuse("a\n\n" DASH "a AAAAAQI=", 17, "a note ends with a newline, this one does not");
	refuse("a\r\n\n" SIGNED, 1, "byte 0x0d is a control character");
	refuse("a\tb\n\n" SIGNED, 1, "byte 0x09 is a control character");
	refuse("a\n\n" DASH "a\x1b AAAAAQI=\n", 8, "byte 0x1b is a control character");
	refuse("a\xc3\n\n" SIGNED, 1, "byte 0xc3 is not UTF-8");
	refuse("a\n" SIGNED, 0, "no empty line stands between a note's text and its signatures");
	refuse("a\n\n", 3, "the note has no signature");
	refuse("a\n\n- a AAAAAQI=\n", 3,
	       "a signature's line begins with a long dash and a blank, this one does not");
	refuse("a\n\n" SIGNED "b\n", 18,
	       "a signature's line begins with a long dash and a blank, this one does not");
	refuse("a\n\n" DASH " AAAAAQI=\n", 3,
	       "the name of a signature's key is empty, or has a plus or a blank");
	refuse("a\n\n" DASH "a+b AAAAAQI=\n", 3,
	       "the name of a signature's key is empty, or has a plus or a blank");
	refuse("a\n\n" DASH "a\xc2\xa0 AAAAAQI=\n", 3,
	       "the name of a signature's key is empty, or has a plus or a blank");
	refuse("a\n\n" DASH "a\n", 3, "a name without a signature");
	refuse("a\n\n" DASH "a AAAAAQI\n", 16, "the signature is no base64 here");
	refuse("a\n\n" DASH "a  AAAAAQI=\n", 9, "the signature is no base64 here");
	refuse("a\n\n" DASH "a AAAAAQI= \n", 16, "the signature is no base64 here");
	refuse("a\n\n" DASH "a AAAAAQ==\n", 3, "a signature of 4 bytes, and 5 is the least");
	refuse("a\n\n" DASH "a \n", 3, "a signature of 0 bytes, and 5 is the least");
}

static void the_text_ends_at_the_last_empty_line(void **state)
{
	owned(note_free) struct signed_note n = {0};
	struct err e = {0};

	(void)state;
	assert_true(note_read(&n, bytes_str("a\n\n" SIGNED "\n" SIGNED), 0, &e));
	assert_true(bytes_equal(n.text, bytes_str("a\n\n" SIGNED)));
	assert_int_equal(n.n, 1);
}

static struct buf note_with(size_t lines)
{
	struct buf out = BUF(NOTE_MAX + 1);

	buf_str(&out, "a\n\n");
	for (size_t i = 0; i < lines; i++)
		buf_str(&out, SIGNED);
	return out;
}

static void sixty_four_signatures_are_read_and_more_are_not(void **state)
{
	static const size_t some[] = {1, 16, 17, NOTE_LINES};

	(void)state;
	for (size_t i = 0; i < COUNT(some); i++) {
		owned(buf_free) struct buf text = note_with(some[i]);
		owned(note_free) struct signed_note n = {0};
		struct err e = {0};

		assert_true(note_read(&n, buf_bytes(&text), 0, &e));
		assert_int_equal(n.n, some[i]);
		assert_int_equal(n.line[n.n - 1].signature.n, 1);
		assert_int_equal(n.line[n.n - 1].signature.p[0], 2);
	}
	{
		owned(buf_free) struct buf text = note_with(NOTE_LINES + 1);
		struct signed_note n = {0};
		struct err e = {0};

		assert_false(note_read(&n, buf_bytes(&text), 0, &e));
		check_err(&e, REASON_LIMIT, "more than 64 signatures");
	}
}

static void a_note_that_is_too_long_is_refused(void **state)
{
	owned(buf_free) struct buf text = BUF(NOTE_MAX + 1);
	struct signed_note n = {0};
	struct err e = {0};

	(void)state;
	buf_zero(&text, NOTE_MAX + 1);
	assert_false(note_read(&n, buf_bytes(&text), 0, &e));
	check_err(&e, REASON_LIMIT, "262145 bytes are over the limit of 262144 for a note");
}

static void a_checkpoint_is_an_origin_a_size_and_a_root(void **state)
{
	struct checkpoint c = {0};
	struct err e = {0};

	(void)state;
	assert_true(checkpoint_read(&c, bytes_str("o p\n0\n" EMPTY_ROOT "\n"), 0, &e));
	assert_true(bytes_equal(c.origin, bytes_str("o p")));
	assert_int_equal(c.head.size, 0);
	assert_true(checkpoint_read(
		&c,
		bytes_str("o\n9223372036854775807\n" EMPTY_ROOT "\nan extension\nand another\n"), 0,
		&e));
	assert_int_equal(c.head.size, TLOG_SIZE_MAX);
	assert_int_equal(c.head.root.v[0], 0xe3);
	check_no_err(&e);
}

static void refuse_checkpoint(const char *note, uint64_t at, enum reason r, const char *text)
{
	struct checkpoint c = {0};
	struct err e = {0};

	assert_false(checkpoint_read(&c, bytes_str(note), 100, &e));
	check_err(&e, r, text);
	assert_int_equal(e.offset, 100 + at);
}

static void a_checkpoint_of_another_form_is_refused(void **state)
{
	static const char *const size[] = {"",	  "01", "-1",	    "+1",
					   " 1",  "1 ", "0x1",	    "18446744073709551616",
					   "1e3", "00", "\xd9\xa1", "111111111111111111111111111"};

	(void)state;
	for (size_t i = 0; i < COUNT(size); i++) {
		char text[128];

		snprintf(text, sizeof(text), "o\n%s\n" EMPTY_ROOT "\n", size[i]);
		refuse_checkpoint(text, 2, REASON_PROOF_FORM,
				  "the checkpoint's size is no decimal number");
	}
	refuse_checkpoint("\n1\n" EMPTY_ROOT "\n", 0, REASON_PROOF_FORM,
			  "the checkpoint names no origin");
	refuse_checkpoint("o\n", 2, REASON_PROOF_FORM,
			  "the checkpoint's size is no decimal number");
	refuse_checkpoint("o\n9223372036854775808\n" EMPTY_ROOT "\n", 2, REASON_LIMIT,
			  "the checkpoint's size 9223372036854775808 is over the limit of "
			  "9223372036854775807");
	refuse_checkpoint("o\n1\n", 4, REASON_PROOF_FORM,
			  "the checkpoint's root is no hash of 32 bytes in base64");
	refuse_checkpoint("o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n", 4,
			  REASON_PROOF_FORM,
			  "the checkpoint's root is no hash of 32 bytes in base64");
	refuse_checkpoint("o\n1\nAAAA\n", 4, REASON_PROOF_FORM,
			  "the checkpoint's root is no hash of 32 bytes in base64");
	refuse_checkpoint("o\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 4,
			  REASON_PROOF_FORM,
			  "the checkpoint is of no entries, and its root is not that of none");
	refuse_checkpoint("o\n1\n" EMPTY_ROOT "\nx\n\ny\n", 51, REASON_PROOF_FORM,
			  "the checkpoint has an empty line among its last ones");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_specification_s_example_is_signed_by_its_key),
		cmocka_unit_test(a_cosignature_names_its_time_and_is_over_it),
		cmocka_unit_test(a_key_that_is_not_written_as_one_is_refused),
		cmocka_unit_test(a_point_of_small_order_is_no_key),
		cmocka_unit_test(a_note_of_another_form_is_refused_where_it_ends_to_be_one),
		cmocka_unit_test(the_text_ends_at_the_last_empty_line),
		cmocka_unit_test(sixty_four_signatures_are_read_and_more_are_not),
		cmocka_unit_test(a_note_that_is_too_long_is_refused),
		cmocka_unit_test(a_checkpoint_is_an_origin_a_size_and_a_root),
		cmocka_unit_test(a_checkpoint_of_another_form_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
