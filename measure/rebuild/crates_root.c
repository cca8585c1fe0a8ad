#include <stdio.h>
#include <sys/stat.h>

#include "measure/base/hex.h"
#include "measure/rebuild/crates.h"

#define SUFFIX ".crate"
#define CHECKSUM ".cargo-checksum.json"

struct root {
	const struct crates_locked *l;
	const struct lock_input **crate; /* in the order of the lock */
	size_t n;
};

static bool is_crate(const struct lock_input *i)
{
	size_t n = strlen(i->name), end = strlen(SUFFIX);

	return n > end && strcmp(i->name + n - end, SUFFIX) == 0;
}

/* "NAME-VERSION" */
static struct bytes folder_of(const struct lock_input *i)
{
	return bytes_of(i->name, strlen(i->name) - strlen(SUFFIX));
}

static bool open_crate(void *arg, size_t i, struct store_item *out, struct err *e)
{
	const struct root *r = arg;

	return objects_get(r->l->from, &r->crate[i]->object, r->crate[i]->name, out, e);
}

static const char *name_of(void *arg, size_t i)
{
	return ((const struct root *)arg)->crate[i]->name;
}

static bool replaces(void *arg, size_t over, size_t under)
{
	(void)arg;
	(void)over;
	(void)under;
	return false;
}

static bool outside(const struct root *r, const struct tree_node *n, struct err *e)
{
	owned(buf_free) struct buf path = BUF(TREE_PATH_MAX + 1);

	if (!tree_path(n, &path, e))
		return false;
	return err_set(e, REASON_PACKAGE, "%s: '%.200s' is not in its folder",
		       r->crate[n->layer - 1]->name, buf_cstr(&path));
}

/* One crate could put files into the folder of another, which would be the other's then. */
static bool check(struct rootfs *to, const struct root *r, struct err *e)
{
	for (struct tree_node *top = tree_root(to->tree)->child; top; top = top->next) {
		const struct tree_node *end = tree_next_outside(top);

		if (!bytes_equal(bytes_str(top->name), folder_of(r->crate[top->layer - 1])) ||
		    !S_ISDIR(top->inode->mode))
			return outside(r, top, e);
		for (const struct tree_node *n = top; n != end; n = tree_next(n))
			if (n->layer != top->layer)
				return outside(r, n, e);
	}
	return true;
}

/* Of single files nothing is said: all of them are what the crate's digest says. */
static bool add_checksum(struct rootfs *to, const struct lock_input *crate, struct err *e)
{
	struct bytes name = folder_of(crate);
	struct tree_node *folder = tree_find(to->tree, tree_root(to->tree), name);
	struct tree_inode file = {.mode = S_IFREG | 0644};
	owned(buf_free) struct buf text = BUF(256);

	if (!folder)
		return err_set(e, REASON_PACKAGE, "%s: it has no folder '%.*s'", crate->name,
			       (int)name.n, (const char *)name.p);
	if (tree_find(to->tree, folder, bytes_str(CHECKSUM)))
		return err_set(e, REASON_PACKAGE, "%s: it has a " CHECKSUM " of its own",
			       crate->name);
	buf_str(&text, "{\"files\":{},\"package\":\"");
	hex_put(&text, digest_bytes(&crate->object.sha256));
	buf_str(&text, "\"}\n");
	file.size = text.n;
	return buf_done(&text, CHECKSUM, e) &&
	       rootfs_bytes(to, buf_bytes(&text), &file.source, e) &&
	       tree_add(to->tree, folder, bytes_str(CHECKSUM), &file, e);
}

static bool fill(struct rootfs *to, struct root *r, const struct rootfs_options *o, struct err *e)
{
	const struct rootfs_packages list = {r->n, open_crate, name_of, replaces, r, true};

	if (!rootfs_empty(to, e) || !rootfs_packages(to, &list, o, e) || !check(to, r, e))
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (!add_checksum(to, r->crate[i], e))
			return false;
	return true;
}

bool crates_root(struct rootfs *r, const struct crates_locked *l, const struct rootfs_options *o,
		 struct err *e)
{
	owned(rootfs_free) struct rootfs new = {0};
	owned(own_free) void *list = own_new((l->n + 1) * sizeof(const struct lock_input *), e);
	struct root root = {l, list, 0};

	if (!list)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (is_crate(&l->input[i]))
			root.crate[root.n++] = &l->input[i];
	if (!fill(&new, &root, o, e))
		return false;
	*r = take(new);
	return true;
}
