#include <stdio.h>
#include <strings.h>

#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "reference-db/database.h"

#define LONGEST 200u /* bytes of a name when it is written down */
#define KEPT 150u /* of one that is cut */
#define TAG 16u /* bytes of the digest that a cut one ends in */
#define FULL 128u /* names in a folder before others get folders of their own */
#define DEEP (127u << 16) /* of those: so that "~release" has its place too */

static bool is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '+' || c == '-';
}

/* What Windows takes for a device, whatever comes behind a period. */
static bool is_device(struct bytes name)
{
	static const char *const devices[] = {"con", "prn", "aux", "nul", "com", "lpt"};
	const uint8_t *dot = name.n > 0 ? memchr(name.p, '.', name.n) : NULL;
	size_t n = dot ? (size_t)(dot - name.p) : name.n;

	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
		if (n >= 3 && strncasecmp((const char *)name.p, devices[i], 3) == 0)
			return i < 4 ? n == 3 : n == 4 && name.p[3] >= '0' && name.p[3] <= '9';
	return false;
}

/* One name; the first character is that of an option or a hidden file, the last one may be lost. */
static bool put_name(struct buf *out, struct bytes name, struct err *e)
{
	owned(buf_free) struct buf b = BUF(8 * LONGEST);
	bool device = is_device(name);
	struct digest sha256;
	size_t kept = 0;

	for (size_t i = 0; i < name.n && b.n <= LONGEST; i++) {
		uint8_t c = name.p[i];
		bool odd = (i == 0 && (device || c == '.' || c == '-')) ||
			   (i + 1 == name.n && c == '.');

		if (b.n <= KEPT)
			kept = b.n;
		if (is_plain(c) && !odd)
			buf_u8(&b, c);
		else
			buf_fmt(&b, "%%%02X", c);
	}
	if (!buf_done(&b, "a name", e))
		return false;
	buf_put(out, bytes_of(b.p, b.n > LONGEST ? kept : b.n));
	if (b.n <= LONGEST)
		return true;
	if (!hash_of(DIGEST_SHA256, name, &sha256, e))
		return false;
	buf_u8(out, '~');
	hex_put(out, bytes_of(sha256.v, TAG));
	return true;
}

/* The folder in which the nth of its names lies. */
static bool put_nth(struct buf *out, uint64_t nth, struct err *e)
{
	if (nth < FULL)
		return true;
	nth -= FULL;
	if (nth >= DEEP)
		return err_set(e, REASON_LIMIT, "a folder has %llu names, %u are the most",
			       (unsigned long long)nth + FULL, DEEP + FULL);
	buf_fmt(out, "~%02x/%02x/", (unsigned)(nth >> 16), (unsigned)(nth >> 8 & 0xff));
	return true;
}

static bool put_folders(struct buf *out, const struct database_place *p, struct err *e)
{
	if (!p->product) {
		buf_fmt(out, "%s/", p->kind);
		return true;
	}
	buf_str(out, "products/");
	if (!put_nth(out, p->nth_product, e) || !put_name(out, bytes_str(p->product), e))
		return false;
	if (!p->version) {
		buf_fmt(out, "/~%s/", p->kind);
		return true;
	}
	buf_str(out, "/");
	if (!put_nth(out, p->nth_version, e) || !put_name(out, bytes_str(p->version), e))
		return false;
	buf_str(out, "/");
	return true;
}

bool database_path(const struct database_place *p, char out[DATABASE_PATH], struct err *e)
{
	owned(buf_free) struct buf b = BUF(DATABASE_PATH);

	if (p->entry >= DATABASE_ENTRIES)
		return err_set(e, REASON_LIMIT, "entry %llu, %u are the most",
			       (unsigned long long)p->entry, DATABASE_ENTRIES);
	if (!put_folders(&b, p, e) || !put_nth(&b, p->nth_file, e))
		return false;
	buf_fmt(&b, "%06llx-%s.%s", (unsigned long long)p->entry, p->kind, p->extension);
	if (!buf_done(&b, "the path of a statement", e))
		return false;
	memcpy(out, buf_cstr(&b), b.n + 1);
	return true;
}
