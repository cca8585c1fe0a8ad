/*
 * Any bytes as an attestation report, bare or extended, without any certificate but the built-in
 * ones. What is read is written again as it was; nothing that no key signed is accepted; claims are
 * shown whatever they hold; nothing is left in OpenSSL's error queue.
 */
#include <openssl/err.h>
#include <stdlib.h>

#include "ovmf-snp/claims.h"

extern const struct evidence_format ovmf_snp_evidence;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void read_alone(struct bytes in)
{
	struct buf out = BUF(4096);
	struct snp_report r;
	struct err e = {0};

	if (snp_report_read(&r, in, &e)) {
		snp_report_write(&out, &r);
		must_be(bytes_equal(buf_bytes(&out), in));
	} else {
		must_be(e.reason == REASON_FORMAT || e.reason == REASON_VERSION);
	}
	buf_free(&out);
}

static void show(const struct claims *c)
{
	struct buf text = BUF(1u << 20), json = BUF(1u << 20);
	struct json_out w = json_out(&json, false);
	struct policy p = policy_strict();
	struct verdict v = {0};
	struct err e = {0};
	struct json j;

	must_be(snp_policy(c, &p, &v, &e));
	snp_claims_text(c, &text);
	json_open(&w, '{');
	snp_claims_json(c, &w);
	json_close(&w, '}');
	must_be(buf_done(&text, "text", &e) && buf_done(&json, "json", &e));
	must_be(json_read(&j, buf_bytes(&json), 0, &e));
	json_free(&j);
	buf_free(&text);
	buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct evidence_request q = {.evidence = bytes_of(data, size), .when = {CLOCK_NONE, 0}};
	struct claims *c = NULL;
	struct verdict v = {0};
	struct err e = {0};

	read_alone(q.evidence);
	must_be(ovmf_snp_evidence.bid(q.evidence) >= 0);
	if (ovmf_snp_evidence.authenticate(&q, &c, &v, &e)) {
		struct err decided = {0};

		must_be(!verdict_decide(&v, &decided));
		if (c)
			show(c);
	} else {
		must_be(err_is(&e) && !c);
	}
	claims_free(&c);
	must_be(ERR_peek_error() == 0);
	return 0;
}
