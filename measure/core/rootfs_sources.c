#include "measure/core/rootfs_sources.h"

#include <stdlib.h>

#define SOURCES_MAX 65536u

/* One of: a range of a file, a file by its path, a directory, bytes in memory. */
struct rootfs_source {
	struct store_item range;
	char *path;
	uint64_t size; /* of the file of that path, when it was named */
	struct rootdir folder;
	struct buf text;
};

struct rootfs_sources *rootfs_sources_new(struct err *e)
{
	struct rootfs_sources *s = own_new(sizeof(*s), e);

	if (!s)
		return NULL;
	s->input = s->opened = FILE_NONE;
	s->spool = SPOOL_NONE;
	for (size_t i = 0; i < ROOTFS_LANES; i++)
		s->lane[i] = SPOOL_NONE;
	return s;
}

void rootfs_sources_free(struct rootfs_sources **s)
{
	if (!*s)
		return;
	for (size_t i = 0; i < (*s)->n; i++) {
		store_item_free(&(*s)->v[i].range);
		free((*s)->v[i].path);
		rootdir_close(&(*s)->v[i].folder);
		buf_free(&(*s)->v[i].text);
	}
	free((*s)->v);
	file_close(&(*s)->input);
	file_close(&(*s)->opened);
	spool_free(&(*s)->spool);
	for (size_t i = 0; i < ROOTFS_LANES; i++)
		spool_free(&(*s)->lane[i]);
	free(*s);
	*s = NULL;
}

bool rootfs_spool(struct rootfs_sources *s, const char *folder, struct err *e)
{
	return s->spool.file.fd >= 0 || spool_open(&s->spool, folder, e);
}

static struct rootfs_source *add(struct rootfs_sources *s, uint32_t *source, struct err *e)
{
	size_t room = s->room ? 2 * s->room : 16;
	struct rootfs_source *more = s->v;

	if (s->n == SOURCES_MAX) {
		err_set(e, REASON_LIMIT, "more than %u files to be read from", SOURCES_MAX);
		return NULL;
	}
	if (s->n == s->room) {
		more = realloc(s->v, room * sizeof(*more));
		if (!more) {
			err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu files", room);
			return NULL;
		}
		s->v = more;
		s->room = room;
	}
	*source = (uint32_t)s->n;
	more[s->n] = (struct rootfs_source){{.file = FILE_NONE}, NULL, 0, ROOTDIR_NONE, {0}};
	return &more[s->n++];
}

bool rootfs_range(struct rootfs_sources *s, struct store_item *i, uint32_t *source, struct err *e)
{
	struct rootfs_source *new = add(s, source, e);

	if (!new) {
		store_item_free(i);
		return false;
	}
	new->range = *i;
	return true;
}

void rootfs_range_spooled(struct rootfs_sources *s, uint32_t source)
{
	store_item_free(&s->v[source].range);
	s->v[source].range.file = s->spool.file;
}

bool rootfs_source(struct rootfs *r, const char *path, uint32_t *source, uint64_t *size,
		   struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	struct rootfs_source *new;

	if (!file_open(&f, path, e))
		return false;
	if (f.stream) {
		err_set(e, REASON_NOT_A_FILE, "is a stream, whose size is not known");
		return err_subject(e, path);
	}
	new = add(r->sources, source, e);
	if (!new)
		return false;
	new->path = own_string(path, e);
	new->size = *size = f.size;
	return new->path != NULL;
}

bool rootfs_bytes(struct rootfs *r, struct bytes x, uint32_t *source, struct err *e)
{
	struct rootfs_source *new = add(r->sources, source, e);

	if (!new)
		return false;
	new->text = BUF(x.n);
	buf_put(&new->text, x);
	return buf_done(&new->text, "bytes of a file", e);
}

bool rootfs_folder(struct rootfs *r, const char *path, const struct rootdir_rule *rule,
		   struct err *e)
{
	struct rootdir_rule own = *rule;
	struct rootfs_source *new = add(r->sources, &own.source, e);

	return new &&rootdir_open(&new->folder, path, e) &&
	       rootdir_read(&new->folder, r->tree, r->image, &own, e);
}

/* What was named must be what is read. */
static bool open_path(struct rootfs_sources *s, const struct rootfs_source *from, struct err *e)
{
	if (!file_open(&s->opened, from->path, e))
		return false;
	if (!s->opened.stream && s->opened.size == from->size)
		return true;
	err_set(e, REASON_FILE_CHANGED, "has %llu bytes now, and had %llu",
		(unsigned long long)s->opened.size, (unsigned long long)from->size);
	return err_subject(e, from->path);
}

bool rootfs_file(struct rootfs *r, const struct tree_node *n, struct err *e)
{
	struct rootfs_sources *s = r->sources;
	const struct tree_inode *i = n->inode;
	const struct rootfs_source *from = &s->v[i->source];

	file_close(&s->opened);
	s->folder = NULL;
	if (from->folder.fd >= 0) {
		s->folder = &s->v[i->source].folder;
		return rootdir_file(s->folder, n, e);
	}
	if (from->path && !open_path(s, from, e))
		return false;
	s->from = from->path ? &s->opened : &from->range.file;
	s->text = from->text.n > 0 ? from->text.p : NULL;
	s->at = i->at;
	s->left = i->size;
	return true;
}

bool rootfs_read(struct rootfs *r, struct span to, size_t *got, struct err *e)
{
	struct rootfs_sources *s = r->sources;

	if (s->folder)
		return rootdir_bytes(s->folder, to, got, e);
	if (to.n > s->left)
		to.n = (size_t)s->left;
	*got = to.n;
	if (s->text && to.n > 0)
		memcpy(to.p, s->text + s->at, to.n);
	else if (!file_pread(s->from, s->at, to, got, e))
		return false;
	if (*got < to.n) {
		err_at(e, REASON_FILE_CHANGED, s->at + *got,
		       "the file ended while it was being read");
		return err_subject(e, s->from->name);
	}
	s->at += *got;
	s->left -= *got;
	/* What was proved of an archive or a blob was proved in an earlier pass. */
	return s->left > 0 || file_unchanged(s->from, e);
}

static bool content_open(void *arg, const struct tree_node *n, struct err *e)
{
	return rootfs_file(arg, n, e);
}

static bool content_read(void *arg, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(arg, to, got, e);
}

static bool content_put(void *arg, struct bytes x, struct err *e)
{
	(void)arg;
	(void)x;
	(void)e;
	return true;
}

bool rootfs_content(struct rootfs *r, struct digest *out, struct err *e)
{
	const struct cpio_rule rule = {.profile = cpio_profile("native")};
	const struct cpio_io io = {content_open, content_read, content_put, r};

	return cpio_write(r->tree, &rule, &io, out, e);
}
