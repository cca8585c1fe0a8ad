#include "tests/unit/support_layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BLOCK 512u
#define TAR_MAX ((size_t)1 << 25)

/* ---- archives */

struct line {
	char letter;
	unsigned mode, uid, major, minor;
	char name[99];
	struct bytes rest;
};

static unsigned number(const char **at, int base)
{
	char *end;
	unsigned long n = strtoul(*at, &end, base);

	*at = end;
	return (unsigned)n;
}

static unsigned usual_mode(char letter)
{
	return letter == 'd' ? 0755 : letter == 'l' ? 0777 : letter == 'p' ? 0600 : 0644;
}

static const char *read_line(struct line *l, const char *at)
{
	size_t n = strcspn(at, "\n"), name;
	const char *next = at + n + (at[n] == '\n'), *end = at + n, *comma;

	*l = (struct line){.letter = *at++};
	l->mode = *at >= '0' && *at <= '7' ? number(&at, 8) : usual_mode(l->letter);
	if (*at == '@') {
		at++;
		l->uid = number(&at, 10);
	}
	at++;
	name = strcspn(at, " \n");
	snprintf(l->name, sizeof(l->name), "%.*s", (int)name, at);
	at += name + (at[name] == ' ');
	l->rest = at < end ? bytes_of(at, (size_t)(end - at)) : bytes_of("", 0);
	if (l->letter == 'c' || l->letter == 'b') {
		l->major = number(&at, 10);
		comma = *at ? at + 1 : at;
		l->minor = number(&comma, 10);
	}
	return next;
}

static char type_of(char letter)
{
	static const char letters[] = "fhlcbdpx", types[] = "0123456x";

	return types[strchr(letters, letter) - letters];
}

static void octal(char *to, size_t width, uint64_t x)
{
	for (to[--width] = '\0'; width > 0; x >>= 3)
		to[--width] = (char)('0' + (x & 7));
}

static void header(struct buf *out, const struct line *l, uint64_t size)
{
	char h[BLOCK] = {0};
	uint64_t sum = 0;

	snprintf(h, 100, "%s%s", l->name, l->letter == 'd' ? "/" : "");
	octal(h + 100, 8, l->mode);
	octal(h + 108, 8, l->uid);
	octal(h + 116, 8, l->uid);
	octal(h + 124, 12, size);
	octal(h + 136, 12, 0);
	memset(h + 148, ' ', 8);
	h[156] = type_of(l->letter);
	if (l->letter == 'l' || l->letter == 'h')
		memcpy(h + 157, l->rest.p, l->rest.n < 100 ? l->rest.n : 100);
	memcpy(h + 257,
	       "ustar\0"
	       "00",
	       8);
	octal(h + 329, 8, l->major);
	octal(h + 337, 8, l->minor);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (uint8_t)h[i];
	octal(h + 148, 7, sum);
	buf_put(out, bytes_of(h, BLOCK));
}

static void content(struct buf *out, struct bytes x)
{
	buf_put(out, x);
	buf_zero(out, (BLOCK - x.n % BLOCK) % BLOCK);
}

static void attribute(struct buf *out, const struct line *l)
{
	char record[128];
	int n = (int)strlen(l->name) + 22; /* two digits of length among them */

	snprintf(record, sizeof(record), "%d SCHILY.xattr.%s=text\n", n, l->name);
	header(out, l, strlen(record));
	content(out, bytes_str(record));
}

void layer_tar(struct buf *out, const char *lines)
{
	struct line l;

	while (*lines) {
		lines = read_line(&l, lines);
		if (l.letter == 'x') {
			attribute(out, &l);
		} else {
			header(out, &l, l.letter == 'f' ? l.rest.n : 0);
			content(out, l.letter == 'f' ? l.rest : bytes_of("", 0));
		}
	}
	buf_zero(out, 2 * BLOCK);
}

/* ---- applied */

struct memory {
	struct stream stream;
	struct bytes left;
};

static bool read_memory(struct stream *s, struct span to, size_t *got, struct err *e)
{
	struct memory *m = (struct memory *)s;

	(void)e;
	*got = to.n < m->left.n ? to.n : m->left.n;
	if (*got > 0)
		memcpy(to.p, m->left.p, *got);
	m->left = bytes_of(m->left.p + *got, m->left.n - *got);
	return true;
}

static bool put_spool(void *arg, struct bytes x, struct err *e)
{
	struct buf *b = arg;

	buf_put(b, x);
	return buf_done(b, "the spool", e);
}

bool layer_read(struct tree *t, struct stream *archive, struct layer_rule rule, struct buf *spool,
		struct err *e)
{
	owned(tar_free) struct tar *in = tar_new(archive, e);
	struct layer_spool to = {put_spool, spool, spool->n};

	rule.spool = &to;
	return in && layer_apply(t, in, &rule, e);
}

bool layer_put(struct tree *t, const char *lines, struct layer_rule rule, struct buf *spool,
	       struct err *e)
{
	owned(buf_free) struct buf archive = BUF(TAR_MAX);
	struct memory m = {.stream = {.read = read_memory}};

	layer_tar(&archive, lines);
	m.left = buf_bytes(&archive);
	return buf_done(&archive, "an archive", e) && layer_read(t, &m.stream, rule, spool, e);
}

/* ---- read back */

static char letter_of(const struct tree_inode *i)
{
	if (i->implied)
		return 'i';
	switch (i->mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	default:
		return 'f';
	}
}

static void put_rest(struct buf *out, const struct tree_inode *i, const struct buf *spool)
{
	if (S_ISREG(i->mode) && i->size > 0 && i->at + i->size <= spool->n) {
		buf_str(out, " ");
		buf_put(out, bytes_of(spool->p + i->at, (size_t)i->size));
	}
	if (S_ISLNK(i->mode))
		buf_fmt(out, " %s", i->target);
	if (S_ISCHR(i->mode) || S_ISBLK(i->mode))
		buf_fmt(out, " %u,%u", i->major, i->minor);
	if (i->links > 1)
		buf_fmt(out, " #%u", i->links);
	buf_str(out, "\n");
}

bool layer_text(struct tree *t, const struct buf *spool, struct buf *out, struct err *e)
{
	tree_sort(t);
	for (struct tree_node *n = tree_next(tree_root(t)); n; n = tree_next(n)) {
		const struct tree_inode *i = n->inode;
		char letter = letter_of(i);

		buf_fmt(out, "%c", letter);
		if ((i->mode & 07777) != (letter == 'i' ? 0755 : usual_mode(letter)))
			buf_fmt(out, "%o", i->mode & 07777);
		if (i->uid != 0)
			buf_fmt(out, "@%u", i->uid);
		buf_str(out, " ");
		if (!tree_path(n, out, e))
			return false;
		put_rest(out, i, spool);
	}
	return buf_done(out, "a listing", e);
}
