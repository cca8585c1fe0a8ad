#include <stdio.h>
#include <sys/stat.h>

#include "measure/core/catalog_diff.h"

#define VALUE 48u
#define CONDITION 8192u
#define TEXT (MEANING_TEXT + 64u)
#define SERIOUS (DIFFERS_CONTENT | DIFFERS_MODE | DIFFERS_RDEV)

/* By cause: contents of which nothing else differs; at CAUSE_NONE those that differ as a whole. */
struct tally {
	size_t n;
	uint32_t first; /* index in the second catalog */
};

struct telling {
	struct catalog_diff *d;
	struct differences *f;
	struct tally content[CAUSES];
	bool shifted; /* numbers in their order are others behind some entry */
};

struct field {
	const char *name;
	enum cause cause;
};

static const struct field fields[DIFFERS_FIELDS] = {
	{"mode", CAUSE_MODE},	 {"uid", CAUSE_OWNER},	     {"gid", CAUSE_OWNER},
	{"mtime", CAUSE_MTIME},	 {"nlink", CAUSE_HARD_LINK}, {"rdev", CAUSE_NODE},
	{"ino", CAUSE_INODE},	 {"dev", CAUSE_DEVICE},	     {"check", CAUSE_WRITER},
	{"name", CAUSE_WRITER},	 {"digits", CAUSE_WRITER},   {"padding", CAUSE_PADDING},
	{"content", CAUSE_NONE},
};

/* ---- values */

static void value(char out[VALUE], unsigned i, const struct cpio_fields *x)
{
	const uint32_t plain[] = {0, x->uid, x->gid, x->mtime, x->nlink, 0, x->ino, 0, x->check};

	switch (1u << i) {
	case DIFFERS_MODE:
		snprintf(out, VALUE, "%06o", x->mode);
		break;
	case DIFFERS_RDEV:
		snprintf(out, VALUE, "%u:%u", x->rdev_major, x->rdev_minor);
		break;
	case DIFFERS_DEV:
		snprintf(out, VALUE, "%u:%u", x->dev_major, x->dev_minor);
		break;
	default:
		snprintf(out, VALUE, "%u", plain[i]);
	}
}

/* Of the fields that have no value of their own. */
static const char *saying(unsigned i)
{
	switch (1u << i) {
	case DIFFERS_NAME:
		return "spelt in two ways (\"./\", a slash at its end, zeros behind it)";
	case DIFFERS_DIGITS:
		return "the header has another magic, or its digits another case";
	case DIFFERS_PADDING:
		return "what follows up to the next entry differs";
	default:
		return NULL;
	}
}

/* They move with every entry that comes or goes, and with every link that shares a number. */
static bool is_shifted(const struct catalog_diff *d)
{
	const struct catalog *c = d->c[1];

	if (d->order || d->n_only[0] + d->n_only[1] > 0)
		return true;
	for (uint32_t j = 0; j < c->n; j++)
		if (d->differs[j] & DIFFERS_NLINK && !S_ISDIR(c->entry[j].fields.mode))
			return true;
	return false;
}

static enum cause cause_of(const struct telling *t, unsigned i,
			   const struct catalog_entry *const x[2])
{
	if (1u << i == DIFFERS_INO && t->shifted)
		return CAUSE_NONE;
	if (1u << i == DIFFERS_NLINK && S_ISDIR(x[1]->fields.mode))
		return CAUSE_WRITER;
	return fields[i].cause;
}

/* ---- contents */

static bool link_moved(const struct catalog_entry *const x[2])
{
	return (x[0]->fields.size == 0 || x[1]->fields.size == 0) &&
	       (x[0]->fields.nlink > 1 || x[1]->fields.nlink > 1) && S_ISREG(x[1]->fields.mode);
}

