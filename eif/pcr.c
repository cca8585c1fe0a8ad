#include "eif/pcr.h"

#include "measure/base/file.h"
#include "measure/core/hash.h"

static const uint8_t zeros[EIF_PCR_LEN];

const char *const eif_register[EIF_REGISTERS] = {"PCR0", "PCR1", "PCR2"};

unsigned eif_register_mask(unsigned section_type, unsigned ramdisks)
{
	const unsigned all = 1u << 0, boot = 1u << 1, application = 1u << 2;

	if (section_type == EIF_SECTION_KERNEL || section_type == EIF_SECTION_CMDLINE)
		return all | boot;
	if (section_type == EIF_SECTION_RAMDISK)
		return all | (ramdisks == 0 ? boot : application);
	return 0;
}

bool eif_registers_put(struct mset *m, const struct digest *pcr, size_t n, struct err *e)
{
	for (size_t i = 0; i < n && i < EIF_REGISTERS; i++)
		if (!mset_put(m, eif_register[i], &pcr[i], e))
			return false;
	return true;
}

bool eif_pcr_extend(const struct digest *content, struct digest *pcr, struct err *e)
{
	return hash_of_two(DIGEST_SHA384, bytes_of(zeros, sizeof(zeros)), digest_bytes(content),
			   pcr, e);
}

bool eif_pcr_of(struct bytes content, struct digest *pcr, struct err *e)
{
	struct digest d;

	return hash_of(DIGEST_SHA384, content, &d, e) && eif_pcr_extend(&d, pcr, e);
}

bool eif_pcr_of_string(struct bytes s, struct digest *pcr, struct err *e)
{
	return hash_of_two(DIGEST_SHA384, bytes_of(zeros, sizeof(zeros)), s, pcr, e);
}

bool eif_pcr_of_certificate(const struct x509 *cert, struct digest *pcr, struct err *e)
{
	return eif_pcr_of(x509_der(cert), pcr, e);
}

bool eif_pcr_of_file(const char *path, struct digest *pcr, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA384, e);
	uint8_t piece[65536];
	struct digest d;
	size_t got = sizeof(piece);

	if (!h || !file_open(&f, path, e))
		return false;
	while (got == sizeof(piece))
		if (!file_read(&f, (struct span){piece, sizeof(piece)}, &got, e) ||
		    !hash_add(h, bytes_of(piece, got), e))
			return false;
	return hash_peek(h, &d, e) && eif_pcr_extend(&d, pcr, e);
}
