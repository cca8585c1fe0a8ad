#include "measure/rebuild/debian_relation.h"

#define QUOTED 80

static const struct op {
	const char *text;
	enum debian_op op;
} ops[] = {{"<<", DEBIAN_LT},
	   {"<=", DEBIAN_LE},
	   {">=", DEBIAN_GE},
	   {">>", DEBIAN_GT},
	   {"=", DEBIAN_EQ}};

bool debian_name_valid(struct bytes name)
{
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!word && (i == 0 || (c != '+' && c != '-' && c != '.')))
			return false;
	}
	return name.n >= 2 && name.n <= DEBIAN_NAME_MAX;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static void drop(struct bytes *x, size_t n)
{
	*x = bytes_of(x->p + n, x->n - n);
}

static void drop_spaces(struct bytes *x)
{
	while (x->n > 0 && is_space(x->p[0]))
		drop(x, 1);
}

static bool take_char(struct bytes *x, char c)
{
	if (x->n == 0 || x->p[0] != (uint8_t)c)
		return false;
	drop(x, 1);
	return true;
}

static struct bytes take_word(struct bytes *x, const char *ends)
{
	struct bytes word = bytes_of(x->p, 0);

	while (x->n > 0 && !is_space(x->p[0]) && (x->p[0] == 0 || !strchr(ends, x->p[0]))) {
		word.n++;
		drop(x, 1);
	}
	return word;
}

static bool take_op(struct bytes *x, enum debian_op *op)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (bytes_start(*x, bytes_str(ops[i].text))) {
			drop(x, strlen(ops[i].text));
			*op = ops[i].op;
			return true;
		}
	return false;
}

/* Behind the bracket. */
static bool take_version(struct bytes *x, struct debian_relation *out)
{
	drop_spaces(x);
	if (!take_op(x, &out->op))
		return false;
	drop_spaces(x);
	out->version = take_word(x, ")");
	drop_spaces(x);
	return take_char(x, ')') && debian_version_valid(out->version);
}

static bool take_relation(struct bytes *x, struct debian_relation *out)
{
	out->name = take_word(x, ":(,|");
	if (take_char(x, ':')) {
		out->qualifier = take_word(x, "(,|");
		if (out->qualifier.n == 0)
			return false;
	}
	drop_spaces(x);
	return debian_name_valid(out->name) && (!take_char(x, '(') || take_version(x, out));
}

/* A relation ends its group with a comma, or goes on with an alternative. */
static bool take_end(struct debian_relations *r)
{
	drop_spaces(&r->left);
	r->alternative = take_char(&r->left, '|');
	if (r->alternative || r->left.n == 0)
		return true;
	return take_char(&r->left, ',');
}

bool debian_relation_next(struct debian_relations *r, struct debian_relation *out, bool *end,
			  struct err *e)
{
	bool taken = false;
	struct bytes all;

	drop_spaces(&r->left);
	all = r->left;
	*out = (struct debian_relation){.first = !r->alternative};
	*end = all.n == 0 && !r->alternative;
	if (*end)
		return true;
	if (take_relation(&r->left, out)) {
		out->text = bytes_of(all.p, all.n - r->left.n);
		taken = take_end(r);
	}
	if (!taken)
		return err_set(e, REASON_PACKAGE_LIST, "\"%.*s\" is no relation to a package",
			       all.n < QUOTED ? (int)all.n : QUOTED, (const char *)all.p);
	while (out->text.n > 0 && is_space(out->text.p[out->text.n - 1]))
		out->text.n--;
	return true;
}

bool debian_relation_holds(const struct debian_relation *r, struct bytes version)
{
	int order;

	if (r->op == DEBIAN_ANY)
		return true;
	order = debian_version_order(version, r->version);
	switch (r->op) {
	case DEBIAN_LT:
		return order < 0;
	case DEBIAN_LE:
		return order <= 0;
	case DEBIAN_EQ:
		return order == 0;
	case DEBIAN_GE:
		return order >= 0;
	case DEBIAN_GT:
		return order > 0;
	case DEBIAN_ANY:
	default:
		return true;
	}
}
