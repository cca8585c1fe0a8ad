#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/listing.h"
#include "measure/base/text.h"
#include "measure/base/when.h"
#include "measure/core/gitedit.h"
#include "measure/core/hash.h"
#include "reference-db/database_parts.h"

#define TREES ((size_t)1 << 30) /* bytes of all that is new but the statements */
#define MESSAGE 4096u /* bytes of a commit's */
#define PACK_NAME 256u

static const char readme[] =
	"# %s\n"
	"\n"
	"A reference database of `measure`: signed statements about releases, in the order in which\n"
	"they were published. Nothing that carries it has to be trusted: every statement has its\n"
	"signature, and every state of the log names all that came before it.\n"
	"\n"
	"`log/` has one line for each statement, as `sha256sum` writes it:\n"
	"\n"
	"    cat log/*/*/* | sha256sum -c --quiet\n"
	"\n"
	"`measure db audit --db .` checks all of it against the keys that you trust, and\n"
	"`measure who DIGEST --db .` tells which release a digest is of.\n";

/* One commit in the making. */
struct job {
	struct database *d;
	struct arena arena;
	struct gitdb_pack *pack;
	struct gitdb_roll *old; /* what the pack is to take the place of; or NULL */
	struct buf name; /* of the pack */
	struct gitedit_file *file;
	size_t n;
	struct signed_upon head; /* the new one */
	struct gitdb_id tree, commit;
};

static void job_free(struct job *j)
{
	gitdb_roll_free(&j->old);
	gitdb_pack_free(&j->pack);
	buf_free(&j->name);
	arena_free(&j->arena);
	free(j->file);
}

static bool job_new(struct job *j, struct database *d, size_t files, struct err *e)
{
	*j = (struct job){.d = d, .arena = ARENA(TREES), .head = d->head, .name = BUF(PACK_NAME)};
	j->file = own_new((files + 1) * sizeof(*j->file), e);
	j->pack = j->file ? gitdb_pack_new(d->git, e) : NULL;
	return j->pack != NULL;
}

/* path and bytes are borrowed. */
static bool add_file(struct job *j, const char *path, struct bytes x, struct err *e)
{
	struct gitedit_file *new = &j->file[j->n++];

	*new = (struct gitedit_file){.path = path, .replaces = strcmp(path, "head") == 0};
	return gitdb_pack_add(j->pack, GITDB_BLOB, x, &new->blob, e);
}

/* The same with bytes that are gone soon. */
static bool add_text(struct job *j, const char *path, const struct buf *b, struct err *e)
{
	uint8_t *kept;
	const char *name;

	if (!buf_done(b, path, e))
		return false;
	kept = arena_new(&j->arena, b->n, "what is published", e);
	name = kept ? arena_text(&j->arena, bytes_str(path), "what is published", e) : NULL;
	if (!name)
		return false;
	memcpy(kept, b->p, b->n);
	return add_file(j, name, bytes_of(kept, b->n), e);
}

static bool add_head(struct job *j, struct err *e)
{
	owned(buf_free) struct buf b = BUF(DATABASE_FORM_MAX);

	database_head_write(&j->head, &b);
	return add_text(j, "head", &b, e);
}

static bool add_entry(struct job *j, const struct database_new *new, struct err *e)
{
	owned(buf_free) struct buf line = BUF(DATABASE_FORM_MAX);
	struct database_entry x;
	char path[DATABASE_LOG_PATH];

	if (j->head.height == DATABASE_ENTRIES)
		return err_set(e, REASON_LIMIT, "the database has %u entries, and no room for more",
			       DATABASE_ENTRIES);
	if (new->bytes.n > SIGNED_MAX)
		return err_set(e, REASON_LIMIT, "a statement has %zu bytes, %u are the most",
			       new->bytes.n, SIGNED_MAX);
	if (!database_path_check(bytes_str(new->path), j->head.height, e) ||
	    !hash_of(DIGEST_SHA256, new->bytes, &x.sha256, e))
		return false;
	memcpy(x.path, new->path, strlen(new->path) + 1);
	database_line_write(&x, &line);
	database_log_path(j->head.height, path);
	if (!add_text(j, path, &line, e) || !add_file(j, new->path, new->bytes, e) ||
	    !database_state(&j->head.state, buf_bytes(&line), &j->head.state, e))
		return false;
	j->head.height++;
	return true;
}

