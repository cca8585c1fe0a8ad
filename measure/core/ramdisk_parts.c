#include "measure/core/ramdisk_parts.h"

#include <stdio.h>
#include <sys/stat.h>

#define MAGIC 6u

/* ---- by the first bytes */

static bool is_archive(struct bytes head)
{
	return bytes_start(head, bytes_str("070701")) || bytes_start(head, bytes_str("070702"));
}

bool ramdisk_begins(struct bytes head)
{
	struct unpack_rule rule = {
		.packing = archive_packing(head), .rest = true, .max = RAMDISK_UNPACKED_MAX};
	struct stream_bytes in = stream_bytes(head);
	owned(unpack_free) struct unpack *u = NULL;
	uint8_t magic[MAGIC];
	struct err e = {0};
	size_t got;

	if (is_archive(head) || rule.packing == PACKING_NONE)
		return is_archive(head);
	u = unpack_new(&in.stream, &rule, &e);
	return u && stream_read(unpack_stream(u), (struct span){magic, MAGIC}, &got, &e) &&
	       is_archive(bytes_of(magic, got));
}

/* ---- entries */

struct describing {
	struct part *parent, *part;
	uint64_t base; /* of the offsets of entries */
};

static const char *type_name(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "folder";
	case S_IFLNK:
		return "symbolic link";
	case S_IFCHR:
		return "character device";
	case S_IFBLK:
		return "block device";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "file";
	}
}

/* "file 0755 0:0 2 names mtime 1", "symbolic link 0777 0:0 to ../x" */
static bool put_detail(struct part *p, const struct cpio_entry *x,
		       const struct initramfs_body *body, const struct tree_node *node,
		       struct err *e)
{
	const struct cpio_fields *f = &x->fields;
	char device[32] = "", names[32] = "", mtime[32] = "";

	if (S_ISCHR(f->mode) || S_ISBLK(f->mode))
		snprintf(device, sizeof(device), " %u:%u", f->rdev_major, f->rdev_minor);
	if (f->nlink > 1 && !S_ISDIR(f->mode))
		snprintf(names, sizeof(names), " %u names", f->nlink);
	if (f->mtime > 0)
		snprintf(mtime, sizeof(mtime), " mtime %u", f->mtime);
	return part_detail(p, e, "%s%s %04o %u:%u%s%s%s%s%.*s", type_name(f->mode), device,
			   f->mode & 07777, f->uid, f->gid, names, mtime,
			   node ? "" : " passed over by the kernel", S_ISLNK(f->mode) ? " to " : "",
			   S_ISLNK(f->mode) ? (int)body->target.n : 0,
			   (const char *)body->target.p);
}

static bool put_entry(void *arg, const struct cpio_entry *x, const struct initramfs_body *body,
		      const struct tree_node *node, struct err *e)
{
	const struct describing *d = arg;
	char name[CPIO_NAME_MAX + 1];
	struct part *p;

	if (cpio_is_trailer(x))
		return true;
	memcpy(name, x->name.p, x->name.n);
	name[x->name.n] = '\0';
	p = part_new(d->part, name, d->base + x->data, x->fields.size, e);
	if (!p)
		return false;
	if (S_ISREG(x->fields.mode) && (x->fields.size > 0 || x->fields.nlink < 2))
		p->digest[p->n_digests++] = *body->sha256;
	return put_detail(p, x, body, node, e);
}

static bool begin(void *arg, const struct ramdisk_part *x, struct err *e)
{
	struct describing *d = arg;
	bool plain = x->packing == PACKING_NONE;

	d->base = plain ? x->at : 0;
	d->part =
		part_new(d->parent, plain ? "cpio" : archive_packing_name(x->packing), x->at, 0, e);
	return d->part != NULL;
}

static bool end(void *arg, const struct ramdisk_part *x, struct err *e)
{
	struct describing *d = arg;

	d->part->size = x->size;
	if (x->packing != PACKING_NONE)
		return part_detail(d->part, e, "archives: %u, entries: %u, unpacked: %llu bytes",
				   x->archives, x->entries, (unsigned long long)x->unpacked);
	return part_detail(d->part, e, "archives: %u, entries: %u", x->archives, x->entries);
}

bool ramdisk_describe(const struct stream_range *where, struct part *parent, struct err *e)
{
	owned(ramdisk_free) struct ramdisk r = {0};
	struct describing d = {.parent = parent};
	const struct ramdisk_visit visit = {
		.begin = begin, .end = end, .made = put_entry, .arg = &d};

	return ramdisk_read(&r, where, &visit, e);
}
