#include "eif/sign.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "eif/writer.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_folder.h"

/* An image and a certificate as files. */
struct signing {
	struct folder folder;
	char *image, *cert;
};

static int setup(void **state)
{
	struct signing *x = calloc(1, sizeof(*x));

	folder_new(&x->folder);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct signing *x = *state;

	free(x->image);
	free(x->cert);
	folder_free(&x->folder);
	free(x);
	return 0;
}

static void put_image(struct signing *x, const struct forge *f)
{
	struct forged image = forge_write(f);

	free(x->image);
	x->image = strdup(folder_file(&x->folder, "image.eif", image.p, image.n));
	free(image.p);
}

static void put_cert(struct signing *x, const char *pem)
{
	free(x->cert);
	x->cert = strdup(folder_file(&x->folder, "cert.pem", pem, strlen(pem)));
}

static void check_file(const char *path, const struct forge *f)
{
	struct forged right = forge_write(f);
	size_t n;
	uint8_t *got = folder_read(path, &n);

	assert_non_null(got);
	assert_int_equal(n, right.n);
	assert_memory_equal(got, right.p, n);
	free(got);
	free(right.p);
}

/* Signs with the test key of that curve, as an outside signer would: over s.tbs. */
static void check_signing(struct signing *x, unsigned bits, const struct forge *f, const char *out)
{
	struct forge right = *f;
	uint8_t *section = forge_sign(&right, bits, NULL), pcr8[48];
	struct eif_to_sign s = {0};
	struct forged rs, der = forge_certificate_der(forge_certificate(bits));
	struct answer a;
	struct err e = {0};

	answer_init(&a);
	put_cert(x, forge_certificate(bits));
	assert_true(eif_sign_prepare(&s, x->image, x->cert, &e));
	rs = forge_ecdsa(bits, s.tbs.p, s.tbs.n);
	assert_true(eif_sign_attach(&s, bytes_of(rs.p, rs.n), out, &a, &e));
	check_no_err(&e);
	check_file(out, &right);
	forge_pcr(der.p, der.n, pcr8);
	assert_memory_equal(mset_get(&a.registers, "PCR8")->v, pcr8, 48);
	assert_int_equal(a.registers.n, 4);
	eif_sign_free(&s);
	answer_free(&a);
	free(section);
	free(rs.p);
	free(der.p);
}

static void a_signed_image_has_the_bytes_of_the_second_opinion(void **state)
{
	static const unsigned bits[] = {256, 384, 521};
	struct signing *x = *state;
	struct forge f = forge_base();

	put_image(x, &f);
	for (size_t i = 0; i < COUNT(bits); i++)
		check_signing(x, bits[i], &f, folder_path(&x->folder, "signed.eif"));
	check_file(x->image, &f);
}

/* The reference leaves the old size in the table when it signs again. */
static void signing_again_replaces_the_signature_in_place_whatever_its_length(void **state)
{
	static const unsigned bits[] = {384, 256, 521, 256, 384};
	struct signing *x = *state;
	struct forge f = forge_base();

	put_image(x, &f);
	for (size_t i = 0; i < COUNT(bits); i++)
		check_signing(x, bits[i], &f, x->image);
	assert_int_equal(folder_count(&x->folder), 2);
}

static void a_signature_that_stood_elsewhere_goes_to_the_end(void **state)
{
	struct signing *x = *state;

	for (size_t place = 0; place <= 5; place++) {
		struct forge f = forge_base(), was = f;
		uint8_t *section = forge_sign(&was, 256, NULL);
		struct forge_section s = was.section[5];

		forge_remove(&was, 5);
		forge_insert(&was, place, s.type, s.data, s.n);
		put_image(x, &was);
		check_signing(x, 384, &f, folder_path(&x->folder, "signed.eif"));
		free(section);
	}
}

