#include "measure/core/x509.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/json.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"

static struct bytes shown(X509 *made, EVP_PKEY *key, struct buf *out,
			  void (*show)(const struct x509 *, struct json_out *))
{
	owned(cert_text_free) char *pem = NULL;
	owned(x509_free) struct x509 *x = NULL;
	struct json_out w = json_out(out, true);
	struct err e = {0};
	size_t used;

	cert_sign(made, key);
	pem = cert_pem(made);
	assert_true(x509_read_pem(&x, bytes_str(pem), &used, &e));
	buf_reset(out);
	show(x, &w);
	assert_true(buf_done(out, "JSON", &e));
	return buf_bytes(out);
}

static void our_json_tells_names_times_key_and_digest(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-521");
	owned(cert_free) X509 *made = cert_new(key);
	owned(buf_free) struct buf out = BUF(65536);
	uint8_t digest[32];
	char hex[65], *want = NULL;
	X509_NAME *subject = X509_get_subject_name(made);

	(void)state;
	cert_name_add(subject, "O", V_ASN1_UTF8STRING, "M\xc3\xbcller, \"S\xc3\xb6hne\" + Co\n");
	cert_name_add(subject, "1.2.3.4", V_ASN1_PRINTABLESTRING, "x");
	shown(made, key, &out, x509_json);
	assert_int_equal(X509_digest(made, EVP_sha256(), digest, NULL), 1);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	assert_true(
		asprintf(
			&want,
			"{\n"
			"  \"subject\": \"1.2.3.4=#130178,O=M\xc3\xbcller\\\\, \\\\\\\"S\xc3\xb6hne"
			"\\\\\\\" \\\\+ Co\\\\0A,CN=test\",\n"
			"  \"issuer\": \"CN=test\",\n"
			"  \"serial\": \"1234\",\n"
			"  \"not_before\": \"2020-01-01T00:00:00Z\",\n"
			"  \"not_after\": \"2049-12-31T23:59:59Z\",\n"
			"  \"key\": \"P-521\",\n"
			"  \"sha256\": \"%s\"\n"
			"}",
			hex) > 0);
	assert_string_equal(buf_cstr(&out), want);
	free(want);
}

static void a_negative_serial_keeps_its_sign(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");
	owned(cert_free) X509 *made = cert_new(key);
	owned(buf_free) struct buf out = BUF(65536);

	(void)state;
	ASN1_INTEGER_set(X509_get_serialNumber(made), -200);
	shown(made, key, &out, x509_json);
	assert_non_null(strstr(buf_cstr(&out), "\"serial\": \"-c8\""));
}

/*
 * The issuer's part of what nitro-cli prints; the rest is compared with a peer's output elsewhere.
 */
static void check_issuer(X509 *made, EVP_PKEY *key, const char *want)
{
	owned(buf_free) struct buf out = BUF(65536);
	char *end;

	shown(made, key, &out, x509_json_nitro_cli);
	assert_non_null(buf_cstr(&out));
	end = strstr((char *)out.p, "\n  },\n  \"Algorithm\"");
	assert_non_null(end);
	*end = '\0';
	assert_string_equal((char *)out.p, want);
}

static void nitro_clis_issuer_is_a_sorted_map_in_which_the_last_of_equals_stays(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");
	owned(cert_free) X509 *made = cert_new(key);
	X509_NAME *n = X509_get_issuer_name(made);

	(void)state;
	cert_name_add(n, "OU", V_ASN1_UTF8STRING, "one");
	cert_name_add(n, "C", V_ASN1_PRINTABLESTRING, "XY");
	cert_name_add(n, "OU", V_ASN1_UTF8STRING, "two");
	cert_name_add(n, "1.2.840.99999", V_ASN1_IA5STRING, "dotted");
	cert_name_add(n, "emailAddress", V_ASN1_IA5STRING, "a@b");
	check_issuer(made, key,
		     "{\n  \"IssuerName\": {\n"
		     "    \"1.2.840.99999\": \"dotted\",\n"
		     "    \"commonName\": \"test\",\n"
		     "    \"countryName\": \"XY\",\n"
		     "    \"emailAddress\": \"a@b\",\n"
		     "    \"organizationalUnitName\": \"two\"");
}

/* Debug text loses its quotes, also the escaped ones; then JSON escapes what is left. */
static void nitro_clis_values_are_rusts_debug_text_without_quotes(void **state)
{
	static const char *const value[][2] = {
		{"a \"b\" c", "a \\\\b\\\\ c"},
		{"back\\slash", "back\\\\\\\\slash"},
		{"line\nend\ttab\r", "line\\\\nend\\\\ttab\\\\r"},
		{"\x01\x7f", "\\\\u{1}\\\\u{7f}"},
		{"caf\xc3\xa9", "caf\xc3\xa9"},
		{"cafe\xcc\x81", "cafe\\\\u{301}"},
		{"\xc2\xa0\xe2\x80\xa8", "\\\\u{a0}\\\\u{2028}"},
		{"it's", "it's"},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
	};
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");

	(void)state;
	for (size_t i = 0; i < COUNT(value); i++) {
		owned(cert_free) X509 *made = cert_new(key);
		char *want = NULL;

		cert_name_add(X509_get_issuer_name(made), "CN", V_ASN1_UTF8STRING, value[i][0]);
		assert_true(asprintf(&want, "{\n  \"IssuerName\": {\n    \"commonName\": \"%s\"",
				     value[i][1]) > 0);
		check_issuer(made, key, want);
		free(want);
	}
}

