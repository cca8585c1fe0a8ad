#include "ovmf-snp/report.h"

#include "measure/base/cur.h"

const struct snp_bit snp_policy_bits[] = {
	{16, "SMT"},
	{18, "MIGRATE_MA"},
	{19, "DEBUG"},
	{20, "SINGLE_SOCKET"},
	{21, "CXL_ALLOW"},
	{22, "MEM_AES_256_XTS"},
	{23, "RAPL_DIS"},
	{24, "CIPHERTEXT_HIDING_DRAM"},
	{25, "PAGE_SWAP_DISABLE"},
	{0, NULL},
};

const struct snp_bit snp_platform_bits[] = {
	{0, "SMT_EN"},
	{1, "TSME_EN"},
	{2, "ECC_EN"},
	{3, "RAPL_DIS"},
	{4, "CIPHERTEXT_HIDING_DRAM_EN"},
	{5, "ALIAS_CHECK_COMPLETE"},
	{7, "TIO_EN"},
	{0, NULL},
};

/* SEC 2, version 2.0, section 2.5.1: the order of the curve. */
static const uint8_t order[SNP_COMPONENT] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2,
	0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
};

uint64_t snp_platform_known(void)
{
	uint64_t known = 0;

	for (const struct snp_bit *b = snp_platform_bits; b->name; b++)
		known |= 1ull << b->bit;
	return known;
}

/* ---- reading */

static void bytes_read(struct cur *c, uint8_t *to, size_t n, const char *field)
{
	struct bytes b = cur_take(c, n, field);

	if (b.n > 0)
		memcpy(to, b.p, b.n);
}

static void zero_read(struct cur *c, size_t n)
{
	uint64_t at = cur_at(c);
	struct bytes b = cur_take(c, n, "reserved");

	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] != 0) {
			cur_fail(c, REASON_FORMAT, at + i,
				 "reserved byte 0x%03llx is 0x%02x and must be zero",
				 (unsigned long long)(at + i), b.p[i]);
			return;
		}
}

static void version_read(struct cur *c, struct snp_report *r)
{
	r->version = cur_le32(c, "VERSION");
	if (cur_ok(c) && (r->version < SNP_VERSION_MIN || r->version > SNP_VERSION_MAX))
		cur_fail(c, REASON_VERSION, 0,
			 "the version of the report is %u; known are %u to %u", r->version,
			 SNP_VERSION_MIN, SNP_VERSION_MAX);
}

static void policy_read(struct cur *c, struct snp_report *r)
{
	uint64_t at = cur_at(c);

	r->policy = cur_le64(c, "POLICY");
	if (cur_ok(c) && !(r->policy & SNP_POLICY_ONE))
		cur_fail(c, REASON_FORMAT, at, "bit 17 of POLICY 0x%llx is 0 and must be 1",
			 (unsigned long long)r->policy);
	else if (r->policy & ~SNP_POLICY_KNOWN)
		cur_fail(c, REASON_FORMAT, at,
			 "POLICY is 0x%llx, and its bits 63:26 are reserved and must be zero",
			 (unsigned long long)r->policy);
}

static void keys_read(struct cur *c, struct snp_report *r)
{
	uint64_t at = cur_at(c);
	uint32_t bits = cur_le32(c, "SIGNING_KEY");
	uint32_t key = bits >> 2 & 7;

	if (bits >> 5)
		cur_fail(c, REASON_FORMAT, at,
			 "the word at 0x048 is 0x%x, and its bits 31:5 are reserved and must be "
			 "zero",
			 bits);
	else if (key != SNP_KEY_VCEK && key != SNP_KEY_VLEK && key != SNP_KEY_NONE)
		cur_fail(c, REASON_FORMAT, at, "SIGNING_KEY is %u; known are 0, 1 and 7", key);
	r->author_key_en = bits & 1;
	r->mask_chip_key = bits >> 1 & 1;
	r->signing_key = (enum snp_signing_key)key;
}

