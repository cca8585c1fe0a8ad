#include "measure/core/kernel_scan.h"

#include "measure/base/cur.h"
#include "measure/core/archive.h"
#include "measure/core/hash.h"

#define WINDOW (256u * 1024)
#define CARRY 8192u /* what is found is whole when it begins so far in front of a window's end */
#define CONFIG_BEGIN "IKCFG_ST"
#define CONFIG_END "IKCFG_ED"
#define CONFIG_GZIP CONFIG_BEGIN "\x1f\x8b"
#define BANNER "Linux version "
#define NOTE "\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU" /* with its NUL: NT_GNU_BUILD_ID of 20 bytes */
#define NOTE_SIZE 16u
#define CERTIFICATE "\xa0\x03\x02\x01\x02\x02" /* version 3, behind two sequences */
#define CERTIFICATE_SIZE 6u
#define SEQUENCES 8u
#define COMMON_NAME "\x06\x03\x55\x04\x03"
#define COMMON_NAME_SIZE 5u

struct scan {
	struct kernel *k;
	struct hash *hash; /* NULL: not all is looked for */
	struct buf window, config;
	bool collecting, done;
};

static void scan_free(struct scan *s)
{
	hash_free(&s->hash);
	buf_free(&s->window);
	buf_free(&s->config);
}

/* The window, and how far in it things are taken to begin. */
struct view {
	struct bytes x;
	size_t limit;
};

/* The first place from `at` on, in front of the limit; false: there is none. */
static bool find(const struct view *v, size_t *at, struct bytes what)
{
	const uint8_t *p =
		*at < v->limit ? memmem(v->x.p + *at, v->x.n - *at, what.p, what.n) : NULL;

	if (!p || (size_t)(p - v->x.p) >= v->limit)
		return false;
	*at = (size_t)(p - v->x.p);
	return true;
}

static struct bytes from(const struct view *v, size_t at)
{
	return at < v->x.n ? bytes_of(v->x.p + at, v->x.n - at) : bytes_of(v->x.p, 0);
}

/* ---- the banner */

void kernel_version(struct bytes text, struct buf *out)
{
	size_t n = 0;

	if (out->n > 0 || text.n == 0 || text.p[0] < '0' || text.p[0] > '9')
		return;
	while (n < text.n && text.p[n] > ' ' && text.p[n] < 0x7f)
		n++;
	if (n < text.n && n < KERNEL_VERSION_MAX)
		buf_put(out, bytes_of(text.p, n));
}

/* A line with the number of the build; another one, for other places, has none. */
static void take_banner(struct bytes text, struct buf *out)
{
	size_t n = 0;

	while (n < text.n && n < KERNEL_BANNER_MAX && text.p[n] >= ' ' && text.p[n] != 0x7f)
		n++;
	if (out->n > 0 || n == text.n || (text.p[n] != '\n' && text.p[n] != 0))
		return;
	for (size_t i = 0; i + 3 < n; i++)
		if (memcmp(text.p + i, ") #", 3) == 0 && text.p[i + 3] >= '0' &&
		    text.p[i + 3] <= '9') {
			buf_put(out, bytes_of(text.p, n));
			return;
		}
}

/* Formats of such texts lie about, too. */
static void look_banner(struct scan *s, const struct view *v)
{
	for (size_t at = 0; find(v, &at, bytes_str(BANNER)); at++) {
		kernel_version(from(v, at + strlen(BANNER)), &s->k->version);
		if (s->hash)
			take_banner(from(v, at), &s->k->banner);
	}
}

/* ---- build ids */

static void look_ids(struct scan *s, const struct view *v)
{
	struct kernel *k = s->k;
	struct bytes x;

	for (size_t at = 0; find(v, &at, bytes_of(NOTE, NOTE_SIZE)); at++) {
		x = from(v, at + NOTE_SIZE);
		if (k->n_ids < KERNEL_IDS && x.n >= KERNEL_ID)
			memcpy(k->id[k->n_ids++], x.p, KERNEL_ID);
	}
}

/* ---- certificates: X.690, 8.1; X.501 */

static size_t sequence(struct cur *c)
{
	unsigned tag = cur_be16(c, "a sequence");
	size_t n = cur_be16(c, "its length");

	return tag == 0x3082 ? n : 0;
}

/* Text of the last common name, which is the subject's. */
static void take_name(struct bytes der, char out[KERNEL_KEY_NAME])
{
	const uint8_t *at;
	struct bytes text;
	struct err none = {0};

	while ((at = memmem(der.p, der.n, COMMON_NAME, COMMON_NAME_SIZE))) {
		struct cur c;

		der = bytes_of(at + COMMON_NAME_SIZE,
			       der.n - (size_t)(at - der.p) - COMMON_NAME_SIZE);
		c = cur_new(der, 0, &none);
		cur_u8(&c, "the kind of text");
		text = cur_take(&c, cur_u8(&c, "its length"), "a name");
		if (!cur_ok(&c) || text.n == 0 || text.n >= KERNEL_KEY_NAME ||
		    memchr(text.p, 0, text.n))
			continue;
		memcpy(out, text.p, text.n);
		out[text.n] = '\0';
	}
}

