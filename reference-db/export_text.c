#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "reference-db/export.h"

static void put_line(struct buf *out, struct bytes digest, const char *name)
{
	hex_put(out, digest);
	buf_str(out, "  ");
	text_tame(out, bytes_str(name));
}

static void put_component(struct buf *out, const struct component *c)
{
	if (c->digest.len == 0 || !c->name)
		return;
	put_line(out, digest_bytes(&c->digest), c->name);
	buf_str(out, "\n");
}

/* What tells one state from another, where there are several. */
static void put_state(struct buf *out, const struct manifest_row *row)
{
	buf_str(out, "  ");
	if (row->label)
		text_tame(out, bytes_str(row->label));
	else
		export_put_environment(out, row);
}

bool export_text_carries(const struct manifest_row *row, const struct value *v)
{
	(void)row;
	return v->kind == VALUE_DIGEST;
}

static void put_row(struct buf *out, const struct manifest *m, const struct manifest_row *row,
		    bool several)
{
	for (size_t i = 0; i < row->n; i++) {
		const struct value *v = &m->value[row->first + i];

		if (!export_text_carries(row, v))
			continue;
		put_line(out, v->bytes, v->key[0] ? v->key : "-");
		if (several)
			put_state(out, row);
		buf_str(out, "\n");
	}
}

bool export_text(const struct export_source *s, struct buf *out, struct err *e)
{
	const struct manifest *m = s->manifest;
	bool several = export_references(m) > 1;

	for (size_t i = 0; i < m->n_rows; i++)
		if (m->row[i].kind == ROW_REFERENCE)
			put_row(out, m, &m->row[i], several);
	put_component(out, &m->artefact);
	for (size_t i = 0; i < m->n_components; i++)
		put_component(out, &m->component[i]);
	return buf_done(out, "the text", e) &&
	       (out->n > 0 || err_set(e, REASON_EXPORT, "the manifest has no digest at all"));
}
