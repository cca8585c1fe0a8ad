/*
 * Different signers, counted. Each is known by the digest of his key and, where a CA of the trust
 * file certified it, by the subject of that certificate: who has either in common with another is
 * the same signer, so that neither a second certificate nor a second name counts twice. Borrows
 * what it is given; starts zeroed, and needs no release.
 */
#ifndef REFERENCE_DB_SIGNERS_H
#define REFERENCE_DB_SIGNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNERS \
	256u /* pairs of key and subject that are told apart; what comes later is left out */

struct signer_is {
	const uint8_t *key; /* 32 bytes */
	const uint8_t
		*subject; /* certified_subject(), 32 bytes; all zero: no CA certified the key */
};

struct signers {
	size_t n; /* different ones */
	size_t pairs;
	struct signers_pair {
		struct signer_is is;
		size_t signer; /* the first pair of the same signer */
		size_t first, last; /* what he signed, as numbered by who counts */
	} pair[SIGNERS];
};

void signers_add(struct signers *s, const struct signer_is *is, size_t what);

/* One after the other, in the order in which they came; *at: 0 at first. NULL: no more. */
const struct signers_pair *signers_next(const struct signers *s, size_t *at);

/* Is this one of s, by any of his pairs, one of the others as well? */
bool signers_among(const struct signers *s, const struct signers_pair *one,
		   const struct signers *others);

#endif
