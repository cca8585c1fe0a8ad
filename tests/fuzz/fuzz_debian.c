/*
 * What an archive's mirror and a package say: the first byte says as what the others are read. A
 * list that is read can be resolved or refused, a choice is sorted and satisfied, versions are in
 * one order whichever way they are asked.
 */
#include <stdlib.h>

#include "measure/rebuild/deb822.h"
#include "measure/rebuild/debian_relation.h"
#include "measure/rebuild/debian_signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void read_release(struct bytes x)
{
	struct stream_bytes in = stream_bytes(x);
	struct debian_release r = {.arena = ARENA(1u << 20)};
	struct err e = {0};

	must_be(debian_release_text(&r, &in.stream, 0, &e) == !err_is(&e));
	for (size_t i = 1; i < r.n; i++)
		must_be(strcmp(r.index[i - 1].path, r.index[i].path) < 0);
	for (size_t i = 0; i < r.n; i++)
		must_be(debian_release_find(&r, r.index[i].path) == &r.index[i]);
	debian_release_free(&r);
}

static void read_fields(struct bytes x)
{
	struct stream_bytes in = stream_bytes(x);
	struct err e = {0};
	struct deb822 *d = deb822_new(&in.stream, &e);
	uint64_t before = 0;
	bool end = false;

	must_be(d != NULL);
	while (deb822_next(d, &end, &e) && !end) {
		must_be(deb822_at(d) >= before && deb822_at(d) < x.n);
		before = deb822_at(d);
		must_be(deb822_get(d, "Package").n < x.n);
	}
	must_be(end == !err_is(&e));
	deb822_free(&d);
}

/* What a name comes to, with what every system has. */
static void resolve(struct debian_packages *p, const char *name)
{
	const struct debian_wish wish = {.names = &name, .n = 1, .essential = true};
	struct debian_choice c = {0};
	struct err e = {0};

	must_be(debian_resolve(p, &wish, &c, &e) == !err_is(&e));
	for (size_t i = 1; i < c.n; i++)
		must_be(strcmp(c.item[i - 1]->name, c.item[i]->name) <= 0);
	free(c.item);
}

/* Two lists in one, parted by a byte that no list may have. */
static void read_packages(struct bytes x)
{
	const uint8_t *part = x.n > 0 ? memchr(x.p, 0, x.n) : NULL;
	size_t n = part ? (size_t)(part - x.p) : x.n;
	struct stream_bytes one = stream_bytes(bytes_of(x.p, n));
	struct stream_bytes two =
		stream_bytes(part ? bytes_of(part + 1, x.n - n - 1) : (struct bytes){0});
	struct err e = {0};
	struct debian_packages *p = debian_packages_new(&e);

	must_be(p != NULL);
	if (debian_packages_add(p, &one.stream, 0, "amd64", &e) &&
	    (!part || debian_packages_add(p, &two.stream, 1, "amd64", &e))) {
		resolve(p, "aa");
		resolve(p, "bb=1");
	} else {
		must_be(err_is(&e));
	}
	debian_packages_free(&p);
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

/* A field; the versions in it are put in order. */
static void read_relations(struct bytes x)
{
	struct debian_relations r = {.left = x};
	struct debian_relation one = {0}, before = {0};
	struct err e = {0};
	bool end = false;

	for (; debian_relation_next(&r, &one, &end, &e) && !end; before = one) {
		must_be(debian_name_valid(one.name));
		must_be((one.op == DEBIAN_ANY) == (one.version.n == 0));
		if (one.op == DEBIAN_ANY || before.op == DEBIAN_ANY)
			continue;
		must_be(debian_version_valid(one.version));
		must_be(sign(debian_version_order(one.version, before.version)) ==
			-sign(debian_version_order(before.version, one.version)));
		must_be(debian_version_order(one.version, one.version) == 0);
	}
	must_be(end == !err_is(&e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const read[])(struct bytes) = {read_release, read_fields, read_packages,
						     read_relations};

	if (size > 0)
		read[data[0] % 4](bytes_of(data + 1, size - 1));
	return 0;
}
