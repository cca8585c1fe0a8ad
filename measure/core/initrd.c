#include "measure/core/initrd.h"

#include <sys/stat.h>

#include "measure/core/added.h"
#include "measure/core/pass.h"

void initrd_free(struct initrd *i)
{
	rootfs_free(&i->rootfs);
	*i = (struct initrd){0};
}

/* "a", "/a/b/": not "" or "/" */
static bool is_prefix(const char *prefix)
{
	return prefix && prefix[strspn(prefix, "/")] != '\0';
}

static void count(struct initrd *i)
{
	const struct tree_node *n = tree_root(i->rootfs.tree);

	while ((n = tree_next(n))) {
		i->names++;
		i->implied += n->inode->implied;
		if (S_ISREG(n->inode->mode))
			i->files_size += n->inode->size;
	}
}

bool initrd_read(struct initrd *i, const struct initrd_request *q, struct err *e)
{
	owned(initrd_free) struct initrd new = {0};
	struct rootfs *r = &new.rootfs;

	if (!(q->rootfs ? rootfs_open(r, q->rootfs, &q->options, e) : rootfs_empty(r, e)))
		return false;
	if (is_prefix(q->prefix) && !tree_lower(r->tree, bytes_str(q->prefix), e))
		return err_in(e, "--prefix");
	for (size_t k = 0; k < q->n_add; k++)
		if (!added_read(r, q->add[k], e))
			return false;
	count(&new);
	*i = take(new);
	return true;
}

/*
 * The archive passes through one scheduler; when it is packed, what comes out of the packer passes
 * through another, on the thread that packs.
 */
struct flow {
	struct rootfs *rootfs;
	struct pass *archive, *file;
	struct pack *pack; /* NULL: the archive is the file */
	unsigned sha256, sha384, packed_sha256, packed_sha384;
};

static void flow_free(struct flow *f)
{
	pack_free(&f->pack);
	pass_free(&f->archive);
	pass_free(&f->file);
}

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	return rootfs_file(((struct flow *)arg)->rootfs, n, e);
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(((struct flow *)arg)->rootfs, to, got, e);
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	struct flow *f = arg;

	return pass_feed(f->archive, x, e) && (!f->pack || pack_add(f->pack, x, e));
}

static bool put_packed(void *arg, struct bytes x, struct err *e)
{
	return pass_feed(((struct flow *)arg)->file, x, e);
}

/* Two digests, and a file that is written: lanes 0, 1 and 2. */
static struct pass *lanes(unsigned threads, struct out *to, unsigned *sha256, unsigned *sha384,
			  struct err *e)
{
	owned(pass_free) struct pass *p = pass_new(threads, e);
	unsigned writer;

	if (!p || !pass_lane(p, DIGEST_SHA384, sha384, e) ||
	    !pass_lane(p, DIGEST_SHA256, sha256, e) || (to && !pass_writer(p, to, &writer, e)))
		return NULL;
	pass_open(p, to ? 7 : 3);
	return take(p);
}

static bool flow_open(struct flow *f, const struct initrd_request *q, struct out *to, struct err *e)
{
	const struct pack_sink sink = {put_packed, f};
	bool packed = q->packing != PACKING_NONE;

	f->archive = lanes(0, packed ? NULL : to, &f->sha256, &f->sha384, e);
	if (!f->archive)
		return false;
	pass_watch(f->archive, q->watch);
	if (!packed)
		return true;
	f->file = lanes(1, to, &f->packed_sha256, &f->packed_sha384, e);
	if (f->file)
		f->pack = pack_new(q->packing, &sink, e);
	return f->pack != NULL;
}

static bool close_pass(struct pass *p, unsigned sha256, unsigned sha384, struct initrd_digests *out,
		       struct err *e)
{
	out->size = pass_position(p);
	return pass_mark(p, sha256, &out->sha256, e) && pass_mark(p, sha384, &out->sha384, e) &&
	       pass_end(p, e);
}

static bool flow_close(struct flow *f, struct initrd *i, struct err *e)
{
	if (!close_pass(f->archive, f->sha256, f->sha384, &i->archive, e))
		return false;
	if (!f->pack) {
		i->file = i->archive;
		return true;
	}
	return pack_end(f->pack, e) &&
	       close_pass(f->file, f->packed_sha256, f->packed_sha384, &i->file, e);
}

bool initrd_write(struct initrd *i, const struct initrd_request *q, struct out *to, struct err *e)
{
	owned(flow_free) struct flow f = {.rootfs = &i->rootfs};
	const struct cpio_io io = {open_file, read_file, put, &f};
	const struct cpio_rule rule = {
		.profile = q->profile,
		.time = q->time,
		.clamp = q->clamp,
		.image = is_prefix(q->prefix) ? i->rootfs.image : NULL,
	};

	return flow_open(&f, q, to, e) && cpio_write(i->rootfs.tree, &rule, &io, &i->content, e) &&
	       flow_close(&f, i, e);
}
