#include "measure/core/x509_crl.h"
#include "reference-db/collateral.h"
#include "reference-db/published.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_report.h"

/* ---- the form */

#define HEAD                                                                      \
	"67 7061796c6f6164 82 74 6170706c69636174696f6e2f72696d2b63626f72 41 70 " \
	"68 5f5f636d77635f74 76 75726e3a782d6d6561737572653a62756e646c653a31 "
#define SIG0 "6d 7369676e61747572652f303030 82 74 6170706c69636174696f6e2f72696d2b636f7365 41 73 "
#define AT0 "6e 636f6c6c61746572616c2f303030 82 "
#define AT1 "6e 636f6c6c61746572616c2f303031 82 "
#define CERT "75 6170706c69636174696f6e2f706b69782d63657274 "
#define LIST "74 6170706c69636174696f6e2f706b69782d63726c "

static const struct {
	const char *hex, *text;
} forms[] = {
	{"a3 " HEAD AT0 CERT "41 00", NULL},
	{"a3 " HEAD AT0 LIST "41 00", NULL},
	{"a4 " HEAD SIG0 AT0 CERT "41 00", NULL},
	{"a4 " HEAD AT0 LIST "41 00" AT1 CERT "41 01", NULL},
	{"a3 " HEAD AT0 "61 78 41 00", "collateral/000 is of type \"x\" and must be "
				       "\"application/pkix-cert\" or \"application/pkix-crl\""},
	{"a3 " HEAD AT1 CERT "41 00",
	 "member \"collateral/001\" stands where \"collateral/000\" must stand"},
	{"a4 " HEAD AT0 CERT "41 00" AT1 CERT "41 00",
	 "collateral/001 is the same as the one in front of it"},
	{"a4 " HEAD AT0 CERT "41 00" AT1 LIST "41 00",
	 "collateral/001 is the same as the one in front of it"},
	{"a4 " HEAD AT0 CERT "41 01" AT1 LIST "41 00",
	 "collateral/001 sorts before the one in front of it"},
};

static void collateral_has_one_order_and_two_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct bytes in = hexed(forms[i].hex);
		struct bundle b;
		struct err e = {0};

		assert_int_equal(bundle_read(in, 0, &b, &e), !forms[i].text);
		check_err(&e, forms[i].text ? REASON_BUNDLE : REASON_NONE,
			  forms[i].text ? forms[i].text : "");
		hexed_free(&in);
	}
}

/* So many members of one byte each, the collateral of `size` bytes. */
static struct buf many(size_t signatures, size_t collateral, size_t size)
{
	struct buf out = BUF(BUNDLE_MAX);
	static uint8_t content[BUNDLE_COLLATERAL_MAX + 1];
	static struct bundle b;
	static uint8_t byte[65];
	struct err e = {0};

	b = (struct bundle){.payload = bytes_str("p")};
	for (size_t i = 0; i < 65; i++)
		byte[i] = (uint8_t)i;
	for (size_t i = 0; i < signatures; i++)
		b.signatures.member[b.signatures.n++].bytes = bytes_of(&byte[i], 1);
	for (size_t i = 0; i < collateral; i++)
		b.collateral.member[b.collateral.n++] = (struct bundle_member){
			BUNDLE_CRL, size > 1 ? bytes_of(content, size) : bytes_of(&byte[i], 1), 0};
	assert_true(bundle_write(&out, &b, &e));
	return out;
}

static void there_is_room_for_64_of_each(void **state)
{
	struct buf full = many(64, 64, 1), large = many(0, 1, BUNDLE_COLLATERAL_MAX),
		   larger = many(0, 1, BUNDLE_COLLATERAL_MAX + 1);
	static struct bundle b;
	struct err e = {0};

	(void)state;
	assert_true(bundle_read(buf_bytes(&full), 0, &b, &e));
	assert_int_equal(b.signatures.n, 64);
	assert_int_equal(b.collateral.n, 64);
	assert_true(bundle_read(buf_bytes(&large), 0, &b, &e));
	assert_false(bundle_read(buf_bytes(&larger), 0, &b, &e));
	check_err(&e, REASON_CBOR, "collateral/000: a length of 65537, which may be 65536");
	buf_free(&full);
	buf_free(&large);
	buf_free(&larger);
}

