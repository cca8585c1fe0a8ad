/*
 * What the readers of CoRIM's parts share, and nobody else needs: the cursor on the bytes, the
 * model that is filled, the list of findings, and the place that findings name. After a fault in
 * the CBOR the cursor has failed: every loop over it ends, and nothing else needs to be asked.
 * Faults in the content are findings; reading goes on.
 */
#ifndef REFERENCE_DB_CORIM_READER_H
#define REFERENCE_DB_CORIM_READER_H

#include "measure/core/cbor_walk.h"
#include "reference-db/corim.h"

enum corim_profile { CORIM_BASE, CORIM_SNP, CORIM_IGVM };

/* In place.index when no list is meant. */
#define PLACE_NONE SIZE_MAX

struct place {
	size_t tag; /* of the CoRIM's list */
	const char *part; /* "reference", "series", "file"; or NULL */
	size_t index;
	const char *key;
};

struct reader {
	struct cur c;
	struct manifest *m;
	struct lint *l;
	struct err *e;
	enum corim_profile profile;
	struct place place;
	size_t n_tags, n_links, n_comids;
	const char *tag_id[CORIM_TAGS], *link[CORIM_TAGS]; /* ids of tags; ids of CoSWIDs named */
	bool is_coswid[CORIM_TAGS];
	const char *comid_id;
	size_t series; /* conditional endorsement series met */
};

/* A finding at the reader's place. An error returns false. */
bool reader_error(struct reader *r, enum lint_rule rule, const char *format, ...) ERR_FORMAT(3, 4);
bool reader_warn(struct reader *r, enum lint_rule rule, const char *format, ...) ERR_FORMAT(3, 4);
void reader_place(const struct place *p, char *room, size_t size);

/* Passes over an item that is allowed but not interpreted, with a warning. */
void reader_unread(struct reader *r, const char *what);

/*
 * The key of the next member. Text keys give KEY_TEXT and *text (NULL: none is expected), byte
 * strings KEY_OTHER.
 */
#define KEY_TEXT INT64_MIN
#define KEY_OTHER (INT64_MIN + 1)
int64_t reader_key(struct reader *r, struct bytes *text);

/* A member that the draft does not name: a warning where it may be extended, else an error. */
void reader_unknown(struct reader *r, const char *where, int64_t key, bool extends);

/* Which keys of 0 to 63 were met; an error for each of the required ones that was not. */
void reader_met(uint64_t *met, int64_t key);
void reader_require(struct reader *r, const char *where, uint64_t met, int64_t key);

/* A text among the model's strings; with a NUL in it an error and "". */
const char *reader_text(struct reader *r, const char *field);

/* A text, or 16 bytes as a UUID. */
const char *reader_tag_id(struct reader *r, const char *field);

/* A tagged identifier (OID, UUID, bytes, key) as text: dotted, with dashes, or hexadecimal. */
const char *reader_identifier(struct reader *r, const char *field);

/* [alg, value], both checked; false with a finding, or with the cursor failed. */
bool reader_digest(struct reader *r, int *alg, struct bytes *value);

/* A byte string that holds CBOR: scanned, then read in place of what stood before. */
bool reader_enter(struct reader *r, const char *field, struct cur *before);
void reader_leave(struct reader *r, const char *field, const struct cur *before);

/* The scan of an item, first as strict; a warning when it is only readable as foreign. */
bool reader_scan(struct reader *r, struct bytes item, uint64_t base);

/* The parts. */
void comid_read(struct reader *r);
void comid_measurement(struct reader *r);
void coswid_read(struct reader *r);

/* What the profiles and the draft demand of all that was read. */
void corim_rules(struct reader *r);

#endif