static void a_signature_that_does_not_hold_is_replaced_all_the_same(void **state)
{
	struct signing *x = *state;
	struct forge f = forge_base(), was = f;
	uint8_t *section = forge_sign(&was, 256, "rs-wrong");

	put_image(x, &was);
	check_signing(x, 256, &f, x->image);
	free(section);
}

static void what_the_header_says_is_kept(void **state)
{
	struct signing *x = *state;
	struct forge f = forge_base();

	f.flags = 1;
	f.default_mem = 77;
	f.default_cpus = 5;
	put_image(x, &f);
	check_signing(x, 384, &f, folder_path(&x->folder, "signed.eif"));
	f.version = 3;
	forge_remove(&f, 2);
	put_image(x, &f);
	check_signing(x, 384, &f, folder_path(&x->folder, "signed.eif"));
}

static void certificates_behind_the_first_go_in_as_they_are(void **state)
{
	struct signing *x = *state;
	struct forge f = forge_base(), right = f;
	struct forge_signing s = {.bits = 384};
	struct forged section, rs;
	struct eif_to_sign to = {0};
	struct answer a;
	struct err e = {0};
	uint8_t pcr[3][48];
	char chain[4096];

	snprintf(chain, sizeof(chain), "%s\r\n%s", forge_certificate(384), forge_certificate(256));
	put_image(x, &f);
	put_cert(x, chain);
	forge_registers(&f, pcr);
	memcpy(s.pcr0, pcr[0], 48);
	s.pem = (const uint8_t *)chain;
	s.pem_n = strlen(chain);
	section = forge_signature(&s);
	forge_append(&right, FORGE_SIGNATURE, section.p, section.n);
	answer_init(&a);
	assert_true(eif_sign_prepare(&to, x->image, x->cert, &e));
	rs = forge_ecdsa(384, to.tbs.p, to.tbs.n);
	assert_true(eif_sign_attach(&to, bytes_of(rs.p, rs.n), x->image, &a, &e));
	check_file(x->image, &right);
	assert_int_equal(a.n_notes, 1);
	assert_int_equal(a.notes[0].reason, REASON_CERTIFICATE_CHAIN);
	assert_string_equal(a.notes[0].text, "1 certificate follows the signer's and is ignored");
	eif_sign_free(&to);
	answer_free(&a);
	free(section.p);
	free(rs.p);
}

static void check_not_prepared(struct signing *x, enum reason r, const char *text,
			       const char *subject)
{
	struct eif_to_sign s = {0};
	struct err e = {0};

	assert_false(eif_sign_prepare(&s, x->image, x->cert, &e));
	check_err(&e, r, text);
	assert_string_equal(e.subject, subject);
	eif_sign_free(&s);
}

static void images_that_can_bear_no_signature_are_refused(void **state)
{
	struct signing *x = *state;
	struct forge f = forge_base();

	put_cert(x, forge_certificate(256));
	f.version = 2;
	forge_remove(&f, 2);
	put_image(x, &f);
	check_not_prepared(x, REASON_VERSION, "the version is 2, which has no signatures",
			   x->image);
	f = forge_base();
	while (f.n < 32)
		forge_append(&f, FORGE_RAMDISK, "r", 1);
	put_image(x, &f);
	check_not_prepared(x, REASON_LIMIT, "the image has 32 sections and no room for a signature",
			   x->image);
	forge_remove(&f, 31);
	put_image(x, &f);
	check_signing(x, 256, &f, x->image);
	check_signing(x, 384, &f, x->image);
}

static void images_that_are_not_read_alike_are_not_signed(void **state)
{
	struct signing *x = *state;
	struct forge f = forge_base();

	put_cert(x, forge_certificate(256));
	f.section[3].gap = 8;
	put_image(x, &f);
	check_not_prepared(
		x, REASON_SECTION_TABLE,
		"section 3 begins at 1390 by the table, at 1382 by a walk through the file",
		x->image);
	f = forge_base();
	f.crc = (struct forge_field){true, 0xcbf43926};
	put_image(x, &f);
	check_not_prepared(x, REASON_CRC,
			   "the CRC is cbf43926 by the header, 21df5692 by the bytes", x->image);
}

