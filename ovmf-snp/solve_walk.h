/*
 * The search in its course: what solve.c and the walk through guests before SEV-SNP, solve_flat.c,
 * have in common, and nobody else needs.
 */
#ifndef OVMF_SNP_SOLVE_WALK_H
#define OVMF_SNP_SOLVE_WALK_H

#include "measure/core/hash.h"
#include "ovmf-snp/solve.h"

/* One way in which kernel, ramdisk and command line may have been launched. */
struct spelling {
	enum solve_words words;
	struct buf text;
	struct kernelhash hashes;
};

struct search {
	const struct solve *s;
	struct solution *out;
	struct guest guest; /* of the firmware at hand */
	struct digest kernel, initrd;
	size_t n_spellings, n_profiles, n_signatures, n_features;
	struct spelling spelling[SOLVE_WORDS];
	const struct profile *profile[SOLVE_LIST];
	uint32_t signature[SOLVE_LIST];
	uint64_t features[SOLVE_LIST];
	struct gctx gctx; /* of SEV-SNP */
	uint8_t base[SOLVE_LIST][SOLVE_WORDS][GCTX_LD]; /* in front of the processors */
	struct hash *sev, *es; /* of SEV; of SEV-ES, which goes on from it */
};

/* The command line of the solution. */
must bool solve_note_words(struct search *x, const struct spelling *s, struct err *e);

/* Guests of SEV and SEV-ES that start from the firmware at hand. */
must bool solve_flat(struct search *x, struct err *e);

#endif
