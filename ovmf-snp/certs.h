/*
 * The certificate table behind a report (extended guest request): entries of GUID, offset and
 * length, ended by one of zeros; offsets count from the table's first byte. Reading explains each
 * byte: certificates stand behind the entries, none over another, and what is between and behind
 * them is zero (the host hands over whole pages). Certificates are borrowed from what was read.
 * Source: AMD publication 56421, "SEV-ES Guest-Hypervisor Communication Block Standardization"
 * (revision 2.03, section 4.1.8.1); the GUID of the revocation list is virtee's, that of the
 * platform's extra information Google's.
 */
#ifndef OVMF_SNP_CERTS_H
#define OVMF_SNP_CERTS_H

#include "measure/base/buf.h"

#define SNP_CERTS_MAX 16u /* entries */
#define SNP_CERTS_ENTRY 24u /* bytes */
#define SNP_CERTS_SIZE (64u * 1024) /* bytes of a table */

enum snp_cert_kind {
	SNP_CERT_VCEK,
	SNP_CERT_VLEK,
	SNP_CERT_ASK, /* or ASVK */
	SNP_CERT_ARK,
	SNP_CERT_CRL,
	SNP_CERT_EXTRA,
	SNP_CERT_KINDS,
	SNP_CERT_UNKNOWN = SNP_CERT_KINDS
};

struct snp_certs {
	size_t n;
	struct {
		enum snp_cert_kind kind;
		uint8_t guid[16];
		struct bytes cert;
	} entry[SNP_CERTS_MAX];
};

/* base: offset of the table in the file. Errors: format. */
must bool snp_certs_read(struct snp_certs *t, struct bytes in, uint64_t base, struct err *e);

/* The certificates one behind the other behind the entries; the GUIDs as they stand in t. */
void snp_certs_write(struct buf *out, const struct snp_certs *t);

/* Empty when the table has none of that kind. */
struct bytes snp_certs_get(const struct snp_certs *t, enum snp_cert_kind kind);

/* "VCEK", "VLEK", "ASK", "ARK", "CRL", "extra platform information", "unknown". */
const char *snp_cert_name(enum snp_cert_kind kind);
void snp_cert_guid(enum snp_cert_kind kind, uint8_t guid[16]); /* of those with a name */

#endif
