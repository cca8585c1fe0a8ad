#include "measure/rebuild/plan.h"

#include <stdlib.h>
#include <unistd.h>

#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/base/listing.h"
#include "measure/core/rootfs_newc.h"
#include "measure/rebuild/source.h"
#include "measure/rebuild/stage_environment.h"

#define PATH_ROOM 8192u

void plan_free(struct plan *p)
{
	recipe_free(&p->recipe);
	lock_free(&p->lock);
	objects_close(&p->store);
	free(p->folder);
	*p = PLAN_NONE;
}

const struct lock_input *plan_locked(const struct plan *p, const struct recipe_input *input,
				     size_t *n)
{
	return lock_find(&p->lock, input->name, n);
}

void plan_source(const struct plan *p, const char **commit, struct digest *tree)
{
	const struct recipe_input *source = recipe_input(&p->recipe, RECIPE_SOURCE);
	const struct lock_input *x;
	size_t n = 0;

	*commit = NULL;
	*tree = p->recipe_digest;
	if (!source)
		return;
	x = plan_locked(p, source, &n);
	*commit = x->commit;
	*tree = x->tree.len ? x->tree : x->object.sha256;
}

bool plan_path(const struct plan *p, const char *path, struct buf *out, struct err *e)
{
	buf_reset(out);
	buf_fmt(out, "%s/%s", p->folder, path);
	return buf_done(out, "a path", e) && buf_cstr(out);
}

/* ---- the two files */

static bool read_recipe(struct plan *p, const char *path, struct err *e)
{
	owned(buf_free) struct buf text = BUF(YAML_MAX_BYTES), folder = BUF(PATH_ROOM);

	return recipe_load(&p->recipe, path, &folder, &text, e) &&
	       (p->folder = own_string(buf_cstr(&folder), e)) != NULL &&
	       hash_of(DIGEST_SHA256, buf_bytes(&text), &p->recipe_digest, e);
}

static bool not_locked(struct err *e)
{
	return err_set(e, REASON_UNLOCKED, "is not there, and nothing is built that is not locked");
}

static bool read_lock(struct plan *p, const char *path, struct err *e)
{
	owned(buf_free) struct buf text = BUF(LOCK_MAX_BYTES);

	if (access(path, F_OK) != 0)
		return not_locked(e) || err_subject(e, path) ||
		       err_hint(e, "`measure lock` writes it");
	return file_slurp(path, LOCK_MAX_BYTES, &text, e) &&
	       ((lock_read(&p->lock, buf_bytes(&text), e) &&
		 lock_inputs_digest(&p->lock, &p->inputs_digest, e)) ||
		err_subject(e, path));
}

/* ---- is the lock that of the recipe? */

static bool check_digest(const struct plan *p, struct err *e)
{
	owned(buf_free) struct buf text = BUF(256);

	if (digest_equal(&p->recipe_digest, &p->lock.recipe))
		return true;
	buf_str(&text, "is of another recipe: of sha256 ");
	hex_put(&text, digest_bytes(&p->lock.recipe));
	buf_str(&text, ", and this one is ");
	hex_put(&text, digest_bytes(&p->recipe_digest));
	err_set(e, REASON_UNLOCKED, "%s", buf_cstr(&text));
	return err_hint(e, "`measure lock` brings it up to date and says what changed");
}

/* The kind of an entry of an input of that kind. */
static bool is_of(const struct recipe_input *i, enum lock_kind kind)
{
	static const enum lock_kind kinds[] = {
		[INPUT_PACKAGES] = LOCK_PACKAGE,
		[INPUT_FILE] = LOCK_FILE_INPUT,
		[INPUT_IMAGE] = LOCK_BLOB,
		[INPUT_GIT] = LOCK_GIT,
	};

	return kinds[i->kind] == kind;
}

/* What the recipe itself says of an input; a lock can be edited so that all else holds. */
static bool check_pinned(const struct recipe_input *i, const struct lock_input *x, struct err *e)
{
	bool named = i->kind == INPUT_IMAGE ? strcmp(x->name, "manifest") == 0 : !*x->name;
	char is[2 * DIGEST_MAX + 1];

	hex_string(is, digest_bytes(&x->object.sha256));
	if (i->sha256 && named && strcmp(i->sha256, is) != 0)
		return err_set(e, REASON_LOCK, "the input '%s' is %s, and the recipe says %s",
			       i->name, is, i->sha256);
	if (i->commit && x->commit && strcmp(i->commit, x->commit) != 0)
		return err_set(e, REASON_LOCK,
			       "the input '%s' is commit %s, and the recipe says %s", i->name,
			       x->commit, i->commit);
	return true;
}

