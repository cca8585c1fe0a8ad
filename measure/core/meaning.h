/*
 * What it means that two files differ: the first byte that does, in the words of the file's format
 * (a line of text, a section of an ELF file, the time in a gzip header), and the cause, where the
 * bytes that differ are all of one known kind. Files are ranges of seekable ones.
 */
#ifndef MEASURE_CORE_MEANING_H
#define MEASURE_CORE_MEANING_H

#include "measure/base/file.h"
#include "measure/core/cause.h"

struct extent {
	const struct file *file;
	uint64_t at, size;
};

/* As many bytes of it as there are from `at` on. */
must bool extent_read(const struct extent *x, uint64_t at, struct span to, size_t *got,
		      struct err *e);

/* A range of the first file, and the one of the second that stands in its place. */
struct edit {
	uint64_t at[2], n[2];
};

#define MEANING_EDITS 256u
#define MEANING_TEXT 512u

/*
 * With edits the files are equal but for these ranges, ascending, which are all of the cause's
 * kind. Without, nothing finer is known than that the files differ.
 */
struct meaning {
	enum cause cause;
	bool likely; /* the cause holds even where it does not explain everything */
	uint64_t first; /* of the bytes that differ; where the shorter one ends */
	char text[MEANING_TEXT]; /* quotes the files as they are */
	size_t n;
	struct edit edit[MEANING_EDITS];
};

/* Have they the same bytes? *first: where the first one differs, or the shorter one ends. */
must bool meaning_same(const struct extent *a, const struct extent *b, bool *same, uint64_t *first,
		       struct err *e);

/* Of two that differ, the first such byte at m->first. path: as in the tree, for its cause. */
must bool meaning_find(const struct extent x[2], struct bytes path, struct meaning *m,
		       struct err *e);

/* The first file with the ranges as they are in the second; without any, the second one. */
struct patch_sink {
	bool (*put)(void *arg, struct bytes x, struct err *e);
	void *arg;
};
must bool meaning_patch(const struct extent x[2], const struct meaning *m,
			const struct patch_sink *to, struct err *e);
must bool extent_put(const struct extent *x, const struct patch_sink *to, struct err *e);

#endif
