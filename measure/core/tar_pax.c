#include "measure/core/tar_pax.h"

#include <stdlib.h>

#include "measure/base/base64.h"
#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/core/tar_header.h"

struct record {
	struct bytes key, value;
	uint64_t at;
};

/* What a key does. tail: of the key, behind what is in the table. */
struct key {
	const char *name;
	bool family; /* the key only begins so */
	bool global; /* may be said of the whole archive */
	bool (*heed)(struct tar_pax *p, const struct record *r, struct bytes tail, struct err *e);
	const char *as; /* the extended attribute that it is */
};

static bool unfit(const struct record *r, const char *what, struct err *e)
{
	return err_at(e, REASON_TAR, r->at, "the pax key '%.*s' needs %s, found '%.*s'",
		      (int)r->key.n, (const char *)r->key.p, what,
		      (int)(r->value.n < 64 ? r->value.n : 64), (const char *)r->value.p);
}

/* ---- values */

static bool decimal(struct bytes x, uint64_t *out)
{
	char text[21];

	if (x.n == 0 || x.n >= sizeof(text))
		return false;
	memcpy(text, x.p, x.n);
	text[x.n] = 0;
	return strlen(text) == x.n && num_parse(text, out);
}

static bool ignore(struct tar_pax *p, const struct record *r, struct bytes tail, struct err *e)
{
	(void)p;
	(void)r;
	(void)tail;
	(void)e;
	return true;
}

static bool take_name(const struct record *r, bool *has, struct bytes *out, struct err *e)
{
	if (r->value.n == 0 || memchr(r->value.p, 0, r->value.n))
		return unfit(r, "a name without NUL", e);
	*has = true;
	*out = r->value;
	return true;
}

static bool take_path(struct tar_pax *p, const struct record *r, struct bytes tail, struct err *e)
{
	(void)tail;
	return take_name(r, &p->has_path, &p->path, e);
}

static bool take_link(struct tar_pax *p, const struct record *r, struct bytes tail, struct err *e)
{
	(void)tail;
	return take_name(r, &p->has_link, &p->link, e);
}

static bool take_size(struct tar_pax *p, const struct record *r, struct bytes tail, struct err *e)
{
	(void)tail;
	if (!decimal(r->value, &p->size) || p->size > INT64_MAX)
		return unfit(r, "a decimal number below 2^63", e);
	p->has_size = true;
	return true;
}

static bool take_id(const struct record *r, bool *has, uint32_t *out, struct err *e)
{
	uint64_t n;

	if (!decimal(r->value, &n) || n > TAR_ID_MAX)
		return unfit(r, "a decimal number up to 4294967294", e);
	*has = true;
	*out = (uint32_t)n;
	return true;
}

static bool take_uid(struct tar_pax *p, const struct record *r, struct bytes tail, struct err *e)
{
	(void)tail;
	return take_id(r, &p->has_uid, &p->uid, e);
}

static bool take_gid(struct tar_pax *p, const struct record *r, struct bytes tail, struct err *e)
{
	(void)tail;
	return take_id(r, &p->has_gid, &p->gid, e);
}

/* Is it a fraction, or none; is it more than nothing? */
static bool fraction(struct bytes x, bool *some)
{
	*some = false;
	for (size_t i = 1; i < x.n; i++) {
		if (x.p[i] < '0' || x.p[i] > '9')
			return false;
		*some |= x.p[i] != '0';
	}
	return x.n == 0 || (x.p[0] == '.' && x.n > 1);
}

