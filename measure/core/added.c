#include "measure/core/added.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "measure/base/num.h"

#define LIST_MAX (16u << 20)
#define WORDS_MAX 64u
#define MODE_MAX 07777u

/* A line, cut into words; the place of the one that is read next. */
struct line {
	char *word[WORDS_MAX];
	size_t n, next;
};

struct kind {
	const char *name, *form;
	size_t least, most; /* words */
	bool (*add)(struct rootfs *r, struct line *l, struct err *e);
};

static bool cut(char *text, struct line *l, struct err *e)
{
	while (*(text += strspn(text, " \t"))) {
		if (l->n == WORDS_MAX)
			return err_set(e, REASON_LIMIT, "more than %u words", WORDS_MAX);
		l->word[l->n++] = text;
		text += strcspn(text, " \t");
		if (*text)
			*text++ = '\0';
	}
	return true;
}

static bool octal(const char *s, uint32_t *mode, struct err *e)
{
	uint32_t x = 0;

	for (const char *c = s; *c; c++) {
		if (*c < '0' || *c > '7' || x > MODE_MAX >> 3)
			x = MODE_MAX + 1;
		else
			x = x << 3 | (uint32_t)(*c - '0');
		if (x > MODE_MAX)
			return err_set(e, REASON_USAGE, "'%s' is no octal mode up to 7777", s);
	}
	*mode = x;
	return true;
}

static bool number(const char *s, const char *what, uint32_t *out, struct err *e)
{
	uint64_t x;

	if (!num_parse(s, &x) || x > UINT32_MAX)
		return err_set(e, REASON_USAGE, "'%s' is no %s of 32 bits", s, what);
	*out = (uint32_t)x;
	return true;
}

/* MODE UID GID */
static bool owner(struct line *l, uint32_t type, struct tree_inode *to, struct err *e)
{
	uint32_t mode = 0;

	if (!octal(l->word[l->next], &mode, e) ||
	    !number(l->word[l->next + 1], "user", &to->uid, e) ||
	    !number(l->word[l->next + 2], "group", &to->gid, e))
		return false;
	to->mode = type | mode;
	l->next += 3;
	return true;
}

/* Where a new name goes; *old: what is there already. */
static struct tree_node *place(struct rootfs *r, const char *path, struct bytes *name,
			       struct tree_node **old, struct err *e)
{
	struct tree_node *folder = tree_parent(r->tree, bytes_str(path), true, name, e);

	*old = folder ? tree_find(r->tree, folder, *name) : NULL;
	return folder;
}

static struct tree_node *put(struct rootfs *r, const char *path, const struct tree_inode *inode,
			     struct err *e)
{
	struct tree_node *old, *folder;
	struct bytes name;

	folder = place(r, path, &name, &old, e);
	if (!folder)
		return NULL;
	if (!old)
		return tree_add(r->tree, folder, name, inode, e);
	if (S_ISDIR(inode->mode) && old->inode->implied)
		return tree_replace(r->tree, old, inode, e) ? old : NULL;
	err_set(e, REASON_USAGE, "'%s' is there already", path);
	return NULL;
}

static bool add_file(struct rootfs *r, struct line *l, struct err *e)
{
	struct tree_inode inode = {0};
	struct tree_node *first, *old, *folder;
	struct bytes name;

	l->next = 3;
	if (!owner(l, S_IFREG, &inode, e) ||
	    !rootfs_source(r, l->word[2], &inode.source, &inode.size, e))
		return false;
	first = put(r, l->word[1], &inode, e);
	for (; first && l->next < l->n; l->next++) {
		folder = place(r, l->word[l->next], &name, &old, e);
		if (!folder)
			return false;
		if (old)
			return err_set(e, REASON_USAGE, "'%s' is there already", l->word[l->next]);
		if (!tree_link(r->tree, folder, name, first->inode, e))
			return false;
	}
	return first != NULL;
}

static bool add_folder(struct rootfs *r, struct line *l, struct err *e)
{
	struct tree_inode inode = {0};

	l->next = 2;
	return owner(l, S_IFDIR, &inode, e) && put(r, l->word[1], &inode, e);
}

static bool add_link(struct rootfs *r, struct line *l, struct err *e)
{
	struct tree_inode inode = {.target = l->word[2]};

	l->next = 3;
	return owner(l, S_IFLNK, &inode, e) && put(r, l->word[1], &inode, e);
}

static bool add_pipe(struct rootfs *r, struct line *l, struct err *e)
{
	struct tree_inode inode = {0};

	l->next = 2;
	return owner(l, S_IFIFO, &inode, e) && put(r, l->word[1], &inode, e);
}

static bool add_device(struct rootfs *r, struct line *l, struct err *e)
{
	const char *type = l->word[5];
	struct tree_inode inode = {0};

	l->next = 2;
	if (strcmp(type, "b") != 0 && strcmp(type, "c") != 0)
		return err_set(e, REASON_USAGE, "'%s' is neither b nor c", type);
	return owner(l, *type == 'b' ? S_IFBLK : S_IFCHR, &inode, e) &&
	       number(l->word[6], "major number", &inode.major, e) &&
	       number(l->word[7], "minor number", &inode.minor, e) && put(r, l->word[1], &inode, e);
}

static const struct kind kinds[] = {
	{"file", "NAME SOURCE MODE UID GID [NAME...]", 6, WORDS_MAX, add_file},
	{"dir", "NAME MODE UID GID", 5, 5, add_folder},
	{"slink", "NAME TARGET MODE UID GID", 6, 6, add_link},
	{"nod", "NAME MODE UID GID b|c MAJOR MINOR", 8, 8, add_device},
	{"pipe", "NAME MODE UID GID", 5, 5, add_pipe},
};

static bool add_line(struct rootfs *r, struct line *l, struct err *e)
{
	for (size_t i = 0; l->n && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(l->word[0], kinds[i].name) != 0)
			continue;
		if (l->n < kinds[i].least || l->n > kinds[i].most)
			return err_set(e, REASON_USAGE, "%zu words, where '%s %s' belongs", l->n,
				       kinds[i].name, kinds[i].form);
		return kinds[i].add(r, l, e) || err_in(e, "%s '%s'", l->word[0], l->word[1]);
	}
	return err_set(e, REASON_USAGE, "'%s' is none of file, dir, slink, nod, pipe",
		       l->n ? l->word[0] : "");
}

static bool read_list(struct rootfs *r, const char *path, struct err *e)
{
	owned(buf_free) struct buf text = BUF(LIST_MAX);
	char *line, *end;
	size_t number = 1;

	if (!file_slurp(path, LIST_MAX, &text, e))
		return false;
	if (memchr(text.n ? (const char *)text.p : "", 0, text.n)) {
		err_set(e, REASON_USAGE, "holds a NUL, and no list does");
		return err_subject(e, path);
	}
	buf_u8(&text, 0);
	if (!buf_done(&text, "the list", e))
		return false;
	for (line = (char *)text.p; line; line = end, number++) {
		struct line l = {0};

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		if (!cut(line, &l, e) || (l.n && l.word[0][0] != '#' && !add_line(r, &l, e))) {
			err_in(e, "line %zu", number);
			return err_subject(e, path);
		}
	}
	return true;
}

bool added_read(struct rootfs *r, const char *spec, struct err *e)
{
	owned(own_free) char *text = NULL;
	struct line l = {0};

	if (spec[0] == '@')
		return read_list(r, spec + 1, e);
	text = own_string(spec, e);
	return text && ((cut(text, &l, e) && add_line(r, &l, e)) || err_in(e, "--add"));
}
