#include "measure/base/hex.h"
#include "reference-db/compare_parts.h"
#include "reference-db/released_file.h"

static void put_hex(void (*put)(struct check *c, const char *format, ...), struct check *c,
		    const struct digest *d)
{
	char hex[2 * DIGEST_MAX + 1];

	hex_string(hex, digest_bytes(d));
	put(c, "%s", hex);
}

/* The manifest's file with that content, under whichever name, or NULL. */
static const struct component *content_of(const struct manifest *m, const struct digest *d)
{
	for (size_t i = 0; i < m->n_components; i++)
		if (digest_equal(&m->component[i].digest, d))
			return &m->component[i];
	return NULL;
}

static void say_differs(const struct manifest *m, const struct component *want,
			const struct component *found, struct verdict *v)
{
	const struct component *other = content_of(m, &found->digest);
	struct check *c = verdict_add(v, "file", CHECK_FAIL, REASON_NOT_RELEASED);

	verdict_part(c, found->name);
	if (want)
		put_hex(verdict_expected, c, &want->digest);
	put_hex(verdict_actual, c, &found->digest);
	if (other)
		verdict_detail(c, "%.80s has the content of %.80s, another file of the release",
			       found->name, other->name);
	else
		verdict_detail(c, "%.80s %s", found->name,
			       want ? "is another one than the release's"
				    : "is no file of the release");
}

static bool compare_one(const struct manifest *m, const char *path, struct watch watch,
			struct verdict *v, struct err *e)
{
	const struct component *want;
	struct component found = {0};
	struct check *c;

	if (!released_file_read(path, watch, &found, e))
		return false;
	want = compare_component_of(m, found.name);
	if (!want || !digest_equal(&want->digest, &found.digest) || want->size != found.size) {
		say_differs(m, want, &found, v);
		return true;
	}
	c = verdict_add(v, "file", CHECK_PASS, REASON_NONE);
	verdict_part(c, found.name);
	verdict_detail(c, "%.80s is that of the release", found.name);
	return true;
}

static bool is_given(const struct files_given *g, const char *name)
{
	for (size_t i = 0; i < g->n; i++)
		if (strcmp(released_file_name(g->path[i]), name) == 0)
			return true;
	return false;
}

static void say_rest(const struct manifest *m, const struct files_given *g, struct verdict *v)
{
	for (size_t i = 0; i < m->n_components; i++) {
		const char *name = m->component[i].name;
		struct check *c;

		if (is_given(g, name))
			continue;
		c = verdict_add(v, "file", CHECK_WARN, REASON_NOT_GIVEN);
		verdict_part(c, name);
		verdict_detail(c, "%.80s was not looked at", name);
	}
}

bool compare_files(const struct manifest *m, const struct files_given *g, struct verdict *v,
		   struct err *e)
{
	if (m->foreign)
		return err_set(
			e, REASON_WRONG_MANIFEST,
			"the manifest lists files in another form than that of this program");
	for (size_t i = 0; i < g->n; i++)
		if (!compare_one(m, g->path[i], g->watch, v, e))
			return false;
	say_rest(m, g, v);
	return true;
}
