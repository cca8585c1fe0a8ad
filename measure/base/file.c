#include "measure/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/num.h"

const char *file_kind(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a directory";
	if (S_ISFIFO(mode))
		return "a pipe";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

static bool open_stdin(struct file *f, struct err *e)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISDIR(st.st_mode)) {
		err_set(e, REASON_NOT_A_FILE, "is a directory, not a regular file");
		return err_subject(e, "-");
	}
	*f = (struct file){.fd = STDIN_FILENO, .stream = true, .name = "-"};
	return true;
}

bool file_open(struct file *f, const char *path, struct err *e)
{
	owned(own_close) int fd = -1;
	struct stat st;

	if (strcmp(path, "-") == 0)
		return open_stdin(f, e);
	if (path[0] == '\0')
		return err_set(e, REASON_USAGE, "the name of a file to be read is empty");
	/* Not blocking: a pipe without a writer would hold the open for ever. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && (errno == ENXIO || errno == ENODEV)) {
		err_subject(e, path);
		return err_set(e, REASON_NOT_A_FILE, "is a socket or a device, not a regular file");
	}
	if (fd < 0 || fstat(fd, &st) != 0) {
		err_errno(e, errno, "cannot be opened");
		return err_subject(e, path);
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(e, REASON_NOT_A_FILE, "is %s, not a regular file", file_kind(st.st_mode));
		if (S_ISFIFO(st.st_mode))
			err_hint(e, "a stream is read from standard input, as -");
		return err_subject(e, path);
	}
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*f = (struct file){.fd = fd, .name = path};
	file_remember(f, &st);
	fd = -1;
	return true;
}

void file_remember(struct file *f, const struct stat *st)
{
	f->size = (uint64_t)st->st_size;
	f->changed = st->st_ctim;
}

bool file_unchanged(const struct file *f, struct err *e)
{
	struct stat st;

	if (f->stream || (f->changed.tv_sec == 0 && f->changed.tv_nsec == 0))
		return true;
	if (fstat(f->fd, &st) != 0)
		err_errno(e, errno, "cannot be read");
	else if ((uint64_t)st.st_size == f->size && st.st_ctim.tv_sec == f->changed.tv_sec &&
		 st.st_ctim.tv_nsec == f->changed.tv_nsec)
		return true;
	else
		err_set(e, REASON_FILE_CHANGED, "changed while it was being read");
	return err_subject(e, f->name);
}

void file_close(struct file *f)
{
	if (f->fd >= 0 && !f->stream)
		close(f->fd);
	*f = FILE_NONE;
}

static bool read_failed(const struct file *f, uint64_t at, struct err *e)
{
	err_errno(e, errno, "cannot be read");
	if (!e->at) {
		e->at = true;
		e->offset = at;
	}
	return err_subject(e, f->name);
}

/* A stream may have been handed to us as one that does not wait. */
static bool await_input(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

/* As much as there is, up to n: at `at` in a regular file, wherever it stands in a stream. */
static bool read_fully(const struct file *f, uint64_t at, struct span to, size_t *got,
		       struct err *e)
{
	size_t have = 0;
	int64_t offset = 0;

	if (!num_off(at, &offset) || offset > INT64_MAX - (int64_t)(SIZE_MAX >> 2)) {
		err_at(e, REASON_TRUNCATED, at, "an offset beyond what a file can have");
		return err_subject(e, f->name);
	}
	while (have < to.n) {
		ssize_t r = f->stream ? read(f->fd, to.p + have, to.n - have)
				      : pread(f->fd, to.p + have, to.n - have,
					      (off_t)(offset + (int64_t)have));

		if (r < 0 && (errno == EINTR || (errno == EAGAIN && await_input(f->fd))))
			continue;
		if (r < 0)
			return read_failed(f, at + have, e);
		if (r == 0)
			break;
		have += (size_t)r;
	}
	*got = have;
	return true;
}

bool file_read(struct file *f, struct span to, size_t *got, struct err *e)
{
	size_t have = 0;

	if (!read_fully(f, f->pos, to, &have, e))
		return false;
	if (!f->stream && have < to.n && f->pos + have < f->size) {
		err_at(e, REASON_FILE_CHANGED, f->pos + have,
		       "the file ended while it was being read; it had %llu bytes when it was opened",
		       (unsigned long long)f->size);
		return err_subject(e, f->name);
	}
	f->pos += have;
	*got = have;
	return true;
}

bool file_pread(const struct file *f, uint64_t at, struct span to, size_t *got, struct err *e)
{
	if (f->stream) {
		err_set(e, REASON_NOT_A_FILE, "is a stream, which cannot be read at an offset");
		return err_subject(e, f->name);
	}
	return read_fully(f, at, to, got, e);
}

static bool too_large(const char *path, size_t max, struct err *e)
{
	err_set(e, REASON_LIMIT, "is larger than the limit of %zu bytes", max);
	return err_subject(e, path);
}

/* What a regular file has at once, so that large ones are not copied while memory grows. */
static bool slurp_known(struct file *f, size_t max, struct buf *out, struct err *e)
{
	size_t got;
	uint8_t *to;

	if (f->stream || f->size == 0)
		return true;
	if (f->size > max)
		return too_large(f->name, max, e);
	to = buf_room(out, (size_t)f->size);
	return buf_done(out, f->name, e) &&
	       file_read(f, (struct span){to, (size_t)f->size}, &got, e);
}

bool file_slurp(const char *path, size_t max, struct buf *out, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	uint8_t piece[4096];
	size_t got = 0, total;

	if (!file_open(&f, path, e) || !slurp_known(&f, max, out, e))
		return false;
	total = (size_t)f.pos;
	do {
		if (!file_read(&f, (struct span){piece, sizeof(piece)}, &got, e))
			return false;
		total += got;
		if (total > max)
			return too_large(path, max, e);
		buf_put(out, bytes_of(piece, got));
	} while (got == sizeof(piece));
	return buf_done(out, path, e);
}

bool file_value(const char *value, size_t max, struct buf *out, struct err *e)
{
	if (strcmp(value, "@") == 0) {
		err_set(e, REASON_USAGE, "is followed by no name of a file");
		return err_subject(e, value);
	}
	if (value[0] == '@' && value[1] != '@')
		return file_slurp(value + 1, max, out, e);
	buf_str(out, value[0] == '@' ? value + 1 : value);
	return buf_done(out, "the value", e);
}
