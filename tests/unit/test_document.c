#include "eif/document.h"

#include "tests/unit/support_check.h"
#include "tests/unit/support_document.h"
#include "tests/unit/support_hex.h"

#define ANYWHERE UINT64_MAX /* behind what differs in length each time */
#define NOWHERE (UINT64_MAX - 1)

static void forms_both_with_and_without_tag_are_written_back_the_same(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct document_order o = document_order();
		owned(document_made_free) struct document_made m = {0};
		owned(buf_free) struct buf again = BUF(EIF_DOCUMENT_MAX);
		struct eif_document d;
		struct err e = {0};

		o.tagged = i & 1;
		o.endless = i & 2;
		o.nonce = (struct eif_document_data){true, bytes_str("nonce")};
		m = document_make(&o, NULL);
		assert_true(eif_document_read(m.document, &d, &e));
		check_no_err(&e);
		assert_true(d.message.tagged == o.tagged && d.endless == o.endless && d.es384);
		document_write(&again, &d);
		assert_true(bytes_equal(buf_bytes(&again), m.document));
	}
}

static void every_member_is_found(void **state)
{
	struct document_order o = document_order();
	owned(document_made_free) struct document_made m = {0};
	struct eif_document d;
	struct err e = {0};

	(void)state;
	o.user_data = (struct eif_document_data){true, bytes_str("")};
	o.public_key = (struct eif_document_data){true, bytes_str("key")};
	o.pcrs |= UINT32_C(1) << 31;
	m = document_make(&o, NULL);
	assert_true(eif_document_read(m.document, &d, &e));
	assert_true(bytes_equal(d.module_id, bytes_str(DOCUMENT_MODULE)));
	assert_int_equal(d.timestamp, DOCUMENT_TIME * 1000);
	for (unsigned i = 0; i < EIF_DOCUMENT_PCRS; i++) {
		assert_int_equal(d.pcr[i].n, o.pcrs >> i & 1 ? EIF_DOCUMENT_PCR : 0);
		if (d.pcr[i].n)
			assert_memory_equal(d.pcr[i].p, o.pcr[i], EIF_DOCUMENT_PCR);
	}
	assert_int_equal(d.n_cabundle, 4);
	assert_true(bytes_equal(d.cabundle[0], m.root));
	assert_true(bytes_equal(d.public_key.v, bytes_str("key")));
	assert_true(d.user_data.present && d.user_data.v.n == 0);
	assert_false(d.nonce.present);
}

static void a_member_that_is_left_out_is_absent(void **state)
{
	struct document_order o = document_order();
	owned(document_made_free) struct document_made m = document_make(&o, "no-optional-members");
	struct eif_document d;
	struct err e = {0};

	(void)state;
	assert_true(eif_document_read(m.document, &d, &e));
	assert_false(d.nonce.present);
}

struct refusal {
	const char *defect;
	uint64_t at;
	const char *text;
};

