/*
 * A new private key as a statement's signer has it, read from a file that is gone again.
 */
#ifndef TESTS_UNIT_SUPPORT_KEY_H
#define TESTS_UNIT_SUPPORT_KEY_H

#include "measure/core/pubkey.h"

/* kind: as in cert_key(). Both halves; what cannot be done fails the test. */
void statement_key(const char *kind, struct key **secret, struct pubkey **key);

#endif
