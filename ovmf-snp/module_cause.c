#include "ovmf-snp/module_cause.h"

#include "measure/base/text.h"
#include "ovmf-snp/image_map.h"
#include "ovmf-snp/path_room.h"

#define HEAD 4u /* of a section; 8 when its size needs more than 24 bits */
#define HEAD_LARGE 8u
#define COOKIES 100u /* that edk2 draws for each width; modules share them */
#define WORD_MAX 8u
#define ALIKE_MOST 2u /* bytes that two random words may have alike by chance */

/* The next executable image behind p, or NULL. */
static const struct part *next_image(const struct part *p)
{
	unsigned depth = 0;

	do
		p = part_walk(p, &depth);
	while (p && strcmp(p->name, "PE32") != 0 && strcmp(p->name, "TE") != 0);
	return p;
}

/* What the section holds; empty where the tree does not hold it. */
static struct bytes content(const struct part *p)
{
	const struct part *holder = p;
	struct bytes x;
	size_t head;

	while (holder && holder->held.n == 0)
		holder = holder->parent;
	if (!holder || p->offset > holder->held.n || p->size > holder->held.n - p->offset)
		return bytes_of(NULL, 0);
	x = bytes_of(holder->held.p + p->offset, (size_t)p->size);
	head = bytes_start(x, bytes_of("\xff\xff\xff", 3)) ? HEAD_LARGE : HEAD;
	return x.n < head ? bytes_of(NULL, 0) : bytes_of(x.p + head, x.n - head);
}

struct pair {
	const struct part *a, *b;
	struct image_map map[2];
};

/* Steps to the next two. False: there are none, or one of them alone. */
static bool next(struct pair *p)
{
	p->a = next_image(p->a);
	p->b = next_image(p->b);
	return p->a && p->b && strcmp(p->a->parent->name, p->b->parent->name) == 0;
}

static bool pair_same(const struct pair *p)
{
	return p->a->n_digests > 0 && p->b->n_digests > 0 &&
	       digest_equal(&p->a->digest[0], &p->b->digest[0]);
}

static bool pair_read(struct pair *p)
{
	return image_map_read(content(p->a), &p->map[0]) &&
	       image_map_read(content(p->b), &p->map[1]);
}

/* ---- paths */

/* Without the folders and the name at the end that both have. */
static void cut_common_end(struct bytes x[2])
{
	size_t n = 0, cut = 0;

	while (n < x[0].n && n < x[1].n && x[0].p[x[0].n - n - 1] == x[1].p[x[1].n - n - 1]) {
		n++;
		if (x[0].p[x[0].n - n] == '/' || x[0].p[x[0].n - n] == '\\')
			cut = n;
	}
	x[0].n -= cut;
	x[1].n -= cut;
}

static enum cause paths(const struct part *a, const struct part *b, struct buf *out)
{
	struct bytes first[2] = {{0}, {0}};
	struct pair p = {.a = a, .b = b};
	unsigned long long images = 0, named = 0;

	while (next(&p)) {
		struct bytes x[2];

		images++;
		if (pair_same(&p) || !pair_read(&p))
			continue;
		x[0] = image_debug_file(&p.map[0]);
		x[1] = image_debug_file(&p.map[1]);
		if (x[0].n == 0 || x[1].n == 0 || bytes_equal(x[0], x[1]))
			continue;
		if (named++ == 0)
			memcpy(first, x, sizeof(first));
	}
	if (p.a || p.b || named == 0)
		return CAUSE_NONE;
	cut_common_end(first);
	buf_fmt(out, "%llu of %llu images name another file that they were linked as, below '",
		named, images);
	text_tame(out, first[0]);
	buf_str(out, "' in the first, '");
	text_tame(out, first[1]);
	buf_str(out, "' in the second");
	return CAUSE_BUILD_PATH;
}

/* ---- cookies */

struct cookies {
	unsigned long long images, differ;
	size_t n, word;
	uint8_t value[COOKIES][2][WORD_MAX];
};

/* One of either side belongs to one of the other, and there are no more than are drawn. */
static bool cookie_fits(struct cookies *c, const uint8_t *const x[2], size_t word)
{
	for (size_t i = 0; i < c->n; i++) {
		bool first = memcmp(c->value[i][0], x[0], word) == 0;
		bool second = memcmp(c->value[i][1], x[1], word) == 0;

		if (first || second)
			return first && second;
	}
	if (c->n == COOKIES || (c->word > 0 && c->word != word))
		return false;
	c->word = word;
	memcpy(c->value[c->n][0], x[0], word);
	memcpy(c->value[c->n++][1], x[1], word);
	return true;
}

/* The first byte that differs, or where both end. */
static size_t differs_from(struct bytes a, struct bytes b, size_t at)
{
	while (at < a.n && a.p[at] == b.p[at])
		at++;
	return at;
}

/* Two random words differ in nearly all bytes; the first that does is in the word's beginning. */
static bool cookie_differs(struct cookies *c, const struct pair *p)
{
	struct bytes a = p->map[0].x, b = p->map[1].x;
	size_t first, at, word, alike = 0;

	if (a.n != b.n)
		return false;
	first = differs_from(a, b, 0);
	word = p->map[0].wide ? 8 : 4;
	at = first;
	while (at > 0 && first - at < ALIKE_MOST && image_word(&p->map[0], at) == 0)
		at--;
	if (image_word(&p->map[0], at) != word || image_word(&p->map[1], at) != word ||
	    differs_from(a, b, at + word) != a.n)
		return false;
	for (size_t i = 0; i < word; i++)
		alike += a.p[at + i] == b.p[at + i];
	return alike <= ALIKE_MOST &&
	       cookie_fits(c, (const uint8_t *const[]){a.p + at, b.p + at}, word);
}

static enum cause stack_cookies(const struct part *a, const struct part *b, struct buf *out)
{
	struct cookies c = {0};
	struct pair p = {.a = a, .b = b};

	while (next(&p)) {
		c.images++;
		if (pair_same(&p))
			continue;
		c.differ++;
		if (!pair_read(&p) || !cookie_differs(&c, &p))
			return CAUSE_NONE;
	}
	if (p.a || p.b || c.differ < 2)
		return CAUSE_NONE;
	buf_fmt(out,
		"%llu of %llu images differ, each in one random word of its data alone, as the "
		"stack cookies do that edk2 draws",
		c.differ, c.images);
	return CAUSE_STACK_COOKIE;
}

enum cause module_cause_text(const struct part *a, const struct part *b, struct buf *out)
{
	enum cause cause = path_room(a, b, out);

	if (cause == CAUSE_NONE)
		cause = paths(a, b, out);
	if (cause == CAUSE_NONE)
		cause = stack_cookies(a, b, out);
	return cause;
}

enum cause module_cause(const struct part *a, const struct part *b, struct buf *out)
{
	size_t n = out->n;
	enum cause cause;

	buf_str(out, "modules: ");
	cause = module_cause_text(a, b, out);
	if (cause == CAUSE_NONE)
		out->n = n;
	else
		buf_str(out, "\n");
	return cause;
}
