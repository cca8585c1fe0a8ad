#include "reference-db/make.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eif/unsigned.h"
#include "measure/core/hash.h"
#include "reference-db/corim.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_folder.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"

struct world {
	struct folder folder;
	char *image, *sealed, *cert, *other;
};

static char *put_image(struct world *w, const char *name, const struct forge *f)
{
	struct forged x = forge_write(f);
	char *path = strdup(folder_file(&w->folder, name, x.p, x.n));

	free(x.p);
	return path;
}

static char *put_text(struct world *w, const char *name, const char *text)
{
	return strdup(folder_file(&w->folder, name, text, strlen(text)));
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct forge f = forge_base();
	uint8_t *signature;

	folder_new(&w->folder);
	w->image = put_image(w, "image.eif", &f);
	signature = forge_sign(&f, 384, NULL);
	w->sealed = put_image(w, "signed.eif", &f);
	w->cert = put_text(w, "cert.pem", forge_certificate(384));
	w->other = put_text(w, "other.pem", forge_certificate(256));
	free(signature);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	free(w->image);
	free(w->sealed);
	free(w->cert);
	free(w->other);
	folder_free(&w->folder);
	free(w);
	return 0;
}

static struct make_request by_hand(const char *image)
{
	return (struct make_request){
		.image = image, .product = "example.org/blindbox", .version = "1.2.3"};
}

static bool make(const struct make_request *q, struct buf *out, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};

	*e = (struct err){0};
	return manifest_make(&m, q, e) && corim_write(&m, out, e);
}

/* ---- the unsigned image */

static bool unsigned_of(const char *path, struct eif_unsigned *out, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(eif_image_free) struct eif_image img = {0};

	return file_open(&f, path, e) && eif_image_read(&f, true, &img, e) &&
	       eif_unsigned_digest(&img, &f, out, e);
}

/* The signature section before section `at` of an image; the digest without it must stay. */
static bool holds_at(struct world *w, size_t at)
{
	struct forge f = forge_base();
	struct forged plain = forge_write(&f);
	uint8_t *signature = forge_sign(&f, 384, NULL);
	struct eif_unsigned u;
	struct digest expected;
	struct err e = {0};
	char *path;
	bool read;

	for (size_t i = f.n - 1; i > at; i--)
		forge_swap(&f, i, i - 1);
	path = put_image(w, "moved.eif", &f);
	read = unsigned_of(path, &u, &e);
	assert_true(hash_of(DIGEST_SHA256, bytes_of(plain.p, plain.n), &expected, &e) ||
		    err_is(&e));
	if (read) {
		assert_int_equal(u.size, plain.n);
		assert_true(digest_equal(&u.sha256, &expected));
	}
	free(path);
	free(signature);
	free(plain.p);
	return read;
}

static void the_digest_is_that_of_the_file_without_its_signature(void **state)
{
	struct forge f = forge_base();
	size_t held = 0;

	for (size_t at = 0; at <= f.n; at++)
		held += holds_at(*state, at);
	assert_true(held >= 1);
	print_message("%zu places of the signature section\n", held);
	assert_true(holds_at(*state, f.n));
}

static void an_image_that_changes_meanwhile_is_refused(void **state)
{
	struct world *w = *state;
	owned(file_close) struct file f = FILE_NONE;
	owned(eif_image_free) struct eif_image img = {0};
	struct eif_unsigned u;
	struct err e = {0};
	uint8_t *p;
	size_t n;

	assert_true(file_open(&f, w->sealed, &e) && eif_image_read(&f, true, &img, &e));
	p = folder_read(w->sealed, &n);
	p[600] ^= 1;
	int fd = f.fd;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FILE *again = fopen(path, "r+");

	assert_non_null(again);
	assert_int_equal(fwrite(p, 1, n, again), n);
	fclose(again);
	free(p);
	assert_false(eif_unsigned_digest(&img, &f, &u, &e));
	check_err(&e, REASON_FILE_CHANGED,
		  "the sections have another checksum than when they were first read");
}

/* ---- making */

