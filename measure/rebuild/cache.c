#include "measure/rebuild/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/hex.h"
#include "measure/base/home.h"
#include "measure/rebuild/place.h"

#define LISTING "listing"
#define LISTING_MAX_BYTES (1u << 20)
#define PATH_ROOM 8192u

static const char *const kinds[MADE_KINDS] = {"file", "program", "tree"};

const char *cache_kind_name(enum made_kind kind)
{
	return kinds[kind];
}

void made_free(struct made *m)
{
	free(m->path);
	free(m->output);
	*m = (struct made){0};
}

const struct made_output *made_output(const struct made *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->output[i].name, name) == 0)
			return &m->output[i];
	return NULL;
}

static bool failed(const char *path, const char *what, struct err *e)
{
	err_errno(e, errno, what);
	return err_subject(e, path);
}

/* ---- the folder */

static bool find_place(const char *path, struct buf *out, struct err *e)
{
	if (path)
		buf_str(out, path);
	else if (!home_path(HOME_CACHE, "build", out))
		return err_set(e, REASON_USAGE, "neither HOME nor %s says where a cache can be",
			       home_variable(HOME_CACHE));
	return buf_done(out, "a path", e);
}

bool cache_private(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return failed(path, "cannot be looked at", e);
	if (st.st_uid != geteuid())
		err_set(e, REASON_PERMISSION, "belongs to user %u, and this is user %u",
			(unsigned)st.st_uid, (unsigned)geteuid());
	else if (st.st_mode & 022)
		err_set(e, REASON_PERMISSION, "others may write there, its mode is %04o",
			(unsigned)st.st_mode & 07777);
	if (!err_is(e))
		return true;
	err_hint(e, "who could write to a cache could choose what is built; --cache names another");
	return err_subject(e, path);
}

