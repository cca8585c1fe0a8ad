/*
 * A small executable image of firmware: code, and data with a word that stands for a stack cookie
 * and a record that names the file that it was linked as. As PE32, PE32+ or TE.
 */
#ifndef TESTS_UNIT_SUPPORT_PE_H
#define TESTS_UNIT_SUPPORT_PE_H

#include "measure/base/buf.h"

#define FORGE_WORD 0x10u /* where the word is in the data */

enum forge_kind { FORGE_PE64, FORGE_PE32, FORGE_TE64, FORGE_TE32, FORGE_KINDS };

struct forge_image {
	enum forge_kind kind;
	const char *code; /* up to 64 bytes */
	uint64_t word;
	const char *sign, *file; /* "RSDS", "/b/Module.dll"; NULL: no debugging data */
};

/* Where in the image its data begins. */
size_t forge_image(struct buf *out, const struct forge_image *x);

#endif
