/*
 * The packages of lists by their names: what debian.h keeps between its reader and its resolver.
 */
#ifndef MEASURE_REBUILD_DEBIAN_INDEX_H
#define MEASURE_REBUILD_DEBIAN_INDEX_H

#include "measure/rebuild/debian_relation.h"

#define DEBIAN_PACKAGES_MAX (1u << 20)
#define DEBIAN_PROVIDES_MAX (1u << 22)
#define DEBIAN_TEXT_MAX ((size_t)192 << 20)

/* "NAME (= VERSION)", in the text of an item. */
struct debian_provide {
	const uint8_t *name, *version;
	uint8_t name_size, version_size; /* no version: 0 */
	uint32_t item;
};

struct debian_packages {
	struct arena text;
	const char *architecture; /* of all lists */
	struct debian_package *item;
	size_t n, room;
	uint32_t *order; /* items by name, then list, then version, the newest first */
	struct debian_provide *provide; /* by name, then as `order` */
	size_t n_provides, room_provides;
	bool sorted;
};

struct debian_range {
	size_t at, end;
};

/* What follows has `order` and `provide` sorted. */
must bool debian_index_sort(struct debian_packages *p, struct err *e);

/* The items of a name, in `order`; those that provide it, in `provide`. */
struct debian_range debian_index_named(const struct debian_packages *p, struct bytes name);
struct debian_range debian_index_provided(const struct debian_packages *p, struct bytes name);

static inline struct bytes debian_provide_name(const struct debian_provide *v)
{
	return bytes_of(v->name, v->name_size);
}

/* Is it provided as the relation asks for? A version is satisfied by a provided version alone. */
bool debian_provide_holds(const struct debian_provide *v, const struct debian_relation *r);

#endif
