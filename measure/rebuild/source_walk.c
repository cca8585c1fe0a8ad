#include <errno.h>
#include <stdlib.h>

#include "measure/rebuild/source_name.h"
#include "measure/rebuild/source_parts.h"

/* A folder that is to be read. */
struct folder {
	struct tree_node *node;
	struct gitdb_id id;
	uint32_t depth;
	uint32_t length; /* of its path, and the slash behind it */
};

struct walk {
	struct source *s;
	uint32_t repository;
	const struct gitdb *db;
	struct folder folder; /* which is being read */
};

bool source_in(const struct tree_node *folder, struct bytes name, struct err *e)
{
	owned(buf_free) struct buf path = BUF(2 * TREE_PATH_MAX + 2);
	struct err ignored = {0};

	if (!tree_path(folder, &path, &ignored))
		return false;
	if (path.n > 0 && name.n > 0)
		buf_u8(&path, '/');
	buf_put(&path, name);
	return path.n > 0 && err_in(e, "'%s'", buf_cstr(&path));
}

static bool push(struct buf *list, const void *item, size_t size, struct err *e)
{
	buf_put(list, bytes_of(item, size));
	return buf_done(list, "the folders and files of a source", e);
}

static int fold_order(const void *a, const void *b)
{
	return source_name_fold(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* No two of them are one where case does not count. */
static bool check_folds(struct bytes *name, size_t n, struct err *e)
{
	qsort(name, n, sizeof(*name), fold_order);
	for (size_t i = 1; i < n; i++)
		if (source_name_fold(name[i - 1], name[i]) == 0)
			return err_set(e, REASON_SOURCE,
				       "'%.*s' and '%.*s' are one name where case does not count",
				       (int)name[i - 1].n, (const char *)name[i - 1].p,
				       (int)name[i].n, (const char *)name[i].p);
	return true;
}

/* A folder's entries, before any of them is taken. */
static bool check_entries(const struct walk *w, struct bytes tree, struct err *e)
{
	owned(own_free) struct bytes *names = own_new((tree.n / 24 + 1) * sizeof(*names), e);
	struct cur c = cur_new(tree, 0, e);
	struct gittree_entry x, before = {0};
	size_t n = 0;

	if (!names)
		return false;
	for (; cur_left(&c) > 0; before = x) {
		if (!gittree_next(&c, &before, &x))
			return false;
		if (!source_name_check(x.name, x.mode == GITTREE_LINK, e))
			return source_in(w->folder.node, x.name, e);
		if (w->folder.length + x.name.n > TREE_PATH_MAX)
			return err_set(e, REASON_LIMIT, "a path has over %u bytes", TREE_PATH_MAX);
		names[n++] = x.name;
	}
	return check_folds(names, n, e);
}

/* ---- entries */

static bool add_folder(struct walk *w, const struct gittree_entry *x, struct tree_inode *inode,
		       struct err *e)
{
	struct folder f = {.id = x->id,
			   .depth = w->folder.depth + 1,
			   .length = w->folder.length + (uint32_t)x->name.n + 1};

	if (f.depth > SOURCE_DEPTH_MAX)
		return err_set(e, REASON_LIMIT,
			       "folders lie %u deep in each other, %u are the most", f.depth,
			       SOURCE_DEPTH_MAX);
	inode->mode = S_IFDIR | 0755;
	f.node = tree_add(w->s->tree, w->folder.node, x->name, inode, e);
	return f.node && push(&w->s->folders, &f, sizeof(f), e);
}

static bool add_gitlink(struct walk *w, const struct gittree_entry *x, struct tree_inode *inode,
			struct err *e)
{
	struct source_gitlink link = {.commit = x->id};

	inode->mode = S_IFDIR | 0755;
	link.folder = tree_add(w->s->tree, w->folder.node, x->name, inode, e);
	return link.folder && push(&w->s->gitlinks, &link, sizeof(link), e);
}

static bool add_link(struct walk *w, const struct gittree_entry *x, struct tree_inode *inode,
		     struct err *e)
{
	owned(gitdb_release) struct gitdb_object o = {0};
	owned(buf_free) struct buf target = BUF(TREE_PATH_MAX + 1);

	if (!gitdb_read(w->db, &x->id, TREE_PATH_MAX, &o, e))
		return false;
	if (o.kind != GITDB_BLOB || o.bytes.n == 0 || memchr(o.bytes.p, 0, o.bytes.n))
		return err_set(e, REASON_SOURCE, "a symbolic link leads to no path");
	buf_put(&target, o.bytes);
	inode->mode = S_IFLNK | 0777;
	inode->target = buf_cstr(&target);
	return buf_done(&target, "a link", e) &&
	       tree_add(w->s->tree, w->folder.node, x->name, inode, e);
}

/* What stands there for a large file becomes that file, or is refused. */
static bool find_payload(struct walk *w, struct bytes pointer, struct tree_inode *inode,
			 struct err *e)
{
	struct object x;

	if (!source_pointer_read(pointer, &x.sha256, &x.size, e))
		return false;
	if (!w->s->payloads || !objects_has(w->s->payloads, &x)) {
		err_set(e, REASON_SOURCE, "it only points to a file of %llu bytes that is not here",
			(unsigned long long)x.size);
		return err_hint(e, "give the file as an input (git-lfs)");
	}
	inode->source = SOURCE_PAYLOAD;
	inode->at = w->s->large.n / sizeof(x);
	inode->size = x.size;
	return push(&w->s->large, &x, sizeof(x), e);
}

static bool look_for_pointer(struct walk *w, const struct gittree_entry *x,
			     struct tree_inode *inode, struct err *e)
{
	owned(gitdb_release) struct gitdb_object o = {0};

	if (inode->size >= SOURCE_POINTER_MAX)
		return true;
	if (!gitdb_read(w->db, &x->id, SOURCE_POINTER_MAX, &o, e))
		return false;
	return !source_is_pointer(o.bytes) || find_payload(w, o.bytes, inode, e);
}

static bool add_file(struct walk *w, const struct gittree_entry *x, struct tree_inode *inode,
		     struct err *e)
{
	struct source *s = w->s;
	enum gitdb_kind kind;

	if (!gitdb_look(w->db, &x->id, &kind, &inode->size, e))
		return false;
	if (kind != GITDB_BLOB)
		return err_set(e, REASON_SOURCE, "its object is a %s, not a blob",
			       gitdb_kind_name(kind));
	if (inode->size > SOURCE_OBJECT_MAX)
		return err_set(e, REASON_LIMIT, "a file has %llu bytes, %llu are the most",
			       (unsigned long long)inode->size,
			       (unsigned long long)SOURCE_OBJECT_MAX);
	inode->mode = S_IFREG | (x->mode == GITTREE_PROGRAM ? 0755 : 0644);
	inode->source = w->repository;
	inode->at = s->ids.n / sizeof(x->id);
	if (!look_for_pointer(w, x, inode, e))
		return false;
	if (inode->size > SOURCE_MAX_BYTES - s->bytes)
		return err_set(e, REASON_LIMIT, "a source has over %llu bytes",
			       (unsigned long long)SOURCE_MAX_BYTES);
	s->bytes += inode->size;
	if (inode->source != SOURCE_PAYLOAD && !push(&s->ids, &x->id, sizeof(x->id), e))
		return false;
	return tree_add(s->tree, w->folder.node, x->name, inode, e);
}

static bool add(struct walk *w, const struct gittree_entry *x, struct err *e)
{
	struct tree_inode inode = {.links = 1, .mtime = w->s->time};

	switch (x->mode) {
	case GITTREE_FOLDER:
		return add_folder(w, x, &inode, e);
	case GITTREE_COMMIT:
		return add_gitlink(w, x, &inode, e);
	case GITTREE_LINK:
		return add_link(w, x, &inode, e);
	case GITTREE_FILE:
	case GITTREE_PROGRAM:
		break;
	}
	return add_file(w, x, &inode, e);
}

static bool read_folder(struct walk *w, struct err *e)
{
	owned(gitdb_release) struct gitdb_object o = {0};
	struct gittree_entry x, before = {0};
	struct cur c;

	if (!gitdb_read(w->db, &w->folder.id, SOURCE_TREE_MAX, &o, e))
		return source_in(w->folder.node, bytes_of(NULL, 0), e);
	if (o.kind != GITDB_TREE)
		return err_set(e, REASON_SOURCE, "its object is a %s, not a tree",
			       gitdb_kind_name(o.kind)) ||
		       source_in(w->folder.node, bytes_of(NULL, 0), e);
	if (!check_entries(w, o.bytes, e))
		return false;
	for (c = cur_new(o.bytes, 0, e); cur_left(&c) > 0; before = x) {
		if (!gittree_next(&c, &before, &x))
			return false;
		if (!add(w, &x, e))
			return source_in(w->folder.node, x.name, e);
	}
	return true;
}

bool source_walk(struct source *s, size_t repository, struct err *e)
{
	const struct source_repository *r = &s->repositories[repository];
	struct walk w = {.s = s, .repository = (uint32_t)repository, .db = r->db};
	struct folder top = {.node = r->top, .id = r->tree};

	for (const struct tree_node *up = r->top; up->parent; up = up->parent) {
		top.length += (uint32_t)strlen(up->name) + 1;
		top.depth++;
	}
	buf_reset(&s->folders);
	buf_reset(&s->gitlinks);
	if (!push(&s->folders, &top, sizeof(top), e))
		return false;
	while (s->folders.n > 0) {
		s->folders.n -= sizeof(w.folder);
		memcpy(&w.folder, s->folders.p + s->folders.n, sizeof(w.folder));
		if (!read_folder(&w, e))
			return false;
	}
	return true;
}
