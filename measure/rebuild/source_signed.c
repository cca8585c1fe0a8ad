#include "measure/core/signers.h"
#include "measure/core/sshsig.h"
#include "measure/rebuild/source_parts.h"

#define NAME_SPACE "git"

static bool read_signers(const char *path, struct signers **out, struct err *e)
{
	owned(buf_free) struct buf text = BUF(SIGNERS_MAX_BYTES);

	if (!file_slurp(path, SIGNERS_MAX_BYTES, &text, e))
		return false;
	*out = signers_read(buf_bytes(&text), e);
	return *out || err_subject(e, path);
}

static bool verify(struct source *s, const struct source_text *t, const char *path, struct err *e)
{
	owned(signers_free) struct signers *signers = NULL;
	owned(sshsig_free) struct sshsig signature = {0};
	owned(buf_free) struct buf who = BUF(SIGNERS_MAX_BYTES + 128);
	struct signers_claim claim = {.name_space = NAME_SPACE, .when = t->time};
	const char *principals;

	if (!read_signers(path, &signers, e) ||
	    !sshsig_read(&signature, buf_bytes(&t->signature), e) ||
	    !sshsig_verify(&signature, buf_bytes(&t->message), NAME_SPACE, e))
		return false;
	claim.key = signature.key;
	if (!signers_find(signers, &claim, &principals, e))
		return false;
	buf_fmt(&who, "%s ", principals);
	if (!sshsig_fingerprint(signature.key, &who, e) || !buf_done(&who, "a signer", e))
		return false;
	s->signer = own_string(buf_cstr(&who), e);
	return s->signer != NULL;
}

bool source_signed(struct source *s, const struct source_text *t, const char *what,
		   const char *signers, struct err *e)
{
	if (t->signature.n == 0)
		return err_set(e, REASON_SIGNATURE, "%s is not signed", what);
	if (!bytes_start(buf_bytes(&t->signature), bytes_str("-----BEGIN SSH SIGNATURE-----")))
		return err_set(e, REASON_SIGNATURE,
			       "%s is signed with OpenPGP or X.509, of which none is allowed",
			       what);
	if (t->time == INT64_MAX)
		return err_set(e, REASON_SIGNATURE, "%s does not say when it was signed", what);
	return verify(s, t, signers, e) || err_in(e, "the signature of %s", what);
}
