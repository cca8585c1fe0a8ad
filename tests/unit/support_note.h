/*
 * Whoever signs notes in tests: logs and witnesses, with keys that follow from a number. Signatures
 * are made by OpenSSL over bytes that are put together here, not by the program. What cannot be
 * done ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_NOTE_H
#define TESTS_UNIT_SUPPORT_NOTE_H

#include "measure/base/buf.h"

struct note_signer {
	const char *name;
	uint8_t type, seed;
};

/* Its 32 bytes; NAME+ID+BASE64; a trust file's SubjectPublicKeyInfo is none of these. */
void note_signer_key(const struct note_signer *s, uint8_t key[32]);
void note_signer_vkey(const struct note_signer *s, struct buf *out);

/* Of any message, 64 bytes; of a note's text as the type demands: with the time in front. */
void note_signer_raw(const struct note_signer *s, struct bytes message, uint8_t signature[64]);
void note_signer_sign(const struct note_signer *s, struct bytes text, uint64_t time,
		      struct buf *out);

/* The same as a line of the note. */
void note_signer_line(const struct note_signer *s, struct bytes text, uint64_t time,
		      struct buf *out);

#endif
