#include "measure/core/rust_text.h"

#include "measure/base/text.h"

struct range {
	uint32_t first, last;
};

/* Ascending. */
static const struct range escaped[] = {
#define ESCAPED(first, last) {first, last},
#include "measure/core/rust_escaped.def"
#undef ESCAPED
};

static bool is_escaped(uint32_t c)
{
	size_t low = 0, high = sizeof(escaped) / sizeof(escaped[0]);

	if (c < 0x80)
		return c < 0x20 || c == 0x7f;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c > escaped[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < sizeof(escaped) / sizeof(escaped[0]) && c >= escaped[low].first;
}

/* The character behind the backslash of a two-character escape, or 0. */
static char brief(uint32_t c)
{
	switch (c) {
	case '\0':
		return '0';
	case '\t':
		return 't';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '"':
	case '\\':
		return (char)c;
	default:
		return 0;
	}
}

void rust_debug(struct buf *out, struct bytes utf8)
{
	buf_u8(out, '"');
	while (utf8.n > 0) {
		uint32_t c = 0;
		size_t n = text_utf8(utf8, &c);

		if (n && brief(c))
			buf_fmt(out, "\\%c", brief(c));
		else if (n && is_escaped(c))
			buf_fmt(out, "\\u{%x}", c);
		else
			buf_put(out, bytes_of(utf8.p, n));
		n = n ? n : 1;
		utf8 = bytes_of(utf8.p + n, utf8.n - n);
	}
	buf_u8(out, '"');
}
