#include "measure/core/kernel.h"

#include "measure/base/cur.h"
#include "measure/core/archive.h"
#include "measure/core/kernel_scan.h"
#include "measure/core/lz4.h"

#define SETUP_SECTS_AT 0x1f1u
#define MAGIC_AT 0x202u
#define KERNEL_VERSION_AT 0x20eu
#define PAYLOAD_AT 0x248u
#define SECTOR 512u
#define PROTOCOL_PAYLOAD 0x208u
#define IMAGE_MAGIC_AT 56u
#define ZIMG_AT 4u
#define ELF_SEGMENTS_AT 0x20u
#define ELF_SEGMENT_SIZE 0x38u
#define ELF_SEGMENT_ADDRESS 0x10u
#define ELF_LOAD 1u

void kernel_free(struct kernel *k)
{
	buf_free(&k->version);
	buf_free(&k->config);
	buf_free(&k->banner);
}

/* ---- which kind */

static bool has(struct bytes head, size_t at, const char *magic)
{
	return head.n >= at + 4 && memcmp(head.p + at, magic, 4) == 0;
}

static bool is_bzimage(struct bytes head)
{
	return head.n >= PAYLOAD_AT + 8 && has(head, MAGIC_AT, "HdrS");
}

static bool is_image(struct bytes head)
{
	return has(head, IMAGE_MAGIC_AT, "ARM\x64");
}

static bool is_zboot(struct bytes head)
{
	return has(head, 0, "MZ\0\0") && has(head, ZIMG_AT, "zimg");
}

/* An ELF file of 64 bits whose first segment lies in the upper half of memory. */
static bool is_vmlinux(struct bytes head)
{
	struct err none = {0};
	struct cur c = cur_new(head, 0, &none);
	uint64_t segments, address;
	bool elf = bytes_start(head, bytes_str("\x7f"
					       "ELF\x02\x01"));

	cur_take(&c, ELF_SEGMENTS_AT, "the header");
	segments = cur_le64(&c, "program headers");
	if (!elf || !cur_ok(&c) || segments > head.n)
		return false;
	c = cur_new(head, 0, &none);
	cur_take(&c, segments, "what is in front");
	if (cur_le32(&c, "type") != ELF_LOAD)
		return false;
	cur_take(&c, ELF_SEGMENT_ADDRESS - 4, "flags and offset");
	address = cur_le64(&c, "address");
	return cur_ok(&c) && address >> 63 == 1;
}

bool kernel_is(struct bytes head)
{
	return is_bzimage(head) || is_image(head) || is_zboot(head) || is_vmlinux(head);
}

/* ---- the payload */

struct reading {
	struct kernel *k;
	const struct extent *x;
	bool all;
};

/* Of what keeps a reader from what is in a payload, only a lack of memory is an error. */
static bool forgive(const struct reading *r, const struct err *found, struct err *e)
{
	if (found->reason == REASON_OUT_OF_MEMORY)
		return err_set(e, found->reason, "%s", found->text);
	buf_reset(&r->k->config);
	buf_reset(&r->k->banner);
	r->k->packing = NULL;
	r->k->n_ids = r->k->n_keys = 0;
	r->k->unpacked = (struct digest){0};
	return true;
}

static bool scan(const struct reading *r, struct stream *in, const char *packing, struct err *e)
{
	struct err found = {0};

	r->k->packing = r->all ? packing : NULL;
	return kernel_scan(r->k, in, r->all, &found) || forgive(r, &found, e);
}

static bool scan_lz4(const struct reading *r, struct stream *in, struct err *e)
{
	owned(stream_lz4_free) struct stream_lz4 lz4 = stream_lz4(in);

	return scan(r, &lz4.stream, "lz4", e);
}

