#include "measure/fetch/bring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "measure/base/hex.h"
#include "measure/base/home.h"

#define PATH_ROOM 8192u
#define URL_ROOM 16384u

/* The file that grows, and what it is to become. */
struct part {
	const struct objects *to;
	const struct object *want;
	int fd;
	uint64_t size;
	struct buf path;
};

static void part_free(struct part *p)
{
	own_close(&p->fd);
	buf_free(&p->path);
}

static bool disk(struct part *p, const char *what, struct err *e)
{
	err_errno(e, errno, what);
	return err_subject(e, buf_cstr(&p->path));
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	struct part *p = arg;

	if (!file_put(p->fd, x))
		return disk(p, "cannot be written", e);
	p->size += x.n;
	return true;
}

static bool restart(void *arg, struct err *e)
{
	struct part *p = arg;

	if (ftruncate(p->fd, 0) != 0 || lseek(p->fd, 0, SEEK_SET) != 0)
		return disk(p, "cannot be emptied", e);
	p->size = 0;
	return true;
}

/* Nobody else writes to it as long as it is open. */
static bool open_part(struct part *p, struct err *e)
{
	off_t size;

	buf_fmt(&p->path, "%s/partial/", p->to->path);
	hex_put(&p->path, digest_bytes(&p->want->sha256));
	if (!buf_done(&p->path, "the path of the store", e) ||
	    !home_make_folders(buf_cstr(&p->path), HOME_PRIVATE, e))
		return false;
	p->fd = open(buf_cstr(&p->path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
		     0600);
	if (p->fd < 0)
		return disk(p, "cannot be opened", e);
	if (flock(p->fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			err_set(e, REASON_BUSY, "another process fetches it");
		return disk(p, "cannot be locked", e);
	}
	size = lseek(p->fd, 0, SEEK_END);
	if (size < 0)
		return disk(p, "cannot be read", e);
	p->size = (uint64_t)size;
	return p->size <= p->want->size || restart(p, e);
}

static bool is_of_disk(enum reason r)
{
	return r == REASON_NO_SPACE || r == REASON_IO || r == REASON_PERMISSION ||
	       r == REASON_OUT_OF_MEMORY || r == REASON_NO_SUCH_FILE;
}

/* What is missing of it; then it is the object, or something else. */
static bool fetch(const struct http *h, const char *url, struct part *p, struct err *e)
{
	const struct http_sink sink = {put, restart, p, p->size};
	uint64_t size = p->want->size;

	if (p->size != size && !http_stream(h, url, size, &sink, e))
		return false;
	if (p->size != size)
		return err_set(e, REASON_INPUT_DIGEST, "it has %llu bytes and must have %llu",
			       (unsigned long long)p->size, (unsigned long long)size);
	return objects_adopt(p->to, buf_cstr(&p->path), p->want, e);
}

/* From one place, until it is known whether that has it. */
static bool from_place(const struct http *h, const char *url, struct part *p, struct err *e)
{
	for (;;) {
		bool mixed = p->size > 0;

		*e = (struct err){0};
		if (fetch(h, url, p, e))
			return true;
		if (e->reason != REASON_INPUT_DIGEST && e->reason != REASON_LIMIT)
			return false;
		e->subject[0] = '\0';
		http_subject(e, url);
		if (!restart(p, e) || !mixed)
			return false;
	}
}

bool bring(const struct http *h, const struct objects *to, const struct object *want,
	   const struct bring_places *from, struct err *e)
{
	owned(part_free) struct part p = {to, want, -1, 0, BUF(PATH_ROOM)};

	if (!open_part(&p, e))
		return false;
	for (size_t i = 0;; i++) {
		owned(buf_free) struct buf url = BUF(URL_ROOM);
		struct err why = {0};

		if (!from->url(from->arg, i, &url, e) || url.n == 0)
			return false;
		if (from_place(h, buf_cstr(&url), &p, &why)) {
			*e = (struct err){0};
			return true;
		}
		*e = why;
		if (is_of_disk(why.reason))
			return false;
	}
}
