/*
 * Any bytes as an attestation document: what is read lies within the bytes and its limits, and is
 * refused in one way otherwise. Then judged: nobody's root is trusted, so nothing is genuine.
 */
#include <openssl/err.h>
#include <stdlib.h>

#include "eif/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check(const struct eif_document *d, const uint8_t *data, size_t size)
{
	must_be(d->module_id.n > 0 && d->timestamp > 0 && d->n_cabundle > 0);
	must_be(d->module_id.p > data && d->module_id.p + d->module_id.n < data + size);
	for (size_t i = 0; i < EIF_DOCUMENT_PCRS; i++)
		must_be(d->pcr[i].n == 0 || d->pcr[i].n == EIF_DOCUMENT_PCR);
	for (size_t i = 0; i < d->n_cabundle; i++)
		must_be(d->cabundle[i].n > 0 && d->cabundle[i].n <= EIF_DOCUMENT_CERTIFICATE_MAX);
	must_be(d->nonce.v.n <= EIF_DOCUMENT_DATA_MAX && d->message.signature.n == 96);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct eif_document d = {0};
	struct err e = {0};

	must_be(eif_document_bid(in) <= 100);
	if (eif_document_read(in, &d, &e))
		check(&d, data, size);
	else
		must_be(e.reason == REASON_FORMAT && (!e.at || e.offset <= size) && !d.timestamp);
	return 0;
}
