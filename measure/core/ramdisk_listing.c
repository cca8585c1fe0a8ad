#include "measure/core/ramdisk_listing.h"

#include <sys/stat.h>

#include "measure/base/file.h"
#include "measure/base/hex.h"

#define LINE_MAX (1u << 16)
#define BATCH (1u << 18)

/* As vis(3) does with VIS_OCTAL: other readers split lines at blanks. */
static void put_name(struct buf *to, const char *name)
{
	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		if (*p > ' ' && *p < 0x7f && !strchr("#=\\*?[", *p))
			buf_u8(to, *p);
		else
			buf_fmt(to, "\\%03o", *p);
	}
}

static const char *type_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "file";
	}
}

static void put_value(const struct initramfs *r, const struct tree_inode *i, struct buf *to)
{
	if (S_ISREG(i->mode)) {
		struct digest d = initramfs_sha256(r, i);

		buf_fmt(to, " size=%llu sha256digest=", (unsigned long long)i->size);
		hex_put(to, digest_bytes(&d));
	} else if (S_ISLNK(i->mode)) {
		buf_str(to, " link=");
		put_name(to, i->target);
	} else if (S_ISCHR(i->mode) || S_ISBLK(i->mode)) {
		buf_fmt(to, " device=linux,%u,%u", i->major, i->minor);
	}
}

static bool put_line(const struct initramfs *r, const struct tree_node *n, struct buf *path,
		     struct buf *to, struct err *e)
{
	const struct tree_inode *i = n->inode;

	if (!tree_path_to(n, path, e))
		return false;
	buf_str(to, n->parent ? "./" : ".");
	put_name(to, buf_cstr(path));
	buf_fmt(to, " type=%s mode=%04o uid=%u gid=%u time=%lld.0", type_of(i->mode),
		i->mode & 07777, i->uid, i->gid, (long long)i->mtime);
	if (i->links > 1)
		buf_fmt(to, " nlink=%u", i->links);
	put_value(r, i, to);
	buf_str(to, "\n");
	return true;
}

static bool put_lines(const struct initramfs *r, struct out *out, struct err *e)
{
	owned(buf_free) struct buf path = BUF(LINE_MAX), batch = BUF(BATCH + LINE_MAX);

	buf_str(&batch, "#mtree\n");
	for (const struct tree_node *n = tree_root(r->tree); n; n = tree_next(n)) {
		if (!put_line(r, n, &path, &batch, e) || !buf_done(&batch, "a listing", e))
			return false;
		if (batch.n < BATCH && tree_next(n))
			continue;
		if (!out_write(out, buf_bytes(&batch), e))
			return false;
		buf_reset(&batch);
	}
	return true;
}

bool ramdisk_list(const struct initramfs *r, const char *folder, struct err *e)
{
	owned(out_free) struct out out = OUT_NONE;
	owned(buf_free) struct buf path = BUF(LINE_MAX);

	buf_fmt(&path, "%s/root.mtree", folder);
	return buf_done(&path, "a path", e) && out_open_ours(&out, buf_cstr(&path), e) &&
	       put_lines(r, &out, e) && out_commit(&out, e);
}
