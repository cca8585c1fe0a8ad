/*
 * manifest_mutate OUT BASE [STEP...]: a manifest, a signed one or a bundle with one defect, named
 * by the steps that put it there. BASE is one of notation_new(). Each STEP is one argument:
 *	OLD -> [NEW]	in the text, where OLD is the name of a piece or stands there once
 *	sign KEY	p256, p384, p521, ed25519; over header and payload as they are then
 *	signature HOW	empty, short, long, der, r-zero, s-zero, r-order, s-order,
 *			s-plus-order, wrong
 *	cut SIZE|-LESS	prefix HEX	append HEX
 *	fill HEX COUNT	the file is that, so often, and nothing else
 * and manifest_mutate OUT public|private KEY: a key in PEM. After each step the bytes are looked
 * at, and the program fails when the defect is not in them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support_eif_defect.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_notation.h"

#define P384 48u
#define HEX_ORDER_P384                                     \
	"ffffffffffffffffffffffffffffffffffffffffffffffff" \
	"c7634d81f4372ddf581a0db248b0a77aecec196accc52973"
#define HEX_ORDER_ED25519 "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

/* The text, and from the first step that is about bytes alone these. */
struct work {
	struct notation text;
	struct forged out;
};

static struct forged now(const struct work *w)
{
	struct forged copy;

	if (!w->out.p)
		return notation_bytes(&w->text);
	copy = (struct forged){forge_memory(w->out.n + 1), w->out.n};
	memcpy(copy.p, w->out.p, w->out.n);
	return copy;
}

static size_t count(struct forged in, struct forged what)
{
	size_t n = 0;

	for (size_t i = 0; what.n > 0 && what.n <= in.n && i <= in.n - what.n; i++)
		n += memcmp(in.p + i, what.p, what.n) == 0;
	return n;
}

/* ---- steps on the text */

static void step_replace(struct work *w, const char *step, const char *arrow)
{
	struct forged before = now(w), after, was, is;
	const char *new = arrow + 3 + (arrow[3] == ' ');
	char *old = strndup(step, (size_t)(arrow - step));

	was = notation_part(&w->text, old);
	notation_replace(&w->text, old, new);
	is = notation_part(&w->text, new);
	after = now(w);
	if (is.n > 0)
		defect_need(count(after, is) > count(before, is) - count(was, is),
			    "what was to be put there is not there");
	else
		defect_need(count(after, was) < count(before, was), "it is still there");
	free(old);
	free(before.p);
	free(after.p);
	free(was.p);
	free(is.p);
}

static void step_sign(struct work *w, const char *key)
{
	struct forged before = now(w), after;

	notation_sign(&w->text, key);
	after = now(w);
	defect_need(after.n >= before.n + 64, "it is not signed");
	free(before.p);
	free(after.p);
}

/* ---- the signature, which stands at the end of the file */

static struct forged from_hex(const char *text)
{
	struct bytes b = hexed(text);
	struct forged f = {forge_memory(b.n + 1), b.n};

	memcpy(f.p, b.p, b.n);
	hexed_free(&b);
	return f;
}

static void der_integer(const uint8_t *p, struct forged *out)
{
	size_t n = P384;

	while (n > 1 && *p == 0)
		p++, n--;
	out->p[out->n++] = 2;
	out->p[out->n++] = (uint8_t)(n + (*p >> 7));
	if (*p >> 7)
		out->p[out->n++] = 0;
	memcpy(out->p + out->n, p, n);
	out->n += n;
}

static struct forged der(struct forged rs)
{
	struct forged out = {forge_memory(2 * P384 + 16), 2};

	der_integer(rs.p, &out);
	der_integer(rs.p + P384, &out);
	out.p[0] = 0x30;
	out.p[1] = (uint8_t)(out.n - 2);
	return out;
}

/* s += L, little-endian: the same point, and so a signature that a careless reader takes */
static void add_order(uint8_t s[32])
{
	struct forged order = from_hex(HEX_ORDER_ED25519);
	unsigned carry = 0;

	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)s[i] + order.p[i];
		s[i] = (uint8_t)carry;
		carry >>= 8;
	}
	defect_need(carry == 0, "s + L does not fit");
	free(order.p);
}

static struct forged changed(struct forged rs, const char *how)
{
	struct forged order = from_hex(HEX_ORDER_P384), out = rs;

