#include "measure/core/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define WAITING_MAX (256u * 1024)
#define TRIES 100

/* Where the file system has no files without names: one whose name is taken away at once. */
static int open_unlinked(int folder)
{
	for (int i = 0; i < TRIES; i++) {
		uint64_t random;
		char name[64];
		int fd;

		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return -1;
		snprintf(name, sizeof(name), ".measure.%016llx.tmp", (unsigned long long)random);
		fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno == EEXIST)
			continue;
		if (fd >= 0)
			unlinkat(folder, name, 0);
		return fd;
	}
	return -1;
}

bool spool_open(struct spool *s, const char *folder, struct err *e)
{
	owned(own_close) int at = -1;

	*s = (struct spool){.file = FILE_NONE, .waiting = BUF(WAITING_MAX)};
	s->file.name = folder ? folder : ".";
	at = open(s->file.name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at >= 0)
		s->file.fd = openat(at, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (at >= 0 && s->file.fd < 0)
		s->file.fd = open_unlinked(at);
	if (s->file.fd >= 0)
		return true;
	err_errno(e, errno, "no file for what is unpacked can be made");
	return err_subject(e, s->file.name);
}

void spool_free(struct spool *s)
{
	file_close(&s->file);
	buf_free(&s->waiting);
}

static bool write_out(const struct spool *s, struct bytes x, struct err *e)
{
	if (file_put(s->file.fd, x))
		return true;
	err_errno(e, errno, "what is unpacked cannot be written");
	return err_subject(e, s->file.name);
}

bool spool_flush(struct spool *s, struct err *e)
{
	if (!write_out(s, buf_bytes(&s->waiting), e))
		return false;
	buf_reset(&s->waiting);
	return true;
}

bool spool_add(struct spool *s, struct bytes x, struct err *e)
{
	if (x.n > WAITING_MAX - s->waiting.n && !spool_flush(s, e))
		return false;
	s->file.size += x.n;
	if (x.n >= WAITING_MAX)
		return write_out(s, x, e);
	buf_put(&s->waiting, x);
	return buf_done(&s->waiting, "what is unpacked", e);
}

static bool read_spooled(struct stream *s, struct span to, size_t *got, struct err *e)
{
	struct stream_spooled *p = (struct stream_spooled *)s;

	return stream_read(p->in, to, got, e) && spool_add(p->to, bytes_of(to.p, *got), e);
}

struct stream_spooled stream_spooled(struct stream *in, struct spool *to)
{
	return (struct stream_spooled){{read_spooled, 0}, in, to};
}
