/*
 * Any bytes as a Cargo.lock: crates are sorted, each is there once, and each has a name that can be
 * a file's.
 */
#include <stdlib.h>

#include "measure/rebuild/crates.h"
#include "measure/rebuild/lock_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	owned(crates_free) struct crates c = {0};
	struct err e = {0};

	must_be(crates_read(&c, bytes_of(data, size), &e) == !err_is(&e));
	for (size_t i = 0; i < c.n; i++) {
		must_be(!strchr(c.item[i].name, '/') && !strchr(c.item[i].version, '/'));
		must_be(c.item[i].sha256.len == 32);
		must_be(i == 0 || strcmp(c.item[i - 1].name, c.item[i].name) < 0 ||
			strcmp(c.item[i - 1].version, c.item[i].version) < 0);
	}
	return 0;
}
