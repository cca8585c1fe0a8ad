/*
 * Whose SSH keys count: an allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS), with the options
 * namespaces, valid-after and valid-before. Read more strictly than ssh-keygen does, which passes
 * over what it cannot read: a line that is wrong is refused (allowed-signers), since nobody would
 * know what it forbids or allows. Refused are also certificate authorities, which decide nothing
 * here, and times without a Z, which are those of the machine's own zone.
 */
#ifndef MEASURE_CORE_SIGNERS_H
#define MEASURE_CORE_SIGNERS_H

#include "measure/base/arena.h"

#define SIGNERS_MAX_BYTES (1u << 20)

struct signers;

/* Released by signers_free(). */
must struct signers *signers_read(struct bytes text, struct err *e);
void signers_free(struct signers **s);

/* What a signature claims. */
struct signers_claim {
	struct bytes key; /* in OpenSSH's encoding */
	const char *name_space;
	int64_t when; /* as in when.h */
};

/*
 * The first line that allows it: its principals as they stand there, borrowed. Errors: signature,
 * with what stands against it.
 */
must bool signers_find(const struct signers *s, const struct signers_claim *x,
		       const char **principals, struct err *e);

#endif
