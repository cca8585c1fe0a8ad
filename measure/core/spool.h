/*
 * Bytes put aside in a file that has no name, beside the one that is being made: what was packed
 * and must be read in another order. It is gone when it is closed, whatever ends the process.
 */
#ifndef MEASURE_CORE_SPOOL_H
#define MEASURE_CORE_SPOOL_H

#include "measure/core/stream.h"

/* The file's size is that of what was added; spool_flush() has it all in the file. */
struct spool {
	struct file file;
	struct buf waiting;
};

#define SPOOL_NONE ((struct spool){.file = FILE_NONE})

/* folder: where the file is, NULL: "."; released by spool_free(). */
must bool spool_open(struct spool *s, const char *folder, struct err *e);
must bool spool_add(struct spool *s, struct bytes x, struct err *e);
must bool spool_flush(struct spool *s, struct err *e);
void spool_free(struct spool *s);

/* What passes through is put aside as well. */
struct stream_spooled {
	struct stream stream;
	struct stream *in;
	struct spool *to;
};
struct stream_spooled stream_spooled(struct stream *in, struct spool *to);

#endif
