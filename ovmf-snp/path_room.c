#include "ovmf-snp/path_room.h"

#define ROOM 64u /* GenFw rounds up to the alignment of sections, which is this or a multiple */
#define ESTIMATE 32u /* of so many images on, the mean is near the length */

/* The next PE image behind p, or NULL. */
static const struct part *next_image(const struct part *p)
{
	unsigned depth = 0;

	do
		p = part_walk(p, &depth);
	while (p && strcmp(p->name, "PE32") != 0);
	return p;
}

struct rooms {
	uint64_t images, differ;
	uint64_t more[2]; /* bytes that those of one side have more */
};

/* One pair: false where it differs in something else. */
static bool count(struct rooms *r, const struct part *a, const struct part *b)
{
	uint64_t more = a->size > b->size ? a->size - b->size : b->size - a->size;

	if (a->shape.len == 0 && b->shape.len == 0)
		return true;
	r->images++;
	if (a->n_digests == 0 || b->n_digests == 0)
		return false;
	if (digest_equal(&a->digest[0], &b->digest[0]))
		return true;
	r->differ++;
	r->more[a->size < b->size] += more;
	return more > 0 && more % ROOM == 0 && a->shape.len > 0 &&
	       digest_equal(&a->shape, &b->shape);
}

static bool same_module(const struct part *a, const struct part *b)
{
	return strcmp(a->parent->name, b->parent->name) == 0;
}

static void tell(const struct rooms *r, struct buf *out)
{
	unsigned side = r->more[1] > 0;
	uint64_t about = (r->more[side] + r->images / 2) / r->images;

	buf_fmt(out,
		"%llu of %llu PE images without an address differ, in blank room alone, of which the %s has "
		"more, as a build path leaves that is longer",
		(unsigned long long)r->differ, (unsigned long long)r->images,
		side ? "second" : "first");
	if (r->images >= ESTIMATE && about > 0)
		buf_fmt(out, " by about %llu bytes", (unsigned long long)about);
}

enum cause path_room(const struct part *a, const struct part *b, struct buf *out)
{
	struct rooms r = {0};

	for (a = next_image(a), b = next_image(b); a && b; a = next_image(a), b = next_image(b))
		if (!same_module(a, b) || !count(&r, a, b))
			return CAUSE_NONE;
	if (a || b || r.differ == 0 || (r.more[0] > 0 && r.more[1] > 0))
		return CAUSE_NONE;
	tell(&r, out);
	return CAUSE_PATH_LENGTH;
}
