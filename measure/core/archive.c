#include "measure/core/archive.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/core/archive_codec.h"

#define HEAD 6 /* what archive_packing() looks at */
#define ROOM (128u * 1024)

static const struct kind {
	const char *name, *unit;
	const struct codec *codec;
} kinds[] = {
	[PACKING_NONE] = {"none", NULL, NULL},
	[PACKING_GZIP] = {"gzip", "member", &codec_gzip},
	[PACKING_ZSTD] = {"zstd", "frame", &codec_zstd},
	[PACKING_XZ] = {"xz", "stream", &codec_xz},
	[PACKING_LZMA] = {"lzma", "stream", &codec_lzma},
};

static bool starts(struct bytes x, const char *magic)
{
	return bytes_start(x, bytes_str(magic));
}

/* Properties as everybody writes them, and a dictionary of some size that is no odd number. */
static bool is_lzma(struct bytes x)
{
	return x.n >= HEAD && x.p[0] == 0x5d && x.p[1] == 0 && x.p[2] == 0 &&
	       (x.p[3] | x.p[4]) != 0;
}

/* A frame, or one that decoders skip. */
static bool is_zstd(struct bytes x)
{
	return starts(x, "\x28\xb5\x2f\xfd") || (x.n >= 4 && (x.p[0] & 0xf0) == 0x50 &&
						 starts(bytes_of(x.p + 1, 3), "\x2a\x4d\x18"));
}

enum packing archive_packing(struct bytes head)
{
	if (starts(head, "\x1f\x8b\x08"))
		return PACKING_GZIP;
	if (is_zstd(head))
		return PACKING_ZSTD;
	if (bytes_start(head, bytes_of("\xfd"
				       "7zXZ\0",
				       6)))
		return PACKING_XZ;
	return is_lzma(head) ? PACKING_LZMA : PACKING_NONE;
}

const char *archive_packing_name(enum packing p)
{
	return kinds[p].name;
}

const char *archive_library(enum packing p)
{
	return kinds[p].codec ? kinds[p].codec->library : NULL;
}

const char *archive_library_version(enum packing p, char room[ARCHIVE_VERSION_ROOM])
{
	struct err ignored = {0};

	return kinds[p].codec && kinds[p].codec->version(room, &ignored) ? room : NULL;
}

const char *pack_library(enum packing p, char room[PACK_LIBRARY_ROOM])
{
	char version[ARCHIVE_VERSION_ROOM];

	if (!archive_library_version(p, version))
		return NULL;
	snprintf(room, PACK_LIBRARY_ROOM, "%s %s", archive_library(p), version);
	return room;
}

static void coder_free(struct coder **c)
{
	if (*c)
		(*c)->free(*c);
	*c = NULL;
}

/* ---- out of a compressed stream */

struct unpack {
	struct stream stream;
	struct stream *in;
	struct unpack_rule rule;
	const struct kind *kind;
	struct coder *coder;
	uint64_t begin; /* of `in` */
	uint64_t given;
	struct bytes left; /* read, not yet unpacked; in room */
	bool in_end, end;
	uint8_t room[ROOM];
};

uint64_t unpack_used(const struct unpack *u)
{
	return u->in->pos - u->begin - u->left.n;
}

bool unpack_over(const struct unpack *u)
{
	return u->given > u->rule.max;
}

static uint64_t position(const struct unpack *u)
{
	return u->begin + unpack_used(u);
}

static bool refill(struct unpack *u, struct err *e)
{
	size_t got;

	if (u->left.n > 0)
		memmove(u->room, u->left.p, u->left.n);
	u->left.p = u->room;
	if (!stream_read(u->in, (struct span){u->room + u->left.n, ROOM - u->left.n}, &got, e))
		return false;
	u->in_end = got < ROOM - u->left.n;
	u->left.n += got;
	return true;
}

static bool check_behind(const struct unpack *u, bool alike, struct err *e)
{
	const char *name = u->kind->name, *unit = u->kind->unit;

	if (alike && !u->rule.members)
		return err_at(e, REASON_TRAILING, position(u),
			      "a second %s %s follows the first, where one alone is read", name,
			      unit);
	return alike || err_at(e, REASON_TRAILING, position(u), "bytes follow the end of the %s %s",
			       name, unit);
}

