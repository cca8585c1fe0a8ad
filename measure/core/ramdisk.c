#include "measure/core/ramdisk.h"

#include <stdlib.h>
#include <sys/stat.h>

#define CHUNK (64u * 1024)
#define HEAD 8u
#define XZ_CHECK 7u /* of an xz stream: the kind of its checksum, in the lower half */

/* What a reading passes around. */
struct reading {
	struct ramdisk *r;
	const struct stream_range *where;
	const struct ramdisk_visit *visit;
	struct ramdisk_part *part;
	struct hash *hash;
	struct buf target;
	uint8_t chunk[CHUNK];
};

static void reading_free(struct reading **x)
{
	if (!*x)
		return;
	hash_free(&(*x)->hash);
	buf_free(&(*x)->target);
	free(*x);
	*x = NULL;
}

void ramdisk_free(struct ramdisk *r)
{
	initramfs_free(&r->made);
	r->n = 0;
}

/* ---- entries */

static bool read_body(struct reading *x, struct cpio *c, const struct cpio_entry *entry,
		      struct err *e)
{
	bool link = S_ISLNK(entry->fields.mode);
	size_t got;

	buf_reset(&x->target);
	if (!hash_restart(x->hash, e))
		return false;
	do {
		struct bytes read;

		if (!cpio_read(c, (struct span){x->chunk, CHUNK}, &got, e))
			return false;
		read = bytes_of(x->chunk, got);
		if (link)
			buf_put(&x->target, read);
		else if (!hash_add(x->hash, read, e) ||
			 (got > 0 && x->visit->data && !x->visit->data(x->visit->arg, read, e)))
			return false;
	} while (got > 0);
	return buf_done(&x->target, "a link's target", e);
}

static bool take_entry(struct reading *x, struct cpio *c, const struct cpio_entry *entry,
		       struct err *e)
{
	const struct ramdisk_visit *v = x->visit;
	struct digest sha256 = {0};
	struct initramfs_body body = {.sha256 = &sha256};
	struct tree_node *node;

	if (v->entry && !v->entry(v->arg, entry, e))
		return false;
	if (!read_body(x, c, entry, e) || !hash_finish(x->hash, &sha256, e))
		return false;
	body.target = buf_bytes(&x->target);
	if (!initramfs_put(&x->r->made, entry, &body, &node, e))
		return false;
	x->part->archives += cpio_is_trailer(entry);
	x->part->entries += !cpio_is_trailer(entry);
	return !v->made || v->made(v->arg, entry, &body, node, e);
}

/* How many bytes of the stream were archives. */
static bool take_entries(struct reading *x, struct stream *in, bool rest, uint64_t *n,
			 struct err *e)
{
	owned(cpio_free) struct cpio *c = cpio_new(in, rest, e);
	const struct cpio_tap tap = {x->visit->bytes, x->visit->arg};
	const struct cpio_entry *entry;

	if (!c)
		return false;
	cpio_tap(c, &tap);
	do {
		if (!cpio_next(c, &entry, e) || (entry && !take_entry(x, c, entry, e)))
			return false;
	} while (entry);
	*n = cpio_position(c);
	return true;
}

/* ---- parts */

static bool take_plain(struct reading *x, struct err *e)
{
	struct ramdisk_part *p = x->part;
	struct stream_range in = stream_range(x->where->file, p->at, x->where->end - p->at);

	if ((p->at - x->where->at) % 4 != 0)
		return err_at(e, REASON_RAMDISK, p->at,
			      "an archive begins at no multiple of four: the kernel stops there");
	if (take_entries(x, &in.stream, true, &p->unpacked, e)) {
		p->size = p->unpacked;
		return true;
	}
	if (e->at && e->reason != REASON_FILE_CHANGED)
		e->offset += p->at;
	return false;
}

/*
 * The kernel's own gunzip knows of a file's name in the header, and of nothing else; its unxz of
 * CRC-32 or no checksum at all.
 */
