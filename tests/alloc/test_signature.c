#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "eif/signature.h"
#include "measure/core/key.h"
#include "tests/alloc/fail.h"
#include "tests/alloc/library.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_folder.h"

struct subject {
	struct forged section, key;
	uint8_t pcr0[48];
	struct folder folder;
	const char *path;
};

static int set_up(void **state)
{
	static struct subject s;
	struct forge_signing made = {.bits = 256};

	memset(s.pcr0, 0xa5, sizeof(s.pcr0));
	memcpy(made.pcr0, s.pcr0, sizeof(s.pcr0));
	s.section = forge_signature(&made);
	s.key = forge_key_pem(256);
	folder_new(&s.folder);
	s.path = folder_file(&s.folder, "key.pem", s.key.p, s.key.n);
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct subject *s = *state;

	folder_free(&s->folder);
	free(s->section.p);
	free(s->key.p);
	return 0;
}

static bool read_and_check(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(eif_signature_free) struct eif_signature sign = {0};
	struct bytes section = bytes_of(s->section.p, s->section.n);

	return eif_signature_read(&sign, section, 0, e) && eif_signature_check(&sign, s->pcr0, e);
}

static bool show(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(x509_free) struct x509 *x = NULL;
	owned(buf_free) struct buf out = BUF(1u << 16);
	struct json_out w = json_out(&out, true);
	size_t used;

	(void)s;
	if (!x509_read_pem(&x, bytes_str(forge_certificate(384)), &used, e))
		return false;
	json_open(&w, '[');
	x509_json(x, &w);
	x509_json_nitro_cli(x, &w);
	json_close(&w, ']');
	return buf_done(&out, "certificate", e);
}

/* The right verdict, or none. */
static bool refuse_another_pcr0(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(eif_signature_free) struct eif_signature sign = {0};
	static const uint8_t other[48];

	return eif_signature_read(&sign, bytes_of(s->section.p, s->section.n), 0, e) &&
	       !eif_signature_check(&sign, other, e) && e->reason == REASON_SIGNATURE;
}

static bool sign(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(key_free) struct key *k = NULL;
	owned(buf_free) struct buf rs = BUF(256);

	return key_read(&k, s->path, e) && key_sign(k, bytes_str("message"), &rs, e);
}

static bool sign_with(void *arg, struct err *e)
{
	owned(buf_free) struct buf rs = BUF(256);

	(void)arg;
	return key_sign_with("head -c 64 /dev/zero", COSE_ES256, bytes_str("message"), &rs, e);
}

struct operation {
	const char *name;
	bool (*run)(void *arg, struct err *e);
};

static const struct operation operations[] = {
	{"read and check", read_and_check},
	{"show", show},
	{"refuse another PCR0", refuse_another_pcr0},
	{"sign", sign},
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static void our_allocations_may_fail_at_any_place(void **state)
{
	for (size_t i = 0; i < OPERATIONS; i++)
		assert_true(fail_each(operations[i].run, *state) >= 3);
	assert_true(fail_each(sign_with, *state) >= 3);
}

/* OpenSSL's decoders say of no memory that there is no key: a refusal, but not with its reason. */
static bool no_verdict(enum reason r)
{
	return reason_class(r) == EXIT_CLASS_ENVIRONMENT || r == REASON_KEY;
}

static size_t fail_library(const struct operation *o, void *arg)
{
	for (library.refuse = 1;; library.refuse++) {
		struct err e = {0};
		bool ok = library_run(o->run, arg, &e);

		if (ERR_peek_error() != 0)
			fail_msg("%s, %zu: errors are left in the queue", o->name, library.refuse);
		if (library.made < library.refuse) {
			if (!ok)
				fail_msg("%s: nothing refused, and yet: %s", o->name, e.text);
			return library.made;
		}
		if (!ok && !no_verdict(e.reason))
			fail_msg("%s, %zu: %s: %s", o->name, library.refuse, reason_slug(e.reason),
				 e.text);
	}
}

static void openssls_allocations_may_fail_at_any_place(void **state)
{
	for (size_t i = 0; i < OPERATIONS; i++) {
		struct err e = {0};
		long before;

		assert_true(operations[i].run(*state, &e));
		before = library.live;
		assert_true(fail_library(&operations[i], *state) > 10);
		if (library.live > before + 100)
			fail_msg("%s: %ld blocks were left", operations[i].name,
				 library.live - before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_allocations_may_fail_at_any_place),
		cmocka_unit_test(openssls_allocations_may_fail_at_any_place),
	};

	if (!library_take_over())
		return 99;
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
