/*
 * Any bytes as an ID block, as its authentication, or as both in the header of an IGVM file: what
 * is read is written again byte for byte, and its signatures hold or do not.
 */
#include <stdlib.h>

#include "ovmf-snp/idblock.h"
#include "tests/unit/support_igvm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void same(const struct buf *written, struct bytes x)
{
	must_be(written->failed == REASON_NONE && bytes_equal(buf_bytes(written), x));
}

static void judged(const struct idblock *b, const struct idblock_auth *a)
{
	struct err e = {0};

	must_be(idblock_verify(b, a, &e) || e.reason == REASON_SIGNATURE || e.reason == REASON_KEY);
}

static void as_block(struct bytes x, struct idblock *b)
{
	owned(buf_free) struct buf again = BUF(IDBLOCK_SIZE);
	struct err e = {0};

	if (!idblock_read(b, x, &e)) {
		must_be(e.reason == REASON_ID_BLOCK_FORM);
		return;
	}
	idblock_write(&again, b);
	same(&again, x);
}

static void as_auth(struct bytes x, const struct idblock *b)
{
	owned(buf_free) struct buf again = BUF(IDBLOCK_AUTH_SIZE);
	struct idblock_auth a;
	struct err e = {0};

	if (!idblock_auth_read(&a, x, &e)) {
		must_be(e.reason == REASON_ID_BLOCK_FORM);
		return;
	}
	idblock_auth_write(&again, &a);
	same(&again, x);
	judged(b, &a);
}

static uint32_t mask_of(struct bytes x)
{
	uint32_t mask = 0;

	for (unsigned i = 4; i > 0; i--)
		mask = mask << 8 | x.p[i - 1];
	return mask;
}

static void as_header(struct bytes x)
{
	owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX), again = BUF(IDBLOCK_IGVM_SIZE);
	owned(igvm_free) struct igvm g = {0};
	struct idblock_auth a;
	struct idblock b;
	struct err e = {0};

	forge_igvm_base(&file, 1);
	must_be(igvm_read(&g, buf_bytes(&file), &e));
	if (!igvm_append(&g, IGVM_SNP_ID_BLOCK, x, &e) ||
	    !idblock_igvm_read(&g, idblock_igvm_find(&g), &b, &a, &e)) {
		must_be(e.reason == REASON_ID_BLOCK_FORM || e.reason == REASON_IGVM);
		return;
	}
	idblock_igvm_write(&again, mask_of(x), &b, &a);
	same(&again, x);
	judged(&b, &a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idblock b = {.version = IDBLOCK_VERSION, .policy = IDBLOCK_POLICY};
	struct bytes x = bytes_of(data, size);

	as_block(x, &b);
	as_auth(x, &b);
	as_header(x);
	return 0;
}
