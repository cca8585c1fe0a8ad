/*
 * The inside of a ledger: flat arrays that name each other by index, texts in one buffer by their
 * offset, and one table that finds them by the SHA-256 of what they are. ledger_replay.c fills
 * them, an entry at a time; ledger_keep.c writes and reads them.
 */
#ifndef REFERENCE_DB_LEDGER_PARTS_H
#define REFERENCE_DB_LEDGER_PARTS_H

#include "reference-db/ledger.h"
#include "reference-db/signers.h"

#define LEDGER_NONE UINT32_MAX

struct ledger_record {
	uint8_t sha256[32], payload[32], signer[32];
	uint8_t subject[32]; /* signers.h */
	uint32_t path, signer_name, why; /* texts; 0: none */
	uint8_t kind, worth, outcome, has; /* outcome: of rebuilt; has: LEDGER_HAS_* */
	uint32_t upon;
	int64_t issued, not_before, expires;
	uint32_t release, next; /* next: of the same release, or of the same keys */
};
#define LEDGER_HAS_UPON 1u
#define LEDGER_HAS_ISSUED 2u
#define LEDGER_HAS_NOT_BEFORE 4u
#define LEDGER_HAS_EXPIRES 8u

struct ledger_item {
	uint32_t product, version; /* texts */
	uint8_t payload[32];
	uint32_t first, last; /* records; the first is its first manifest */
	uint32_t why, replacement; /* texts, of a withdrawal */
	bool contradicted, withdrawn;
};

struct ledger_channel {
	uint32_t product, channel, latest, minimum; /* texts */
	uint32_t force; /* entry at which its release statement took force, and 1; 0: none has */
};

/* A version that became the latest of a channel, or was superseded there; in the log's order. */
struct ledger_turn {
	uint32_t channel, version;
	bool superseded;
};

/* A folder of the tree: how many names it has. */
struct ledger_folder {
	uint32_t nth, folders, files; /* nth: of the folder that it lies in */
};

struct ledger_digest {
	uint8_t n, v[DIGEST_MAX];
	uint32_t release, what;
};

struct ledger_slot {
	uint8_t key[32];
	uint32_t value; /* LEDGER_NONE: free */
};

/* The arrays, in the order in which they are kept. */
enum {
	LEDGER_STATES,
	LEDGER_TEXTS,
	LEDGER_RECORDS,
	LEDGER_ITEMS,
	LEDGER_CHANNELS,
	LEDGER_TURNS,
	LEDGER_FOLDERS,
	LEDGER_DIGESTS,
	LEDGER_SLOTS,
	LEDGER_PARTS
};

struct ledger_kept; /* ledger_kept.h */

struct ledger_names {
	char product[STATEMENT_ID + 1], version[STATEMENT_ID + 1];
};

struct ledger {
	const struct trust *file; /* borrowed */
	struct keys keys; /* in force; trust NULL: none are */
	struct digest keys_payload;
	struct trust *both; /* file and keys together; NULL: the file alone */
	struct digest trust_digest;
	bool apart; /* of no log: upon which state something was said tells nothing */
	size_t n_kept; /* entries that were read, and not replayed */
	size_t n, n_items, n_channels, n_turns, n_folders, n_digests, n_slots, cap_slots;
	uint8_t (*state)[32]; /* n + 1 */
	struct ledger_record *record;
	struct ledger_item *item;
	struct ledger_channel *channel;
	struct ledger_turn *turn;
	struct ledger_folder *folder;
	struct ledger_digest *digest; /* sorted up to n_sorted */
	size_t n_sorted;
	struct ledger_slot *slot; /* half of them free at least */
	size_t n_old;
	struct ledger_slot *old; /* more of them, sorted, as they were kept */
	struct ledger_kept *kept; /* where rows are that were not needed yet; NULL: all are here */
	struct buf texts; /* begins with a NUL */
	struct buf keys_bytes; /* payload of the keys in force */
	struct ledger_names fed; /* what ledger_fed's place borrows */
};

/* An empty one, of a database with that state 0. */
must struct ledger *ledger_new(const struct trust *trust, const struct digest *trust_digest,
			       const struct digest *first, struct err *e);

struct signer_is ledger_signer(const struct ledger_record *r);

/* ---- memory (ledger.c) */

/* Room for one more than n; p moves. NULL with e set, and p is still the caller's. */
must void *ledger_room(void *p, size_t n, size_t size, struct err *e);
must bool ledger_text(struct ledger *l, struct bytes text, uint32_t *at, struct err *e);

/* One text for all that say the same. */
must bool ledger_text_once(struct ledger *l, const char *text, uint32_t *at, struct err *e);
const char *ledger_string(const struct ledger *l, uint32_t at);

/* What is looked up: releases by id, statements by what was signed, channels, versions that were
 * the latest of one, folders of the tree, texts that many share, and keys that are proposed: their
 * payload finds the first statement by a root key in force, payload and key together any one by
 * that key. */
enum {
	LEDGER_RELEASE = 'r',
	LEDGER_SIGNED = 's',
	LEDGER_CHANNEL = 'c',
	LEDGER_TURN = 'l',
	LEDGER_FOLDER = 'f',
	LEDGER_PROPOSAL = 'k',
	LEDGER_TEXT = 't'
};

/* What was found by this key under this letter, or LEDGER_NONE; and the key for ledger_put(). */
must bool ledger_get(const struct ledger *l, char what, struct bytes key, struct ledger_slot *slot,
		     struct err *e);
must bool ledger_put(struct ledger *l, const struct ledger_slot *slot, struct err *e);

/* All of the table into what is sorted; of one that is loaded whole. */
must bool ledger_fold(struct ledger *l, struct err *e);

/* ---- roles (ledger_roles.c) */

