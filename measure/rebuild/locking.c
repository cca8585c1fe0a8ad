#include "measure/rebuild/locking_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/json.h"
#include "measure/base/text.h"
#include "measure/core/stream.h"
#include "measure/rebuild/debian.h"
#include "measure/rebuild/stage_environment.h"

#define WHAT "a lock"
#define QUESTION_MAX (1u << 20)
#define PATH_BYTES 4096u

bool locking_text(struct lock_made *m, const char *text, const char **to, struct err *e)
{
	*to = arena_text(&m->lock->arena, bytes_str(text), WHAT, e);
	return *to != NULL;
}

struct lock_input *locking_add(struct lock_made *m, enum lock_kind kind, const char *name,
			       struct err *e)
{
	size_t room = m->room ? 2 * m->room : 64;
	struct lock_input *i;

	if (m->n == LOCK_INPUTS_MAX) {
		err_set(e, REASON_LIMIT, "more than %u inputs", LOCK_INPUTS_MAX);
		return NULL;
	}
	if (m->n == m->room) {
		i = realloc(m->item, room * sizeof(*i));
		if (!i) {
			err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu inputs", room);
			return NULL;
		}
		m->item = i;
		m->room = room;
	}
	i = &m->item[m->n];
	*i = (struct lock_input){.kind = kind};
	if (!locking_text(m, m->input->name, &i->input, e) || !locking_text(m, name, &i->name, e))
		return NULL;
	m->n++;
	return i;
}

bool locking_origin(struct lock_made *m, struct lock_input *i, const char *archive,
		    const char *path, struct err *e)
{
	owned(buf_free) struct buf text = BUF(2 * RECIPE_PATH_MAX);
	const char **item;

	buf_str(&text, archive);
	buf_str(&text, ":");
	buf_str(&text, path);
	if (!buf_done(&text, "an origin", e))
		return false;
	item = arena_new(&m->lock->arena, (i->origins.n + 1) * sizeof(*item), WHAT, e);
	if (!item)
		return false;
	if (i->origins.n > 0)
		memcpy(item, i->origins.item, i->origins.n * sizeof(*item));
	i->origins.item = item;
	return locking_text(m, buf_cstr(&text), &item[i->origins.n++], e);
}

/* ---- what stays */

static bool is_updated(const struct locking *q, const char *input)
{
	for (size_t i = 0; i < q->n_update; i++)
		if (strcmp(q->update[i], input) == 0)
			return true;
	return false;
}

static const struct lock_question *question_of(const struct lock *l, const char *input)
{
	for (size_t i = 0; l && i < l->n_questions; i++)
		if (strcmp(l->questions[i].input, input) == 0)
			return &l->questions[i];
	return NULL;
}

const struct lock_input *locking_old(const struct lock_made *m, size_t *n)
{
	const char *name = m->input->name;
	const struct lock_question *was = question_of(m->q->old, name);
	const struct lock_question *is = question_of(m->lock, name);

	*n = 0;
	if (!was || !is || !digest_equal(&was->sha256, &is->sha256) || is_updated(m->q, name))
		return NULL;
	return lock_find(m->q->old, name, n);
}

static bool keep_texts(struct lock_made *m, const struct lock_texts *old, struct lock_texts *to,
		       struct err *e)
{
	*to = (struct lock_texts){0};
	if (old->n == 0)
		return true;
	to->item = arena_new(&m->lock->arena, old->n * sizeof(*to->item), WHAT, e);
	if (!to->item)
		return false;
	for (; to->n < old->n; to->n++)
		if (!locking_text(m, old->item[to->n], &to->item[to->n], e))
			return false;
	return true;
}

static bool keep_maybe(struct lock_made *m, const char *old, const char **to, struct err *e)
{
	*to = NULL;
	return !old || locking_text(m, old, to, e);
}

