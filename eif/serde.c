#include "eif/metadata.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Decimal digits that every double keeps (DBL_DIG), and hence every reader and writer. */
#define DIGITS_MAX 15

_Static_assert(FLT_EVAL_METHOD == 0, "each operation rounds to a double, as the reference's do");

/*
 * A number twice: exactly, as digits x 10^scale without zeros at either end of the digits, and as
 * serde_json's reader has it, significand x 10^exponent, where digits that do not fit into the
 * significand are dropped.
 */
struct number {
	bool negative, integer;
	size_t n_digits; /* of which at most DIGITS_MAX are in digits */
	uint64_t digits;
	int64_t scale;
	uint64_t significand;
	int64_t exponent;
	bool dropped;
	bool fraction; /* behind the decimal point */
	size_t zeros; /* met since the last other digit */
};

static void add_exactly(struct number *x, unsigned digit)
{
	if (x->fraction)
		x->scale--;
	if (digit == 0) {
		x->zeros += x->n_digits > 0;
		return;
	}
	x->n_digits += x->zeros + 1;
	for (size_t i = 0; i <= x->zeros && x->n_digits <= DIGITS_MAX; i++)
		x->digits *= 10;
	x->digits += digit;
	x->zeros = 0;
}

/* One that does not fit ends the taking of digits, until the decimal point and after it. */
static void add_as_serde(struct number *x, unsigned digit)
{
	if (x->dropped || x->significand > (UINT64_MAX - digit) / 10) {
		x->dropped = true;
		x->exponent += !x->fraction;
		return;
	}
	x->significand = x->significand * 10 + digit;
	x->exponent -= x->fraction;
}

/* Far over what can matter, it stays where it is. */
static int64_t exponent_of(struct bytes text)
{
	int64_t x = 0;
	bool negative = text.p[0] == '-';

	for (size_t i = negative || text.p[0] == '+'; i < text.n && x < INT32_MAX; i++)
		x = x * 10 + (text.p[i] - '0');
	return negative ? -x : x;
}

/* text: a number by JSON's grammar. */
static struct number number_of(struct bytes text)
{
	struct number x = {.integer = true, .negative = text.p[0] == '-'};
	int64_t power = 0;

	for (size_t i = x.negative; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '.') {
			x.fraction = true;
			x.integer = x.dropped = false;
		} else if (c == 'e' || c == 'E') {
			x.integer = false;
			power = exponent_of(bytes_of(text.p + i + 1, text.n - i - 1));
			break;
		} else {
			add_exactly(&x, c - (unsigned)'0');
			add_as_serde(&x, c - (unsigned)'0');
		}
	}
	x.scale += (int64_t)x.zeros + power;
	x.exponent += power;
	return x;
}

/* Without a decimal point, whose spelling strtod takes from the locale. Rounds correctly. */
static double double_of(uint64_t digits, int64_t scale)
{
	char text[48];

	snprintf(text, sizeof(text), "%" PRIu64 "e%" PRId64, digits, scale);
	return strtod(text, NULL);
}

/* What serde_json's reader makes of it: a rounding for each operation. Infinite: it refuses. */
static double double_as_serde(const struct number *x)
{
	double f = (double)x->significand;
	int64_t exponent = x->exponent;

	for (; exponent < -308 && f != 0; exponent += 308)
		f /= 1e308;
	if (f == 0)
		return 0;
	return exponent < 0 ? f / double_of(1, -exponent) : f * double_of(1, exponent);
}

static bool refuse(const struct json_node *node, struct err *e, const char *why)
{
	return err_at(e, REASON_METADATA_NUMBER, node->offset, "number %.*s%s %s",
		      (int)(node->text.n < 40 ? node->text.n : 40), (const char *)node->text.p,
		      node->text.n > 40 ? "..." : "", why);
}

/* Does serde_json keep it as an integer of 64 bits? An integer -0 is a double to it. */
static bool stays_integer(const struct number *x)
{
	if (!x->integer || x->dropped)
		return false;
	return !x->negative || (x->significand > 0 && x->significand <= (uint64_t)INT64_MAX + 1);
}

