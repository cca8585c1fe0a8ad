#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "measure/base/cur.h"
#include "measure/core/gitdb.h"
#include "measure/fetch/http.h"
#include "measure/fetch/mirror_parts.h"

#define FIRST_SLOTS 1024u
#define OBJECT_MAX (256u << 20) /* bytes of a commit, a tree or a tag */

struct walk {
	struct mirror_work *w;
	bool trees; /* into the trees of commits, too */
	struct gitdb_id *slot; /* those that were seen; at least half are free, which are zero */
	size_t slots, seen;
	struct gitdb_id *todo;
	size_t room, n;
	uint64_t seed;
};

static void walk_free(struct walk *k)
{
	free(k->slot);
	free(k->todo);
}

/* ---- what was seen */

static const struct gitdb_id none;

static bool same(const struct gitdb_id *a, const struct gitdb_id *b)
{
	return memcmp(a, b, GITDB_ID) == 0;
}

/* Who sends trees chooses ids as well, and must not choose places. */
static struct gitdb_id *slot_of(const struct walk *k, const struct gitdb_id *id)
{
	uint64_t part[3] = {0}, at = k->seed;

	memcpy(part, id->v, GITDB_ID);
	for (size_t i = 0; i < 3; i++) {
		at = (at ^ part[i]) * UINT64_C(0x9e3779b97f4a7c15);
		at ^= at >> 32;
	}
	while (!same(&k->slot[at & (k->slots - 1)], &none) &&
	       !same(&k->slot[at & (k->slots - 1)], id))
		at++;
	return &k->slot[at & (k->slots - 1)];
}

static bool grow(struct walk *k, struct err *e)
{
	struct walk old = *k;

	if (2 * (k->seen + 1) <= k->slots)
		return true;
	k->slots = old.slots ? 2 * old.slots : FIRST_SLOTS;
	k->slot = own_new(k->slots * sizeof(*k->slot), e);
	for (size_t i = 0; k->slot && i < old.slots; i++)
		if (!same(&old.slot[i], &none))
			*slot_of(k, &old.slot[i]) = old.slot[i];
	free(old.slot);
	return k->slot != NULL;
}

static bool lacks(const struct walk *k, const struct gitdb_id *id, const char *how, struct err *e)
{
	char digits[GITDB_DIGITS + 1];

	gitdb_digits(id, digits);
	err_set(e, REASON_FETCH, "what came is not whole: object %s %s", digits, how);
	return http_subject(e, k->w->m->url);
}

/* Each once. */
static bool add(struct walk *k, const struct gitdb_id *id, struct err *e)
{
	struct gitdb_id *slot, *more;

	if (!grow(k, e))
		return false;
	slot = slot_of(k, id);
	if (same(slot, id))
		return same(id, &none) ? lacks(k, id, "is missing", e) : true;
	*slot = *id;
	k->seen++;
	if (k->n == k->room) {
		more = realloc(k->todo, (2 * k->room + 64) * sizeof(*more));
		if (!more)
			return err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu objects", k->n);
		k->todo = more;
		k->room = 2 * k->room + 64;
	}
	k->todo[k->n++] = *id;
	return true;
}

/* ---- where an object leads */

/* "WORD DIGITS", each a line at the beginning of a commit or a tag. */
static bool add_line(struct walk *k, struct bytes line, const char *word, bool *is, struct err *e)
{
	size_t n = strlen(word);
	struct gitdb_id id;

	*is = bytes_start(line, bytes_str(word)) &&
	      gitdb_of_digits(bytes_of(line.p + n, line.n - n), &id);
	return !*is || add(k, &id, e);
}

static bool of_commit(struct walk *k, struct bytes text, bool *good, struct err *e)
{
	struct bytes line = bytes_line(&text);
	bool more = true;

	*good = bytes_start(line, bytes_str("tree "));
	if (k->trees && !add_line(k, line, "tree ", good, e))
		return false;
	while (*good && more)
		if (!add_line(k, bytes_line(&text), "parent ", &more, e))
			return false;
	return true;
}

