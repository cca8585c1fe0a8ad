#include "measure/core/part_diff.h"

#define WINDOW 65536u
#define PAGE 4096u

struct diff {
	const struct part_side *a, *b;
	const struct part_sink *sink;
	uint8_t left[WINDOW], right[WINDOW];
};

/* ---- counterparts */

static unsigned nth_of(const struct part *p)
{
	unsigned n = 0;

	for (const struct part *x = p->parent ? p->parent->child : p; x != p; x = x->next)
		n += strcmp(x->name, p->name) == 0;
	return n;
}

static const struct part *counterpart(const struct part *p, const struct part *parent)
{
	unsigned n = nth_of(p);

	for (const struct part *x = parent->child; x; x = x->next)
		if (strcmp(x->name, p->name) == 0 && n-- == 0)
			return x;
	return NULL;
}

/* ---- bytes */

static void count(struct part_difference *d, const struct diff *x, uint64_t at, size_t n)
{
	uint64_t page = UINT64_MAX;

	for (size_t i = 0; i < n; i++) {
		uint64_t here = (d->a->offset + at + i) / PAGE;

		if (x->left[i] == x->right[i])
			continue;
		if (d->bytes++ == 0) {
			d->first = at + i;
			d->byte_a = x->left[i];
			d->byte_b = x->right[i];
		}
		d->pages += here != page;
		page = here;
	}
}

/* A window ends with a page of the first file, so that no page is counted twice. */
static size_t window(uint64_t offset, uint64_t left)
{
	uint64_t n = WINDOW - offset % PAGE;

	return (size_t)(n < left ? n : left);
}

static bool compare(struct part_difference *d, struct diff *x, struct err *e)
{
	uint64_t size = d->a->size < d->b->size ? d->a->size : d->b->size;

	if (d->a->unpacked || d->b->unpacked)
		return true;
	for (uint64_t at = 0; at < size;) {
		size_t n = window(d->a->offset + at, size - at), got[2];

		if (!file_pread(x->a->file, d->a->offset + at, (struct span){x->left, n}, &got[0],
				e) ||
		    !file_pread(x->b->file, d->b->offset + at, (struct span){x->right, n}, &got[1],
				e))
			return false;
		if (got[0] != n || got[1] != n)
			return err_set(e, REASON_FILE_CHANGED, "a file ended while it was read");
		count(d, x, at, n);
		at += n;
	}
	return true;
}

static bool same(struct diff *x, const struct part *a, const struct part *b, bool *is,
		 struct err *e)
{
	struct part_difference d = {.a = a, .b = b};

	*is = a->size == b->size;
	if (!*is)
		return true;
	if (a->n_digests > 0 && b->n_digests > 0 && a->digest[0].alg == b->digest[0].alg) {
		*is = digest_equal(&a->digest[0], &b->digest[0]);
		return true;
	}
	if (!compare(&d, x, e))
		return false;
	*is = d.bytes == 0 && !a->unpacked && !b->unpacked;
	return true;
}

/* ---- the walk */

static bool told(struct diff *x, const struct part_difference *d, struct err *e)
{
	return x->sink->told(x->sink->arg, d, e);
}

/* Does anything below differ, or have no counterpart? */
static bool below(struct diff *x, const struct part *a, const struct part *b, bool *differs,
		  struct err *e)
{
	*differs = false;
	for (const struct part *p = b->child; p && !*differs; p = p->next)
		*differs = counterpart(p, a) == NULL;
	for (const struct part *p = a->child; p && !*differs; p = p->next) {
		const struct part *other = counterpart(p, b);
		bool is = false;

		if (other && !same(x, p, other, &is, e))
			return false;
		*differs = !is;
	}
	return true;
}

/* Parts of b without a counterpart are told with their parent. */
static bool only_b(struct diff *x, const struct part *a, const struct part *b, unsigned depth,
		   struct err *e)
{
	for (const struct part *p = b->child; p; p = p->next)
		if (!counterpart(p, a) &&
		    !told(x, &(struct part_difference){.b = p, .depth = depth + 1}, e))
			return false;
	return true;
}

/* One pair; *enter: what is below is to be walked. */
static bool visit(struct diff *x, struct part_difference *d, bool *enter, struct err *e)
{
	bool is;

	*enter = false;
	if (!d->b)
		return told(x, d, e);
	if (!same(x, d->a, d->b, &is, e) || (!is && !below(x, d->a, d->b, enter, e)))
		return false;
	if (is)
		return true;
	d->last = !*enter;
	return (!d->last || compare(d, x, e)) && told(x, d, e) &&
	       (d->last || only_b(x, d->a, d->b, d->depth, e));
}

bool part_diff(const struct part_side *a, const struct part_side *b, const struct part_sink *sink,
	       struct err *e)
{
	owned(own_free) struct diff *x = own_new(sizeof(*x), e);
	const struct part *p = a->root, *above = NULL;
	unsigned depth = 0;

	if (!x)
		return false;
	*x = (struct diff){.a = a, .b = b, .sink = sink};
	while (p) {
		struct part_difference d = {.a = p, .depth = depth};
		bool enter;

		d.b = depth ? counterpart(p, above) : b->root;
		if (!visit(x, &d, &enter, e))
			return false;
		if (enter && p->child) {
			above = d.b;
			depth++;
			p = p->child;
			continue;
		}
		while (p && depth > 0 && !p->next) {
			p = p->parent;
			above = above->parent;
			depth--;
		}
		p = depth > 0 ? p->next : NULL;
	}
	return true;
}
