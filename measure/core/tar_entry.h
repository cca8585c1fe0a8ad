/*
 * What the header of an entry and all that stands in front of it say together, made into a
 * struct tar_entry. Where two of them differ on what readers would take from either, it is refused.
 */
#ifndef MEASURE_CORE_TAR_ENTRY_H
#define MEASURE_CORE_TAR_ENTRY_H

#include "measure/core/tar.h"
#include "measure/core/tar_header.h"
#include "measure/core/tar_pax.h"

#define TAR_EXTENSION_MAX (1u << 20) /* bytes of a pax header or of a long name */

struct tar_said {
	uint64_t first, at; /* of the first header and of the entry's own, in the stream */
	struct tar_header header;
	struct tar_pax pax;
	struct buf long_name, long_link; /* GNU; empty: none */
};

/* What names are put together in; the entry borrows from it, and from what was said. */
struct tar_names {
	struct buf whole, name, link;
};

must bool tar_entry_make(struct tar_names *room, const struct tar_said *s, struct tar_entry *out,
			 struct err *e);
void tar_names_free(struct tar_names *room);

#endif