static int open_folder(const char *path, struct err *e)
{
	owned(own_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		failed(path, "cannot be opened", e);
	return fd < 0 || !cache_private(fd, path, e) ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

bool cache_open(struct cache *c, const char *path, struct err *e)
{
	owned(cache_close) struct cache new = CACHE_NONE;
	owned(own_close) int top = -1;
	owned(buf_free) struct buf place = BUF(PATH_ROOM);

	if (!find_place(path, &place, e))
		return false;
	new.path = own_string(buf_cstr(&place), e);
	buf_str(&place, "/sha256/");
	if (!new.path || !buf_done(&place, "a path", e) ||
	    !home_make_folders(buf_cstr(&place), HOME_PRIVATE, e))
		return false;
	top = open_folder(new.path, e);
	new.fd = top < 0 ? -1 : open_folder(buf_cstr(&place), e);
	if (new.fd < 0)
		return false;
	*c = new;
	new = CACHE_NONE;
	return true;
}

void cache_close(struct cache *c)
{
	own_close(&c->fd);
	free(c->path);
	*c = CACHE_NONE;
}

/* ---- listings */

static bool digest_file(int folder, const char *kind, struct made_output *o, struct err *e)
{
	owned(buf_free) struct buf path = BUF(256);
	owned(file_close) struct file f = FILE_NONE;
	struct stream_range in;
	struct stat st;

	buf_fmt(&path, "%s/%s", kind, o->name);
	if (!buf_done(&path, "a path", e))
		return false;
	f.fd = openat(folder, buf_cstr(&path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (f.fd < 0 || fstat(f.fd, &st) != 0)
		return failed(buf_cstr(&path), "cannot be opened", e);
	if (!S_ISREG(st.st_mode))
		return err_set(e, REASON_NOT_A_FILE, "'%s' is %s", buf_cstr(&path),
			       file_kind(st.st_mode));
	file_remember(&f, &st);
	in = stream_range(&f, 0, f.size);
	o->size = f.size;
	return stream_digest(&in.stream, &o->sha256, e) && file_unchanged(&f, e);
}

/* Of which kind it is, says the folder that it lies in. */
static bool look(int folder, struct made_output *o, struct err *e)
{
	for (size_t k = 0; k < MADE_KINDS; k++) {
		owned(buf_free) struct buf path = BUF(256);
		struct stat st;

		buf_fmt(&path, "%s/%s", kinds[k], o->name);
		if (!buf_done(&path, "a path", e))
			return false;
		if (fstatat(folder, buf_cstr(&path), &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		o->kind = (enum made_kind)k;
		return digest_file(folder, kinds[k], o, e);
	}
	return err_set(e, REASON_IO, "the output '%s' is not there", o->name);
}

static void put_line(struct buf *listing, const char *kind, const struct made_output *o)
{
	buf_fmt(listing, "%s %s %llu ", kind, o->name, (unsigned long long)o->size);
	hex_put(listing, digest_bytes(&o->sha256));
	buf_str(listing, "\n");
}

/* All outputs and the log, and what the listing says of them. */
static bool read_entry(int folder, const struct recipe_stage *s, struct made *m,
		       struct buf *listing, struct err *e)
{
	struct made_output log = {.name = CACHE_LOG};

	if (!digest_file(folder, ".", &log, e))
		return false;
	put_line(listing, ".", &log);
	m->n = s->outputs.n;
	m->output = own_new((m->n + 1) * sizeof(*m->output), e);
	if (!m->output)
		return false;
	for (size_t i = 0; i < m->n; i++) {
		struct made_output *o = &m->output[i];

		o->name = s->outputs.item[i].name;
		if (!look(folder, o, e))
			return false;
		put_line(listing, kinds[o->kind], o);
	}
	return buf_done(listing, "a listing", e);
}

bool cache_list(int entry, const struct recipe_stage *s, struct err *e)
{
	owned(made_free) struct made m = {0};
	owned(buf_free) struct buf listing = BUF(LISTING_MAX_BYTES);
	owned(own_close) int fd = -1;

	if (!read_entry(entry, s, &m, &listing, e))
		return false;
	fd = openat(entry, LISTING, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return failed(LISTING, "cannot be written", e);
	/* Not on the disk yet: an entry is proved by its listing when it is used */
	return file_put(fd, buf_bytes(&listing)) || failed(LISTING, "cannot be written", e);
}

/* ---- entries */

static bool is_listed(const struct cache *c, const char *key, const struct recipe_stage *s,
		      struct made *m)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM), said = BUF(LISTING_MAX_BYTES);
	owned(buf_free) struct buf listing = BUF(LISTING_MAX_BYTES);
	owned(own_close) int fd =
		openat(c->fd, key, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct err ignored = {0};

	buf_fmt(&path, "%s/sha256/%s/" LISTING, c->path, key);
	if (fd < 0 || !buf_done(&path, "a path", &ignored) ||
	    !file_slurp(buf_cstr(&path), LISTING_MAX_BYTES, &said, &ignored) ||
	    !read_entry(fd, s, m, &listing, &ignored))
		return false;
	return bytes_equal(buf_bytes(&said), buf_bytes(&listing));
}

static bool set_place(const struct cache *c, const char *key, struct made *m)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	struct err ignored = {0};

	snprintf(m->key, sizeof(m->key), "%s", key);
	buf_fmt(&path, "%s/sha256/%s", c->path, key);
	m->path = own_string(buf_cstr(&path), &ignored);
	return m->path != NULL;
}

/* Another build may have made a good one meanwhile, which is not to be taken from it. */
static bool is_mended(const struct cache *c, const char *key, const struct recipe_stage *s,
		      struct made *m)
{
	struct err ignored = {0};
	bool good;

	made_free(m);
	if (flock(c->fd, LOCK_EX) != 0)
		return false;
	good = is_listed(c, key, s, m);
	if (!good && !place_remove(c->fd, key, &ignored))
		errno = 0; /* what is made in its place then tells why */
	return flock(c->fd, LOCK_UN) == 0 && good;
}

bool cache_find(const struct cache *c, const char *key, const struct recipe_stage *s,
		struct made *m)
{
	owned(made_free) struct made found = {0};

	if (!(is_listed(c, key, s, &found) || is_mended(c, key, s, &found)) ||
	    !set_place(c, key, &found))
		return false;
	*m = take(found);
	return true;
}

bool cache_keep(const struct cache *c, const struct scratch *from, const char *name,
		const char *key, struct err *e)
{
	bool kept = flock(c->fd, LOCK_EX) == 0 &&
		    (renameat(from->fd, name, c->fd, key) == 0 || errno == EEXIST ||
		     errno == ENOTEMPTY) &&
		    flock(c->fd, LOCK_UN) == 0;

	return (kept && fsync(c->fd) == 0) || failed(c->path, "cannot be written", e);
}

/* As the listing had it, since when others may have been there. */
static bool prove(const struct file *f, const struct made_output *o, struct err *e)
{
	struct stream_range in = stream_range(f, 0, f->size);
	struct digest is;

	if (!stream_digest(&in.stream, &is, e) || !file_unchanged(f, e))
		return false;
	return digest_equal(&is, &o->sha256) ||
	       err_set(e, REASON_FILE_CHANGED, "the output '%s' changed in the cache", o->name);
}

bool cache_open_output(const struct made *m, const struct made_output *o, struct store_item *out,
		       struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	owned(store_item_free) struct store_item new = {.file = FILE_NONE};

	buf_fmt(&path, "%s/%s/%s", m->path, kinds[o->kind], o->name);
	if (!buf_done(&path, "a path", e))
		return false;
	new.name = own_string(buf_cstr(&path), e);
	if (!new.name || !file_open(&new.file, new.name, e))
		return false;
	new.size = new.file.size;
	if (!prove(&new.file, o, e))
		return err_subject(e, new.name);
	*out = new;
	new = (struct store_item){.file = FILE_NONE};
	return true;
}
