/*
 * Any bytes as an IGVM file, as they are and with their checksum made right: what is read is
 * written again byte for byte, has parts, and is measured or refused by every profile.
 */
#include <stdlib.h>

#include "ovmf-snp/igvm_measure.h"
#include "ovmf-snp/igvm_parts.h"
#include "tests/unit/support_igvm.h"

#define MEASURED_MAX (16u << 20) /* bytes of memory: larger guests take too long */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static uint64_t launched(const struct igvm *g)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < g->n_headers; i++)
		if (igvm_type(&g->header[i]) == IGVM_PAGE_DATA ||
		    igvm_type(&g->header[i]) == IGVM_PARAMETER_INSERT)
			bytes += igvm_extent(g, &g->header[i]);
	return bytes;
}

static void measured(const struct igvm *g)
{
	for (const struct igvm_profile *p = igvm_profiles; p->name; p++)
		for (unsigned k = 0; k < IGVM_PLATFORMS; k++) {
			struct igvm_guest guest = {g, (enum igvm_platform)k, p, false};
			struct err e = {0};
			struct digest d;
			bool done = igvm_measure(&guest, &d, &e);

			must_be(done == !err_is(&e));
			must_be(done || e.reason == REASON_IGVM || e.reason == REASON_USAGE);
			must_be(!done || igvm_mask(g, guest.platform) != 0);
		}
}

static void read_one(struct bytes file)
{
	owned(buf_free) struct buf again = BUF(file.n + 1);
	owned(igvm_free) struct igvm g = {0};
	owned(part_free) struct part *root = NULL;
	struct err e = {0};

	if (!igvm_read(&g, file, &e)) {
		must_be(reason_class(e.reason) == EXIT_CLASS_MALFORMED && g.n_headers == 0);
		return;
	}
	must_be(!err_is(&e) && igvm_write(&g, &again, &e));
	must_be(bytes_equal(buf_bytes(&again), file));
	must_be(igvm_describe(&g, &root, &e) && root->size == file.n);
	if (launched(&g) <= MEASURED_MAX)
		measured(&g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	owned(buf_free) struct buf copy = BUF(size + 1);

	read_one(bytes_of(data, size));
	buf_put(&copy, bytes_of(data, size));
	if (size >= 24) {
		forge_igvm_put(&copy, 16, size, 4);
		forge_igvm_crc(&copy);
		read_one(buf_bytes(&copy));
	}
	return 0;
}
