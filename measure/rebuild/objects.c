#include "measure/rebuild/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/hex.h"
#include "measure/base/home.h"

#define FOLDER "sha256"
#define STEP (64u * 1024) /* bytes read at once */
#define PATH_MAX_BYTES 4096u

struct hex {
	char text[2 * DIGEST_MAX + 1];
};

static struct hex name_of(const struct object *x)
{
	struct hex h;

	hex_string(h.text, digest_bytes(&x->sha256));
	return h;
}

void objects_close(struct objects *o)
{
	own_close(&o->fd);
	free(o->path);
	*o = OBJECTS_NONE;
}

static bool choose_path(const char *path, struct buf *to, struct err *e)
{
	if (path && !*path)
		return err_set(e, REASON_USAGE, "the name of the store is empty");
	if (path)
		buf_str(to, path);
	else if (!home_path(HOME_CACHE, "store", to)) {
		err_set(e, REASON_USAGE, "neither %s nor HOME says where the store is",
			home_variable(HOME_CACHE));
		return err_hint(e, "name it with --store");
	}
	return buf_done(to, "the name of the store", e);
}

static int open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool absent(const char *path, struct err *e)
{
	err_set(e, REASON_NO_SUCH_FILE, "there is no store of inputs");
	err_hint(e, "`measure-fetch inputs` and `measure store unpack` fill one; --store names "
		    "another");
	return err_subject(e, path);
}

bool objects_open(struct objects *o, const char *path, bool make, struct err *e)
{
	owned(buf_free) struct buf folder = BUF(PATH_MAX_BYTES);
	owned(objects_close) struct objects new = OBJECTS_NONE;

	if (!choose_path(path, &folder, e))
		return false;
	new.path = own_string(buf_cstr(&folder), e);
	buf_str(&folder, "/" FOLDER "/");
	if (!new.path || !buf_done(&folder, "the name of the store", e))
		return false;
	if (make && !home_make_folders(buf_cstr(&folder), HOME_PRIVATE, e))
		return false;
	folder.n--; /* a slash at the end would follow a link */
	new.fd = open_folder(buf_cstr(&folder));
	if (new.fd < 0 && errno == ENOENT)
		return absent(new.path, e);
	if (new.fd < 0) {
		err_errno(e, errno, "cannot be opened");
		return err_subject(e, buf_cstr(&folder));
	}
	*o = take(new);
	new.fd = -1;
	return true;
}