bool locking_keep(struct lock_made *m, const struct lock_input *old, size_t n, struct err *e)
{
	for (size_t k = 0; k < n; k++) {
		struct lock_input *i = locking_add(m, old[k].kind, old[k].name, e);

		if (!i)
			return false;
		i->object = old[k].object;
		i->tree = old[k].tree;
		if (!keep_maybe(m, old[k].version, &i->version, e) ||
		    !keep_maybe(m, old[k].architecture, &i->architecture, e) ||
		    !keep_maybe(m, old[k].commit, &i->commit, e) ||
		    !keep_texts(m, &old[k].origins, &i->origins, e) ||
		    !keep_texts(m, &old[k].submodules, &i->submodules, e))
			return false;
	}
	return true;
}

/* ---- what the recipe asks */

static void put_texts(struct json_out *w, const char *key, const struct recipe_texts *t)
{
	json_key(w, key);
	json_open(w, '[');
	for (size_t i = 0; i < t->n; i++)
		json_str(w, t->item[i]);
	json_close(w, ']');
}

static void put_flag(struct json_out *w, const char *key, bool flag)
{
	json_key(w, key);
	json_bool(w, flag);
}

static void put_suite(struct json_out *w, const struct recipe_suite *s)
{
	json_open(w, '{');
	json_text(w, "archive", s->archive);
	json_text(w, "suite", s->suite);
	json_text(w, "snapshot", s->snapshot);
	json_text(w, "architecture", s->architecture);
	put_texts(w, "components", &s->components);
	put_texts(w, "keys", &s->keys);
	json_close(w, '}');
}

/* Of whom a signature counts is said by the file's bytes: its path would not tell another one. */
static bool put_signers(struct json_out *w, const struct locking *q, const struct recipe_input *i,
			struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_BYTES);
	struct digest d;

	json_text(w, "signers", i->signers);
	if (!i->signers)
		return true;
	buf_fmt(&path, "%s/%s", q->folder, i->signers);
	if (!buf_done(&path, "a path", e) ||
	    !stream_digest_path(buf_cstr(&path), (struct watch){0}, &d, e))
		return err_in(e, "input '%s'", i->name);
	json_key(w, "signers_sha256");
	json_hex(w, digest_bytes(&d));
	return true;
}

/* All on which the answer depends, but where a repository is. */
static bool put_question(struct json_out *w, const struct locking *q, const struct recipe_input *i,
			 struct err *e)
{
	const struct recipe *r = q->recipe;

	json_open(w, '{');
	json_key(w, "kind");
	json_u64(w, i->kind);
	put_texts(w, "packages", &i->packages);
	put_flag(w, "dependencies", i->dependencies);
	put_flag(w, "essential", i->essential);
	json_key(w, "from");
	json_open(w, '[');
	for (size_t k = 0; k < i->from.n; k++)
		put_suite(w, recipe_suite(r, i->from.item[k]));
	json_close(w, ']');
	json_text(w, "path", i->path);
	json_text(w, "origin", i->origin);
	json_text(w, "sha256", i->sha256);
	json_text(w, "platform", i->platform);
	json_text(w, "commit", i->commit);
	put_flag(w, "submodules", i->submodules);
	if (!put_signers(w, q, i, e))
		return false;
	json_text(w, "import", i->import);
	put_flag(w, "epoch", r->has_epoch);
	json_close(w, '}');
	return true;
}

static bool ask(struct lock_made *m, struct err *e)
{
	const struct recipe *r = m->q->recipe;
	struct lock *l = m->lock;

	l->questions = arena_new(&l->arena, (r->n_inputs + 1) * sizeof(*l->questions), WHAT, e);
	for (size_t i = 0; l->questions && i < r->n_inputs; i++) {
		owned(buf_free) struct buf text = BUF(QUESTION_MAX);
		struct lock_question *q = &l->questions[l->n_questions++];
		struct json_out w = json_out(&text, false);

		if (!put_question(&w, m->q, &r->inputs[i], e) ||
		    !buf_done(&text, "an input of a recipe", e) ||
		    !hash_of(DIGEST_SHA256, buf_bytes(&text), &q->sha256, e) ||
		    !locking_text(m, r->inputs[i].name, &q->input, e))
			return false;
	}
	return l->questions != NULL;
}

