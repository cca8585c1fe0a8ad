#include <stdio.h>
#include <stdlib.h>

#include "measure/rebuild/source_parts.h"

#define TAGS_MAX 8u /* of tags */

void source_free(struct source **s)
{
	if (!*s)
		return;
	gitdb_release(&(*s)->object);
	store_item_free(&(*s)->payload);
	for (size_t i = 0; i < (*s)->n_repositories; i++)
		gitdb_free(&(*s)->repositories[i].db);
	for (size_t i = 0; i < (*s)->n_submodules; i++)
		free((*s)->submodules[i].path);
	tree_free(&(*s)->tree);
	buf_free(&(*s)->gitlinks);
	buf_free(&(*s)->folders);
	buf_free(&(*s)->ids);
	buf_free(&(*s)->large);
	free((*s)->repositories);
	free((*s)->submodules);
	free((*s)->signer);
	free(*s);
	*s = NULL;
}

struct tree *source_tree(const struct source *s)
{
	return s->tree;
}

const char *source_commit(const struct source *s)
{
	return s->commit;
}

int64_t source_time(const struct source *s)
{
	return s->time;
}

const char *source_signer(const struct source *s)
{
	return s->signer;
}

const struct source_submodule *source_submodules(const struct source *s, size_t *n)
{
	*n = s->n_submodules;
	return s->submodules;
}

bool source_add_repository(struct source *s, const struct source_repository *r, struct err *e)
{
	struct source_repository *more = NULL;

	if (s->n_repositories == SOURCE_REPOSITORIES_MAX)
		err_set(e, REASON_LIMIT, "over %u submodules", SOURCE_REPOSITORIES_MAX - 1);
	else
		more = realloc(s->repositories, (s->n_repositories + 1) * sizeof(*more));
	if (!more) {
		struct gitdb *db = r->db;

		gitdb_free(&db);
		return err_is(e) ? false : err_set(e, REASON_OUT_OF_MEMORY, "a repository");
	}
	s->repositories = more;
	more[s->n_repositories++] = *r;
	return true;
}

/* ---- which commit */

struct revision {
	const struct gitdb *db;
	const struct source_request *q;
	struct gitdb_id id;
	bool judged; /* a tag was signed, and its signature holds */
};

static bool resolve_short(struct revision *r, const char *name, bool *found, struct err *e)
{
	owned(buf_free) struct buf tag = BUF(4096), branch = BUF(4096);
	struct gitdb_id other;
	bool is_tag, is_branch;

	buf_fmt(&tag, "refs/tags/%s", name);
	buf_fmt(&branch, "refs/heads/%s", name);
	if (!buf_done(&tag, "a name", e) || !buf_done(&branch, "a name", e) ||
	    !gitdb_resolve(r->db, buf_cstr(&tag), &is_tag, &r->id, e) ||
	    !gitdb_resolve(r->db, buf_cstr(&branch), &is_branch, is_tag ? &other : &r->id, e))
		return false;
	*found = is_tag || is_branch;
	if (is_tag && is_branch) {
		err_set(e, REASON_AMBIGUOUS, "'%s' is a tag and a branch", name);
		return err_hint(e, "write refs/tags/%s or refs/heads/%s", name, name);
	}
	return true;
}

static bool resolve(struct revision *r, struct err *e)
{
	const char *name = r->q->revision ? r->q->revision : "HEAD";
	bool found = true;

	if (gitdb_of_digits(bytes_str(name), &r->id))
		return true;
	if (strcmp(name, "HEAD") == 0 || strncmp(name, "refs/", 5) == 0) {
		if (!gitdb_resolve(r->db, name, &found, &r->id, e))
			return false;
	} else if (!resolve_short(r, name, &found, e)) {
		return false;
	}
	return found || err_set(e, REASON_COMMIT,
				"'%s' is no tag, no branch and no commit's 40 digits", name);
}

/* A tag gives way to what it is of. */
static bool peel(struct source *s, struct revision *r, struct bytes raw, struct err *e)
{
	owned(source_text_free) struct source_text t = {0};

	if (!source_tag_read(&t, raw, e))
		return false;
	if (r->q->signers && !r->judged && t.signature.n > 0) {
		if (!source_signed(s, &t, "the tag", r->q->signers, e))
			return false;
		r->judged = true;
	}
	r->id = t.target;
	return true;
}

static bool take_commit(struct source *s, struct revision *r, struct bytes raw,
			struct gitdb_id *tree, struct err *e)
{
	owned(source_text_free) struct source_text t = {0};

	if (!source_commit_read(&t, raw, e))
		return err_in(e, "the commit");
	*tree = t.target;
	gitdb_digits(&r->id, s->commit);
	s->time = t.time;
	return !r->q->signers || r->judged || source_signed(s, &t, "the commit", r->q->signers, e);
}

static bool find_commit(struct source *s, struct revision *r, struct gitdb_id *tree, struct err *e)
{
	for (unsigned tags = 0; tags <= TAGS_MAX; tags++) {
		owned(gitdb_release) struct gitdb_object o = {0};

		if (!gitdb_read(r->db, &r->id, SOURCE_TEXT_MAX, &o, e))
			return false;
		if (o.kind == GITDB_COMMIT)
			return take_commit(s, r, o.bytes, tree, e);
		if (o.kind != GITDB_TAG)
			return err_set(e, REASON_SOURCE, "a %s was named, not a commit",
				       gitdb_kind_name(o.kind));
		if (!peel(s, r, o.bytes, e))
			return err_in(e, "the tag");
	}
	return err_set(e, REASON_LIMIT, "a tag of over %u tags", TAGS_MAX);
}

static bool open_top(struct source *s, const struct source_request *q, struct err *e)
{
	struct source_repository top = {.db = gitdb_open(q->repository, e),
					.top = tree_root(s->tree)};
	struct revision r = {.db = top.db, .q = q};

	if (!top.db || !source_add_repository(s, &top, e))
		return false;
	return resolve(&r, e) && find_commit(s, &r, &s->repositories[0].tree, e);
}

/* Submodules become repositories behind those that are there. */
static bool read_all(struct source *s, const struct source_request *q, struct err *e)
{
	for (size_t i = 0; i < s->n_repositories; i++)
		if (!source_walk(s, i, e) || (q->submodules && !source_modules(s, i, e)))
			return false;
	tree_sort(s->tree);
	return source_links(s, e);
}

struct source *source_open(const struct source_request *q, struct err *e)
{
	owned(source_free) struct source *s = own_new(sizeof(*s), e);

	if (!s)
		return NULL;
	s->payload.file = FILE_NONE;
	s->payloads = q->payloads;
	s->ids = BUF(SOURCE_MAX_NAMES * sizeof(struct gitdb_id));
	s->large = BUF(SOURCE_MAX_NAMES * sizeof(struct object));
	s->folders = s->gitlinks = BUF(SOURCE_MAX_NAMES * (size_t)64);
	s->tree = tree_new(SOURCE_MAX_NAMES, e);
	if (!s->tree)
		return NULL;
	if (!open_top(s, q, e) || !read_all(s, q, e)) {
		err_subject(e, q->repository);
		return NULL;
	}
	return take(s);
}
