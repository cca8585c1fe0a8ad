/*
 * What a verifier demands of evidence beyond being genuine and of the released image: `require:` of
 * the trust file, narrowed or named anew on the command line. Plain memory; texts are borrowed from
 * the trust file or the command line and live as long as the policy is used. A policy that is all
 * zero demands nothing; policy_strict() is where every policy begins.
 */
#ifndef MEASURE_CORE_POLICY_H
#define MEASURE_CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_LIST 32u

/* Parts of a trusted computing base of AMD processors; -1 is what is not there or not demanded. */
struct tcb {
	int16_t bl, tee, snp, ucode, fmc;
};
#define TCB_NONE ((struct tcb){-1, -1, -1, -1, -1})

/* What becomes of a check that is not met: it fails, or is told of as `warn`. */
enum demand { DEMAND_NONE, DEMAND_WARN, DEMAND_REQUIRE };

struct policy_list {
	size_t n; /* 0: any */
	const char *text[POLICY_LIST];
};

struct policy {
	struct policy_list kinds; /* "nitro", "snp" */
	struct policy_list regions; /* "eu-west-1" */
	struct policy_list products; /* "Milan", "Genoa", "Turin" */
	struct policy_list statuses; /* of components: "source", "endorsed", "pinned", "asserted" */
	bool allow_debug;
	enum demand fresh, channel; /* what a skipped check of that name is worth */
	enum demand logs; /* what a release is worth that no proof finds in a log that is named */
	bool has_max_age;
	uint64_t max_age; /* seconds between the evidence's own time and the time of judging */

	/* SEV-SNP */
	bool has_vmpl;
	uint32_t vmpl;
	size_t n_floors;
	struct {
		const char *product; /* NULL: every product */
		struct tcb tcb;
	} floor[POLICY_LIST];
	struct tcb launch; /* LAUNCH_TCB at least; 0 or less is not demanded */
	enum demand known_floors; /* what AMD's bulletins demand of the processor */
	bool has_platform; /* bits of PLATFORM_INFO that may be set; others fail */
	uint64_t platform_allowed, platform_required;
	uint64_t guest_forbidden; /* bits of POLICY that fail when set (DEBUG aside) */
	uint64_t guest_required;
	int abi_major, abi_minor; /* that POLICY demands at least */
	bool id_block, author_key; /* must be there, whosever */
	struct policy_list id_keys, author_keys; /* SHA-384 of the key, hexadecimal; any of them */
	struct policy_list image_ids, family_ids, report_ids, report_ids_ma,
		chip_ids; /* the same */
	bool has_guest_svn;
	uint32_t guest_svn; /* at least */
	int firmware_major, firmware_minor, firmware_build; /* at least; -1: not demanded */
	bool has_mitigations;
	uint64_t mitigations, launch_mitigations; /* bits that the vectors must have */
	enum demand provisional; /* committed below current firmware */
};

/*
 * The defaults: no debugging, freshness required; told of are a channel that was not checked, a
 * release that is in none of the logs that are named,
 * firmware that is not committed or below what a bulletin demands, a guest that a migration agent
 * may move, and a report of another VMPL than 0 (a provider may give guests another one); all else
 * is not demanded.
 */
struct policy policy_strict(void);

#endif
