#include <stdlib.h>

#include "measure/base/num.h"
#include "measure/base/text.h"
#include "measure/core/cbor.h"
#include "measure/core/cbor_head.h"

/*
 * Keys are compared by what they say, not by how they are spelt, so that a key written twice in
 * two ways is still found. In shortest form this is the bytewise order of RFC 8949 §4.2.1.
 */
struct key {
	enum cbor_major major;
	uint64_t argument;
	const uint8_t *string;
	uint64_t at;
};

struct keys {
	struct key *p;
	size_t n, cap;
};

/* An item that holds others, as far as it was read. */
struct frame {
	enum cbor_major major;
	bool indefinite;
	uint64_t left; /* definite: items to come, keys and values counted apart */
	bool value; /* in a map: a key was read, its value is next */
	size_t keys; /* not strict: the map's first in scan.keys */
	size_t n_keys;
	struct key last; /* strict */
};

struct scan {
	struct cur c;
	enum cbor_rules rules;
	size_t items, budget;
	unsigned depth;
	struct frame frame[CBOR_MAX_DEPTH];
	struct keys keys;
};

static void keys_free(struct keys *k)
{
	free(k->p);
	*k = (struct keys){0};
}

static struct frame *top(struct scan *s)
{
	return s->depth ? &s->frame[s->depth - 1] : NULL;
}

static int key_order(const struct key *a, const struct key *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->argument != b->argument)
		return a->argument < b->argument ? -1 : 1;
	return a->string && b->string ? memcmp(a->string, b->string, (size_t)a->argument) : 0;
}

/* For qsort: equal keys in the order of the file, so that the message is always the same. */
static int key_order_at(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = key_order(x, y);

	if (order != 0)
		return order;
	return x->at < y->at ? -1 : x->at > y->at;
}

static bool repeated(struct scan *s, const struct key *first, const struct key *second)
{
	return cur_fail(&s->c, REASON_CBOR, second->at, "a map key repeats the one at offset %llu",
			(unsigned long long)first->at);
}

static bool key_ascends(struct scan *s, struct frame *f, const struct key *k)
{
	int order = f->n_keys ? key_order(&f->last, k) : -1;

	if (order == 0)
		return repeated(s, &f->last, k);
	if (order > 0)
		return cur_fail(&s->c, REASON_CBOR, k->at,
				"a map key sorts before the one at offset %llu",
				(unsigned long long)f->last.at);
	f->last = *k;
	f->n_keys++;
	return true;
}

static bool key_keep(struct scan *s, struct frame *f, const struct key *k)
{
	struct keys *keys = &s->keys;
	size_t size;
	struct key *p;

	if (keys->n == keys->cap) {
		size_t cap = keys->cap ? keys->cap * 2 : 16;

		p = num_mul_size(cap, sizeof(*p), &size) ? realloc(keys->p, size) : NULL;
		if (!p)
			return cur_fail(&s->c, REASON_OUT_OF_MEMORY, k->at,
					"no memory for %zu map keys", cap);
		keys->p = p;
		keys->cap = cap;
	}
	keys->p[keys->n++] = *k;
	f->n_keys++;
	return true;
}

/*
 * k keys cost O(k log k) comparisons; each costs at most the length of the key it sorts, and only
 * when both are equally long. So a map of n bytes costs O(n log n), however it is made.
 */
static bool keys_differ(struct scan *s, const struct frame *f)
{
	struct key *p;

	if (s->rules == CBOR_STRICT || f->n_keys < 2)
		return true;
	p = s->keys.p + f->keys;
	qsort(p, f->n_keys, sizeof(*p), key_order_at);
	for (size_t i = 1; i < f->n_keys; i++)
		if (key_order(&p[i - 1], &p[i]) == 0)
			return repeated(s, &p[i - 1], &p[i]);
	return true;
}