/* The map may have as many members where there are fewer of the other kind. */
static void one_more_of_a_kind_is_refused(void **state)
{
	static const struct {
		const char *kind, *type, *text;
	} rows[] = {
		{"signature", "application/rim+cose",
		 "signature/064 is one more than the 64 there may be"},
		{"collateral", "application/pkix-crl",
		 "collateral/064 is one more than the 64 there may be"},
	};

	(void)state;
	for (size_t r = 0; r < COUNT(rows); r++) {
		struct buf out = BUF(BUNDLE_MAX);
		struct bytes head = hexed("b8 43 " HEAD);
		size_t n = strlen(rows[r].kind) + 4;
		static struct bundle b;
		struct err e = {0};

		buf_put(&out, head);
		for (unsigned i = 0; i < 65; i++) {
			buf_u8(&out, (uint8_t)(0x60 + n));
			buf_fmt(&out, "%s/%03u", rows[r].kind, i);
			buf_u8(&out, 0x82);
			buf_u8(&out, (uint8_t)(0x60 + strlen(rows[r].type)));
			buf_str(&out, rows[r].type);
			buf_u8(&out, 0x41);
			buf_u8(&out, (uint8_t)i);
		}
		assert_false(bundle_read(buf_bytes(&out), 0, &b, &e));
		check_err(&e, REASON_LIMIT, rows[r].text);
		hexed_free(&head);
		buf_free(&out);
	}
}

/* ---- the content */

static struct forged_report forged(void)
{
	struct forge_spec s = forge_spec("Milan", 3, false);

	return forge_report(&s);
}

/* A bundle without signatures, of this alone. */
static struct buf bundle_of(enum bundle_type type, struct bytes content)
{
	struct bundle b = {.payload = bytes_str("p")};
	struct buf out = BUF(BUNDLE_MAX);
	struct err e = {0};

	b.collateral.member[b.collateral.n++] = (struct bundle_member){type, content, 0};
	assert_true(bundle_write(&out, &b, &e));
	return out;
}

/* text: how it begins, before what a library says; or NULL. */
static void check_content(enum bundle_type type, struct bytes content, enum reason r,
			  const char *text)
{
	struct buf in = bundle_of(type, content);
	struct published p = {0};
	struct err e = {0};

	assert_int_equal(published_add_bytes(&p, &in, &e), r == REASON_NONE);
	assert_string_equal(reason_slug(e.reason), reason_slug(r));
	if (text && strncmp(e.text, text, strlen(text)) != 0)
		fail_msg("%s", e.text);
	assert_true(!text || (e.at && e.offset > 60));
	published_free(&p);
}

static void collateral_reads_as_what_its_type_says(void **state)
{
	struct forged_report f = forged();
	struct bytes cut = bytes_of(f.vek.p, f.vek.n - 1), short_list = bytes_of(f.crl.p, 40);
	struct bytes pem = bytes_str("-----BEGIN X509 CRL-----\n");

	(void)state;
	check_content(BUNDLE_CERTIFICATE, f.vek, REASON_NONE, NULL);
	check_content(BUNDLE_CERTIFICATE, f.ark, REASON_NONE, NULL);
	check_content(BUNDLE_CRL, f.crl, REASON_NONE, NULL);
	check_content(BUNDLE_CRL, f.vek, REASON_CRL,
		      "collateral/000: the file holds no revocation list");
	check_content(BUNDLE_CERTIFICATE, f.crl, REASON_CERTIFICATE, "collateral/000: ");
	check_content(BUNDLE_CERTIFICATE, cut, REASON_CERTIFICATE, "collateral/000: ");
	check_content(BUNDLE_CRL, short_list, REASON_CRL,
		      "collateral/000: the file holds no revocation list");
	check_content(BUNDLE_CRL, pem, REASON_CRL, "collateral/000: ");
	check_content(BUNDLE_CERTIFICATE, bytes_of(NULL, 0), REASON_CERTIFICATE,
		      "collateral/000: ");
	forged_report_free(&f);
}

