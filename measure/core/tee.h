/*
 * The row of a TEE image format: constant data in <folder>/tee.c. The command line works from the
 * table of rows (generated from MODULES in the Makefile) and knows no format by name: a verb per
 * row measures, `measure FILE` asks every row for a bid, `inspect` and `extract` walk the parts.
 */
#ifndef MEASURE_CORE_TEE_H
#define MEASURE_CORE_TEE_H

#include "measure/base/file.h"
#include "measure/base/opt.h"
#include "measure/base/when.h"
#include "measure/core/answer.h"
#include "measure/core/differences.h"
#include "measure/core/part.h"

/* What the command line passes down beside the options of the row itself. */
struct tee_request {
	const struct args *args; /* parsed by the row's own option table */
	const char *json; /* NULL: text. "": our JSON. else the format of --json=FORMAT */
	struct when when; /* --at, without "document" */
	bool verbose; /* -v, where it changes the answer itself */
	struct watch watch; /* progress */
};

struct tee {
	const char *name, *summary; /* "eif", "AWS Nitro Enclaves image" */
	const char *operands; /* for usage: "FILE" */
	const struct opt *opts;
	bool judges_time; /* it has --at: signatures in its images are judged by a time */
	const char *const *json_formats; /* values of --json=, NULL-terminated, may be NULL */

	/* 0..100: how surely a file with these first and last bytes (up to 256 KiB each) is one. */
	int (*bid)(struct bytes head, struct bytes tail);

	const char *difference; /* what any difference between two of them means; may be NULL */

	/* Why two trees of parts differ: the cause, and a line about it. May be NULL. */
	enum cause (*cause)(const struct part *a, const struct part *b, struct buf *out);

	/* The verb: operands and options in, answer out. */
	bool (*measure)(const struct tee_request *q, struct answer *a, struct err *e);

	/* The tree of parts of an image, digests included. The file is left anywhere. */
	bool (*describe)(struct file *f, struct part **root, struct err *e);

	/* Write the parts of an image as files into an existing folder. NULL: there are none. */
	bool (*extract)(struct file *f, const char *folder, struct err *e);

	/* What differs between two images. NULL: their trees of parts are compared. */
	bool (*diff)(struct file *a, struct file *b, struct differences *f, struct err *e);
};

/* Rows of this build, NULL-terminated; defined by the command line layer (generated). */
extern const struct tee *const tee_table[];

#endif
