#include "measure/core/meaning_format.h"

#define TEXT_MAX (1u << 20) /* longer ones get the number of the line alone */
#define EXCERPT 60u
#define AROUND 24u /* how far from the bytes that differ a time may stand */
#define SPAN 64u
#define LAST_CHANGE 2u /* the field of a line of etc/shadow, from 0 */

bool meaning_is_text(struct bytes head)
{
	return head.n > 0 && !memchr(head.p, 0, head.n);
}

static bool path_ends(struct bytes path, const char *tail)
{
	size_t n = strlen(tail);

	return path.n >= n && memcmp(path.p + path.n - n, tail, n) == 0;
}

/* ---- lines */

struct pair {
	struct bytes line[2];
	uint64_t at[2];
};

/* False at the end of both; a line that one of them has not is empty. */
static bool next_pair(struct bytes rest[2], struct pair *p)
{
	if (rest[0].n == 0 && rest[1].n == 0)
		return false;
	for (unsigned s = 0; s < 2; s++) {
		const uint8_t *end = rest[s].n ? memchr(rest[s].p, '\n', rest[s].n) : NULL;

		p->at[s] += p->line[s].n;
		p->line[s] = bytes_of(rest[s].p, end ? (size_t)(end + 1 - rest[s].p) : rest[s].n);
		if (p->line[s].n > 0)
			rest[s] = bytes_of(rest[s].p + p->line[s].n, rest[s].n - p->line[s].n);
	}
	return true;
}

static bool propose(const struct extent x[2], const struct pair *p, const struct bytes in[2],
		    struct meaning *m, struct err *e)
{
	struct edit edit;

	for (unsigned s = 0; s < 2; s++) {
		edit.at[s] = p->at[s] + (uint64_t)(in[s].p - p->line[s].p);
		edit.n[s] = in[s].n;
	}
	return meaning_propose(x, &edit, m, e);
}

/* ---- etc/shadow */

static struct bytes field(struct bytes line, unsigned i)
{
	const uint8_t *colon;

	while (line.n > 0) {
		colon = memchr(line.p, ':', line.n);
		if (i == 0 || !colon)
			break;
		line = bytes_of(colon + 1, line.n - (size_t)(colon + 1 - line.p));
		i--;
	}
	if (i > 0 || line.n == 0)
		return (struct bytes){NULL, 0};
	colon = memchr(line.p, ':', line.n);
	return colon ? bytes_of(line.p, (size_t)(colon - line.p)) : line;
}

static bool is_number(struct bytes x)
{
	for (size_t i = 0; i < x.n; i++)
		if (x.p[i] < '0' || x.p[i] > '9')
			return false;
	return x.n > 0;
}

static unsigned field_that_differs(const struct pair *p)
{
	unsigned i = 0;

	while (i < 8 && bytes_equal(field(p->line[0], i), field(p->line[1], i)))
		i++;
	return i;
}

static const char *shadow_field(unsigned i)
{
	static const char *const names[] = {"name",	   "password",	  "last change",
					    "minimum age", "maximum age", "warning",
					    "inactivity",  "expiry",	  "reserved"};

	return names[i];
}

/* Nobody's password goes to a terminal. */
static bool shadow_line(const struct extent x[2], const struct pair *p, unsigned number,
			struct meaning *m, struct err *e)
{
	unsigned i = field_that_differs(p);
	const struct bytes f[2] = {field(p->line[0], i), field(p->line[1], i)};

	if (i != LAST_CHANGE || !is_number(f[0]) || !is_number(f[1])) {
		meaning_say(m, "line %u, field %u (%s)", number, i + 1, shadow_field(i));
		return true;
	}
	meaning_say(m, "line %u, field %u (%s): %.*s and %.*s", number, i + 1, shadow_field(i),
		    f[0].n < 12 ? (int)f[0].n : 12, (const char *)f[0].p,
		    f[1].n < 12 ? (int)f[1].n : 12, (const char *)f[1].p);
	return propose(x, p, f, m, e);
}

/* ---- times */

/* '9' stands for any digit. */
static bool shaped(struct bytes x, const char *shape)
{
	size_t i = 0;

	for (; shape[i] != '\0'; i++)
		if (i == x.n ||
		    (shape[i] == '9' ? x.p[i] < '0' || x.p[i] > '9' : x.p[i] != (uint8_t)shape[i]))
			return false;
	return true;
}

static bool has_time(struct bytes x)
{
	static const char *const shapes[] = {"9999-99-99", "99:99:99",	 "1999999999",
					     "20999999",   "9999/99/99", NULL};

	for (size_t at = 0; at < x.n; at++)
		for (size_t i = 0; shapes[i]; i++)
			if (shaped(bytes_of(x.p + at, x.n - at), shapes[i]))
				return true;
	return false;
}