static bool check_head(const struct ramdisk_part *p, bool first, struct bytes head, struct err *e)
{
	if (p->packing == PACKING_NONE)
		return err_at(e, first ? REASON_RAMDISK : REASON_TRAILING, p->at,
			      "neither an archive nor a compressed one that is known here: the "
			      "first bytes are %02x %02x",
			      head.p[0], head.n > 1 ? head.p[1] : 0);
	if (p->packing == PACKING_ZSTD && head.p[0] != 0x28)
		return err_at(e, REASON_AMBIGUOUS, p->at,
			      "a zstd frame to be skipped, which the kernel takes for junk");
	if (p->packing == PACKING_GZIP && head.n > 3 && (head.p[3] & ~0x09u) != 0)
		return err_at(e, REASON_AMBIGUOUS, p->at,
			      "gzip header flags %02x, of which the kernel knows 01 and 08",
			      head.p[3]);
	if (p->packing == PACKING_XZ && head.n > XZ_CHECK && (head.p[XZ_CHECK] & 0x0f) > 1) {
		err_at(e, REASON_AMBIGUOUS, p->at,
		       "xz with a checksum of kind %02x, of which the kernel knows 00 and 01",
		       head.p[XZ_CHECK]);
		return err_hint(e, "compress it with xz --check=crc32");
	}
	return true;
}

static bool take_packed(struct reading *x, struct err *e)
{
	struct ramdisk_part *p = x->part;
	const struct unpack_rule rule = {
		.packing = p->packing, .rest = true, .max = RAMDISK_UNPACKED_MAX};
	struct stream_range in = stream_range(x->where->file, p->at, x->where->end - p->at);
	owned(unpack_free) struct unpack *u = unpack_new(&in.stream, &rule, e);

	if (!u)
		return false;
	if (!take_entries(x, unpack_stream(u), false, &p->unpacked, e)) {
		if (e->subject[0] == '\0') /* not of what a visitor writes */
			err_in(e, "unpacked from %s at %llu", archive_packing_name(p->packing),
			       (unsigned long long)p->at);
		return false;
	}
	p->size = unpack_used(u);
	return true;
}

static bool begin_part(struct reading *x, uint64_t at, struct err *e)
{
	if (x->r->n == RAMDISK_PARTS)
		return err_at(e, REASON_LIMIT, at, "more than %u parts", RAMDISK_PARTS);
	x->part = &x->r->part[x->r->n++];
	*x->part = (struct ramdisk_part){.at = at};
	return true;
}

static bool take_part(struct reading *x, uint64_t at, struct bytes head, struct err *e)
{
	const struct ramdisk_visit *v = x->visit;
	bool plain = head.p[0] == '0';

	if (!begin_part(x, at, e))
		return false;
	x->part->packing = archive_packing(head);
	if ((!plain && !check_head(x->part, x->r->n == 1, head, e)) ||
	    (v->begin && !v->begin(v->arg, x->part, e)) ||
	    !(plain ? take_plain(x, e) : take_packed(x, e)))
		return false;
	if (x->part->archives == 0)
		return err_at(e, REASON_RAMDISK, at, "what is compressed holds no archive");
	return !v->end || v->end(v->arg, x->part, e);
}

/* Zeros behind a part that is compressed; *at moves to the first byte that is none. */
static bool pass_zeros(struct reading *x, uint64_t *at, struct err *e)
{
	struct stream_range in = stream_range(x->where->file, *at, x->where->end - *at);
	size_t n, got;

	do {
		if (!stream_read(&in.stream, (struct span){x->chunk, CHUNK}, &got, e))
			return false;
		for (n = 0; n < got && x->chunk[n] == 0;)
			n++;
		if (n > 0 && x->visit->bytes &&
		    !x->visit->bytes(x->visit->arg, bytes_of(x->chunk, n), e))
			return false;
		*at += n;
	} while (n == got && got > 0);
	return true;
}

static bool read_parts(struct reading *x, struct err *e)
{
	uint64_t at = x->where->at;
	uint8_t head[HEAD];

	for (;;) {
		struct stream_range in;
		size_t got;

		if (!pass_zeros(x, &at, e))
			return false;
		if (at == x->where->end)
			break;
		in = stream_range(x->where->file, at, x->where->end - at);
		if (!stream_read(&in.stream, (struct span){head, HEAD}, &got, e))
			return false;
		if (!take_part(x, at, bytes_of(head, got), e))
			return false;
		at = x->part->at + x->part->size;
	}
	return x->r->n > 0 ||
	       err_at(e, REASON_RAMDISK, x->where->at, "nothing but zeros, and no archive");
}

bool ramdisk_read(struct ramdisk *r, const struct stream_range *where,
		  const struct ramdisk_visit *visit, struct err *e)
{
	static const struct ramdisk_visit nobody;
	owned(reading_free) struct reading *x = own_new(sizeof(*x), e);

	if (!x)
		return false;
	x->r = r;
	x->where = where;
	x->visit = visit ? visit : &nobody;
	x->target = BUF(2 * CPIO_NAME_MAX);
	x->hash = hash_new(DIGEST_SHA256, e);
	return x->hash && initramfs_new(&r->made, e) && read_parts(x, e);
}
