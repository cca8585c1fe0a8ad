/*
 * Any bytes as the certificate of a report-signing key, and as a list of revoked certificates. No
 * reader fails but in its own words; what a certificate says has its limits; nothing is left in
 * OpenSSL's error queue.
 */
#include <openssl/err.h>
#include <stdlib.h>

#include "measure/core/x509_crl.h"
#include "ovmf-snp/vek_chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void read_vek(struct bytes in)
{
	struct snp_pool pool = {0}, none = {0};
	struct snp_chain_rules rules = {&pool, &none, false, 0, NULL};
	struct snp_chain chain;
	struct snp_vek v;
	struct err e = {0}, no = {0};

	if (!snp_pool_add(&pool, in, &e)) {
		must_be(err_is(&e));
		snp_pool_free(&pool);
		return;
	}
	if (!snp_vek_read(&v, pool.cert[0], &e))
		must_be(e.reason == REASON_CHAIN);
	must_be(v.hwid_len <= SNP_HWID_MAX && v.tcb.snp >= -1 && v.tcb.snp <= 255);
	must_be(snp_pool_add_own(&pool, snp_product(SNP_MILAN), v.kind, &no));
	if (snp_chain_make(&chain, pool.cert[0], &v, &rules, &no))
		must_be(chain.finding[0].link == REASON_CHAIN || chain.trusted);
	else
		must_be(no.reason == REASON_COLLATERAL);
	snp_pool_free(&pool);
}

static void read_list(struct bytes in)
{
	struct x509_crl *list = NULL;
	struct err e = {0};

	if (!x509_crl_read(&list, in, &e))
		must_be(e.reason == REASON_CRL || e.reason == REASON_LIMIT ||
			e.reason == REASON_TRAILING);
	else
		must_be(x509_crl_next_update(list) != INT64_MAX);
	x509_crl_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_vek(bytes_of(data, size));
	read_list(bytes_of(data, size));
	must_be(ERR_peek_error() == 0);
	return 0;
}
