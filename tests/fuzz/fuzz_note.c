/*
 * Any bytes as a signed note and the checkpoint in it, and as a key: what is read lies inside the
 * input and is written back the same; a refusal names its place.
 */
#include <stdlib.h>

#include "reference-db/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static bool inside(struct bytes part, struct bytes in)
{
	return part.n == 0 || (part.p >= in.p && part.p + part.n <= in.p + in.n);
}

static void check_note(const struct signed_note *n, struct bytes in)
{
	struct checkpoint c = {0};
	struct err e = {0};

	must_be(n->n > 0 && n->n <= NOTE_LINES && n->text.p == in.p && n->text.n < in.n);
	must_be(in.p[n->text.n] == '\n');
	for (size_t i = 0; i < n->n; i++)
		must_be(n->line[i].name.n > 0 && inside(n->line[i].name, in) &&
			n->line[i].signature.n > 0);
	if (!checkpoint_read(&c, n->text, 0, &e)) {
		must_be(err_is(&e) && e.offset <= n->text.n);
		return;
	}
	must_be(c.origin.n > 0 && inside(c.origin, n->text) && c.head.size <= TLOG_SIZE_MAX);
}

static void check_key(struct bytes in)
{
	struct buf out = BUF(1u << 16);
	struct note_key k = {0};
	struct err e = {0};

	if (note_key_read(&k, in, &e)) {
		note_key_put(&out, &k);
		must_be(bytes_equal(buf_bytes(&out), in));
	} else {
		must_be(err_is(&e) && !k.key);
	}
	note_key_free(&k);
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct signed_note n = {0};
	struct err e = {0};

	if (note_read(&n, in, 0, &e))
		check_note(&n, in);
	else
		must_be(err_is(&e) && (e.reason == REASON_OUT_OF_MEMORY || e.offset <= size));
	note_free(&n);
	check_key(in);
	return 0;
}