static const struct refusal refusals[] = {
	{"alg-duplicate", 6, "the protected header: a map key repeats the one at offset 3"},
	{"alg-long-spelling", 4,
	 "the protected header: the head of a negative integer has 3 bytes where 2 would do"},
	{"signature-der", ANYWHERE, "the signature has 102 bytes and must have 96"},
	{"signature-95", ANYWHERE, "the signature has 95 bytes and must have 96"},
	{"signature-97", ANYWHERE, "the signature has 97 bytes and must have 96"},
	{"unsigned", ANYWHERE, "the document is not signed, as emulators write them"},
	{"unsigned-payload", 0, "COSE_Sign1 is a map and must be an array"},
	{"tail", ANYWHERE, "1 byte stands behind the end of the CBOR item"},
	{"tag-17", 0, "the tag of COSE_Sign1 is 17 and must be 18"},
	{"tag-twice", 1, "COSE_Sign1 is a tag and must be an array"},
	{"array-of-3", 0, "COSE_Sign1 is an array of 3 and must be one of 4"},
	{"array-of-5", 0, "COSE_Sign1 is an array of 5 and must be one of 4"},
	{"array-long-head", 0, "the head of an array has 2 bytes where 1 would do"},
	{"array-endless", 0, "an array of indefinite length"},
	{"array-huge", 0,
	 "an array: a count of 18446744073709551615, where the bytes left allow 0"},
	{"payload-chunked", 7, "a byte string of indefinite length"},
	{"payload-long-head", 7, "the head of a byte string has 5 bytes where 3 would do"},
	{"payload-huge", 16, "byte string needs 18446744073709551615 bytes, 98 are left"},
	{"payload-nil", 7, "the payload is a simple value and must be a byte string"},
	{"payload-empty", 8, "the payload needs 1 byte, 0 are left"},
	{"payload-17k", 10, "the payload has 17000 bytes, 16384 may be"},
	{"payload-30k", NOWHERE, "the document has 30108 bytes, 20480 may be"},
	{"payload-tail", ANYWHERE, "1 byte stands behind the end of the payload"},
	{"payload-array", 8, "the payload is an array and must be a map"},
	{"empty", 0, "CBOR item needs 1 byte, 0 are left"},
	{"depth-bomb", 16, "nested deeper than 16 levels"},
	{"member-twice", ANYWHERE, "the payload has the member \"pcrs\" twice"},
	{"nonce-twice", ANYWHERE, "the payload has the member \"nonce\" twice"},
	{"member-unknown", ANYWHERE, "the payload has a member \"extra\", which is unknown"},
	{"member-number", ANYWHERE,
	 "a member's name is an unsigned integer and must be a text string"},
	{"member-bytes", 62, "a member's name is a byte string and must be a text string"},
	{"no-module-id", 10, "the payload has no member \"module_id\""},
	{"no-digest", 10, "the payload has no member \"digest\""},
	{"no-timestamp", 10, "the payload has no member \"timestamp\""},
	{"no-pcrs", 10, "the payload has no member \"pcrs\""},
	{"no-certificate", 10, "the payload has no member \"certificate\""},
	{"no-cabundle", 10, "the payload has no member \"cabundle\""},
	{"module-id-null", 21, "module_id is a simple value and must be a text string"},
	{"module-id-empty", 21, "module_id is empty"},
	{"module-id-bytes", 21, "module_id is a byte string and must be a text string"},
	{"module-id-not-utf8", 23, "module_id is not UTF-8"},
	{"module-id-257", 21, "module_id: a length of 257, which may be 256"},
	{"digest-sha256", 69, "digest is \"SHA256\" and must be \"SHA384\""},
	{"digest-number", 69, "digest is an unsigned integer and must be a text string"},
	{"timestamp-zero", 86, "timestamp is 0 and must be from 1 to 253402300799999"},
	{"timestamp-negative", 86,
	 "timestamp is a negative integer and must be an unsigned integer"},
	{"timestamp-float", 86, "timestamp is a float and must be an unsigned integer"},
	{"timestamp-text", 86, "timestamp is a text string and must be an unsigned integer"},
	{"timestamp-2-64", 86,
	 "timestamp is 18446744073709551615 and must be from 1 to 253402300799999"},
	{"timestamp-long-head", 86,
	 "timestamp: the head of an unsigned integer has 9 bytes where 1 would do"},
	{"pcrs-empty", 100, "pcrs is empty"},
	{"pcrs-array", 100, "pcrs is an array and must be a map"},
	{"pcrs-33", 100, "pcrs: a count of 33, which may be 32"},
	{"pcr-index-32", 101, "the index of a PCR is 32 and must be at most 31"},
	{"pcr-index-negative", 101,
	 "the index of a PCR is a negative integer and must be an unsigned integer"},
	{"pcr-index-text", 101,
	 "the index of a PCR is a text string and must be an unsigned integer"},
	{"pcr-index-long-head", 101,
	 "the index of a PCR: the head of an unsigned integer has 2 bytes where 1 would do"},
	{"pcr-twice", 152, "PCR0 stands there twice"},
	{"pcr-0-bytes", 102, "PCR0 has 0 bytes and must have 48"},
	{"pcr-32-bytes", 102, "PCR0 has 32 bytes and must have 48"},
	{"pcr-64-bytes", 102, "PCR0 has 64 bytes and must have 48"},
	{"pcr-null", 102, "a PCR is a simple value and must be a byte string"},
	{"certificate-null", 929, "certificate is a simple value and must be a byte string"},
	{"certificate-empty", 929, "certificate is empty"},
	{"certificate-1025", 929, "certificate: a length of 1025, which may be 1024"},
	{"cabundle-empty", ANYWHERE, "cabundle is empty"},
	{"cabundle-9", ANYWHERE, "cabundle: a count of 9, which may be 8"},
	{"cabundle-1025", ANYWHERE,
	 "a certificate of cabundle: a length of 1025, which may be 1024"},
	{"cabundle-empty-item", ANYWHERE, "a certificate of cabundle is empty"},
	{"public-key-empty", ANYWHERE, "public_key is empty"},
	{"public-key-1025", ANYWHERE, "public_key: a length of 1025, which may be 1024"},
	{"user-data-513", ANYWHERE, "user_data: a length of 513, which may be 512"},
	{"nonce-513", ANYWHERE, "nonce: a length of 513, which may be 512"},
	{"nonce-text", ANYWHERE, "nonce is a text string and must be a byte string"},
	{"nonce-endless", ANYWHERE, "nonce is a byte string of indefinite length"},
	{"nonce-huge", ANYWHERE, "nonce: a length of 18446744073709551615, which may be 512"},
	{"user-data-deep", ANYWHERE, "user_data is an array and must be a byte string"},
	{"leaf-p256", ANYWHERE, "the signature has 64 bytes and must have 96"},
};

