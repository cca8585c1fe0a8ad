/*
 * The unsigned image inside a signed one: what its file would be without the signature section, as
 * its builder wrote it. Manifests name that file, which everybody can rebuild.
 */
#ifndef EIF_UNSIGNED_H
#define EIF_UNSIGNED_H

#include "eif/image.h"

struct eif_unsigned {
	uint64_t size;
	struct digest sha256;
};

/*
 * img: read from f with digests. An image without a signature costs nothing more; a signed one is
 * read once again (a stream is refused: not-a-file). Its header needs the checksum of what follows,
 * which is not read for it but computed: CRC-32 is linear, so that the parts follow from the whole.
 * What was read must have that checksum (file-changed). f's position is left anywhere.
 */
must bool eif_unsigned_digest(const struct eif_image *img, struct file *f, struct eif_unsigned *out,
			      struct err *e);

#endif
