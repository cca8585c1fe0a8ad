#include "reference-db/require_names.h"

const char *const require_kinds[] = {"nitro", "snp", NULL};
const char *const require_products[] = {"Milan", "Genoa", "Turin", NULL};
const char *const require_statuses[] = {"source",   "endorsed", "pinned",
					"asserted", "unknown",	NULL};
const char *const require_demands[] = {"ignore", "warn", "require", NULL};

const struct require_bit require_platform[REQUIRE_BITS] = {
	{"smt", 0},
	{"tsme", 1},
	{"ecc", 2},
	{"rapl-disabled", 3},
	{"ciphertext-hiding", 4},
	{"alias-check-complete", 5},
	{"iommu-write-safe", 6},
	{"tio", 7},
};
const char *const require_platform_names[] = {
	"smt",
	"tsme",
	"ecc",
	"rapl-disabled",
	"ciphertext-hiding",
	"alias-check-complete",
	"iommu-write-safe",
	"tio",
	NULL,
};

const struct require_bit require_guest[REQUIRE_BITS] = {
	{"smt", 16},
	{"migrate-ma", 18},
	{"single-socket", 20},
	{"cxl", 21},
	{"aes-256-xts", 22},
	{"rapl-disabled", 23},
	{"ciphertext-hiding", 24},
	{"page-swap-disabled", 25},
};
const char *const require_guest_names[] = {
	"smt",		 "migrate-ma",	      "single-socket",	    "cxl", "aes-256-xts",
	"rapl-disabled", "ciphertext-hiding", "page-swap-disabled", NULL,
};

const struct require_list require_lists[REQUIRE_LISTS] = {
	{"kinds", offsetof(struct policy, kinds), 0},
	{"products", offsetof(struct policy, products), 0},
	{"regions", offsetof(struct policy, regions), 0},
	{"statuses", offsetof(struct policy, statuses), 0},
	{"id-keys", offsetof(struct policy, id_keys), 96},
	{"author-keys", offsetof(struct policy, author_keys), 96},
	{"image-ids", offsetof(struct policy, image_ids), 32},
	{"family-ids", offsetof(struct policy, family_ids), 32},
	{"report-ids", offsetof(struct policy, report_ids), 64},
	{"report-ids-ma", offsetof(struct policy, report_ids_ma), 64},
	{"chip-ids", offsetof(struct policy, chip_ids), 128},
};

const struct require_flag require_flags[REQUIRE_FLAGS] = {
	{"id-block", offsetof(struct policy, id_block)},
	{"author-key", offsetof(struct policy, author_key)},
};

const struct require_demand require_demand_keys[REQUIRE_DEMANDS] = {
	{"fresh", offsetof(struct policy, fresh)},
	{"channel", offsetof(struct policy, channel)},
	{"committed-firmware", offsetof(struct policy, provisional)},
	{"known-floors", offsetof(struct policy, known_floors)},
	{"logs", offsetof(struct policy, logs)},
};

const struct require_mask require_masks[REQUIRE_MASKS] = {
	{"platform-allowed", require_platform, offsetof(struct policy, platform_allowed)},
	{"platform-required", require_platform, offsetof(struct policy, platform_required)},
	{"guest-forbidden", require_guest, offsetof(struct policy, guest_forbidden)},
	{"guest-required", require_guest, offsetof(struct policy, guest_required)},
};

const char *const require_tcb_parts[REQUIRE_TCB_PARTS] = {"bl", "tee", "snp", "ucode", "fmc"};

int16_t *require_tcb_part(struct tcb *t, size_t i)
{
	int16_t *const parts[REQUIRE_TCB_PARTS] = {&t->bl, &t->tee, &t->snp, &t->ucode, &t->fmc};

	return parts[i];
}