static void check_not_attached(struct signing *x, const struct eif_to_sign *s, struct bytes rs,
			       enum reason r, const char *text)
{
	size_t before = folder_count(&x->folder);
	const char *out = folder_path(&x->folder, "signed.eif");
	struct answer a;
	struct err e = {0};

	answer_init(&a);
	assert_false(eif_sign_attach(s, rs, out, &a, &e));
	check_err(&e, r, text);
	assert_int_equal(folder_count(&x->folder), before);
	answer_free(&a);
}

static void a_signature_that_does_not_verify_writes_nothing(void **state)
{
	struct signing *x = *state;
	struct forge f = forge_base();
	struct eif_to_sign s = {0};
	struct err e = {0};
	struct forged rs;

	put_image(x, &f);
	put_cert(x, forge_certificate(256));
	assert_true(eif_sign_prepare(&s, x->image, x->cert, &e));
	rs = forge_ecdsa(256, s.tbs.p, s.tbs.n);
	for (size_t at = 0; at < rs.n; at++) {
		struct answer a;
		struct err e2 = {0};

		answer_init(&a);
		rs.p[at] ^= 0x10;
		assert_false(eif_sign_attach(&s, bytes_of(rs.p, rs.n),
					     folder_path(&x->folder, "signed.eif"), &a, &e2));
		assert_int_equal(e2.reason, REASON_SIGNATURE);
		rs.p[at] ^= 0x10;
		answer_free(&a);
	}
	assert_int_equal(folder_count(&x->folder), 2);
	eif_sign_free(&s);
	free(rs.p);
}

static void an_image_that_changed_since_is_not_signed(void **state)
{
	struct signing *x = *state;
	struct forge f = forge_base();
	struct eif_to_sign s = {0};
	struct err e = {0};
	struct forged rs;

	put_image(x, &f);
	put_cert(x, forge_certificate(256));
	assert_true(eif_sign_prepare(&s, x->image, x->cert, &e));
	rs = forge_ecdsa(256, s.tbs.p, s.tbs.n);
	f.section[3].data = (const uint8_t *)"another first ramdisk, as long as it was";
	put_image(x, &f);
	check_not_attached(x, &s, bytes_of(rs.p, rs.n), REASON_FILE_CHANGED,
			   "PCR0 is another one than when the image was first read");
	assert_int_equal(truncate(x->image, 900), 0);
	check_not_attached(x, &s, bytes_of(rs.p, rs.n), REASON_FILE_CHANGED,
			   "has 900 bytes, and had 1482 when it was first read");
	eif_sign_free(&s);
	free(rs.p);
}

/* No register covers it, so that nobody else would notice. */
static void metadata_that_changed_since_is_written_as_it_was_checked(void **state)
{
	struct signing *x = *state;
	struct forge f = forge_base(), right = f;
	uint8_t *section = forge_sign(&right, 256, NULL), *bad = forge_memory(f.section[2].n);
	struct eif_to_sign s = {0};
	struct answer a;
	struct err e = {0};
	struct forged rs;

	put_image(x, &f);
	put_cert(x, forge_certificate(256));
	answer_init(&a);
	assert_true(eif_sign_prepare(&s, x->image, x->cert, &e));
	rs = forge_ecdsa(256, s.tbs.p, s.tbs.n);
	memset(bad, 0xff, f.section[2].n);
	f.section[2].data = bad;
	put_image(x, &f);
	assert_true(eif_sign_attach(&s, bytes_of(rs.p, rs.n), x->image, &a, &e));
	check_file(x->image, &right);
	eif_sign_free(&s);
	answer_free(&a);
	free(rs.p);
	free(bad);
	free(section);
}

