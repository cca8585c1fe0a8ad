/*
 * The formats that meaning.c knows, each in its own words; not for others. A reader gets files that
 * begin alike with what the format begins with. It may say what the first byte means, and propose
 * the ranges whose kind is known; meaning.c decides whether they explain everything.
 */
#ifndef MEASURE_CORE_MEANING_FORMAT_H
#define MEASURE_CORE_MEANING_FORMAT_H

#include "measure/core/meaning.h"

#define MEANING_HEAD 1024u

struct meaning_format {
	enum cause cause;
	bool (*is)(struct bytes head, struct bytes path);
	bool (*read)(const struct extent x[2], struct meaning *m, struct err *e);
};

extern const struct meaning_format meaning_gzip, meaning_pyc, meaning_ar, meaning_elf, meaning_pe,
	meaning_squashfs, meaning_kernel;

/* Lines: what is text, the shadow file among it. Proposes ranges as the others do. */
must bool meaning_text(const struct extent x[2], struct bytes path, struct meaning *m,
		       struct err *e);
bool meaning_is_text(struct bytes head);

/* A range of both that is proposed, if it differs at all; dropped when there are too many. */
must bool meaning_propose(const struct extent x[2], const struct edit *edit, struct meaning *m,
			  struct err *e);

/* The same range in both. */
must bool meaning_range(const struct extent x[2], uint64_t at, uint64_t n, struct meaning *m,
			struct err *e);

/* Says what the first byte means, unless that is said already. */
void meaning_say(struct meaning *m, const char *format, ...) ERR_FORMAT(2, 3);

#endif
