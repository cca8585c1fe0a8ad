#include "reference-db/export.h"

#define MEDIA_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"

/*
 * The key is named by a hint, the base64 of the SHA-256 of its SPKI, as cosign writes it; there is
 * no certificate, and neither log nor timestamp (protobuf-specs, sigstore_bundle.proto).
 */
bool export_sigstore(const struct dsse *d, const struct pubkey *signer, struct buf *out,
		     struct err *e)
{
	struct json_out w = json_out(out, false);

	if (!signer) {
		err_set(e, REASON_USAGE, "a Sigstore bundle needs a signature");
		return err_hint(e, "give --key, or `--to in-toto` for the statement unsigned");
	}
	json_open(&w, '{');
	json_text(&w, "mediaType", MEDIA_TYPE);
	json_key(&w, "verificationMaterial");
	json_open(&w, '{');
	json_key(&w, "publicKey");
	json_open(&w, '{');
	json_key(&w, "hint");
	json_base64(&w, digest_bytes(pubkey_id(signer)));
	json_close(&w, '}');
	json_close(&w, '}');
	json_key(&w, "dsseEnvelope");
	dsse_put(d, &w);
	json_close(&w, '}');
	buf_str(out, "\n");
	return buf_done(out, "the bundle", e);
}
