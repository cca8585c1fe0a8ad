#include "measure/core/spool.h"
#include "measure/rebuild/source_parts.h"

static bool open_payload(struct source *s, const struct tree_inode *inode, struct err *e)
{
	struct object x;

	memcpy(&x, s->large.p + inode->at * sizeof(x), sizeof(x));
	return objects_get(s->payloads, &x, "a large file", &s->payload, e);
}

static bool open_object(struct source *s, const struct tree_inode *inode, struct err *e)
{
	struct gitdb_id id;

	memcpy(&id, s->ids.p + inode->at * sizeof(id), sizeof(id));
	return gitdb_read(s->repositories[inode->source].db, &id, SOURCE_OBJECT_MAX, &s->object, e);
}

static bool source_file(void *arg, const struct tree_node *n, struct err *e)
{
	struct source *s = arg;
	bool done;

	gitdb_release(&s->object);
	store_item_free(&s->payload);
	s->pos = 0;
	s->size = n->inode->size;
	done = n->inode->source == SOURCE_PAYLOAD ? open_payload(s, n->inode, e)
						  : open_object(s, n->inode, e);
	return done || source_in(n, bytes_of(NULL, 0), e);
}

static bool source_read(void *arg, struct span to, size_t *got, struct err *e)
{
	struct source *s = arg;

	*got = s->size - s->pos < to.n ? (size_t)(s->size - s->pos) : to.n;
	if (*got > 0 && s->payload.name) {
		to.n = *got;
		if (!file_pread(&s->payload.file, s->payload.at + s->pos, to, got, e))
			return false;
		if (*got == 0)
			return err_set(e, REASON_FILE_CHANGED, "'%s' ended early", s->payload.name);
	} else if (*got > 0) {
		memcpy(to.p, s->object.bytes.p + s->pos, *got);
	}
	s->pos += *got;
	return true;
}

struct cpio_io source_io(struct source *s)
{
	return (struct cpio_io){.open = source_file, .read = source_read, .arg = s};
}

/* ---- packed */

struct packing {
	struct source *s;
	struct spool spool;
};

static bool packing_open(void *arg, const struct tree_node *n, struct err *e)
{
	return source_file(((struct packing *)arg)->s, n, e);
}

static bool packing_read(void *arg, struct span to, size_t *got, struct err *e)
{
	return source_read(((struct packing *)arg)->s, to, got, e);
}

static bool packing_put(void *arg, struct bytes x, struct err *e)
{
	return spool_add(&((struct packing *)arg)->spool, x, e);
}

static void packing_free(struct packing *p)
{
	spool_free(&p->spool);
}

bool source_pack(struct source *s, const struct objects *to, struct object *packed,
		 struct digest *content, struct err *e)
{
	owned(packing_free) struct packing p = {.s = s, .spool = SPOOL_NONE};
	const struct cpio_io io = {packing_open, packing_read, packing_put, &p};
	const struct cpio_rule rule = {.profile = cpio_profile("native"), .time = CPIO_TIME_ZERO};
	struct stream_range in;

	if (!spool_open(&p.spool, to->path, e) || !cpio_write(s->tree, &rule, &io, content, e) ||
	    !spool_flush(&p.spool, e))
		return false;
	in = stream_range(&p.spool.file, 0, p.spool.file.size);
	return objects_put(to, &in.stream, NULL, packed, e);
}

static bool put_nowhere(void *arg, struct bytes x, struct err *e)
{
	(void)arg;
	(void)x;
	(void)e;
	return true;
}

bool source_content(struct source *s, struct digest *content, struct err *e)
{
	const struct cpio_io io = {source_file, source_read, put_nowhere, s};
	const struct cpio_rule rule = {.profile = cpio_profile("native"), .time = CPIO_TIME_ZERO};

	return cpio_write(s->tree, &rule, &io, content, e);
}