static void check_not_as_written(struct signing *x, enum eif_section_type last, uint8_t flip,
				 const char *text)
{
	struct bytes data = bytes_str("bytes");
	struct eif_header h = {.version = 3};
	struct eif_writer w = {.out = OUT_NONE};
	struct digest pcr[EIF_REGISTERS];
	struct mset m = {0};
	struct err e = {0}, why = {0};

	for (size_t i = 0; i < 3; i++)
		assert_true(eif_header_add(&h, data.n, &e));
	assert_true(eif_writer_open(&w, folder_path(&x->folder, "out"), (struct watch){0}, &e));
	assert_true(eif_writer_header(&w, &h, &e));
	assert_true(eif_writer_bytes(&w, EIF_SECTION_KERNEL, data, &e));
	assert_true(eif_writer_bytes(&w, EIF_SECTION_CMDLINE, data, &e));
	assert_true(eif_writer_bytes(&w, last, data, &e));
	assert_true(eif_writer_registers(&w, &m, &e));
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		pcr[i] = m.entry[i].digest;
	pcr[1].v[47] ^= flip;
	assert_false(eif_writer_check(&w, pcr, &why));
	check_err(&why, REASON_IO, text);
	eif_writer_free(&w);
	assert_int_equal(folder_count(&x->folder), 0);
}

static void what_would_be_refused_or_measured_otherwise_is_not_published(void **state)
{
	struct signing *x = *state;

	check_not_as_written(
		x, EIF_SECTION_CMDLINE, 0,
		"read back, the image that was written is refused: section-set: section "
		"2 (cmdline): a second cmdline section");
	check_not_as_written(x, EIF_SECTION_RAMDISK, 1,
			     "read back, PCR1 is another one than was written");
}

static void a_section_that_is_no_signature_is_replaced_all_the_same(void **state)
{
	static const char *const twists[] = {"keys-swapped", "trailing", "empty-array",
					     "certificate-empty"};
	struct signing *x = *state;

	for (size_t i = 0; i < COUNT(twists); i++) {
		struct forge f = forge_base(), was = f;
		uint8_t *section = forge_sign(&was, 256, twists[i]);

		put_image(x, &was);
		check_signing(x, 384, &f, x->image);
		free(section);
	}
}

static void a_full_disk_leaves_the_old_image_and_nothing_else(void **state)
{
	struct rlimit small = {1024, RLIM_INFINITY}, old;
	struct signing *x = *state;
	struct forge f = forge_base();
	struct eif_to_sign s = {0};
	struct answer a;
	struct err e = {0}, e2 = {0};
	struct forged rs;

	put_image(x, &f);
	put_cert(x, forge_certificate(256));
	answer_init(&a);
	assert_true(eif_sign_prepare(&s, x->image, x->cert, &e));
	rs = forge_ecdsa(256, s.tbs.p, s.tbs.n);
	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_false(eif_sign_attach(&s, bytes_of(rs.p, rs.n), x->image, &a, &e2));
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	check_err(&e2, REASON_NO_SPACE, "cannot be written: File too large");
	check_file(x->image, &f);
	assert_int_equal(folder_count(&x->folder), 2);
	eif_sign_free(&s);
	answer_free(&a);
	free(rs.p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_signed_image_has_the_bytes_of_the_second_opinion),
		TEST(signing_again_replaces_the_signature_in_place_whatever_its_length),
		TEST(a_signature_that_stood_elsewhere_goes_to_the_end),
		TEST(a_signature_that_does_not_hold_is_replaced_all_the_same),
		TEST(what_the_header_says_is_kept),
		TEST(certificates_behind_the_first_go_in_as_they_are),
		TEST(images_that_can_bear_no_signature_are_refused),
		TEST(images_that_are_not_read_alike_are_not_signed),
		TEST(a_signature_that_does_not_verify_writes_nothing),
		TEST(an_image_that_changed_since_is_not_signed),
		TEST(metadata_that_changed_since_is_written_as_it_was_checked),
		TEST(what_would_be_refused_or_measured_otherwise_is_not_published),
		TEST(a_section_that_is_no_signature_is_replaced_all_the_same),
		TEST(a_full_disk_leaves_the_old_image_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
