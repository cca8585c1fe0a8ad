#include "measure/core/meaning_format.h"

#include "measure/base/cur.h"
#include "measure/base/num.h"

/* ---- gzip: RFC 1952, 2.3 */

#define GZIP_TIME 4u

static bool gzip_is(struct bytes head, struct bytes path)
{
	(void)path;
	return head.n >= 10 && bytes_start(head, bytes_of("\x1f\x8b\x08", 3));
}

static bool gzip_read(const struct extent x[2], struct meaning *m, struct err *e)
{
	if (m->first >= GZIP_TIME && m->first < GZIP_TIME + 4)
		meaning_say(m, "gzip header, time");
	else if (m->first < 10)
		meaning_say(m, "gzip header, byte %llu", (unsigned long long)m->first);
	return meaning_range(x, GZIP_TIME, 4, m, e);
}

const struct meaning_format meaning_gzip = {CAUSE_GZIP_TIME, gzip_is, gzip_read};

/* ---- compiled Python: PEP 552 */

#define PYC_TIME 8u

static bool pyc_is(struct bytes head, struct bytes path)
{
	return head.n >= 16 && path.n > 4 &&
	       bytes_equal(bytes_of(path.p + path.n - 4, 4), bytes_str(".pyc")) &&
	       head.p[2] == '\r' && head.p[3] == '\n' && bytes_zero(bytes_of(head.p + 4, 4));
}

static bool pyc_read(const struct extent x[2], struct meaning *m, struct err *e)
{
	if (m->first >= PYC_TIME && m->first < PYC_TIME + 4)
		meaning_say(m, "compiled Python, time of the source");
	return meaning_range(x, PYC_TIME, 4, m, e);
}

const struct meaning_format meaning_pyc = {CAUSE_PYC_TIME, pyc_is, pyc_read};

/* ---- ar: name 16, date 12, uid 6, gid 6, mode 8, size 10, and an end of 2 bytes */

#define AR_MAGIC "!<arch>\n"
#define AR_HEADER 60u
#define AR_DATE 16u
#define AR_SIZE 48u

static bool ar_is(struct bytes head, struct bytes path)
{
	(void)path;
	return bytes_start(head, bytes_str(AR_MAGIC));
}

static const char *ar_field(uint64_t at)
{
	return at < 16	 ? "name"
	       : at < 28 ? "date"
	       : at < 34 ? "uid"
	       : at < 40 ? "gid"
	       : at < 48 ? "mode"
	       : at < 58 ? "size"
			 : "end";
}

/* The size as it stands there: digits, filled up with blanks. */
static bool ar_size(const uint8_t header[AR_HEADER], uint64_t *size)
{
	char digits[11] = {0};
	size_t n = 0;

	while (n < 10 && header[AR_SIZE + n] != ' ') {
		digits[n] = (char)header[AR_SIZE + n];
		n++;
	}
	return num_parse(digits, size);
}

static void ar_say(struct meaning *m, const uint8_t header[AR_HEADER], uint64_t at, uint64_t size)
{
	int name = 0;

	while (name < 16 && header[name] != ' ' && header[name] != '/')
		name++;
	if (m->first >= at && m->first < at + AR_HEADER)
		meaning_say(m, "ar member %.*s, %s", name, (const char *)header,
			    ar_field(m->first - at));
	else if (m->first >= at && m->first < at + AR_HEADER + size)
		meaning_say(m, "ar member %.*s, byte %llu of it", name, (const char *)header,
			    (unsigned long long)(m->first - at - AR_HEADER));
}

static bool ar_read(const struct extent x[2], struct meaning *m, struct err *e)
{
	uint64_t at = strlen(AR_MAGIC), size;
	uint8_t header[AR_HEADER];
	size_t got;

	while (m->n < MEANING_EDITS) {
		if (!extent_read(&x[0], at, (struct span){header, AR_HEADER}, &got, e))
			return false;
		if (got < AR_HEADER || !ar_size(header, &size))
			break;
		ar_say(m, header, at, size);
		if (!meaning_range(x, at + AR_DATE, AR_SIZE - AR_DATE, m, e))
			return false;
		at += AR_HEADER + size + size % 2;
	}
	return true;
}

const struct meaning_format meaning_ar = {CAUSE_AR_MEMBER, ar_is, ar_read};

/* ---- squashfs 4.0: mkfs_time behind magic and number of inodes */

#define SQUASHFS_TIME 8u

static bool squashfs_is(struct bytes head, struct bytes path)
{
	(void)path;
	return head.n >= 96 && bytes_start(head, bytes_str("hsqs"));
}

static bool squashfs_read(const struct extent x[2], struct meaning *m, struct err *e)
{
	if (m->first >= SQUASHFS_TIME && m->first < SQUASHFS_TIME + 4)
		meaning_say(m, "squashfs superblock, time");
	return meaning_range(x, SQUASHFS_TIME, 4, m, e);
}

const struct meaning_format meaning_squashfs = {CAUSE_SQUASHFS_TIME, squashfs_is, squashfs_read};

/* ---- x86 boot protocol: Documentation/arch/x86/boot.rst, kernel_version */

#define KERNEL_MAGIC_AT 0x202u
#define KERNEL_BANNER 256u

static bool kernel_is(struct bytes head, struct bytes path)
{
	(void)path;
	return head.n >= KERNEL_MAGIC_AT + 14 && memcmp(head.p + KERNEL_MAGIC_AT, "HdrS", 4) == 0;
}

struct banner {
	uint64_t at;
	size_t n;
	char text[KERNEL_BANNER];
};

static bool banner_read(const struct extent *x, struct banner *b, struct err *e)
{
	uint8_t field[2];
	struct err none = {0};
	struct cur c = cur_new(bytes_of(field, sizeof(field)), 0, &none);
	struct span to = {(uint8_t *)b->text, KERNEL_BANNER - 1};
	size_t got;

	if (!extent_read(x, KERNEL_MAGIC_AT + 12, (struct span){field, sizeof(field)}, &got, e))
		return false;
	b->at = 0x200u + cur_le16(&c, "kernel_version");
	if (!extent_read(x, b->at, to, &got, e))
		return false;
	b->text[got] = '\0';
	b->n = strlen(b->text);
	return true;
}

static bool kernel_read(const struct extent x[2], struct meaning *m, struct err *e)
{
	struct banner b[2];

	if (!banner_read(&x[0], &b[0], e) || !banner_read(&x[1], &b[1], e))
		return false;
	if (strcmp(b[0].text, b[1].text) == 0) {
		m->cause = meaning_pe.cause;
		return meaning_pe.read(x, m, e);
	}
	m->likely = true;
	meaning_say(m, "banner \"%.200s\" and \"%.200s\"", b[0].text, b[1].text);
	return meaning_propose(x, &(struct edit){{b[0].at, b[1].at}, {b[0].n, b[1].n}}, m, e);
}

const struct meaning_format meaning_kernel = {CAUSE_KERNEL_BUILD, kernel_is, kernel_read};
