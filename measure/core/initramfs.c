#include "measure/core/initramfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "measure/core/cpio_listing.h"

#define refuse(x, e, ...) err_at(e, REASON_AMBIGUOUS, (x)->header, __VA_ARGS__)

bool initramfs_new(struct initramfs *r, struct err *e)
{
	*r = (struct initramfs){0};
	r->tree = tree_new(INITRAMFS_ENTRIES, e);
	return r->tree && hash_of(DIGEST_SHA256, bytes_of(NULL, 0), &r->nothing, e);
}

void initramfs_free(struct initramfs *r)
{
	tree_free(&r->tree);
	tree_free(&r->links);
	free(r->first_dropped);
	free(r->first_repeated);
	free(r->first_absolute);
	free(r->first);
	free(r->sha256);
	*r = (struct initramfs){0};
}

/* Room for one more; by doubling. */
static bool grow(void **p, size_t n, size_t *max, size_t each, struct err *e)
{
	size_t room = *max ? 2 * *max : 64;
	void *more;

	if (n < *max)
		return true;
	more = realloc(*p, room * each);
	if (!more)
		return err_set(e, REASON_OUT_OF_MEMORY, "no memory for %zu entries", room);
	*p = more;
	*max = room;
	return true;
}

static bool count(uint32_t *n, char **first, struct bytes name, struct err *e)
{
	char text[CPIO_NAME_MAX + 1];

	if ((*n)++ > 0)
		return true;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	*first = own_string(text, e);
	return *first != NULL;
}

/* ---- what an entry is */

static bool keep_digest(struct initramfs *r, const struct digest *d, uint32_t *index, struct err *e)
{
	void *all = r->sha256;

	if (!grow(&all, r->n_sha256, &r->max_sha256, sizeof(*r->sha256), e))
		return false;
	r->sha256 = all;
	memcpy(r->sha256[r->n_sha256], d->v, sizeof(*r->sha256));
	*index = (uint32_t)r->n_sha256++;
	return true;
}

struct digest initramfs_sha256(const struct initramfs *r, const struct tree_inode *i)
{
	struct digest d = r->nothing;

	if (i->size > 0)
		memcpy(d.v, r->sha256[i->source], d.len);
	return d;
}

/* NULs at the end are no part of it: the kernel takes it for a string. */
static bool take_target(const struct cpio_entry *x, struct bytes raw, char to[CPIO_NAME_MAX + 1],
			struct err *e)
{
	size_t n = raw.n;

	while (n > 0 && raw.p[n - 1] == 0)
		n--;
	if (n == 0)
		return refuse(x, e, "a symbolic link without a target");
	if (n > CPIO_NAME_MAX)
		return refuse(x, e, "a symbolic link's target of %zu bytes: the kernel refuses it",
			      n);
	if (memchr(raw.p, 0, n))
		return refuse(x, e, "a symbolic link's target with a NUL inside");
	memcpy(to, raw.p, n);
	to[n] = '\0';
	return true;
}

static bool make_inode(struct initramfs *r, const struct cpio_entry *x,
		       const struct initramfs_body *body, struct tree_inode *i, struct err *e)
{
	const struct cpio_fields *f = &x->fields;
	bool device = S_ISCHR(f->mode) || S_ISBLK(f->mode);

	*i = (struct tree_inode){
		.mode = f->mode,
		.uid = f->uid,
		.gid = f->gid,
		.major = device ? f->rdev_major : 0,
		.minor = device ? f->rdev_minor : 0,
		.mtime = f->mtime,
		.at = r->entries,
	};
	if (!S_ISREG(f->mode))
		return true;
	i->size = f->size;
	return f->size == 0 || keep_digest(r, body->sha256, &i->source, e);
}

/* ---- where it goes */

struct place {
	struct tree_node *folder; /* NULL: it is not there */
	struct bytes name; /* empty: the root itself */
	struct tree_node *node; /* what came of the entry */
};

