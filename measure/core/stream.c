#include "measure/core/stream.h"

#define STEP (64u * 1024)

static bool read_range(struct stream *s, struct span to, size_t *got, struct err *e)
{
	struct stream_range *r = (struct stream_range *)s;
	uint64_t left = r->end - r->at;

	if (to.n > left)
		to.n = (size_t)left;
	if (!file_pread(r->file, r->at, to, got, e))
		return false;
	r->at += *got;
	return *got == to.n ||
	       err_at(e, REASON_FILE_CHANGED, r->at, "the file ends before its size at opening");
}

static bool read_file(struct stream *s, struct span to, size_t *got, struct err *e)
{
	return file_read(((struct stream_file *)s)->file, to, got, e);
}

bool stream_read(struct stream *s, struct span to, size_t *got, struct err *e)
{
	size_t n = 0, step = 1;

	/* Whoever asks for nothing need not be understood by what stands below. */
	while (n < to.n && step > 0) {
		if (!s->read(s, (struct span){to.p + n, to.n - n}, &step, e))
			return false;
		n += step;
	}
	s->pos += n;
	*got = n;
	return true;
}

bool stream_take(struct stream *s, struct span to, const char *what, struct err *e)
{
	uint64_t at = s->pos;
	size_t got;

	if (!stream_read(s, to, &got, e))
		return false;
	return got == to.n || err_short(e, at, what, to.n, got);
}

/* What can be passed over without being read. */
static uint64_t jump(struct stream *s, uint64_t n)
{
	struct stream_range *r = (struct stream_range *)s;
	struct stream_file *f = (struct stream_file *)s;
	uint64_t left = 0;

	if (s->read == read_range)
		left = r->end - r->at;
	else if (s->read == read_file && !f->file->stream && f->file->size > f->file->pos)
		left = f->file->size - f->file->pos;
	n = n < left ? n : left;
	if (s->read == read_range)
		r->at += n;
	else if (left > 0)
		f->file->pos += n;
	s->pos += n;
	return n;
}

bool stream_skip(struct stream *s, uint64_t n, const char *what, struct err *e)
{
	uint64_t at = s->pos, left = n - jump(s, n);
	uint8_t bytes[STEP];
	size_t step, got;

	for (; left > 0; left -= got) {
		step = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
		if (!stream_read(s, (struct span){bytes, step}, &got, e))
			return false;
		if (got < step)
			return err_short(e, at, what, n, n - left + got);
	}
	return true;
}

bool stream_drain(struct stream *s, struct err *e)
{
	uint8_t bytes[STEP];
	size_t got;

	do {
		if (!stream_read(s, (struct span){bytes, sizeof(bytes)}, &got, e))
			return false;
	} while (got > 0);
	return true;
}

struct stream_range stream_range(const struct file *f, uint64_t at, uint64_t size)
{
	return (struct stream_range){{read_range, 0}, f, at, at + size};
}

static bool read_bytes(struct stream *s, struct span to, size_t *got, struct err *e)
{
	struct stream_bytes *b = (struct stream_bytes *)s;
	size_t n = to.n < b->left.n ? to.n : b->left.n;

	(void)e;
	*got = n;
	if (n == 0)
		return true;
	memcpy(to.p, b->left.p, n);
	b->left = bytes_of(b->left.p + n, b->left.n - n);
	return true;
}

struct stream_bytes stream_bytes(struct bytes x)
{
	return (struct stream_bytes){{read_bytes, 0}, x};
}

struct stream_file stream_file(struct file *f)
{
	return (struct stream_file){{read_file, 0}, f};
}

static bool read_hashed(struct stream *s, struct span to, size_t *got, struct err *e)
{
	struct stream_hashed *h = (struct stream_hashed *)s;

	return stream_read(h->in, to, got, e) && hash_add(h->hash, bytes_of(to.p, *got), e);
}

struct stream_hashed stream_hashed(struct stream *in, struct hash *h)
{
	return (struct stream_hashed){{read_hashed, 0}, in, h};
}

bool stream_digest(struct stream *s, struct digest *out, struct err *e)
{
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	struct stream_hashed in = stream_hashed(s, h);

	return h && stream_drain(&in.stream, e) && hash_finish(h, out, e);
}

/* Tells whom the file is of how far it was read. */
static bool read_watched(struct stream *s, struct span to, size_t *got, struct err *e)
{
	const struct file *f = ((struct stream_file *)s)->file;

	if (!read_file(s, to, got, e))
		return false;
	if (f->watch.tick)
		f->watch.tick(f->watch.arg, f->pos);
	return true;
}

bool stream_digest_path(const char *path, struct watch watch, struct digest *out, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	struct stream_file in = {{read_watched, 0}, &f};

	if (!file_open(&f, path, e))
		return false;
	f.watch = watch;
	return stream_digest(&in.stream, out, e) || err_subject(e, path);
}
