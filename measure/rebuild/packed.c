#include "measure/rebuild/packed.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/rebuild/recipe.h"

#define BLOCK 512u
#define STEP (128u * BLOCK)
#define SIZE_AT 124u /* in a header, as its checksum */
#define SIZE_DIGITS 11u
#define SUM_AT 148u
#define SUM_SIZE 8u
#define USTAR_MAX ((UINT64_C(1) << 33) - 1) /* 11 octal digits */
#define HEADERS_MAX (3 * BLOCK)
#define FOLDER "sha256/"
#define PAX_FOLDER "PaxHeaders/"

void packed_free(struct packed *p)
{
	buf_free(&p->lock);
	buf_free(&p->recipe);
}

/* ---- headers */

/* Fields in the order of POSIX.1-1988: ustar. */
static void put_ustar(struct buf *out, const char *name, uint64_t size, char type)
{
	size_t at = out->n;
	unsigned sum = 0;
	char text[SUM_SIZE + 1];

	buf_str(out, name);
	buf_zero(out, 100 - strlen(name));
	buf_put(out, bytes_of("0000444\0000000000\0000000000", 24));
	buf_fmt(out, "%011llo%c00000000000", (unsigned long long)size, 0);
	buf_put(out, bytes_of("\0        ", 9));
	buf_u8(out, (uint8_t)type);
	buf_zero(out, 100);
	buf_put(out, bytes_of("ustar\00000", 8));
	buf_zero(out, 64);
	buf_put(out, bytes_of("0000000\0000000000", 16));
	buf_zero(out, 167);
	if (out->failed != REASON_NONE)
		return;
	for (size_t i = at; i < out->n; i++)
		sum += out->p[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(out->p + at + SUM_AT, text, SUM_SIZE - 1);
}

void packed_header(struct buf *out, const char *name, uint64_t size)
{
	char record[64], pax[128];
	int n;

	if (size <= USTAR_MAX) {
		put_ustar(out, name, size, '0');
		return;
	}
	/* The length of a record counts itself: two digits, for any number of 10 to 20 digits. */
	n = snprintf(record, sizeof(record), "00 size=%llu\n", (unsigned long long)size);
	record[0] = (char)('0' + n / 10);
	record[1] = (char)('0' + n % 10);
	snprintf(pax, sizeof(pax), PAX_FOLDER "%s", name + strlen(FOLDER));
	put_ustar(out, pax, (uint64_t)n, 'x');
	buf_put(out, bytes_of(record, (size_t)n));
	buf_zero(out, BLOCK - (size_t)n);
	put_ustar(out, name, 0, '0');
}

static size_t padding(uint64_t size)
{
	return (size_t)(-size % BLOCK);
}

/* ---- which objects */

struct wanted {
	const struct lock_input **item; /* each object once, by digest */
	size_t n;
};

static void wanted_free(struct wanted *w)
{
	free(w->item);
	*w = (struct wanted){0};
}

static int by_digest(const void *a, const void *b)
{
	const struct lock_input *x = *(const struct lock_input *const *)a;
	const struct lock_input *y = *(const struct lock_input *const *)b;

	return bytes_order(digest_bytes(&x->object.sha256), digest_bytes(&y->object.sha256));
}

static bool want(const struct lock *l, struct wanted *w, struct err *e)
{
	size_t kept = 0;

	w->item = own_new((l->n_inputs + 1) * sizeof(*w->item), e);
	if (!w->item)
		return false;
	for (size_t i = 0; i < l->n_inputs; i++)
		w->item[i] = &l->inputs[i];
	if (l->n_inputs > 0)
		qsort(w->item, l->n_inputs, sizeof(*w->item), by_digest);
	for (size_t i = 0; i < l->n_inputs; i++) {
		const struct lock_input *x = w->item[i], *last = kept ? w->item[kept - 1] : NULL;

		if (!last || by_digest(&last, &x) != 0)
			w->item[kept++] = x;
		else if (last->object.size != x->object.size)
			return err_set(e, REASON_LOCK,
				       "inputs '%s' and '%s' are one object of two sizes",
				       last->input, x->input);
	}
	w->n = kept;
	return true;
}

struct name {
	char text[sizeof(FOLDER) + 2 * DIGEST_MAX];
};

static struct name name_of(const struct object *x)
{
	struct name n = {FOLDER};

	hex_string(n.text + strlen(FOLDER), digest_bytes(&x->sha256));
	return n;
}

/* Is the recipe the one that was locked? */
static bool check_recipe(const struct packed *p, const struct lock *l, struct err *e)
{
	struct digest d;

	if (!hash_of(DIGEST_SHA256, buf_bytes(&p->recipe), &d, e))
		return false;
	return digest_equal(&d, &l->recipe) ||
	       err_set(e, REASON_UNLOCKED, "the lock is of another " RECIPE_FILE);
}

/* ---- writing */

struct writing {
	struct out *to;
	struct hash *hash;
	uint64_t size;
};

static bool put(struct writing *w, struct bytes x, struct err *e)
{
	w->size += x.n;
	return hash_add(w->hash, x, e) && out_write(w->to, x, e);
}

static bool put_zeros(struct writing *w, size_t n, struct err *e)
{
	static const uint8_t zeros[2 * BLOCK];

	return put(w, bytes_of(zeros, n), e);
}

static bool put_header(struct writing *w, const char *name, uint64_t size, struct err *e)
{
	owned(buf_free) struct buf head = BUF(HEADERS_MAX);

	packed_header(&head, name, size);
	return buf_done(&head, "a header", e) && put(w, buf_bytes(&head), e);
}

static bool put_text(struct writing *w, const char *name, const struct buf *text, struct err *e)
{
	return put_header(w, name, text->n, e) && put(w, buf_bytes(text), e) &&
	       put_zeros(w, padding(text->n), e);
}

static bool put_bytes(struct writing *w, struct stream *in, struct err *e)
{
	uint8_t bytes[STEP];
	size_t got = 0;

	do {
		if (!stream_read(in, (struct span){bytes, sizeof(bytes)}, &got, e) ||
		    !put(w, bytes_of(bytes, got), e))
			return false;
	} while (got > 0);
	return true;
}

static bool put_object(struct writing *w, const struct objects *from, const struct lock_input *x,
		       struct err *e)
{
	owned(store_item_free) struct store_item i = {.file = FILE_NONE};
	struct stream_range range;

	if (!objects_get(from, &x->object, *x->name ? x->name : x->input, &i, e))
		return false;
	range = stream_range(&i.file, i.at, i.size);
	return put_header(w, name_of(&x->object).text, i.size, e) &&
	       put_bytes(w, &range.stream, e) && file_unchanged(&i.file, e) &&
	       put_zeros(w, padding(i.size), e);
}

static bool put_all(struct writing *w, const struct packed *p, const struct objects *from,
		    const struct wanted *wanted, struct err *e)
{
	if (!put_text(w, LOCK_FILE, &p->lock, e) || !put_text(w, RECIPE_FILE, &p->recipe, e))
		return false;
	for (size_t i = 0; i < wanted->n; i++)
		if (!put_object(w, from, wanted->item[i], e))
			return false;
	return put_zeros(w, 2 * BLOCK, e);
}

bool packed_write(struct packed *p, const struct objects *from, struct out *to, struct err *e)
{
	owned(lock_free) struct lock l = {0};
	owned(wanted_free) struct wanted wanted = {0};
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	struct writing w = {to, h, 0};

	if (!h || !lock_read(&l, buf_bytes(&p->lock), e) || !check_recipe(p, &l, e) ||
	    !want(&l, &wanted, e) || !put_all(&w, p, from, &wanted, e))
		return false;
	p->inputs = l.inputs_digest;
	p->objects = wanted.n;
	p->size = w.size;
	return hash_finish(h, &p->sha256, e);
}

/* ---- reading */

/* The headers that must come, byte for byte; the first bytes of them may have been read already. */
static bool take_header(struct stream *in, struct bytes known, const char *name, uint64_t size,
			struct err *e)
{
	owned(buf_free) struct buf must_be = BUF(HEADERS_MAX);
	uint64_t at = in->pos - known.n;
	uint8_t is[HEADERS_MAX];

	packed_header(&must_be, name, size);
	if (!buf_done(&must_be, "a header", e))
		return false;
	if (known.n > 0)
		memcpy(is, known.p, known.n);
	if (!stream_take(in, (struct span){is + known.n, must_be.n - known.n}, "a header", e))
		return false;
	return memcmp(is, must_be.p, must_be.n) == 0 ||
	       err_at(e, REASON_PACKED, at, "not the header that '%s' of %llu bytes has", name,
		      (unsigned long long)size);
}

static bool take_zeros(struct stream *in, size_t n, const char *what, struct err *e)
{
	uint8_t bytes[2 * BLOCK];
	uint64_t at = in->pos;

	if (!stream_take(in, (struct span){bytes, n}, what, e))
		return false;
	return bytes_zero(bytes_of(bytes, n)) ||
	       err_at(e, REASON_PACKED, at, "%s is not all zeros", what);
}

/* Of lock and recipe the header alone says how long they are. */
static bool take_text(struct stream *in, const char *name, struct buf *to, struct err *e)
{
	char digits[SIZE_DIGITS + 1] = "";
	uint64_t at = in->pos, size;
	uint8_t head[BLOCK], *p;

	if (!stream_take(in, (struct span){head, sizeof(head)}, "a header", e))
		return false;
	memcpy(digits, head + SIZE_AT, SIZE_DIGITS);
	size = strspn(digits, "01234567") == SIZE_DIGITS ? strtoull(digits, NULL, 8) : 0;
	if (!take_header(in, bytes_of(head, sizeof(head)), name, size, e))
		return false;
	if (size > to->max)
		return err_at(e, REASON_LIMIT, at, "%s of %llu bytes, and %zu are the limit", name,
			      (unsigned long long)size, to->max);
	p = buf_room(to, (size_t)size);
	return buf_done(to, name, e) && stream_take(in, (struct span){p, (size_t)size}, name, e) &&
	       take_zeros(in, padding(size), "what fills a block", e);
}

/* The next bytes of another stream. */
struct part {
	struct stream stream;
	struct stream *in;
	uint64_t left;
	const char *name;
};

static bool read_part(struct stream *s, struct span to, size_t *got, struct err *e)
{
	struct part *p = (struct part *)s;

	to.n = p->left < to.n ? (size_t)p->left : to.n;
	p->left -= to.n;
	*got = to.n;
	return stream_take(p->in, to, p->name, e);
}

static bool take_object(struct stream *in, const struct objects *to, const struct lock_input *x,
			struct err *e)
{
	struct name name = name_of(&x->object);
	struct part part = {{read_part, 0}, in, x->object.size, name.text};
	struct object is;

	return take_header(in, bytes_of(NULL, 0), name.text, x->object.size, e) &&
	       (objects_put(to, &part.stream, &x->object, &is, e) ||
		err_in(e, "'%s'", *x->name ? x->name : x->input)) &&
	       take_zeros(in, padding(x->object.size), "what fills a block", e);
}

static bool take_end(struct stream *in, struct err *e)
{
	uint8_t more;
	size_t got;

	if (!take_zeros(in, 2 * BLOCK, "the end", e) ||
	    !stream_read(in, (struct span){&more, 1}, &got, e))
		return false;
	return got == 0 || err_at(e, REASON_TRAILING, in->pos - 1, "bytes follow the end");
}

static bool take_all(struct packed *p, struct stream *in, const struct objects *to, struct err *e)
{
	owned(lock_free) struct lock l = {0};
	owned(wanted_free) struct wanted wanted = {0};

	if (!take_text(in, LOCK_FILE, &p->lock, e))
		return false;
	if (!lock_read(&l, buf_bytes(&p->lock), e))
		return err_in(e, LOCK_FILE);
	if (!take_text(in, RECIPE_FILE, &p->recipe, e) || !check_recipe(p, &l, e) ||
	    !want(&l, &wanted, e))
		return false;
	for (size_t i = 0; i < wanted.n; i++)
		if (!take_object(in, to, wanted.item[i], e))
			return false;
	p->inputs = l.inputs_digest;
	p->objects = wanted.n;
	return take_end(in, e);
}

bool packed_read(struct packed *p, struct stream *in, const struct objects *to, struct err *e)
{
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	struct stream_hashed hashed = stream_hashed(in, h);

	if (!h || !take_all(p, &hashed.stream, to, e))
		return false;
	p->size = hashed.stream.pos;
	return hash_finish(h, &p->sha256, e);
}
