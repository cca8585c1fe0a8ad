/*
 * Signing an image: the strict reader gives PCR0, the signature comes from outside, and the image
 * is written anew with its signature section last, replacing one that was there. All sizes,
 * tables and the CRC are made again; the destination appears whole or not at all.
 */
#ifndef EIF_SIGN_H
#define EIF_SIGN_H

#include "eif/image.h"
#include "measure/core/answer.h"

struct eif_to_sign {
	struct watch watch; /* progress; set before eif_sign_prepare(), kept by it */
	char *path; /* of the image */
	struct eif_image image; /* as it was read: layout, metadata and registers */
	struct x509 *cert; /* first of pem */
	struct buf pem; /* the certificate file, verbatim */
	size_t chain; /* certificates in it behind cert */
	struct buf tbs; /* the bytes to sign with x509_alg(cert) */
};

/*
 * Read image and certificate file; everything that signing needs. A signature section that the
 * image has already is about to be replaced: whatever stands in it, the rest must hold.
 */
must bool eif_sign_prepare(struct eif_to_sign *s, const char *image, const char *cert_path,
			   struct err *e);
void eif_sign_free(struct eif_to_sign *s);

/*
 * Attach raw r||s: it must verify under the certificate (signature otherwise), the image must still
 * have the same size and registers (file-changed). Its metadata is written as it was read and
 * checked, and what was written is read strictly before it becomes visible. out may be the image
 * itself. Registers into *a, and what there is to say of the certificate now.
 */
must bool eif_sign_attach(const struct eif_to_sign *s, struct bytes rs, const char *out,
			  struct answer *a, struct err *e);

#endif
