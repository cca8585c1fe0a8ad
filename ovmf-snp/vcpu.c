#include "ovmf-snp/vcpu.h"

#include <stdlib.h>
#include <strings.h>

#include "measure/base/text.h"

#define NAPLES 0x800f12
#define ROME 0x830f10
#define MILAN 0xa00f11
#define GENOA 0xa10f10
#define TURIN 0xb00f00

const struct vcpu_type vcpu_types[] = {
	{"EPYC", NAPLES},
	{"EPYC-v1", NAPLES},
	{"EPYC-v2", NAPLES},
	{"EPYC-IBPB", NAPLES},
	{"EPYC-v3", NAPLES},
	{"EPYC-v4", NAPLES},
	{"EPYC-v5", NAPLES},
	{"EPYC-Rome", ROME},
	{"EPYC-Rome-v1", ROME},
	{"EPYC-Rome-v2", ROME},
	{"EPYC-Rome-v3", ROME},
	{"EPYC-Rome-v4", ROME},
	{"EPYC-Rome-v5", ROME},
	{"EPYC-Milan", MILAN},
	{"EPYC-Milan-v1", MILAN},
	{"EPYC-Milan-v2", MILAN},
	{"EPYC-Milan-v3", MILAN},
	{"EPYC-Genoa", GENOA},
	{"EPYC-Genoa-v1", GENOA},
	{"EPYC-Genoa-v2", GENOA},
	{"EPYC-Turin", TURIN},
	{"EPYC-Turin-v1", TURIN},
	{NULL, 0},
};

#define TYPES (sizeof(vcpu_types) / sizeof(vcpu_types[0]))

bool vcpu_find(const char *name, const struct vcpu_type **out, struct err *e)
{
	const char *names[TYPES], *near;

	for (size_t i = 0; vcpu_types[i].name; i++)
		if (strcasecmp(vcpu_types[i].name, name) == 0) {
			*out = &vcpu_types[i];
			return true;
		}
	for (size_t i = 0; i < TYPES; i++)
		names[i] = vcpu_types[i].name;
	err_set(e, REASON_USAGE, "'%s' is no type of processor that is known", name);
	near = text_nearest(name, names);
	return near ? err_hint(e, "did you mean '%s'?", near) : false;
}

bool vcpu_signature(uint64_t family, uint64_t model, uint64_t stepping, uint32_t *out,
		    struct err *e)
{
	uint32_t low = family > 15 ? 15 : (uint32_t)family;

	if (family > 15 + 255 || model > 255 || stepping > 15)
		return err_set(e, REASON_USAGE,
			       "family %llu, model %llu, stepping %llu: 270, 255 and 15 are the "
			       "highest that CPUID can tell",
			       (unsigned long long)family, (unsigned long long)model,
			       (unsigned long long)stepping);
	*out = ((uint32_t)family - low) << 20 | ((uint32_t)model >> 4) << 16 | low << 8 |
	       ((uint32_t)model & 15) << 4 | (uint32_t)stepping;
	return true;
}

const char *vcpu_name(uint32_t signature)
{
	for (size_t i = 0; vcpu_types[i].name; i++)
		if (vcpu_types[i].signature == signature)
			return vcpu_types[i].name;
	return NULL;
}
