#include <stdio.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "measure/core/archive_codec.h"

#define LEVEL 9
#define GZIP_ONLY (15 + 16) /* of windowBits: 32 KiB, and neither zlib's nor a bare stream */
#define MEMORY 8
#define STEP_MAX ((size_t)1 << 30) /* counters are unsigned int */

struct gzip {
	struct coder coder;
	void *handle;
	__typeof__(&zlibVersion) version;
	__typeof__(&inflateInit2_) unpack_begin;
	__typeof__(&inflateReset) unpack_again;
	__typeof__(&inflate) unpack;
	__typeof__(&inflateEnd) unpack_end;
	__typeof__(&deflateInit2_) pack_begin;
	__typeof__(&deflate) pack;
	__typeof__(&deflateEnd) pack_end;
	z_stream z;
};

static const struct load_symbol symbols[] = {
	{"zlibVersion", offsetof(struct gzip, version)},
	{"inflateInit2_", offsetof(struct gzip, unpack_begin)},
	{"inflateReset", offsetof(struct gzip, unpack_again)},
	{"inflate", offsetof(struct gzip, unpack)},
	{"inflateEnd", offsetof(struct gzip, unpack_end)},
	{"deflateInit2_", offsetof(struct gzip, pack_begin)},
	{"deflate", offsetof(struct gzip, pack)},
	{"deflateEnd", offsetof(struct gzip, pack_end)},
	{0},
};
static const struct load zlib = {"zlib", "libz.so.1", "zlib1g", symbols};

static struct gzip *of(struct coder *c)
{
	return (struct gzip *)c;
}

static void gzip_close(struct gzip **g)
{
	if (!*g)
		return;
	load_close(&(*g)->handle);
	free(*g);
	*g = NULL;
}

static struct gzip *gzip_open(struct err *e)
{
	owned(gzip_close) struct gzip *g = own_new(sizeof(*g), e);

	if (!g || !load_open(&zlib, &g->handle, g, e))
		return NULL;
	return take(g);
}

static bool version(char room[ARCHIVE_VERSION_ROOM], struct err *e)
{
	owned(gzip_close) struct gzip *g = gzip_open(e);

	if (g)
		snprintf(room, ARCHIVE_VERSION_ROOM, "%s", g->version());
	return g != NULL;
}

static bool failed(const struct gzip *g, int code, struct err *e)
{
	if (code == Z_MEM_ERROR)
		return err_set(e, REASON_OUT_OF_MEMORY, "gzip: out of memory");
	return err_set(e, REASON_COMPRESSION, "the gzip data is damaged: %s",
		       g->z.msg ? g->z.msg : "no reason is known");
}

static int step(struct gzip *g, struct flow *f, int (*work)(z_stream *, int), int flush)
{
	size_t in = f->in.n < STEP_MAX ? f->in.n : STEP_MAX;
	size_t out = f->out.n < STEP_MAX ? f->out.n : STEP_MAX;
	int code;

	g->z.next_in = f->in.p;
	g->z.avail_in = (uInt)in;
	g->z.next_out = f->out.p;
	g->z.avail_out = (uInt)out;
	code = work(&g->z, flush);
	flow_moved(f, in - g->z.avail_in, out - g->z.avail_out);
	f->end = code == Z_STREAM_END;
	return code;
}

static bool unpack_step(struct coder *c, struct flow *f, struct err *e)
{
	int code = step(of(c), f, of(c)->unpack, Z_NO_FLUSH);

	/* without input nothing moves, which is told by the same code as a fault */
	return code == Z_OK || code == Z_STREAM_END || (code == Z_BUF_ERROR && f->in.n == 0) ||
	       failed(of(c), code, e);
}

static bool unpack_again(struct coder *c, struct err *e)
{
	int code = of(c)->unpack_again(&of(c)->z);

	return code == Z_OK || failed(of(c), code, e);
}

static void unpack_close(struct coder *c)
{
	struct gzip *g = of(c);

	g->unpack_end(&g->z);
	gzip_close(&g);
}

static struct coder *unpacker(struct err *e)
{
	owned(gzip_close) struct gzip *g = gzip_open(e);
	int code;

	if (!g)
		return NULL;
	code = g->unpack_begin(&g->z, GZIP_ONLY, ZLIB_VERSION, (int)sizeof(g->z));
	if (code != Z_OK) {
		failed(g, code, e);
		return NULL;
	}
	g->coder = (struct coder){unpack_step, unpack_again, unpack_close};
	return &take(g)->coder;
}

/* The header that is written when nobody sets one has no time and no name. */
static bool pack_step(struct coder *c, struct flow *f, struct err *e)
{
	int code = step(of(c), f, of(c)->pack, f->last ? Z_FINISH : Z_NO_FLUSH);

	return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR ||
	       failed(of(c), code, e);
}

static void pack_close(struct coder *c)
{
	struct gzip *g = of(c);

	g->pack_end(&g->z);
	gzip_close(&g);
}

static struct coder *packer(struct err *e)
{
	owned(gzip_close) struct gzip *g = gzip_open(e);
	int code;

	if (!g)
		return NULL;
	code = g->pack_begin(&g->z, LEVEL, Z_DEFLATED, GZIP_ONLY, MEMORY, Z_DEFAULT_STRATEGY,
			     ZLIB_VERSION, (int)sizeof(g->z));
	if (code != Z_OK) {
		failed(g, code, e);
		return NULL;
	}
	g->coder = (struct coder){pack_step, NULL, pack_close};
	return &take(g)->coder;
}

const struct codec codec_gzip = {"zlib", version, unpacker, packer};
