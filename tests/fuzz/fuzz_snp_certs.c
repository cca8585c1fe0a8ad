/*
 * Any bytes as the certificate table behind a report. What is read lies within the bytes, nothing
 * of it twice; written again and read it is the same certificates.
 */
#include <stdlib.h>

#include "ovmf-snp/certs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void same(const struct snp_certs *t)
{
	struct buf out = BUF(1u << 20);
	struct snp_certs again;
	struct err e = {0};

	snp_certs_write(&out, t);
	must_be(buf_done(&out, "table", &e));
	must_be(snp_certs_read(&again, buf_bytes(&out), 0, &e) && again.n == t->n);
	for (size_t i = 0; i < t->n; i++)
		must_be(bytes_equal(again.entry[i].cert, t->entry[i].cert) &&
			again.entry[i].kind == t->entry[i].kind);
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snp_certs t;
	struct err e = {0};
	size_t sum = 0;

	if (!snp_certs_read(&t, bytes_of(data, size), 0, &e)) {
		must_be(e.reason == REASON_FORMAT && e.text[0]);
		return 0;
	}
	for (size_t i = 0; i < t.n; i++) {
		must_be(t.entry[i].cert.p >= data &&
			t.entry[i].cert.p + t.entry[i].cert.n <= data + size);
		sum += t.entry[i].cert.n;
	}
	must_be(sum <= size);
	if (sum + (t.n + 1) * SNP_CERTS_ENTRY <= SNP_CERTS_SIZE)
		same(&t);
	return 0;
}
