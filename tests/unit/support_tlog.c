#include "tests/unit/support_tlog.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

struct hash {
	uint8_t v[TLOG_HASH];
};

static struct hash sha256(const uint8_t *p, size_t n)
{
	struct hash h;

	if (EVP_Digest(p, n, h.v, NULL, EVP_sha256(), NULL) != 1)
		abort();
	return h;
}

static struct hash leaf(const struct tlog_made *t, uint64_t i)
{
	unsigned long long number = i == 0 ? t->offset : i;
	char text[32];
	size_t n = (size_t)snprintf(text, sizeof(text), "%llu", number);
	struct bytes entry = bytes_of(text, n);
	uint8_t *p;
	struct hash h;

	if (t->special && t->at == i)
		entry = *t->special;
	p = malloc(entry.n + 1);
	if (!p)
		abort();
	p[0] = 0;
	memcpy(p + 1, entry.p, entry.n);
	h = sha256(p, entry.n + 1);
	free(p);
	return h;
}

/* The largest power of two below n. */
static uint64_t split(uint64_t n)
{
	uint64_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

static struct hash root(const struct tlog_made *t, uint64_t from, uint64_t to)
{
	uint64_t middle = from + split(to - from);
	uint8_t both[1 + 2 * TLOG_HASH] = {1};
	struct hash left, right;

	if (from == to)
		return sha256(NULL, 0);
	if (from + 1 == to)
		return leaf(t, from);
	left = root(t, from, middle);
	right = root(t, middle, to);
	memcpy(both + 1, left.v, TLOG_HASH);
	memcpy(both + 1 + TLOG_HASH, right.v, TLOG_HASH);
	return sha256(both, sizeof(both));
}

struct tlog_head tlog_made_head(const struct tlog_made *t)
{
	struct tlog_head head = {.size = t->size, .root = {.alg = DIGEST_SHA256, .len = TLOG_HASH}};
	struct hash h = root(t, 0, t->size);

	memcpy(head.root.v, h.v, TLOG_HASH);
	return head;
}

struct path {
	const struct tlog_made *t;
	uint8_t *room;
	size_t n;
};

static void add(struct path *p, uint64_t from, uint64_t to)
{
	struct hash h = root(p->t, from, to);

	memcpy(p->room + TLOG_HASH * p->n++, h.v, TLOG_HASH);
}

/* PATH(index, D[from:to]) */
static void include(struct path *p, uint64_t index, uint64_t from, uint64_t to)
{
	uint64_t middle = from + split(to - from);

	if (from + 1 == to)
		return;
	if (index < middle) {
		include(p, index, from, middle);
		add(p, middle, to);
	} else {
		include(p, index, middle, to);
		add(p, from, middle);
	}
}

/* SUBPROOF(older, D[from:to], known), older counted from 0 */
static void grow(struct path *p, uint64_t older, const uint64_t range[2], bool known)
{
	uint64_t from = range[0], to = range[1], middle = from + split(to - from);

	if (older == to) {
		if (!known)
			add(p, from, to);
	} else if (older <= middle) {
		grow(p, older, (uint64_t[]){from, middle}, known);
		add(p, middle, to);
	} else {
		grow(p, older, (uint64_t[]){middle, to}, false);
		add(p, from, middle);
	}
}

struct bytes tlog_made_path(const struct tlog_made *t, uint64_t index,
			    uint8_t room[TLOG_PATH * TLOG_HASH])
{
	struct path p = {.t = t, .room = room};

	include(&p, index, 0, t->size);
	return bytes_of(room, p.n * TLOG_HASH);
}

struct bytes tlog_made_growth(const struct tlog_made *t, uint64_t older,
			      uint8_t room[TLOG_PATH * TLOG_HASH])
{
	struct path p = {.t = t, .room = room};

	if (older > 0 && older < t->size)
		grow(&p, older, (uint64_t[]){0, t->size}, true);
	return bytes_of(room, p.n * TLOG_HASH);
}
