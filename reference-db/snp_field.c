#include "reference-db/snp_field.h"

static const struct snp_field fields[] = {
	{0, "VERSION", VALUE_VERSION, SNP_ANY_LENGTH},
	{1, "GUEST_SVN", VALUE_SVN, 0},
	{2, "POLICY", VALUE_RAW, 8},
	{3, "FAMILY_ID", VALUE_RAW, 16},
	{4, "IMAGE_ID", VALUE_RAW, 16},
	{5, "VMPL", VALUE_RANGE, 0},
	{6, "CURRENT_TCB", VALUE_SVN, 0},
	{7, "PLATFORM_INFO", VALUE_RAW, 8},
	{640, "REPORT_DATA", VALUE_RAW, 64},
	{641, "MEASUREMENT", VALUE_DIGEST, 48},
	{642, "HOST_DATA", VALUE_DIGEST, 48},
	{643, "ID_KEY_DIGEST", VALUE_DIGEST, 48},
	{644, "AUTHOR_KEY_DIGEST", VALUE_DIGEST, 48},
	{645, "REPORT_ID", VALUE_RAW, 32},
	{646, "REPORT_ID_MA", VALUE_RAW, 32},
	{647, "REPORTED_TCB", VALUE_SVN, 0},
	{648, "CPUID_FAM_ID", VALUE_RANGE, 0},
	{649, "CPUID_MOD_ID", VALUE_RANGE, 0},
	{650, "CPUID_STEP", VALUE_RANGE, 0},
	{3328, "CHIP_ID", VALUE_RAW, SNP_ANY_LENGTH},
	{3329, "COMMITTED_TCB", VALUE_SVN, 0},
	{3330, "CURRENT_VERSION", VALUE_VERSION, SNP_ANY_LENGTH},
	{3936, "COMMITTED_VERSION", VALUE_VERSION, SNP_ANY_LENGTH},
	{3968, "LAUNCH_TCB", VALUE_SVN, 0},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

const struct snp_field *snp_field(uint64_t mkey)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].mkey == mkey)
			return &fields[i];
	return NULL;
}

const struct snp_field *snp_field_named(const char *name)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}