/* Readers agree on when integers and strings are equal; on floats, maps and tags they do not. */
static bool key_kind(struct scan *s, const struct cbor_head *h)
{
	if (h->major <= CBOR_TEXT && !h->indefinite)
		return true;
	return cur_fail(&s->c, REASON_CBOR, h->at,
			"a map key is %s%s and must be an integer or a string", cbor_head_kind(h),
			h->indefinite ? " of indefinite length" : "");
}

static bool push(struct scan *s, const struct cbor_head *h, uint64_t left)
{
	if (s->depth == CBOR_MAX_DEPTH)
		return cur_fail(&s->c, REASON_LIMIT, h->at, "nested deeper than %d levels",
				CBOR_MAX_DEPTH);
	s->frame[s->depth++] = (struct frame){
		.major = h->major,
		.indefinite = h->indefinite,
		.left = left,
		.keys = s->keys.n,
	};
	return true;
}

/* All frames that are complete, and those that were complete but for them. */
static bool pop(struct scan *s)
{
	struct frame *f = top(s);

	for (; f && !f->indefinite && f->left == 0; f = top(s)) {
		if (f->major == CBOR_MAP && !keys_differ(s, f))
			return false;
		s->keys.n = f->keys;
		s->depth--;
	}
	return true;
}

static bool end_indefinite(struct scan *s, const struct cbor_head *h)
{
	struct frame *f = top(s);

	if (!f || !f->indefinite)
		return cur_fail(&s->c, REASON_CBOR, h->at, "a break where nothing can end");
	if (f->value)
		return cur_fail(&s->c, REASON_CBOR, h->at,
				"a map ends between a key and its value");
	f->indefinite = false;
	return true;
}

static bool text_is_utf8(struct scan *s, struct bytes text)
{
	size_t bad = text_utf8_bad(text);

	if (bad == text.n)
		return true;
	return cur_fail(&s->c, REASON_CBOR, cur_at(&s->c) - text.n + bad,
			"a text string is not UTF-8");
}

static bool string(struct scan *s, const struct cbor_head *h, struct key *k)
{
	struct bytes content;

	if (h->indefinite)
		return push(s, h, 0);
	content =
		cur_take(&s->c, h->argument, h->major == CBOR_TEXT ? "text string" : "byte string");
	k->string = content.p;
	return cur_ok(&s->c) && (h->major == CBOR_BYTES || text_is_utf8(s, content));
}

/* Each item that is announced takes a byte at least, so none of it is believed beyond the end. */
static bool container(struct scan *s, const struct cbor_head *h)
{
	uint64_t items = 0, each = h->major == CBOR_MAP ? 2 : 1;

	if (!h->indefinite && (!num_mul(h->argument, each, &items) || items > cur_left(&s->c)))
		return cur_fail(&s->c, REASON_TRUNCATED, h->at,
				"%s: a count of %llu, where the bytes left allow %llu",
				cbor_head_kind(h), (unsigned long long)h->argument,
				(unsigned long long)(cur_left(&s->c) / each));
	return push(s, h, items);
}

struct float_form {
	unsigned exponent, mantissa; /* bits */
};

/* Can the float of `from` be written in the next shorter form with all its bits kept? */
static bool narrows(uint64_t x, struct float_form from, struct float_form to)
{
	uint64_t mantissa = x & ((UINT64_C(1) << from.mantissa) - 1);
	uint64_t all = (UINT64_C(1) << from.exponent) - 1, exponent = x >> from.mantissa & all;
	uint64_t bias = (UINT64_C(1) << (from.exponent - 1)) - (UINT64_C(1) << (to.exponent - 1));
	uint64_t dropped = from.mantissa - to.mantissa;

	if (exponent == 0)
		return mantissa == 0;
	if (exponent != all && exponent > bias + (UINT64_C(1) << to.exponent) - 2)
		return false;
	if (exponent <= bias) /* a subnormal of the shorter form */
		dropped += bias + 1 - exponent;
	return dropped <= from.mantissa && (mantissa & ((UINT64_C(1) << dropped) - 1)) == 0;
}

