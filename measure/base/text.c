#include "measure/base/text.h"

struct range {
	uint32_t first, last;
};

/*
 * C1 controls; Bidi_Control; line and paragraph separator; interlinear annotation; all of
 * Default_Ignorable_Code_Point (Unicode 15, DerivedCoreProperties.txt), which terminals draw as
 * nothing. Ascending.
 */
static const struct range hidden[] = {
	{0x0080, 0x009f},   {0x00ad, 0x00ad},	{0x034f, 0x034f},   {0x061c, 0x061c},
	{0x115f, 0x1160},   {0x17b4, 0x17b5},	{0x180b, 0x180f},   {0x200b, 0x200f},
	{0x2028, 0x202e},   {0x2060, 0x206f},	{0x3164, 0x3164},   {0xfdd0, 0xfdef},
	{0xfe00, 0xfe0f},   {0xfeff, 0xfeff},	{0xffa0, 0xffa0},   {0xfff0, 0xfffb},
	{0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool text_hidden(uint32_t code_point)
{
	if ((code_point & 0xfffe) == 0xfffe)
		return true; /* the last two of each plane are no characters */
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (code_point <= hidden[i].last)
			return code_point >= hidden[i].first;
	return false;
}

bool text_plain(struct bytes x)
{
	while (x.n > 0) {
		uint32_t c = 0;
		size_t n = text_utf8(x, &c);

		if (n == 0 || c < 0x20 || c == 0x7f || text_hidden(c))
			return false;
		x = bytes_of(x.p + n, x.n - n);
	}
	return true;
}

void text_tame(struct buf *out, struct bytes foreign)
{
	while (foreign.n > 0) {
		uint32_t code_point = 0;
		size_t n = text_utf8(foreign, &code_point);

		if (n == 0 || code_point < 0x20 || code_point == 0x7f)
			buf_fmt(out, "\\x%02x", foreign.p[0]);
		else if (code_point == '\\')
			buf_str(out, "\\\\");
		else if (text_hidden(code_point))
			buf_fmt(out, "\\u{%x}", code_point);
		else
			buf_put(out, bytes_of(foreign.p, n));
		n = n ? n : 1;
		foreign = bytes_of(foreign.p + n, foreign.n - n);
	}
}

size_t text_utf8(struct bytes x, uint32_t *code_point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c;
	size_t n;

	if (x.n == 0)
		return 0;
	c = x.p[0];
	n = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 0;
	if (n == 0 || n > x.n)
		return 0;
	if (n > 1)
		c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((x.p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (x.p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code_point = c;
	return n;
}

size_t text_utf8_bad(struct bytes x)
{
	size_t at = 0, n;
	uint32_t code_point;

	while (at < x.n) {
		n = text_utf8(bytes_of(x.p + at, x.n - at), &code_point);
		if (n == 0)
			break;
		at += n;
	}
	return at;
}

void text_put_utf8(struct buf *out, uint32_t code_point)
{
	static const uint8_t head[] = {0, 0, 0xc0, 0xe0, 0xf0};
	uint32_t c = code_point;
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	uint8_t x[4];

	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
		buf_fail(out, REASON_LIMIT);
		return;
	}
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		x[i] = (uint8_t)(0x80 | (c & 0x3f));
	x[0] = (uint8_t)(head[n] | c);
	buf_put(out, bytes_of(x, n));
}

/* Longer words are nobody's slip of the finger. */
#define WORD_MAX 48

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: rows of the table of distances between all beginnings of a and b. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1] = {{0}}, *before = rows[0], *above = rows[1], *row = rows[2];
	size_t n = strlen(b);

	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned *free_row = before;

		before = above;
		above = row;
		row = free_row;
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y)
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return row[n];
}

const char *text_nearest(const char *word, const char *const *list)
{
	size_t n = strlen(word);
	size_t best = n / 3 > 1 ? n / 3 + 1 : 2;
	const char *nearest = NULL;

	for (; n <= WORD_MAX && *list; list++) {
		size_t length = strlen(*list), d;

		if (length > WORD_MAX)
			continue;
		d = distance(word, *list);
		if (d < best && (d == 0 || d < (n > length ? n : length))) {
			best = d;
			nearest = *list;
		}
	}
	return nearest;
}

void text_quote(struct buf *out, struct bytes word)
{
	buf_str(out, "'");
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '\'')
			buf_str(out, "'\\''");
		else
			buf_u8(out, word.p[i]);
	buf_str(out, "'");
}
