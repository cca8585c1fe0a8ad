#include <stdio.h>
#include <stdlib.h>

#include "measure/core/x509_field.h"
#include "ovmf-snp/claims.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_report.h"

extern const struct evidence_format ovmf_snp_evidence;

static struct claims *claims_of(const struct forge_spec *s)
{
	struct forged_report f = forge_report(s);
	struct evidence_files ark = {.n = 1, .file = {{"ark", f.ark}}};
	struct evidence_request q = {.evidence = f.extended, .when = {CLOCK_NONE, 0}, .ark = &ark};
	struct claims *c = NULL;
	struct verdict v = {0};
	struct err e = {0};

	assert_true(ovmf_snp_evidence.authenticate(&q, &c, &v, &e));
	assert_true(verdict_decide(&v, &e));
	forged_report_free(&f);
	return c;
}

#define H8(x) x x x x x x x x

static void claims_are_told_by_the_names_of_the_specification(void **state)
{
	struct forge_spec s = forge_spec("Turin", 5, true);
	owned(buf_free) struct buf out = BUF(1u << 16);
	owned(claims_free) struct claims *c = NULL;

	(void)state;
	s.r.platform_info = 0x65;
	s.r.policy |= SNP_POLICY_SMT | 0x11f;
	c = claims_of(&s);
	snp_claims_text(c, &out);
	assert_string_equal(buf_cstr(&out),
			    "VERSION              5\n"
			    "MEASUREMENT          " H8("4d4d4d4d4d4d") "\n"
								       "REPORT_DATA          " H8(
									       "5252525252525252") "\n"
												   "HOST_DATA            " H8("00000000") "\n"
																	  "VMPL                 0\n"
																	  "POLICY               0x3011f SMT\n"
																	  "least ABI            1.31\n"
																	  "GUEST_SVN            0\n"
																	  "FAMILY_ID            " H8("0000") "\n"
																					     "IMAGE_ID             " H8("0000") "\n"
																										"ID_KEY_DIGEST        " H8("000000000000") "\n"
																															   "REPORT_ID            " H8("00000000") "\n"
																																				  "REPORT_ID_MA         " H8(
																																					  "ffffffff") "\n"
																																						      "product              Turin\n"
																																						      "CPUID                family 0x1a, model 0x02, stepping 1\n"
																																						      "SIGNING_KEY          VLEK\n"
																																						      "provider             CN=cc-eu-west-1.amazonaws.com\n"
																																						      "CHIP_ID              " H8(
																																							      "0000000000000000") "\n"
																																										  "REPORTED_TCB         fmc 1, bl 1, tee 1, snp 4, ucode 81\n"
																																										  "CURRENT_TCB          fmc 1, bl 1, tee 1, snp 4, ucode 81\n"
																																										  "COMMITTED_TCB        fmc 1, bl 1, tee 1, snp 4, ucode 81\n"
																																										  "LAUNCH_TCB           fmc 1, bl 1, tee 1, snp 4, ucode 81\n"
																																										  "current firmware     1.55.49\n"
																																										  "committed firmware   1.55.49\n"
																																										  "PLATFORM_INFO        0x65 SMT_EN ECC_EN ALIAS_CHECK_COMPLETE bit-6\n"
																																										  "mitigations          0x3f at launch, 0x3f now\n");
}

static void claims_are_members_of_an_object(void **state)
{
	struct forge_spec s = forge_spec("Milan", 2, false);
	owned(buf_free) struct buf out = BUF(1u << 16);
	owned(claims_free) struct claims *c = claims_of(&s);
	struct json_out w = json_out(&out, false);
	struct err e = {0};
	struct json j;

	(void)state;
	json_open(&w, '{');
	snp_claims_json(c, &w);
	json_close(&w, '}');
	assert_true(json_read(&j, buf_bytes(&out), 0, &e));
	assert_non_null(strstr(buf_cstr(&out), "\"version\":2,\"product\":\"Milan\","));
	assert_non_null(strstr(buf_cstr(&out),
			       "\"reported_tcb\":{\"bl\":4,\"tee\":0,\"snp\":24,\"ucode\":219}"));
	assert_null(strstr(buf_cstr(&out), "cpuid_fam_id"));
	assert_null(strstr(buf_cstr(&out), "current_mit_vector"));
	json_free(&j);
}

static void fields_are_given_as_they_stand(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false);
	owned(claims_free) struct claims *c = claims_of(&s);
	struct bytes v;

	(void)state;
	assert_true(snp_claims_field(c, "POLICY", &v));
	assert_int_equal(v.n, 8);
	assert_memory_equal(v.p, "\0\0\3\0\0\0\0\0", 8);
	assert_true(snp_claims_field(c, "CPUID_STEP", &v));
	assert_true(v.n == 1 && v.p[0] == 1);
	assert_false(snp_claims_field(c, "SIGNATURE", &v));
	assert_memory_equal(c->host_data.v.p, s.r.host_data, 32);
	assert_memory_equal(c->report_data.v.p, s.r.report_data, 64);
}

