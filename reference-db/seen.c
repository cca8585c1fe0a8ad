#include "reference-db/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "measure/base/hex.h"
#include "measure/base/home.h"
#include "reference-db/database_form.h"

#define STATE_HEX 64u
#define HEIGHT_DIGITS 10u

/* The database at hand. */
struct here {
	const struct ledger *l;
	const char *file;
	bool later; /* others may have seen more in the meantime */
	const char *name;
	struct buf path; /* as it stands in the file */
	struct signed_upon head;
};

struct line {
	struct signed_upon seen;
	struct bytes name, path;
};

/* ---- one line */

static struct bytes word(struct bytes *rest)
{
	const uint8_t *blank = rest->n > 0 ? memchr(rest->p, ' ', rest->n) : NULL;
	size_t n = blank ? (size_t)(blank - rest->p) : rest->n;
	struct bytes w = bytes_of(rest->p, n);

	*rest = blank ? bytes_of(blank + 1, rest->n - n - 1) : bytes_of(NULL, 0);
	return w;
}

static bool read_height(struct bytes w, uint64_t *height)
{
	*height = 0;
	for (size_t i = 0; i < w.n; i++) {
		if (w.p[i] < '0' || w.p[i] > '9')
			return false;
		*height = *height * 10 + (uint64_t)(w.p[i] - '0');
	}
	return w.n > 0 && w.n <= HEIGHT_DIGITS;
}

static bool read_line(struct bytes text, size_t number, struct line *out, struct err *e)
{
	struct bytes height = word(&text), state = word(&text);

	out->name = word(&text);
	out->path = text;
	return (read_height(height, &out->seen.height) &&
		database_digest(state, &out->seen.state) && out->name.n > 0 && text.n > 0) ||
	       err_set(e, REASON_DATABASE, "line %zu is not 'HEIGHT STATE NAME PATH'", number);
}

static void put_line(struct buf *out, const struct signed_upon *seen, struct bytes name,
		     struct bytes path)
{
	buf_fmt(out, "%llu ", (unsigned long long)seen->height);
	hex_put(out, digest_bytes(&seen->state));
	buf_u8(out, ' ');
	buf_put(out, name);
	buf_u8(out, ' ');
	buf_put(out, path);
	buf_u8(out, '\n');
}

/* ---- compared */

static bool refuse(const struct here *h, const struct signed_upon *seen, enum reason r,
		   struct err *e)
{
	owned(buf_free) struct buf was = BUF(STATE_HEX + 1), is = BUF(STATE_HEX + 1);

	hex_put(&was, digest_bytes(&seen->state));
	hex_put(&is, digest_bytes(&h->head.state));
	return err_set(e, r,
		       "'%s' was seen at height %llu with state %s, and now has height %llu "
		       "and state %s, %s",
		       h->name, (unsigned long long)seen->height, buf_cstr(&was),
		       (unsigned long long)h->head.height, buf_cstr(&is),
		       r == REASON_FORK ? "with another history" : "which is shorter");
}

static bool compare(const struct here *h, const struct signed_upon *seen, struct err *e)
{
	struct digest state;

	if (seen->height > h->head.height)
		return h->later || refuse(h, seen, REASON_ROLLBACK, e);
	if (!ledger_state(h->l, seen->height, &state, e))
		return false;
	return digest_equal(&state, &seen->state) || refuse(h, seen, REASON_FORK, e);
}

/* The lines as they have to be; *news: they are not what stands there. */
static bool renew(const struct here *h, struct bytes text, struct buf *out, bool *news,
		  struct err *e)
{
	bool known = false;

	*news = false;
	for (size_t i = 1; text.n > 0; i++) {
		struct line x;
		bool named, there;

		if (!read_line(bytes_line(&text), i, &x, e))
			return false;
		named = bytes_equal(x.name, bytes_str(h->name));
		there = bytes_equal(x.path, buf_bytes(&h->path));
		if ((named || there) && !compare(h, &x.seen, e))
			return false;
		known = known || (named && there);
		*news = *news || ((named || there) && x.seen.height < h->head.height);
		put_line(out,
			 (named || there) && x.seen.height < h->head.height ? &h->head : &x.seen,
			 x.name, x.path);
	}
	if (!known)
		put_line(out, &h->head, bytes_str(h->name), buf_bytes(&h->path));
	*news = *news || !known;
	return buf_done(out, "what was seen of databases", e);
}

