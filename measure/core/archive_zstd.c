#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "measure/core/archive_codec.h"

#define LEVEL 9

struct zstd {
	struct coder coder;
	void *handle;
	__typeof__(&ZSTD_versionString) version;
	__typeof__(&ZSTD_isError) is_error;
	__typeof__(&ZSTD_getErrorCode) error_code;
	__typeof__(&ZSTD_getErrorName) error_name;
	__typeof__(&ZSTD_createDCtx) unpack_new;
	__typeof__(&ZSTD_DCtx_setParameter) unpack_set;
	__typeof__(&ZSTD_decompressStream) unpack;
	__typeof__(&ZSTD_freeDCtx) unpack_free;
	__typeof__(&ZSTD_createCCtx) pack_new;
	__typeof__(&ZSTD_CCtx_setParameter) pack_set;
	__typeof__(&ZSTD_compressStream2) pack;
	__typeof__(&ZSTD_freeCCtx) pack_free;
	ZSTD_DCtx *d;
	ZSTD_CCtx *c;
};

static const struct load_symbol symbols[] = {
	{"ZSTD_versionString", offsetof(struct zstd, version)},
	{"ZSTD_isError", offsetof(struct zstd, is_error)},
	{"ZSTD_getErrorCode", offsetof(struct zstd, error_code)},
	{"ZSTD_getErrorName", offsetof(struct zstd, error_name)},
	{"ZSTD_createDCtx", offsetof(struct zstd, unpack_new)},
	{"ZSTD_DCtx_setParameter", offsetof(struct zstd, unpack_set)},
	{"ZSTD_decompressStream", offsetof(struct zstd, unpack)},
	{"ZSTD_freeDCtx", offsetof(struct zstd, unpack_free)},
	{"ZSTD_createCCtx", offsetof(struct zstd, pack_new)},
	{"ZSTD_CCtx_setParameter", offsetof(struct zstd, pack_set)},
	{"ZSTD_compressStream2", offsetof(struct zstd, pack)},
	{"ZSTD_freeCCtx", offsetof(struct zstd, pack_free)},
	{0},
};
static const struct load libzstd = {"libzstd", "libzstd.so.1", "libzstd1", symbols};

static struct zstd *of(struct coder *c)
{
	return (struct zstd *)c;
}

static void zstd_close(struct zstd **z)
{
	if (!*z)
		return;
	if ((*z)->d)
		(*z)->unpack_free((*z)->d);
	if ((*z)->c)
		(*z)->pack_free((*z)->c);
	load_close(&(*z)->handle);
	free(*z);
	*z = NULL;
}

static void coder_close(struct coder *c)
{
	struct zstd *z = of(c);

	zstd_close(&z);
}

static struct zstd *zstd_open(struct err *e)
{
	owned(zstd_close) struct zstd *z = own_new(sizeof(*z), e);

	if (!z || !load_open(&libzstd, &z->handle, z, e))
		return NULL;
	return take(z);
}

static bool version(char room[ARCHIVE_VERSION_ROOM], struct err *e)
{
	owned(zstd_close) struct zstd *z = zstd_open(e);

	if (z)
		snprintf(room, ARCHIVE_VERSION_ROOM, "%s", z->version());
	return z != NULL;
}

static bool out_of_memory(struct err *e)
{
	return err_set(e, REASON_OUT_OF_MEMORY, "zstd: out of memory");
}

static bool check(const struct zstd *z, size_t code, struct err *e)
{
	if (!z->is_error(code))
		return true;
	if (z->error_code(code) == ZSTD_error_memory_allocation)
		return out_of_memory(e);
	if (z->error_code(code) == ZSTD_error_frameParameter_windowTooLarge)
		return err_set(e, REASON_LIMIT,
			       "the zstd data needs a window over the limit of %u bytes",
			       1u << CODEC_WINDOW_LOG);
	return err_set(e, REASON_COMPRESSION, "the zstd data is damaged: %s", z->error_name(code));
}

static bool unpack_step(struct coder *c, struct flow *f, struct err *e)
{
	ZSTD_inBuffer in = {f->in.p, f->in.n, 0};
	ZSTD_outBuffer out = {f->out.p, f->out.n, 0};
	size_t code = of(c)->unpack(of(c)->d, &out, &in);

	flow_moved(f, in.pos, out.pos);
	f->end = code == 0;
	return check(of(c), code, e);
}

/* It is, once a frame has ended. */
static bool unpack_again(struct coder *c, struct err *e)
{
	(void)c;
	(void)e;
	return true;
}

static struct coder *unpacker(struct err *e)
{
	owned(zstd_close) struct zstd *z = zstd_open(e);

	if (!z)
		return NULL;
	z->d = z->unpack_new();
	if (!z->d) {
		out_of_memory(e);
		return NULL;
	}
	if (!check(z, z->unpack_set(z->d, ZSTD_d_windowLogMax, CODEC_WINDOW_LOG), e))
		return NULL;
	z->coder = (struct coder){unpack_step, unpack_again, coder_close};
	return &take(z)->coder;
}

static bool pack_step(struct coder *c, struct flow *f, struct err *e)
{
	ZSTD_inBuffer in = {f->in.p, f->in.n, 0};
	ZSTD_outBuffer out = {f->out.p, f->out.n, 0};
	size_t code = of(c)->pack(of(c)->c, &out, &in, f->last ? ZSTD_e_end : ZSTD_e_continue);

	flow_moved(f, in.pos, out.pos);
	f->end = f->last && code == 0;
	return check(of(c), code, e);
}

/* Without workers, which would change the bytes. */
static struct coder *packer(struct err *e)
{
	owned(zstd_close) struct zstd *z = zstd_open(e);

	if (!z)
		return NULL;
	z->c = z->pack_new();
	if (!z->c) {
		out_of_memory(e);
		return NULL;
	}
	if (!check(z, z->pack_set(z->c, ZSTD_c_compressionLevel, LEVEL), e) ||
	    !check(z, z->pack_set(z->c, ZSTD_c_checksumFlag, 1), e))
		return NULL;
	z->coder = (struct coder){pack_step, NULL, coder_close};
	return &take(z)->coder;
}

const struct codec codec_zstd = {"libzstd", version, unpacker, packer};