/* ---- the commit */

static bool check_message(struct bytes text, struct err *e)
{
	if (text.n > MESSAGE)
		return err_set(e, REASON_USAGE, "a message has %zu bytes, %u are the most", text.n,
			       MESSAGE);
	while (text.n > 0)
		if (!text_plain(bytes_line(&text)))
			return err_set(e, REASON_USAGE,
				       "a message has characters that do not show");
	return true;
}

static bool add_commit(struct job *j, bool first, const struct database_news *news, struct err *e)
{
	owned(buf_free) struct buf b = BUF(2 * MESSAGE);
	char id[GITDB_DIGITS + 1];
	uint8_t *kept;

	if (!check_message(bytes_str(news->message), e))
		return false;
	if (news->when < 0 || news->when > WHEN_LAST)
		return err_set(e, REASON_USAGE, "a time is not between 1970 and 9999");
	gitdb_digits(&j->tree, id);
	buf_fmt(&b, "tree %s\n", id);
	gitdb_digits(&j->d->commit, id);
	if (!first)
		buf_fmt(&b, "parent %s\n", id);
	for (unsigned i = 0; i < 2; i++)
		buf_fmt(&b, "%s measure <measure@localhost> %lld +0000\n",
			i ? "committer" : "author", (long long)news->when);
	buf_fmt(&b, "\n%s\n", news->message);
	if (!buf_done(&b, "a commit", e))
		return false;
	kept = arena_new(&j->arena, b.n, "a commit", e);
	if (!kept)
		return false;
	memcpy(kept, b.p, b.n);
	return gitdb_pack_add(j->pack, GITDB_COMMIT, bytes_of(kept, b.n), &j->commit, e);
}

/* A publication comes first: whatever stands against tidying up, by damage or for want of room,
 * the pack is made without it. */
static bool write_pack(struct job *j, struct err *e)
{
	struct err ignored = {0};

	if (gitdb_roll_up(j->pack, &j->old, &ignored) && j->old &&
	    gitdb_pack_write(j->pack, &j->name, &ignored))
		return true;
	gitdb_roll_free(&j->old);
	gitdb_pack_only_new(j->pack);
	return gitdb_pack_write(j->pack, NULL, e);
}

/* Objects first; then the branch; then what is open is what is there now. */
static bool carry_out(struct job *j, bool first, const struct database_news *news, bool *moved,
		      struct err *e)
{
	struct database *d = j->d;
	const struct gitedit edit = {d->git, first ? NULL : &d->tree, j->pack, &j->arena,
				     DATABASE_NAMES};
	const struct gitdb_move move = {DATABASE_REF, first ? NULL : &d->commit, &j->commit};

	if (!gitedit(&edit, j->file, j->n, &j->tree, e) || !add_commit(j, first, news, e) ||
	    !write_pack(j, e) || !gitdb_move(d->git, &move, moved, e))
		return false;
	if (!*moved)
		return true;
	d->head = j->head;
	return database_read_commit(d, e);
}

/* Who has moved the branch since it was read is met before anything is written. */
static bool is_newest(const struct database *d, bool *so, struct err *e)
{
	struct gitdb_id now;
	bool found;

	if (!gitdb_resolve(d->git, DATABASE_REF, &found, &now, e))
		return false;
	*so = found && memcmp(now.v, d->commit.v, GITDB_ID) == 0;
	return true;
}

static bool append(struct database *d, const struct database_news *news, bool *moved, struct err *e)
{
	owned(job_free) struct job j = {0};
	owned(own_close) int lock = -1;
	struct err ignored = {0};

	if (!job_new(&j, d, 2 * news->n + 1, e))
		return false;
	for (size_t i = 0; i < news->n; i++)
		if (!add_entry(&j, &news->entry[i], e))
			return false;
	if (!add_head(&j, e) || !gitdb_lock(d->git, &lock, e) || !is_newest(d, moved, e))
		return false;
	if (!*moved)
		return true;
	if (!carry_out(&j, false, news, moved, e))
		return false;
	return !j.old || gitdb_roll_away(j.old, buf_cstr(&j.name), &ignored) || true;
}

