#include "measure/rebuild/debian_root.h"

#include <stdlib.h>

#include "measure/rebuild/deb.h"
#include "measure/rebuild/debian_relation.h"

struct root {
	const struct objects *from;
	const struct lock_input *package;
	struct deb *deb; /* what they say of themselves */
	size_t n;
};

static void root_free(struct root *r)
{
	for (size_t i = 0; r->deb && i < r->n; i++)
		deb_free(&r->deb[i]);
	free(r->deb);
}

static bool check(const char *field, const char *says, const char *locked, struct err *e)
{
	return strcmp(says, locked ? locked : "") == 0 ||
	       err_set(e, REASON_PACKAGE, "its %s is '%s', and locked is '%s'", field, says,
		       locked ? locked : "");
}

/* Any thread. */
static bool open_package(void *arg, size_t i, struct store_item *out, struct err *e)
{
	const struct root *r = arg;
	const struct lock_input *p = &r->package[i];
	struct deb *to = &r->deb[i];

	if (!objects_get(r->from, &p->object, p->name, out, e))
		return false;
	return (deb_read(to, &out->file, e) && check("name", to->name, p->name, e) &&
		check("version", to->version, p->version, e) &&
		check("architecture", to->architecture, p->architecture, e)) ||
	       err_in(e, "%s", p->name);
}

static const char *name_of(void *arg, size_t i)
{
	const struct root *r = arg;

	return r->package[i].name;
}

/* A field that cannot be read replaces nothing. */
static bool replaces(void *arg, size_t over, size_t under)
{
	const struct root *r = arg;
	struct debian_relations list = {.left = bytes_str(r->deb[over].replaces)};
	struct debian_relation one;
	struct err ignored = {0};
	bool end = false;

	while (debian_relation_next(&list, &one, &end, &ignored) && !end)
		if (bytes_equal(one.name, bytes_str(r->package[under].name)) &&
		    debian_relation_holds(&one, bytes_str(r->package[under].version)))
			return true;
	return false;
}

/* The order of packages is that of their names, whoever gives them. */
static int by_name(const void *a, const void *b)
{
	const struct lock_input *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* ---- the merged layout */

static struct tree_node *add_folder(struct rootfs *r, struct tree_node *in, const char *name,
				    struct err *e)
{
	const struct tree_inode folder = {.mode = S_IFDIR | 0755};

	return tree_add(r->tree, in, bytes_str(name), &folder, e);
}

static bool merge(struct rootfs *r, struct tree_node *usr, const char *target, struct err *e)
{
	const struct tree_inode link = {.mode = S_IFLNK | 0777, .target = target};
	const char *name = target + strlen("usr/");

	return add_folder(r, usr, name, e) &&
	       tree_add(r->tree, tree_root(r->tree), bytes_str(name), &link, e);
}

static bool is_for(const struct debian_locked *l, const char *architecture)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->package[i].architecture &&
		    strcmp(l->package[i].architecture, architecture) == 0)
			return true;
	return false;
}

static bool lay_out(struct rootfs *r, bool amd64, struct err *e)
{
	static const char *const names[] = {"usr/bin",	 "usr/lib",   "usr/sbin",
					    "usr/lib32", "usr/lib64", "usr/libx32"};
	struct tree_node *usr = add_folder(r, tree_root(r->tree), "usr", e);

	for (size_t i = 0; usr && i < (amd64 ? 6 : 3); i++)
		if (!merge(r, usr, names[i], e))
			return false;
	return usr != NULL;
}

bool debian_root(struct rootfs *r, const struct debian_locked *l, const struct rootfs_options *o,
		 struct err *e)
{
	size_t n = l->n;
	owned(rootfs_free) struct rootfs new = {0};
	owned(own_free) struct lock_input *sorted = own_new(n * sizeof(*sorted) + 1, e);
	owned(root_free) struct root root = {l->from, sorted, NULL, n};
	const struct rootfs_packages list = {n, open_package, name_of, replaces, &root, false};

	root.deb = own_new(n * sizeof(*root.deb) + 1, e);
	if (!sorted || !root.deb)
		return false;
	if (n > 0)
		memcpy(sorted, l->package, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_name);
	if (!rootfs_empty(&new, e) || !lay_out(&new, is_for(l, "amd64"), e) ||
	    !rootfs_packages(&new, &list, o, e))
		return false;
	*r = take(new);
	return true;
}
