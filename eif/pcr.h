/*
 * Platform configuration registers of a Nitro enclave, SHA-384.
 * PCR0 covers kernel, cmdline and all ramdisks in file order, PCR1 the same with the first ramdisk
 * alone, PCR2 the ramdisks behind the first; PCR3 the parent's role, PCR4 its instance id, PCR8
 * the signing certificate. A register is SHA384(48 zero bytes || SHA384(content)), but for 3 and
 * 4, whose content is not hashed first.
 * Source: AWS Nitro Enclaves user guide, "Cryptographic attestation"; facts checked against
 * aws-nitro-enclaves-image-format src/utils/mod.rs (get_pcrs), crate 0.5.
 */
#ifndef EIF_PCR_H
#define EIF_PCR_H

#include "eif/header.h"
#include "measure/core/mset.h"
#include "measure/core/x509.h"

#define EIF_PCR_LEN 48u

/* Registers of the image itself: PCR0, PCR1, PCR2. */
#define EIF_REGISTERS 3u
extern const char *const eif_register[EIF_REGISTERS];

/* Which of them a section's data enters, as bits 1 << n; ramdisks: how many stand before it. */
unsigned eif_register_mask(unsigned section_type, unsigned ramdisks);

/* The first n of them into a set. */
must bool eif_registers_put(struct mset *m, const struct digest *pcr, size_t n, struct err *e);

/* From the SHA-384 of the content; from the content itself. */
must bool eif_pcr_extend(const struct digest *content, struct digest *pcr, struct err *e);
must bool eif_pcr_of(struct bytes content, struct digest *pcr, struct err *e);

/* PCR3 from an IAM role ARN, PCR4 from an instance id: the string without a NUL. */
must bool eif_pcr_of_string(struct bytes s, struct digest *pcr, struct err *e);

/* PCR8. */
must bool eif_pcr_of_certificate(const struct x509 *cert, struct digest *pcr, struct err *e);

/* The register that the bytes of a file would give (path may be "-"). */
must bool eif_pcr_of_file(const char *path, struct digest *pcr, struct err *e);

#endif
