#include "tests/unit/support_log.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "measure/base/base64.h"
#include "measure/base/hex.h"
#include "tests/unit/support_tlog.h"

#define HASH 32u
#define ROOM (1u << 20)

const struct note_signer log_signer = {LOG_NAME, 0x01, 1};
const struct note_signer log_witness[LOG_WITNESSES] = {
	{"w1.example/w", 0x04, 11}, {"w2.example/w", 0x04, 12}, {"w3.example/w", 0x04, 13}};
const struct note_signer log_submitter = {"submitter", 0x01, 3};
static const struct note_signer sigsum_log = {"", 0x01, 2}, stranger = {"stranger", 0x04, 99};

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void sha256(const void *p, size_t n, uint8_t out[HASH])
{
	must_be(EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL) == 1);
}

static void key_hash(const struct note_signer *s, uint8_t out[HASH])
{
	uint8_t key[32];

	note_signer_key(s, key);
	sha256(key, sizeof(key), out);
}

static void sigsum_name(char name[128])
{
	uint8_t hash[HASH];

	key_hash(&sigsum_log, hash);
	strcpy(name, "sigsum.org/v1/tree/");
	hex_string(name + strlen(name), bytes_of(hash, HASH));
}

static bool is_sigsum(const struct log_spec *s)
{
	return s->form == LOG_SIGSUM_1 || s->form == LOG_SIGSUM_2;
}

/* ---- entries */

static void put_entry(const struct log_spec *s, struct buf *out)
{
	uint8_t hash[HASH];

	if (s->file.n < 65536) {
		buf_put(out, s->file);
		return;
	}
	sha256(s->file.p, s->file.n, hash);
	buf_str(out, "sha256:");
	hex_put(out, bytes_of(hash, HASH));
	buf_str(out, "\n");
}

/* checksum, signature, key hash */
static void put_leaf(const struct log_spec *s, struct buf *out)
{
	uint8_t message[sizeof("sigsum.org/v1/tree-leaf") + HASH] = "sigsum.org/v1/tree-leaf";
	uint8_t *checksum = message + sizeof("sigsum.org/v1/tree-leaf"), signature[64], hash[HASH];

	sha256(s->file.p, s->file.n, hash);
	sha256(hash, HASH, checksum);
	note_signer_raw(&log_submitter, bytes_of(message, sizeof(message)), signature);
	signature[63] ^= s->defect == LOG_BROKEN_LEAF;
	key_hash(&log_submitter, hash);
	buf_put(out, bytes_of(checksum, HASH));
	buf_put(out, s->leaf.n ? s->leaf : bytes_of(signature, 64));
	buf_put(out, s->leaf.n ? s->submitter : bytes_of(hash, HASH));
}

/* ---- trees */

struct tree {
	struct buf entry;
	struct bytes special;
	struct tlog_made made;
	struct tlog_head head;
	uint64_t index;
	struct bytes path;
	uint8_t room[TLOG_PATH * TLOG_HASH];
};

static void grow(struct tree *t, const struct log_spec *s)
{
	t->entry = BUF(ROOM);
	(is_sigsum(s) ? put_leaf : put_entry)(s, &t->entry);
	must_be(t->entry.failed == REASON_NONE);
	t->special = buf_bytes(&t->entry);
	t->index = s->size ? s->index : 5;
	t->made = (struct tlog_made){
		.size = s->size ? s->size : 11,
		.at = t->index,
		.special = &t->special,
		.offset = s->changed,
	};
	t->head = tlog_made_head(&t->made);
	t->path = tlog_made_path(&t->made, t->index - (s->defect == LOG_OTHER_ENTRY), t->room);
}

static uint64_t time_of(const struct log_spec *s)
{
	return s->no_time ? 0 : s->time ? s->time : LOG_TIME;
}

static void put_body(const struct tree *t, const char *origin, struct buf *out)
{
	buf_fmt(out, "%s\n%llu\n", origin, (unsigned long long)t->head.size);
	base64_put(out, bytes_of(t->head.root.v, HASH));
	buf_str(out, "\n");
}

/* ---- tlog-proof */

/* The last but one letter of base64 that is none of padding: a bit of the signature. */
static void spoil(struct buf *out)
{
	size_t at = out->n - 2;

	while (out->p[at] == '=')
		at--;
	at--;
	out->p[at] = out->p[at] == 'A' ? 'B' : 'A';
}

/* The first witness's name with another's id and signature, and its id under another name. */
static void put_collision(const struct log_spec *s, struct bytes body, struct buf *out)
{
	const struct note_signer impostor = {log_witness[0].name, 0x04, 98};
	size_t at;

	note_signer_line(&impostor, body, time_of(s), out);
	at = out->n;
	note_signer_line(&log_witness[0], body, time_of(s) + 2, out);
	out->p[at + strlen("\xe2\x80\x94 ")] = 'x';
}

static void put_lines(const struct log_spec *s, struct bytes body, struct buf *out)
{
	const struct note_signer other = {s->name ? s->name : "", 0x01, 77};

	note_signer_line(s->name ? &other : &log_signer, body, 0, out);
	if (s->defect == LOG_BROKEN)
		spoil(out);
	for (unsigned i = 0; i < LOG_WITNESSES; i++) {
		if (!(s->witnesses >> i & 1))
			continue;
		note_signer_line(&log_witness[i], body, time_of(s), out);
		if (i == 0 && s->defect == LOG_BROKEN_WITNESS)
			spoil(out);
	}
	if (s->defect == LOG_TWICE)
		note_signer_line(&log_witness[0], body, time_of(s) + 1, out);
	if (s->defect == LOG_STRANGER)
		note_signer_line(&stranger, body, time_of(s), out);
	if (s->defect == LOG_COLLISION)
		put_collision(s, body, out);
}