static bool simple(struct scan *s, const struct cbor_head *h)
{
	static const struct float_form half = {5, 10}, single = {8, 23}, twice = {11, 52};

	if (h->width == 1 && h->argument < 32)
		return cur_fail(&s->c, REASON_CBOR, h->at, "simple value %u in two bytes",
				(unsigned)h->argument);
	if (s->rules != CBOR_FOREIGN && ((h->width == 4 && narrows(h->argument, single, half)) ||
					 (h->width == 8 && narrows(h->argument, twice, single))))
		return cur_fail(&s->c, REASON_CBOR, h->at,
				"a float of %u bytes would keep its value in %u", h->width,
				h->width / 2);
	return true;
}

static bool form(struct scan *s, const struct cbor_head *h)
{
	if (s->rules == CBOR_FOREIGN)
		return true;
	if (h->indefinite)
		return cur_fail(&s->c, REASON_CBOR, h->at, "%s of indefinite length",
				cbor_head_kind(h));
	if (h->major != CBOR_SIMPLE && cbor_head_needs(h) < h->width)
		return cur_fail(&s->c, REASON_CBOR, h->at,
				"the head of %s has %u bytes where %u would do", cbor_head_kind(h),
				1 + h->width, 1 + cbor_head_needs(h));
	return true;
}

static bool content(struct scan *s, const struct cbor_head *h, struct key *k)
{
	switch (h->major) {
	case CBOR_BYTES:
	case CBOR_TEXT:
		return string(s, h, k);
	case CBOR_ARRAY:
	case CBOR_MAP:
		return container(s, h);
	case CBOR_TAG:
		return push(s, h, 1);
	case CBOR_SIMPLE:
		return simple(s, h);
	case CBOR_UINT:
	case CBOR_NEGINT:
		break;
	}
	return true;
}

/* The place of an item in what holds it: counted, and a chunk of a string is a string. */
static bool place(struct scan *s, struct frame *f, const struct cbor_head *h)
{
	if (!f->indefinite)
		f->left--;
	if ((f->major == CBOR_BYTES || f->major == CBOR_TEXT) &&
	    (h->major != f->major || h->indefinite))
		return cur_fail(&s->c, REASON_CBOR, h->at, "a chunk of %s is %s%s",
				cbor_major_name(f->major), cbor_head_kind(h),
				h->indefinite ? " of indefinite length" : "");
	return true;
}

static bool key(struct scan *s, struct frame *f, const struct cbor_head *h)
{
	struct key k = {.major = h->major, .argument = h->argument, .at = h->at};

	if (!key_kind(s, h) || !content(s, h, &k))
		return false;
	f->value = true;
	return s->rules == CBOR_STRICT ? key_ascends(s, f, &k) : key_keep(s, f, &k);
}

static bool item(struct scan *s)
{
	struct frame *f = top(s);
	struct cbor_head h;
	struct key unused;

	if (!cbor_head_read(&s->c, &h, "CBOR item"))
		return false;
	if (h.major == CBOR_SIMPLE && h.indefinite)
		return end_indefinite(s, &h);
	if (s->items++ == s->budget)
		return cur_fail(&s->c, REASON_LIMIT, h.at, "more than %zu items", s->budget);
	if (!form(s, &h) || (f && !place(s, f, &h)))
		return false;
	if (f && f->major == CBOR_MAP && !f->value)
		return key(s, f, &h);
	if (f)
		f->value = false;
	return content(s, &h, &unused);
}

static bool scan(struct scan *s)
{
	do {
		if (!item(s) || !pop(s))
			return false;
	} while (s->depth > 0);
	return cur_end(&s->c, "the CBOR item");
}

bool cbor_scan(struct bytes in, uint64_t base, enum cbor_rules rules, size_t items, struct err *e)
{
	struct scan s = {.c = cur_new(in, base, e), .rules = rules, .budget = items};
	bool ok = scan(&s);

	keys_free(&s.keys);
	return ok;
}