/* The folder that is called so, NULL when there is none. */
static bool enter(struct initramfs *r, const struct cpio_entry *x, struct place *p, struct err *e)
{
	struct tree_node *n = tree_find(r->tree, p->folder, p->name);

	if (n && S_ISLNK(n->inode->mode))
		return refuse(x, e, "it leads through the symbolic link '%s', which not all follow",
			      n->name);
	p->folder = n && S_ISDIR(n->inode->mode) ? n : NULL;
	return true;
}

static bool find_place(struct initramfs *r, const struct cpio_entry *x, struct place *p,
		       struct err *e)
{
	size_t from = 0;

	*p = (struct place){.folder = tree_root(r->tree)};
	for (size_t i = 0; i <= x->name.n && p->folder; i++) {
		struct bytes part = bytes_of(x->name.p + from, i - from);

		if (i < x->name.n && x->name.p[i] != '/')
			continue;
		from = i + 1;
		if (part.n == 0 || bytes_equal(part, bytes_str(".")))
			continue;
		if (p->name.n > 0 && !enter(r, x, p, e))
			return false;
		p->name = part;
	}
	if (x->name.p[x->name.n - 1] == '/' && !S_ISDIR(x->fields.mode))
		return refuse(x, e, "a name that ends in a slash, and no folder");
	return true;
}

/* ---- several names of one inode */

#define KEY_ROOM 40

static struct bytes link_key(const struct cpio_fields *f, char key[KEY_ROOM])
{
	int n = snprintf(key, KEY_ROOM, "%x:%x:%x:%x", f->ino, f->dev_major, f->dev_minor,
			 f->mode & S_IFMT);

	return bytes_of(key, (size_t)n);
}

static struct tree_node *linked_to(const struct initramfs *r, const struct cpio_fields *f)
{
	char key[KEY_ROOM];
	struct tree_node *n = NULL;

	if (r->links)
		n = tree_find(r->links, tree_root(r->links), link_key(f, key));
	return n ? r->first[n->inode->source] : NULL;
}

static bool remember(struct initramfs *r, const struct cpio_fields *f, struct tree_node *n,
		     struct err *e)
{
	struct tree_inode inode = {.mode = S_IFREG, .source = (uint32_t)r->n_first};
	void *all = r->first;
	char key[KEY_ROOM];

	if (!grow(&all, r->n_first, &r->max_first, sizeof(*r->first), e))
		return false;
	r->first = all;
	r->first[r->n_first++] = n;
	if (!r->links)
		r->links = tree_new(INITRAMFS_ENTRIES, e);
	return r->links && tree_add(r->links, tree_root(r->links), link_key(f, key), &inode, e);
}

static void forget(struct initramfs *r)
{
	tree_free(&r->links);
	r->n_first = 0;
}

static bool is_linked(const struct cpio_fields *f)
{
	return f->nlink >= 2 && !S_ISDIR(f->mode) && !S_ISLNK(f->mode);
}

/* The kernel writes the bytes of each name that has any into the one file. */
static bool join_bytes(struct initramfs *r, const struct cpio_entry *x, struct tree_inode *old,
		       const struct tree_inode *new, struct err *e)
{
	if (new->size == 0)
		return true;
	if (old->size == 0) {
		old->size = new->size;
		old->source = new->source;
		old->at = new->at;
		return true;
	}
	if (old->size == new->size &&
	    memcmp(r->sha256[old->source], r->sha256[new->source], sizeof(*r->sha256)) == 0)
		return true;
	return refuse(x, e, "another name of the same file has other bytes");
}

static bool join(struct initramfs *r, const struct cpio_entry *x, struct place *p,
		 const struct tree_inode *i, struct err *e)
{
	struct tree_inode *old = linked_to(r, &x->fields)->inode;

	if (tree_find(r->tree, p->folder, p->name))
		return refuse(x, e, "a hard link where something stands already");
	if (old->mode != i->mode || old->uid != i->uid || old->gid != i->gid)
		return refuse(x, e, "another name of the same inode has another mode or owner");
	if (old->major != i->major || old->minor != i->minor)
		return refuse(x, e, "another name of the same device has other numbers");
	if (!join_bytes(r, x, old, i, e))
		return false;
	p->node = tree_link(r->tree, p->folder, p->name, old, e);
	return p->node != NULL;
}