static bool check_double(const struct number *x, const struct json_node *node, struct err *e)
{
	double exact;
	char why[96];

	if (x->n_digits > DIGITS_MAX) {
		snprintf(why, sizeof(why), "needs at most %d significant digits, found %zu",
			 DIGITS_MAX, x->n_digits);
		return refuse(node, e, why);
	}
	if ((int64_t)x->n_digits + x->scale > 16 && x->digits > 0)
		return refuse(node, e,
			      "needs to be below 1e16 or an integer of 64 bits: whether a "
			      "plus sign stands behind its e depends on the builder");
	exact = double_of(x->digits, x->scale);
	if (x->digits > 0 && exact < DBL_MIN)
		return refuse(node, e, "needs to be 0 or at least 2.3e-308");
	if (double_as_serde(x) != exact)
		return refuse(node, e, "is one that the reference builder rounds wrongly");
	return true;
}

/*
 * The shortest digits that give the double back are the number's own, since no double has two
 * numbers of 15 digits or less. Form: Ryu's pretty printer, from 1e-5 to below 1e16 without an e.
 */
static void put_double(struct json_out *w, const struct number *x)
{
	char d[24], text[64];
	int n = snprintf(d, sizeof(d), "%" PRIu64, x->digits);
	int scale = x->digits ? (int)x->scale : 0, point = n + scale;
	const char *sign = x->negative ? "-" : "", *zeros = "0000000000000000";

	if (scale >= 0)
		n = snprintf(text, sizeof(text), "%s%s%.*s.0", sign, d, scale, zeros);
	else if (point > 0)
		n = snprintf(text, sizeof(text), "%s%.*s.%s", sign, point, d, d + point);
	else if (point > -5)
		n = snprintf(text, sizeof(text), "%s0.%.*s%s", sign, -point, zeros, d);
	else
		n = snprintf(text, sizeof(text), "%s%c%s%se%d", sign, d[0], n > 1 ? "." : "", d + 1,
			     point - 1);
	json_raw(w, bytes_of(text, (size_t)n));
}

static bool put_number(struct json_out *w, const struct json_node *node, struct err *e)
{
	struct number x = number_of(node->text);

	if (stays_integer(&x)) {
		json_raw(w, node->text);
		return true;
	}
	if (!check_double(&x, node, e))
		return false;
	put_double(w, &x);
	return true;
}

bool eif_serde_reads(const struct json *j, const struct json_node *node, struct err *e)
{
	for (const struct json_node *at = node; at < &j->nodes[node->next]; at++) {
		struct number x;

		if (at->type != JSON_NUMBER)
			continue;
		x = number_of(at->text);
		if (!stays_integer(&x) && double_as_serde(&x) > DBL_MAX)
			return refuse(at, e, "needs to be in the range of a double");
	}
	return true;
}

/* Sorted, the tree is walked with a stack of the containers that are open. */
struct walk {
	struct json_out *w;
	const struct json *j;
	unsigned depth;
	struct {
		const struct json_node *container, **list;
		uint32_t done;
	} open[JSON_MAX_DEPTH];
};

static bool enter(struct walk *k, const struct json_node *node, struct err *e)
{
	const struct json_node **list;

	if (node->type == JSON_NUMBER)
		return put_number(k->w, node, e);
	if (node->type != JSON_ARRAY && node->type != JSON_OBJECT) {
		json_node_out(k->w, k->j, node);
		return true;
	}
	list = json_sorted(k->j, node, e);
	if (!list)
		return false;
	k->open[k->depth].container = node;
	k->open[k->depth].list = list;
	k->open[k->depth++].done = 0;
	json_open(k->w, node->type == JSON_OBJECT ? '{' : '[');
	return true;
}

static bool walk_on(struct walk *k, struct err *e)
{
	while (k->depth > 0) {
		const struct json_node *in = k->open[k->depth - 1].container, *node;

		if (k->open[k->depth - 1].done == in->count) {
			free(k->open[--k->depth].list);
			json_close(k->w, in->type == JSON_OBJECT ? '}' : ']');
			continue;
		}
		node = k->open[k->depth - 1].list[k->open[k->depth - 1].done++];
		if (in->type == JSON_OBJECT)
			json_key_bytes(k->w, node->key);
		if (!enter(k, node, e))
			return false;
	}
	return true;
}

bool eif_serde_out(struct json_out *w, const struct json *j, const struct json_node *node,
		   struct err *e)
{
	struct walk k = {.w = w, .j = j};
	bool done = enter(&k, node, e) && walk_on(&k, e);

	while (k.depth > 0)
		free(k.open[--k.depth].list);
	return done;
}