static bool take_mtime(struct tar_pax *p, const struct record *r, struct bytes tail, struct err *e)
{
	struct bytes x = r->value, whole;
	bool minus = x.n > 0 && x.p[0] == '-', some;
	const uint8_t *point;
	uint64_t n;

	(void)tail;
	x = bytes_of(x.p + minus, x.n - minus);
	point = x.n > 0 ? memchr(x.p, '.', x.n) : NULL;
	whole = bytes_of(x.p, point ? (size_t)(point - x.p) : x.n);
	if (!decimal(whole, &n) || n > INT64_MAX / 2 ||
	    !fraction(bytes_of(whole.p + whole.n, x.n - whole.n), &some))
		return unfit(r, "seconds, with or without a fraction", e);
	p->mtime = minus ? -(int64_t)n - some : (int64_t)n;
	p->has_mtime = true;
	return tar_check_time(p->mtime, r->at, e);
}

static bool check_charset(struct tar_pax *p, const struct record *r, struct bytes tail,
			  struct err *e)
{
	(void)p;
	(void)tail;
	return bytes_equal(r->value, bytes_str("BINARY")) ||
	       bytes_equal(r->value, bytes_str("ISO-IR 10646 2000 UTF-8")) ||
	       unfit(r, "BINARY or 'ISO-IR 10646 2000 UTF-8'", e);
}

static bool refuse_sparse(struct tar_pax *p, const struct record *r, struct bytes tail,
			  struct err *e)
{
	(void)p;
	(void)tail;
	err_at(e, REASON_AMBIGUOUS, r->at,
	       "the pax key '%.*s' is one of a sparse file, which readers take differently",
	       (int)r->key.n, (const char *)r->key.p);
	return err_hint(e, TAR_SPARSE_HINT);
}

static bool refuse(struct tar_pax *p, const struct record *r, struct bytes tail, struct err *e)
{
	(void)p;
	(void)tail;
	return err_at(e, REASON_AMBIGUOUS, r->at,
		      "the pax key '%.*s' changes what some readers see and others do not",
		      (int)(r->key.n < 100 ? r->key.n : 100), (const char *)r->key.p);
}

/* ---- extended attributes */

/* The same by another key (bsdtar writes each by two) must have the same value. */
static bool add_xattr(struct tar_pax *p, const struct record *r, struct bytes name,
		      struct bytes value, struct err *e)
{
	for (size_t i = 0; i < p->n_xattrs; i++)
		if (bytes_equal(p->xattrs[i].name, name))
			return bytes_equal(p->xattrs[i].value, value) ||
			       err_at(e, REASON_AMBIGUOUS, r->at,
				      "the extended attribute '%.*s' has two values, of %zu and %zu bytes",
				      (int)name.n, (const char *)name.p, p->xattrs[i].value.n,
				      value.n);
	if (p->n_xattrs == p->room) {
		size_t room = p->room ? p->room * 2 : 8;
		struct tar_xattr *more = realloc(p->xattrs, room * sizeof(*more));

		if (!more)
			return err_set(e, REASON_OUT_OF_MEMORY, "tar: out of memory");
		p->xattrs = more;
		p->room = room;
	}
	p->xattrs[p->n_xattrs++] = (struct tar_xattr){name, value};
	return true;
}

static bool take_xattr(struct tar_pax *p, const struct record *r, struct bytes tail, struct err *e)
{
	if (tail.n == 0 || memchr(tail.p, 0, tail.n))
		return refuse(p, r, tail, e);
	return add_xattr(p, r, tail, r->value, e);
}

/* %XX stands for a byte; anything else for itself. */
static bool decode_name(struct bytes x, struct buf *out)
{
	for (size_t i = 0; i < x.n; i++) {
		int high, low;

		if (x.p[i] != '%') {
			buf_u8(out, x.p[i]);
			continue;
		}
		high = x.n - i > 2 ? hex_value(x.p[i + 1]) : -1;
		low = x.n - i > 2 ? hex_value(x.p[i + 2]) : -1;
		if (high < 0 || low < 0 || high + low == 0)
			return false;
		buf_u8(out, (uint8_t)(high << 4 | low));
		i += 2;
	}
	return x.n > 0;
}