/* ---- the file */

static bool slurp(const char *file, struct buf *text, struct err *e)
{
	struct err fault = {0};

	if (file_slurp(file, SEEN_MAX, text, &fault) || fault.reason == REASON_NO_SUCH_FILE)
		return true;
	*e = fault;
	return false;
}

static bool look(const struct here *h, struct bytes text, struct buf *out, bool *news,
		 struct err *e)
{
	if (renew(h, text, out, news, e))
		return true;
	return reason_class(e->reason) == EXIT_CLASS_MALFORMED ? err_subject(e, h->file) : false;
}

static bool take_lock(int fd)
{
	int failed;

	do {
		failed = flock(fd, LOCK_EX);
	} while (failed != 0 && errno == EINTR);
	return failed == 0;
}

static bool lock(const char *file, int *fd, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_MAX);

	buf_fmt(&path, "%s.lock", file);
	if (!buf_done(&path, "the name of a lock", e) || !home_make_folders(file, HOME_PRIVATE, e))
		return false;
	*fd = open(buf_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd >= 0 && take_lock(*fd))
		return true;
	err_errno(e, errno, "cannot be locked");
	return err_subject(e, buf_cstr(&path));
}

/* Between the look and the lock somebody else may have seen more. */
static bool remember(struct here *h, struct err *e)
{
	owned(buf_free) struct buf lines = BUF(SEEN_MAX), text = BUF(SEEN_MAX);
	owned(own_close) int fd = -1;
	bool news;

	h->later = true;
	return lock(h->file, &fd, e) && slurp(h->file, &text, e) &&
	       look(h, buf_bytes(&text), &lines, &news, e) &&
	       (!news || file_write(h->file, buf_bytes(&lines), e));
}

static bool put_path(const char *path, struct buf *out, struct err *e)
{
	owned(own_free) char *real = realpath(path, NULL);
	const char *p = real ? real : path;

	for (; *p; p++)
		if (*p == '%' || (uint8_t)*p < 0x20 || *p == 0x7f)
			buf_fmt(out, "%%%02X", (unsigned)(uint8_t)*p);
		else
			buf_u8(out, (uint8_t)*p);
	return buf_done(out, "the path of a database", e);
}

static bool check(struct here *h, const char *path, struct bytes text, bool lasting, struct err *e)
{
	owned(buf_free) struct buf lines = BUF(SEEN_MAX);
	bool news;

	return put_path(path, &h->path, e) && look(h, text, &lines, &news, e) &&
	       (!news || !lasting || remember(h, e));
}

void seen_free(struct seen *s)
{
	buf_free(&s->file);
	buf_free(&s->text);
}

bool seen_read(struct seen *s, const char *given, struct err *e)
{
	if (given)
		buf_str(&s->file, given);
	else if (!home_path(HOME_STATE, "databases", &s->file))
		return true;
	return buf_done(&s->file, "the path of what was seen", e) &&
	       slurp(buf_cstr(&s->file), &s->text, e);
}

static bool check_head(struct seen *s, const char *path, struct here h, bool lasting, struct err *e)
{
	bool good;

	if (s->file.n == 0)
		return true;
	h.file = buf_cstr(&s->file);
	h.path = BUF(3 * PATH_MAX);
	good = check(&h, path, buf_bytes(&s->text), lasting, e);
	buf_free(&h.path);
	return good;
}

bool seen_check(struct seen *s, const char *path, const struct ledger *l, const struct database *d,
		struct err *e)
{
	const struct here h = {.l = l, .name = database_name(d), .head = database_head(d)};

	return check_head(s, path, h, true, e);
}

bool seen_compare(struct seen *s, const char *path, const struct ledger *l,
		  const struct database *d, struct err *e)
{
	const struct here h = {.l = l, .name = database_name(d), .head = database_head(d)};

	return check_head(s, path, h, false, e);
}
