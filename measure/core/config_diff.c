#include "measure/core/config_diff.h"

#include <stdio.h>
#include <stdlib.h>

#define OPTION "CONFIG_"
#define UNSET "# " OPTION
#define NOT_SET " is not set"
#define VALUE_SHOWN 200u
#define NAME_SHOWN 100u
#define TEXT (2 * VALUE_SHOWN)

struct option {
	struct bytes name, value;
};

struct options {
	struct option *v;
	size_t n;
};

struct both {
	struct options of[2];
};

static void both_free(struct both *b)
{
	free(b->of[0].v);
	free(b->of[1].v);
}

static struct bytes until(struct bytes x, uint8_t end)
{
	const uint8_t *at = x.n > 0 ? memchr(x.p, end, x.n) : NULL;

	return at ? bytes_of(x.p, (size_t)(at - x.p)) : x;
}

/* A value of none is that of one that is not set. */
static bool option_read(struct bytes line, struct option *o)
{
	struct bytes rest;

	if (bytes_start(line, bytes_str(UNSET))) {
		rest = bytes_of(line.p + 2, line.n - 2);
		o->name = until(rest, ' ');
		o->value = bytes_str("n");
		return bytes_equal(bytes_of(rest.p + o->name.n, rest.n - o->name.n),
				   bytes_str(NOT_SET));
	}
	o->name = until(line, '=');
	if (!bytes_start(line, bytes_str(OPTION)) || o->name.n == line.n)
		return false;
	o->value = bytes_of(line.p + o->name.n + 1, line.n - o->name.n - 1);
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct option *x = a, *y = b;
	int order = bytes_order(x->name, y->name);

	/* of one name by place, so that the order is of the text alone */
	return order != 0 ? order : (x->name.p > y->name.p) - (x->name.p < y->name.p);
}

static bool options_read(struct bytes text, struct options *o, struct err *e)
{
	size_t lines = 1;

	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	o->v = own_new(lines * sizeof(*o->v), e);
	if (!o->v)
		return false;
	while (text.n > 0)
		o->n += option_read(bytes_line(&text), &o->v[o->n]);
	if (o->n > 0)
		qsort(o->v, o->n, sizeof(*o->v), by_name);
	return true;
}

/* What the build found out about its own tools stands there, too. */
static enum cause cause_of(struct bytes name)
{
	static const char *const tools[] = {"CC_VERSION", "GCC_VERSION",    "CLANG_VERSION",
					    "AS_VERSION", "LD_VERSION",	    "LLD_VERSION",
					    "RUSTC_",	  "PAHOLE_VERSION", "BINDGEN_VERSION"};

	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++)
		if (bytes_start(bytes_of(name.p + strlen(OPTION), name.n - strlen(OPTION)),
				bytes_str(tools[i])))
			return CAUSE_TOOLCHAIN;
	return CAUSE_KERNEL_CONFIG;
}

static int shown(struct bytes x, unsigned most)
{
	return x.n < most ? (int)x.n : (int)most;
}

static void tell(const struct remarks *r, struct bytes name, const struct bytes value[2])
{
	char text[NAME_SHOWN + 1], first[VALUE_SHOWN + 1], second[VALUE_SHOWN + 1];

	snprintf(text, sizeof(text), "%.*s", shown(name, NAME_SHOWN), (const char *)name.p);
	snprintf(first, sizeof(first), "%.*s", shown(value[0], VALUE_SHOWN),
		 (const char *)value[0].p);
	snprintf(second, sizeof(second), "%.*s", shown(value[1], VALUE_SHOWN),
		 (const char *)value[1].p);
	remark(r, &(struct difference){
			  .name = text, .first = first, .second = second, .cause = cause_of(name)});
}

/* The option at *i of the first or *j of the second, whichever comes first; false at the end. */
static bool next(const struct options o[2], size_t *i, size_t *j, struct bytes *name,
		 struct bytes value[2])
{
	int order;

	if (*i == o[0].n && *j == o[1].n)
		return false;
	order = *i == o[0].n   ? 1
		: *j == o[1].n ? -1
			       : bytes_order(o[0].v[*i].name, o[1].v[*j].name);
	value[0] = value[1] = bytes_str("n");
	if (order <= 0) {
		*name = o[0].v[*i].name;
		value[0] = o[0].v[(*i)++].value;
	}
	if (order >= 0) {
		*name = o[1].v[*j].name;
		value[1] = o[1].v[(*j)++].value;
	}
	return true;
}

bool config_diff(struct bytes a, struct bytes b, const struct remarks *r, struct err *e)
{
	owned(both_free) struct both o = {0};
	struct bytes name, value[2];
	size_t i = 0, j = 0, n = 0;
	char text[TEXT];

	if (!options_read(a, &o.of[0], e) || !options_read(b, &o.of[1], e))
		return false;
	while (next(o.of, &i, &j, &name, value)) {
		if (bytes_equal(value[0], value[1]))
			continue;
		if (n++ < CONFIG_LISTED)
			tell(r, name, value);
		else
			r->f->count[cause_of(name)]++;
	}
	if (n > CONFIG_LISTED) {
		snprintf(text, sizeof(text), "%zu more options differ", n - CONFIG_LISTED);
		if (r->listed)
			differences_field(r->f, &(struct difference){.name = OPTION, .text = text});
	}
	return true;
}
