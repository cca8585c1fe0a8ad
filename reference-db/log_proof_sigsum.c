#include "measure/base/base64.h"
#include "measure/base/hex.h"
#include "reference-db/log_proof.h"

#define ORIGIN "sigsum.org/v1/tree/"
#define SHORT 2u /* bytes of a checksum in version 1 */

struct reader {
	struct log_proof *p;
	struct bytes all, rest;
	uint64_t base, line; /* offsets: of all, of the line that is read */
	struct err *e;
};

static bool wrong(const struct reader *r, const char *name)
{
	return err_at(r->e, REASON_PROOF_FORM, r->line, "the proof's '%s' is not what it must be",
		      name);
}

/* "NAME=", which must be the next line; its value. */
static bool take_line(struct reader *r, const char *name, struct bytes *value)
{
	size_t n = strlen(name);
	struct bytes line;

	r->line = r->base + (uint64_t)(r->rest.p - r->all.p);
	line = bytes_line(&r->rest);
	if (!bytes_start(line, bytes_str(name)) || line.n == n || line.p[n] != '=')
		return err_at(r->e, REASON_PROOF_FORM, r->line, "the proof does not say '%s=' here",
			      name);
	*value = bytes_of(line.p + n + 1, line.n - n - 1);
	return true;
}

/* A value's words, each followed by one blank but the last. */
static struct bytes take_word(struct bytes *value)
{
	const uint8_t *blank = value->n > 0 ? memchr(value->p, ' ', value->n) : NULL;
	struct bytes word = {value->p, blank ? (size_t)(blank - value->p) : value->n};

	*value = blank ? bytes_of(blank + 1, value->n - word.n - 1) : bytes_of(NULL, 0);
	return word;
}

/* Exactly so many bytes, appended to the room. */
static bool read_hex(struct reader *r, struct bytes text, size_t n, struct bytes *out)
{
	uint8_t *to = text.n == 2 * n ? buf_room(&r->p->room, n) : NULL;

	if (!to)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	*out = bytes_of(to, n);
	return true;
}

static bool read_hash(struct reader *r, const char *name, struct bytes *out)
{
	struct bytes value;

	return take_line(r, name, &value) && (read_hex(r, value, TLOG_HASH, out) || wrong(r, name));
}

static bool read_number(struct reader *r, const char *name, uint64_t *out)
{
	struct bytes value;

	return take_line(r, name, &value) &&
	       ((note_number(value, out) && *out <= TLOG_SIZE_MAX) || wrong(r, name));
}

/* Version 1 has the beginning of the checksum as well, which the leaf's hash makes needless. */
static bool read_leaf(struct reader *r, uint64_t version)
{
	struct log_proof *p = r->p;
	struct bytes value, skipped;

	if (!take_line(r, "leaf", &value))
		return false;
	if (version == 1 && !read_hex(r, take_word(&value), SHORT, &skipped))
		return wrong(r, "leaf");
	if (!read_hex(r, take_word(&value), LOG_PROOF_KEY, &p->submitter) ||
	    !read_hex(r, take_word(&value), LOG_PROOF_SIGNATURE, &p->leaf) || value.p)
		return wrong(r, "leaf");
	return true;
}

static bool read_empty(struct reader *r)
{
	uint64_t at = r->base + (uint64_t)(r->rest.p - r->all.p);

	return (r->rest.n > 0 && bytes_line(&r->rest).n == 0) ||
	       err_at(r->e, REASON_PROOF_FORM, at, "the proof has no empty line here");
}

static bool read_head(struct reader *r)
{
	struct log_proof *p = r->p;
	struct bytes root, value;

	if (!read_number(r, "size", &p->head.size) || !read_hash(r, "root_hash", &root) ||
	    !take_line(r, "signature", &value))
		return false;
	p->head.root = (struct digest){.alg = DIGEST_SHA256, .len = TLOG_HASH};
	memcpy(p->head.root.v, root.p, TLOG_HASH);
	return read_hex(r, value, LOG_PROOF_SIGNATURE, &p->mark[0].signature) ||
	       wrong(r, "signature");
}

