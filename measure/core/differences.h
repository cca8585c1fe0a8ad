/*
 * What a comparison found, told at once as text and as JSON: a first line, the parts that differ
 * (sections of an image, a ramdisk, a folder), below a part its fields and its entries (files),
 * below an entry its fields; then the causes that were met, and what would have to be the same.
 * Everything is told in the order of the calls. Of each part at most `limit` entries are listed;
 * the others are counted.
 * Foreign text is tamed here. Faults stick in the bufs.
 */
#ifndef MEASURE_CORE_DIFFERENCES_H
#define MEASURE_CORE_DIFFERENCES_H

#include "measure/base/json.h"
#include "measure/core/cause.h"
#include "measure/core/headline.h"

#define DIFFERENCES_LIMIT 100u
#define DIFFERENCES_BRIEF 10u

enum only { IN_BOTH, IN_FIRST, IN_SECOND };

struct differences {
	struct buf *text;
	struct json_out *w;
	size_t limit;
	size_t brief; /* so many of those that differ in headers alone */
	bool any; /* something was told: the two are not equal */
	uint64_t count[CAUSES]; /* how often each was met; the caller's to add to */

	/* its own: */
	bool entries; /* the list of entries of the part is open */
	size_t listed, left_out;
};

/* One thing that differs. Texts may be foreign; NULL where there is none. */
struct difference {
	const char *name; /* "mtime", "content" */
	const char *first, *second; /* what it is in each */
	const char *text; /* or what there is to say of both */
	enum cause cause;
};

struct difference_part {
	const char *name;
	const struct series *registers; /* that it enters; NULL: nothing is measured here at all */
	enum only only;
	uint64_t size[2];
	const char *unit; /* of the sizes; NULL: bytes */
};

/* The first line, and a list of parts behind it. */
void differences_begin(struct differences *f, const struct headline *h);

void differences_part(struct differences *f, const struct difference_part *p);
void differences_field(struct differences *f, const struct difference *x);

/* From here on the part has entries; summary: a line of text about them. */
void differences_entries(struct differences *f, const char *summary);

/* True when the entry is listed: then its fields follow, and differences_entry_end(). */
bool differences_entry(struct differences *f, struct bytes path, enum only only, enum cause cause);
void differences_entry_end(struct differences *f);
void differences_part_end(struct differences *f);

/* What was counted, each with its remedy; for who tells no parts. */
void differences_causes(struct differences *f);

/* The list of parts ends, and the causes are told. */
void differences_end(struct differences *f);

/* Once, behind the end: what makes which registers equal, as it was computed. */
struct difference_would {
	const struct series *registers, *conditions;
	bool holds, all; /* they became equal; these are all registers that differ */
};
void differences_would(struct differences *f, const struct difference_would *list, size_t n);

#endif