static void nitro_clis_values_end_at_a_nul_and_other_string_types_become_utf8(void **state)
{
	static const unsigned char bmp[] = {0x00, 'h', 0x00, 0xe9, 0x20, 0xac};
	static const unsigned char nul[] = {'a', 0, 'b'};
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");
	owned(cert_free) X509 *made = cert_new(key);
	X509_NAME *n = X509_get_issuer_name(made);

	(void)state;
	assert_int_equal(
		X509_NAME_add_entry_by_txt(n, "O", V_ASN1_BMPSTRING, bmp, sizeof(bmp), -1, 0), 1);
	assert_int_equal(
		X509_NAME_add_entry_by_txt(n, "L", V_ASN1_UTF8STRING, nul, sizeof(nul), -1, 0), 1);
	assert_int_equal(
		X509_NAME_add_entry_by_txt(n, "ST", V_ASN1_BIT_STRING, nul, sizeof(nul), -1, 0), 1);
	check_issuer(made, key,
		     "{\n  \"IssuerName\": {\n"
		     "    \"commonName\": \"test\",\n"
		     "    \"localityName\": \"a\",\n"
		     "    \"organizationName\": \"h\xc3\xa9\xe2\x82\xac\",\n"
		     "    \"stateOrProvinceName\": \"error\"");
}

/*
 * Room for 80 bytes with their NUL: 79 are printed, then dots; of exactly 80 the last is the NUL.
 */
static void an_oid_of_80_characters_and_more_is_cut_as_the_peer_cuts_it(void **state)
{
	static const char oid[] = "1.2.99999999.99999999.99999999.99999999.99999999.99999999."
				  "99999999.99999999.12";
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");

	(void)state;
	for (size_t extra = 0; extra < 3; extra++) {
		owned(cert_free) X509 *made = cert_new(key);
		char *field = NULL, *want = NULL;
		size_t n = strlen(oid) + 1 + extra;

		assert_int_equal(strlen(oid), 80 - 1 - 1);
		assert_true(asprintf(&field, "%s%.*s", oid, (int)extra + 1, "567") > 0);
		cert_name_add(X509_get_issuer_name(made), field, V_ASN1_UTF8STRING, "x");
		assert_true(asprintf(&want,
				     "{\n  \"IssuerName\": {\n    \"%.79s%s\": \"x\",\n"
				     "    \"commonName\": \"test\"",
				     field,
				     n < 80    ? ""
				     : n == 80 ? "\\u0000"
					       : "...") > 0);
		check_issuer(made, key, want);
		free(field);
		free(want);
	}
}

static void nitro_clis_other_fields_are_as_openssl_prints_them(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");
	owned(cert_free) X509 *made = cert_new(key);
	owned(buf_free) struct buf out = BUF(65536), want = BUF(65536);
	const ASN1_BIT_STRING *bits = NULL;

	(void)state;
	shown(made, key, &out, x509_json_nitro_cli);
	X509_get0_signature(&bits, NULL, made);
	buf_str(&want, "{\n  \"IssuerName\": {\n    \"commonName\": \"test\"\n  },\n"
		       "  \"Algorithm\": \"ecdsa-with-SHA256\",\n"
		       "  \"NotBefore\": \"Jan  1 00:00:00 2020 GMT\",\n"
		       "  \"NotAfter\": \"Dec 31 23:59:59 2049 GMT\",\n  \"Signature\": \"");
	for (int i = 0; i < bits->length; i++)
		buf_fmt(&want, "%s%02X", i ? ":" : "", bits->data[i]);
	buf_str(&want, "\"\n}");
	assert_string_equal(buf_cstr(&out), buf_cstr(&want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_json_tells_names_times_key_and_digest),
		cmocka_unit_test(a_negative_serial_keeps_its_sign),
		cmocka_unit_test(
			nitro_clis_issuer_is_a_sorted_map_in_which_the_last_of_equals_stays),
		cmocka_unit_test(nitro_clis_values_are_rusts_debug_text_without_quotes),
		cmocka_unit_test(nitro_clis_values_end_at_a_nul_and_other_string_types_become_utf8),
		cmocka_unit_test(an_oid_of_80_characters_and_more_is_cut_as_the_peer_cuts_it),
		cmocka_unit_test(nitro_clis_other_fields_are_as_openssl_prints_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