static bool check_inputs(const struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->lock.n_inputs; i++) {
		const struct lock_input *x = &p->lock.inputs[i];
		const struct recipe_input *input = recipe_input(&p->recipe, x->input);

		if (!input)
			return err_set(e, REASON_LOCK,
				       "locks an input '%s' that the recipe has not", x->input);
		if (!is_of(input, x->kind))
			return err_set(e, REASON_LOCK, "locks the input '%s' as something else",
				       x->input);
		if (!check_pinned(input, x, e))
			return false;
	}
	for (size_t i = 0; i < p->recipe.n_inputs; i++) {
		const struct recipe_input *input = &p->recipe.inputs[i];
		size_t n = 0;

		if (!plan_locked(p, input, &n))
			return err_set(e, REASON_UNLOCKED, "does not have the input '%s'",
				       input->name) ||
			       err_hint(e, "`measure lock` brings it up to date");
		if (n > 1 &&
		    (input->kind == INPUT_GIT || (input->kind == INPUT_FILE && !input->import)))
			return err_set(e, REASON_LOCK, "locks the input '%s' %zu times",
				       input->name, n);
	}
	return true;
}

static bool same_texts(const struct lock_texts *a, const struct lock_texts *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	return a->n == b->n;
}

static bool check_stages(struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->recipe.n_stages; i++) {
		const struct recipe_stage *s = &p->recipe.stages[i];
		const struct lock_stage *x = lock_stage(&p->lock, s->name);
		struct lock_texts environment;

		if (!x)
			return err_set(e, REASON_UNLOCKED, "does not have the stage '%s'", s->name);
		if (!stage_environment(s, p->lock.epoch, &p->recipe.arena, &environment, e))
			return false;
		if (strcmp(x->path, s->path) != 0 || x->jobs != s->jobs ||
		    x->umask != STAGE_UMASK || !same_texts(&x->environment, &environment))
			return err_set(e, REASON_LOCK,
				       "says another path, umask, environment or number of "
				       "processors for the stage '%s'",
				       s->name);
	}
	return p->lock.n_stages == p->recipe.n_stages ||
	       err_set(e, REASON_LOCK, "locks %zu stages, and the recipe has %zu", p->lock.n_stages,
		       p->recipe.n_stages);
}

static bool check_head(const struct plan *p, struct err *e)
{
	if (p->recipe.has_epoch && p->recipe.epoch != p->lock.epoch)
		return err_set(e, REASON_LOCK, "the epoch is %lld, and that of the recipe %lld",
			       (long long)p->lock.epoch, (long long)p->recipe.epoch);
	if (strcmp(p->lock.product, p->recipe.product) != 0 ||
	    strcmp(p->lock.version, p->recipe.version) != 0)
		return err_set(e, REASON_LOCK, "is of %s %s, and the recipe of %s %s",
			       p->lock.product, p->lock.version, p->recipe.product,
			       p->recipe.version);
	return true;
}

/* ---- what is part of the project */

/* The repository that holds the recipe, or that is beside it. */
static bool find_repository(const struct plan *p, const char *path, struct buf *out, struct err *e)
{
	owned(own_free) char *at = NULL;

	if (strcmp(path, ".") != 0)
		return plan_path(p, path, out, e);
	at = realpath(p->folder, NULL);
	for (char *end = at ? at + strlen(at) : NULL; end; end = strrchr(at, '/')) {
		*end = '\0';
		buf_reset(out);
		buf_fmt(out, "%s/.git", at);
		if (access(buf_cstr(out), F_OK) == 0) {
			out->n -= strlen("/.git");
			return buf_done(out, "a path", e);
		}
	}
	err_set(e, REASON_SOURCE, "lies in no repository");
	return err_subject(e, p->folder);
}

static struct source *open_source(struct plan *p, const struct recipe_input *i,
				  const struct lock_input *x, const char *repository, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	struct source_request q = {.repository = repository,
				   .revision = x->commit,
				   .submodules = i->submodules,
				   .payloads = &p->store};

	if (!repository) {
		if (!find_repository(p, i->path, &path, e))
			return NULL;
		q.repository = buf_cstr(&path);
	}
	return source_open(&q, e);
}

/* Packed, unless the store has it; in either case the lock must be right in what the commit is. */
static bool take_source(struct plan *p, const struct lock_input *x, struct source *s, bool there,
			struct err *e)
{
	struct object packed = x->object;
	struct digest content;

	if (there ? !source_content(s, &content, e)
		  : !source_pack(s, &p->store, &packed, &content, e))
		return false;
	if (digest_equal(&packed.sha256, &x->object.sha256) && digest_equal(&content, &x->tree))
		return true;
	return err_set(e, REASON_INPUT_DIGEST, "input '%s': the tree of commit %.40s is another",
		       x->input, x->commit);
}

/*
 * What the store has can be built without its repository; but if there is one, a lock that names a
 * commit for the tree of another is found out.
 */
