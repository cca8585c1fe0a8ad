/*
 * Any bytes as archives of a ramdisk: what is accepted reads the same in one piece and byte by
 * byte, every byte goes through the tap once, and the content digest is one. A ramdisk is not
 * changed by zeros behind it.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "measure/core/initramfs.h"
#include "tests/unit/support_memory.h"

#define BODY_MAX (1u << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static bool count(void *arg, struct bytes x, struct err *e)
{
	(void)e;
	*(uint64_t *)arg += x.n;
	return true;
}

static bool put_one(struct cpio *c, struct initramfs *r, const struct cpio_entry *x, struct err *e)
{
	static uint8_t body[BODY_MAX];
	struct initramfs_body brought = {0};
	struct tree_node *node;
	struct digest d;
	size_t n = 0, got;

	must_be(x->name.n > 0 && x->name.n <= CPIO_NAME_MAX && !memchr(x->name.p, 0, x->name.n));
	must_be(x->header % 4 == 0 && x->data % 4 == 0 && x->header < x->data);
	do {
		if (!cpio_read(c, (struct span){body + n, BODY_MAX - n}, &got, e))
			return false;
		n += got;
	} while (got > 0 && n < BODY_MAX);
	if (!hash_of(DIGEST_SHA256, bytes_of(body, n), &d, e))
		return false;
	brought.sha256 = &d;
	brought.target = bytes_of(body, n);
	return initramfs_put(r, x, &brought, &node, e);
}

static bool read_all(struct bytes x, size_t piece, struct digest *content, struct err *e)
{
	struct memory in = memory_stream(x, piece);
	owned(cpio_free) struct cpio *c = cpio_new(&in.stream, false, e);
	owned(initramfs_free) struct initramfs r = {0};
	uint64_t seen = 0;
	const struct cpio_tap tap = {count, &seen};
	const struct cpio_entry *entry;

	must_be(c && initramfs_new(&r, e));
	cpio_tap(c, &tap);
	do {
		if (!cpio_next(c, &entry, e) || (entry && !put_one(c, &r, entry, e)))
			return false;
	} while (entry);
	must_be(seen == x.n && cpio_position(c) == x.n);
	return initramfs_content(&r, content, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	owned(buf_free) struct buf longer = BUF(1u << 24);
	struct digest first = {0}, second = {0}, third = {0};
	struct err e1 = {0}, e2 = {0}, e3 = {0};
	bool good;

	if (size > BODY_MAX)
		return 0;
	good = read_all(bytes_of(data, size), SIZE_MAX, &first, &e1);
	must_be(good == read_all(bytes_of(data, size), 1, &second, &e2));
	must_be(e1.reason == e2.reason && e1.offset == e2.offset && strcmp(e1.text, e2.text) == 0);
	if (!good)
		return 0;
	must_be(digest_equal(&first, &second));
	buf_put(&longer, bytes_of(data, size));
	buf_zero(&longer, 512);
	must_be(read_all(buf_bytes(&longer), SIZE_MAX, &third, &e3) &&
		digest_equal(&first, &third));
	return 0;
}
