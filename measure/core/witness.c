#include "measure/core/witness.h"

#include <stdarg.h>
#include <stdio.h>

#include "measure/core/ramdisk.h"

#define HEAD 6u

struct witness *witness_add(struct witnesses *w, const char *name, struct err *e)
{
	struct witness *x;

	if (w->n == WITNESSES) {
		err_set(e, REASON_LIMIT, "more than %u ramdisks", WITNESSES);
		return NULL;
	}
	x = &w->item[w->n++];
	*x = (struct witness){.state = WITNESS_EQUAL};
	snprintf(x->name, sizeof(x->name), "%s", name);
	return x;
}

void witness_refuse(struct witness *w, const char *format, ...)
{
	va_list args;

	w->state = WITNESS_REFUSED;
	va_start(args, format);
	vsnprintf(w->why, sizeof(w->why), format, args);
	va_end(args);
}

bool witness_stand_in(const struct witnesses *w)
{
	size_t taken = 0, refused = 0;

	for (size_t i = 0; i < w->n; i++) {
		taken += w->item[i].state == WITNESS_TAKEN;
		refused += w->item[i].state == WITNESS_REFUSED;
	}
	return taken > 0 && refused == 0;
}

/* What a ramdisk unpacks to, while it is read. */
struct content {
	struct hash *hash;
	uint64_t n, most;
	const struct stream_range *where;
	bool begun, packed, ended; /* its one part */
	struct digest sha256;
};

static void content_free(struct content *c)
{
	hash_free(&c->hash);
}

static bool begin(void *arg, const struct ramdisk_part *p, struct err *e)
{
	struct content *c = arg;

	if (c->begun)
		return err_set(e, REASON_WITNESS, "a second part begins in it, at byte %llu",
			       (unsigned long long)(p->at - c->where->at));
	c->begun = true;
	c->packed = p->packing != PACKING_NONE;
	return true;
}

static bool end(void *arg, const struct ramdisk_part *p, struct err *e)
{
	(void)p;
	(void)e;
	((struct content *)arg)->ended = true;
	return true;
}

/* Zeros around what is compressed are none of its bytes, though the kernel passes over them. */
static bool add(void *arg, struct bytes x, struct err *e)
{
	struct content *c = arg;

	if (!c->begun)
		return err_set(e, REASON_WITNESS, "zeros stand in front of it");
	if (c->ended && c->packed)
		return err_set(e, REASON_WITNESS, "zeros stand behind what is compressed");
	if (x.n > c->most - c->n)
		return err_set(e, REASON_WITNESS, "more than the %llu bytes that were built",
			       (unsigned long long)c->most);
	c->n += x.n;
	return hash_add(c->hash, x, e);
}

static bool unpack(struct content *c, const struct stream_range *where, struct err *e)
{
	owned(ramdisk_free) struct ramdisk r = {0};
	const struct ramdisk_visit visit = {.begin = begin, .end = end, .bytes = add, .arg = c};

	c->where = where;
	c->hash = hash_new(DIGEST_SHA256, e);
	return c->hash && ramdisk_read(&r, where, &visit, e) && hash_finish(c->hash, &c->sha256, e);
}

/* What is wrong with the bytes is said of the witness. */
static bool blame(struct witness *w, const char *which, const struct err *why, struct err *e)
{
	if (reason_class(why->reason) == EXIT_CLASS_ENVIRONMENT) {
		*e = *why;
		return false;
	}
	witness_refuse(w, "%s: %s", which, why->text);
	return true;
}

bool witness_judge(struct witness *w, const struct stream_range *published,
		   const struct stream_range *built, struct err *e)
{
	owned(content_free) struct content mine = {.most = UINT64_MAX}, theirs = {0};
	struct stream_range begin = *published;
	struct err why = {0};
	uint8_t head[HEAD];
	size_t got;

	if (!stream_read(&begin.stream, (struct span){head, HEAD}, &got, e))
		return false;
	w->packing = archive_packing(bytes_of(head, got));
	if (w->packing == PACKING_NONE) {
		witness_refuse(w, "the published one is not compressed, and not what was built");
		return true;
	}
	if (!unpack(&mine, built, &why))
		return blame(w, "what was built", &why, e);
	theirs.most = mine.n;
	if (!unpack(&theirs, published, &why))
		return blame(w, "the published one", &why, e);
	if (!digest_equal(&mine.sha256, &theirs.sha256)) {
		witness_refuse(w, "the published one unpacks to other bytes than were built");
		return true;
	}
	w->state = WITNESS_TAKEN;
	w->size = published->end - published->at;
	w->unpacked = theirs.n;
	w->content = theirs.sha256;
	return true;
}
