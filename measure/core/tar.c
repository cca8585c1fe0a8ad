#include "measure/core/tar.h"

#include <stdlib.h>

#include "measure/core/tar_entry.h"

#define FILE_BYTES "the content of a file"

/* What was said in front of an entry, and waits for it. */
enum waiting { WAITING_PAX = 1, WAITING_NAME = 2, WAITING_LINK = 4 };

struct tar {
	struct stream *in;
	struct tar_entry entry;
	unsigned waiting;
	struct tar_said said;
	struct tar_names names;
	struct buf pax_text; /* as it stands in the archive */
	uint64_t left; /* of the entry's bytes */
	unsigned padding; /* behind them */
	bool end;
	uint8_t block[TAR_UNIT];
};

struct tar *tar_new(struct stream *in, struct err *e)
{
	struct tar *t = own_new(sizeof(*t), e);

	if (!t)
		return NULL;
	t->in = in;
	t->pax_text = t->said.long_name = t->said.long_link = BUF(TAR_EXTENSION_MAX);
	t->names.whole = t->names.name = t->names.link = BUF(TAR_EXTENSION_MAX);
	return t;
}

void tar_free(struct tar **t)
{
	if (!*t)
		return;
	tar_pax_free(&(*t)->said.pax);
	buf_free(&(*t)->pax_text);
	buf_free(&(*t)->said.long_name);
	buf_free(&(*t)->said.long_link);
	tar_names_free(&(*t)->names);
	free(*t);
	*t = NULL;
}

static unsigned padding_of(uint64_t size)
{
	return (unsigned)((TAR_UNIT - size % TAR_UNIT) % TAR_UNIT);
}

/* ---- the end */

static bool read_block(struct tar *t, struct err *e)
{
	uint64_t at = t->in->pos;
	size_t got;

	if (!stream_read(t->in, (struct span){t->block, TAR_UNIT}, &got, e))
		return false;
	if (got == 0)
		return err_at(e, REASON_TRUNCATED, at,
			      "the archive ends without the two blocks of zeros at its end");
	return got == TAR_UNIT || err_short(e, at, "a header", TAR_UNIT, got);
}

static bool check_zeros(struct tar *t, struct err *e)
{
	uint8_t bytes[16 * 1024];
	size_t got, i;

	do {
		uint64_t at = t->in->pos;

		if (!stream_read(t->in, (struct span){bytes, sizeof(bytes)}, &got, e))
			return false;
		for (i = 0; i < got && bytes[i] == 0;)
			i++;
		if (i < got)
			return err_at(e, REASON_TRAILING, at + i,
				      "bytes that are not zero follow the end of the archive");
	} while (got > 0);
	return true;
}

/* One block of zeros was read. */
static bool read_end(struct tar *t, struct err *e)
{
	uint64_t at = t->in->pos;

	if (t->waiting)
		return err_at(e, REASON_TAR, at - TAR_UNIT,
			      "a %s has no entry behind it, but the end of the archive",
			      t->waiting & WAITING_PAX ? "pax header" : "GNU long name");
	if (!read_block(t, e))
		return false;
	if (!bytes_zero(bytes_of(t->block, TAR_UNIT)))
		return err_at(e, REASON_AMBIGUOUS, at,
			      "a single block of zeros is the end to some readers, two are needed");
	t->end = true;
	return check_zeros(t, e);
}

/* ---- what stands in front of an entry */

static bool read_extension(struct tar *t, const struct tar_header *h, const char *what,
			   struct buf *out, struct err *e)
{
	uint8_t *room;

	buf_reset(out);
	if (h->size > TAR_EXTENSION_MAX)
		return err_at(e, REASON_LIMIT, t->in->pos - TAR_UNIT,
			      "a %s of %llu bytes is over the limit of %u", what,
			      (unsigned long long)h->size, TAR_EXTENSION_MAX);
	room = buf_room(out, (size_t)h->size);
	if (!room)
		return buf_done(out, what, e);
	return stream_take(t->in, (struct span){room, (size_t)h->size}, what, e) &&
	       stream_skip(t->in, padding_of(h->size), what, e);
}

