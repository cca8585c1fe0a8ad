#include "ovmf-snp/claims.h"

#include <stdio.h>

#include "measure/base/hex.h"
#include "ovmf-snp/tcb.h"

/* Where each field stands in the report, by its name in the specification. */
static const struct field {
	const char *name;
	size_t at, n;
} fields[] = {
	{"VERSION", 0x000, 4},
	{"GUEST_SVN", 0x004, 4},
	{"POLICY", 0x008, 8},
	{"FAMILY_ID", 0x010, 16},
	{"IMAGE_ID", 0x020, 16},
	{"VMPL", 0x030, 4},
	{"SIGNATURE_ALGO", 0x034, 4},
	{"CURRENT_TCB", 0x038, 8},
	{"PLATFORM_INFO", 0x040, 8},
	{"REPORT_DATA", 0x050, 64},
	{"MEASUREMENT", 0x090, 48},
	{"HOST_DATA", 0x0c0, 32},
	{"ID_KEY_DIGEST", 0x0e0, 48},
	{"AUTHOR_KEY_DIGEST", 0x110, 48},
	{"REPORT_ID", 0x140, 32},
	{"REPORT_ID_MA", 0x160, 32},
	{"REPORTED_TCB", 0x180, 8},
	{"CPUID_FAM_ID", 0x188, 1},
	{"CPUID_MOD_ID", 0x189, 1},
	{"CPUID_STEP", 0x18a, 1},
	{"CHIP_ID", 0x1a0, 64},
	{"COMMITTED_TCB", 0x1e0, 8},
	{"LAUNCH_TCB", 0x1f0, 8},
	{"LAUNCH_MIT_VECTOR", 0x1f8, 8},
	{"CURRENT_MIT_VECTOR", 0x200, 8},
};

bool snp_claims_field(const struct claims *c, const char *name, struct bytes *v)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(fields[i].name, name) == 0) {
			*v = bytes_of(snp_claims(c)->bytes.p + fields[i].at, fields[i].n);
			return true;
		}
	return false;
}

/* ---- for people */

static void hex_line(struct buf *out, const char *name, const uint8_t *p, size_t n)
{
	buf_fmt(out, "%-19s  ", name);
	hex_put(out, bytes_of(p, n));
	buf_str(out, "\n");
}

static void tcb_line(struct buf *out, const char *name, const struct tcb *t)
{
	buf_fmt(out, "%-19s  ", name);
	snp_tcb_text(t, out);
	buf_str(out, "\n");
}

/* The number, then the names of the bits that are set, those without one by their number. */
static void bits_line(struct buf *out, const char *name, uint64_t value, const struct snp_bit *bits)
{
	buf_fmt(out, "%-19s  0x%llx", name, (unsigned long long)value);
	for (unsigned i = 0; i < 64; i++) {
		const struct snp_bit *b = bits;

		while (b->name && b->bit != i)
			b++;
		if (!(value >> i & 1) || (bits == snp_policy_bits && (i < 16 || i == 17)))
			continue;
		if (b->name)
			buf_fmt(out, " %s", b->name);
		else
			buf_fmt(out, " bit-%u", i);
	}
	buf_str(out, "\n");
}

static void firmware_line(struct buf *out, const char *name, const struct snp_firmware *f)
{
	buf_fmt(out, "%-19s  %u.%u.%u\n", name, f->major, f->minor, f->build);
}

static void processor_lines(const struct claims *c, struct buf *out)
{
	const struct snp_claims *own = snp_claims(c);
	const struct snp_report *r = &own->report;

	buf_fmt(out, "%-19s  %s\n", "product", c->product[0] ? c->product : "unknown");
	if (r->version >= SNP_VERSION_CPUID)
		buf_fmt(out, "%-19s  family 0x%02x, model 0x%02x, stepping %u\n", "CPUID",
			r->cpuid_fam_id, r->cpuid_mod_id, r->cpuid_step);
	buf_fmt(out, "%-19s  %s\n", "SIGNING_KEY", snp_key_name(r->signing_key));
	if (own->vek.csp_id[0])
		buf_fmt(out, "%-19s  %s\n", "provider", own->vek.csp_id);
	hex_line(out, "CHIP_ID", r->chip_id, sizeof(r->chip_id));
	tcb_line(out, "REPORTED_TCB", &own->reported);
	tcb_line(out, "CURRENT_TCB", &own->current);
	tcb_line(out, "COMMITTED_TCB", &own->committed);
	tcb_line(out, "LAUNCH_TCB", &own->launch);
	firmware_line(out, "current firmware", &r->current);
	firmware_line(out, "committed firmware", &r->committed);
	bits_line(out, "PLATFORM_INFO", r->platform_info, snp_platform_bits);
	if (r->version >= SNP_VERSION_MITIGATION)
		buf_fmt(out, "%-19s  0x%llx at launch, 0x%llx now\n", "mitigations",
			(unsigned long long)r->launch_mit_vector,
			(unsigned long long)r->current_mit_vector);
}

