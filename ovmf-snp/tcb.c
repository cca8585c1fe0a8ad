#include "ovmf-snp/tcb.h"

const struct snp_tcb_part snp_tcb_parts[SNP_TCB_PARTS] = {
	{"fmc", offsetof(struct tcb, fmc)},	{"bl", offsetof(struct tcb, bl)},
	{"tee", offsetof(struct tcb, tee)},	{"snp", offsetof(struct tcb, snp)},
	{"ucode", offsetof(struct tcb, ucode)},
};

/* Which part each byte holds, lowest first; NULL is reserved. */
static const char *const layout[2][8] = {
	{"bl", "tee", NULL, NULL, NULL, NULL, "snp", "ucode"},
	{"fmc", "bl", "tee", "snp", NULL, NULL, NULL, "ucode"},
};

int16_t snp_tcb_get(const struct tcb *t, size_t part)
{
	int16_t value;

	memcpy(&value, (const uint8_t *)t + snp_tcb_parts[part].at, sizeof(value));
	return value;
}

void snp_tcb_set(struct tcb *t, size_t part, int16_t value)
{
	memcpy((uint8_t *)t + snp_tcb_parts[part].at, &value, sizeof(value));
}

static size_t part_of(const char *name)
{
	size_t i = 0;

	while (strcmp(snp_tcb_parts[i].name, name) != 0)
		i++;
	return i;
}

bool snp_tcb_decode(const struct snp_product *p, uint64_t raw, struct tcb *out)
{
	const char *const *names = layout[p && p->fmc];
	bool clean = true;

	*out = TCB_NONE;
	for (unsigned i = 0; i < 8; i++) {
		uint8_t byte = (uint8_t)(raw >> 8 * i);

		if (names[i])
			snp_tcb_set(out, part_of(names[i]), byte);
		else
			clean = clean && byte == 0;
	}
	return clean;
}

uint64_t snp_tcb_encode(const struct snp_product *p, const struct tcb *t)
{
	const char *const *names = layout[p && p->fmc];
	uint64_t raw = 0;

	for (unsigned i = 0; i < 8; i++)
		if (names[i])
			raw |= (uint64_t)(uint8_t)snp_tcb_get(t, part_of(names[i])) << 8 * i;
	return raw;
}

void snp_tcb_text(const struct tcb *t, struct buf *out)
{
	const char *comma = "";

	for (size_t i = 0; i < SNP_TCB_PARTS; i++)
		if (snp_tcb_get(t, i) >= 0) {
			buf_fmt(out, "%s%s %d", comma, snp_tcb_parts[i].name, snp_tcb_get(t, i));
			comma = ", ";
		}
}

/*
 * AMD-SB-3019 (CVE-2024-56161, forged microcode) demands microcode and SNP firmware; AMD-SB-3020
 * (CVE-2025-0033, the RMP table) newer ones. Both name SPL values and microcode revisions, whose
 * lowest byte is the part `ucode`. Stepping 2 are the parts with stacked caches.
 */
#define SB_3019 "AMD-SB-3019 of 2025-02"
#define SB_3020 "AMD-SB-3020 of 2025-10"
#define AT_LEAST(snp_spl, ucode_spl)                                               \
	{                                                                          \
		.bl = -1, .tee = -1, .fmc = -1, .snp = snp_spl, .ucode = ucode_spl \
	}

static const struct snp_floor floors[] = {
	{SNP_MILAN, 0x19, 0x00, 0x0f, 1, AT_LEAST(0x18, 0xdb), SB_3019},
	{SNP_MILAN, 0x19, 0x00, 0x0f, 2, AT_LEAST(0x18, 0x44), SB_3019},
	{SNP_GENOA, 0x19, 0x10, 0x1f, 1, AT_LEAST(0x17, 0x54), SB_3019},
	{SNP_GENOA, 0x19, 0x10, 0x1f, 2, AT_LEAST(0x17, 0x4f), SB_3019},
	{SNP_GENOA, 0x19, 0xa0, 0xaf, 2, AT_LEAST(0x17, 0x19), SB_3019},
	{SNP_GENOA, 0x19, 0x10, 0x1f, 1, AT_LEAST(0x1b, 0x56), SB_3020},
	{SNP_GENOA, 0x19, 0x10, 0x1f, 2, AT_LEAST(0x1b, 0x51), SB_3020},
	{SNP_TURIN, 0x1a, 0x00, 0x0f, 1, AT_LEAST(0x04, 0x50), SB_3020},
};

const struct snp_floor *snp_floor_next(const uint8_t cpuid[3], size_t *i)
{
	while (*i < sizeof(floors) / sizeof(floors[0])) {
		const struct snp_floor *f = &floors[(*i)++];

		if (f->family == cpuid[0] && cpuid[1] >= f->model_from && cpuid[1] <= f->model_to &&
		    f->stepping == cpuid[2])
			return f;
	}
	return NULL;
}
