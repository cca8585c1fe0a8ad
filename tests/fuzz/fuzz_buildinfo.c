/*
 * Any bytes as a Debian .buildinfo. What is read is what its header promises: packages in order and
 * of valid names and versions, variables and files each once; and it can be held against a recipe.
 */
#include <stdlib.h>

#include "measure/rebuild/buildinfo.h"
#include "measure/rebuild/debian_relation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check(const struct buildinfo *b)
{
	must_be(b->n_packages > 0 && debian_version_valid(bytes_str(b->version)));
	must_be(!b->path || b->path[0] == '/');
	for (size_t i = 0; i < b->n_packages; i++) {
		must_be(debian_name_valid(bytes_str(b->packages[i].name)));
		must_be(debian_version_valid(bytes_str(b->packages[i].version)));
		must_be(i == 0 || strcmp(b->packages[i - 1].name, b->packages[i].name) < 0);
	}
	for (size_t i = 0; i < b->n_files; i++)
		must_be(b->files[i].object.sha256.len == 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answer a;
	const struct recipe none = {0};
	const struct lock empty = {0};
	struct buildinfo b;
	struct err e = {0};

	if (buildinfo_read(&b, bytes_of(data, size), &e)) {
		check(&b);
		a = (struct answer){0};
		must_be(buildinfo_fits(&b, &none, &empty, &a, &e) == !err_is(&e));
	} else {
		must_be(err_is(&e));
	}
	buildinfo_free(&b);
	return 0;
}
