#include "measure/core/tar_header.h"

#define CHECKSUM 148 /* where it stands, 8 bytes that count as blanks */
#define YEAR_1 (-INT64_C(62135596800))
#define YEAR_10000 INT64_C(253402300800)

/* ---- numbers */

/* Blanks, digits, and behind them nothing but blanks and NULs; or NULs alone, which are zero. */
static bool octal(struct bytes x, int64_t *out)
{
	size_t i = 0, first;
	int64_t n = 0;

	if (bytes_zero(x)) {
		*out = 0;
		return true;
	}
	while (i < x.n && x.p[i] == ' ')
		i++;
	for (first = i; i < x.n && x.p[i] >= '0' && x.p[i] <= '7'; i++)
		n = n * 8 + (x.p[i] - '0');
	if (i == first)
		return false;
	for (; i < x.n; i++)
		if (x.p[i] != ' ' && x.p[i] != 0)
			return false;
	*out = n;
	return true;
}

/* Two's complement, the first byte nothing but the mark and the sign, in 64 bits. */
static bool base_256(struct bytes x, int64_t *out)
{
	uint8_t sign = x.p[0] == 0xff ? 0xff : 0;
	uint64_t n = sign ? UINT64_MAX : 0;

	if (x.p[0] != 0x80 && x.p[0] != 0xff)
		return false;
	for (size_t i = 1; i < x.n; i++) {
		if (x.n - i > 8 && x.p[i] != sign)
			return false;
		n = n << 8 | x.p[i];
	}
	if ((n >> 63 != 0) != (sign != 0))
		return false;
	memcpy(out, &n, sizeof(*out));
	return true;
}

/* Between low and high; 0 when the cursor has failed. */
static int64_t number(struct cur *c, size_t width, const char *field, int64_t low, int64_t high)
{
	uint64_t at = cur_at(c);
	struct bytes x = cur_take(c, width, field);
	int64_t n = 0;

	if (!cur_ok(c))
		return 0;
	if (!(x.p[0] & 0x80 ? base_256(x, &n) : octal(x, &n)))
		cur_fail(
			c, REASON_TAR, at,
			"the %s needs an octal number, or one of base 256 in 64 bits, found '%.*s'",
			field, (int)x.n, (const char *)x.p);
	else if (n < low || n > high)
		cur_fail(c, REASON_TAR, at, "the %s needs a number from %lld to %lld, found %lld",
			 field, (long long)low, (long long)high, (long long)n);
	return n;
}

/* ---- names */

static struct bytes name(struct cur *c, size_t width, const char *field)
{
	uint64_t at = cur_at(c);
	struct bytes x = cur_take(c, width, field);
	size_t n = 0;

	if (!cur_ok(c))
		return x;
	while (n < x.n && x.p[n] != 0)
		n++;
	if (!bytes_zero(bytes_of(x.p + n, x.n - n)))
		cur_fail(c, REASON_AMBIGUOUS, at, "the %s '%.*s' has bytes behind its end", field,
			 (int)n, (const char *)x.p);
	return bytes_of(x.p, n);
}

/* ---- the block */

static bool check_sum(struct cur *c, struct err *e)
{
	struct bytes block = c->in;
	struct cur field = cur_new(bytes_of(block.p + CHECKSUM, 8), c->base + CHECKSUM, e);
	int64_t sum = 8 * ' ', said = number(&field, 8, "checksum", 0, INT64_MAX);

	if (!cur_ok(&field))
		return false;
	for (size_t i = 0; i < block.n; i++)
		if (i < CHECKSUM || i >= CHECKSUM + 8)
			sum += block.p[i];
	return said == sum ||
	       cur_fail(c, REASON_TAR, c->base + CHECKSUM,
			"no header of a tar archive: its checksum is %lld, the field says %lld",
			(long long)sum, (long long)said);
}

static bool check_zeros(struct cur *c, const char *dialect)
{
	uint64_t at = cur_at(c);
	struct bytes rest = cur_take(c, cur_left(c), "rest of the header");

	return bytes_zero(rest) ||
	       cur_fail(c, REASON_AMBIGUOUS, at,
			"%s header has bytes in fields that readers take differently", dialect);
}

/* GNU tar names the owners in v7 too. */
static void read_devices(struct cur *c, struct tar_header *h)
{
	name(c, 32, "name of the owner");
	name(c, 32, "name of the group");
	h->major = (uint32_t)number(c, 8, "major number", 0, UINT32_MAX);
	h->minor = (uint32_t)number(c, 8, "minor number", 0, UINT32_MAX);
}

static bool read_dialect(struct cur *c, struct tar_header *h)
{
	uint64_t at = cur_at(c);
	struct bytes magic = cur_take(c, 8, "magic");

	h->magic = !bytes_zero(magic);
	read_devices(c, h);
	if (!h->magic)
		return check_zeros(c, "a v7");
	if (bytes_equal(magic, bytes_of("ustar  ", 8)))
		return check_zeros(c, "a GNU");
	if (bytes_equal(magic, bytes_of("ustar\00000", 8))) {
		h->prefix = name(c, 155, "prefix");
		return check_zeros(c, "a ustar");
	}
	return cur_fail(c, REASON_TAR, at, "neither a v7, a ustar nor a GNU header: magic '%.*s'",
			8, (const char *)magic.p);
}

bool tar_check_time(int64_t mtime, uint64_t at, struct err *e)
{
	return (mtime >= YEAR_1 && mtime < YEAR_10000) ||
	       err_at(e, REASON_TAR, at, "the time %lld is outside the years 1 to 9999",
		      (long long)mtime);
}

bool tar_header_read(struct bytes block, uint64_t at, struct tar_header *out, struct err *e)
{
	struct cur c = cur_new(block, at, e);
	struct tar_header h = {0};
	uint64_t time_at;

	if (!check_sum(&c, e))
		return false;
	h.name = name(&c, 100, "name");
	h.mode = (uint32_t)number(&c, 8, "mode", 0, 0177777);
	h.uid = (uint32_t)number(&c, 8, "uid", 0, TAR_ID_MAX);
	h.gid = (uint32_t)number(&c, 8, "gid", 0, TAR_ID_MAX);
	h.size = (uint64_t)number(&c, 12, "size", 0, INT64_MAX);
	time_at = cur_at(&c);
	h.mtime = number(&c, 12, "time", INT64_MIN, INT64_MAX);
	cur_take(&c, 8, "checksum");
	h.type = cur_u8(&c, "type");
	h.link = name(&c, 100, "link");
	if (!cur_ok(&c) || !tar_check_time(h.mtime, time_at, e) || !read_dialect(&c, &h) ||
	    !cur_end(&c, "header"))
		return false;
	*out = h;
	return true;
}
