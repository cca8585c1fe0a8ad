#include "ovmf-snp/kernelhash.h"

#include "measure/base/cur.h"
#include "measure/core/hash.h"

#define HEAD 18u /* GUID, u16 size */
#define ENTRY (HEAD + 32u)
#define TABLE (HEAD + 3 * ENTRY) /* what the table says of its size */
#define PADDING (KERNELHASH_TABLE - TABLE)

/* GUIDs as stored. */
static const uint8_t table_guid[16] = {0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
				       0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21};
static const uint8_t cmdline_guid[16] = {0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c,
					 0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a};
static const uint8_t initrd_guid[16] = {0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b,
					0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d};
static const uint8_t kernel_guid[16] = {0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42,
					0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b};

bool kernelhash_make(struct kernelhash *k, const struct digest *kernel, const struct digest *initrd,
		     struct bytes cmdline, struct err *e)
{
	static const uint8_t nul;

	k->kernel = *kernel;
	if (initrd)
		k->initrd = *initrd;
	else if (!hash_of(DIGEST_SHA256, bytes_of(NULL, 0), &k->initrd, e))
		return false;
	return hash_of_two(DIGEST_SHA256, cmdline, bytes_of(&nul, 1), &k->cmdline, e);
}

static void put_le16(struct buf *out, uint16_t x)
{
	buf_u8(out, (uint8_t)x);
	buf_u8(out, (uint8_t)(x >> 8));
}

static void entry_write(struct buf *out, const uint8_t guid[16], const struct digest *d)
{
	buf_put(out, bytes_of(guid, 16));
	put_le16(out, ENTRY);
	buf_put(out, digest_bytes(d));
}

void kernelhash_write(struct buf *out, const struct kernelhash *k)
{
	buf_put(out, bytes_of(table_guid, 16));
	put_le16(out, TABLE);
	entry_write(out, cmdline_guid, &k->cmdline);
	entry_write(out, initrd_guid, &k->initrd);
	entry_write(out, kernel_guid, &k->kernel);
	buf_zero(out, PADDING);
}

static bool head_read(struct cur *c, const uint8_t guid[16], unsigned size, const char *what)
{
	uint64_t at = cur_at(c);
	struct bytes found = cur_take(c, 16, what);
	uint16_t n = cur_le16(c, what);

	if (cur_ok(c) && (!bytes_equal(found, bytes_of(guid, 16)) || n != size))
		return cur_fail(c, REASON_FIRMWARE, at,
				"%s does not stand here, with its GUID and a size of %u", what,
				size);
	return cur_ok(c);
}

static bool entry_read(struct cur *c, const uint8_t guid[16], const char *what, struct digest *d)
{
	struct bytes v;

	if (!head_read(c, guid, ENTRY, what))
		return false;
	v = cur_take(c, 32, what);
	*d = (struct digest){.alg = DIGEST_SHA256, .len = 32};
	if (v.n == 32)
		memcpy(d->v, v.p, 32);
	return cur_ok(c);
}

bool kernelhash_read(struct kernelhash *k, struct bytes table, uint64_t base, struct err *e)
{
	struct cur c = cur_new(table, base, e);
	uint64_t at;

	if (!head_read(&c, table_guid, TABLE, "the table of kernel hashes") ||
	    !entry_read(&c, cmdline_guid, "the hash of the command line", &k->cmdline) ||
	    !entry_read(&c, initrd_guid, "the hash of the initial ramdisk", &k->initrd) ||
	    !entry_read(&c, kernel_guid, "the hash of the kernel", &k->kernel))
		return false;
	at = cur_at(&c);
	if (!bytes_zero(cur_take(&c, PADDING, "padding")))
		return cur_fail(&c, REASON_FIRMWARE, at, "the padding of the table is not zero");
	return cur_end(&c, "the table of kernel hashes");
}

bool kernelhash_page(struct buf *out, const struct kernelhash *k, uint32_t gpa, struct err *e)
{
	uint32_t at = gpa % KERNELHASH_PAGE;

	if (at > KERNELHASH_PAGE - KERNELHASH_TABLE)
		return err_set(e, REASON_FIRMWARE,
			       "the table of kernel hashes at 0x%x needs %u bytes, %u are left in "
			       "its page",
			       gpa, KERNELHASH_TABLE, KERNELHASH_PAGE - at);
	buf_zero(out, at);
	kernelhash_write(out, k);
	buf_zero(out, KERNELHASH_PAGE - KERNELHASH_TABLE - at);
	return buf_done(out, "the page of kernel hashes", e);
}