	if (strcmp(how, "empty") == 0)
		out.n = 0;
	else if (strcmp(how, "short") == 0)
		out.n--;
	else if (strcmp(how, "long") == 0)
		out.p[out.n++] = 0;
	else if (strcmp(how, "der") == 0)
		out = der(rs);
	else if (strcmp(how, "r-zero") == 0)
		memset(out.p, 0, out.n / 2);
	else if (strcmp(how, "s-zero") == 0)
		memset(out.p + out.n / 2, 0, out.n / 2);
	else if (strcmp(how, "r-order") == 0)
		memcpy(out.p, order.p, P384);
	else if (strcmp(how, "s-order") == 0)
		memcpy(out.p + P384, order.p, P384);
	else if (strcmp(how, "s-plus-order") == 0)
		add_order(out.p + 32);
	else if (strcmp(how, "wrong") == 0)
		out.p[0] ^= 1;
	else
		defect_need(false, "no such change of a signature");
	free(order.p);
	return out;
}

static void step_signature(struct work *w, const char *how)
{
	struct forged was = notation_part(&w->text, "$SIGNATURE"), rs, is;
	size_t head = was.n > 2 && was.p[0] == 0x58 ? 2 : 1;
	char hex[1024] = "h'";

	rs = (struct forged){forge_memory(was.n + 1), was.n - head};
	memcpy(rs.p, was.p + head, rs.n);
	rs = changed(rs, how);
	for (size_t i = 0; i < rs.n; i++)
		snprintf(hex + 2 + 2 * i, 3, "%02x", rs.p[i]);
	notation_replace(&w->text, "$SIGNATURE", strcat(hex, "'"));
	is = notation_part(&w->text, "$SIGNATURE");
	defect_need(is.n != was.n || memcmp(is.p, was.p, is.n) != 0, "nothing has changed");
}

/* ---- steps on the bytes */

static void step_cut(struct work *w, const char *arg)
{
	long n = strtol(arg, NULL, 10);
	size_t size = n < 0 ? w->out.n - (size_t)-n : (size_t)n;

	defect_need(size < w->out.n, "nothing is cut");
	w->out.n = size;
}

static void put(struct work *w, struct forged front, struct forged behind)
{
	struct forged all = {forge_memory(front.n + behind.n + 1), front.n + behind.n};

	defect_need(front.n > 0 && behind.n > 0, "nothing has changed");
	memcpy(all.p, front.p, front.n);
	memcpy(all.p + front.n, behind.p, behind.n);
	free(front.p);
	free(behind.p);
	w->out = all;
}

static void step_fill(struct work *w, const char *arg)
{
	char hex[256];
	unsigned long times;
	struct forged once;

	defect_need(sscanf(arg, "%255s %lu", hex, &times) == 2, "fill HEX COUNT");
	once = from_hex(hex);
	free(w->out.p);
	w->out = (struct forged){forge_memory(once.n * times + 1), once.n * times};
	for (size_t i = 0; i < times; i++)
		memcpy(w->out.p + i * once.n, once.p, once.n);
	free(once.p);
}

static void step_bytes(struct work *w, const char *verb, const char *arg)
{
	if (!w->out.p)
		w->out = now(w);
	if (strcmp(verb, "cut") == 0)
		step_cut(w, arg);
	else if (strcmp(verb, "prefix") == 0)
		put(w, from_hex(arg), w->out);
	else if (strcmp(verb, "append") == 0)
		put(w, w->out, from_hex(arg));
	else if (strcmp(verb, "fill") == 0)
		step_fill(w, arg);
	else
		defect_need(false, "no such step");
}

static void step(struct work *w, const char *text)
{
	const char *arrow = strstr(text, " ->"), *arg = strchr(text, ' ');
	char verb[32];

	if (arrow) {
		step_replace(w, text, arrow);
		return;
	}
	defect_need(arg != NULL && arg - text < 32, "a step is a verb and what it needs");
	snprintf(verb, sizeof(verb), "%.*s", (int)(arg - text), text);
	if (strcmp(verb, "sign") == 0)
		step_sign(w, arg + 1);
	else if (strcmp(verb, "signature") == 0)
		step_signature(w, arg + 1);
	else
		step_bytes(w, verb, arg + 1);
}

static void save(const char *path, struct forged x)
{
	FILE *out = fopen(path, "wb");

	defect_need(out && fwrite(x.p, 1, x.n, out) == x.n && fclose(out) == 0, path);
}

int main(int argc, char **argv)
{
	struct work w = {.out = {NULL, 0}};

	defect_need(argc > 2, "usage: manifest_mutate OUT BASE|public|private [STEP|KEY]...");
	if (argc == 4 && strcmp(argv[2], "public") == 0) {
		save(argv[1], notation_public_key(argv[3]));
	} else if (argc == 4 && strcmp(argv[2], "private") == 0) {
		save(argv[1], notation_private_key(argv[3]));
	} else {
		w.text = notation_new(argv[2]);
		for (int i = 3; i < argc; i++)
			step(&w, argv[i]);
		save(argv[1], now(&w));
	}
	/* one file, and then the system collects all of it */
	_Exit(0);
}
