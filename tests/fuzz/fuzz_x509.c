/*
 * Any bytes as a certificate: as PEM when they begin with a dash, else as DER, by itself and inside
 * a PEM block. No certificate is a chain with itself. What is read is the same certificate for
 * OpenSSL's own reader of PEM; both JSON forms are JSON; a signature of zeros does not hold;
 * nothing is left in OpenSSL's error queue.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "measure/core/cose.h"
#include "measure/core/x509_chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void same_for_openssl(const struct x509 *x, struct bytes pem)
{
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *other = PEM_read_bio_X509(b, NULL, NULL, NULL);
	uint8_t *der = NULL;
	int n;

	must_be(other != NULL);
	n = i2d_X509(other, &der);
	must_be(n > 0 && bytes_equal(x509_der(x), bytes_of(der, (size_t)n)));
	OPENSSL_free(der);
	X509_free(other);
	BIO_free(b);
}

static void shown(const struct x509 *x, void (*show)(const struct x509 *, struct json_out *))
{
	struct buf out = BUF(1u << 22);
	struct json_out w = json_out(&out, true);
	struct err e = {0};
	struct json j;

	show(x, &w);
	must_be(buf_done(&out, "certificate", &e));
	must_be(json_read(&j, buf_bytes(&out), 0, &e));
	json_free(&j);
	buf_free(&out);
}

static void read_pem(struct bytes pem)
{
	static const uint8_t zeros[132];
	struct err e = {0}, no = {0};
	struct x509 *x = NULL;
	size_t used = 0;
	int64_t from, to;

	if (!x509_read_pem(&x, pem, &used, &e)) {
		must_be(err_is(&e) && !x && !used && ERR_peek_error() == 0);
		must_be(e.reason == REASON_CERTIFICATE || e.reason == REASON_LIMIT);
		must_be(!e.at || e.offset <= pem.n);
		return;
	}
	must_be(!err_is(&e) && used > 0 && used <= pem.n);
	must_be(x509_validity(x, &from, &to, &e));
	must_be(!x509_verify(x, pem, bytes_of(zeros, cose_rs_len(x509_alg(x))), &no));
	must_be(no.reason == REASON_SIGNATURE && ERR_peek_error() == 0);
	shown(x, x509_json);
	shown(x, x509_json_nitro_cli);
	same_for_openssl(x, bytes_of(pem.p, used));
	x509_free(&x);
}

/* In a chain with itself, which it can never be: a leaf is no CA, an issuer is one. */
static void read_der(struct bytes der)
{
	static const struct x509_rules rules = {
		.leaf_keys = 31, .issuer_keys = 31, .signatures = 31, .code_signing = true};
	struct x509_finding finding[2];
	struct err e = {0};
	struct x509 *x = NULL;

	if (!x509_read_der(&x, der, &e)) {
		must_be(err_is(&e) && !x && ERR_peek_error() == 0);
		return;
	}
	must_be(bytes_equal(x509_der(x), der));
	must_be(x509_pubkey(x) || x509_kind(x) == X509_RSA_4096);
	must_be(x509_chain_check((const struct x509 *const[]){x, x}, 2, &rules, finding, &e));
	must_be(x509_chain_fault(finding, 2) && finding[1].link == REASON_CHAIN);
	must_be(!err_is(&e) && ERR_peek_error() == 0);
	x509_free(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;
	BIO *b;
	long n;

	if (size && data[0] == '-') {
		read_pem(bytes_of(data, size));
		return 0;
	}
	read_der(bytes_of(data, size));
	b = BIO_new(BIO_s_mem());
	must_be(PEM_write_bio(b, "CERTIFICATE", "", data, (long)size) >= 0);
	n = BIO_get_mem_data(b, &text);
	read_pem(bytes_of(text, n > 0 ? (size_t)n : 0));
	BIO_free(b);
	return 0;
}
