/*
 * Changing the trust file: a key is given roles, or a CA whose keys have them. The file is written
 * anew, whole or not at all, in the one form of trust_write(), so comments in it are lost; nothing
 * is written when nothing changes. Two programs that do this at once follow each other.
 */
#ifndef REFERENCE_DB_TRUST_ADD_H
#define REFERENCE_DB_TRUST_ADD_H

#include "reference-db/trust.h"

struct trust_addition {
	/* wanted */
	const char *path; /* of the trust file; made when there is none */
	bool make_folder; /* also the folders that it is in, for nobody else to read */
	struct bytes pem; /* PUBLIC KEY or CERTIFICATE */
	bool is_ca; /* the certificate itself, and not its key; it has no name */
	const char *name; /* of the key */
	bool named; /* by the user, so that a key known by another name is refused */
	unsigned roles; /* 1u << enum trust_role */
	uint64_t threshold; /* of these roles from now on; 0: as it is, 1 where there is none */

	/* done */
	struct digest id; /* SHA-256 of the key, of a CA that of its certificate */
	const char *kind; /* "P-384" */
	char known_as[TRUST_NAME_MAX + 1]; /* of a CA the beginning of its subject */
	bool changed;
};

/* usage: the name is another key's, or the key has another; the threshold cannot be reached. */
must bool trust_add(struct trust_addition *a, struct err *e);

#endif