static void firmware_read(struct cur *c, struct snp_firmware *f, const char *field)
{
	f->build = cur_u8(c, field);
	f->minor = cur_u8(c, field);
	f->major = cur_u8(c, field);
	zero_read(c, 1);
}

static void cpuid_read(struct cur *c, struct snp_report *r)
{
	r->cpuid_fam_id = r->cpuid_mod_id = r->cpuid_step = 0;
	if (r->version < SNP_VERSION_CPUID) {
		zero_read(c, 24);
		return;
	}
	r->cpuid_fam_id = cur_u8(c, "CPUID_FAM_ID");
	r->cpuid_mod_id = cur_u8(c, "CPUID_MOD_ID");
	r->cpuid_step = cur_u8(c, "CPUID_STEP");
	zero_read(c, 21);
}

static void mitigation_read(struct cur *c, struct snp_report *r)
{
	r->launch_mit_vector = r->current_mit_vector = 0;
	if (r->version < SNP_VERSION_MITIGATION) {
		zero_read(c, 168);
		return;
	}
	r->launch_mit_vector = cur_le64(c, "LAUNCH_MIT_VECTOR");
	r->current_mit_vector = cur_le64(c, "CURRENT_MIT_VECTOR");
	zero_read(c, 152);
}

/* From REPORT_DATA to REPORT_ID_MA: what guest and host gave, and what was measured. */
static void identity_read(struct cur *c, struct snp_report *r)
{
	bytes_read(c, r->report_data, sizeof(r->report_data), "REPORT_DATA");
	bytes_read(c, r->measurement, sizeof(r->measurement), "MEASUREMENT");
	bytes_read(c, r->host_data, sizeof(r->host_data), "HOST_DATA");
	bytes_read(c, r->id_key_digest, sizeof(r->id_key_digest), "ID_KEY_DIGEST");
	bytes_read(c, r->author_key_digest, sizeof(r->author_key_digest), "AUTHOR_KEY_DIGEST");
	bytes_read(c, r->report_id, sizeof(r->report_id), "REPORT_ID");
	bytes_read(c, r->report_id_ma, sizeof(r->report_id_ma), "REPORT_ID_MA");
}

bool snp_report_read(struct snp_report *r, struct bytes in, struct err *e)
{
	struct cur c = cur_new(in, 0, e);

	if (in.n != SNP_REPORT_SIZE)
		return err_set(e, REASON_FORMAT, "a report has %u bytes, this one has %zu",
			       SNP_REPORT_SIZE, in.n);
	version_read(&c, r);
	r->guest_svn = cur_le32(&c, "GUEST_SVN");
	policy_read(&c, r);
	bytes_read(&c, r->family_id, sizeof(r->family_id), "FAMILY_ID");
	bytes_read(&c, r->image_id, sizeof(r->image_id), "IMAGE_ID");
	r->vmpl = cur_le32(&c, "VMPL");
	r->signature_algo = cur_le32(&c, "SIGNATURE_ALGO");
	r->current_tcb = cur_le64(&c, "CURRENT_TCB");
	r->platform_info = cur_le64(&c, "PLATFORM_INFO");
	keys_read(&c, r);
	zero_read(&c, 4);
	identity_read(&c, r);
	r->reported_tcb = cur_le64(&c, "REPORTED_TCB");
	cpuid_read(&c, r);
	bytes_read(&c, r->chip_id, sizeof(r->chip_id), "CHIP_ID");
	r->committed_tcb = cur_le64(&c, "COMMITTED_TCB");
	firmware_read(&c, &r->current, "CURRENT_BUILD");
	firmware_read(&c, &r->committed, "COMMITTED_BUILD");
	r->launch_tcb = cur_le64(&c, "LAUNCH_TCB");
	mitigation_read(&c, r);
	bytes_read(&c, r->signature_r, sizeof(r->signature_r), "SIGNATURE");
	bytes_read(&c, r->signature_s, sizeof(r->signature_s), "SIGNATURE");
	zero_read(&c, 368);
	return cur_end(&c, "the report");
}

