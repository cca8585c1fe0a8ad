#include "reference-db/log_proof.h"

#include "measure/base/hex.h"
#include "measure/core/hash.h"

#define TLOG_FIRST "c2sp.org/tlog-proof@v1\n"
#define SIGSUM_FIRST "version="
#define ROOM 256u /* more than the text that a Sigsum log signs */

void log_proof_free(struct log_proof *p)
{
	note_free(&p->note);
	buf_free(&p->room);
}

/* Told here so that no reader of a form forgets it. */
static bool check_place(const struct log_proof *p, uint64_t base, struct err *e)
{
	size_t wanted;

	if (p->index >= p->head.size)
		return err_at(e, REASON_PROOF_FORM, base,
			      "there is no entry %llu in a tree of %llu",
			      (unsigned long long)p->index, (unsigned long long)p->head.size);
	wanted = tlog_path_length(p->index, p->head.size);
	return p->path.n == wanted * TLOG_HASH ||
	       err_at(e, REASON_PROOF_FORM, base,
		      "the path has %zu hashes and must have %zu for entry %llu of %llu",
		      p->path.n / TLOG_HASH, wanted, (unsigned long long)p->index,
		      (unsigned long long)p->head.size);
}

/* Once, so that nothing of it ever moves: no text of a proof is longer when it was decoded. */
static bool make_room(struct log_proof *p, size_t n, struct err *e)
{
	p->room = BUF(n + ROOM);
	if (buf_room(&p->room, n + ROOM))
		p->room.n = 0;
	return buf_done(&p->room, "the proof", e);
}

bool log_proof_read(struct log_proof *p, struct bytes in, uint64_t base, struct err *e)
{
	owned(log_proof_free) struct log_proof new = {0};
	bool sigsum = bytes_start(in, bytes_str(SIGSUM_FIRST));

	if (in.n > LOG_PROOF_MAX)
		return err_at(e, REASON_LIMIT, base,
			      "%zu bytes are over the limit of %u for a proof", in.n,
			      LOG_PROOF_MAX);
	if (!sigsum && !bytes_start(in, bytes_str(TLOG_FIRST)) &&
	    !bytes_start(in, bytes_str("index ")))
		return err_at(e, REASON_PROOF_FORM, base,
			      "the first line is that of no proof of publication");
	if (in.p[in.n - 1] != '\n')
		return err_at(e, REASON_PROOF_FORM, base + in.n,
			      "a proof ends with a newline, this one does not");
	if (!make_room(&new, in.n, e) ||
	    !(sigsum ? log_proof_sigsum : log_proof_tlog)(&new, in, base, e) ||
	    !check_place(&new, base, e))
		return false;
	*p = take(new);
	return true;
}

/* ---- which entry */

static bool leaf_of(struct bytes file, const struct digest *sha256, struct digest *leaf,
		    struct err *e)
{
	char line[sizeof("sha256:\n") + 2 * TLOG_HASH] = "sha256:";

	if (file.n < LOG_PROOF_ENTRY)
		return tlog_leaf(file, leaf, e);
	hex_string(line + strlen(line), digest_bytes(sha256));
	memcpy(line + strlen(line), "\n", 2);
	return tlog_leaf(bytes_str(line), leaf, e);
}

bool log_entry_of(struct bytes file, struct log_entry *out, struct err *e)
{
	struct digest sha256;

	return hash_of(DIGEST_SHA256, file, &sha256, e) &&
	       hash_of(DIGEST_SHA256, digest_bytes(&sha256), &out->checksum, e) &&
	       leaf_of(file, &sha256, &out->leaf, e);
}

/* checksum, signature, SHA-256 of the submitter's key: sigsum.org/v1/tree-leaf */
static bool sigsum_leaf(const struct log_proof *p, const struct log_entry *x, struct digest *out,
			struct err *e)
{
	uint8_t leaf[TLOG_HASH + LOG_PROOF_SIGNATURE + LOG_PROOF_KEY];

	memcpy(leaf, x->checksum.v, TLOG_HASH);
	memcpy(leaf + TLOG_HASH, p->leaf.p, LOG_PROOF_SIGNATURE);
	memcpy(leaf + TLOG_HASH + LOG_PROOF_SIGNATURE, p->submitter.p, LOG_PROOF_KEY);
	return tlog_leaf(bytes_of(leaf, sizeof(leaf)), out, e);
}

bool log_proof_finds(const struct log_proof *p, const struct log_entry *x, struct err *e)
{
	struct digest leaf = x->leaf;

	return (p->form == LOG_PROOF_TLOG || sigsum_leaf(p, x, &leaf, e)) &&
	       tlog_included(&p->head, p->index, &leaf, p->path, e);
}

bool log_proof_submitted(const struct log_proof *p, const struct log_entry *x,
			 const struct note_key *k, struct err *e)
{
	static const char space[] = "sigsum.org/v1/tree-leaf"; /* and its NUL */
	uint8_t message[sizeof(space) + TLOG_HASH];

	memcpy(message, space, sizeof(space));
	memcpy(message + sizeof(space), x->checksum.v, TLOG_HASH);
	return note_verify(k, bytes_of(message, sizeof(message)), p->leaf, e);
}

/* ---- whose mark */

bool log_proof_key_hash(const struct note_key *k, struct bytes wanted, bool *is, struct err *e)
{
	struct digest d;

	if (!hash_of(DIGEST_SHA256, pubkey_point(k->key), &d, e))
		return false;
	*is = bytes_equal(digest_bytes(&d), wanted);
	return true;
}

bool log_proof_by(const struct log_proof *p, const struct log_proof_mark *m,
		  const struct note_key *k, bool *is, struct err *e)
{
	if (p->form == LOG_PROOF_SIGSUM)
		return log_proof_key_hash(k, m->key_hash, is, e);
	*is = bytes_equal(m->name, k->name) && memcmp(m->id, k->id, NOTE_ID) == 0;
	return true;
}
