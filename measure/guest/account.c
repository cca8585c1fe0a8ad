#include "measure/guest/account.h"

#include "measure/base/num.h"
#include "measure/guest/init/words.h"

#define FIELDS 7u
#define NUMBER_ROOM 16u

struct line {
	struct bytes field[FIELDS];
	size_t n;
};

static struct bytes cut(struct bytes *text, uint8_t at)
{
	const uint8_t *end = text->n > 0 ? memchr(text->p, at, text->n) : NULL;
	struct bytes head = bytes_of(text->p, end ? (size_t)(end - text->p) : text->n);
	size_t used = head.n + (end ? 1 : 0);

	if (used > 0)
		*text = bytes_of(text->p + used, text->n - used);
	return head;
}

static bool next_line(struct bytes *file, struct line *l)
{
	struct bytes text;

	if (file->n == 0)
		return false;
	text = cut(file, '\n');
	for (l->n = 0; l->n < FIELDS; l->n++)
		l->field[l->n] = cut(&text, ':');
	return true;
}

static bool number(struct bytes text, uint32_t *out)
{
	char s[NUMBER_ROOM] = "";
	uint64_t x;

	if (text.n >= sizeof(s))
		return false;
	for (size_t i = 0; i < text.n; i++)
		s[i] = (char)text.p[i];
	if (!num_parse(s, &x) || x > UINT32_MAX)
		return false;
	*out = (uint32_t)x;
	return true;
}

static bool digits(struct bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.n > 0;
}

/* The first line that has the name or, where digits ask, the number in its third field. */
static bool find(struct bytes file, struct bytes who, struct line *l)
{
	uint32_t asked, id;

	while (next_line(&file, l)) {
		if (!digits(who) && bytes_equal(l->field[0], who))
			return true;
		if (digits(who) && number(who, &asked) && number(l->field[2], &id) && id == asked)
			return true;
	}
	return false;
}

static bool lists(struct bytes members, struct bytes name)
{
	while (members.n > 0)
		if (bytes_equal(cut(&members, ','), name))
			return true;
	return false;
}

static bool refuse(struct bytes who, const char *what, struct err *e)
{
	return err_set(e, REASON_USER, "'%.*s': %s", (int)who.n, (const char *)who.p, what);
}

struct found {
	bool known; /* the file has it, in this line */
	struct line line;
	uint32_t id;
};

/* A number by itself, or that of a name. */
static bool resolve(struct bytes file, struct bytes who, struct found *f, struct err *e)
{
	f->known = find(file, who, &f->line);
	if (f->known)
		return number(f->line.field[2], &f->id) || refuse(who, "its line has no number", e);
	if (digits(who))
		return number(who, &f->id) || refuse(who, "is no number of 32 bits", e);
	return refuse(who, "is not there", e);
}

static bool add_groups(struct bytes file, struct bytes name, struct buf *out, struct err *e)
{
	size_t n = 0;
	struct line l;
	uint32_t id;

	while (next_line(&file, &l)) {
		if (!lists(l.field[3], name))
			continue;
		if (!number(l.field[2], &id))
			return refuse(l.field[0], "its line has no number", e);
		if (++n > WORDS_GROUPS)
			return refuse(name, "is in more than 1024 groups", e);
		buf_fmt(out, " %u", id);
	}
	return true;
}

bool account_resolve(const struct account_files *f, const char *user, struct buf *out,
		     struct err *e)
{
	struct bytes group = bytes_str(user), who = cut(&group, ':'), name = {0};
	struct found u, g = {0};

	if (who.n == 0)
		who = bytes_str("0");
	if (!resolve(f->passwd, who, &u, e))
		return err_in(e, "the user, in the image's /etc/passwd");
	if (u.known)
		name = u.line.field[0];
	if (group.n > 0 && !resolve(f->group, group, &g, e))
		return err_in(e, "the user's group, in the image's /etc/group");
	if (group.n == 0 && u.known && !number(u.line.field[3], &g.id)) {
		refuse(name, "its line has no number of a group", e);
		return err_in(e, "the user, in the image's /etc/passwd");
	}
	buf_fmt(out, "%u %u", u.id, g.id);
	if (group.n == 0 && name.n > 0 && !add_groups(f->group, name, out, e))
		return err_in(e, "the user's groups, in the image's /etc/group");
	buf_str(out, "\n");
	return buf_done(out, "the user", e);
}
