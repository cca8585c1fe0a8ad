/*
 * The strict reader of whole images, in one pass over the bytes, from a file or a stream. An image
 * is accepted only when every reader in the field would read it alike:
 * version 2 to 4; no header flag but the architecture; reserved fields zero; the tables name the
 * sections exactly where a walk through the file finds them, no gap, nothing behind the last;
 * one kernel, then one cmdline, then the ramdisks (at least one), metadata exactly once in version
 * 4 and never before, at most one signature and never in version 2, both anywhere; no empty
 * section but an empty cmdline; the CRC; metadata and signature in their one form.
 * A struct eif_image is released by eif_image_free(), whatever became of reading it.
 */
#ifndef EIF_IMAGE_H
#define EIF_IMAGE_H

#include "eif/header.h"
#include "eif/signature.h"
#include "measure/base/file.h"
#include "measure/base/json.h"
#include "measure/core/digest.h"
#include "measure/core/mset.h"

struct eif_section {
	uint16_t type;
	uint64_t offset; /* of the section header, as in the header's table */
	uint64_t size; /* of the data, which begins 12 bytes further on */
	struct digest sha256, sha384; /* of the data, when asked for */
};

struct eif_image {
	struct eif_header header;
	struct eif_section section[EIF_MAX_SECTIONS];
	size_t n;
	uint64_t size;
	struct digest sha256; /* of the whole file, when asked for */
	struct digest crc; /* of the bytes read */
	bool sound; /* all holds but perhaps the signature section; pcr is valid */
	struct digest pcr[3];
	struct buf metadata, signature; /* data of these sections, empty when there is none */
	struct json metadata_json;
	bool is_signed; /* the signature section was read: sign and pcr8 hold */
	struct eif_signature sign;
	struct digest pcr8;
};

/*
 * digests: sha256 and sha384 of every section and sha256 of the file are wanted too. The file's
 * watch is told of the progress.
 * All refusals are of class MALFORMED with section, offset and both values in the text, but a
 * signature that does not hold, which is `signature` (class NO). A refusal that leaves img->sound
 * true is one of the signature section alone.
 */
must bool eif_image_read(struct file *f, bool digests, struct eif_image *img, struct err *e);
void eif_image_free(struct eif_image *img);

/* PCR0, PCR1, PCR2, and PCR8 of a signed one. */
must bool eif_image_registers(const struct eif_image *img, struct mset *m, struct err *e);

/* Index of the only section of that type, or img->n. Its data offset. */
size_t eif_image_find(const struct eif_image *img, unsigned type);
uint64_t eif_section_data(const struct eif_section *s);

/*
 * The image's own header without a signature section, its tables made anew; its checksum is still
 * to come. size: of each section's data; NULL: as they are. limit, when they are too large.
 */
must bool eif_image_header(const struct eif_image *img, const uint64_t *size, struct eif_header *h,
			   struct err *e);

/* Of the i-th section: "kernel", "ramdisk0", "ramdisk1"; into a caller's buffer. */
#define EIF_ROLE_MAX 32
void eif_image_role(const struct eif_image *img, size_t i, char role[EIF_ROLE_MAX]);

#endif