/* What the meaning says, and the sizes where they differ. */
static void content_text(char out[TEXT], const struct catalog_diff *d,
			 const struct catalog_entry *const x[2])
{
	if (link_moved(x))
		snprintf(out, TEXT, "%u and %u bytes; a hard link, whose bytes stand with one name",
			 x[0]->fields.size, x[1]->fields.size);
	else if (x[0]->fields.size != x[1]->fields.size)
		snprintf(out, TEXT, "%u and %u bytes; %s", x[0]->fields.size, x[1]->fields.size,
			 d->meaning->text);
	else
		snprintf(out, TEXT, "%s", d->meaning->text);
}

static bool tell_content(struct telling *t, uint32_t j, const struct catalog_entry *const x[2],
			 bool listed, struct err *e)
{
	char text[TEXT];
	enum cause cause;
	struct tally *tally;
	bool same;

	if (!catalog_meaning(t->d, x, &same, e))
		return false;
	if (same)
		return err_set(e, REASON_FILE_CHANGED, "a file changed while it was compared");
	cause = link_moved(x) ? CAUSE_HARD_LINK : t->d->meaning->cause;
	t->f->count[cause]++;
	tally = &t->content[t->d->meaning->n > 0 ? cause : CAUSE_NONE];
	if (tally->n++ == 0)
		tally->first = j;
	content_text(text, t->d, x);
	if (listed)
		differences_field(t->f, &(struct difference){.name = S_ISLNK(x[1]->fields.mode)
									     ? "target"
									     : "content",
							     .text = text,
							     .cause = cause});
	return catalog_remarks(t->d, x, &(struct remarks){t->f, listed}, e);
}

/* ---- entries */

static struct bytes shown(const struct catalog *c, const struct catalog_entry *x)
{
	return x->n > 0 ? catalog_name(c, x) : bytes_str("(no archive)");
}

static void tell_field(struct telling *t, unsigned i, const struct catalog_entry *const x[2],
		       bool listed)
{
	enum cause cause = cause_of(t, i, x);
	char first[VALUE], second[VALUE];
	struct difference out = {.name = fields[i].name, .text = saying(i), .cause = cause};

	t->f->count[cause]++;
	if (!listed)
		return;
	if (!out.text) {
		value(first, i, &x[0]->fields);
		value(second, i, &x[1]->fields);
		out.first = first;
		out.second = second;
	}
	differences_field(t->f, &out);
}

static bool tell_pair(struct telling *t, uint32_t j, struct err *e)
{
	const struct catalog_diff *d = t->d;
	const struct catalog_entry *const x[2] = {&d->c[0]->entry[d->mate[1][j]],
						  &d->c[1]->entry[j]};
	bool listed = differences_entry(t->f, shown(d->c[1], x[1]), IN_BOTH, CAUSE_NONE);

	if (d->differs[j] & DIFFERS_CONTENT && !tell_content(t, j, x, listed, e))
		return false;
	for (unsigned i = 0; i < DIFFERS_FIELDS; i++)
		if (d->differs[j] & 1u << i & ~(unsigned)DIFFERS_CONTENT)
			tell_field(t, i, x, listed);
	if (listed)
		differences_entry_end(t->f);
	return true;
}

static void tell_alone(struct telling *t, unsigned s, uint32_t i)
{
	const struct catalog *c = t->d->c[s];
	const struct catalog_entry *x = &c->entry[i];
	enum cause cause = cause_of_path(catalog_name(c, x));

	t->f->count[cause]++;
	if (differences_entry(t->f, shown(c, x), s ? IN_SECOND : IN_FIRST, cause))
		differences_entry_end(t->f);
}

static bool tell_serious(struct telling *t, struct err *e)
{
	for (uint32_t j = 0; j < t->d->c[1]->n; j++) {
		if (t->d->mate[1][j] == NO_MATE)
			tell_alone(t, 1, j);
		else if (t->d->differs[j] & SERIOUS && !tell_pair(t, j, e))
			return false;
	}
	for (uint32_t i = 0; i < t->d->c[0]->n; i++)
		if (t->d->mate[0][i] == NO_MATE)
			tell_alone(t, 0, i);
	return true;
}