/* What of the line differs: neither the head nor the tail that both have. */
static void middle(const struct pair *p, struct bytes out[2])
{
	struct bytes a = p->line[0], b = p->line[1];

	while (a.n > 0 && b.n > 0 && a.p[0] == b.p[0]) {
		a = bytes_of(a.p + 1, a.n - 1);
		b = bytes_of(b.p + 1, b.n - 1);
	}
	while (a.n > 0 && b.n > 0 && a.p[a.n - 1] == b.p[b.n - 1]) {
		a.n--;
		b.n--;
	}
	out[0] = a;
	out[1] = b;
}

static bool near_time(struct bytes line, struct bytes in)
{
	size_t at = (size_t)(in.p - line.p), from = at > AROUND ? at - AROUND : 0;
	size_t to = at + in.n + AROUND;

	return has_time(bytes_of(line.p + from, (to < line.n ? to : line.n) - from));
}

static int excerpt(struct bytes line)
{
	size_t n = line.n > 0 && line.p[line.n - 1] == '\n' ? line.n - 1 : line.n;

	return n < EXCERPT ? (int)n : (int)EXCERPT;
}

static bool any_line(const struct extent x[2], const struct pair *p, unsigned number,
		     struct meaning *m, struct err *e)
{
	struct bytes in[2];

	if (p->line[0].n == 0 || p->line[1].n == 0) {
		meaning_say(m, "line %u is in the %s alone", number,
			    p->line[0].n ? "first" : "second");
		return true;
	}
	meaning_say(m, "line %u: \"%.*s\" and \"%.*s\"", number, excerpt(p->line[0]),
		    (const char *)p->line[0].p, excerpt(p->line[1]), (const char *)p->line[1].p);
	middle(p, in);
	if (in[0].n > SPAN || in[1].n > SPAN || !near_time(p->line[0], in[0]) ||
	    !near_time(p->line[1], in[1]))
		return true;
	return propose(x, p, in, m, e);
}

/* ---- files */

static bool is_secret(struct bytes text, struct bytes path)
{
	enum cause c = cause_of_path(path);

	return c == CAUSE_SSH_HOST_KEY || c == CAUSE_GENERATED_KEY || path_ends(path, "shadow-") ||
	       path_ends(path, "gshadow") || path_ends(path, ".key") ||
	       memmem(text.p, text.n, "PRIVATE KEY", 11);
}

static bool read_lines(const struct extent x[2], const struct bytes text[2], struct bytes path,
		       struct meaning *m, struct err *e)
{
	bool shadow = path_ends(path, "etc/shadow");
	bool secret = is_secret(text[0], path) || is_secret(text[1], path);
	struct bytes rest[2] = {text[0], text[1]};
	struct pair p = {0};

	m->cause = shadow ? CAUSE_SHADOW_DATE : CAUSE_BUILD_TIME;
	for (unsigned number = 1; next_pair(rest, &p); number++) {
		if (bytes_equal(p.line[0], p.line[1]))
			continue;
		if (secret)
			meaning_say(m, "line %u", number);
		if (!(shadow ? shadow_line : any_line)(x, &p, number, m, e))
			return false;
	}
	return true;
}

static bool count_lines(const struct extent *x, struct meaning *m, struct err *e)
{
	uint8_t window[16384];
	unsigned long long line = 1;
	size_t got;

	for (uint64_t at = 0; at < m->first; at += got) {
		uint64_t left = m->first - at;
		struct span to = {window, left < sizeof(window) ? (size_t)left : sizeof(window)};

		if (!extent_read(x, at, to, &got, e))
			return false;
		for (size_t i = 0; i < got; i++)
			line += window[i] == '\n';
	}
	meaning_say(m, "line %llu", line);
	return true;
}

bool meaning_text(const struct extent x[2], struct bytes path, struct meaning *m, struct err *e)
{
	owned(buf_free) struct buf a = BUF(TEXT_MAX), b = BUF(TEXT_MAX);
	struct buf *text[2] = {&a, &b};
	size_t got;

	if (x[0].size > TEXT_MAX || x[1].size > TEXT_MAX)
		return count_lines(&x[0], m, e);
	for (unsigned s = 0; s < 2; s++) {
		uint8_t *room = buf_room(text[s], (size_t)x[s].size);

		if (!room)
			return buf_done(text[s], "a text", e);
		if (!extent_read(&x[s], 0, (struct span){room, (size_t)x[s].size}, &got, e))
			return false;
	}
	return read_lines(x, (struct bytes[2]){buf_bytes(&a), buf_bytes(&b)}, path, m, e);
}
