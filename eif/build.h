/*
 * An EIF from its parts, byte for byte as the reference builder writes it: kernel, cmdline,
 * metadata, ramdisks; version 4; no gaps. Nothing is read from the clock or the environment.
 */
#ifndef EIF_BUILD_H
#define EIF_BUILD_H

#include "eif/header.h"
#include "measure/base/file.h"
#include "measure/core/answer.h"

#define EIF_CMDLINE_MAX (1u << 20) /* bytes of a command line to be measured or written */
#define EIF_MAX_RAMDISKS \
	(EIF_MAX_SECTIONS - 3u) /* with 29 of them there is no room for a signature */

struct eif_parts {
	uint16_t flags; /* 0 or EIF_FLAG_AARCH64 */
	const char *kernel; /* path of a regular file */
	struct bytes cmdline;
	struct bytes metadata; /* the section's bytes; empty when only measuring */
	const struct file *made; /* ramdisks in open files, in front of the others */
	size_t n_made;
	const char *const *ramdisks; /* paths */
	size_t n_ramdisks;
	struct watch watch; /* progress over all parts */
};

/*
 * Measure the parts; with out != NULL also write the image there, whole or not at all. Registers
 * and warnings go into *a. Refused before anything is written (usage): no or too many ramdisks, an
 * empty part, a NUL in the command line. An empty command line is measured, with a warning, and not
 * written.
 */
must bool eif_build(const struct eif_parts *p, const char *out, struct answer *a, struct err *e);

#endif
