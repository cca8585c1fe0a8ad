/*
 * Signatures of OpenSSH, such as git puts into commits and tags (OpenSSH, PROTOCOL.sshsig, version
 * 1), by keys of the kinds ssh-ed25519, ecdsa-sha2-nistp256/384/521, ssh-rsa (with SHA-2 and 2048
 * bits or more), and by the first two from security keys (PROTOCOL.u2f). Certificates sign nothing
 * here. Who a key belongs to is another question: signers.h.
 */
#ifndef MEASURE_CORE_SSHSIG_H
#define MEASURE_CORE_SSHSIG_H

#include "measure/core/digest.h"

#define SSHSIG_KEY_MAX 8192u /* bytes of a public key in OpenSSH's encoding */

struct sshsig {
	struct buf raw;
	struct bytes key; /* as in an allowed-signers file, decoded; these borrow from raw */
	struct bytes name_space; /* "git", "file" */
	struct bytes hash; /* "sha256", "sha512" */
	struct bytes algorithm, value; /* of the signature itself */
	struct bytes behind; /* what stands behind it: of a security key its flags and counter */
};

/* One armored block and nothing else. ssh-signature when it is none. Released by sshsig_free(). */
must bool sshsig_read(struct sshsig *s, struct bytes armored, struct err *e);
void sshsig_free(struct sshsig *s);

/* "ssh-ed25519", out of an encoded key; empty when it begins with none. */
struct bytes sshsig_key_kind(struct bytes key);

/* "SHA256:" and base64 without padding, as ssh-keygen -l prints it; appended. */
must bool sshsig_fingerprint(struct bytes key, struct buf *out, struct err *e);

/*
 * Does it hold over the message, by its own key, for that name space? signature (a no) when not,
 * ssh-signature or key when it cannot be one.
 */
must bool sshsig_verify(const struct sshsig *s, struct bytes message, const char *name_space,
			struct err *e);

#endif
