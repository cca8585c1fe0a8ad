/*
 * A proof of publication as a file: that an entry stands in a log whose tree its log and witnesses
 * signed. Two forms are read, told apart by their first line:
 *   C2SP tlog-proof@v1: index, path and checkpoint; also without its first line, as older
 *   programs write it ("spicy signatures");
 *   Sigsum, versions 1 and 2: the log, the submitter's leaf, tree head, cosignatures and path.
 * Which entry a signed manifest is in either form, is told by formats/log-proofs.md. Form alone is
 * read here; what it is worth is judged by log_judge.h. Released by log_proof_free().
 */
#ifndef REFERENCE_DB_LOG_PROOF_H
#define REFERENCE_DB_LOG_PROOF_H

#include "reference-db/bundle.h"
#include "reference-db/note.h"

#define LOG_PROOF_MAX BUNDLE_PROOF_MAX /* bytes of one */
#define LOG_PROOF_ENTRY (64u * 1024) /* of tlog-proof: a file as long as that is in by its digest */
#define LOG_PROOF_KEY 32u
#define LOG_PROOF_SIGNATURE 64u

enum log_proof_form { LOG_PROOF_TLOG, LOG_PROOF_SIGSUM };

/* Whose it is: of a note a key's name and id, in Sigsum SHA-256 of the key. */
struct log_proof_mark {
	struct bytes name;
	uint8_t id[NOTE_ID];
	struct bytes key_hash;
	struct bytes signature; /* of a witness with its time in front, eight bytes */
};

/* Texts and signatures lie in what was read, in `note` and in `room`. */
struct log_proof {
	enum log_proof_form form;
	uint64_t index;
	struct bytes path;
	struct tlog_head head;
	struct bytes origin; /* of the log */
	struct bytes text; /* that the log signed */
	size_t n;
	struct log_proof_mark mark[NOTE_LINES];
	struct bytes submitter, leaf; /* Sigsum: SHA-256 of the key, its signature */
	struct signed_note note;
	struct buf room;
};

/* Errors: proof-form, limit. A place in a tree that cannot be, is one of them. */
must bool log_proof_read(struct log_proof *p, struct bytes in, uint64_t base, struct err *e);
void log_proof_free(struct log_proof *p);

/* The same of each form, whose first line was looked at; *p is zeroed, and freed by the caller. */
must bool log_proof_tlog(struct log_proof *p, struct bytes in, uint64_t base, struct err *e);
must bool log_proof_sigsum(struct log_proof *p, struct bytes in, uint64_t base, struct err *e);

/* What a leaf is made of, once for each file that was published. */
struct log_entry {
	struct digest leaf; /* of tlog-proof */
	struct digest checksum; /* of Sigsum: SHA-256 of the file's SHA-256 */
};

must bool log_entry_of(struct bytes file, struct log_entry *out, struct err *e);

/* Does the proof find the entry in its tree? log-proof when not. */
must bool log_proof_finds(const struct log_proof *p, const struct log_entry *x, struct err *e);

/* Sigsum: is the leaf signed by this key, of which it has the digest? log-proof when not. */
must bool log_proof_submitted(const struct log_proof *p, const struct log_entry *x,
			      const struct note_key *k, struct err *e);

/* Does the key have this SHA-256? Is it the mark of this key? */
must bool log_proof_key_hash(const struct note_key *k, struct bytes wanted, bool *is,
			     struct err *e);
must bool log_proof_by(const struct log_proof *p, const struct log_proof_mark *m,
		       const struct note_key *k, bool *is, struct err *e);

#endif
