#include "measure/base/base64.h"

static int value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Characters of the last four that stand for bytes: 2, 3 or 4. */
static size_t meaningful(const uint8_t *four)
{
	if (four[3] != '=')
		return 4;
	return four[2] == '=' ? 2 : 3;
}

static bool read_four(const uint8_t *four, size_t n, struct buf *out, size_t *bad)
{
	uint32_t x = 0;

	for (size_t i = 0; i < n; i++) {
		int v = value(four[i]);

		*bad = i;
		if (v < 0)
			return false;
		x = x << 6 | (uint32_t)v;
	}
	/* 2 characters carry 4 bits that must be zero, 3 carry 2 */
	if (n < 4 && (x & ((1u << (8 - 2 * n)) - 1)) != 0)
		return false;
	x <<= 6 * (4 - n);
	for (size_t i = 0; i + 1 < n; i++)
		buf_u8(out, (uint8_t)(x >> (16 - 8 * i)));
	return true;
}

bool base64_read(struct bytes text, struct buf *out, size_t *bad)
{
	for (size_t at = 0; at + 4 <= text.n; at += 4) {
		const uint8_t *four = text.p + at;
		size_t n = at + 4 == text.n ? meaningful(four) : 4;

		if (!read_four(four, n, out, bad)) {
			*bad += at;
			return false;
		}
	}
	*bad = text.n;
	return text.n % 4 == 0;
}

void base64_put(struct buf *out, struct bytes x)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";

	for (size_t at = 0; at < x.n; at += 3) {
		size_t n = x.n - at < 3 ? x.n - at : 3;
		uint32_t three = 0;

		for (size_t i = 0; i < 3; i++)
			three = three << 8 | (i < n ? x.p[at + i] : 0u);
		for (size_t i = 0; i < 4; i++)
			buf_u8(out, i > n ? '=' : (uint8_t)digits[three >> (18 - 6 * i) & 63]);
	}
}
