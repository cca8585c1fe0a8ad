/*
 * Two sections of one role that differ, told and undone: what each kind of section has below it.
 */
#ifndef EIF_DIFF_SECTION_H
#define EIF_DIFF_SECTION_H

#include "measure/base/json.h"
#include "measure/core/differences.h"
#include "measure/core/meaning.h"

struct section_diff {
	const char *name;
	struct extent x[2];
	struct differences *f; /* the part is open */
	struct series conditions; /* what was undone */
	struct patch_sink sink; /* takes the bytes of the first with that undone */
};

void section_free(struct section_diff *x);

void section_condition(struct section_diff *x, const char *format, ...) ERR_FORMAT(2, 3);
void difference_numbers(struct differences *f, const char *name, uint64_t a, uint64_t b);

/* Kernel, command line, and a ramdisk that cannot be read as one. */
must bool section_bytes(struct section_diff *x, struct err *e);
must bool section_ramdisk(struct section_diff *x, struct err *e);
must bool section_metadata(struct section_diff *x, const struct json *a, const struct json *b,
			   struct err *e);

/* certificate: that is another one, too. */
must bool section_signature(struct section_diff *x, bool certificate, struct err *e);

#endif
