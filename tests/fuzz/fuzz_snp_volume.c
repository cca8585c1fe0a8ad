/*
 * Any bytes as the volumes of a firmware image, and as an image whose tables are described: parts
 * lie inside the part that they belong to, and nothing is read outside.
 */
#include <stdlib.h>

#include "ovmf-snp/ovmf_parts.h"
#include "ovmf-snp/volume.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check(const struct part *root)
{
	unsigned depth = 0;

	for (const struct part *p = root; p; p = part_walk(p, &depth))
		must_be(!p->parent || (p->offset >= p->parent->offset &&
				       p->offset + p->size <= p->parent->offset + p->parent->size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct part *root = NULL;
	struct err e = {0};
	struct ovmf o;

	if (ovmf_read(&o, bytes_of(data, size), OVMF_END, &e)) {
		must_be(ovmf_describe(&o, &root, &e) || e.reason == REASON_LIMIT);
	} else {
		e = (struct err){0};
		root = part_new(NULL, "firmware", 0, size, &e);
		must_be(root && (volumes_describe(bytes_of(data, size), root, &e) ||
				 e.reason == REASON_LIMIT));
	}
	if (root)
		check(root);
	part_free(&root);
	return 0;
}
