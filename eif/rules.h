/*
 * The rules of the strict reader on header and sections, apart from the reading, so that they are
 * checked ahead of the pass on a seekable file and again on the very bytes of the pass.
 */
#ifndef EIF_RULES_H
#define EIF_RULES_H

#include "eif/image.h"

/* What the sections met so far allow for the next. */
struct eif_walk {
	uint64_t at; /* offset of the next section header by the walk */
	uint64_t file_size; /* UINT64_MAX when unknown (a stream) */
	size_t index;
	unsigned count[EIF_SECTION_TYPES];
};

/* The header's own fields. */
must bool eif_rules_header(const struct eif_header *h, struct err *e);

/* Does the table agree that section walk->index begins at walk->at? Before its header is read. */
must bool eif_rules_place(const struct eif_header *h, const struct eif_walk *w, struct err *e);

/* The section header found there; on success the walk stands behind the section. */
must bool eif_rules_section(const struct eif_header *h, struct eif_walk *w,
			    const struct eif_section_header *s, struct err *e);

/* All sections were met: is the set complete? */
must bool eif_rules_set(const struct eif_header *h, const struct eif_walk *w, struct err *e);

#endif
