#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/listing.h"
#include "measure/core/gitdb_door.h"
#include "measure/core/gitdb_write.h"

#define ROLLED_MAX ((uint64_t)1 << 30) /* bytes of the packs that are made one */

struct old {
	const char *idx; /* of the listing, as all others */
	uint64_t size;
};

struct gitdb_roll {
	struct listing all;
	size_t n;
	struct old *old; /* those that may go, the smallest first */
};

void gitdb_roll_free(struct gitdb_roll **r)
{
	if (!*r)
		return;
	listing_free(&(*r)->all);
	free((*r)->old);
	free(*r);
	*r = NULL;
}

static bool ends(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n > m && strcmp(path + n - m, end) == 0;
}

/* The same path up to its last period, in a listing that is sorted. */
static bool same_stem(const char *a, const char *b)
{
	size_t n = (size_t)(strrchr(a, '.') - a);
	const char *dot = strrchr(b, '.');

	return dot && (size_t)(dot - b) == n && memcmp(a, b, n) == 0;
}

/* A pack and its index, and nothing by which somebody has marked it or that depends on it. */
static bool is_plain(const struct listing *all, size_t idx)
{
	bool pack = false;

	for (size_t i = idx; i-- > 0 && same_stem(all->path[idx], all->path[i]);)
		return false;
	for (size_t i = idx + 1; i < all->n && same_stem(all->path[idx], all->path[i]); i++) {
		if (ends(all->path[i], ".pack"))
			pack = true;
		else if (!ends(all->path[i], ".rev"))
			return false;
	}
	return pack;
}

static int by_size(const void *a, const void *b)
{
	const struct old *x = a, *y = b;

	return x->size != y->size ? (x->size > y->size) - (x->size < y->size)
				  : strcmp(x->idx, y->idx);
}

/* The reverse index goes first, the pack last: without its index it is nothing to anybody. */
static bool other(const char *idx, const char *extension, struct buf *path)
{
	buf_reset(path);
	buf_put(path, bytes_of(idx, (size_t)(strrchr(idx, '.') - idx)));
	buf_str(path, extension);
	return path->failed == REASON_NONE && *buf_cstr(path);
}

static bool look(struct gitdb_roll *p, const char *folder, struct err *e)
{
	owned(buf_free) struct buf path = BUF(16384);
	struct stat st;

	if (!listing_read_all(&p->all, folder, e))
		return false;
	p->old = own_new((p->all.n + 1) * sizeof(*p->old), e);
	if (!p->old)
		return false;
	for (size_t i = 0; i < p->all.n; i++) {
		const char *name = p->all.path[i] + strlen(folder) + 1;

		if (strncmp(name, "multi-pack-index", 16) == 0) {
			p->n = 0;
			return true;
		}
		if (strncmp(name, "pack-", 5) != 0 || !ends(name, ".idx") || !is_plain(&p->all, i))
			continue;
		if (other(p->all.path[i], ".pack", &path) && stat(buf_cstr(&path), &st) == 0)
			p->old[p->n++] = (struct old){p->all.path[i], (uint64_t)st.st_size};
	}
	if (p->n > 0)
		qsort(p->old, p->n, sizeof(*p->old), by_size);
	return true;
}

/*
 * Each pack that stays is larger than all that became one, so that an object is written again as
 * often as the logarithm of how much there is.
 */
static size_t choose(const struct gitdb_roll *p)
{
	uint64_t sum = 0;
	size_t n = 0;

	if (p->n + 1 < GITDB_PACKS)
		return 0;
	while (n < p->n && (n < 2 || p->old[n].size <= sum) && p->old[n].size < ROLLED_MAX - sum)
		sum += p->old[n++].size;
	return n < 2 ? 0 : n;
}

struct taking {
	struct gitdb_pack *pack;
	struct err *e;
};

static int take_object(const git_oid *oid, void *arg)
{
	struct taking *t = arg;
	struct gitdb_id id;

	memcpy(id.v, oid->id, GITDB_ID);
	return gitdb_pack_have(t->pack, &id, t->e) ? 0 : -1;
}

static bool take_pack(const struct door *d, const char *idx, struct gitdb_pack *pack, struct err *e)
{
	git_odb *one = NULL;
	git_odb_backend *backend;
	struct taking t = {pack, e};
	bool ok;

	if (d->odb_new(&one) != 0)
		return gitdb_fail(d, REASON_LIBRARY, e, "a pack");
	ok = d->one_pack(&backend, idx) == 0 && d->odb_add(one, backend, 1) == 0 &&
	     d->each(one, take_object, &t) == 0;
	if (!ok && !err_is(e))
		gitdb_fail(d, REASON_SOURCE, e, "a pack");
	d->forget(one);
	return ok;
}

static bool is_named(const char *idx, const char *name)
{
	const char *last = strrchr(idx, '/') + 1;
	size_t n = strlen(name);

	return strncmp(last, name, n) == 0 && strcmp(last + n, ".idx") == 0;
}

static bool take_away(const char *idx, struct err *e)
{
	static const char *const extensions[] = {".rev", ".idx", ".pack"};
	owned(buf_free) struct buf path = BUF(16384);

	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++) {
		if (!other(idx, extensions[i], &path))
			return buf_done(&path, "a path", e);
		if (unlink(buf_cstr(&path)) != 0 && errno != ENOENT) {
			err_errno(e, errno, "cannot be removed");
			return err_subject(e, buf_cstr(&path));
		}
	}
	return true;
}

bool gitdb_roll_away(const struct gitdb_roll *old, const char *name, struct err *e)
{
	for (size_t i = 0; i < old->n; i++)
		if (!is_named(old->old[i].idx, name) && !take_away(old->old[i].idx, e))
			return false;
	return true;
}

bool gitdb_roll_up(struct gitdb_pack *into, struct gitdb_roll **old, struct err *e)
{
	owned(gitdb_roll_free) struct gitdb_roll *r = own_new(sizeof(*r), e);
	const struct gitdb *g = gitdb_pack_of(into);
	owned(buf_free) struct buf folder = BUF(8192);

	*old = NULL;
	buf_fmt(&folder, "%sobjects/pack", gitdb_folder(g));
	if (!r || !buf_done(&folder, "a path", e) || !look(r, buf_cstr(&folder), e))
		return false;
	r->n = choose(r);
	for (size_t i = 0; i < r->n; i++)
		if (!take_pack(&g->door, r->old[i].idx, into, e))
			return false;
	if (r->n > 0)
		*old = take(r);
	return true;
}
