#include "eif/unsigned.h"

#include "eif/writer.h"
#include "measure/core/hash.h"

#define CRC_POLYNOMIAL UINT32_C(0xedb88320) /* ISO-HDLC, bits reversed */
#define CRC_ONE UINT32_C(0x80000000) /* x^0 */
#define CRC_PERIOD UINT64_C(0xffffffff) /* x^period is x^0: the polynomial is primitive */
#define WINDOW (64u * 1024)

/* ---- CRC-32 of A||B is the CRC of A times x^(8|B|), plus that of B */

static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (uint32_t bit = CRC_ONE; bit; bit >>= 1) {
		if (a & bit)
			product ^= b;
		b = b & 1 ? b >> 1 ^ CRC_POLYNOMIAL : b >> 1;
	}
	return product;
}

static uint32_t x_to(uint64_t n)
{
	uint32_t power = CRC_ONE, square = CRC_ONE >> 1;

	for (; n; n >>= 1) {
		if (n & 1)
			power = multiply(power, square);
		square = multiply(square, square);
	}
	return power;
}

static uint64_t exponent(uint64_t bytes)
{
	return bytes % CRC_PERIOD * 8 % CRC_PERIOD;
}

/* As if that many bytes followed; and before they followed. */
static uint32_t shift(uint32_t crc, uint64_t bytes)
{
	return multiply(crc, x_to(exponent(bytes)));
}

static uint32_t unshift(uint32_t crc, uint64_t bytes)
{
	return multiply(crc, x_to(CRC_PERIOD - exponent(bytes)));
}

/* ---- the parts: header, what stands before the signature section, that section, what follows */

struct parts {
	const struct eif_image *img;
	uint64_t before, section, after; /* bytes */
	uint64_t after_at;
};

static struct parts parts_of(const struct eif_image *img, size_t signature)
{
	const struct eif_section *s = &img->section[signature];
	struct parts p = {.img = img};

	p.before = s->offset - EIF_HEADER_SIZE;
	p.section = EIF_SECTION_HEADER_SIZE + s->size;
	p.after_at = s->offset + p.section;
	p.after = img->size - p.after_at;
	return p;
}

static bool crc_of_header(const struct eif_header *h, uint32_t *crc, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(EIF_HEADER_SIZE);
	struct digest d;

	eif_header_write(&raw, h);
	if (!buf_done(&raw, "the header", e) ||
	    !hash_of(DIGEST_CRC32, bytes_of(raw.p, EIF_CRC_AT), &d, e))
		return false;
	*crc = eif_crc32_of(&d);
	return true;
}

static bool crc_of_signature(const struct eif_image *img, uint32_t *crc, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(EIF_SECTION_HEADER_SIZE);
	struct eif_section_header h = {.section_type = EIF_SECTION_SIGNATURE,
				       .section_size = img->signature.n};
	struct digest d;

	eif_section_header_write(&raw, &h);
	if (!buf_done(&raw, "a section header", e) ||
	    !hash_of_two(DIGEST_CRC32, buf_bytes(&raw), buf_bytes(&img->signature), &d, e))
		return false;
	*crc = eif_crc32_of(&d);
	return true;
}

/* Of what follows the signature section; mostly nothing. */
static bool crc_after(const struct parts *p, struct file *f, uint32_t *crc, struct err *e)
{
	owned(hash_free) struct hash *hash = hash_new(DIGEST_CRC32, e);
	uint8_t window[WINDOW];
	uint64_t left = p->after;
	struct digest d;

	if (!hash)
		return false;
	f->pos = p->after_at;
	while (left > 0) {
		size_t n = left < WINDOW ? (size_t)left : WINDOW;

		if (!file_read(f, (struct span){window, n}, &n, e) ||
		    !hash_add(hash, bytes_of(window, n), e))
			return false;
		if (n == 0)
			return err_set(e, REASON_FILE_CHANGED, "ends before byte %llu",
				       (unsigned long long)p->img->size);
		left -= n;
	}
	if (!hash_peek(hash, &d, e))
		return false;
	*crc = eif_crc32_of(&d);
	return true;
}

/* The checksum of all sections but the signature, from the image's own. */
static bool crc_of_content(const struct parts *p, struct file *f, uint32_t *crc, struct err *e)
{
	uint32_t header, signature, after, before;

	if (!crc_of_header(&p->img->header, &header, e) ||
	    !crc_of_signature(p->img, &signature, e) || !crc_after(p, f, &after, e))
		return false;
	before = unshift(eif_crc32_of(&p->img->crc) ^ after, p->after);
	before = unshift(before ^ signature, p->section) ^ shift(header, p->before);
	*crc = shift(before, p->after) ^ after;
	return true;
}

static bool feed_header(struct pass *pass, const struct eif_header *h, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(EIF_HEADER_SIZE);

	eif_header_write(&raw, h);
	return buf_done(&raw, "the header", e) && pass_feed(pass, buf_bytes(&raw), e);
}

/* Header into the digest alone; the sections into the checksum too. */
static bool hash_parts(const struct parts *p, const struct eif_header *h, struct file *f,
		       struct digest out[2], struct err *e)
{
	struct pass *pass = pass_new(0, e);
	unsigned sha, crc;
	bool ok = pass && pass_lane(pass, DIGEST_SHA256, &sha, e) &&
		  pass_lane(pass, DIGEST_CRC32, &crc, e);

	if (ok) {
		pass_watch(pass, f->watch);
		pass_open(pass, 1u << sha);
		ok = feed_header(pass, h, e);
		pass_open(pass, 1u << sha | 1u << crc);
	}
	f->pos = EIF_HEADER_SIZE;
	if (ok)
		pass_input(pass, f);
	ok = ok && pass_skip(pass, p->before, e);
	f->pos = p->after_at;
	ok = ok && pass_skip(pass, p->after, e) && pass_mark(pass, sha, &out[0], e) &&
	     pass_mark(pass, crc, &out[1], e) && pass_end(pass, e);
	pass_free(&pass);
	return ok;
}

bool eif_unsigned_digest(const struct eif_image *img, struct file *f, struct eif_unsigned *out,
			 struct err *e)
{
	size_t signature = eif_image_find(img, EIF_SECTION_SIGNATURE);
	struct digest d[2];
	struct eif_header h;
	struct parts p;
	uint32_t content, head;

	if (signature == img->n) {
		*out = (struct eif_unsigned){img->size, img->sha256};
		return true;
	}
	if (f->stream)
		return err_set(e, REASON_NOT_A_FILE, "is a stream; a signed image is read twice");
	p = parts_of(img, signature);
	if (!eif_image_header(img, NULL, &h, e) || !crc_of_content(&p, f, &content, e) ||
	    !crc_of_header(&h, &head, e))
		return false;
	h.eif_crc32 = shift(head, p.before + p.after) ^ content;
	if (!hash_parts(&p, &h, f, d, e))
		return false;
	if (eif_crc32_of(&d[1]) != content)
		return err_set(e, REASON_FILE_CHANGED,
			       "the sections have another checksum than when they were first read");
	*out = (struct eif_unsigned){img->size - p.section, d[0]};
	return true;
}
