#include "measure/core/cpio_image.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "measure/core/cpio_names.h"
#include "measure/core/cpio_out.h"

#define PATH_ROOM (1u << 16)

struct place {
	const struct tree_node *node;
	uint32_t order, walk;
};

struct image {
	struct cpio_out out;
	struct initramfs made;
	struct cpio_names names;
	struct place *places; /* all nodes, as they came */
	size_t n;
	struct buf prefix; /* "rootfs/", or nothing */
	struct buf path, target, relative;
	uint32_t found; /* of what must be there, by its index */
};

static void image_free(struct image *w)
{
	cpio_out_free(&w->out);
	initramfs_free(&w->made);
	cpio_names_free(&w->names);
	free(take(w->places));
	buf_free(&w->prefix);
	buf_free(&w->path);
	buf_free(&w->target);
	buf_free(&w->relative);
}

/* ---- what linuxkit knows by name; a slash behind it: as a folder alone */

static const char hosts[] = "127.0.0.1       localhost\n"
			    "::1     localhost ip6-localhost ip6-loopback\n"
			    "fe00::0 ip6-localnet\n"
			    "ff00::0 ip6-mcastprefix\n"
			    "ff02::1 ip6-allnodes\n"
			    "ff02::2 ip6-allrouters\n";

#define RESOLV "/run/resolvconf/resolv.conf"

static const char *const dropped[] = {
	".dockerenv", "Dockerfile", "dev/console", "dev/pts", "dev/shm", "etc/hostname", NULL,
};

static const struct needed {
	const char *name;
	uint32_t mode;
	const char *target, *content;
	bool replaced; /* where it stands, and added behind the image all the same */
} needed[] = {
	{.name = "dev/", .mode = S_IFDIR | 0755},
	{.name = "dev/pts/", .mode = S_IFDIR | 0755},
	{.name = "dev/shm/", .mode = S_IFDIR | 0755},
	{.name = "etc/", .mode = S_IFDIR | 0755},
	{.name = "etc/hosts", .mode = S_IFREG | 0644, .content = hosts, .replaced = true},
	{.name = "etc/mtab", .mode = S_IFLNK | 0755, .target = "/proc/mounts"},
	{.name = "etc/resolv.conf", .mode = S_IFLNK | 0644, .target = RESOLV, .replaced = true},
	{.name = "proc/", .mode = S_IFDIR | 0755},
	{.name = "sys/", .mode = S_IFDIR | 0755},
};
#define NEEDED (sizeof(needed) / sizeof(needed[0]))

static const char *const folders[] = {"dev", "run", "sys", "var", "proc", "tmp"};

static bool is_dropped(struct bytes name)
{
	for (const char *const *d = dropped; *d; d++)
		if (bytes_equal(name, bytes_str(*d)))
			return true;
	return false;
}

static size_t needed_of(struct bytes name)
{
	size_t i = 0;

	while (i < NEEDED && !bytes_equal(name, bytes_str(needed[i].name)))
		i++;
	return i;
}

/* ---- the tree, in the order in which it came */

static int in_order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (x->walk > y->walk) - (x->walk < y->walk);
}

static bool gather(struct image *w, const struct tree *t, struct err *e)
{
	size_t max = tree_count(t), several = 0;

	w->places = calloc(max, sizeof(*w->places));
	if (!w->places)
		return err_set(e, REASON_OUT_OF_MEMORY, "no memory for %zu entries", max);
	for (struct tree_node *n = tree_next(tree_root(t)); n && w->n < max; n = tree_next(n)) {
		w->places[w->n] = (struct place){n, n->order, (uint32_t)w->n};
		w->n++;
		several += n->inode->links > 1 && !S_ISDIR(n->inode->mode);
	}
	qsort(w->places, w->n, sizeof(*w->places), in_order);
	if (!cpio_names_new(&w->names, several, e))
		return false;
	for (size_t i = 0; i < w->n; i++) {
		const struct tree_node *n = w->places[i].node;

		if (n->inode->links > 1 && !S_ISDIR(n->inode->mode))
			cpio_names_add(&w->names, n, (uint32_t)i);
	}
	cpio_names_sort(&w->names);
	return true;
}