/* A member has ended: so has the stream, or another one begins. */
static bool go_on(struct unpack *u, struct err *e)
{
	bool alike;

	u->end = u->rule.rest;
	if (u->end)
		return true;
	if (u->left.n < HEAD && !u->in_end && !refill(u, e))
		return false;
	u->end = u->left.n == 0;
	if (u->end)
		return true;
	alike = u->rule.packing != PACKING_LZMA && archive_packing(u->left) == u->rule.packing;
	return check_behind(u, alike, e) && u->coder->again(u->coder, e);
}

static bool step(struct unpack *u, struct flow *f, struct err *e)
{
	size_t before = f->out.n;
	bool done;

	if (u->left.n == 0 && !u->in_end && !refill(u, e))
		return false;
	f->in = u->left;
	f->end = false;
	done = u->coder->step(u->coder, f, e);
	u->left = f->in;
	if (!done) {
		e->offset = position(u);
		e->at = true;
		return false;
	}
	u->given += before - f->out.n;
	if (unpack_over(u))
		return err_at(e, REASON_LIMIT, position(u),
			      "the %s data unpacks to more than the limit of %llu bytes",
			      u->kind->name, (unsigned long long)u->rule.max);
	if (!f->end && u->left.n == 0 && u->in_end && f->out.n == before)
		return err_at(e, REASON_TRUNCATED, position(u),
			      "the %s data ends within a %s, after %llu bytes", u->kind->name,
			      u->kind->unit, (unsigned long long)unpack_used(u));
	return !f->end || go_on(u, e);
}

static bool read_unpacked(struct stream *s, struct span to, size_t *got, struct err *e)
{
	struct unpack *u = (struct unpack *)s;
	struct flow f = {.out = to};

	while (f.out.n == to.n && !u->end)
		if (!step(u, &f, e))
			return false;
	*got = to.n - f.out.n;
	return true;
}

struct unpack *unpack_new(struct stream *in, const struct unpack_rule *rule, struct err *e)
{
	owned(unpack_free) struct unpack *u = own_new(sizeof(*u), e);

	if (!u)
		return NULL;
	u->stream.read = read_unpacked;
	u->in = in;
	u->begin = in->pos;
	u->rule = *rule;
	u->kind = &kinds[rule->packing];
	u->coder = u->kind->codec->unpacker(e);
	return u->coder ? take(u) : NULL;
}

struct stream *unpack_stream(struct unpack *u)
{
	return &u->stream;
}

void unpack_free(struct unpack **u)
{
	if (!*u)
		return;
	coder_free(&(*u)->coder);
	free(*u);
	*u = NULL;
}

bool unpack_bytes(struct bytes packed, const struct unpack_rule *rule, struct buf *out,
		  struct err *e)
{
	struct stream_bytes in = stream_bytes(packed);
	owned(unpack_free) struct unpack *u = unpack_new(&in.stream, rule, e);
	uint8_t step[16 * 1024];
	size_t got = 1;

	while (u && got > 0) {
		if (!stream_read(&u->stream, (struct span){step, sizeof(step)}, &got, e))
			return false;
		buf_put(out, bytes_of(step, got));
	}
	return u && buf_done(out, "what is unpacked", e);
}

/* ---- into one */

struct pack {
	struct pack_sink sink;
	struct coder *coder;
	uint8_t room[ROOM];
};

struct pack *pack_new(enum packing p, const struct pack_sink *to, struct err *e)
{
	owned(pack_free) struct pack *made = own_new(sizeof(*made), e);

	if (!made)
		return NULL;
	made->sink = *to;
	made->coder = kinds[p].codec->packer(e);
	return made->coder ? take(made) : NULL;
}

void pack_free(struct pack **p)
{
	if (!*p)
		return;
	coder_free(&(*p)->coder);
	free(*p);
	*p = NULL;
}

/* One room full, or what there is of it. */
static bool pack_some(struct pack *p, struct flow *f, struct err *e)
{
	f->out = (struct span){p->room, ROOM};
	if (!p->coder->step(p->coder, f, e))
		return false;
	return f->out.n == ROOM || p->sink.put(p->sink.arg, bytes_of(p->room, ROOM - f->out.n), e);
}

bool pack_add(struct pack *p, struct bytes x, struct err *e)
{
	struct flow f = {.in = x};

	while (f.in.n > 0)
		if (!pack_some(p, &f, e))
			return false;
	return true;
}

bool pack_end(struct pack *p, struct err *e)
{
	struct flow f = {.last = true};

	while (!f.end)
		if (!pack_some(p, &f, e))
			return false;
	return true;
}
