#include "reference-db/note.h"

#include "measure/base/base64.h"
#include "measure/base/cur.h"
#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/base/text.h"
#include "measure/core/hash.h"

#define ED25519 32u /* bytes of a key */
#define SIGNATURE 64u
#define TIME 8u
#define SHOWN 60 /* bytes of a foreign word in texts */
#define DASH "\xe2\x80\x94 "

/* ---- names and numbers */

/* Those that are not ASCII, as Unicode's White_Space lists them. */
static bool is_space(uint32_t c)
{
	return c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool is_name(struct bytes name)
{
	if (name.n == 0)
		return false;
	while (name.n > 0) {
		uint32_t c = 0;
		size_t n = text_utf8(name, &c);

		if (n == 0 || c < 0x20 || c == '+' || is_space(c))
			return false;
		name = bytes_of(name.p + n, name.n - n);
	}
	return true;
}

bool note_number(struct bytes digits, uint64_t *out)
{
	char text[24] = "";

	if (digits.n == 0 || digits.n >= sizeof(text) || memchr(digits.p, '\0', digits.n))
		return false;
	memcpy(text, digits.p, digits.n);
	return num_parse(text, out);
}

bool note_hash(struct bytes base64, struct buf *out)
{
	size_t bad, before = out->n;

	return base64_read(base64, out, &bad) && out->n - before == TLOG_HASH;
}

/* ---- keys */

/* The words between the first two pluses; base64 may have some of its own. */
static bool split(struct bytes vkey, struct bytes word[3])
{
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *plus = vkey.n > 0 ? memchr(vkey.p, '+', vkey.n) : NULL;

		if (!plus)
			return false;
		word[i] = bytes_of(vkey.p, (size_t)(plus - vkey.p));
		vkey = bytes_of(plus + 1, vkey.n - word[i].n - 1);
	}
	word[2] = vkey;
	return true;
}

static bool id_of(struct bytes name, struct bytes typed_key, uint8_t id[NOTE_ID], struct err *e)
{
	owned(buf_free) struct buf all = BUF(NOTE_NAME_MAX + 2 + ED25519);
	struct digest d;

	buf_put(&all, name);
	buf_str(&all, "\n");
	buf_put(&all, typed_key);
	if (!buf_done(&all, "a key's name", e) || !hash_of(DIGEST_SHA256, buf_bytes(&all), &d, e))
		return false;
	memcpy(id, d.v, NOTE_ID);
	return true;
}

static bool read_type(struct note_key *k, struct bytes typed_key, struct err *e)
{
	uint8_t type = typed_key.p[0];

	if (type != NOTE_ED25519 && type != NOTE_COSIGNATURE)
		return err_set(e, REASON_KEY,
			       "the key is of type 0x%02x%s; read are 0x01 and 0x04, both Ed25519",
			       type, type == 0x06 ? ", ML-DSA-44" : "");
	k->type = (enum note_type)type;
	return typed_key.n == 1 + ED25519 ||
	       err_set(e, REASON_KEY, "the key has %zu bytes and must have %u", typed_key.n - 1,
		       ED25519);
}

bool note_key_read(struct note_key *k, struct bytes vkey, struct err *e)
{
	owned(buf_free) struct buf key = BUF(4096);
	char stated[2 * NOTE_ID + 1];
	struct note_key new = {0};
	struct bytes word[3];
	size_t bad = 0;

	if (!split(vkey, word))
		return err_set(e, REASON_KEY, "a key is written NAME+ID+BASE64, not '%.*s'",
			       vkey.n < SHOWN ? (int)vkey.n : SHOWN, (const char *)vkey.p);
	if (!is_name(word[0]) || word[0].n > NOTE_NAME_MAX)
		return err_set(e, REASON_KEY,
			       "a key's name needs 1 to %u bytes of UTF-8 without blanks",
			       NOTE_NAME_MAX);
	if (!base64_read(word[2], &key, &bad) || key.n == 0)
		return buf_done(&key, "a key", e) &&
		       err_set(e, REASON_KEY, "the key is no base64 at its character %zu", bad);
	if (!buf_done(&key, "a key", e))
		return false;
	if (!read_type(&new, buf_bytes(&key), e) || !id_of(word[0], buf_bytes(&key), new.id, e))
		return false;
	hex_string(stated, bytes_of(new.id, NOTE_ID));
	if (!bytes_equal(word[1], bytes_str(stated)))
		return err_set(e, REASON_KEY,
			       "the id is '%.*s', and that of this name and key is '%s'",
			       word[1].n < SHOWN ? (int)word[1].n : SHOWN, (const char *)word[1].p,
			       stated);
	if (!pubkey_of_point(&new.key, COSE_EDDSA, bytes_of(key.p + 1, ED25519), e))
		return false;
	new.name = word[0];
	*k = new;
	return true;
}