void snp_claims_text(const struct claims *c, struct buf *out)
{
	const struct snp_report *r = &snp_claims(c)->report;

	buf_fmt(out, "%-19s  %u\n", "VERSION", r->version);
	hex_line(out, "MEASUREMENT", r->measurement, sizeof(r->measurement));
	hex_line(out, "REPORT_DATA", r->report_data, sizeof(r->report_data));
	hex_line(out, "HOST_DATA", r->host_data, sizeof(r->host_data));
	buf_fmt(out, "%-19s  %u\n", "VMPL", r->vmpl);
	bits_line(out, "POLICY", r->policy, snp_policy_bits);
	buf_fmt(out, "%-19s  %llu.%llu\n", "least ABI", (unsigned long long)(r->policy >> 8 & 0xff),
		(unsigned long long)(r->policy & 0xff));
	buf_fmt(out, "%-19s  %u\n", "GUEST_SVN", r->guest_svn);
	hex_line(out, "FAMILY_ID", r->family_id, sizeof(r->family_id));
	hex_line(out, "IMAGE_ID", r->image_id, sizeof(r->image_id));
	hex_line(out, "ID_KEY_DIGEST", r->id_key_digest, sizeof(r->id_key_digest));
	if (r->author_key_en)
		hex_line(out, "AUTHOR_KEY_DIGEST", r->author_key_digest,
			 sizeof(r->author_key_digest));
	hex_line(out, "REPORT_ID", r->report_id, sizeof(r->report_id));
	hex_line(out, "REPORT_ID_MA", r->report_id_ma, sizeof(r->report_id_ma));
	processor_lines(c, out);
}

/* ---- for programs */

static void hex_member(struct json_out *w, const char *key, const uint8_t *p, size_t n)
{
	json_key(w, key);
	json_hex(w, bytes_of(p, n));
}

/* 64 bits are more than many a reader of JSON numbers holds. */
static void word(struct json_out *w, const char *key, uint64_t x)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)x);
	json_key(w, key);
	json_str(w, text);
}

static void tcb(struct json_out *w, const char *key, const struct tcb *t)
{
	json_key(w, key);
	json_open(w, '{');
	for (size_t i = 0; i < SNP_TCB_PARTS; i++)
		if (snp_tcb_get(t, i) >= 0)
			json_count(w, snp_tcb_parts[i].name, (uint64_t)snp_tcb_get(t, i));
	json_close(w, '}');
}

static void firmware(struct json_out *w, const char *key, const struct snp_firmware *f)
{
	char text[32];

	snprintf(text, sizeof(text), "%u.%u.%u", f->major, f->minor, f->build);
	json_key(w, key);
	json_str(w, text);
}

static void processor(const struct snp_claims *own, struct json_out *w)
{
	const struct snp_report *r = &own->report;

	if (r->version >= SNP_VERSION_CPUID) {
		json_count(w, "cpuid_fam_id", r->cpuid_fam_id);
		json_count(w, "cpuid_mod_id", r->cpuid_mod_id);
		json_count(w, "cpuid_step", r->cpuid_step);
	}
	json_key(w, "signing_key");
	json_str(w, snp_key_name(r->signing_key));
	json_key(w, "mask_chip_key");
	json_bool(w, r->mask_chip_key);
	hex_member(w, "chip_id", r->chip_id, sizeof(r->chip_id));
	tcb(w, "reported_tcb", &own->reported);
	tcb(w, "current_tcb", &own->current);
	tcb(w, "committed_tcb", &own->committed);
	tcb(w, "launch_tcb", &own->launch);
	firmware(w, "current_firmware", &r->current);
	firmware(w, "committed_firmware", &r->committed);
	word(w, "platform_info", r->platform_info);
	if (r->version >= SNP_VERSION_MITIGATION) {
		word(w, "launch_mit_vector", r->launch_mit_vector);
		word(w, "current_mit_vector", r->current_mit_vector);
	}
	if (own->vek.csp_id[0]) {
		json_key(w, "csp_id");
		json_str(w, own->vek.csp_id);
	}
}

void snp_claims_json(const struct claims *c, struct json_out *w)
{
	const struct snp_report *r = &snp_claims(c)->report;

	json_count(w, "version", r->version);
	json_key(w, "product");
	if (c->product[0])
		json_str(w, c->product);
	else
		json_null(w);
	hex_member(w, "measurement", r->measurement, sizeof(r->measurement));
	hex_member(w, "report_data", r->report_data, sizeof(r->report_data));
	hex_member(w, "host_data", r->host_data, sizeof(r->host_data));
	json_count(w, "vmpl", r->vmpl);
	word(w, "policy", r->policy);
	json_count(w, "guest_svn", r->guest_svn);
	hex_member(w, "family_id", r->family_id, sizeof(r->family_id));
	hex_member(w, "image_id", r->image_id, sizeof(r->image_id));
	hex_member(w, "id_key_digest", r->id_key_digest, sizeof(r->id_key_digest));
	json_key(w, "author_key_en");
	json_bool(w, r->author_key_en);
	hex_member(w, "author_key_digest", r->author_key_digest, sizeof(r->author_key_digest));
	hex_member(w, "report_id", r->report_id, sizeof(r->report_id));
	hex_member(w, "report_id_ma", r->report_id_ma, sizeof(r->report_id_ma));
	processor(snp_claims(c), w);
}