static void signed_or_not_it_is_one_manifest(void **state)
{
	struct world *w = *state;
	struct make_request plain = by_hand(w->image), sealed = by_hand(w->sealed);
	owned(buf_free) struct buf one = BUF(CORIM_MAX), two = BUF(CORIM_MAX);
	struct err e;

	assert_true(make(&plain, &one, &e));
	assert_true(make(&sealed, &two, &e));
	assert_true(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
}

static void neither_path_nor_time_nor_environment_reach_it(void **state)
{
	struct world *w = *state;
	struct make_request q = by_hand(w->image);
	owned(buf_free) struct buf one = BUF(CORIM_MAX), two = BUF(CORIM_MAX);
	const char *elsewhere = folder_path(&w->folder, "quite another name");
	struct err e;

	assert_true(make(&q, &one, &e));
	assert_int_equal(rename(w->image, elsewhere), 0);
	assert_int_equal(chmod(elsewhere, 0400), 0);
	setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
	setenv("USER", "somebody else", 1);
	setenv("TZ", "Pacific/Auckland", 1);
	setenv("LANG", "tr_TR.UTF-8", 1);
	q.image = elsewhere;
	assert_true(make(&q, &two, &e));
	assert_true(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
	assert_null(memmem(one.p, one.n, "image.eif", 9));
}

static void PCR8_is_there_when_it_is_asked_for(void **state)
{
	struct world *w = *state;
	struct make_request plain = by_hand(w->image), sealed = by_hand(w->sealed);
	owned(manifest_free) struct manifest m = {0}, n = {0};
	struct err e = {0};

	assert_true(manifest_make(&m, &sealed, &e));
	assert_int_equal(m.row[0].n, 3);
	plain.certificate = w->cert;
	assert_true(manifest_make(&n, &plain, &e));
	assert_int_equal(n.row[0].n, 4);
	assert_string_equal(n.value[3].key, "PCR8");
}

static void what_is_not_said_follows_from_the_product(void **state)
{
	struct world *w = *state;
	struct make_request q = by_hand(w->image);
	owned(manifest_free) struct manifest m = {0}, n = {0};
	struct err e = {0};

	assert_true(manifest_make(&m, &q, &e));
	assert_string_equal(m.vendor, "example.org");
	assert_string_equal(m.artefact.name, "blindbox.eif");
	assert_string_equal(m.component[0].name, "kernel");
	assert_string_equal(m.component[3].name, "ramdisk1");
	assert_int_equal(m.component[0].origin, ORIGIN_ASSERTED);
	assert_null(m.source_commit);
	q.product = "blindbox";
	q.vendor = "Example / Org";
	q.artefact = "b.eif";
	assert_true(manifest_make(&n, &q, &e));
	assert_string_equal(n.id, "blindbox/1.2.3");
	assert_string_equal(n.vendor, "Example / Org");
	assert_string_equal(n.artefact.name, "b.eif");
}

/* ---- with a build record */

#define RECORD(components, more)                                                                 \
	"{\"schema\": \"measure-build/1\", \"product\": \"example.org/blindbox\", \"version\": " \
	"\"1.2.3\", \"vendor\": \"Example\", \"artefact\": \"b.eif\", \"origin\": \"source\", "  \
	"\"source\": {\"digest\": \"sha256:" ONES "\"}, \"recipe\": \"sha256:" ONES              \
	"\", \"inputs\": \"sha256:" ONES "\", \"components\": {" components "}" more "}"
#define ALL                                                                             \
	"\"kernel\": \"pinned\", \"cmdline\": \"source\", \"ramdisk0\": \"endorsed\", " \
	"\"ramdisk1\": \"source\""

static void a_record_says_where_things_come_from(void **state)
{
	struct world *w = *state;
	owned(own_free) char *record = put_text(w, "record.json", RECORD(ALL, ""));
	struct make_request q = {.image = w->sealed, .record = record};
	owned(manifest_free) struct manifest m = {0};
	owned(buf_free) struct buf one = BUF(CORIM_MAX);
	struct err e = {0};

	assert_true(manifest_make(&m, &q, &e));
	assert_string_equal(m.id, "example.org/blindbox/1.2.3");
	assert_int_equal(m.artefact.origin, ORIGIN_SOURCE);
	assert_int_equal(m.component[2].origin, ORIGIN_ENDORSED);
	assert_string_equal(m.recipe_digest, "sha256:" ONES);
	assert_int_equal(m.row[0].n, 3);
	assert_true(corim_write(&m, &one, &e));
}

/* With the sha256 of the signer's certificate in it. */
static char *record_with_certificate(struct world *w)
{
	struct forged der = forge_certificate_der(forge_certificate(384));
	owned(buf_free) struct buf text = BUF(8192);
	struct digest d;
	struct err e = {0};

	assert_true(hash_of(DIGEST_SHA256, bytes_of(der.p, der.n), &d, &e));
	buf_str(&text, RECORD(ALL, ", \"certificate\": \"sha256:"));
	text.n--; /* the brace comes last */
	for (size_t i = 0; i < d.len; i++)
		buf_fmt(&text, "%02x", d.v[i]);
	buf_str(&text, "\"}");
	free(der.p);
	return put_text(w, "certified.json", buf_cstr(&text));
}

static void a_record_with_a_certificate_makes_PCR8_part_of_it(void **state)
{
	struct world *w = *state;
	owned(own_free) char *record = record_with_certificate(w);
	struct make_request sealed = {.image = w->sealed, .record = record};
	struct make_request plain = {.image = w->image, .record = record, .certificate = w->cert};
	owned(buf_free) struct buf one = BUF(CORIM_MAX), two = BUF(CORIM_MAX);
	struct err e;

	assert_true(make(&sealed, &one, &e));
	assert_true(make(&plain, &two, &e));
	assert_true(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
	assert_non_null(memmem(one.p, one.n, "PCR8", 4));
}

static void refuse(const struct make_request *q, enum reason reason, const char *text)
{
	owned(buf_free) struct buf out = BUF(CORIM_MAX);
	struct err e;

	assert_false(make(q, &out, &e));
	check_err(&e, reason, text);
	assert_int_equal(out.n, 0);
}

static void refuse_record(struct world *w, const char *json, enum reason reason, const char *text)
{
	owned(own_free) char *record = put_text(w, "refused.json", json);
	struct make_request q = {.image = w->image, .record = record};

	refuse(&q, reason, text);
}

static void what_does_not_fit_together_is_refused(void **state)
{
	struct world *w = *state;
	owned(own_free) char *record = put_text(w, "record.json", RECORD(ALL, ""));
	owned(own_free) char *certified = record_with_certificate(w);
	struct make_request q = {.image = w->image, .record = record, .version = "1.2.4"};

	refuse(&q, REASON_USAGE, "--version is \"1.2.4\" and the build record has \"1.2.3\"");
	q = (struct make_request){.image = w->image, .record = record, .certificate = w->cert};
	refuse(&q, REASON_USAGE, "--certificate is given, and the build record has none");
	q = (struct make_request){.image = w->image, .record = certified};
	refuse(&q, REASON_USAGE,
	       "the build record has a certificate: --certificate must give it, since the image is "
	       "not signed");
	q = by_hand(w->sealed);
	q.certificate = w->other;
	refuse(&q, REASON_KEY_MISMATCH,
	       "the image is signed with another certificate than --certificate");
	q = (struct make_request){.image = w->image};
	refuse(&q, REASON_USAGE, "--product or --record is needed");
	q.product = "p";
	refuse(&q, REASON_USAGE, "--version or --record is needed");
	q.version = "a/b";
	refuse(&q, REASON_USAGE, "the version \"a/b\" is not one component of a path");
	q = by_hand(w->image);
	q.product = "/p";
	refuse(&q, REASON_USAGE, "the product \"/p\" has a part that is no name");
	refuse_record(w, RECORD("\"kernel\": \"source\"", ""), REASON_BUILD_RECORD,
		      "the build record names no origin of cmdline");
	refuse_record(w, RECORD(ALL ", \"ramdisk2\": \"source\"", ""), REASON_BUILD_RECORD,
		      "the build record names ramdisk2, which the image has not");
}

static void a_certificate_that_is_not_the_records_is_refused(void **state)
{
	struct world *w = *state;
	owned(own_free) char *certified = record_with_certificate(w);
	struct make_request q = {.image = w->image, .record = certified, .certificate = w->other};
	owned(buf_free) struct buf out = BUF(CORIM_MAX);
	struct err e;

	assert_false(make(&q, &out, &e));
	assert_int_equal(e.reason, REASON_KEY_MISMATCH);
	assert_non_null(strstr(e.text, "the certificate is sha256:"));
	assert_non_null(strstr(e.text, ", the build record has sha256:"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_digest_is_that_of_the_file_without_its_signature),
		TEST(an_image_that_changes_meanwhile_is_refused),
		TEST(signed_or_not_it_is_one_manifest),
		TEST(neither_path_nor_time_nor_environment_reach_it),
		TEST(PCR8_is_there_when_it_is_asked_for),
		TEST(what_is_not_said_follows_from_the_product),
		TEST(a_record_says_where_things_come_from),
		TEST(a_record_with_a_certificate_makes_PCR8_part_of_it),
		TEST(what_does_not_fit_together_is_refused),
		TEST(a_certificate_that_is_not_the_records_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
