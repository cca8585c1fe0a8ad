#include "measure/guest/boot.h"

#include <sys/stat.h>

#include "measure/guest/inside.h"

#define ORDER_MAX (MODULES_MAX * (MODINFO_NAME_MAX + 4))

/* Of all that linuxkit puts into a ramdisk of its own accord. */
#define VENDOR_TIME 1492533000

static const struct tree_inode folder = {.mode = S_IFDIR | 0755};

static bool put_nodes(struct rootfs *r, struct tree_node *dev, struct err *e)
{
	static const struct tree_inode console = {.mode = S_IFCHR | 0600, .major = 5, .minor = 1};
	static const struct tree_inode null = {.mode = S_IFCHR | 0666, .major = 1, .minor = 3};

	return tree_add(r->tree, dev, bytes_str("console"), &console, e) &&
	       tree_add(r->tree, dev, bytes_str("null"), &null, e);
}

static bool put_module(struct rootfs *r, struct tree_node *in, const struct module *m,
		       struct err *e)
{
	owned(buf_free) struct buf name = BUF(MODINFO_NAME_MAX + 4);
	struct inside_file file = {.mode = 0644, .text = buf_bytes(&m->bytes)};

	buf_fmt(&name, "%s.ko", m->name);
	file.name = buf_cstr(&name);
	return buf_done(&name, "the name of a module", e) && inside_put(r, in, &file, e);
}

static bool put_modules(struct rootfs *r, const struct boot *b, struct err *e)
{
	owned(buf_free) struct buf order = BUF(ORDER_MAX);
	struct tree_node *in = tree_root(r->tree);
	struct inside_file file = {"order", 0644, {0}};

	if (b->modules->n == 0)
		return true;
	if (!b->vendor)
		in = tree_add(r->tree, in, bytes_str("modules"), &folder, e);
	if (!in)
		return false;
	for (size_t i = 0; i < b->modules->n; i++) {
		buf_fmt(&order, "%s.ko\n", b->modules->v[i].name);
		if (!put_module(r, in, &b->modules->v[i], e))
			return false;
	}
	file.text = buf_bytes(&order);
	return buf_done(&order, "the order of modules", e) &&
	       (b->vendor || inside_put(r, in, &file, e));
}

bool boot_make(struct rootfs *r, const struct boot *b, struct err *e)
{
	struct tree_node *root = tree_root(r->tree), *dev;
	struct inside_file init = {"init", 0755, b->init};

	if (!bytes_start(b->init, bytes_str("\177ELF")) && !bytes_start(b->init, bytes_str("#!")))
		return err_set(e, REASON_USAGE, "the init is no program: neither ELF nor a script");
	dev = tree_add(r->tree, root, bytes_str("dev"), &folder, e);
	if (!dev || !(b->vendor || put_nodes(r, dev, e)) || !inside_put(r, root, &init, e) ||
	    !put_modules(r, b, e))
		return false;
	for (root = tree_next(root); root && b->vendor; root = tree_next(root))
		root->inode->mtime = VENDOR_TIME;
	return true;
}
