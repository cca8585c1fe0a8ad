#include "measure/rebuild/debian_relation.h"

struct version {
	struct bytes epoch, upstream, revision;
};

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The first colon ends the epoch, the last dash begins the revision. */
static struct version split(struct bytes v)
{
	struct version out = {{0}, v, {0}};
	const uint8_t *colon = v.n ? memchr(v.p, ':', v.n) : NULL;
	const uint8_t *dash = v.n ? memrchr(v.p, '-', v.n) : NULL;

	if (dash && (!colon || dash > colon)) {
		out.revision = bytes_of(dash + 1, v.n - (size_t)(dash - v.p) - 1);
		out.upstream.n = (size_t)(dash - v.p);
	}
	if (colon) {
		out.epoch = bytes_of(v.p, (size_t)(colon - v.p));
		out.upstream = bytes_of(colon + 1, out.upstream.n - out.epoch.n - 1);
	}
	return out;
}

static bool is_made_of(struct bytes x, const char *others)
{
	for (size_t i = 0; i < x.n; i++)
		if (!is_digit(x.p[i]) && !is_letter(x.p[i]) &&
		    (x.p[i] == 0 || !strchr(others, x.p[i])))
			return false;
	return true;
}

bool debian_version_valid(struct bytes version)
{
	struct version v = split(version);
	size_t digits = 0;

	while (digits < v.epoch.n && is_digit(v.epoch.p[digits]))
		digits++;
	return version.n > 0 && version.n <= DEBIAN_VERSION_MAX && digits == v.epoch.n &&
	       (!v.epoch.p || v.epoch.n > 0) && v.upstream.n > 0 && is_digit(v.upstream.p[0]) &&
	       is_made_of(v.upstream, v.epoch.p ? ".+-~:" : ".+-~") &&
	       (!v.revision.p || v.revision.n > 0) && is_made_of(v.revision, ".+~");
}

/* A tilde is below the end, letters are below everything else. */
static int weight(struct bytes x)
{
	int c = x.n > 0 ? x.p[0] : 0;

	if (x.n == 0 || is_digit(c))
		return 0;
	return c == '~' ? -1 : is_letter(c) ? c : c + 256;
}

/* What is absent has no address to count from. */
static struct bytes behind(struct bytes x, size_t n)
{
	return n > 0 ? bytes_of(x.p + n, x.n - n) : x;
}

static struct bytes take_number(struct bytes *x)
{
	struct bytes number;
	size_t n = 0;

	while (x->n > 0 && x->p[0] == '0')
		*x = behind(*x, 1);
	while (n < x->n && is_digit(x->p[n]))
		n++;
	number = bytes_of(x->p, n);
	*x = behind(*x, n);
	return number;
}

static int order_numbers(struct bytes a, struct bytes b)
{
	return a.n != b.n ? (a.n < b.n ? -1 : 1) : bytes_order(a, b);
}

/* Runs of what is no digit by weight, runs of digits by their number, in turns. */
static int order_part(struct bytes a, struct bytes b)
{
	int order;

	while (a.n > 0 || b.n > 0) {
		while ((a.n > 0 && !is_digit(a.p[0])) || (b.n > 0 && !is_digit(b.p[0]))) {
			order = weight(a) - weight(b);
			if (order != 0)
				return order;
			a = behind(a, a.n > 0);
			b = behind(b, b.n > 0);
		}
		order = order_numbers(take_number(&a), take_number(&b));
		if (order != 0)
			return order;
	}
	return 0;
}

int debian_version_order(struct bytes a, struct bytes b)
{
	struct version x = split(a), y = split(b);
	int order = order_numbers(take_number(&x.epoch), take_number(&y.epoch));

	if (order == 0)
		order = order_part(x.upstream, y.upstream);
	return order != 0 ? order : order_part(x.revision, y.revision);
}

int debian_version_compare(const char *a, const char *b)
{
	return debian_version_order(bytes_str(a), bytes_str(b));
}
