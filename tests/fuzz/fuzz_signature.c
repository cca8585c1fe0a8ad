/*
 * Any bytes as the signature section of an EIF: what is read is written back the same; and it
 * holds, or does not, but nothing else.
 */
#include <openssl/err.h>
#include <stdlib.h>

#include "eif/signature.h"

#define BASE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check(const struct eif_signature *s, const uint8_t pcr0[48])
{
	struct err e = {0};

	must_be(eif_signature_check(s, pcr0, &e) ? !err_is(&e) : e.reason == REASON_SIGNATURE);
	must_be(ERR_peek_error() == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zero[48];
	struct buf again = BUF(EIF_SIGNATURE_MAX);
	struct eif_signature s = {0};
	struct err e = {0};

	if (!eif_signature_read(&s, bytes_of(data, size), BASE, &e)) {
		must_be(reason_class(e.reason) == EXIT_CLASS_MALFORMED && ERR_peek_error() == 0);
		must_be(!e.at || (e.offset >= BASE && e.offset <= BASE + size));
		must_be(!s.cert && !s.pem.p);
		return 0;
	}
	must_be(!err_is(&e));
	eif_signature_write(&again, buf_bytes(&s.pem), s.sign1.alg, s.pcr0, s.sign1.rs);
	must_be(bytes_equal(buf_bytes(&again), bytes_of(data, size)));
	check(&s, s.pcr0);
	check(&s, zero);
	buf_free(&again);
	eif_signature_free(&s);
	return 0;
}
