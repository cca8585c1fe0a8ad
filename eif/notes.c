#include "eif/notes.h"

static bool note_validity(const struct x509 *cert, const struct when *when, struct answer *a,
			  struct err *e)
{
	int64_t from, to;

	if (!when_judged(when))
		return true;
	if (!x509_validity(cert, &from, &to, e))
		return false;
	if (when->at < from)
		answer_note(a, REASON_CERTIFICATE_EXPIRED,
			    "the signing certificate is not valid yet");
	if (when->at > to)
		answer_note(a, REASON_CERTIFICATE_EXPIRED, "the signing certificate has expired");
	return true;
}

bool eif_notes_certificate(const struct x509 *cert, size_t chain, const struct when *when,
			   struct answer *a, struct err *e)
{
	if (chain == 1)
		answer_note(a, REASON_CERTIFICATE_CHAIN,
			    "1 certificate follows the signer's and is ignored");
	if (chain > 1)
		answer_note(a, REASON_CERTIFICATE_CHAIN,
			    "%zu certificates follow the signer's and are ignored", chain);
	return note_validity(cert, when, a, e);
}

bool eif_notes_image(const struct eif_image *img, const struct when *when, struct answer *a,
		     struct err *e)
{
	size_t cmdline = eif_image_find(img, EIF_SECTION_CMDLINE);

	if (cmdline < img->n && img->section[cmdline].size == 0)
		answer_note(a, REASON_EMPTY_CMDLINE, "the command line is empty");
	return !img->is_signed ||
	       eif_notes_certificate(img->sign.cert, img->sign.chain, when, a, e);
}
