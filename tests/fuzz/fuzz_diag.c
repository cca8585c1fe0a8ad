/*
 * Any bytes in diagnostic notation: shown exactly when they are CBOR, in printable text.
 */
#include <stdlib.h>

#include "measure/base/text.h"
#include "measure/core/cbor_diag.h"
#include "measure/core/cbor_walk.h"

#define ITEMS 65536u
#define SHOWN_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void printable(struct bytes text)
{
	must_be(text.n > 0 && text.p[text.n - 1] == '\n' && text_utf8_bad(text) == text.n);
	for (size_t i = 0; i < text.n; i++)
		must_be(text.p[i] == '\n' || (text.p[i] >= ' ' && text.p[i] != 0x7f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct buf out = BUF(SHOWN_MAX);
	struct err e = {0}, scanned = {0};
	bool cbor = cbor_scan(in, 0, CBOR_FOREIGN, ITEMS, &scanned);

	must_be(cbor_diag(in, ITEMS, &out, &e) == cbor);
	must_be(cbor == !err_is(&e) && e.reason == scanned.reason);
	if (cbor) {
		struct cur c = cur_new(in, 0, &e);

		must_be(cbor_walk_skip(&c, "item").n == size && cur_end(&c, "item"));
		printable(buf_bytes(&out));
	}
	buf_free(&out);
	return 0;
}