static bool put_source(struct plan *p, const struct lock_input *x, const char *repository,
		       bool there, struct err *e)
{
	const struct recipe_input *i = recipe_input(&p->recipe, x->input);
	owned(source_free) struct source *s = NULL;

	if (!repository && !i->path) {
		p->uncompared = x;
		return true;
	}
	s = open_source(p, i, x, repository, e);
	if (s)
		return take_source(p, x, s, there, e);
	if (!there || repository || e->reason == REASON_OUT_OF_MEMORY)
		return false;
	*e = (struct err){0};
	p->uncompared = x;
	return true;
}

static bool put_file(struct plan *p, const struct recipe_input *i, const struct lock_input *x,
		     struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	owned(file_close) struct file f = FILE_NONE;
	struct stream_file in;
	struct object made;

	if (x->kind != LOCK_FILE_INPUT || !i->path || i->import)
		return true;
	if (!plan_path(p, i->path, &path, e) || !file_open(&f, buf_cstr(&path), e))
		return false;
	in = stream_file(&f);
	return objects_put(&p->store, &in.stream, &x->object, &made, e) ||
	       err_in(e, "input '%s'", i->name);
}

static bool put_one(struct plan *p, const struct plan_ask *ask, const struct lock_input *x,
		    bool there, struct err *e)
{
	bool source = strcmp(x->input, RECIPE_SOURCE) == 0;

	return x->kind == LOCK_GIT ? put_source(p, x, source ? ask->source : NULL, there, e)
				   : there || put_file(p, recipe_input(&p->recipe, x->input), x, e);
}

static bool put_own(struct plan *p, const struct plan_ask *ask, struct err *e)
{
	for (size_t i = 0; i < p->lock.n_inputs; i++) {
		const struct lock_input *x = &p->lock.inputs[i];

		if (!put_one(p, ask, x, !ask->own && objects_has(&p->store, &x->object), e))
			return false;
	}
	return true;
}

/* ---- all that is locked is there */

/* The digest of a source's tree, which records name: is it that of what is built? */
static bool prove_tree(const struct lock_input *x, struct store_item *item, struct err *e)
{
	owned(rootfs_free) struct rootfs r = {0};
	struct digest is;

	if (!rootfs_newc(&r, item, e) || !rootfs_content(&r, &is, e))
		return err_in(e, "input '%s'", x->input);
	return digest_equal(&is, &x->tree) ||
	       err_set(e, REASON_INPUT_DIGEST, "input '%s': its tree is another than the lock's",
		       x->input);
}

/* What was damaged in the store is put there again, where it is part of the project. */
static bool get(struct plan *p, const struct plan_ask *ask, const struct lock_input *x,
		struct store_item *item, struct err *e)
{
	owned(buf_free) struct buf what = BUF(1024);
	struct err second = {0};

	buf_fmt(&what, "%s%s%s", x->input, x->name[0] ? ":" : "", x->name);
	if (!buf_done(&what, "a name", e) ||
	    objects_get(&p->store, &x->object, buf_cstr(&what), item, e))
		return !err_is(e);
	if (e->reason != REASON_INPUT_DIGEST || !put_one(p, ask, x, false, &second) ||
	    !objects_get(&p->store, &x->object, buf_cstr(&what), item, &second))
		return false;
	*e = (struct err){0};
	return true;
}

static bool prove(struct plan *p, const struct plan_ask *ask, struct err *e)
{
	uint64_t done = 0;

	for (size_t i = 0; i < p->lock.n_inputs; i++) {
		const struct lock_input *x = &p->lock.inputs[i];
		struct store_item item;

		if (!get(p, ask, x, &item, e))
			return false;
		if (x->kind != LOCK_GIT)
			store_item_free(&item);
		else if (!prove_tree(x, &item, e))
			return false;
		done += x->object.size;
		if (ask->watch.tick)
			ask->watch.tick(ask->watch.arg, done);
	}
	return true;
}

static bool open_lock(struct plan *p, const struct plan_ask *ask, struct err *e)
{
	owned(buf_free) struct buf beside = BUF(PATH_ROOM);
	const char *path = ask->lock;

	if (!path) {
		if (!plan_path(p, LOCK_FILE, &beside, e))
			return false;
		path = buf_cstr(&beside);
	}
	return read_lock(p, path, e) && ((check_digest(p, e) && check_head(p, e) &&
					  check_inputs(p, e) && check_stages(p, e)) ||
					 err_subject(e, path));
}

bool plan_read(struct plan *p, const struct plan_ask *ask, struct err *e)
{
	owned(plan_free) struct plan new = PLAN_NONE;

	if (!read_recipe(&new, ask->recipe, e) || !open_lock(&new, ask, e) ||
	    !objects_open(&new.store, ask->store, true, e) || !put_own(&new, ask, e) ||
	    !prove(&new, ask, e))
		return false;
	*p = new;
	new = PLAN_NONE;
	return true;
}
