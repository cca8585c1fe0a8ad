/*
 * Any bytes as an attestation document: what is read lies within the bytes and its limits, and is
 * refused in one way otherwise. Then judged, with its own first certificate as the root to trust,
 * so that it comes as far as it can: into a verdict, and claims that can be shown.
 */
#include <openssl/err.h>
#include <stdlib.h>

#include "eif/judge.h"

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

static void show(const struct claims *c)
{
	struct buf out = BUF(1u << 20);
	struct json_out w = json_out(&out, false);

	eif_evidence.text(c, &out);
	buf_reset(&out);
	json_open(&w, '{');
	eif_evidence.json(c, &w);
	json_close(&w, '}');
	must_be(out.failed == REASON_NONE);
	buf_free(&out);
}

static void judge(struct bytes in, const struct evidence_files *root, struct verdict *v)
{
	const struct evidence_request q = {
		.evidence = in, .when = {CLOCK_DOCUMENT, 0}, .root = root};
	struct policy p = policy_strict();
	struct claims *c = NULL;
	struct err e = {0};

	must_be(eif_evidence.authenticate(&q, &c, v, &e) ? v->n > 0 : err_is(&e));
	must_be(ERR_peek_error() == 0);
	if (c) {
		must_be(eif_evidence.policy(c, &p, v, &e));
		show(c);
	}
	claims_free(&c);
}

static void judge_both(struct bytes in, const struct eif_document *d)
{
	struct evidence_files root = {.n = 1};
	struct verdict pinned = {.n = 0}, own = {.n = 0};
	struct err e = {0};

	root.file[0] = (struct evidence_file){"root", d->cabundle[0]};
	judge(in, &root, &own);
	judge(in, NULL, &pinned);
	/* no key of AWS signs what a fuzzer makes */
	must_be(!verdict_decide(&pinned, &e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct eif_document d = {0};
	struct err e = {0};

	must_be(eif_document_bid(in) <= 100);
	if (eif_document_read(in, &d, &e)) {
		check(&d, data, size);
		judge_both(in, &d);
	} else {
		must_be(e.reason == REASON_FORMAT && (!e.at || e.offset <= size) && !d.timestamp);
	}
	return 0;
}
