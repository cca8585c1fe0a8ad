/*
 * Every reader's reading of a file side by side, for one that the strict reader refuses: what a
 * walk through the file finds (the vendor's describe-eif), what the header's tables name (QEMU and,
 * as far as is known, the hypervisor), and which registers follow. Readings are no verdicts:
 * what they make of metadata and signatures is named beside the registers.
 */
#ifndef EIF_LENIENT_H
#define EIF_LENIENT_H

#include "eif/header.h"
#include "measure/base/file.h"
#include "measure/core/answer.h"

#define EIF_VIEW_SECTIONS 64u /* more are counted but neither listed nor measured */

struct eif_view {
	const char *reader, *way; /* "walk", "from byte 548 to the end, as ..." */
	struct err refusal; /* why this reader stops, or nothing */
	size_t n;
	struct {
		unsigned type;
		uint64_t offset, size;
	} section[EIF_VIEW_SECTIONS];
	bool measured; /* the digests below hold */
	struct digest pcr[3], crc;
	bool is_signed; /* a signature section is there */
	struct err unread; /* why its certificate, and so PCR8, is not known, or nothing */
	struct digest pcr8;
	struct err fails; /* what this reader fails on behind the registers, or nothing */
	uint32_t stored_crc; /* as the header has it */
};

/* Is the checksum of what was measured the one in the header? */
bool eif_view_crc_agrees(const struct eif_view *v);

/* Both readings of a seekable file. Failing to read at all is the err. */
must bool eif_lenient(struct file *f, struct eif_view views[2], struct err *e);

/*
 * The readings with the strict reader's own in front (strict: its refusal, or the registers), as
 * text into a->verbatim or, with json, as the member "readings".
 */
void eif_lenient_report(const struct eif_view views[2], const struct err *strict, bool json,
			struct answer *a);

#endif
