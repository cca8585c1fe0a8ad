#include <stdlib.h>

#include "reference-db/ledger_parts.h"

#define UNSORTED 1024u

static bool add(struct ledger *l, uint32_t release, struct bytes digest, const char *what,
		struct err *e)
{
	struct ledger_digest *more, *d;

	if (digest.n == 0 || digest.n > DIGEST_MAX || bytes_zero(digest))
		return true;
	more = ledger_room(l->digest, l->n_digests, sizeof(*more), e);
	if (!more)
		return false;
	l->digest = more;
	d = &more[l->n_digests];
	*d = (struct ledger_digest){.n = (uint8_t)digest.n, .release = release};
	memcpy(d->v, digest.p, digest.n);
	if (!ledger_text_once(l, what, &d->what, e))
		return false;
	l->n_digests++;
	return true;
}

static bool add_row(struct ledger *l, uint32_t release, const struct manifest *m,
		    const struct manifest_row *row, struct err *e)
{
	owned(buf_free) struct buf what = BUF(65536);

	for (size_t i = row->first; i < row->first + row->n; i++) {
		const struct value *v = &m->value[i];

		if (v->kind != VALUE_DIGEST)
			continue;
		buf_reset(&what);
		if (v == manifest_launch(m, row))
			buf_fmt(&what, "launch digest%s%s", row->label ? " " : "",
				row->label ? row->label : "");
		else
			buf_str(&what, v->key);
		if (!buf_done(&what, "a label", e) ||
		    !add(l, release, v->bytes, buf_cstr(&what), e))
			return false;
	}
	return true;
}

static bool add_component(struct ledger *l, uint32_t release, const struct component *c,
			  const char *kind, struct err *e)
{
	owned(buf_free) struct buf what = BUF(65536);

	buf_fmt(&what, "%s %s", kind, c->name);
	return buf_done(&what, "a name", e) &&
	       add(l, release, digest_bytes(&c->digest), buf_cstr(&what), e);
}

bool ledger_index(struct ledger *l, const struct statement *st, uint32_t release, struct err *e)
{
	const struct manifest *m = &st->manifest;
	const char *kind = manifest_kind(m) == MANIFEST_OF_FILES ? "released file"
			   : manifest_nitro(m)			 ? "section"
								 : "file";

	if (!add(l, release, digest_bytes(&st->payload), "manifest", e))
		return false;
	for (size_t i = 0; i < m->n_rows; i++)
		if (m->row[i].kind == ROW_REFERENCE && !add_row(l, release, m, &m->row[i], e))
			return false;
	if (m->artefact.name && !add(l, release, digest_bytes(&m->artefact.digest), "image", e))
		return false;
	for (size_t i = 0; i < m->n_components; i++)
		if (!add_component(l, release, &m->component[i], kind, e))
			return false;
	return true;
}

/* ---- found again */

static int order(const struct ledger_digest *a, struct bytes b)
{
	return bytes_order(bytes_of(a->v, a->n), b);
}

/* By digest, then in the order of the log; text and number tell equal ones apart. */
static int compare(const void *x, const void *y)
{
	const struct ledger_digest *a = x, *b = y;
	int by_digest = order(a, bytes_of(b->v, b->n));

	if (by_digest != 0)
		return by_digest;
	if (a->release != b->release)
		return a->release < b->release ? -1 : 1;
	return (a->what > b->what) - (a->what < b->what);
}

void ledger_sort(struct ledger *l)
{
	size_t n = 0;

	if (l->kept || l->n_sorted == l->n_digests)
		return;
	qsort(l->digest, l->n_digests, sizeof(*l->digest), compare);
	for (size_t i = 0; i < l->n_digests; i++)
		if (n == 0 || compare(&l->digest[n - 1], &l->digest[i]) != 0)
			l->digest[n++] = l->digest[i];
	l->n_digests = l->n_sorted = n;
}

/* Sorting for each one that is fed would cost more than looking through a few. */
void ledger_sort_some(struct ledger *l)
{
	if (l->n_digests - l->n_sorted > UNSORTED + l->n_sorted / 2)
		ledger_sort(l);
}

/* The first in order that is not below the digest. */
static size_t first_of(const struct ledger *l, struct bytes digest)
{
	size_t low = 0, high = l->n_sorted;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order(&l->digest[middle], digest) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t ledger_who(const struct ledger *l, struct bytes digest, size_t from, struct ledger_hit *hit,
		  size_t max)
{
	size_t n = 0;

	for (size_t i = first_of(l, digest); i < l->n_digests; i++) {
		const struct ledger_digest *d = &l->digest[i];

		if (order(d, digest) != 0) {
			i = i < l->n_sorted ? l->n_sorted - 1 : i;
			continue;
		}
		if (n >= from && n - from < max)
			hit[n - from] = (struct ledger_hit){d->release, ledger_string(l, d->what)};
		n++;
	}
	return n;
}