static bool wait_for(struct tar *t, enum waiting w, struct err *e)
{
	uint64_t at = t->in->pos - TAR_UNIT;
	const char *what = w == WAITING_PAX    ? "pax header"
			   : w == WAITING_NAME ? "GNU long name"
					       : "GNU long link name";

	if (t->waiting & w)
		return err_at(e, REASON_AMBIGUOUS, at, "a second %s stands in front of one entry",
			      what);
	if (t->waiting && ((t->waiting | w) & WAITING_PAX))
		return err_at(e, REASON_AMBIGUOUS, at,
			      "a pax header and a GNU long name stand in front of one entry");
	if (!t->waiting)
		t->said.first = at;
	t->waiting |= w;
	return true;
}

static bool read_pax(struct tar *t, const struct tar_header *h, struct err *e)
{
	uint64_t at = t->in->pos;

	return wait_for(t, WAITING_PAX, e) && read_extension(t, h, "pax header", &t->pax_text, e) &&
	       tar_pax_read(&t->said.pax, buf_bytes(&t->pax_text), at, e);
}

static bool read_global(struct tar *t, const struct tar_header *h, struct err *e)
{
	uint64_t at = t->in->pos;

	if (t->waiting)
		return err_at(e, REASON_AMBIGUOUS, at - TAR_UNIT,
			      "a global pax header stands between an entry and what belongs to it");
	return read_extension(t, h, "global pax header", &t->pax_text, e) &&
	       tar_pax_check_global(buf_bytes(&t->pax_text), at, e);
}

/* The NUL at its end is part of it, or missing. */
static bool read_long(struct tar *t, const struct tar_header *h, struct err *e)
{
	bool name = h->type == 'L';
	struct buf *out = name ? &t->said.long_name : &t->said.long_link;
	const char *what = name ? "GNU long name" : "GNU long link name";
	uint64_t at = t->in->pos;

	if (!wait_for(t, name ? WAITING_NAME : WAITING_LINK, e) ||
	    !read_extension(t, h, what, out, e))
		return false;
	if (out->n > 0 && out->p[out->n - 1] == 0)
		out->n--;
	if (out->n == 0 || memchr(out->p, 0, out->n))
		return err_at(e, REASON_AMBIGUOUS, at, "a %s needs a name without NUL", what);
	return true;
}

/* ---- entries */

/* One header; *made when it was an entry's. */
static bool read_header(struct tar *t, bool *made, struct err *e)
{
	struct tar_header *h = &t->said.header;

	if (!read_block(t, e))
		return false;
	if (bytes_zero(bytes_of(t->block, TAR_UNIT)))
		return read_end(t, e);
	t->said.at = t->in->pos - TAR_UNIT;
	if (!tar_header_read(bytes_of(t->block, TAR_UNIT), t->said.at, h, e))
		return false;
	if (h->type == 'x')
		return read_pax(t, h, e);
	if (h->type == 'g')
		return read_global(t, h, e);
	if (h->type == 'L' || h->type == 'K')
		return read_long(t, h, e);
	if (!t->waiting)
		t->said.first = t->said.at;
	*made = tar_entry_make(&t->names, &t->said, &t->entry, e);
	t->left = *made ? t->entry.size : 0;
	t->padding = padding_of(t->left);
	return *made;
}

bool tar_next(struct tar *t, const struct tar_entry **entry, struct err *e)
{
	bool made = false;

	*entry = NULL;
	if (!stream_skip(t->in, t->left, FILE_BYTES, e) ||
	    !stream_skip(t->in, t->padding, "the padding of a file", e))
		return false;
	t->left = t->padding = 0;
	t->waiting = 0;
	tar_pax_forget(&t->said.pax);
	buf_reset(&t->said.long_name);
	buf_reset(&t->said.long_link);
	while (!t->end && !made)
		if (!read_header(t, &made, e))
			return false;
	*entry = made ? &t->entry : NULL;
	return true;
}

bool tar_read(struct tar *t, struct span to, size_t *got, struct err *e)
{
	uint64_t at = t->in->pos, left = t->left;
	size_t n = to.n < left ? to.n : (size_t)left;

	if (!stream_read(t->in, (struct span){to.p, n}, got, e))
		return false;
	t->left -= *got;
	return *got == n || err_short(e, at, FILE_BYTES, left, *got);
}
