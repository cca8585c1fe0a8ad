/*
 * ID blocks: by one the owner of a guest tells the secure processor which launch digest and policy
 * the guest must have, and what its attestation reports say of it (family, image, SVN). The ID
 * authentication goes with it: the signature of the block by the ID key and, if there is one, that
 * of the ID key by the author key. Reports show the digests of these keys. Both are ECDSA on P-384
 * with SHA-384. Numbers are little-endian in the files; here points are x||y and signatures r||s,
 * big-endian, 48 bytes each, as everywhere in this program.
 * Source: AMD, "SEV Secure Nested Paging Firmware ABI Specification", publication 56860, revision
 * 1.58, tables 75 (ID_BLOCK), 76 (ID_AUTH), 138 (ECDSA P-384 key), 139 (signature).
 */
#ifndef OVMF_SNP_IDBLOCK_H
#define OVMF_SNP_IDBLOCK_H

#include "measure/core/pubkey.h"
#include "ovmf-snp/igvm.h"

#define IDBLOCK_SIZE 96u
#define IDBLOCK_AUTH_SIZE 4096u
#define IDBLOCK_KEY_SIZE 1028u /* of a public key, as it is signed and hashed */
#define IDBLOCK_VERSION 1u
#define IDBLOCK_POLICY 0x30000ull /* when none is given: SMT, and the bit that must be one */
#define IDBLOCK_LD 48u
#define IDBLOCK_NAME 16u /* of family and image */
#define IDBLOCK_PAIR 96u /* x||y, r||s */

struct idblock {
	uint8_t ld[IDBLOCK_LD];
	uint8_t family_id[IDBLOCK_NAME], image_id[IDBLOCK_NAME];
	uint32_t version, guest_svn;
	uint64_t policy;
};

struct idblock_auth {
	uint8_t block_rs[IDBLOCK_PAIR], id_key[IDBLOCK_PAIR];
	bool has_author;
	uint8_t id_key_rs[IDBLOCK_PAIR], author_key[IDBLOCK_PAIR];
};

/*
 * Refused (id-block-form): another length or version, a policy without the bit that must be one or
 * with unknown ones, another algorithm or curve, numbers longer than 48 bytes, reserved bytes that
 * are not zero, an author's key without a signature or the other way about.
 */
must bool idblock_read(struct idblock *b, struct bytes x, struct err *e);
void idblock_write(struct buf *out, const struct idblock *b);
must bool idblock_auth_read(struct idblock_auth *a, struct bytes x, struct err *e);
void idblock_auth_write(struct buf *out, const struct idblock_auth *a);

/* A public key as the author signs it, and as reports show it: SHA-384 of these bytes. */
void idblock_key_write(struct buf *out, const uint8_t xy[IDBLOCK_PAIR]);
must bool idblock_key_digest(const uint8_t xy[IDBLOCK_PAIR], struct digest *out, struct err *e);

/* Do the signatures hold, by the keys that stand beside them? signature otherwise. */
must bool idblock_verify(const struct idblock *b, const struct idblock_auth *a, struct err *e);

/* Is the block for a guest with that digest and policy? id-block otherwise. */
must bool idblock_is_for(const struct idblock *b, const struct digest *ld, const uint64_t *policy,
			 struct err *e);

/* ---- in IGVM files, which have the policy in a header of its own */

/* The header that holds it, or NULL. */
const struct igvm_header *idblock_igvm_find(const struct igvm *g);
must bool idblock_igvm_read(const struct igvm *g, const struct igvm_header *h, struct idblock *b,
			    struct idblock_auth *a, struct err *e);

/* Its body, IDBLOCK_IGVM_SIZE bytes, for igvm_append(). mask: of SNP. */
#define IDBLOCK_IGVM_SIZE 696u
void idblock_igvm_write(struct buf *out, uint32_t mask, const struct idblock *b,
			const struct idblock_auth *a);

#endif
