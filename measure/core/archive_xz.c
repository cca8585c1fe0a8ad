#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/core/archive_codec.h"

struct xz {
	struct coder coder;
	bool alone; /* the format before xz */
	void *handle;
	__typeof__(&lzma_version_string) version;
	__typeof__(&lzma_stream_decoder) begin;
	__typeof__(&lzma_alone_decoder) begin_alone;
	__typeof__(&lzma_code) work;
	__typeof__(&lzma_end) end;
	lzma_stream s;
};

static const struct load_symbol symbols[] = {
	{"lzma_version_string", offsetof(struct xz, version)},
	{"lzma_stream_decoder", offsetof(struct xz, begin)},
	{"lzma_alone_decoder", offsetof(struct xz, begin_alone)},
	{"lzma_code", offsetof(struct xz, work)},
	{"lzma_end", offsetof(struct xz, end)},
	{0},
};
static const struct load liblzma = {"liblzma", "liblzma.so.5", "liblzma5", symbols};

static struct xz *of(struct coder *c)
{
	return (struct xz *)c;
}

static void xz_close(struct xz **x)
{
	if (!*x)
		return;
	if ((*x)->end)
		(*x)->end(&(*x)->s);
	load_close(&(*x)->handle);
	free(*x);
	*x = NULL;
}

static void coder_close(struct coder *c)
{
	struct xz *x = of(c);

	xz_close(&x);
}

static struct xz *xz_open(struct err *e)
{
	owned(xz_close) struct xz *x = own_new(sizeof(*x), e);

	if (!x || !load_open(&liblzma, &x->handle, x, e))
		return NULL;
	return take(x);
}

static bool version(char room[ARCHIVE_VERSION_ROOM], struct err *e)
{
	owned(xz_close) struct xz *x = xz_open(e);

	if (x)
		snprintf(room, ARCHIVE_VERSION_ROOM, "%s", x->version());
	return x != NULL;
}

static const char *damage(lzma_ret code)
{
	return code == LZMA_FORMAT_ERROR	? "its header is none"
	       : code == LZMA_OPTIONS_ERROR	? "its header asks for what is not supported"
	       : code == LZMA_UNSUPPORTED_CHECK ? "its checksum is of an unknown kind"
						: "it is corrupt, or a checksum is wrong";
}

static bool check(const struct xz *x, lzma_ret code, struct err *e)
{
	const char *name = x->alone ? "lzma" : "xz";

	if (code == LZMA_OK || code == LZMA_STREAM_END)
		return true;
	if (code == LZMA_MEM_ERROR)
		return err_set(e, REASON_OUT_OF_MEMORY, "%s: out of memory", name);
	if (code == LZMA_MEMLIMIT_ERROR)
		return err_set(e, REASON_LIMIT,
			       "the %s data needs memory over the limit of %llu bytes", name,
			       (unsigned long long)CODEC_MEMORY);
	return err_set(e, REASON_COMPRESSION, "the %s data is damaged: %s", name, damage(code));
}

static bool unpack_again(struct coder *c, struct err *e)
{
	struct xz *x = of(c);

	return check(x,
		     x->alone ? x->begin_alone(&x->s, CODEC_MEMORY)
			      : x->begin(&x->s, CODEC_MEMORY, LZMA_TELL_UNSUPPORTED_CHECK),
		     e);
}

static bool unpack_step(struct coder *c, struct flow *f, struct err *e)
{
	struct xz *x = of(c);
	lzma_ret code;

	x->s.next_in = f->in.p;
	x->s.avail_in = f->in.n;
	x->s.next_out = f->out.p;
	x->s.avail_out = f->out.n;
	code = x->work(&x->s, LZMA_RUN);
	flow_moved(f, f->in.n - x->s.avail_in, f->out.n - x->s.avail_out);
	f->end = code == LZMA_STREAM_END;
	/* without input nothing moves, which is told by the same code as a fault */
	return (code == LZMA_BUF_ERROR && f->in.n == 0) || check(x, code, e);
}

static struct coder *unpacker(bool alone, struct err *e)
{
	owned(xz_close) struct xz *x = xz_open(e);

	if (!x)
		return NULL;
	x->alone = alone;
	x->coder = (struct coder){unpack_step, unpack_again, coder_close};
	return unpack_again(&x->coder, e) ? &take(x)->coder : NULL;
}

static struct coder *xz_unpacker(struct err *e)
{
	return unpacker(false, e);
}

static struct coder *lzma_unpacker(struct err *e)
{
	return unpacker(true, e);
}

const struct codec codec_xz = {"liblzma", version, xz_unpacker, NULL};
const struct codec codec_lzma = {"liblzma", version, lzma_unpacker, NULL};
