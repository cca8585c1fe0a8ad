/*
 * Warnings on an image and on the certificate that signs it: what changes no register and yet may
 * keep a launcher from taking the image.
 */
#ifndef EIF_NOTES_H
#define EIF_NOTES_H

#include "eif/image.h"
#include "measure/base/when.h"
#include "measure/core/answer.h"

/*
 * certificate-expired by that time; certificate-chain when that many certificates follow it.
 */
must bool eif_notes_certificate(const struct x509 *cert, size_t chain, const struct when *when,
				struct answer *a, struct err *e);

/* empty-cmdline; of a signed image those of its certificate too. */
must bool eif_notes_image(const struct eif_image *img, const struct when *when, struct answer *a,
			  struct err *e);

#endif
