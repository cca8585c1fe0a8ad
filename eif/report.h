/*
 * What is said of an image that was read: the members of our own JSON, and the text that
 * nitro-cli's describe-eif prints for it.
 */
#ifndef EIF_REPORT_H
#define EIF_REPORT_H

#include "eif/image.h"
#include "measure/core/answer.h"

/*
 * "sections", "size", "sha256", "version", "arch", "flags", "default_mem", "default_cpus", "crc32",
 * "signature", "metadata", through a->json. holds: the signature, if there is one, was found good.
 */
void eif_report_json(const struct eif_image *img, bool holds, struct json_out *w);

/*
 * Byte for byte nitro-cli's describe-eif, to a buf. Its HashAlgorithm is the debug text of a Rust
 * type: "Sha384 { ... }" up to release 1.4, "Sha512_48 { .. }" from 1.5 on. Metadata that makes
 * nitro-cli fail is refused (metadata).
 */
must bool eif_report_nitro_cli(const struct eif_image *img, const char *hash_algorithm,
			       struct buf *out, struct err *e);

/* Its member "Measurements", which is all that nitro-cli says of an image that it has built. */
void eif_report_measurements(const struct mset *registers, const char *hash_algorithm,
			     struct json_out *w);

#endif
