/*
 * The attestation report of SEV-SNP (1184 bytes, little-endian), versions 2 to 5. Reading takes no
 * bytes but those that the version defines: whatever is reserved must be zero, so that what is read
 * and written again is the same. What the fields say is judged in evidence.c and policy.c.
 * Source: AMD, "SEV Secure Nested Paging Firmware ABI Specification", publication 56860, revision
 * 1.58, chapter 7.3, table 23 ATTESTATION_REPORT; POLICY in table 9, PLATFORM_INFO in table 24,
 * SIGNATURE in chapter 10. Version 3 added the CPUID fields, version 5 the mitigation vectors.
 */
#ifndef OVMF_SNP_REPORT_H
#define OVMF_SNP_REPORT_H

#include "measure/base/buf.h"

#define SNP_REPORT_SIZE 1184u
#define SNP_REPORT_SIGNED 0x2a0u /* the bytes in front of the signature are what is signed */
#define SNP_VERSION_MIN 2u
#define SNP_VERSION_CPUID 3u
#define SNP_VERSION_MITIGATION 5u
#define SNP_VERSION_MAX 5u
#define SNP_COMPONENT 48u /* of r and s, in the 72 bytes each has */
#define SNP_ECDSA_P384_SHA384 1u /* the only SIGNATURE_ALGO there is */

/* Bits of POLICY. */
#define SNP_POLICY_SMT (1ull << 16)
#define SNP_POLICY_ONE (1ull << 17) /* reserved, must be one */
#define SNP_POLICY_MIGRATE_MA (1ull << 18)
#define SNP_POLICY_DEBUG (1ull << 19)
#define SNP_POLICY_KNOWN 0x3ffffffull

/* How a bit of POLICY or PLATFORM_INFO is called. */
struct snp_bit {
	unsigned bit;
	const char *name;
};

/* Ends with a name that is NULL. */
extern const struct snp_bit snp_policy_bits[];
extern const struct snp_bit snp_platform_bits[];

/* The bits of PLATFORM_INFO that have a name. */
uint64_t snp_platform_known(void);

enum snp_signing_key { SNP_KEY_VCEK = 0, SNP_KEY_VLEK = 1, SNP_KEY_NONE = 7 };

/* CURRENT_BUILD and its neighbours. */
struct snp_firmware {
	uint8_t build, minor, major;
};

struct snp_report {
	uint32_t version;
	uint32_t guest_svn;
	uint64_t policy;
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t vmpl;
	uint32_t signature_algo;
	uint64_t current_tcb; /* tcb.h: whose bytes mean what depends on the product */
	uint64_t platform_info;
	bool author_key_en, mask_chip_key;
	enum snp_signing_key signing_key;
	uint8_t report_data[64];
	uint8_t measurement[48];
	uint8_t host_data[32];
	uint8_t id_key_digest[48];
	uint8_t author_key_digest[48];
	uint8_t report_id[32];
	uint8_t report_id_ma[32];
	uint64_t reported_tcb;
	uint8_t cpuid_fam_id, cpuid_mod_id, cpuid_step; /* 0 before version 3 */
	uint8_t chip_id[64];
	uint64_t committed_tcb;
	struct snp_firmware current, committed;
	uint64_t launch_tcb;
	uint64_t launch_mit_vector, current_mit_vector; /* 0 before version 5 */
	uint8_t signature_r[72], signature_s[72];
};

/* in: the report and nothing else. Errors: format, version. */
must bool snp_report_read(struct snp_report *r, struct bytes in, struct err *e);
void snp_report_write(struct buf *out, const struct snp_report *r);

/*
 * The signature as r||s, big-endian, 48 bytes each. Errors: signature, when a component is 0, not
 * below the order of P-384, or longer than 48 bytes.
 */
must bool snp_report_signature(const struct snp_report *r, uint8_t rs[2 * SNP_COMPONENT],
			       struct err *e);

#endif