static bool scan_payload(const struct reading *r, uint64_t at, uint64_t size, struct err *e)
{
	struct stream_range in = stream_range(r->x->file, r->x->at + at, size);
	struct unpack_rule rule = {.rest = true, .max = KERNEL_UNPACKED_MAX};
	owned(unpack_free) struct unpack *u = NULL;
	uint8_t raw[6];
	size_t got;

	if (!extent_read(r->x, at, (struct span){raw, sizeof(raw)}, &got, e))
		return false;
	if (lz4_is(bytes_of(raw, got)))
		return scan_lz4(r, &in.stream, e);
	rule.packing = archive_packing(bytes_of(raw, got));
	if (rule.packing == PACKING_NONE)
		return true;
	u = unpack_new(&in.stream, &rule, e);
	return u && scan(r, unpack_stream(u), archive_packing_name(rule.packing), e);
}

static bool fits(const struct reading *r, uint64_t at, uint64_t size)
{
	return at <= r->x->size && size <= r->x->size - at;
}

/* ---- kinds */

static bool read_bzimage(const struct reading *r, struct bytes head, struct err *e)
{
	struct cur c = cur_new(head, 0, e);
	uint64_t setup, at, size;
	uint8_t text[KERNEL_VERSION_MAX];
	uint16_t protocol, version;
	size_t got = 0;

	cur_take(&c, SETUP_SECTS_AT, "the boot sector");
	setup = ((uint64_t)cur_u8(&c, "setup_sects") + 1) * SECTOR;
	cur_take(&c, MAGIC_AT + 4 - SETUP_SECTS_AT - 1, "the boot sector");
	protocol = cur_le16(&c, "version");
	cur_take(&c, KERNEL_VERSION_AT - MAGIC_AT - 6, "the setup header");
	version = cur_le16(&c, "kernel_version");
	cur_take(&c, PAYLOAD_AT - KERNEL_VERSION_AT - 2, "the setup header");
	at = setup + cur_le32(&c, "payload_offset");
	size = cur_le32(&c, "payload_length");
	if (!cur_ok(&c) ||
	    (version != 0 && !extent_read(r->x, (uint64_t)version + SECTOR,
					  (struct span){text, sizeof(text)}, &got, e)))
		return false;
	kernel_version(bytes_of(text, got), &r->k->version);
	return protocol < PROTOCOL_PAYLOAD || !fits(r, at, size) || scan_payload(r, at, size, e);
}

static bool read_zboot(const struct reading *r, struct bytes head, struct err *e)
{
	struct cur c = cur_new(head, 0, e);
	uint32_t at, size;

	cur_take(&c, ZIMG_AT + 4, "the header");
	at = cur_le32(&c, "offset of the payload");
	size = cur_le32(&c, "its size");
	return cur_ok(&c) && (!fits(r, at, size) || scan_payload(r, at, size, e));
}

static bool read_kernel(const struct reading *r, struct err *e)
{
	struct stream_range all = stream_range(r->x->file, r->x->at, r->x->size);
	uint8_t raw[KERNEL_HEAD];
	struct bytes head = {raw, 0};

	if (!extent_read(r->x, 0, (struct span){raw, sizeof(raw)}, &head.n, e))
		return false;
	if (is_bzimage(head))
		return read_bzimage(r, head, e);
	if (head.n >= ZIMG_AT + 12 && is_zboot(head))
		return read_zboot(r, head, e);
	return (!is_image(head) && !is_vmlinux(head)) || scan(r, &all.stream, "none", e);
}

bool kernel_look(struct kernel *k, const struct extent *x, struct err *e)
{
	return read_kernel(&(struct reading){k, x, true}, e);
}

bool kernel_read(struct kernel *k, const char *path, struct err *e)
{
	struct file f = FILE_NONE;
	bool good = file_open(&f, path, e);
	const struct extent x = {&f, 0, f.size};

	good = good && (f.stream || read_kernel(&(struct reading){k, &x, false}, e));
	file_close(&f);
	return good || err_subject(e, path);
}