static void put_tlog(const struct log_spec *s, const struct tree *t, struct buf *out)
{
	struct buf body = BUF(ROOM);

	if (s->form == LOG_TLOG)
		buf_str(out, "c2sp.org/tlog-proof@v1\n");
	if (s->extra)
		buf_str(out, s->extra);
	buf_fmt(out, "index %llu\n", (unsigned long long)t->index);
	for (size_t i = 0; i < t->path.n; i += HASH) {
		base64_put(out, bytes_of(t->path.p + i, HASH));
		buf_str(out, "\n");
	}
	buf_str(out, "\n");
	put_body(t, s->name ? s->name : LOG_NAME, &body);
	buf_put(out, buf_bytes(&body));
	buf_str(out, "\n");
	put_lines(s, buf_bytes(&body), out);
	buf_free(&body);
}

/* ---- Sigsum */

static void put_hex(struct buf *out, const char *before, struct bytes x, const char *after)
{
	buf_str(out, before);
	hex_put(out, x);
	buf_str(out, after);
}

static void put_cosignature(const struct log_spec *s, unsigned i, struct bytes body,
			    struct buf *out)
{
	struct buf raw = BUF(ROOM);
	uint8_t hash[HASH];

	key_hash(&log_witness[i], hash);
	note_signer_sign(&log_witness[i], body, time_of(s), &raw);
	raw.p[raw.n - 1] ^= i == 0 && s->defect == LOG_BROKEN_WITNESS;
	put_hex(out, "cosignature=", bytes_of(hash, HASH), "");
	buf_fmt(out, " %llu", (unsigned long long)time_of(s));
	put_hex(out, " ", bytes_of(raw.p + 8, 64), "\n");
	buf_free(&raw);
}

static void put_sigsum(const struct log_spec *s, const struct tree *t, struct buf *out)
{
	struct buf body = BUF(ROOM);
	uint8_t hash[HASH], signature[64];
	char name[128];

	sigsum_name(name);
	put_body(t, name, &body);
	note_signer_raw(&sigsum_log, buf_bytes(&body), signature);
	signature[63] ^= s->defect == LOG_BROKEN;
	key_hash(&sigsum_log, hash);
	buf_fmt(out, "version=%u\n", s->form == LOG_SIGSUM_1 ? 1 : 2);
	put_hex(out, "log=", bytes_of(hash, HASH), "\nleaf=");
	if (s->form == LOG_SIGSUM_1)
		put_hex(out, "", bytes_of(t->special.p, 2), " ");
	put_hex(out, "", bytes_of(t->special.p + 96, HASH), " ");
	put_hex(out, "", bytes_of(t->special.p + 32, 64), "\n\n");
	buf_fmt(out, "size=%llu\n", (unsigned long long)t->head.size);
	put_hex(out, "root_hash=", bytes_of(t->head.root.v, HASH), "\n");
	put_hex(out, "signature=", bytes_of(signature, 64), "\n");
	for (unsigned i = 0; i < LOG_WITNESSES; i++)
		if (s->witnesses >> i & 1)
			put_cosignature(s, i, buf_bytes(&body), out);
	if (t->head.size > 1)
		buf_fmt(out, "\nleaf_index=%llu\n", (unsigned long long)t->index);
	for (size_t i = 0; i < t->path.n; i += HASH)
		put_hex(out, "node_hash=", bytes_of(t->path.p + i, HASH), "\n");
	buf_free(&body);
}

struct buf log_proof_make(const struct log_spec *s)
{
	struct buf out = BUF(ROOM);
	struct tree t = {0};

	grow(&t, s);
	(is_sigsum(s) ? put_sigsum : put_tlog)(s, &t, &out);
	must_be(out.failed == REASON_NONE);
	buf_free(&t.entry);
	return out;
}

void log_sigsum_policy(struct buf *out)
{
	uint8_t key[32];

	note_signer_key(&sigsum_log, key);
	put_hex(out, "log ", bytes_of(key, 32), "\nwitness w1 ");
	note_signer_key(&log_witness[0], key);
	put_hex(out, "", bytes_of(key, 32), "\nquorum w1\n");
}

void log_trust(struct buf *out, const char *quorum)
{
	char name[128];
	struct note_signer named = sigsum_log;

	sigsum_name(name);
	named.name = name;
	buf_str(out, "logs:\n  policy: |\n    log ");
	note_signer_vkey(&log_signer, out);
	buf_str(out, "\n    log ");
	note_signer_vkey(&named, out);
	buf_str(out, "\n");
	for (unsigned i = 0; i < LOG_WITNESSES; i++) {
		buf_fmt(out, "    witness w%u ", i + 1);
		note_signer_vkey(&log_witness[i], out);
		buf_str(out, "\n");
	}
	buf_str(out, quorum);
	buf_str(out, "  submitters:\n    - ");
	note_signer_vkey(&log_submitter, out);
	buf_str(out, "\n");
}