static void every_truncation_of_a_bundle_with_collateral_is_refused(void **state)
{
	struct forged_report f = forged();
	struct buf whole = bundle_of(BUNDLE_CERTIFICATE, f.signer);

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		struct buf cut = BUF(BUNDLE_MAX);
		struct published p = {0};
		struct err e = {0};

		buf_put(&cut, bytes_of(whole.p, n));
		assert_false(published_add_bytes(&p, &cut, &e));
		published_free(&p);
	}
	buf_free(&whole);
	forged_report_free(&f);
}

/* ---- gathered */

static void add_file(struct bundle_set *s, struct bytes file, struct buf *der)
{
	struct err e = {0};

	*der = BUF(COLLATERAL_FILE_MAX);
	if (!collateral_read(s, file, der, &e))
		fail_msg("%s", e.text);
}

static struct buf written(const struct bundle_set *s)
{
	struct bundle b = {.payload = bytes_str("p"), .collateral = *s};
	struct buf out = BUF(BUNDLE_MAX);
	struct err e = {0};

	assert_true(bundle_write(&out, &b, &e));
	return out;
}

static void what_is_given_twice_stands_once_in_whatever_order(void **state)
{
	struct forged_report f = forged();
	struct bundle_set one = {0}, other = {0};
	struct buf der[8], a, b, again = BUF(BUNDLE_MAX);
	struct published p = {0};
	struct err e = {0};

	(void)state;
	add_file(&one, f.vek, &der[0]);
	add_file(&one, f.crl, &der[1]);
	add_file(&one, f.signer, &der[2]);
	add_file(&one, f.vek, &der[3]);
	assert_int_equal(one.n, 3);
	assert_int_equal(one.member[1].type, BUNDLE_CRL);
	add_file(&other, f.signer, &der[4]);
	add_file(&other, f.crl, &der[5]);
	add_file(&other, f.crl, &der[6]);
	add_file(&other, f.vek, &der[7]);
	a = written(&one);
	b = written(&other);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	assert_true(published_add_bytes(&p, &a, &e));
	assert_true(published_add_bytes(&p, &(struct buf){b.p, b.n, b.cap, b.max, b.failed}, &e));
	assert_int_equal(p.collateral.n, 3);
	assert_true(published_bundle(&p, &again, &e));
	assert_int_equal(again.n, p.file[0].n);
	assert_memory_equal(again.p, p.file[0].p, again.n);
	published_free(&p);
	buf_free(&again);
	for (size_t i = 0; i < COUNT(der); i++)
		buf_free(&der[i]);
	forged_report_free(&f);
}

static void more_than_there_is_room_for_is_no_collateral(void **state)
{
	struct bundle_set s = {.n = BUNDLE_COLLATERAL};
	struct bundle_member m = {.bytes = bytes_str("x")};
	struct err e = {0}, large = {0};

	(void)state;
	assert_false(collateral_add(&s, &m, &e));
	check_err(&e, REASON_LIMIT, "more than 64 certificates and revocation lists");
	m.bytes.n = BUNDLE_COLLATERAL_MAX + 1;
	s.n = 0;
	assert_false(collateral_add(&s, &m, &large));
	check_err(&large, REASON_LIMIT, "65537 bytes are over the limit of 65536 for collateral");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collateral_has_one_order_and_two_types),
		cmocka_unit_test(there_is_room_for_64_of_each),
		cmocka_unit_test(one_more_of_a_kind_is_refused),
		cmocka_unit_test(collateral_reads_as_what_its_type_says),
		cmocka_unit_test(every_truncation_of_a_bundle_with_collateral_is_refused),
		cmocka_unit_test(what_is_given_twice_stands_once_in_whatever_order),
		cmocka_unit_test(more_than_there_is_room_for_is_no_collateral),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