static bool of_tree(struct walk *k, struct bytes bytes, bool *good, struct err *e)
{
	struct err why = {0};
	struct cur c = cur_new(bytes, 0, &why);

	while (cur_left(&c) > 0) {
		struct bytes mode = cur_until(&c, ' ', REASON_SOURCE, "a mode"), id;
		struct gitdb_id to;

		(void)cur_until(&c, '\0', REASON_SOURCE, "a name");
		id = cur_take(&c, GITDB_ID, "an id");
		if (!cur_ok(&c))
			break;
		memcpy(to.v, id.p, GITDB_ID);
		/* A submodule's commit is another repository's. */
		if (!bytes_equal(mode, bytes_str("160000")) && !add(k, &to, e))
			return false;
	}
	*good = cur_ok(&c);
	return true;
}

static bool of_object(struct walk *k, git_object_t kind, struct bytes bytes, bool *good,
		      struct err *e)
{
	if (kind == GIT_OBJECT_COMMIT)
		return of_commit(k, bytes, good, e);
	if (kind == GIT_OBJECT_TREE)
		return of_tree(k, bytes, good, e);
	return add_line(k, bytes_line(&bytes), "object ", good, e);
}

static bool visit(struct walk *k, const struct gitdb_id *id, struct err *e)
{
	const struct mirror_door *d = &k->w->d;
	git_odb_object *object = NULL;
	git_object_t kind;
	git_oid oid;
	size_t size;
	bool good = true, ok;

	memcpy(oid.id, id->v, GITDB_ID);
	if (d->look(&size, &kind, k->w->odb, &oid) != 0)
		return lacks(k, id, "is missing", e);
	if (kind == GIT_OBJECT_BLOB || (kind == GIT_OBJECT_TREE && !k->trees))
		return true;
	if (size > OBJECT_MAX || d->read(&object, k->w->odb, &oid) != 0)
		return lacks(k, id, "cannot be read", e);
	ok = of_object(k, kind, bytes_of(d->data(object), d->size(object)), &good, e);
	d->release(object);
	return ok && (good || lacks(k, id, "is none of git's", e));
}

static bool visit_all(struct walk *k, struct err *e)
{
	while (k->n > 0) {
		struct gitdb_id id = k->todo[--k->n];

		if (!visit(k, &id, e))
			return false;
	}
	return true;
}

/* ---- from where */

static bool add_own(struct walk *k, struct err *e)
{
	const struct mirror_door *d = &k->w->d;
	git_strarray names = {0};
	struct gitdb_id id;
	git_oid oid;
	bool ok = true;

	if (d->list(&names, k->w->repository) != 0)
		return mirror_fail(k->w, REASON_IO, "its references cannot be read", k->w->m->path,
				   e);
	for (size_t i = 0; ok && i < names.count; i++) {
		if (d->find(&oid, k->w->repository, names.strings[i]) != 0)
			continue;
		memcpy(id.v, oid.id, GITDB_ID);
		ok = add(k, &id, e);
	}
	d->list_free(&names);
	return ok;
}

bool mirror_whole(struct mirror_work *w, struct err *e)
{
	owned(walk_free) struct walk k = {.w = w};
	struct gitdb_id id;

	if (getrandom(&k.seed, sizeof(k.seed), 0) != (ssize_t)sizeof(k.seed))
		return err_errno(e, errno, "no random numbers");
	if (!add_own(&k, e) || !visit_all(&k, e))
		return false;
	k.trees = true;
	for (size_t i = 0; i < w->n_tips; i++) {
		if (!mirror_is_tip(w->tip[i]))
			continue;
		memcpy(id.v, w->tip[i]->oid.id, GITDB_ID);
		if (!add(&k, &id, e))
			return false;
	}
	return visit_all(&k, e);
}
