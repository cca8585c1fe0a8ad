#include "reference-db/corim_reader.h"

#include <stdio.h>

#include "measure/base/hex.h"
#include "reference-db/names.h"

#define ALGS 13u
#define UUID_BYTES 16u
#define OID_BYTES 64u
#define DER_OID 0x06
#define TAG_UUID 37u
#define TAG_OID 111u

/* Bytes of a value by RFC 6920's registry; truncated digests are too short to rely upon. */
static const struct {
	size_t length;
	bool truncated;
} algs[ALGS] = {
	[1] = {32, false}, [2] = {16, true},   [3] = {15, true},   [4] = {12, true},
	[5] = {8, true},   [6] = {4, true},    [7] = {48, false},  [8] = {64, false},
	[9] = {28, false}, [10] = {32, false}, [11] = {48, false}, [12] = {64, false},
};

void reader_place(const struct place *p, char *room, size_t size)
{
	char tag[32] = "", part[48] = "";

	if (p->tag != PLACE_NONE)
		snprintf(tag, sizeof(tag), "tag %zu", p->tag);
	if (p->part && p->index != PLACE_NONE)
		snprintf(part, sizeof(part), "%s %zu", p->part, p->index);
	else if (p->part)
		snprintf(part, sizeof(part), "%s", p->part);
	snprintf(room, size, "%s%s%s%s%.24s", tag, tag[0] && part[0] ? ", " : "", part,
		 p->key && p->key[0] && (tag[0] || part[0]) ? ", " : "", p->key ? p->key : "");
}

static bool add(struct reader *r, bool error, enum lint_rule rule, const char *format, va_list args)
	ERR_FORMAT(4, 0);

static bool add(struct reader *r, bool error, enum lint_rule rule, const char *format, va_list args)
{
	struct finding f = {.error = error, .rule = rule};

	reader_place(&r->place, f.place, sizeof(f.place));
	vsnprintf(f.text, sizeof(f.text), format, args);
	return lint_add(r->l, &f);
}

bool reader_error(struct reader *r, enum lint_rule rule, const char *format, ...)
{
	va_list args;
	bool ok;

	va_start(args, format);
	ok = add(r, true, rule, format, args);
	va_end(args);
	return ok;
}

bool reader_warn(struct reader *r, enum lint_rule rule, const char *format, ...)
{
	va_list args;
	bool ok;

	va_start(args, format);
	ok = add(r, false, rule, format, args);
	va_end(args);
	return ok;
}

void reader_unread(struct reader *r, const char *what)
{
	cbor_walk_skip(&r->c, what);
	if (cur_ok(&r->c))
		reader_warn(r, LINT_UNREAD, "%s: allowed, and not interpreted", what);
}

int64_t reader_key(struct reader *r, struct bytes *text)
{
	enum cbor_major kind = cbor_walk_kind(&r->c);

	if (kind == CBOR_TEXT && text) {
		*text = cbor_walk_text(&r->c, "key");
		return KEY_TEXT;
	}
	if (kind == CBOR_BYTES || kind == CBOR_TEXT) {
		cbor_walk_skip(&r->c, "key");
		return KEY_OTHER;
	}
	return cbor_walk_int(&r->c, "key");
}

void reader_unknown(struct reader *r, const char *where, int64_t key, bool extends)
{
	char name[32] = "that is no integer";

	cbor_walk_skip(&r->c, where);
	if (!cur_ok(&r->c))
		return;
	if (key != KEY_OTHER && key != KEY_TEXT)
		snprintf(name, sizeof(name), "%lld", (long long)key);
	if (extends)
		reader_warn(r, LINT_KEY, "%s has a key %s, which is not interpreted", where, name);
	else
		reader_error(r, LINT_KEY, "%s has a key %s, which cannot be there", where, name);
}

void reader_met(uint64_t *met, int64_t key)
{
	if (key >= 0 && key < 64)
		*met |= UINT64_C(1) << key;
}