/* ---- writing */

static void le(struct buf *out, uint64_t x, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		buf_u8(out, (uint8_t)(x >> 8 * i));
}

static void firmware_write(struct buf *out, const struct snp_firmware *f)
{
	buf_u8(out, f->build);
	buf_u8(out, f->minor);
	buf_u8(out, f->major);
	buf_zero(out, 1);
}

static void cpuid_write(struct buf *out, const struct snp_report *r)
{
	buf_u8(out, r->cpuid_fam_id);
	buf_u8(out, r->cpuid_mod_id);
	buf_u8(out, r->cpuid_step);
	buf_zero(out, 21);
}

static void mitigation_write(struct buf *out, const struct snp_report *r)
{
	le(out, r->launch_mit_vector, 8);
	le(out, r->current_mit_vector, 8);
	buf_zero(out, 152);
}

static void identity_write(struct buf *out, const struct snp_report *r)
{
	buf_put(out, bytes_of(r->report_data, sizeof(r->report_data)));
	buf_put(out, bytes_of(r->measurement, sizeof(r->measurement)));
	buf_put(out, bytes_of(r->host_data, sizeof(r->host_data)));
	buf_put(out, bytes_of(r->id_key_digest, sizeof(r->id_key_digest)));
	buf_put(out, bytes_of(r->author_key_digest, sizeof(r->author_key_digest)));
	buf_put(out, bytes_of(r->report_id, sizeof(r->report_id)));
	buf_put(out, bytes_of(r->report_id_ma, sizeof(r->report_id_ma)));
}

void snp_report_write(struct buf *out, const struct snp_report *r)
{
	le(out, r->version, 4);
	le(out, r->guest_svn, 4);
	le(out, r->policy, 8);
	buf_put(out, bytes_of(r->family_id, sizeof(r->family_id)));
	buf_put(out, bytes_of(r->image_id, sizeof(r->image_id)));
	le(out, r->vmpl, 4);
	le(out, r->signature_algo, 4);
	le(out, r->current_tcb, 8);
	le(out, r->platform_info, 8);
	le(out, r->author_key_en | (uint64_t)r->mask_chip_key << 1 | (uint64_t)r->signing_key << 2,
	   4);
	buf_zero(out, 4);
	identity_write(out, r);
	le(out, r->reported_tcb, 8);
	cpuid_write(out, r);
	buf_put(out, bytes_of(r->chip_id, sizeof(r->chip_id)));
	le(out, r->committed_tcb, 8);
	firmware_write(out, &r->current);
	firmware_write(out, &r->committed);
	le(out, r->launch_tcb, 8);
	mitigation_write(out, r);
	buf_put(out, bytes_of(r->signature_r, sizeof(r->signature_r)));
	buf_put(out, bytes_of(r->signature_s, sizeof(r->signature_s)));
	buf_zero(out, 368);
}

/* ---- the signature */

static bool component(uint8_t *to, const uint8_t from[72], const char *name, struct err *e)
{
	for (unsigned i = 0; i < SNP_COMPONENT; i++)
		to[i] = from[SNP_COMPONENT - 1 - i];
	if (!bytes_zero(bytes_of(from + SNP_COMPONENT, 72 - SNP_COMPONENT)))
		return err_set(e, REASON_SIGNATURE, "%s of the signature has more than %u bytes",
			       name, SNP_COMPONENT);
	if (bytes_zero(bytes_of(to, SNP_COMPONENT)))
		return err_set(e, REASON_SIGNATURE, "%s of the signature is 0", name);
	if (memcmp(to, order, SNP_COMPONENT) >= 0)
		return err_set(e, REASON_SIGNATURE,
			       "%s of the signature is not below the order of the curve", name);
	return true;
}

bool snp_report_signature(const struct snp_report *r, uint8_t rs[2 * SNP_COMPONENT], struct err *e)
{
	return component(rs, r->signature_r, "r", e) &&
	       component(rs + SNP_COMPONENT, r->signature_s, "s", e);
}