bool database_append(struct database *d, const struct database_news *news, bool *moved,
		     struct err *e)
{
	if (d->plain) {
		err_set(e, REASON_USAGE, "is a plain folder; only a repository is written to");
		return err_subject(e, d->path);
	}
	return append(d, news, moved, e) || database_broken(d, e);
}

/* ---- a new one */

static bool is_free(const char *path, struct err *e)
{
	owned(listing_free) struct listing l = {0};
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT || err_errno(e, errno, "the database");
	if (!S_ISDIR(st.st_mode))
		return err_set(e, REASON_USAGE, "is there already, and is no empty folder");
	if (!listing_read_all(&l, path, e))
		return false;
	return l.n == 0 || err_set(e, REASON_USAGE, "is there already, and not empty");
}

/* Beside its place, under a name that nobody else has. */
static bool temp_name(const char *path, struct buf *temp, struct err *e)
{
	size_t n = strlen(path);
	uint32_t random;

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return err_errno(e, errno, "no random number for a temporary name");
	buf_put(temp, bytes_of(path, n));
	buf_fmt(temp, ".%08x.tmp", (unsigned)random);
	return buf_done(temp, "a path", e);
}

static bool write_first(struct database *d, const char *name, int64_t when, struct err *e)
{
	owned(buf_free) struct buf format = BUF(DATABASE_FORM_MAX), about = BUF(DATABASE_FORM_MAX);
	const struct database_news news = {.message = "An empty reference database", .when = when};
	owned(job_free) struct job j = {0};
	owned(own_close) int lock = -1;
	bool moved;

	buf_fmt(&about, readme, name);
	if (!database_format_write(name, &format, e) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(&format), &d->head.state, e) ||
	    !job_new(&j, d, 3, e) || !add_text(&j, "format", &format, e) ||
	    !add_text(&j, "README.md", &about, e) || !add_head(&j, e) ||
	    !gitdb_lock(d->git, &lock, e) || !carry_out(&j, true, &news, &moved, e))
		return false;
	return moved || err_set(e, REASON_BUSY, "somebody else writes there");
}

/* All that lies in it, then its name. */
static bool put_in_place(const char *temp, const char *path, struct err *e)
{
	owned(own_free) char *parent = own_string(path, e);
	owned(own_close) int fd = open(temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC), in = -1;
	char *slash;

	if (!parent)
		return false;
	for (size_t n = strlen(parent); n > 1 && parent[n - 1] == '/'; n--)
		parent[n - 1] = '\0';
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	in = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || syncfs(fd) != 0)
		return err_errno(e, errno, "cannot be made durable");
	if (rename(temp, path) != 0)
		return err_errno(e, errno, "cannot be put in its place");
	return (in >= 0 && (fsync(in) == 0 || errno == EINVAL)) ||
	       err_errno(e, errno, "its folder cannot be made durable");
}

static bool make(const char *temp, const char *name, bool bare, int64_t when, struct err *e)
{
	owned(database_free) struct database *d = own_new(sizeof(*d), e);

	if (!d)
		return false;
	d->folder = -1;
	d->path = own_string(temp, e);
	if (!d->path || !gitdb_create(temp, bare, e))
		return false;
	d->git = gitdb_open_alone(temp, e);
	return d->git && write_first(d, name, when, e);
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

bool database_init(const char *path, const char *name, bool bare, int64_t when, struct err *e)
{
	owned(buf_free) struct buf temp = BUF(8192);

	if (!is_free(path, e) || !temp_name(path, &temp, e)) {
		err_subject(e, path);
		return false;
	}
	if (make(buf_cstr(&temp), name, bare, when, e) && put_in_place(buf_cstr(&temp), path, e))
		return true;
	(void)nftw(buf_cstr(&temp), drop, 16, FTW_DEPTH | FTW_PHYS);
	return err_subject(e, path);
}