void reader_require(struct reader *r, const char *where, uint64_t met, int64_t key)
{
	if (cur_ok(&r->c) && !(met >> key & 1))
		reader_error(r, LINT_MISSING, "%s has no key %lld", where, (long long)key);
}

const char *reader_text(struct reader *r, const char *field)
{
	struct bytes text = cbor_walk_text(&r->c, field);

	if (text.n > 0 && memchr(text.p, '\0', text.n)) {
		reader_error(r, LINT_TEXT, "%s holds a NUL", field);
		return "";
	}
	if (!name_shows(text) && cur_ok(&r->c))
		reader_warn(r, LINT_TEXT, "%s holds a character that cannot be shown as it is",
			    field);
	return manifest_text(r->m, text);
}

static const char *uuid_text(struct reader *r, struct bytes uuid)
{
	static const uint8_t dashes[] = {4, 6, 8, 10};
	owned(buf_free) struct buf text = BUF(64);

	for (size_t i = 0; i < uuid.n; i++) {
		if (memchr(dashes, (int)i, sizeof(dashes)))
			buf_str(&text, "-");
		hex_put(&text, bytes_of(uuid.p + i, 1));
	}
	if (text.failed != REASON_NONE)
		buf_fail(&r->m->strings, text.failed);
	return manifest_text(r->m, buf_bytes(&text));
}

const char *reader_tag_id(struct reader *r, const char *field)
{
	struct bytes uuid;

	if (cbor_walk_kind(&r->c) != CBOR_BYTES)
		return reader_text(r, field);
	uuid = cbor_walk_bytes(&r->c, field);
	if (uuid.n == UUID_BYTES)
		return uuid_text(r, uuid);
	if (cur_ok(&r->c))
		reader_error(r, LINT_TAG_ID, "%s has %zu bytes, a UUID has %u", field, uuid.n,
			     UUID_BYTES);
	return "";
}

/*
 * The content of an OBJECT IDENTIFIER, dotted; some writers leave DER's type and length in front.
 * What is none comes out as hexadecimal.
 */
static void put_oid(struct buf *out, struct bytes oid)
{
	uint64_t arc = 0;
	bool first = true;

	if (oid.n > 2 && oid.p[0] == DER_OID && oid.p[1] == oid.n - 2)
		oid = bytes_of(oid.p + 2, oid.n - 2);
	if (oid.n == 0 || oid.n > OID_BYTES || oid.p[oid.n - 1] & 0x80) {
		hex_put(out, oid);
		return;
	}
	for (size_t i = 0; i < oid.n; i++) {
		arc = arc << 7 | (oid.p[i] & 0x7f); /* what wraps is for people, never compared */
		if (oid.p[i] & 0x80)
			continue;
		if (first)
			buf_fmt(out, "%u.", arc < 80 ? (unsigned)(arc / 40) : 2);
		if (first)
			arc -= arc < 80 ? arc / 40 * 40 : 80;
		buf_fmt(out, "%s%llu", first ? "" : ".", (unsigned long long)arc);
		first = false;
		arc = 0;
	}
}

const char *reader_identifier(struct reader *r, const char *field)
{
	owned(buf_free) struct buf text = BUF(CORIM_MAX);
	uint64_t tag = cbor_walk_tag(&r->c, field);
	struct bytes content;

	if (!cur_ok(&r->c))
		return "";
	if (cbor_walk_kind(&r->c) == CBOR_TEXT)
		return reader_text(r, field);
	if (cbor_walk_kind(&r->c) != CBOR_BYTES) {
		cbor_walk_skip(&r->c, field);
		return "a key or its digest";
	}
	content = cbor_walk_bytes(&r->c, field);
	if (tag == TAG_UUID && content.n == UUID_BYTES)
		return uuid_text(r, content);
	if (tag == TAG_OID)
		put_oid(&text, content);
	else
		hex_put(&text, content);
	if (text.failed != REASON_NONE)
		buf_fail(&r->m->strings, text.failed);
	return manifest_text(r->m, buf_bytes(&text));
}

