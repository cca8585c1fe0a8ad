#include "measure/core/gittree.h"

static const struct {
	const char *digits, *kind;
	enum gittree_mode mode;
} known[] = {
	{"40000", "a folder", GITTREE_FOLDER},
	{"100644", "a file", GITTREE_FILE},
	{"100755", "an executable file", GITTREE_PROGRAM},
	{"120000", "a symbolic link", GITTREE_LINK},
	{"160000", "a submodule", GITTREE_COMMIT},
};

#define KNOWN (sizeof(known) / sizeof(*known))

static size_t row_of(enum gittree_mode mode)
{
	size_t i = 0;

	while (i + 1 < KNOWN && known[i].mode != mode)
		i++;
	return i;
}

const char *gittree_kind(enum gittree_mode mode)
{
	return known[row_of(mode)].kind;
}

static bool mode_of(struct bytes digits, enum gittree_mode *mode)
{
	for (size_t i = 0; i < KNOWN; i++) {
		if (!bytes_equal(digits, bytes_str(known[i].digits)))
			continue;
		*mode = known[i].mode;
		return true;
	}
	return false;
}

/* A folder is sorted as if its name ended in a slash. */
int gittree_order(const struct gittree_entry *a, const struct gittree_entry *b)
{
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
	int by = n > 0 ? memcmp(a->name.p, b->name.p, n) : 0;
	int x = a->name.n > n ? a->name.p[n] : a->mode == GITTREE_FOLDER ? '/' : 0;
	int y = b->name.n > n ? b->name.p[n] : b->mode == GITTREE_FOLDER ? '/' : 0;

	return by != 0 ? by : x - y;
}

bool gittree_next(struct cur *c, const struct gittree_entry *before, struct gittree_entry *out)
{
	uint64_t at = cur_at(c);
	struct bytes mode = cur_until(c, ' ', REASON_SOURCE, "a mode");
	struct bytes name = cur_ok(c) ? cur_until(c, '\0', REASON_SOURCE, "a name") : mode, id;

	id = cur_take(c, GITDB_ID, "an id");
	if (!cur_ok(c))
		return false;
	out->name = name;
	memcpy(out->id.v, id.p, GITDB_ID);
	if (!mode_of(mode, &out->mode))
		return cur_fail(
			c, REASON_SOURCE, at,
			"'%.*s' has mode %.*s; 40000, 100644, 100755, 120000 and 160000 are "
			"those of git",
			(int)(name.n < 64 ? name.n : 64), (const char *)name.p,
			(int)(mode.n < 16 ? mode.n : 16), (const char *)mode.p);
	if (name.n == 0)
		return cur_fail(c, REASON_SOURCE, at, "an entry has no name");
	if (before->name.n > 0 && gittree_order(before, out) >= 0)
		return cur_fail(c, REASON_SOURCE, at, "'%.*s' stands twice, or not in its order",
				(int)(name.n < 64 ? name.n : 64), (const char *)name.p);
	return true;
}

void gittree_put(struct buf *out, const struct gittree_entry *x)
{
	buf_str(out, known[row_of(x->mode)].digits);
	buf_u8(out, ' ');
	buf_put(out, x->name);
	buf_u8(out, 0);
	buf_put(out, bytes_of(x->id.v, GITDB_ID));
}
