#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/rebuild/source_modules.h"
#include "measure/rebuild/source_parts.h"

struct lookup {
	struct source *s;
	size_t super; /* the repository that has the submodule */
	const struct source_gitlink *link;
	const struct source_module *module;
};

static void list_free(struct source_module_list **l)
{
	if (*l)
		arena_free(&(*l)->arena);
	free(*l);
}

/* Is that folder the other one, or below it? Symbolic links are resolved. */
static bool is_below(const char *path, const char *folder)
{
	owned(own_free) char *inner = realpath(path, NULL), *outer = realpath(folder, NULL);
	size_t n = outer ? strlen(outer) : 0;

	return inner && outer && strncmp(inner, outer, n) == 0 &&
	       (inner[n] == '\0' || inner[n] == '/' || (n == 1 && outer[0] == '/'));
}

/* A repository elsewhere would be one that nobody named. */
static bool is_inside(const struct source *s, const struct gitdb *db)
{
	const struct gitdb *top = s->repositories[0].db;
	const char *work = gitdb_work(top);

	return is_below(gitdb_folder(db), gitdb_folder(top)) ||
	       (work && is_below(gitdb_folder(db), work));
}

/* FOLDER/MIDDLE/NAME, if there is one; *db stays NULL if not. */
static bool try(const struct lookup *l, const char *folder, const char *name, struct gitdb **db,
		struct err *e)
{
	owned(buf_free) struct buf path = BUF(2 * TREE_PATH_MAX);
	struct err why = {0};

	if (!folder)
		return true;
	buf_fmt(&path, "%s%s", folder, name);
	if (!buf_done(&path, "a path", e))
		return false;
	*db = gitdb_open(buf_cstr(&path), &why);
	if (!*db && (why.reason == REASON_NO_SUCH_FILE || why.reason == REASON_SOURCE))
		return true;
	if (!*db) {
		*e = why;
		return false;
	}
	return is_inside(l->s, *db) ||
	       err_set(e, REASON_SOURCE, "the submodule's repository is not below this one");
}

static bool find_repository(const struct lookup *l, struct gitdb **db, struct err *e)
{
	const struct gitdb *super = l->s->repositories[l->super].db;
	owned(buf_free) struct buf name = BUF(TREE_PATH_MAX);

	buf_fmt(&name, "modules/%s", l->module->name);
	if (!buf_done(&name, "a path", e) || !try(l, gitdb_folder(super), buf_cstr(&name), db, e) ||
	    (!*db && !try(l, gitdb_work(super), l->module->path, db, e)))
		return false;
	return *db || err_set(e, REASON_COMMIT, "the submodule's repository is not here");
}

static bool read_commit(const struct gitdb *db, const struct gitdb_id *id, struct gitdb_id *tree,
			struct err *e)
{
	owned(gitdb_release) struct gitdb_object o = {0};
	owned(source_text_free) struct source_text t = {0};

	if (!gitdb_read(db, id, SOURCE_TEXT_MAX, &o, e))
		return false;
	if (o.kind != GITDB_COMMIT)
		return err_set(e, REASON_SOURCE, "its object is a %s, not a commit",
			       gitdb_kind_name(o.kind));
	if (!source_commit_read(&t, o.bytes, e))
		return false;
	*tree = t.target;
	return true;
}

static bool remember(struct source *s, const struct source_gitlink *link, struct err *e)
{
	struct source_submodule *more =
		realloc(s->submodules, (s->n_submodules + 1) * sizeof(*more));
	owned(buf_free) struct buf path = BUF(TREE_PATH_MAX + 1);

	if (!more)
		return err_errno(e, ENOMEM, "a submodule");
	s->submodules = more;
	more += s->n_submodules;
	if (!tree_path(link->folder, &path, e))
		return false;
	more->path = own_string(buf_cstr(&path), e);
	gitdb_digits(&link->commit, more->commit);
	s->n_submodules += more->path != NULL;
	return more->path != NULL;
}

static bool add(const struct lookup *l, struct err *e)
{
	owned(gitdb_free) struct gitdb *db = NULL;
	struct source_repository r = {.top = l->link->folder,
				      .depth = l->s->repositories[l->super].depth + 1};

	if (r.depth > SOURCE_NESTED_MAX)
		return err_set(e, REASON_LIMIT,
			       "submodules lie %u deep in each other, %u are the most", r.depth,
			       SOURCE_NESTED_MAX);
	if (!find_repository(l, &db, e) || !read_commit(db, &l->link->commit, &r.tree, e))
		return false;
	r.db = take(db);
	return source_add_repository(l->s, &r, e) && remember(l->s, l->link, e);
}

/* ---- .gitmodules */

static bool read_list(const struct source *s, const struct source_repository *r,
		      struct source_module_list *list, struct err *e)
{
	const struct tree_node *n = tree_find(s->tree, r->top, bytes_str(".gitmodules"));
	owned(gitdb_release) struct gitdb_object o = {0};
	struct gitdb_id id;

	list->n = 0;
	if (!n)
		return true;
	if (!S_ISREG(n->inode->mode) || n->inode->source == SOURCE_PAYLOAD)
		return err_set(e, REASON_SOURCE, "'.gitmodules' is no file");
	memcpy(&id, s->ids.p + n->inode->at * sizeof(id), sizeof(id));
	return gitdb_read(r->db, &id, SOURCE_MODULES_MAX, &o, e) &&
	       source_modules_read(list, o.bytes, e);
}

static bool path_below(const struct source_repository *r, const struct tree_node *n,
		       struct buf *path, struct err *e)
{
	buf_reset(path);
	return tree_path_below(r->top, n, path, e);
}

/* Each submodule has its entry, and each entry its submodule. */
static bool match(struct lookup *l, const struct source_module_list *list, bool *used,
		  struct err *e)
{
	owned(buf_free) struct buf path = BUF(TREE_PATH_MAX + 1);

	if (!path_below(&l->s->repositories[l->super], l->link->folder, &path, e))
		return false;
	for (size_t i = 0; i < list->n; i++) {
		if (!bytes_equal(buf_bytes(&path), bytes_str(list->item[i].path)))
			continue;
		used[i] = true;
		l->module = &list->item[i];
		return true;
	}
	return err_set(e, REASON_SOURCE, "a submodule that is not in .gitmodules");
}

static bool add_all(struct source *s, size_t repository, const struct source_module_list *list,
		    struct err *e)
{
	const size_t n = s->gitlinks.n / sizeof(struct source_gitlink);
	bool used[SOURCE_MODULES] = {false};

	for (size_t i = 0; i < n; i++) {
		struct source_gitlink link;
		struct lookup l = {.s = s, .super = repository, .link = &link};

		memcpy(&link, s->gitlinks.p + i * sizeof(link), sizeof(link));
		if (!match(&l, list, used, e) || !add(&l, e))
			return source_in(link.folder, bytes_of(NULL, 0), e);
	}
	for (size_t i = 0; i < list->n; i++)
		if (!used[i])
			return err_set(e, REASON_SOURCE,
				       "'.gitmodules': line %u: there is no submodule at '%s'",
				       list->item[i].line, list->item[i].path);
	return true;
}

bool source_modules(struct source *s, size_t repository, struct err *e)
{
	owned(list_free) struct source_module_list *list = own_new(sizeof(*list), e);

	return list && read_list(s, &s->repositories[repository], list, e) &&
	       add_all(s, repository, list, e);
}
