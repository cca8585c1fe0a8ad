/*
 * Any bytes as a metadata section, as a free value of one and as a kernel configuration. What is
 * written from them can be read. serde_json's spelling is its own spelling, or refused: a number
 * that the reference reader rounds rightly thanks to zeros behind it may lose that with them.
 */
#include <stdlib.h>

#include "eif/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static bool spell(struct buf *out, struct bytes text)
{
	struct json_out w = json_out(out, false);
	struct err e = {0};
	struct json j;
	bool ok;

	if (!json_read(&j, text, 0, &e))
		return false;
	ok = eif_serde_out(&w, &j, j.nodes, &e);
	must_be(ok != err_is(&e));
	json_free(&j);
	return ok && buf_done(out, "value", &e);
}

static void check_spelling(struct bytes value)
{
	struct buf once = BUF(1u << 24), twice = BUF(1u << 24);

	if (spell(&once, value) && spell(&twice, buf_bytes(&once)))
		must_be(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
	buf_free(&once);
	buf_free(&twice);
}

static void check_writing(struct bytes value, const char *os, const char *kernel)
{
	struct eif_metadata m = {"n", "v", "", "tool", "1", os, kernel, value, value};
	struct buf out = BUF(1u << 24);
	struct err e = {0};
	struct json j;

	if (eif_metadata_write(&out, &m, &e)) {
		must_be(eif_metadata_read(&j, buf_bytes(&out), 0, &e));
		json_free(&j);
	}
	must_be(!err_is(&e) || e.text[0]);
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct buf os = BUF(1u << 20), kernel = BUF(1u << 20);
	struct err e = {0}, e2 = {0};
	struct json j;

	if (eif_metadata_read(&j, in, 0, &e))
		json_free(&j);
	must_be(!err_is(&e) || (e.at && e.offset <= size));
	must_be(eif_kernel_config(in, &os, &kernel, &e2) || err_is(&e2));
	check_spelling(in);
	check_writing(in, buf_cstr(&os), buf_cstr(&kernel));
	buf_free(&os);
	buf_free(&kernel);
	return 0;
}
