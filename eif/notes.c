#include "eif/notes.h"

#include "measure/base/when.h"

static bool note_validity(const struct x509 *cert, const char *now, struct answer *a, struct err *e)
{
	int64_t at = 0, from, to;

	if (now && strcmp(now, "none") == 0)
		return true;
	if (now && !when_read(now, "--at", &at, e))
		return false;
	if (!now)
		at = when_now();
	if (!x509_validity(cert, &from, &to, e))
		return false;
	if (at < from)
		answer_note(a, REASON_CERTIFICATE_EXPIRED,
			    "the signing certificate is not valid yet");
	if (at > to)
		answer_note(a, REASON_CERTIFICATE_EXPIRED, "the signing certificate has expired");
	return true;
}

bool eif_notes_certificate(const struct x509 *cert, size_t chain, const char *now, struct answer *a,
			   struct err *e)
{
	if (chain == 1)
		answer_note(a, REASON_CERTIFICATE_CHAIN,
			    "1 certificate follows the signer's and is ignored");
	if (chain > 1)
		answer_note(a, REASON_CERTIFICATE_CHAIN,
			    "%zu certificates follow the signer's and are ignored", chain);
	return note_validity(cert, now, a, e);
}

bool eif_notes_image(const struct eif_image *img, const char *now, struct answer *a, struct err *e)
{
	size_t cmdline = eif_image_find(img, EIF_SECTION_CMDLINE);

	if (cmdline < img->n && img->section[cmdline].size == 0)
		answer_note(a, REASON_EMPTY_CMDLINE, "the command line is empty");
	return !img->is_signed || eif_notes_certificate(img->sign.cert, img->sign.chain, now, a, e);
}
