/*
 * Any bytes as a trust file. What is read is written in its one form, which reads as the same and
 * is written the same again; and it is shown to people on lines without control characters.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include "reference-db/trust.h"

#define OUT_MAX (1u << 24)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check_shown(const struct trust *t)
{
	struct buf out = BUF(OUT_MAX);
	struct json_out w = json_out(&out, true);

	trust_text(t, &out);
	must_be(out.failed == REASON_NONE);
	for (size_t i = 0; i < out.n; i++)
		must_be((out.p[i] >= 0x20 && out.p[i] != 0x7f) || out.p[i] == '\n');
	json_open(&w, '{');
	trust_json(t, &w);
	json_close(&w, '}');
	must_be(out.failed == REASON_NONE);
	buf_free(&out);
}

static void check_again(const struct trust *t)
{
	struct buf one = BUF(OUT_MAX), two = BUF(OUT_MAX);
	struct trust *again = NULL;
	struct err e = {0};

	trust_write(t, &one);
	must_be(buf_done(&one, "trust", &e));
	if (one.n <= TRUST_MAX) {
		must_be(trust_parse(&again, buf_bytes(&one), &e));
		trust_write(again, &two);
		must_be(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
	}
	trust_free(&again);
	buf_free(&one);
	buf_free(&two);
}

/* Loaded once instead of for every input. */
static void keep_loaded(void)
{
	static void *library;

	if (!library)
		library = dlopen("libyaml-0.so.2", RTLD_NOW);
	must_be(library != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trust *t = NULL;
	struct err e = {0};

	keep_loaded();
	if (!trust_parse(&t, bytes_of(data, size), &e)) {
		must_be(err_is(&e) && !t);
		return 0;
	}
	must_be(!err_is(&e) && t->n <= TRUST_KEYS);
	check_shown(t);
	check_again(t);
	trust_free(&t);
	return 0;
}