static bool take_key(struct kernel *k, struct bytes x, struct err *e)
{
	struct err none = {0};
	struct cur c = cur_new(x, 0, &none);
	size_t n = sequence(&c), inner = sequence(&c);
	struct kernel_key *key = &k->key[k->n_keys];

	if (!cur_ok(&c) || n == 0 || inner == 0 || inner + 4 > n || n + 4 > KERNEL_KEY_MAX ||
	    n + 4 > x.n || k->n_keys == KERNEL_KEYS)
		return true;
	*key = (struct kernel_key){0};
	take_name(bytes_of(x.p, n + 4), key->name);
	k->n_keys++;
	return hash_of(DIGEST_SHA256, bytes_of(x.p, n + 4), &key->sha256, e);
}

/* The mark stands behind the two heads: it may be beyond the limit. */
static bool look_keys(struct scan *s, const struct view *v, struct err *e)
{
	const size_t limit = v->limit + SEQUENCES < v->x.n ? v->limit + SEQUENCES : v->x.n;
	const struct view marks = {v->x, limit};

	for (size_t at = SEQUENCES; find(&marks, &at, bytes_of(CERTIFICATE, CERTIFICATE_SIZE));
	     at++)
		if (at - SEQUENCES < v->limit && !take_key(s->k, from(v, at - SEQUENCES), e))
			return false;
	return true;
}

/* ---- the configuration */

static void look_config(struct scan *s, const struct view *v)
{
	size_t at = 0;
	const uint8_t *end;

	if (s->done)
		return;
	if (!s->collecting) {
		if (!find(v, &at, bytes_str(CONFIG_GZIP)))
			return;
		s->collecting = true;
		at += strlen(CONFIG_BEGIN);
	}
	if (at < v->limit)
		buf_put(&s->config, bytes_of(v->x.p + at, v->limit - at));
	end = s->config.n ? memmem(s->config.p, s->config.n, CONFIG_END, strlen(CONFIG_END)) : NULL;
	if (end)
		s->config.n = (size_t)(end - s->config.p);
	s->done = end || s->config.failed != REASON_NONE;
}

static bool take_config(const struct scan *s, struct err *e)
{
	const struct unpack_rule rule = {.packing = PACKING_GZIP, .max = KERNEL_CONFIG_MAX};
	struct err found = {0};

	if (s->config.failed == REASON_OUT_OF_MEMORY)
		return buf_done(&s->config, "the configuration", e);
	if (!s->done || s->config.failed != REASON_NONE ||
	    unpack_bytes(buf_bytes(&s->config), &rule, &s->k->config, &found))
		return true;
	buf_reset(&s->k->config);
	return found.reason != REASON_OUT_OF_MEMORY || err_set(e, found.reason, "%s", found.text);
}

/* ---- windows */

/* What begins behind the limit is looked at with what follows it. */
static bool step(struct scan *s, struct stream *in, bool *end, struct err *e)
{
	size_t old = s->window.n, got;
	uint8_t *room = buf_room(&s->window, WINDOW - old);
	struct view v;

	if (!room)
		return buf_done(&s->window, "a window of the kernel", e);
	if (!stream_read(in, (struct span){room, WINDOW - old}, &got, e))
		return false;
	s->window.n = old + got;
	*end = s->window.n < WINDOW;
	v = (struct view){buf_bytes(&s->window), *end ? s->window.n : WINDOW - CARRY};
	look_banner(s, &v);
	look_config(s, &v);
	if (s->hash) {
		look_ids(s, &v);
		if (!look_keys(s, &v, e) || !hash_add(s->hash, bytes_of(v.x.p, v.limit), e))
			return false;
	}
	memmove(s->window.p, s->window.p + v.limit, s->window.n - v.limit);
	s->window.n -= v.limit;
	return true;
}

bool kernel_scan(struct kernel *k, struct stream *in, bool all, struct err *e)
{
	owned(scan_free) struct scan s = {
		.k = k,
		.window = BUF(WINDOW),
		.config = BUF(KERNEL_CONFIG_MAX),
	};
	bool end = false;

	if (all && !(s.hash = hash_new(DIGEST_SHA256, e)))
		return false;
	while (!end && (all || !s.done))
		if (!step(&s, in, &end, e))
			return false;
	return take_config(&s, e) && (!all || hash_finish(s.hash, &k->unpacked, e));
}
