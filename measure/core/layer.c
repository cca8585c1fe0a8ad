#include "measure/core/layer.h"

#include <sys/stat.h>

#define WINDOW (64u * 1024)
#define QUOTED 200

struct apply {
	struct tree *tree;
	struct tar *in;
	const struct layer_rule *rule;
	bool led; /* something of this layer came by a name that leads through a symbolic link */
};

static bool refuse(struct err *e, const char *why)
{
	return err_set(e, REASON_ROOTFS, "%s", why);
}

static bool ambiguous(struct err *e, const char *why)
{
	return err_set(e, REASON_AMBIGUOUS, "%s", why);
}

/* Are those the folder's own names, or does a symbolic link lead to it? `path` ends in a slash. */
static bool is_spelt(const struct tree_node *folder, struct bytes path)
{
	for (; folder->parent; folder = folder->parent) {
		size_t n = strlen(folder->name);

		if (path.n < n + 1 || memcmp(path.p + path.n - n - 1, folder->name, n) != 0)
			return false;
		path.n -= n + 1;
	}
	return path.n == 0;
}

/* ---- what lower layers brought */

static bool is_own(const struct apply *a, const struct tree_node *n)
{
	return n->layer == a->rule->number;
}

/* A folder that no entry names is not this layer's to those who know its folders by entries. */
static void mark_implied(const struct apply *a, const struct tree_node *folder)
{
	if (!folder->inode->implied || !is_own(a, folder))
		return;
	for (struct tree_node *n = folder->parent; n && n->vague != a->rule->number; n = n->parent)
		n->vague = a->rule->number;
}

/* Below a folder that is pure nothing is left of lower layers, so nobody looks there again. */
static struct tree_node *behind(const struct apply *a, const struct tree_node *n)
{
	return n->pure == a->rule->number ? tree_next_outside(n) : tree_next(n);
}

/*
 * A folder that is hidden, but in which this layer put things: is it there, and with whose
 * metadata? Some unpackers even remove those things.
 */
static bool check_hidden(const struct apply *a, const struct tree_node *top, struct err *e)
{
	const struct tree_node *end = tree_next_outside(top);
	bool used = top->vague == a->rule->number;

	for (const struct tree_node *n = behind(a, top); n != end && !used; n = behind(a, n))
		used = is_own(a, n) ? n->parent != top && !is_own(a, n->parent)
				    : n->child && n->pure == a->rule->number;
	return !used || ambiguous(e, "hides a folder in which the same layer has put something");
}

/* Everything below that is not of this layer goes. Each node is looked at once in a layer. */
static bool purify(const struct apply *a, struct tree_node *top, struct err *e)
{
	const struct tree_node *end = tree_next_outside(top);
	struct tree_node *n, *next;

	if (!check_hidden(a, top, e))
		return false;
	for (n = behind(a, top); n != end; n = next) {
		next = is_own(a, n) ? behind(a, n) : tree_next_outside(n);
		if (is_own(a, n))
			n->pure = a->rule->number;
		else
			tree_remove(a->tree, n);
	}
	top->pure = a->rule->number;
	return true;
}

static bool hide(const struct apply *a, struct tree_node *n, struct err *e)
{
	if (S_ISDIR(n->inode->mode) && !purify(a, n, e))
		return false;
	if (is_own(a, n))
		return true;
	if (n->child)
		return ambiguous(e, "hides a folder in which the same layer has put something");
	tree_remove(a->tree, n);
	return true;
}

/* What may not stay below a name that becomes no folder, or becomes one. */
static bool make_room(const struct apply *a, struct tree_node *old, uint32_t mode, struct err *e)
{
	if ((old->inode->mode & S_IFMT) == (mode & S_IFMT))
		return true;
	if (is_own(a, old))
		return ambiguous(e, "has stood in the same layer as something of another kind");
	if (!S_ISDIR(old->inode->mode))
		return true;
	if (!purify(a, old, e))
		return false;
	return !old->child ||
	       ambiguous(e, "is no folder, but the same layer has put something in it");
}