/* KEYHASH TIME SIGNATURE, of which the mark has the time in front as a note has it. */
static bool read_cosignature(struct reader *r, struct log_proof_mark *m)
{
	struct bytes value, signature;
	uint64_t time = 0;
	size_t start;

	if (!take_line(r, "cosignature", &value))
		return false;
	if (!read_hex(r, take_word(&value), LOG_PROOF_KEY, &m->key_hash) ||
	    !note_number(take_word(&value), &time) || time > TLOG_SIZE_MAX)
		return wrong(r, "cosignature");
	start = r->p->room.n;
	buf_be64(&r->p->room, time);
	if (!read_hex(r, take_word(&value), LOG_PROOF_SIGNATURE, &signature) || value.p)
		return wrong(r, "cosignature");
	m->signature = bytes_of(r->p->room.p + start, r->p->room.n - start);
	return true;
}

static bool read_cosignatures(struct reader *r)
{
	struct log_proof *p = r->p;

	p->n = 1;
	while (r->rest.n > 0 && r->rest.p[0] != '\n') {
		if (p->n == NOTE_LINES)
			return err_at(r->e, REASON_LIMIT,
				      r->base + (uint64_t)(r->rest.p - r->all.p),
				      "more than %u signatures", NOTE_LINES);
		if (!read_cosignature(r, &p->mark[p->n]))
			return false;
		for (size_t i = 1; i < p->n; i++)
			if (bytes_equal(p->mark[i].key_hash, p->mark[p->n].key_hash))
				return err_at(r->e, REASON_PROOF_FORM, r->line,
					      "a second cosignature of one key");
		p->n++;
	}
	return true;
}

/* A tree of one has no path, and says nothing of it. */
static bool read_place(struct reader *r)
{
	struct log_proof *p = r->p;
	struct bytes hash;
	size_t start;

	if (p->head.size > 1) {
		if (!read_empty(r) || !read_number(r, "leaf_index", &p->index))
			return false;
		start = p->room.n;
		while (r->rest.n > 0)
			if (!read_hash(r, "node_hash", &hash))
				return false;
		p->path = bytes_of(p->room.p + start, p->room.n - start);
	}
	return r->rest.n == 0 ||
	       err_at(r->e, REASON_PROOF_FORM, r->base + (uint64_t)(r->rest.p - r->all.p),
		      "the proof goes on behind its end");
}

/* What the log signs is the checkpoint that a note would have. */
static void put_text(struct log_proof *p)
{
	size_t start = p->room.n, origin;

	buf_str(&p->room, ORIGIN);
	hex_put(&p->room, p->mark[0].key_hash);
	origin = p->room.n - start;
	buf_fmt(&p->room, "\n%llu\n", (unsigned long long)p->head.size);
	base64_put(&p->room, digest_bytes(&p->head.root));
	buf_str(&p->room, "\n");
	p->origin = bytes_of(p->room.p + start, origin);
	p->text = bytes_of(p->room.p + start, p->room.n - start);
}

bool log_proof_sigsum(struct log_proof *p, struct bytes in, uint64_t base, struct err *e)
{
	struct reader r = {.p = p, .all = in, .rest = in, .base = base, .e = e};
	uint64_t version = 0;

	p->form = LOG_PROOF_SIGSUM;
	if (!read_number(&r, "version", &version))
		return false;
	if (version != 1 && version != 2)
		return err_at(e, REASON_PROOF_FORM, base,
			      "the proof is of version %llu, and 1 and 2 are read",
			      (unsigned long long)version);
	if (!read_hash(&r, "log", &p->mark[0].key_hash) || !read_leaf(&r, version) ||
	    !read_empty(&r) || !read_head(&r) || !read_cosignatures(&r) || !read_place(&r))
		return false;
	put_text(p);
	return true;
}