/* Names that stand for numbers: those of the registry for what we know ourselves. */
static int named_alg(struct bytes name)
{
	static const struct {
		const char *name;
		int alg;
	} names[] = {{"sha-256", 1}, {"sha-384", 7}, {"sha-512", 8}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bytes_equal(name, bytes_str(names[i].name)))
			return names[i].alg;
	return 0;
}

static bool check_digest(struct reader *r, int64_t alg, size_t length)
{
	if (alg < 1 || alg >= (int64_t)ALGS)
		return reader_error(r, LINT_DIGEST_ALG, "the digest algorithm %lld is %s",
				    (long long)alg, alg == 0 ? "reserved" : "not known");
	if (algs[alg].truncated)
		return reader_error(r, LINT_DIGEST_ALG,
				    "the digest algorithm %lld is truncated to %zu bytes",
				    (long long)alg, algs[alg].length);
	if (length != algs[alg].length)
		return reader_error(r, LINT_DIGEST_LENGTH,
				    "a digest of %zu bytes, where algorithm %lld has %zu", length,
				    (long long)alg, algs[alg].length);
	return true;
}

bool reader_digest(struct reader *r, int *alg, struct bytes *value)
{
	struct cbor_run run = cbor_walk_array(&r->c, "digest");
	struct bytes name;
	int64_t number = 0;

	if (!cbor_walk_next(&r->c, &run)) {
		if (cur_ok(&r->c))
			reader_error(r, LINT_EMPTY, "a digest without algorithm and value");
		return false;
	}
	if (cbor_walk_kind(&r->c) == CBOR_TEXT) {
		name = cbor_walk_text(&r->c, "digest algorithm");
		number = named_alg(name);
	} else {
		number = cbor_walk_int(&r->c, "digest algorithm");
	}
	if (!cbor_walk_next(&r->c, &run)) {
		if (cur_ok(&r->c))
			reader_error(r, LINT_EMPTY, "a digest without a value");
		return false;
	}
	*value = cbor_walk_bytes(&r->c, "digest value");
	if (cur_ok(&r->c) && cbor_walk_next(&r->c, &run))
		return cur_fail(&r->c, REASON_CBOR, cur_at(&r->c),
				"digest has more than two items");
	if (!cur_ok(&r->c) || !check_digest(r, number, value->n))
		return false;
	*alg = (int)number;
	return true;
}

bool reader_scan(struct reader *r, struct bytes item, uint64_t base)
{
	struct err strict = {0};

	if (cbor_scan(item, base, CBOR_STRICT, CORIM_ITEMS, &strict))
		return true;
	if (strict.reason == REASON_OUT_OF_MEMORY || strict.reason == REASON_LIMIT) {
		*r->e = strict;
		return false;
	}
	if (!cbor_scan(item, base, CBOR_FOREIGN, CORIM_ITEMS, r->e))
		return false;
	reader_warn(r, LINT_CANONICAL, "not deterministic CBOR: %.120s, at offset %llu",
		    strict.text, (unsigned long long)strict.offset);
	return true;
}

bool reader_enter(struct reader *r, const char *field, struct cur *before)
{
	struct bytes content = cbor_walk_bytes(&r->c, field);
	uint64_t base = cur_at(&r->c) - content.n;

	*before = r->c;
	if (!cur_ok(&r->c))
		return false;
	if (!reader_scan(r, content, base)) {
		r->c.failed = true;
		return false;
	}
	r->c = cur_new(content, base, r->e);
	return true;
}

void reader_leave(struct reader *r, const char *field, const struct cur *before)
{
	bool ok = cur_ok(&r->c) && cur_end(&r->c, field);

	r->c = *before;
	r->c.failed = !ok;
}
