/*
 * The words of `require:` as tables, which its reader and its writers share. Constant data.
 */
#ifndef REFERENCE_DB_REQUIRE_NAMES_H
#define REFERENCE_DB_REQUIRE_NAMES_H

#include "measure/core/policy.h"

#define REQUIRE_BITS 8u

/* NULL-terminated; demands and products in the order of their enums and tables. */
extern const char *const require_kinds[], *const require_products[], *const require_statuses[];
extern const char *const require_demands[];

struct require_bit {
	const char *name;
	unsigned bit;
};

/* PLATFORM_INFO and POLICY of an attestation report; names for schemas, NULL-terminated. */
extern const struct require_bit require_platform[REQUIRE_BITS], require_guest[REQUIRE_BITS];
extern const char *const require_platform_names[], *const require_guest_names[];

struct require_list {
	const char *key;
	size_t at; /* of a struct policy_list in struct policy */
	size_t digits; /* hexadecimal, so many of them; 0: a word */
};
#define REQUIRE_LISTS 11u
extern const struct require_list require_lists[REQUIRE_LISTS];

struct require_demand {
	const char *key;
	size_t at; /* of an enum demand */
};
#define REQUIRE_DEMANDS 5u
extern const struct require_demand require_demand_keys[REQUIRE_DEMANDS];

struct require_mask {
	const char *key;
	const struct require_bit *bits;
	size_t at; /* of a uint64_t */
};
#define REQUIRE_MASKS 4u
extern const struct require_mask require_masks[REQUIRE_MASKS];

struct require_flag {
	const char *key;
	size_t at; /* of a bool */
};
#define REQUIRE_FLAGS 2u
extern const struct require_flag require_flags[REQUIRE_FLAGS];

#define REQUIRE_TCB_PARTS 5u
extern const char *const require_tcb_parts[REQUIRE_TCB_PARTS];
int16_t *require_tcb_part(struct tcb *t, size_t i);

static inline void *require_at(struct policy *p, size_t at)
{
	return (char *)p + at;
}

static inline const void *require_of(const struct policy *p, size_t at)
{
	return (const char *)p + at;
}

#endif
