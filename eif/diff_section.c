#include "eif/diff_section.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/core/bytes_diff.h"
#include "measure/core/ramdisk_diff.h"

#define KEY_SHOWN 200u
#define NAME_MAX_BYTES 512u
#define VALUE_SHOWN 200u
#define VALUE_MAX (8u << 20)

void section_free(struct section_diff *x)
{
	buf_free(&x->conditions.text);
}

void section_condition(struct section_diff *x, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	series_add(&x->conditions, text);
}

void difference_numbers(struct differences *f, const char *name, uint64_t a, uint64_t b)
{
	char first[24], second[24];

	snprintf(first, sizeof(first), "%llu", (unsigned long long)a);
	snprintf(second, sizeof(second), "%llu", (unsigned long long)b);
	differences_field(f, &(struct difference){.name = name, .first = first, .second = second});
}

/* ---- bytes */

bool section_bytes(struct section_diff *x, struct err *e)
{
	const struct bytes_pair pair = {.x = {x->x[0], x->x[1]},
					.name = x->name,
					.f = x->f,
					.conditions = &x->conditions,
					.sink = x->sink};

	return bytes_tell(&pair, e);
}

bool section_ramdisk(struct section_diff *x, struct err *e)
{
	struct ramdisk_pair pair = {.x = {x->x[0], x->x[1]},
				    .f = x->f,
				    .conditions = &x->conditions,
				    .where = x->name,
				    .sink = x->sink};
	bool is;

	return ramdisk_tell(&pair, &is, e) && (is || section_bytes(x, e));
}

/* ---- metadata */

/* NULL where there is no such member. The text is shortened, what is compared is not. */
static bool value_text(const struct json *j, const struct json_node *v, struct buf *out,
		       struct err *e)
{
	struct json_out w = json_out(out, false);

	if (v)
		json_node_out(&w, j, v);
	return buf_done(out, "a value of the metadata", e);
}

static void shorten(struct buf *b)
{
	if (b->n <= VALUE_SHOWN)
		return;
	b->n = VALUE_SHOWN;
	buf_str(b, "...");
}

/* Both values of a member, and its name with what stands in front. */
struct couple {
	const struct json *j[2];
	const struct json_node *v[2];
	char name[NAME_MAX_BYTES];
};

static bool compare_values(struct section_diff *x, const struct couple *c, struct err *e)
{
	owned(buf_free) struct buf a = BUF(VALUE_MAX), b = BUF(VALUE_MAX);
	enum cause cause = strstr(c->name, "BuildTime") ? CAUSE_BUILD_TIME : CAUSE_NONE;

	if (!value_text(c->j[0], c->v[0], &a, e) || !value_text(c->j[1], c->v[1], &b, e))
		return false;
	if (bytes_equal(buf_bytes(&a), buf_bytes(&b)))
		return true;
	x->f->count[cause]++;
	shorten(&a);
	shorten(&b);
	differences_field(x->f, &(struct difference){.name = c->name,
						     .first = c->v[0] ? buf_cstr(&a) : NULL,
						     .second = c->v[1] ? buf_cstr(&b) : NULL,
						     .cause = cause});
	return true;
}

static const struct json_node *member(const struct json *j, const struct json_node *object,
				      struct bytes key)
{
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json_node *v = json_first(j, object); v; v = json_after(j, object, v))
		if (bytes_equal(v->key, key))
			return v;
	return NULL;
}

/* Members of the first object in their order, then those that the second has alone. */
static bool members(struct section_diff *x, const struct couple *of,
		    bool (*each)(struct section_diff *x, const struct couple *c, struct err *e),
		    struct err *e)
{
	for (unsigned s = 0; s < 2; s++)
		for (const struct json_node *m = json_first(of->j[s], of->v[s]); m;
		     m = json_after(of->j[s], of->v[s], m)) {
			struct couple c = {.j = {of->j[0], of->j[1]}};
			int n = m->key.n < KEY_SHOWN ? (int)m->key.n : (int)KEY_SHOWN;

			c.v[0] = member(of->j[0], of->v[0], m->key);
			c.v[1] = member(of->j[1], of->v[1], m->key);
			snprintf(c.name, sizeof(c.name), "%.200s%s%.*s", of->name,
				 of->name[0] ? "." : "", n, (const char *)m->key.p);
			if (!(s == 1 && c.v[0]) && !each(x, &c, e))
				return false;
		}
	return true;
}

/* Objects are looked into, one level deep. */
static bool outer(struct section_diff *x, const struct couple *c, struct err *e)
{
	if (c->v[0] && c->v[1] && c->v[0]->type == JSON_OBJECT && c->v[1]->type == JSON_OBJECT)
		return members(x, c, compare_values, e);
	return compare_values(x, c, e);
}

bool section_metadata(struct section_diff *x, const struct json *a, const struct json *b,
		      struct err *e)
{
	return members(x, &(struct couple){.j = {a, b}, .v = {a->nodes, b->nodes}}, outer, e);
}

/* ---- signature */

bool section_signature(struct section_diff *x, bool certificate, struct err *e)
{
	(void)e;
	if (certificate)
		differences_field(
			x->f, &(struct difference){.name = "certificate",
						   .text = "another one, so that PCR8 differs"});
	else
		differences_field(x->f,
				  &(struct difference){.name = "signature",
						       .text = "another one by the same "
							       "certificate: its random numbers "
							       "or what it signs differ"});
	return true;
}
