/*
 * The guest behind a launch digest: of SEV-SNP or, by its length, of SEV or SEV-ES. What may have
 * been chosen otherwise than one believes is walked through: firmware, profile, type of processor,
 * features, whether kernel hashes were launched, a few spellings of the command line, and the
 * number of processors. All numbers of processors lie on one chain, and what stands in front of the
 * processors is computed once for each profile and command line, so a combination costs one step.
 * What is believed is tried first.
 */
#ifndef OVMF_SNP_SOLVE_H
#define OVMF_SNP_SOLVE_H

#include "ovmf-snp/request.h"

#define SOLVE_FIRMWARE 16u
#define SOLVE_VCPUS 512u
#define SOLVE_LIST 128u

/* The command line as it may have been passed; WORDS_ABSENT: no kernel hashes at all. */
enum solve_words {
	WORDS_GIVEN,
	WORDS_ABSENT,
	WORDS_TRIMMED,
	WORDS_BLANK,
	WORDS_NEWLINE,
	WORDS_NUL,
	WORDS_EMPTY,
	SOLVE_WORDS
};

struct solve {
	struct digest wanted; /* SHA-384; of SEV and SEV-ES SHA-256 */
	size_t n_firmware;
	const char *firmware[SOLVE_FIRMWARE];
	struct request believed; /* files but the firmware; lists, each of which may be empty */
	uint32_t most; /* processors */
};

struct solution {
	bool found;
	const char *firmware;
	enum snp_mode mode; /* but for an SVSM; what it does not have is empty below */
	const struct profile *profile;
	uint32_t signature; /* where the profile measures it */
	uint64_t features;
	uint32_t vcpus;
	enum solve_words words;
	struct buf append; /* where there is a kernel */

	/* what was tried of each */
	size_t n_profiles, n_signatures, n_features, n_spellings;
	size_t no_place; /* firmware that has no place for kernel hashes */
	uint64_t combinations;
};

/* Starts zeroed; found may stay false. Errors: of the files, firmware. */
must bool solve(const struct solve *s, struct solution *out, struct err *e);
void solution_free(struct solution *x);

#endif
