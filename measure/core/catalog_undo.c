#include "measure/core/catalog_diff.h"

#define HEADER 110u
#define MAGIC 6u
#define DIGITS 8u

/* In the order of a header: what must differ for the field to be the second's. */
static const unsigned of_field[] = {
	DIFFERS_INO,   DIFFERS_MODE,	DIFFERS_UID,   DIFFERS_GID, DIFFERS_NLINK,
	DIFFERS_MTIME, DIFFERS_CONTENT, DIFFERS_DEV,   DIFFERS_DEV, DIFFERS_RDEV,
	DIFFERS_RDEV,  DIFFERS_NAME,	DIFFERS_CHECK,
};

static struct extent range(const struct catalog *c, uint64_t from, uint64_t to)
{
	return (struct extent){c->bytes.file, c->bytes.at + from, to - from};
}

/* The first one's header with the fields of the second that differ. */
static bool put_header(const struct extent x[2], unsigned differs, const struct patch_sink *to,
		       struct err *e)
{
	uint8_t raw[2][HEADER];
	size_t got[2];

	for (unsigned s = 0; s < 2; s++)
		if (!extent_read(&x[s], 0, (struct span){raw[s], HEADER}, &got[s], e))
			return false;
	if (differs & DIFFERS_DIGITS)
		memcpy(raw[0], raw[1], HEADER);
	for (size_t i = 0; i < sizeof(of_field) / sizeof(*of_field); i++)
		if (differs & of_field[i])
			memcpy(raw[0] + MAGIC + i * DIGITS, raw[1] + MAGIC + i * DIGITS, DIGITS);
	return to->put(to->arg, bytes_of(raw[0], got[0]), e);
}

static bool put_content(struct catalog_diff *d, const struct catalog_entry *const x[2],
			unsigned differs, const struct patch_sink *to, struct err *e)
{
	struct extent bytes[2];
	bool same;

	for (unsigned s = 0; s < 2; s++)
		bytes[s] = range(d->c[s], x[s]->data, x[s]->data + x[s]->fields.size);
	if (!(differs & DIFFERS_CONTENT))
		return extent_put(&bytes[0], to, e);
	if (!(differs & DIFFERS_EXACTLY))
		return extent_put(&bytes[1], to, e);
	return catalog_meaning(d, x, &same, e) && meaning_patch(bytes, d->meaning, to, e);
}

static bool put_pair(struct catalog_diff *d, uint32_t j, const struct patch_sink *to, struct err *e)
{
	const struct catalog_entry *const x[2] = {&d->c[0]->entry[d->mate[1][j]],
						  &d->c[1]->entry[j]};
	unsigned differs = d->differs[j];
	bool name = differs & DIFFERS_NAME, tail = differs & (DIFFERS_PADDING | DIFFERS_TAIL);
	struct extent head[2], names[2], tails[2];

	for (unsigned s = 0; s < 2; s++) {
		uint64_t size = x[s]->data > x[s]->header ? HEADER : 0;

		head[s] = range(d->c[s], x[s]->header, x[s]->header + size);
		names[s] = range(d->c[s], x[s]->header + size, x[s]->data);
		tails[s] = range(d->c[s], x[s]->data + x[s]->fields.size, x[s]->end);
	}
	return (head[0].size == 0 || put_header(head, differs, to, e)) &&
	       extent_put(&names[name], to, e) && put_content(d, x, differs, to, e) &&
	       extent_put(&tails[tail], to, e);
}

bool catalog_undo(struct catalog_diff *d, const struct patch_sink *to, struct err *e)
{
	for (uint32_t j = 0; j < d->c[1]->n; j++) {
		const struct catalog_entry *b = &d->c[1]->entry[j];
		struct extent all;

		if (d->mate[1][j] != NO_MATE && d->differs[j] != 0) {
			if (!put_pair(d, j, to, e))
				return false;
			continue;
		}
		all = d->mate[1][j] == NO_MATE
			      ? range(d->c[1], b->header, b->end)
			      : range(d->c[0], d->c[0]->entry[d->mate[1][j]].header,
				      d->c[0]->entry[d->mate[1][j]].end);
		if (!extent_put(&all, to, e))
			return false;
	}
	return true;
}
