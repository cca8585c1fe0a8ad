#include <stdio.h>

#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/core/config_diff.h"
#include "measure/core/kernel.h"
#include "measure/core/remark_format.h"

#define TEXT 256u
#define BANNER "Linux version "

/* ---- the banner: "Linux version 6.1.0 (user@host) (compiler, linker) #1 SMP Debian ... (date)" */

struct banner {
	struct bytes version, builder, compiler, number, time;
};

static struct bytes skip(struct bytes x, size_t n)
{
	return n < x.n ? bytes_of(x.p + n, x.n - n) : bytes_of(x.p, 0);
}

static struct bytes word(struct bytes *x)
{
	const uint8_t *end = x->n > 0 ? memchr(x->p, ' ', x->n) : NULL;
	struct bytes w = bytes_of(x->p, end ? (size_t)(end - x->p) : x->n);

	*x = skip(*x, w.n + 1);
	return w;
}

/* What is in parentheses, which may hold others. */
static struct bytes group(struct bytes *x)
{
	struct bytes g = bytes_of(x->p, 0);
	size_t n = 0, depth = 0;

	if (x->n == 0 || x->p[0] != '(')
		return g;
	do {
		depth += x->p[n] == '(';
		depth -= x->p[n] == ')';
		n++;
	} while (n < x->n && depth > 0);
	if (depth == 0) {
		g = bytes_of(x->p + 1, n - 2);
		*x = skip(*x, n + 1);
	}
	return g;
}

static struct banner banner_read(struct bytes text)
{
	struct banner b = {0};

	text = skip(text, strlen(BANNER));
	b.version = word(&text);
	b.builder = group(&text);
	b.compiler = group(&text);
	b.number = word(&text);
	b.time = text;
	return b;
}

static void tell_banner(const struct kernel k[2], const struct remarks *r)
{
	const struct banner a = banner_read(buf_bytes(&k[0].banner));
	const struct banner b = banner_read(buf_bytes(&k[1].banner));

	if (k[0].banner.n == 0 || k[1].banner.n == 0)
		return;
	remark_values(r, "version", a.version, b.version, CAUSE_NONE);
	remark_values(r, "builder", a.builder, b.builder, CAUSE_KERNEL_BUILD);
	remark_values(r, "compiler", a.compiler, b.compiler, CAUSE_TOOLCHAIN);
	remark_values(r, "number of the build", a.number, b.number, CAUSE_KERNEL_BUILD);
	remark_values(r, "time of the build", a.time, b.time, CAUSE_KERNEL_BUILD);
}

/* ---- the payload */

static void tell_packing(const struct kernel k[2], const struct remarks *r)
{
	char text[TEXT];
	bool same = k[0].unpacked.len > 0 && digest_equal(&k[0].unpacked, &k[1].unpacked);

	if (!k[0].packing || !k[1].packing || (strcmp(k[0].packing, k[1].packing) == 0 && !same))
		return;
	/* plain ones that hold the same bytes have been told apart behind their ends */
	if (strcmp(k[0].packing, "none") == 0 && same)
		return;
	snprintf(text, sizeof(text), "%s and %s%s", k[0].packing, k[1].packing,
		 same ? "; unpacked, both are the same bytes" : "");
	remark(r, &(struct difference){
			  .name = "compression", .text = text, .cause = CAUSE_COMPRESSOR});
}

/* ---- build ids */

static void tell_ids(const struct kernel k[2], const struct remarks *r)
{
	char hex[2][2 * KERNEL_ID + 1], name[32];

	for (size_t i = 0; i < k[0].n_ids && i < k[1].n_ids; i++) {
		for (unsigned s = 0; s < 2; s++)
			hex_string(hex[s], bytes_of(k[s].id[i], KERNEL_ID));
		snprintf(name, sizeof(name), "build id %zu", i + 1);
		remark_values(r, name, bytes_str(hex[0]), bytes_str(hex[1]), CAUSE_BUILD_ID);
	}
}

/* ---- keys */

static bool has(const struct kernel *k, const struct kernel_key *key)
{
	for (size_t i = 0; i < k->n_keys; i++)
		if (digest_equal(&k->key[i].sha256, &key->sha256))
			return true;
	return false;
}

/* The next one from *i on that the other has not. */
static const struct kernel_key *alone(const struct kernel k[2], unsigned s, size_t *i)
{
	while (*i < k[s].n_keys && has(&k[1 - s], &k[s].key[*i]))
		(*i)++;
	return *i < k[s].n_keys ? &k[s].key[(*i)++] : NULL;
}

static void put_key(char out[TEXT], const struct kernel_key *key)
{
	char hex[2 * DIGEST_MAX + 1] = "";

	if (key)
		hex_string(hex, digest_bytes(&key->sha256));
	snprintf(out, TEXT, "\"%s\", SHA-256 %s", key ? key->name : "", hex);
}

static void tell_keys(const struct kernel k[2], const struct remarks *r)
{
	size_t i = 0, j = 0;
	const struct kernel_key *a, *b;
	char first[TEXT], second[TEXT];

	while (a = alone(k, 0, &i), b = alone(k, 1, &j), a || b) {
		put_key(first, a);
		put_key(second, b);
		remark(r, &(struct difference){.name = "trusted key",
					       .first = a ? first : NULL,
					       .second = b ? second : NULL,
					       .cause = CAUSE_SIGNING_KEY});
	}
}

/* ---- all of it */

struct two {
	struct kernel k[2];
};

static void two_free(struct two *t)
{
	kernel_free(&t->k[0]);
	kernel_free(&t->k[1]);
}

static bool tell(const struct extent x[2], const struct remarks *r, struct err *e)
{
	owned(two_free) struct two t = {{KERNEL, KERNEL}};

	for (unsigned s = 0; s < 2; s++)
		if (!kernel_look(&t.k[s], &x[s], e) || !buf_done(&t.k[s].version, "a version", e) ||
		    !buf_done(&t.k[s].banner, "a banner", e) ||
		    !buf_done(&t.k[s].config, "a configuration", e))
			return false;
	tell_packing(t.k, r);
	tell_banner(t.k, r);
	tell_ids(t.k, r);
	tell_keys(t.k, r);
	return t.k[0].config.n == 0 || t.k[1].config.n == 0 ||
	       config_diff(buf_bytes(&t.k[0].config), buf_bytes(&t.k[1].config), r, e);
}

const struct remark_format remark_kernel = {kernel_is, tell};
