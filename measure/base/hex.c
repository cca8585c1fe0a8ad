#include "measure/base/hex.h"

static const char digit[] = "0123456789abcdef";

void hex_string(char *to, struct bytes x)
{
	for (size_t i = 0; i < x.n; i++) {
		*to++ = digit[x.p[i] >> 4];
		*to++ = digit[x.p[i] & 15];
	}
	*to = '\0';
}

void hex_put(struct buf *out, struct bytes x)
{
	uint8_t *to = x.n <= SIZE_MAX / 2 ? buf_room(out, 2 * x.n) : NULL;

	for (size_t i = 0; to && i < x.n; i++) {
		to[2 * i] = (uint8_t)digit[x.p[i] >> 4];
		to[2 * i + 1] = (uint8_t)digit[x.p[i] & 15];
	}
}

int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_read(const char *s, const char *what, struct buf *out, struct err *e)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (hex_value((uint8_t)s[i]) < 0)
			return err_set(e, REASON_USAGE,
				       "%s: character %zu, \"%c\", is no hex digit", what, i + 1,
				       s[i]);
	if (n % 2)
		return err_set(e, REASON_USAGE,
			       "%s: %zu hex digits, which is no whole number of bytes", what, n);
	for (size_t i = 0; i < n; i += 2)
		buf_u8(out,
		       (uint8_t)(hex_value((uint8_t)s[i]) << 4 | hex_value((uint8_t)s[i + 1])));
	return buf_done(out, what, e);
}