/* ---- all of it */

static bool known_updates(const struct locking *q, struct err *e)
{
	const char *names[RECIPE_INPUTS_MAX + 1] = {NULL};
	const char *near;

	for (size_t i = 0; i < q->recipe->n_inputs && i < RECIPE_INPUTS_MAX; i++)
		names[i] = q->recipe->inputs[i].name;
	for (size_t i = 0; i < q->n_update; i++) {
		if (recipe_input(q->recipe, q->update[i]))
			continue;
		err_set(e, REASON_USAGE, "--update: the recipe has no input '%.70s'", q->update[i]);
		near = text_nearest(q->update[i], names);
		return near ? err_hint(e, "did you mean '%s'?", near) : false;
	}
	return true;
}

static bool lock_one(struct lock_made *m, struct err *e)
{
	switch (m->input->kind) {
	case INPUT_PACKAGES:
		return locking_packages(m, e);
	case INPUT_FILE:
		return locking_file(m, e);
	case INPUT_IMAGE:
		return locking_image(m, e);
	case INPUT_GIT:
		return locking_git(m, e);
	}
	return false;
}

static bool lock_inputs(struct lock_made *m, struct err *e)
{
	const struct recipe *r = m->q->recipe;
	struct lock *l = m->lock;

	for (size_t i = 0; i < r->n_inputs; i++) {
		m->input = &r->inputs[i];
		if (!lock_one(m, e))
			return err_in(e, "input '%s'", m->input->name);
	}
	l->inputs = arena_new(&l->arena, (m->n + 1) * sizeof(*l->inputs), WHAT, e);
	if (!l->inputs)
		return false;
	if (m->n > 0)
		memcpy(l->inputs, m->item, m->n * sizeof(*l->inputs));
	l->n_inputs = m->n;
	return true;
}

static bool lock_stages(struct lock_made *m, struct err *e)
{
	const struct recipe *r = m->q->recipe;
	struct lock *l = m->lock;

	l->stages = arena_new(&l->arena, (r->n_stages + 1) * sizeof(*l->stages), WHAT, e);
	for (size_t i = 0; l->stages && i < r->n_stages; i++) {
		struct lock_stage *s = &l->stages[l->n_stages++];

		s->umask = STAGE_UMASK;
		s->jobs = r->stages[i].jobs;
		if (!locking_text(m, r->stages[i].name, &s->name, e) ||
		    !locking_text(m, r->stages[i].path, &s->path, e) ||
		    !stage_environment(&r->stages[i], l->epoch, &l->arena, &s->environment, e))
			return err_in(e, "stage '%s'", r->stages[i].name);
	}
	return l->stages != NULL;
}

static bool make(struct lock_made *m, struct err *e)
{
	const struct recipe *r = m->q->recipe;
	struct lock *l = m->lock;

	if (!known_updates(m->q, e) || !locking_text(m, m->q->tool, &l->tool, e) ||
	    !locking_text(m, r->product, &l->product, e) ||
	    !locking_text(m, r->version, &l->version, e) ||
	    !hash_of(DIGEST_SHA256, m->q->text, &l->recipe, e) || !ask(m, e) || !lock_inputs(m, e))
		return false;
	l->epoch = r->has_epoch ? r->epoch : m->source_time;
	return lock_stages(m, e) && lock_inputs_digest(l, &l->inputs_digest, e);
}

bool locking_make(const struct locking *q, struct lock *out, struct err *e)
{
	owned(lock_free) struct lock l = LOCK_NEW;
	struct lock_made m = {.q = q, .lock = &l};
	bool ok = make(&m, e);

	free(m.item);
	debian_packages_free(&m.packages);
	if (ok)
		*out = take(l);
	return ok;
}
