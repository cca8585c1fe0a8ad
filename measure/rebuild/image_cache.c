#include "measure/rebuild/image_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/hex.h"
#include "measure/core/rootfs_sources.h"
#include "measure/rebuild/place.h"

#define IMAGES "images"
#define ENTRY "image-entry"
#define CONTENT "content"
#define PATH_ROOM 8192u
#define SELF "/proc/self/exe"

static bool failed(const char *path, const char *what, struct err *e)
{
	err_errno(e, errno, what);
	return err_subject(e, path);
}

/* ---- the key */

bool image_cache_key(const struct works *w, char key[CACHE_KEY], struct err *e)
{
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	const struct bytes varied =
		bytes_of(&w->vary.asked, w->vary.asked ? sizeof(w->vary.asked) : 0);
	struct digest self, d;

	if (!h || !stream_digest_path(SELF, (struct watch){0}, &self, e) ||
	    !hash_add(h, digest_bytes(&self), e) ||
	    !hash_add(h, digest_bytes(&w->plan->recipe_digest), e) ||
	    !hash_add(h, digest_bytes(&w->plan->inputs_digest), e) || !hash_add(h, varied, e) ||
	    !hash_finish(h, &d, e))
		return false;
	hex_string(key, digest_bytes(&d));
	return true;
}

/* ---- what is in a folder, as one digest */

bool image_cache_digest(const char *path, struct digest *out, struct err *e)
{
	owned(rootfs_free) struct rootfs r = {0};
	const struct rootdir_rule as_it_is = {0};

	return rootfs_empty(&r, e) && rootfs_folder(&r, path, &as_it_is, e) &&
	       rootfs_content(&r, out, e);
}

static bool digest_folder(const char *path, struct buf *hex, struct err *e)
{
	struct digest d;

	if (!image_cache_digest(path, &d, e))
		return false;
	hex_put(hex, digest_bytes(&d));
	return buf_done(hex, "a digest", e);
}

/* ---- entries */

static bool is_there(const char *entry, const char *folder)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM), said = BUF(CACHE_KEY);
	owned(buf_free) struct buf is = BUF(CACHE_KEY);
	struct err ignored = {0};

	buf_fmt(&path, "%s/" CONTENT, entry);
	return buf_done(&path, "a path", &ignored) &&
	       file_slurp(buf_cstr(&path), CACHE_KEY, &said, &ignored) &&
	       digest_folder(folder, &is, &ignored) &&
	       bytes_equal(buf_bytes(&said), buf_bytes(&is));
}

static int open_images(const struct cache *c, struct err *e)
{
	owned(own_close) int at = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	owned(own_close) int fd = -1;

	if (at >= 0 && (mkdirat(at, IMAGES, 0700) == 0 || errno == EEXIST))
		fd = openat(at, IMAGES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		failed(c->path, "cannot be opened", e);
	return fd < 0 || !cache_private(fd, c->path, e) ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* Another build may have made a good one meanwhile, which is not to be taken from it. */
static bool is_mended(int images, const char *key, const char *entry, const char *folder)
{
	struct err ignored = {0};
	bool good;

	if (flock(images, LOCK_EX) != 0)
		return false;
	good = is_there(entry, folder);
	if (!good && !place_remove(images, key, &ignored))
		errno = 0; /* what is made in its place then tells why */
	return flock(images, LOCK_UN) == 0 && good;
}

bool image_cache_find(const struct cache *c, const char *key, struct buf *path)
{
	struct err ignored = {0};
	owned(buf_free) struct buf entry = BUF(PATH_ROOM);
	owned(own_close) int images = open_images(c, &ignored);

	buf_reset(path);
	buf_fmt(&entry, "%s/" IMAGES "/%s", c->path, key);
	buf_fmt(path, "%s/" IMAGES "/%s/" IMAGE_FOLDER, c->path, key);
	if (images < 0 || !buf_done(&entry, "a path", &ignored) ||
	    !buf_done(path, "a path", &ignored) || faccessat(images, key, F_OK, 0) != 0)
		return false;
	return is_there(buf_cstr(&entry), buf_cstr(path)) ||
	       is_mended(images, key, buf_cstr(&entry), buf_cstr(path));
}

static bool make_entry(const struct scratch *from, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM), content = BUF(PATH_ROOM);
	owned(buf_free) struct buf hex = BUF(CACHE_KEY);
	owned(own_close) int entry = scratch_folder(from, ENTRY, e);
	const char *folder = scratch_path(from, ENTRY "/" IMAGE_FOLDER, &path, e);
	const char *file = scratch_path(from, ENTRY "/" CONTENT, &content, e);

	if (entry < 0 || !folder || !file)
		return false;
	if (renameat(from->fd, IMAGE_FOLDER, entry, IMAGE_FOLDER) != 0)
		return failed(from->path, "cannot be written", e);
	return digest_folder(folder, &hex, e) && file_write(file, buf_bytes(&hex), e);
}

bool image_cache_keep(const struct cache *c, const struct scratch *from, const char *key,
		      struct err *e)
{
	owned(own_close) int images = open_images(c, e);

	if (images < 0 || !make_entry(from, e))
		return false;
	return (flock(images, LOCK_EX) == 0 &&
		(renameat(from->fd, ENTRY, images, key) == 0 || errno == EEXIST ||
		 errno == ENOTEMPTY) &&
		flock(images, LOCK_UN) == 0) ||
	       failed(c->path, "cannot be written", e);
}
