/*
 * What a reading makes of the signature and metadata sections that it finds: PCR8, and whether
 * nitro-cli's describe-eif fails on them altogether. PCR8 is told of signature sections in the one
 * form that signers write; of any other it is unknown, for readers differ on those.
 */
#ifndef EIF_LENIENT_SIGN_H
#define EIF_LENIENT_SIGN_H

#include "eif/lenient.h"

/*
 * The vendor's reader extends PCR8 with the certificates of all signature sections and verifies the
 * last one's signature; QEMU takes the last one's certificate and verifies nothing.
 */
must bool eif_view_signatures(struct eif_view *v, struct file *f, bool vendors, struct err *e);

/* Metadata that the vendor's reader cannot read: into v->fails. */
must bool eif_view_metadata(struct eif_view *v, struct file *f, struct err *e);

#endif