/* ---- names that stand there already */

/* The kernel changes what is there, and keeps a device as it was made. */
static bool again(struct initramfs *r, const struct cpio_entry *x, struct tree_node *n,
		  const struct tree_inode *i, struct err *e)
{
	const struct tree_inode *old = n->inode;

	if ((old->mode ^ i->mode) & S_IFMT)
		return refuse(x, e, "another type of file stands there already");
	if (old->links > 1)
		return refuse(x, e, "a file with several names stands there already");
	if (old->major != i->major || old->minor != i->minor)
		return refuse(x, e, "a device of other numbers stands there already");
	if (!S_ISDIR(i->mode) && !count(&r->repeated, &r->first_repeated, x->name, e))
		return false;
	return tree_replace(r->tree, n, i, e);
}

static bool put_root(struct initramfs *r, const struct cpio_entry *x, struct place *p,
		     const struct tree_inode *i, struct err *e)
{
	p->node = tree_root(r->tree);
	if (!S_ISDIR(i->mode))
		return refuse(x, e, "the root, and no folder");
	return tree_replace(r->tree, p->node, i, e);
}

static bool put_named(struct initramfs *r, const struct cpio_entry *x, struct place *p,
		      const struct tree_inode *i, struct err *e)
{
	if (is_linked(&x->fields) && linked_to(r, &x->fields))
		return join(r, x, p, i, e);
	p->node = tree_find(r->tree, p->folder, p->name);
	if (p->node) {
		if (!again(r, x, p->node, i, e))
			return false;
	} else {
		p->node = tree_add(r->tree, p->folder, p->name, i, e);
	}
	return p->node && (!is_linked(&x->fields) || remember(r, &x->fields, p->node, e));
}

static bool put(struct initramfs *r, const struct cpio_entry *x, const struct initramfs_body *body,
		struct tree_node **node, struct err *e)
{
	char target[CPIO_NAME_MAX + 1];
	struct tree_inode inode;
	struct place p;

	*node = NULL;
	if (!make_inode(r, x, body, &inode, e) || !find_place(r, x, &p, e))
		return false;
	r->entries++;
	if (S_ISLNK(inode.mode)) {
		if (!take_target(x, body->target, target, e))
			return false;
		inode.target = target;
	}
	if (x->name.p[0] == '/' && !count(&r->absolute, &r->first_absolute, x->name, e))
		return false;
	if (!p.folder && is_linked(&x->fields))
		return refuse(x, e, "a hard link whose folder is not there");
	if (!p.folder)
		return count(&r->dropped, &r->first_dropped, x->name, e);
	if (!(p.name.n == 0 ? put_root : put_named)(r, x, &p, &inode, e))
		return false;
	*node = p.node;
	return true;
}

bool initramfs_put(struct initramfs *r, const struct cpio_entry *x,
		   const struct initramfs_body *body, struct tree_node **node, struct err *e)
{
	*node = NULL;
	if (cpio_is_trailer(x)) {
		forget(r);
		return true;
	}
	if (put(r, x, body, node, e))
		return true;
	return err_in(e, "'%.*s'", x->name.n < 300 ? (int)x->name.n : 300, (const char *)x->name.p);
}

bool initramfs_content(struct initramfs *r, struct digest *out, struct err *e)
{
	owned(cpio_names_free) struct cpio_names names = {0};
	owned(cpio_listing_free) struct cpio_listing l = {0};

	tree_sort(r->tree);
	if (!cpio_names_find(&names, r->tree, false, e) ||
	    !cpio_listing_open(&l, r->tree, &names, e))
		return false;
	for (struct tree_node *n = tree_next(tree_root(r->tree)); n; n = tree_next(n)) {
		struct digest sha256 = initramfs_sha256(r, n->inode);

		if (!cpio_listing_add(&l, n, &sha256, e))
			return false;
	}
	return content_end(l.content, out, e);
}