/* With padding, or without as bsdtar writes it. */
static bool decode_value(struct bytes x, struct buf *out)
{
	size_t rest = x.n % 4, bad;
	uint8_t four[] = "====";

	if (rest == 0)
		return base64_read(x, out, &bad);
	memcpy(four, x.p + x.n - rest, rest);
	return !memchr(x.p, '=', x.n) && base64_read(bytes_of(x.p, x.n - rest), out, &bad) &&
	       base64_read(bytes_of(four, 4), out, &bad);
}

/* `decoded` has room for all of it: what is in it stays where it is. */
static bool take_encoded(struct tar_pax *p, const struct record *r, struct bytes tail,
			 struct err *e)
{
	size_t name = p->decoded.n, value;

	if (!decode_name(tail, &p->decoded))
		return refuse(p, r, tail, e);
	value = p->decoded.n;
	if (!decode_value(r->value, &p->decoded))
		return unfit(r, "base64", e);
	return add_xattr(p, r, bytes_of(p->decoded.p + name, value - name),
			 bytes_of(p->decoded.p + value, p->decoded.n - value), e);
}

static const struct key *key_of(struct bytes key);

static bool take_as_xattr(struct tar_pax *p, const struct record *r, struct bytes tail,
			  struct err *e)
{
	(void)tail;
	return add_xattr(p, r, bytes_str(key_of(r->key)->as), r->value, e);
}

/* ---- keys; the first row that fits counts */

static const struct key keys[] = {
	{"path", .heed = take_path},
	{"linkpath", .heed = take_link},
	{"size", .heed = take_size},
	{"uid", .heed = take_uid},
	{"gid", .heed = take_gid},
	{"mtime", .heed = take_mtime},
	{"hdrcharset", .heed = check_charset},
	{"charset", .global = true, .heed = ignore},
	{"comment", .global = true, .heed = ignore},
	{"atime", .global = true, .heed = ignore},
	{"ctime", .global = true, .heed = ignore},
	{"uname", .global = true, .heed = ignore},
	{"gname", .global = true, .heed = ignore},
	{"SCHILY.xattr.", .family = true, .heed = take_xattr},
	{"LIBARCHIVE.xattr.", .family = true, .heed = take_encoded},
	{"SCHILY.acl.access", .heed = take_as_xattr, .as = "system.posix_acl_access"},
	{"SCHILY.acl.default", .heed = take_as_xattr, .as = "system.posix_acl_default"},
	{"SCHILY.acl.ace", .heed = take_as_xattr, .as = "system.nfs4_acl"},
	{"RHT.security.selinux", .heed = take_as_xattr, .as = "security.selinux"},
	{"SCHILY.dev", .heed = ignore},
	{"SCHILY.ino", .heed = ignore},
	{"SCHILY.nlink", .heed = ignore},
	{"SCHILY.fflags", .heed = ignore},
	{"LIBARCHIVE.creationtime", .heed = ignore},
	{"LIBARCHIVE.symlinktype", .heed = ignore},
	{"SCHILY.realsize", .heed = refuse_sparse},
	{"GNU.sparse.", .family = true, .heed = refuse_sparse},
	{"GNU.", .family = true, .heed = refuse},
	{"SCHILY.", .family = true, .heed = refuse},
	{"LIBARCHIVE.", .family = true, .heed = refuse},
	{"SUN.", .family = true, .heed = refuse},
	{"RHT.", .family = true, .heed = refuse},
};

/* Of another maker, who begins with his name in capitals (POSIX): no reader of tar heeds it. */
static const struct key others = {"", .family = true, .global = true, .heed = ignore};
static const struct key unknown = {"", .family = true, .heed = refuse};

static const struct key *key_of(struct bytes key)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct bytes name = bytes_str(keys[i].name);

		if (keys[i].family ? bytes_start(key, name) : bytes_equal(key, name))
			return &keys[i];
	}
	return key.p[0] >= 'A' && key.p[0] <= 'Z' && memchr(key.p, '.', key.n) ? &others : &unknown;
}

/* ---- records */