static bool is_inside(const struct tree_node *n, const struct tree_node *folder)
{
	while (n && n != folder)
		n = n->parent;
	return n != NULL;
}

/* ---- entries */

static bool put_made(struct image *w, const char *name, const struct needed *x, struct err *e)
{
	struct tree_inode inode = {.mode = x->mode, .links = 1, .mtime = CPIO_IMAGE_TIME};
	const char *body = x->target ? x->target : x->content ? x->content : "";
	struct cpio_item item = {.inode = &inode, .body = bytes_str(body)};

	buf_reset(&w->path);
	buf_put(&w->path, buf_bytes(&w->prefix));
	buf_str(&w->path, name);
	if (!buf_done(&w->path, "a path", e))
		return false;
	item.name = buf_bytes(&w->path);
	if (item.name.p[item.name.n - 1] == '/')
		item.name.n--;
	return cpio_out_item(&w->out, &item, e);
}

/* From the folder that `from` stands in to `to`. */
static void put_relative(struct buf *out, struct bytes from, struct bytes to)
{
	size_t common = 0;

	for (size_t i = 0; i < from.n && i < to.n && from.p[i] == to.p[i]; i++)
		if (from.p[i] == '/')
			common = i + 1;
	for (size_t i = common; i < from.n; i++)
		if (from.p[i] == '/')
			buf_str(out, "../");
	buf_put(out, bytes_of(to.p + common, to.n - common));
}

/* The name of an entry of the tree, as it stands there, or as an export has it. */
static bool name_node(struct image *w, const struct tree_node *n, bool slashes, struct err *e)
{
	if (!tree_path_to(n, &w->path, e))
		return false;
	if (slashes && S_ISDIR(n->inode->mode))
		buf_str(&w->path, "/");
	return buf_done(&w->path, "a path", e);
}

/* Under the name in w->path. A later name of an inode leads to its first. */
static bool put_node(struct image *w, const struct tree_node *n, int64_t mtime, struct err *e)
{
	const struct cpio_name *first = cpio_names_of(&w->names, n->inode);
	struct tree_inode inode = *n->inode;
	struct cpio_item item = {.inode = &inode, .name = buf_bytes(&w->path)};

	inode.mtime = mtime;
	if (first && first->node != n) {
		if (!tree_path_to(first->node, &w->target, e))
			return false;
		buf_reset(&w->relative);
		put_relative(&w->relative, item.name, buf_bytes(&w->target));
		if (!buf_done(&w->relative, "a link's target", e))
			return false;
		inode.mode = S_IFLNK | (inode.mode & 07777);
		item.body = buf_bytes(&w->relative);
	} else if (S_ISLNK(inode.mode)) {
		item.body = bytes_str(inode.target);
	} else if (S_ISREG(inode.mode)) {
		item.node = n;
	}
	return cpio_out_item(&w->out, &item, e);
}

/* linuxkit changes what the entry holds, and leaves whose it is. */
static bool put_replaced(struct image *w, const struct tree_node *n, const struct needed *x,
			 struct err *e)
{
	struct tree_inode inode = *n->inode;
	struct cpio_item item = {.inode = &inode, .name = buf_bytes(&w->path)};
	const struct cpio_name *first = cpio_names_of(&w->names, n->inode);

	inode.mode = (x->mode & S_IFMT) | (inode.mode & 07777);
	inode.mtime = CPIO_IMAGE_TIME;
	item.body = bytes_str(x->target ? x->target : x->content);
	if (x->content && (!S_ISREG(n->inode->mode) || (first && first->node != n)))
		return err_set(e, REASON_NEWC, "'%s' is no file of its own; linuxkit fails at it",
			       x->name);
	return cpio_out_item(&w->out, &item, e);
}

