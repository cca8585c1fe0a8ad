/*
 * Proofs of publication for tests: a log and three witnesses whose keys are fixed, and a Sigsum log
 * and its submitter; all entries but one are numbers. Signatures and trees are made here, not by
 * the program. What cannot be done ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_LOG_H
#define TESTS_UNIT_SUPPORT_LOG_H

#include "measure/base/buf.h"
#include "tests/unit/support_note.h"

#define LOG_NAME "log.example/1"
#define LOG_WITNESSES 3u
#define LOG_TIME 1789999000 /* of cosignatures */

/* w1, w2, w3 are "w1.example/w" and so on. */
extern const struct note_signer log_signer, log_witness[LOG_WITNESSES], log_submitter;

enum log_defect {
	LOG_SOUND,
	LOG_BROKEN, /* a bit of the log's signature */
	LOG_BROKEN_WITNESS, /* a bit of the first witness's */
	LOG_BROKEN_LEAF, /* Sigsum: of the submitter's, before it is logged */
	LOG_OTHER_ENTRY, /* the path of the entry in front */
	LOG_COLLISION, /* a witness's name and id over another key's signature, as one line more */
	LOG_STRANGER, /* a signature by nobody that is known, as one line more */
	LOG_TWICE, /* the first witness once more, at another time */
};

/* Zeros are a tlog-proof of a tree of 11, entry 5, that nobody but its log signed. */
struct log_spec {
	struct bytes file; /* that is published */
	enum log_form { LOG_TLOG, LOG_SPICY, LOG_SIGSUM_1, LOG_SIGSUM_2 } form;
	uint64_t size, index; /* size 0: 11 and 5 */
	uint64_t time; /* of the cosignatures; 0: LOG_TIME */
	bool no_time; /* 0, after all */
	unsigned witnesses; /* bits */
	struct bytes submitter, leaf; /* Sigsum, by another: SHA-256 of its key, its signature */
	const char *extra; /* a line of tlog-proof, or NULL */
	const char *name; /* of another log with a key of its own, or NULL */
	uint64_t changed; /* the number that entry 0 is in another tree of the same log */
	enum log_defect defect;
};

/* The caller's to free. */
struct buf log_proof_make(const struct log_spec *s);

/* Public keys in hexadecimal, as Sigsum's own policy has them: the log's, the first witness's. */
void log_sigsum_policy(struct buf *out);

/* `logs:` of a trust file that knows them all; quorum: lines, each with four blanks in front. */
void log_trust(struct buf *out, const char *quorum);

#endif