/* "LENGTH KEY=VALUE\n", the length that of all of it. */
static bool next_record(struct bytes *text, uint64_t *at, struct record *out, struct err *e)
{
	const uint8_t *blank = memchr(text->p, ' ', text->n < 20 ? text->n : 20), *sign;
	size_t digits = blank ? (size_t)(blank - text->p) : 0;
	struct bytes body;
	uint64_t length;

	if (!blank || !decimal(bytes_of(text->p, digits), &length))
		return err_at(e, REASON_TAR, *at, "a pax record begins with no length");
	if (length > text->n || length < digits + 4)
		return err_at(e, REASON_TAR, *at,
			      "a pax record of %llu bytes is not within the %zu that are left",
			      (unsigned long long)length, text->n);
	body = bytes_of(blank + 1, (size_t)length - digits - 2);
	sign = memchr(body.p, '=', body.n);
	if (text->p[length - 1] != '\n' || !sign || sign == body.p ||
	    memchr(body.p, 0, (size_t)(sign - body.p)))
		return err_at(e, REASON_TAR, *at, "a pax record is not KEY=VALUE with a newline");
	out->key = bytes_of(body.p, (size_t)(sign - body.p));
	out->value = bytes_of(sign + 1, body.n - out->key.n - 1);
	out->at = *at;
	*at += length;
	*text = bytes_of(text->p + length, text->n - (size_t)length);
	return true;
}

static bool check_once(struct bytes before, const struct record *r, struct err *e)
{
	uint64_t at = 0;
	struct record other;

	while (before.n > 0)
		if (!next_record(&before, &at, &other, e))
			return false;
		else if (bytes_equal(other.key, r->key))
			return err_at(e, REASON_AMBIGUOUS, r->at, "the pax key '%.*s' comes twice",
				      (int)(r->key.n < 100 ? r->key.n : 100),
				      (const char *)r->key.p);
	return true;
}

void tar_pax_forget(struct tar_pax *p)
{
	struct tar_pax kept = {.xattrs = p->xattrs, .room = p->room, .decoded = p->decoded};

	*p = kept;
}

void tar_pax_free(struct tar_pax *p)
{
	free(p->xattrs);
	buf_free(&p->decoded);
	*p = (struct tar_pax){0};
}

/* p NULL: global. */
static bool take_record(struct tar_pax *p, const struct record *r, struct err *e)
{
	const struct key *key = key_of(r->key);
	size_t n = strlen(key->name);

	if (!p && !key->global)
		return err_at(e, REASON_AMBIGUOUS, r->at,
			      "the pax key '%.*s' is said of the whole archive, which readers take "
			      "differently",
			      (int)(r->key.n < 100 ? r->key.n : 100), (const char *)r->key.p);
	return !p || key->heed(p, r, bytes_of(r->key.p + n, r->key.n - n), e);
}

static bool read_records(struct tar_pax *p, struct bytes text, uint64_t at, struct err *e)
{
	struct bytes left = text;
	struct record r;

	for (size_t n = 0; left.n > 0; n++) {
		size_t before = text.n - left.n;

		if (n == TAR_PAX_RECORDS)
			return err_at(e, REASON_LIMIT, at,
				      "a pax header has more than the limit of %u records",
				      TAR_PAX_RECORDS);
		if (!next_record(&left, &at, &r, e) ||
		    !check_once(bytes_of(text.p, before), &r, e) || !take_record(p, &r, e))
			return false;
	}
	return true;
}

bool tar_pax_read(struct tar_pax *p, struct bytes text, uint64_t at, struct err *e)
{
	tar_pax_forget(p);
	p->decoded.max = SIZE_MAX - 1;
	buf_reset(&p->decoded);
	if (!buf_room(&p->decoded, text.n))
		return buf_done(&p->decoded, "pax header", e);
	buf_reset(&p->decoded);
	return read_records(p, text, at, e);
}

bool tar_pax_check_global(struct bytes text, uint64_t at, struct err *e)
{
	return read_records(NULL, text, at, e);
}