static void a_report_is_recognised_and_little_else_is(void **state)
{
	struct forge_spec s = forge_spec("Milan", 3, false);
	struct forged_report f = forge_report(&s);
	uint8_t other[SNP_REPORT_SIZE] = {0};

	(void)state;
	assert_int_equal(ovmf_snp_evidence.bid(f.report), 90);
	assert_int_equal(ovmf_snp_evidence.bid(f.extended), 90);
	assert_int_equal(ovmf_snp_evidence.bid(bytes_of(f.report.p, 1183)), 60);
	assert_int_equal(ovmf_snp_evidence.bid(bytes_of(f.report.p, 0x37)), 0);
	assert_int_equal(ovmf_snp_evidence.bid(f.ark), 0);
	assert_int_equal(ovmf_snp_evidence.bid(bytes_of(other, sizeof(other))), 0);
	memset(other, 0xff, sizeof(other));
	assert_int_equal(ovmf_snp_evidence.bid(bytes_of(other, sizeof(other))), 0);
	forged_report_free(&f);
}

/* ---- single fields of certificates */

static void common_name_is(X509 *x, EVP_PKEY *key, enum reason r, const char *text)
{
	owned(buf_free) struct buf cn = BUF(1024);
	struct x509 *read = NULL;
	struct bytes der;
	struct err e = {0};

	cert_sign(x, key);
	der = cert_der(x);
	assert_true(x509_read_der(&read, der, &e));
	assert_true(x509_common_name(read, &cn, &e) == (r == REASON_NONE));
	if (r == REASON_NONE)
		assert_string_equal(buf_cstr(&cn), text);
	else
		check_err(&e, r, text);
	x509_free(&read);
	cert_bytes_free(&der);
	X509_free(x);
}

static void a_subject_has_one_common_name(void **state)
{
	EVP_PKEY *key = cert_key("P-384");
	X509 *x = cert_new(key);
	X509_NAME *none = X509_NAME_new();

	(void)state;
	common_name_is(x, key, REASON_NONE, "test");
	x = cert_new(key);
	cert_name_add(X509_get_subject_name(x), "CN", V_ASN1_UTF8STRING, "other");
	common_name_is(x, key, REASON_CERTIFICATE,
		       "the subject of the certificate has more than one commonName");
	x = cert_new(key);
	assert_int_equal(X509_set_subject_name(x, none), 1);
	common_name_is(x, key, REASON_CERTIFICATE,
		       "the subject of the certificate has no commonName");
	x = cert_new(key);
	assert_int_equal(X509_set_subject_name(x, none), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
						    V_ASN1_UTF8STRING,
						    (const unsigned char *)"a\0b", 3, -1, 0),
			 1);
	common_name_is(x, key, REASON_CERTIFICATE, "a NUL stands in the commonName");
	X509_NAME_free(none);
	cert_key_free(&key);
}

static void a_vek_says_no_more_than_has_room(void **state)
{
	static const struct {
		const char *product;
		int16_t ucode;
		const char *text;
	} rows[] = {
		{"Milan-a-name-that-is-far-too-long", 1,
		 "the certificate's extension 1.3.6.1.4.1.3704.1.2 has 33 characters, 31 are the "
		 "most there may be"},
		{"Milan\n", 1,
		 "the certificate's extension 1.3.6.1.4.1.3704.1.2 has the byte 0x0a"},
		{"", 1,
		 "the certificate's extension 1.3.6.1.4.1.3704.1.2 is not one value of its type"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct forge_spec s = forge_spec("Milan", 3, false);
		struct forged_report f;
		struct x509 *x = NULL;
		struct snp_vek v;
		struct err e = {0};

		s.product_name = rows[i].product;
		f = forge_report(&s);
		assert_true(x509_read_der(&x, f.vek, &e));
		assert_false(snp_vek_read(&v, x, &e));
		check_err(&e, REASON_CHAIN, rows[i].text);
		x509_free(&x);
		forged_report_free(&f);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims_are_told_by_the_names_of_the_specification),
		cmocka_unit_test(claims_are_members_of_an_object),
		cmocka_unit_test(fields_are_given_as_they_stand),
		cmocka_unit_test(a_report_is_recognised_and_little_else_is),
		cmocka_unit_test(a_subject_has_one_common_name),
		cmocka_unit_test(a_vek_says_no_more_than_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