void note_key_free(struct note_key *k)
{
	pubkey_free(&k->key);
}

void note_key_put(struct buf *out, const struct note_key *k)
{
	uint8_t typed[1 + ED25519] = {(uint8_t)k->type};

	memcpy(typed + 1, pubkey_point(k->key).p, ED25519);
	buf_put(out, k->name);
	buf_str(out, "+");
	hex_put(out, bytes_of(k->id, NOTE_ID));
	buf_str(out, "+");
	base64_put(out, bytes_of(typed, sizeof(typed)));
}

/* ---- the form of a note */

void note_free(struct signed_note *n)
{
	buf_free(&n->decoded);
	n->n = 0;
}

static bool check_characters(struct bytes in, uint64_t base, struct err *e)
{
	size_t bad = text_utf8_bad(in);

	if (bad < in.n)
		return err_at(e, REASON_PROOF_FORM, base + bad, "byte 0x%02x is not UTF-8",
			      in.p[bad]);
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] < 0x20 && in.p[i] != '\n')
			return err_at(e, REASON_PROOF_FORM, base + i,
				      "byte 0x%02x is a control character", in.p[i]);
	return true;
}

/* Behind the last empty line; the text keeps its own newline. */
static bool find_signatures(struct bytes in, size_t *at)
{
	for (size_t i = in.n; i >= 2; i--) {
		if (in.p[i - 1] != '\n' || in.p[i - 2] != '\n')
			continue;
		*at = i;
		return true;
	}
	return false;
}

/* at: of the line. */
static bool read_line(struct signed_note *n, struct bytes line, uint64_t at, struct err *e)
{
	struct note_line *l = &n->line[n->n];
	size_t before = n->decoded.n, bad = 0, dash = strlen(DASH);
	struct bytes rest = line;
	const uint8_t *blank;

	if (!bytes_start(line, bytes_str(DASH)))
		return err_at(e, REASON_PROOF_FORM, at,
			      "a signature's line begins with a long dash and a blank, this one "
			      "does not");
	rest = bytes_of(line.p + dash, line.n - dash);
	blank = rest.n > 0 ? memchr(rest.p, ' ', rest.n) : NULL;
	l->name = bytes_of(rest.p, blank ? (size_t)(blank - rest.p) : rest.n);
	if (!is_name(l->name))
		return err_at(e, REASON_PROOF_FORM, at,
			      "the name of a signature's key is empty, or has a plus or a blank");
	if (!blank)
		return err_at(e, REASON_PROOF_FORM, at, "a name without a signature");
	rest = bytes_of(blank + 1, rest.n - l->name.n - 1);
	if (!base64_read(rest, &n->decoded, &bad))
		return err_at(e, REASON_PROOF_FORM, at + (uint64_t)(rest.p - line.p) + bad,
			      "the signature is no base64 here");
	l->signature = bytes_of(n->decoded.p + before, n->decoded.n - before);
	if (l->signature.n <= NOTE_ID)
		return err_at(e, REASON_PROOF_FORM, at,
			      "a signature of %zu bytes, and %u is the least", l->signature.n,
			      NOTE_ID + 1);
	memcpy(l->id, l->signature.p, NOTE_ID);
	l->signature = bytes_of(l->signature.p + NOTE_ID, l->signature.n - NOTE_ID);
	n->n++;
	return true;
}

/* Room for all that is decoded is made once, so that it never moves. */
static bool read_lines(struct signed_note *n, struct bytes lines, uint64_t base, struct err *e)
{
	const uint8_t *start = lines.p;

	n->decoded = BUF(lines.n);
	if (buf_room(&n->decoded, lines.n))
		n->decoded.n = 0;
	if (!buf_done(&n->decoded, "the note", e))
		return false;
	while (lines.n > 0) {
		uint64_t at = base + (uint64_t)(lines.p - start);

		if (n->n == NOTE_LINES)
			return err_at(e, REASON_LIMIT, at, "more than %u signatures", NOTE_LINES);
		if (!read_line(n, bytes_line(&lines), at, e))
			return false;
	}
	return true;
}