static bool put_from_image(struct image *w, const struct tree_node *n, struct err *e)
{
	struct bytes name;
	size_t i;

	if (!name_node(w, n, true, e))
		return false;
	name = bytes_of(w->path.p + w->prefix.n, w->path.n - w->prefix.n);
	i = needed_of(name);
	if (is_dropped(name))
		return true;
	if (i < NEEDED && needed[i].replaced)
		return put_replaced(w, n, &needed[i], e);
	if (i < NEEDED)
		w->found |= 1u << i;
	return put_node(w, n, i < NEEDED ? CPIO_IMAGE_TIME : n->inode->mtime, e);
}

/* "rootfs" for a prefix of "rootfs/"; every folder on the way to it in front. */
static bool put_prefix(struct image *w, struct err *e)
{
	static const struct needed folder = {.mode = S_IFDIR | 0755};
	owned(buf_free) struct buf whole = take(w->prefix);
	bool good = true;

	w->prefix = BUF(PATH_ROOM);
	for (size_t i = 0; i < whole.n && good; i++) {
		char name[CPIO_NAME_MAX + 1];

		if (whole.p[i] != '/' || i >= sizeof(name))
			continue;
		memcpy(name, whole.p, i);
		name[i] = '\0';
		good = put_made(w, name, &folder, e);
	}
	buf_free(&w->prefix);
	w->prefix = take(whole);
	return good;
}

static bool put_image(struct image *w, const struct tree_node *image, struct err *e)
{
	static const struct needed folder = {.mode = S_IFDIR | 0755};

	if (!put_prefix(w, e))
		return false;
	for (size_t i = 0; i < w->n; i++)
		if (w->places[i].node != image && is_inside(w->places[i].node, image) &&
		    !put_from_image(w, w->places[i].node, e))
			return false;
	for (size_t i = 0; i < NEEDED; i++)
		if (!(w->found & 1u << i) && !put_made(w, needed[i].name, &needed[i], e))
			return false;
	if (!put_prefix(w, e))
		return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (!put_made(w, folders[i], &folder, e))
			return false;
	return true;
}

static bool put_others(struct image *w, const struct tree_node *image, struct err *e)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct tree_node *n = w->places[i].node;
		int64_t mtime = image ? CPIO_IMAGE_TIME : n->inode->mtime;

		if (image && (is_inside(n, image) || is_inside(image, n)))
			continue;
		if (!name_node(w, n, false, e) || !put_node(w, n, mtime, e))
			return false;
	}
	return true;
}

static bool take_prefix(struct image *w, const struct tree_node *image, struct err *e)
{
	if (!image->parent)
		return true;
	if (!tree_path(image, &w->prefix, e))
		return false;
	buf_str(&w->prefix, "/");
	return buf_done(&w->prefix, "a path", e);
}

bool cpio_image_write(struct tree *t, const struct cpio_rule *rule, const struct cpio_io *io,
		      struct digest *content, struct err *e)
{
	owned(image_free) struct image w = {
		.out = {.rule = rule, .io = io},
		.prefix = BUF(PATH_ROOM),
		.path = BUF(PATH_ROOM),
		.target = BUF(PATH_ROOM),
		.relative = BUF(PATH_ROOM),
	};

	if (content && !initramfs_new(&w.made, e))
		return false;
	w.out.made = content ? &w.made : NULL;
	tree_sort(t);
	if (!cpio_out_open(&w.out, content != NULL, e) || !gather(&w, t, e))
		return false;
	if (rule->image && (!take_prefix(&w, rule->image, e) || !put_image(&w, rule->image, e)))
		return false;
	return put_others(&w, rule->image, e) && cpio_out_end(&w.out, e) &&
	       (!content || initramfs_content(&w.made, content, e));
}
