/*
 * Any bytes as COSE_Sign1: what is read is written back the same, and its Sig_structure is CBOR in
 * the strictest form.
 */
#include <stdlib.h>

#include "measure/core/cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf again = BUF(size + 16), tbs = BUF(size + 64);
	struct cose_sign1 s = {0};
	struct err e = {0};

	if (!cose_sign1_read(bytes_of(data, size), 0, &s, &e)) {
		must_be(err_is(&e) && e.at && e.offset <= size && !s.rs.p);
		return 0;
	}
	must_be(!err_is(&e) && s.rs.n == cose_rs_len(s.alg));
	cose_sign1_write(&again, &s);
	must_be(bytes_equal(buf_bytes(&again), bytes_of(data, size)));
	cose_tbs(&tbs, s.alg, s.payload);
	must_be(cbor_scan(buf_bytes(&tbs), 0, CBOR_STRICT, 5, &e));
	buf_free(&again);
	buf_free(&tbs);
	return 0;
}
