/*
 * The file in which a ledger is kept: the parts of it, one after the other, each a number of rows
 * of one size, in blocks of as many rows as fit into LEDGER_BLOCK. Each block has its SHA-256, and
 * those together one with the head. So a block can be read when a row of it is asked for, and none
 * that is damaged is used.
 *
 *   form  SHA-256 of the trust  rows of each part (4 each)  bytes of keys (4)  keys
 *   the parts
 *   SHA-256 of each block  SHA-256 of the first line and these
 */
#ifndef REFERENCE_DB_LEDGER_KEPT_H
#define REFERENCE_DB_LEDGER_KEPT_H

#include "measure/base/cur.h"
#include "reference-db/ledger_parts.h"

struct ledger_reader {
	struct cur c;
	const size_t *n; /* rows of each part */
};

#define LEDGER_BLOCK 8192u /* bytes */

/* put: of a ledger that is loaded whole. get: into its place, for which there is room. NULL: its
 * bytes are what they are. */
struct ledger_form {
	size_t size, memory; /* of a row: there, and here */
	void (*put)(const struct ledger *l, size_t i, struct buf *out);
	void (*get)(struct ledger_reader *r, const struct ledger *l, size_t i);
};
extern const struct ledger_form ledger_forms[LEDGER_PARTS]; /* ledger_row.c */

/* Where blocks are read from. */
struct ledger_kept {
	struct file file; /* or else: */
	struct bytes in;
	size_t n[LEDGER_PARTS], first[LEDGER_PARTS]; /* rows; first of its blocks */
	uint64_t at[LEDGER_PARTS];
	size_t blocks;
	uint8_t (*sum)[32];
	bool *loaded;
	struct err fault; /* the first; all that was not loaded is blank from then on */
};

#endif