static void every_refusal_says_what_and_where(void **state)
{
	struct document_order o = document_order();

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *r = &refusals[i];
		owned(document_made_free) struct document_made m = document_make(&o, r->defect);
		struct eif_document d = {.timestamp = 1};
		struct err e = {0};

		if (eif_document_read(m.document, &d, &e))
			fail_msg("%s was accepted", r->defect);
		check_err(&e, REASON_FORMAT, r->text);
		assert_true(e.at == (r->at != NOWHERE));
		if (e.at && r->at != ANYWHERE)
			assert_int_equal(e.offset, r->at);
		assert_int_equal(d.timestamp, 1);
	}
}

static void other_algorithms_are_read_and_told_apart(void **state)
{
	static const char *const defects[] = {
		"alg-es256",
		"alg-es512",
		"alg-eddsa",
		"alg-hmac",
		"alg-text",
		"alg-missing",
		"alg-nothing-protected",
		"alg-crit",
		"alg-unprotected-too",
	};
	struct document_order o = document_order();

	(void)state;
	for (size_t i = 0; i < COUNT(defects); i++) {
		owned(document_made_free) struct document_made m = document_make(&o, defects[i]);
		struct eif_document d;
		struct err e = {0};

		assert_true(eif_document_read(m.document, &d, &e));
		assert_false(d.es384);
	}
}

static void each_prefix_is_refused(void **state)
{
	struct document_order o = document_order();
	owned(document_made_free) struct document_made m = document_make(&o, NULL);

	(void)state;
	for (size_t n = 0; n < m.document.n; n++) {
		struct eif_document d;
		struct err e = {0};

		assert_false(eif_document_read(bytes_of(m.document.p, n), &d, &e));
		assert_int_equal(e.reason, REASON_FORMAT);
	}
}

struct guess {
	const char *hex;
	int bid;
};

static const struct guess guesses[] = {
	{"", 0},
	{"2e656966", 0}, /* an image */
	{"d901f5a1", 0}, /* a manifest */
	{"d28458", 0}, /* a signed one */
	{"d284 44a1013822 a0", 60},
	{"84 44a1013822 a0", 60},
	{"84 40", 10},
	{"d2 d2 d2", 0},
	{"a1 69 6d6f64756c655f6964", 50},
	{"d1 84 68 636162756e646c65", 90},
	{"02000000", 0}, /* a report */
	{"a0", 0},
	{"7b7d", 0},
};

static void what_is_meant_as_a_document_is_told_from_what_is_not(void **state)
{
	struct document_order o = document_order();
	owned(document_made_free) struct document_made m = document_make(&o, NULL);

	(void)state;
	assert_int_equal(eif_document_bid(m.document), 90);
	for (size_t i = 0; i < COUNT(guesses); i++) {
		owned(hexed_free) struct bytes x = hexed(guesses[i].hex);

		assert_int_equal(eif_document_bid(x), guesses[i].bid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_both_with_and_without_tag_are_written_back_the_same),
		cmocka_unit_test(every_member_is_found),
		cmocka_unit_test(a_member_that_is_left_out_is_absent),
		cmocka_unit_test(every_refusal_says_what_and_where),
		cmocka_unit_test(other_algorithms_are_read_and_told_apart),
		cmocka_unit_test(each_prefix_is_refused),
		cmocka_unit_test(what_is_meant_as_a_document_is_told_from_what_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
