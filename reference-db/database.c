#include "reference-db/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "measure/core/hash.h"
#include "reference-db/database_parts.h"

#define COMMIT_MAX 65536u

void database_free(struct database **d)
{
	if (!*d)
		return;
	gitfiles_free(&(*d)->log);
	gitfiles_free(&(*d)->files);
	gitdb_free(&(*d)->git);
	store_free(&(*d)->plain);
	own_close(&(*d)->folder);
	free((*d)->path);
	free(*d);
	*d = NULL;
}

bool database_broken(const struct database *d, struct err *e)
{
	if (e->reason == REASON_COMMIT)
		e->reason = REASON_DATABASE_INCOMPLETE;
	if (e->reason == REASON_SOURCE || e->reason == REASON_BLOB || e->reason == REASON_TRUNCATED)
		e->reason = REASON_DATABASE;
	return err_subject(e, d->path);
}

static bool is_missing(const struct database *d, const char *path)
{
	struct gittree_entry x;
	struct err ignored = {0};
	bool found = true;

	if (d->plain)
		return !store_has(d->plain, path);
	return gitfiles_find(d->files, path, &found, &x, &ignored) && !found;
}

static bool slurp(const struct database *d, struct gitfiles *in, const char *path, struct buf *out,
		  struct err *e)
{
	size_t max = out->max - out->n;

	if (d->plain ? store_slurp(d->plain, path, max, out, e)
		     : gitfiles_slurp(in, path, max, out, e))
		return true;
	if (e->reason == REASON_BLOB && is_missing(d, path))
		e->reason = REASON_DATABASE_INCOMPLETE;
	return database_broken(d, e);
}

/* ---- opening */

static bool there(const char *path, const char *name)
{
	owned(own_close) int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	return folder >= 0 && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* "tree ID" is the first line of a commit. */
static bool tree_of(struct bytes commit, struct gitdb_id *tree, struct err *e)
{
	struct bytes line = bytes_line(&commit);

	return (bytes_start(line, bytes_str("tree ")) &&
		gitdb_of_digits(bytes_of(line.p + 5, line.n - 5), tree)) ||
	       err_set(e, REASON_DATABASE, "a commit does not begin with its tree");
}

static bool read_commit(struct database *d, struct err *e)
{
	owned(gitdb_release) struct gitdb_object o = {0};
	bool found;

	if (!gitdb_resolve(d->git, DATABASE_REF, &found, &d->commit, e))
		return false;
	if (!found)
		return err_set(e, REASON_DATABASE, "there is no branch '%s'", DATABASE_BRANCH);
	if (!gitdb_read(d->git, &d->commit, COMMIT_MAX, &o, e))
		return false;
	if (o.kind != GITDB_COMMIT)
		return err_set(e, REASON_DATABASE, "the branch '%s' is a %s", DATABASE_BRANCH,
			       gitdb_kind_name(o.kind));
	gitfiles_free(&d->log);
	gitfiles_free(&d->files);
	if (!tree_of(o.bytes, &d->tree, e))
		return false;
	d->log = gitfiles_new(d->git, &d->tree, e);
	d->files = d->log ? gitfiles_new(d->git, &d->tree, e) : NULL;
	return d->files != NULL;
}

bool database_read_commit(struct database *d, struct err *e)
{
	return read_commit(d, e) || database_broken(d, e);
}

bool database_read_small(struct database *d, struct err *e)
{
	owned(buf_free) struct buf format = BUF(DATABASE_FORM_MAX), head = BUF(DATABASE_FORM_MAX);

	return slurp(d, d->log, "format", &format, e) && slurp(d, d->log, "head", &head, e) &&
	       ((database_format_read(buf_bytes(&format), d->name, e) &&
		 database_head_read(buf_bytes(&head), &d->head, e) &&
		 hash_of(DIGEST_SHA256, buf_bytes(&format), &d->first, e)) ||
		database_broken(d, e));
}

static bool open_git(struct database *d, struct err *e)
{
	d->git = gitdb_open_alone(d->path, e);
	if (d->git)
		return database_read_commit(d, e);
	if (e->reason == REASON_LIBRARY)
		err_hint(e, "without it a database is read as a plain folder: a checkout without "
			    ".git, or what `measure-fetch db` brings");
	return database_broken(d, e);
}

static bool open_kind(struct database *d, struct err *e)
{
	struct stat st;

	if (stat(d->path, &st) != 0) {
		err_errno(e, errno, "the database");
		return err_subject(e, d->path);
	}
	if (there(d->path, ".git") || (there(d->path, "HEAD") && there(d->path, "objects")))
		return open_git(d, e);
	if (!S_ISDIR(st.st_mode) || !there(d->path, "format")) {
		err_set(e, REASON_DATABASE,
			"is neither a repository of git nor a folder with a file 'format'");
		return err_subject(e, d->path);
	}
	d->plain = store_folder(d->path, e);
	if (d->plain)
		d->folder = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return d->plain != NULL;
}

struct database *database_open(const char *path, struct err *e)
{
	owned(database_free) struct database *d = own_new(sizeof(*d), e);

	if (!d)
		return NULL;
	d->folder = -1;
	d->path = own_string(path, e);
	if (!d->path || !open_kind(d, e) || !database_read_small(d, e))
		return NULL;
	return take(d);
}

const char *database_name(const struct database *d)
{
	return d->name;
}

struct signed_upon database_head(const struct database *d)
{
	return d->head;
}

struct digest database_first(const struct database *d)
{
	return d->first;
}

/* ---- entries */

bool database_entry(const struct database *d, uint64_t n, struct digest *state,
		    struct database_entry *out, struct err *e)
{
	owned(buf_free) struct buf line = BUF(DATABASE_FORM_MAX);
	char path[DATABASE_LOG_PATH];

	if (n >= d->head.height)
		return err_set(e, REASON_DATABASE, "entry %llu of %llu", (unsigned long long)n,
			       (unsigned long long)d->head.height);
	database_log_path(n, path);
	return slurp(d, d->log, path, &line, e) &&
	       ((database_line_read(buf_bytes(&line), n, out, e) &&
		 database_state(state, buf_bytes(&line), state, e)) ||
		database_broken(d, e));
}

bool database_statement(const struct database *d, const struct database_entry *entry,
			struct buf *out, struct err *e)
{
	owned(buf_free) struct buf file = BUF(SIGNED_MAX);
	struct digest sha256;

	if (!slurp(d, d->files, entry->path, &file, e) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(&file), &sha256, e))
		return false;
	if (!digest_equal(&sha256, &entry->sha256)) {
		err_set(e, REASON_DATABASE, "'%s' has another digest than the log says",
			entry->path);
		return err_subject(e, d->path);
	}
	buf_put(out, buf_bytes(&file));
	return buf_done(out, entry->path, e);
}