uint64_t ledger_threshold(const struct ledger *l, enum trust_role role);

/* The key that a statement claims, if it has the role of the kind in force; NULL otherwise. And of
 * keys, if they make it a root key themselves. */
const struct trust_key *ledger_key(const struct ledger *l, const struct statement *st);
const struct trust_key *ledger_own_root(const struct statement *st);

struct ledger_work;

/*
 * Of the kind keys, with a signature that holds, by a root key of their own alone: it counts if a
 * root key in force has signed them. Until one does it is LEDGER_UNKNOWN_KEY, anybody's, and leaves
 * one place in the table by which it is counted then; one that comes out of its turn leaves none.
 */
must bool ledger_keys_proposed(struct ledger *l, const struct statement *st,
			       struct ledger_record *r, struct err *e);

/* Of the kind keys, that may count, whose record is the last. */
must bool ledger_keys_signed(struct ledger *l, struct ledger_work *w, struct ledger_record *r,
			     struct err *e);
must bool ledger_keys_join(struct ledger *l, struct err *e);

/* ---- replay (ledger_check.c, ledger_replay.c, ledger_place.c) */

/* One entry on its way in. Starts zeroed but for `file` and `path`; released by its owner. */
struct ledger_work {
	struct buf file;
	struct database_entry entry;
	struct digest state; /* after it */
	struct statement st;
	bool opened;
	struct err fault; /* why it was not opened, or of the machinery */
	bool own_root; /* keys that are signed by a root key of theirs alone */
	bool checked, holds; /* checked: by the key of this identity */
	struct digest key;
};

/* Opens and verifies what can be with the keys that are known; of many, with threads. */
void ledger_check(const struct ledger *l, struct ledger_work *w, size_t n);
void ledger_work_free(struct ledger_work *w);
must bool ledger_holds(struct ledger_work *w, const struct pubkey *key, bool *holds, struct err *e);

must bool ledger_apply(struct ledger *l, struct ledger_work *w, struct err *e);

/* Different signers whose statements of this kind count for a release: over this payload if there
 * is one (or NULL), and upon a state not older than that. */
uint64_t ledger_signers(const struct ledger *l, uint32_t release, enum statement_kind kind,
			const uint8_t *payload, uint32_t upon);

/* Where the statement belongs as the next entry; product and version are put into *names. */
must bool ledger_place(const struct ledger *l, const struct statement *st,
		       struct ledger_names *names, struct database_place *p, struct err *e);
must bool ledger_placed(struct ledger *l, const struct statement *st, struct err *e);
must bool ledger_stands_right(const struct statement *st, uint64_t entry, const char *path,
			      bool *right, struct err *e);

/* ---- digests (ledger_index.c) */
must bool ledger_index(struct ledger *l, const struct statement *st, uint32_t release,
		       struct err *e);
void ledger_sort(struct ledger *l); /* of one that is not loaded whole nothing */
void ledger_sort_some(struct ledger *l); /* when enough are not */

/* What was signed, for ledger_get(): a signature over it may be spelt in two ways. */
must bool ledger_signed(const struct ledger *l, const struct statement *st,
			struct ledger_slot *slot, struct err *e);

/* ---- kept (ledger_keep.c): checksummed; whatever is wrong with it is refused as `database` */
#define LEDGER_KEPT_MAX (1u << 30)

/* Changes with what is kept, and with what the replay makes of a log. */
#define LEDGER_FORM "measure-ledger-4"

/* Of one that is loaded whole: into memory, or as a file, which nobody waits for. */
must bool ledger_write(struct ledger *l, struct buf *out, struct err *e);
must bool ledger_leave(struct ledger *l, const char *path, struct err *e);
must bool ledger_seal(struct buf *file, struct err *e); /* its sums, behind all else of it */

/* Into an empty one, row by row when they are asked for: from a file, or from memory that outlives
 * it or is not needed when all is loaded. A file that others than the user and root can write is
 * `permission`, and removed. After an error l is good for ledger_free() alone. */
must bool ledger_attach(struct ledger *l, const char *path, struct err *e);
must bool ledger_read(struct ledger *l, struct bytes in, struct err *e);
must bool ledger_load(struct ledger *l, struct err *e); /* what is not here yet */
void ledger_kept_free(struct ledger_kept **k);

/* A damaged row is blank. */
void ledger_touch_kept(const struct ledger *l, unsigned part, size_t row);

/* A row that is not here yet is read. Who walks over all of an array has it loaded before. */
static inline void ledger_touch(const struct ledger *l, unsigned part, size_t row)
{
	if (l->kept)
		ledger_touch_kept(l, part, row);
}

static inline uint8_t *ledger_state_at(const struct ledger *l, size_t i)
{
	ledger_touch(l, LEDGER_STATES, i);
	return l->state[i];
}

static inline struct ledger_record *ledger_record_at(const struct ledger *l, size_t i)
{
	ledger_touch(l, LEDGER_RECORDS, i);
	return &l->record[i];
}

static inline struct ledger_item *ledger_item_at(const struct ledger *l, size_t i)
{
	ledger_touch(l, LEDGER_ITEMS, i);
	return &l->item[i];
}

static inline struct ledger_channel *ledger_channel_at(const struct ledger *l, size_t i)
{
	ledger_touch(l, LEDGER_CHANNELS, i);
	return &l->channel[i];
}

static inline struct ledger_folder *ledger_folder_at(const struct ledger *l, size_t i)
{
	ledger_touch(l, LEDGER_FOLDERS, i);
	return &l->folder[i];
}

/* The next of a chain, which goes forwards, and so comes to an end. */
static inline uint32_t ledger_next(const struct ledger *l, uint32_t i)
{
	uint32_t next = ledger_record_at(l, i)->next;

	return next > i ? next : LEDGER_NONE;
}

#endif