bool objects_has(const struct objects *o, const struct object *x)
{
	struct stat st;

	return fstatat(o->fd, name_of(x).text, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == x->size;
}

void objects_path(const struct objects *o, const struct object *x, struct buf *out)
{
	buf_fmt(out, "%s/" FOLDER "/%s", o->path, name_of(x).text);
}

static bool missing(const char *what, struct err *e)
{
	err_set(e, REASON_INPUT_MISSING, "'%s' is not in the store", what);
	return err_hint(e, "`measure-fetch inputs` brings what recipe and lock name");
}

static bool foreign(const char *what, const char *is, struct err *e)
{
	return err_set(e, REASON_INPUT_DIGEST, "'%s' is %s in the store, not a regular file", what,
		       is);
}

static bool open_file(int fd, const char *what, struct file *f, struct err *e)
{
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return missing(what, e);
	if (fd < 0 && errno == ELOOP)
		return foreign(what, "a symbolic link", e);
	if (fd < 0 && (errno == ENXIO || errno == ENODEV))
		return foreign(what, "a socket or a device", e);
	f->fd = fd;
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_errno(e, errno, "cannot be opened");
	if (!S_ISREG(st.st_mode))
		return foreign(what, file_kind(st.st_mode), e);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	file_remember(f, &st);
	return true;
}

bool objects_size(const struct objects *o, struct object *x, const char *what, struct err *e)
{
	struct stat st;

	if (fstatat(o->fd, name_of(x).text, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? missing(what, e)
				       : err_errno(e, errno, "cannot be looked at");
	if (!S_ISREG(st.st_mode))
		return foreign(what,
			       S_ISLNK(st.st_mode) ? "a symbolic link" : file_kind(st.st_mode), e);
	x->size = (uint64_t)st.st_size;
	return true;
}

static bool wrong_digest(const struct object *is, const struct object *want, struct err *e)
{
	return err_set(e, REASON_INPUT_DIGEST, "its SHA-256 is %s and must be %s", name_of(is).text,
		       name_of(want).text);
}

static bool wrong_size(uint64_t is, uint64_t want, struct err *e)
{
	return err_set(e, REASON_INPUT_DIGEST, "it has %llu bytes and must have %llu",
		       (unsigned long long)is, (unsigned long long)want);
}

static bool prove(const struct file *f, const struct object *x, struct err *e)
{
	struct stream_range range = stream_range(f, 0, f->size);
	struct object is = {.size = f->size};

	if (f->size != x->size)
		return wrong_size(f->size, x->size, e);
	if (!stream_digest(&range.stream, &is.sha256, e) || !file_unchanged(f, e))
		return false;
	return digest_equal(&is.sha256, &x->sha256) || wrong_digest(&is, x, e);
}

static bool get(const struct objects *o, const struct object *x, const char *what, struct file *f,
		struct err *e)
{
	int fd = openat(o->fd, name_of(x).text,
			O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);

	if (!open_file(fd, what, f, e))
		return false;
	if (prove(f, x, e))
		return true;
	if (e->reason != REASON_INPUT_DIGEST)
		return false;
	err_hint(e, "`measure-fetch inputs` replaces what is wrong in a store");
	return err_in(e, "'%s' in the store is another file", what);
}

bool objects_get(const struct objects *o, const struct object *x, const char *what,
		 struct store_item *out, struct err *e)
{
	owned(buf_free) struct buf path = BUF(2 * PATH_MAX_BYTES);
	owned(store_item_free) struct store_item i = {.file = FILE_NONE, .size = x->size};

	objects_path(o, x, &path);
	if (!buf_done(&path, "a path in the store", e))
		return false;
	i.name = own_string(buf_cstr(&path), e);
	if (!i.name)
		return false;
	if (!get(o, x, what, &i.file, e))
		return err_subject(e, i.name);
	i.file.name = i.name;
	*out = take(i);
	i.file = FILE_NONE;
	return true;
}

static bool durable(const struct objects *o, const struct file *f, const char *path,
		    const struct object *want, struct err *e)
{
	if (fchmod(f->fd, 0444) != 0 || fsync(f->fd) != 0 ||
	    renameat(AT_FDCWD, path, o->fd, name_of(want).text) != 0 || fsync(o->fd) != 0)
		return err_errno(e, errno, "cannot become a file of the store");
	return true;
}

bool objects_adopt(const struct objects *o, const char *path, const struct object *want,
		   struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);

	return (open_file(fd, path, &f, e) && prove(&f, want, e) &&
		durable(o, &f, path, want, e)) ||
	       err_subject(e, path);
}

/* Into a file that has no name yet; one byte more than may come is asked for. */
static bool copy(struct stream *in, uint64_t max, struct out *to, uint64_t *size, struct err *e)
{
	uint8_t bytes[STEP];
	size_t got = 1;

	for (*size = 0; got > 0 && *size <= max; *size += got) {
		uint64_t left = max - *size;

		if (!stream_read(in, (struct span){bytes, left < STEP ? (size_t)left + 1 : STEP},
				 &got, e) ||
		    !out_write(to, bytes_of(bytes, got), e))
			return false;
	}
	return true;
}

static bool is_wanted(const struct object *is, const struct object *want, struct err *e)
{
	if (!want)
		return true;
	if (want->size != UINT64_MAX && want->size != is->size)
		return wrong_size(is->size, want->size, e);
	return digest_equal(&is->sha256, &want->sha256) || wrong_digest(is, want, e);
}

/* What is there already may stay, if it is that. */
static bool there(const struct objects *o, const struct object *x)
{
	owned(file_close) struct file f = FILE_NONE;
	struct err ignored = {0};

	return objects_has(o, x) && get(o, x, "", &f, &ignored);
}

static bool keep(const struct objects *o, struct out *file, const struct object *x, struct err *e)
{
	if (there(o, x))
		return true;
	if (fchmod(file->fd, 0444) != 0)
		return err_errno(e, errno, "a file of the store cannot be given its mode");
	return out_rename(file, name_of(x).text, e) && out_commit(file, e);
}

bool objects_put(const struct objects *o, struct stream *in, const struct object *want,
		 struct object *out, struct err *e)
{
	owned(buf_free) struct buf path = BUF(2 * PATH_MAX_BYTES);
	owned(out_free) struct out file = OUT_NONE;
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	struct stream_hashed hashed = stream_hashed(in, h);
	uint64_t max = want ? want->size : UINT64_MAX;
	struct object is = {0};

	buf_fmt(&path, "%s/" FOLDER "/new", o->path);
	if (!h || !buf_done(&path, "the path of the store", e) ||
	    !out_open_ours(&file, buf_cstr(&path), e) ||
	    !copy(&hashed.stream, max, &file, &is.size, e))
		return false;
	if (is.size > max)
		return err_set(e, REASON_INPUT_DIGEST,
			       "it has more than the %llu bytes that it must have",
			       (unsigned long long)max);
	if (!hash_finish(h, &is.sha256, e) || !is_wanted(&is, want, e) || !keep(o, &file, &is, e))
		return false;
	*out = is;
	return true;
}