/* ---- names with a meaning */

static bool has_marker(struct bytes path)
{
	bool start = true;

	for (size_t i = 0; i < path.n; i++) {
		if (start && bytes_start(bytes_of(path.p + i, path.n - i), bytes_str(".wh.")))
			return true;
		start = path.p[i] == '/';
	}
	return false;
}

/* Layers that AUFS wrote have whiteouts that are hard links to one another. */
static bool is_empty_file(const struct tar_entry *in)
{
	return (in->type == TAR_FILE && in->size == 0) ||
	       (in->type == TAR_HARD_LINK && has_marker(in->link));
}

/*
 * Some look for what there is below the marker's own name, which a symbolic link ends, and keep of
 * this layer only what came by that name.
 */
static bool opaque(const struct apply *a, struct tree_node *folder, bool led, struct err *e)
{
	if (led || a->led)
		return ambiguous(e, led ? "hides a folder that a symbolic link leads to"
					: "hides a folder in a layer that puts things through "
					  "symbolic links");
	return purify(a, folder, e);
}

static bool whiteout(const struct apply *a, const struct tar_entry *in, struct tree_node *folder,
		     struct bytes name, struct err *e)
{
	struct bytes hidden = bytes_of(name.p + 4, name.n - 4);
	struct tree_node *n;

	if (!is_empty_file(in))
		return ambiguous(e, "a whiteout is an empty file, which this is not");
	if (bytes_equal(name, bytes_str(".wh..wh..opq")))
		return opaque(a, folder,
			      !is_spelt(folder, bytes_of(in->name.p, in->name.n - name.n)), e);
	if (bytes_start(hidden, bytes_str(".wh.")))
		return ambiguous(e, "is a reserved name of AUFS, which readers take differently");
	if (hidden.n == 0 || bytes_equal(hidden, bytes_str(".")) ||
	    bytes_equal(hidden, bytes_str("..")))
		return refuse(e, "a whiteout hides a name, and there is none");
	n = tree_find(a->tree, folder, hidden);
	return !n || hide(a, n, e);
}

