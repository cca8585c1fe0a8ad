/*
 * Signed notes (C2SP signed-note v1.0.0): a text, an empty line, and lines "— NAME BASE64" of
 * signatures, each a key id of four bytes and what that kind of key makes. Verified are Ed25519
 * (0x01) over the text, and an Ed25519 cosignature (0x04, tlog-cosignature v1.0.1) over
 * "cosignature/v1\ntime T\n" and the text; lines of keys that are not asked for are form alone, and
 * keys of other kinds, ML-DSA-44 (0x06) among them, are refused by note_key_read(). And the text of
 * a checkpoint (tlog-checkpoint v1.0.0): origin, size, root, extension lines.
 */
#ifndef REFERENCE_DB_NOTE_H
#define REFERENCE_DB_NOTE_H

#include "measure/core/pubkey.h"
#include "reference-db/tlog_tree.h"

#define NOTE_MAX (256u * 1024) /* bytes of one */
#define NOTE_LINES 64u /* signatures; 16 is what every reader must accept */
#define NOTE_NAME_MAX 255u /* bytes of a key's name that is trusted */
#define NOTE_ID 4u

enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 };

/* A key as its owner tells it, NAME+ID+BASE64 (a "vkey"); the name is borrowed. */
struct note_key {
	struct bytes name;
	uint8_t id[NOTE_ID];
	enum note_type type;
	struct pubkey *key;
};

/* Errors: key, naming what is wrong. */
must bool note_key_read(struct note_key *k, struct bytes vkey, struct err *e);
void note_key_free(struct note_key *k);
void note_key_put(struct buf *out, const struct note_key *k);

struct note_line {
	struct bytes name;
	uint8_t id[NOTE_ID];
	struct bytes signature; /* what follows the id */
};

/* Texts are borrowed from what was read, signatures lie in `decoded`; released by note_free(). */
struct signed_note {
	struct bytes text;
	size_t n;
	struct note_line line[NOTE_LINES];
	struct buf decoded;
};

/* Form only. Errors: proof-form, limit. */
must bool note_read(struct signed_note *n, struct bytes in, uint64_t base, struct err *e);
void note_free(struct signed_note *n);

/* Of a cosignature the time that it names, in seconds since the epoch; otherwise 0. */
uint64_t note_time(const struct note_key *k, struct bytes signature);

/* Did this key sign the text? log-proof when not. */
must bool note_verify(const struct note_key *k, struct bytes text, struct bytes signature,
		      struct err *e);

struct checkpoint {
	struct bytes origin; /* borrowed */
	struct tlog_head head;
};

/* Of a note's text. Errors: proof-form. */
must bool checkpoint_read(struct checkpoint *c, struct bytes text, uint64_t base, struct err *e);

/*
 * Words that proofs are made of. A decimal number as logs write it; one hash in base64, appended,
 * of which a buf that failed tells by itself.
 */
must bool note_number(struct bytes digits, uint64_t *out);
must bool note_hash(struct bytes base64, struct buf *out);

#endif