bool note_read(struct signed_note *n, struct bytes in, uint64_t base, struct err *e)
{
	owned(note_free) struct signed_note new = {0};
	size_t at = 0;

	if (in.n > NOTE_MAX)
		return err_at(e, REASON_LIMIT, base,
			      "%zu bytes are over the limit of %u for a note", in.n, NOTE_MAX);
	if (!check_characters(in, base, e))
		return false;
	if (in.n == 0 || in.p[in.n - 1] != '\n')
		return err_at(e, REASON_PROOF_FORM, base + in.n,
			      "a note ends with a newline, this one does not");
	if (!find_signatures(in, &at))
		return err_at(e, REASON_PROOF_FORM, base,
			      "no empty line stands between a note's text and its signatures");
	if (at == in.n)
		return err_at(e, REASON_PROOF_FORM, base + at, "the note has no signature");
	new.text = bytes_of(in.p, at - 1);
	if (!read_lines(&new, bytes_of(in.p + at, in.n - at), base + at, e))
		return false;
	*n = take(new);
	return true;
}

/* ---- what signatures are worth */

uint64_t note_time(const struct note_key *k, struct bytes signature)
{
	struct err ignored = {0};
	struct cur c = cur_new(signature, 0, &ignored);

	return k->type == NOTE_COSIGNATURE ? cur_be64(&c, "time") : 0;
}

bool note_verify(const struct note_key *k, struct bytes text, struct bytes signature, struct err *e)
{
	owned(buf_free) struct buf message = BUF(NOTE_MAX + 64);
	size_t head = k->type == NOTE_COSIGNATURE ? TIME : 0;
	struct err why = {0};

	if (signature.n != head + SIGNATURE)
		return err_set(e, REASON_LOG_PROOF, "the signature has %zu bytes and must have %zu",
			       signature.n, head + SIGNATURE);
	if (head > 0)
		buf_fmt(&message, "cosignature/v1\ntime %llu\n",
			(unsigned long long)note_time(k, signature));
	buf_put(&message, text);
	if (!buf_done(&message, "the signed text", e))
		return false;
	if (pubkey_verify(k->key, buf_bytes(&message), bytes_of(signature.p + head, SIGNATURE),
			  &why))
		return true;
	if (reason_class(why.reason) == EXIT_CLASS_NO)
		return err_set(e, REASON_LOG_PROOF,
			       "the signature in the name of this key does not hold");
	*e = why;
	return false;
}

/* ---- checkpoints */

static bool read_size(struct tlog_head *h, struct bytes size, uint64_t at, struct err *e)
{
	if (!note_number(size, &h->size))
		return err_at(e, REASON_PROOF_FORM, at,
			      "the checkpoint's size is no decimal number");
	return h->size <= TLOG_SIZE_MAX ||
	       err_at(e, REASON_LIMIT, at, "the checkpoint's size %llu is over the limit of %llu",
		      (unsigned long long)h->size, (unsigned long long)TLOG_SIZE_MAX);
}

static bool read_root(struct tlog_head *h, struct bytes root, uint64_t at, struct err *e)
{
	owned(buf_free) struct buf hash = BUF(NOTE_MAX);
	struct digest empty;

	if (!note_hash(root, &hash))
		return buf_done(&hash, "a hash", e) &&
		       err_at(e, REASON_PROOF_FORM, at,
			      "the checkpoint's root is no hash of %u bytes in base64", TLOG_HASH);
	h->root = (struct digest){.alg = DIGEST_SHA256, .len = TLOG_HASH};
	memcpy(h->root.v, hash.p, TLOG_HASH);
	if (h->size > 0)
		return true;
	return tlog_empty(&empty, e) &&
	       (digest_equal(&empty, &h->root) ||
		err_at(e, REASON_PROOF_FORM, at,
		       "the checkpoint is of no entries, and its root is not that of none"));
}

bool checkpoint_read(struct checkpoint *c, struct bytes text, uint64_t base, struct err *e)
{
	struct checkpoint new = {0};
	struct bytes rest = text, size, root;
	uint64_t at;

	new.origin = bytes_line(&rest);
	size = bytes_line(&rest);
	root = bytes_line(&rest);
	if (new.origin.n == 0)
		return err_at(e, REASON_PROOF_FORM, base, "the checkpoint names no origin");
	at = base + new.origin.n + 1;
	if (!read_size(&new.head, size, at, e) || !read_root(&new.head, root, at + size.n + 1, e))
		return false;
	while (rest.n > 0) {
		at = base + (uint64_t)(rest.p - text.p);
		if (bytes_line(&rest).n == 0)
			return err_at(e, REASON_PROOF_FORM, at,
				      "the checkpoint has an empty line among its last ones");
	}
	*c = new;
	return true;
}
