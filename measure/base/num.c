#include "measure/base/num.h"

#include <string.h>

bool num_add(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*out = sum;
	return true;
}

bool num_mul(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*out = product;
	return true;
}

bool num_add_size(size_t a, size_t b, size_t *out)
{
	size_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*out = sum;
	return true;
}

bool num_mul_size(size_t a, size_t b, size_t *out)
{
	size_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*out = product;
	return true;
}

bool num_size(uint64_t a, size_t *out)
{
	if (a > SIZE_MAX)
		return false;
	*out = (size_t)a;
	return true;
}

bool num_off(uint64_t a, int64_t *out)
{
	if (a > INT64_MAX)
		return false;
	*out = (int64_t)a;
	return true;
}

bool num_parse(const char *s, uint64_t *out)
{
	uint64_t x = 0;

	if (s[0] == '\0' || (s[0] == '0' && s[1] != '\0'))
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		if (!num_mul(x, 10, &x) || !num_add(x, (uint64_t)(*s - '0'), &x))
			return false;
	}
	*out = x;
	return true;
}

bool num_parse_any(const char *s, uint64_t *out)
{
	static const char digits[] = "00112233445566778899aAbBcCdDeEfF";
	uint64_t x = 0;

	if (s[0] != '0' || s[1] != 'x')
		return num_parse(s, out);
	for (const char *p = s + 2; *p; p++) {
		const char *at = strchr(digits, *p);

		if (!at || p - s > 17)
			return false;
		x = x << 4 | (uint64_t)(at - digits) / 2;
	}
	if (s[2] == '\0')
		return false;
	*out = x;
	return true;
}
