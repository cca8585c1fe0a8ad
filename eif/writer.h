/*
 * Writing an image front to back in one pass: header, sections in the order of its tables, then
 * the CRC into its place. Registers are computed on the way, with or without a file being
 * written. Order: open, header, one section call per table entry, close. Released by
 * eif_writer_free(); without a successful close no file appears.
 */
#ifndef EIF_WRITER_H
#define EIF_WRITER_H

#include "eif/pcr.h"
#include "measure/core/pass.h"

struct eif_writer {
	struct pass *pass;
	struct out out;
	unsigned all, app, crc, copy; /* lanes: content of PCR0 and PCR2, checksum, output */
	unsigned ramdisks;
	struct digest content[EIF_REGISTERS]; /* what PCR0 to PCR2 cover */
	uint64_t size; /* of the image, once the registers are there */
};

/* path NULL: measure only. */
must bool eif_writer_open(struct eif_writer *w, const char *path, struct watch watch,
			  struct err *e);
void eif_writer_free(struct eif_writer *w);

/* All fields as they are but eif_crc32, which is filled in at the end. */
must bool eif_writer_header(struct eif_writer *w, const struct eif_header *h, struct err *e);

/* Section header, then its bytes: from memory, or `size` bytes from where the file stands. */
must bool eif_writer_bytes(struct eif_writer *w, enum eif_section_type type, struct bytes data,
			   struct err *e);
must bool eif_writer_file(struct eif_writer *w, enum eif_section_type type, struct file *f,
			  uint64_t size, struct err *e);

/*
 * The i-th section of an image that was read from f: what no register covers as it was checked,
 * whatever stands in the file now.
 */
struct eif_image;
must bool eif_writer_section(struct eif_writer *w, const struct eif_image *img, size_t i,
			     struct file *f, struct err *e);

/* Finish the digests: PCR0, PCR1, PCR2 into m, the CRC into the file. Nothing is visible yet. */
must bool eif_writer_registers(struct eif_writer *w, struct mset *m, struct err *e);

/*
 * The strict reader over what was written, which must find these registers (io otherwise, with its
 * words): nothing is published that it would refuse.
 */
must bool eif_writer_check(const struct eif_writer *w, const struct digest pcr[EIF_REGISTERS],
			   struct err *e);

/* Make the file durable and visible. */
must bool eif_writer_close(struct eif_writer *w, struct err *e);

#endif