static bool tell_headers(struct telling *t, struct err *e)
{
	size_t limit = t->f->limit, brief = t->f->listed + t->f->brief;
	bool done = true;

	if (brief >= t->f->listed && brief < limit)
		t->f->limit = brief;
	for (uint32_t j = 0; j < t->d->c[1]->n && done; j++)
		if (t->d->mate[1][j] != NO_MATE && t->d->differs[j] & ~(unsigned)DIFFERS_TAIL &&
		    !(t->d->differs[j] & SERIOUS))
			done = tell_pair(t, j, e);
	t->f->limit = limit;
	return done;
}

/* ---- the line in front */

static void summary(struct buf *out, const struct catalog_diff *d)
{
	const char *sign = "; ";

	buf_fmt(out, "%zu of %zu entries differ%s", d->n_differing, d->c[1]->n - d->n_only[1],
		d->n_differing == 1 ? "s" : "");
	for (unsigned s = 0; s < 2; s++)
		if (d->n_only[s] > 0)
			buf_fmt(out, "%s%zu only in the %s", s && d->n_only[0] ? ", " : "; ",
				d->n_only[s], s ? "second" : "first");
	if (d->order)
		buf_str(out, "; in another order");
	for (unsigned i = 0; i < DIFFERS_FIELDS; i++) {
		unsigned k = (i + DIFFERS_FIELDS - 1) % DIFFERS_FIELDS; /* content first */

		if (d->n[k] == 0)
			continue;
		buf_fmt(out, "%s%s in %zu", sign, fields[k].name, d->n[k]);
		sign = ", ";
	}
}

/* ---- conditions */

struct conditions {
	struct series *to;
	struct buf text; /* the last one, which is not there yet */
};

static void push(struct conditions *c)
{
	if (c->text.n > 0)
		series_add(c->to, buf_cstr(&c->text));
	if (c->text.failed != REASON_NONE)
		buf_fail(&c->to->text, c->text.failed);
	buf_reset(&c->text);
}

static void of_contents(const struct telling *t, struct conditions *out)
{
	for (unsigned c = 0; c < CAUSES; c++) {
		const struct tally *tally = &t->content[c];
		const struct catalog *b = t->d->c[1];

		if (tally->n == 0)
			continue;
		push(out);
		buf_fmt(&out->text, "%s %s ", c ? cause_what((enum cause)c) : "the bytes",
			c ? "in" : "of");
		if (tally->n == 1)
			buf_put(&out->text, shown(b, &b->entry[tally->first]));
		else
			buf_fmt(&out->text, "%zu files", tally->n);
	}
}

static void of_headers(const struct catalog_diff *d, struct conditions *out)
{
	bool told[CAUSES] = {false};

	for (unsigned i = 0; i + 1 < DIFFERS_FIELDS; i++) {
		enum cause c = fields[i].cause;

		if (d->n[i] == 0 || told[c])
			continue;
		told[c] = true;
		push(out);
		buf_str(&out->text, cause_what(c));
	}
	if (d->order) {
		push(out);
		buf_str(&out->text, cause_what(CAUSE_ORDER));
	}
	if (d->n_only[0] + d->n_only[1] > 0) {
		push(out);
		buf_str(&out->text, "the entries that only one has");
	}
}

bool catalog_tell(struct catalog_diff *d, struct differences *f, struct series *conditions,
		  const char *where, struct err *e)
{
	owned(buf_free) struct buf line = BUF(CONDITION);
	struct telling t = {.d = d, .f = f, .shifted = is_shifted(d)};
	struct conditions out = {conditions, BUF(CONDITION)};

	summary(&line, d);
	if (!buf_done(&line, "a line", e))
		return false;
	differences_entries(f, buf_cstr(&line));
	f->count[CAUSE_ORDER] += d->order;
	if (!tell_serious(&t, e) || !tell_headers(&t, e))
		return false;
	of_contents(&t, &out);
	of_headers(d, &out);
	if (where)
		buf_fmt(&out.text, " in %s", where);
	push(&out);
	buf_free(&out.text);
	return true;
}