/* Tables of contents for readers that fetch single files: nothing of the image. */
static bool is_landmark(const struct tar_entry *in)
{
	static const char *const names[] = {"stargz.index.json", ".prefetch.landmark",
					    ".no.prefetch.landmark"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (bytes_equal(in->name, bytes_str(names[i])))
			return in->type == TAR_FILE;
	return false;
}

/* ---- entries */

static uint32_t kind_of(enum tar_type type)
{
	switch (type) {
	case TAR_SYMLINK:
		return S_IFLNK;
	case TAR_CHAR:
		return S_IFCHR;
	case TAR_BLOCK:
		return S_IFBLK;
	case TAR_FOLDER:
		return S_IFDIR;
	case TAR_FIFO:
		return S_IFIFO;
	case TAR_FILE:
	case TAR_HARD_LINK:
	default:
		return S_IFREG;
	}
}

static bool spool(const struct apply *a, struct err *e)
{
	struct layer_spool *to = a->rule->spool;
	uint8_t window[WINDOW];
	size_t got;

	do {
		if (!tar_read(a->in, (struct span){window, sizeof(window)}, &got, e) ||
		    (got > 0 && !to->put(to->arg, bytes_of(window, got), e)))
			return false;
		to->at += got;
	} while (got > 0);
	return true;
}

static bool place(const struct apply *a, const struct tar_entry *in, struct tree_inode *inode,
		  struct err *e)
{
	if (in->type != TAR_FILE)
		return true;
	inode->size = in->size;
	inode->source = a->rule->source;
	inode->at = a->rule->spool ? a->rule->spool->at : a->rule->start + in->data;
	return !a->rule->spool || spool(a, e);
}

static bool put_xattrs(const struct apply *a, const struct tar_entry *in, struct err *e)
{
	for (size_t i = 0; i < in->n_xattrs; i++)
		if (!left_out_xattr(&a->rule->left_out, in->name, in->xattrs[i].name, e))
			return false;
	return true;
}

/* ---- names that belong to packages */

/* Does the path, whose last component is a symbolic link, lead to a folder? */
static bool leads_to_folder(const struct apply *a, struct bytes path)
{
	owned(buf_free) struct buf inside = BUF(TREE_PATH_MAX);
	struct err ignored = {0};
	struct bytes name;

	buf_put(&inside, path);
	buf_str(&inside, "/x");
	return !inside.failed &&
	       tree_parent(a->tree, buf_bytes(&inside), false, &name, &ignored) != NULL;
}

static bool same_link(const struct tar_entry *in, const struct tree_inode *old)
{
	return in->type == TAR_SYMLINK && old->target &&
	       bytes_equal(in->link, bytes_str(old->target));
}

/* May it stay as it is, both being satisfied with it? */
static bool is_shared(const struct apply *a, const struct tar_entry *in,
		      const struct tree_node *old)
{
	if (in->type == TAR_FOLDER)
		return S_ISDIR(old->inode->mode)
			       ? !old->inode->implied
			       : old->inode->target && leads_to_folder(a, in->name);
	return old->layer == 0 && same_link(in, old->inode);
}

/* *keep: what is there stays, and what comes is passed over. */
static bool meet(const struct apply *a, const struct tar_entry *in, struct tree_node *old,
		 bool *keep, struct err *e)
{
	const struct layer_owners *o = a->rule->owners;
	bool folders = in->type == TAR_FOLDER || (old && S_ISDIR(old->inode->mode));

	*keep = old && o && is_shared(a, in, old);
	if (!old || !o || *keep || is_own(a, old) ||
	    (in->type == TAR_FOLDER && S_ISDIR(old->inode->mode)))
		return true;
	if (old->layer != 0 && !folders) {
		*keep = o->replaces(o->arg, old->layer, a->rule->number);
		if (*keep || o->replaces(o->arg, a->rule->number, old->layer))
			return true;
	}
	return err_set(e, REASON_PACKAGES, "it is in %s, too",
		       old->layer != 0 ? o->name(o->arg, old->layer) : "the root itself");
}

/* ---- */

static bool put_inode(const struct apply *a, struct tree_node *folder, struct bytes name,
		      const struct tree_inode *inode, struct err *e)
{
	struct tree_node *old = tree_find(a->tree, folder, name);

	if (old)
		return make_room(a, old, inode->mode, e) && tree_replace(a->tree, old, inode, e);
	return tree_add(a->tree, folder, name, inode, e) != NULL;
}

static bool put(const struct apply *a, const struct tar_entry *in, struct tree_node *folder,
		struct bytes name, struct err *e)
{
	owned(buf_free) struct buf target = BUF(TREE_PATH_MAX);
	struct tree_inode inode = {
		.mode = kind_of(in->type) | in->mode,
		.uid = in->uid,
		.gid = in->gid,
		.mtime = in->mtime,
	};

	if (in->type == TAR_SYMLINK) {
		buf_put(&target, in->link);
		if (!buf_done(&target, "a symbolic link's target", e))
			return false;
		inode.mode = S_IFLNK | 0777;
		inode.target = buf_cstr(&target);
	}
	if (in->type == TAR_CHAR || in->type == TAR_BLOCK) {
		inode.major = in->major;
		inode.minor = in->minor;
	}
	if (in->type == TAR_CHAR && in->major == 0 && in->minor == 0 && !a->rule->plain)
		return ambiguous(
			e, "the device 0,0 is a whiteout to some readers, a device to others");
	return place(a, in, &inode, e) && put_inode(a, folder, name, &inode, e);
}

/* ---- hard links */

static struct tree_node *find_target(const struct apply *a, const struct tar_entry *in,
				     struct err *e)
{
	struct bytes name;
	struct tree_node *folder = tree_parent(a->tree, in->link, false, &name, e), *n;

	n = folder ? tree_find(a->tree, folder, name) : NULL;
	if (!n)
		err_set(e, REASON_ROOTFS, "it is not there");
	else if (S_ISDIR(n->inode->mode))
		err_set(e, REASON_ROOTFS, "it is a folder");
	if (err_is(e))
		err_in(e, "target \"%.*s\" of a hard link",
		       in->link.n < QUOTED ? (int)in->link.n : QUOTED, (const char *)in->link.p);
	return err_is(e) ? NULL : n;
}

/* Some give the metadata of the link to the file. Modes of symbolic links say nothing. */
static bool same_inode(const struct tar_entry *in, const struct tree_inode *inode, struct err *e)
{
	if (in->uid != inode->uid || in->gid != inode->gid)
		return err_set(e, REASON_AMBIGUOUS,
			       "a hard link belongs to %u:%u and what it links to, to %u:%u",
			       in->uid, in->gid, inode->uid, inode->gid);
	return S_ISLNK(inode->mode) || in->mode == (inode->mode & 07777) ||
	       err_set(e, REASON_AMBIGUOUS,
		       "a hard link has the mode %04o and what it links to %04o", in->mode,
		       inode->mode & 07777);
}

static bool put_link(const struct apply *a, const struct tar_entry *in, struct tree_node *folder,
		     struct bytes name, struct err *e)
{
	struct tree_node *old = tree_find(a->tree, folder, name);
	struct tree_node *target = find_target(a, in, e);

	if (!target || !same_inode(in, target->inode, e))
		return false;
	if (target == old)
		return refuse(e, "a hard link to itself");
	if (old && old->inode == target->inode) {
		old->layer = a->rule->number;
		return true;
	}
	if (old) {
		if (!make_room(a, old, target->inode->mode, e))
			return false;
		tree_remove(a->tree, old);
		target = find_target(a, in, e); /* which may have been below the old one */
	}
	return target && tree_link(a->tree, folder, name, target->inode, e);
}

static bool put_root(const struct apply *a, const struct tar_entry *in, struct err *e)
{
	const struct tree_inode inode = {
		.mode = S_IFDIR | in->mode,
		.uid = in->uid,
		.gid = in->gid,
		.mtime = in->mtime,
	};

	if (in->type != TAR_FOLDER)
		return refuse(e, "the root is no folder");
	if (a->rule->owners)
		return true;
	return put_xattrs(a, in, e) && tree_replace(a->tree, tree_root(a->tree), &inode, e);
}

static bool put_entry(struct apply *a, const struct tar_entry *in, struct err *e)
{
	struct tree_node *folder;
	struct bytes name, above;
	bool keep;

	if (in->name.n == 0)
		return put_root(a, in, e);
	if (!a->rule->plain && is_landmark(in))
		return left_out_file(&a->rule->left_out, in->name, e);
	folder = tree_parent(a->tree, in->name, true, &name, e);
	if (!folder)
		return false;
	mark_implied(a, folder);
	above = bytes_of(in->name.p, in->name.n - name.n);
	if (!a->rule->plain && has_marker(above))
		return ambiguous(e, "is in a folder with a reserved name of AUFS");
	if (!a->rule->plain && has_marker(name))
		return whiteout(a, in, folder, name, e);
	a->led |= !is_spelt(folder, above);
	if (!put_xattrs(a, in, e) || !meet(a, in, tree_find(a->tree, folder, name), &keep, e))
		return false;
	if (keep)
		return true;
	return in->type == TAR_HARD_LINK ? put_link(a, in, folder, name, e)
					 : put(a, in, folder, name, e);
}

bool layer_apply(struct tree *t, struct tar *in, const struct layer_rule *rule, struct err *e)
{
	struct apply a = {t, in, rule, false};
	const struct tar_entry *entry;

	tree_layer(t, rule->number);
	while (tar_next(in, &entry, e)) {
		if (!entry)
			return true;
		if (put_entry(&a, entry, e))
			continue;
		if (!e->at) {
			e->at = true;
			e->offset = entry->header;
		}
		return err_in(e, "entry \"%.*s\"",
			      entry->name.n < QUOTED ? (int)entry->name.n : QUOTED,
			      (const char *)entry->name.p);
	}
	return false;
}
