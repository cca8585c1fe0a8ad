/*
 * Between archive.c and the libraries that compress. A coder works through one member (gzip), frame
 * (zstd) or stream (xz, lzma) in steps; a codec makes coders. Errors of a step are without offset,
 * which archive.c knows.
 */
#ifndef MEASURE_CORE_ARCHIVE_CODEC_H
#define MEASURE_CORE_ARCHIVE_CODEC_H

#include "measure/base/load.h"
#include "measure/core/archive.h"

/* Memory that a decoder may take for what came before (its window, its dictionary). */
#define CODEC_WINDOW_LOG 27
#define CODEC_MEMORY (UINT64_C(1) << (CODEC_WINDOW_LOG + 1))

/* What is left to read and to fill; both move on as they are used up. */
struct flow {
	struct bytes in;
	struct span out;
	bool last; /* to a packer: nothing comes behind `in` */
	bool end; /* set by the coder: all of it is there */
};

struct coder {
	bool (*step)(struct coder *c, struct flow *f, struct err *e);
	bool (*again)(struct coder *c, struct err *e); /* ready for another one */
	void (*free)(struct coder *c);
};

struct codec {
	const char *library;
	bool (*version)(char room[ARCHIVE_VERSION_ROOM], struct err *e);
	struct coder *(*unpacker)(struct err *e);
	struct coder *(*packer)(struct err *e); /* NULL: there is none */
};

extern const struct codec codec_gzip, codec_zstd, codec_xz, codec_lzma;

static inline void flow_moved(struct flow *f, size_t in, size_t out)
{
	f->in = bytes_of(f->in.p + in, f->in.n - in);
	f->out = (struct span){f->out.p + out, f->out.n - out};
}

#endif
