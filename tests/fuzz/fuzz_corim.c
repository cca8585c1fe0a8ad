/*
 * Any bytes as a manifest: what is read as ours is written back the same; what is refused says why,
 * and where there is an error among the findings there is a refusal; all of it can be shown, and in
 * each format exported, to the same bytes each time, or refused.
 */
#include <stdlib.h>

#include "reference-db/corim.h"
#include "reference-db/export.h"
#include "reference-db/show.h"

#define SHOWN_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void written_again(const struct manifest *m, struct bytes payload)
{
	owned(buf_free) struct buf again = BUF(CORIM_MAX);
	struct err e = {0};

	must_be(corim_write(m, &again, &e));
	must_be(bytes_equal(buf_bytes(&again), payload));
}

static void shown(const struct manifest *m, const struct corim_file *f, const struct lint *l)
{
	owned(buf_free) struct buf text = BUF(SHOWN_MAX), json = BUF(SHOWN_MAX);
	struct json_out w = json_out(&json, true);
	struct err e = {0};

	json_open(&w, '{');
	show_json(m, f, &w);
	json_key(&w, "findings");
	lint_json(l, &w);
	json_close(&w, '}');
	show_text(m, f, true, &text);
	lint_text(l, &text);
	must_be(buf_done(&text, "text", &e) && buf_done(&json, "JSON", &e));
}

/*
 * Twice, and JSON is JSON: all formats but the first are. Of ours, that of an enclave no format
 * refuses.
 */
static void exported(const struct manifest *m, struct bytes payload)
{
	const struct export_source s = {m, payload};

	for (size_t i = 0; export_names[i]; i++) {
		const struct export_format *f = export_find(export_names[i]);
		owned(buf_free) struct buf one = BUF(EXPORT_MAX), two = BUF(EXPORT_MAX);
		owned(json_free) struct json j = {0};
		struct err e = {0}, again = {0};
		bool ok = export_write(f, &s, &one, &e);

		must_be(ok == export_write(f, &s, &two, &again) &&
			(ok || m->foreign || manifest_kind(m) != MANIFEST_OF_NITRO));
		must_be(ok ? bytes_equal(buf_bytes(&one), buf_bytes(&two))
			   : e.reason == REASON_EXPORT && strcmp(e.text, again.text) == 0);
		if (ok && i > 0 && !json_read(&j, buf_bytes(&one), 0, &e))
			must_be(e.reason == REASON_LIMIT);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest m = {0};
	struct corim_file f;
	static struct lint l;
	struct err e = {0};
	bool ok;

	l = (struct lint){0};
	if (!corim_open(&f, bytes_of(data, size), &l, &e)) {
		must_be(err_is(&e) && l.errors == 1);
		return 0;
	}
	must_be(!err_is(&e) && f.base <= size && f.payload.n <= size - f.base);
	ok = corim_read(&m, f.payload, f.base, &l, &e);
	must_be(ok == (l.errors == 0) && ok == !err_is(&e));
	if (ok && !m.foreign)
		written_again(&m, f.payload);
	if (ok)
		shown(&m, &f, &l);
	if (ok)
		exported(&m, f.payload);
	manifest_free(&m);
	return 0;
}
