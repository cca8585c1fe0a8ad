/*
 * Signed text (OpenPGP, RFC 9580 chapter 7), as gpgv judges it.
 */
#ifndef MEASURE_REBUILD_DEBIAN_SIGNED_H
#define MEASURE_REBUILD_DEBIAN_SIGNED_H

#include "measure/rebuild/debian.h"

/*
 * The text that was signed, appended, as gpgv gives it out; *signer: which of keys->fingerprints
 * signed. Errors: signature, missing-tool, limit.
 */
must bool debian_signed(struct bytes file, const struct debian_keys *keys, struct buf *text,
			const char **signer, struct err *e);

/* The text of a Release; everything in r but who signed it. Errors: package-list, limit. */
must bool debian_release_text(struct debian_release *r, struct stream *in, int64_t now,
			      struct err *e);

#endif
