#include "reference-db/make_parts.h"
#include "reference-db/released_file.h"

#define TEXT_ROOM (64u * 1024)
#define PATH_ROOM 8192u

static bool check_options(const struct make_request *q, struct err *e)
{
	const char *given = q->artefact ? "artefact" : q->certificate ? "certificate" : NULL;

	return !given || err_set(e, REASON_USAGE, "--%s means nothing for files", given);
}

static bool put_file(struct manifest *m, const char *path, const struct make_request *q,
		     const struct record *r, struct err *e)
{
	struct component *c = &m->component[m->n_components];

	*c = (struct component){0};
	if (!released_file_read(path, q->watch, c, e))
		return false;
	c->name = make_keep(m, c->name);
	m->n_components++;
	return make_origin(r, c->name, &c->origin, e);
}

bool make_file_beside(const char *record, const char *name, struct buf *path, struct err *e)
{
	size_t folder = (size_t)(released_file_name(record) - record);

	buf_reset(path);
	buf_put(path, bytes_of(record, folder));
	buf_str(path, name);
	return buf_done(path, "a path", e);
}

/* What a build left lies beside its record. */
static bool put_recorded(struct manifest *m, const struct make_request *q, const struct record *r,
			 struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);

	for (size_t i = 0; i < r->n_components; i++)
		if (!make_file_beside(q->record, r->component[i].name, &path, e) ||
		    !put_file(m, buf_cstr(&path), q, r, e))
			return false;
	return true;
}

static bool put_given(struct manifest *m, const struct make_request *q, const struct record *r,
		      struct err *e)
{
	if (q->n_files > MANIFEST_COMPONENTS)
		return err_set(e, REASON_USAGE, "%zu files, %u are the limit of a manifest",
			       q->n_files, MANIFEST_COMPONENTS);
	for (size_t i = 0; i < q->n_files; i++)
		if (!put_file(m, q->file[i], q, r, e))
			return false;
	return make_all_named(m, r, e);
}

static void sort(struct component *list, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct component c = list[i];
		size_t at = i;

		for (; at > 0 && strcmp(list[at - 1].name, c.name) > 0; at--)
			list[at] = list[at - 1];
		list[at] = c;
	}
}

bool make_files(struct manifest *m, const struct make_request *q, const struct record *r,
		struct err *e)
{
	if (r->artefact)
		return err_set(e, REASON_BUILD_RECORD,
			       "the build record is that of an image, %s, and not of files alone",
			       r->artefact);
	if (!check_options(q, e) || !manifest_init(m, TEXT_ROOM, e) || !make_words(m, q, r, e) ||
	    !(q->n_files > 0 ? put_given : put_recorded)(m, q, r, e))
		return false;
	sort(m->component, m->n_components);
	return true;
}
