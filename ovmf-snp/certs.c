#include "ovmf-snp/certs.h"

#include "measure/base/cur.h"
#include "measure/base/num.h"

static const struct {
	const char *name;
	uint8_t guid[16];
} kinds[SNP_CERT_KINDS] = {
	[SNP_CERT_VCEK] = {"VCEK",
			   {0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9,
			    0x3b, 0xe8, 0xac, 0xcd}},
	[SNP_CERT_VLEK] = {"VLEK",
			   {0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0,
			    0x45, 0xa0, 0xb8, 0xa1}},
	[SNP_CERT_ASK] = {"ASK",
			  {0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae,
			   0xf3, 0x27, 0xc7, 0x82}},
	[SNP_CERT_ARK] = {"ARK",
			  {0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6,
			   0x01, 0x4c, 0xd0, 0xae}},
	[SNP_CERT_CRL] = {"CRL",
			  {0x92, 0xf8, 0x1b, 0xc3, 0x58, 0x11, 0x4d, 0x3d, 0x97, 0xff, 0xd1, 0x9f,
			   0x88, 0xdc, 0x67, 0xea}},
	[SNP_CERT_EXTRA] = {"extra platform information",
			    {0xec, 0xae, 0x0c, 0x0f, 0x95, 0x02, 0x43, 0xb1, 0xaf, 0xa2, 0x0a, 0xe2,
			     0xe0, 0xd5, 0x65, 0xb6}},
};

const char *snp_cert_name(enum snp_cert_kind kind)
{
	return kind < SNP_CERT_KINDS ? kinds[kind].name : "unknown";
}

void snp_cert_guid(enum snp_cert_kind kind, uint8_t guid[16])
{
	memcpy(guid, kinds[kind].guid, 16);
}

static enum snp_cert_kind kind_of(const uint8_t guid[16])
{
	unsigned k = 0;

	while (k < SNP_CERT_KINDS && memcmp(kinds[k].guid, guid, 16) != 0)
		k++;
	return (enum snp_cert_kind)k;
}

struct bytes snp_certs_get(const struct snp_certs *t, enum snp_cert_kind kind)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->entry[i].kind == kind)
			return t->entry[i].cert;
	return bytes_of(NULL, 0);
}

/* Where a certificate stands, within the table. */
struct place {
	uint64_t from, to;
};

static bool repeated(const struct snp_certs *t, const uint8_t guid[16])
{
	for (size_t i = 0; i < t->n; i++)
		if (memcmp(t->entry[i].guid, guid, 16) == 0)
			return true;
	return false;
}

/* One entry, its place within the table; the last one is all zero and adds nothing. */
static bool entry_read(struct cur *c, struct snp_certs *t, struct place *place, bool *last)
{
	uint64_t at = cur_at(c);
	struct bytes guid = cur_take(c, 16, "the GUID of a certificate");
	uint32_t offset = cur_le32(c, "the offset of a certificate");
	uint32_t length = cur_le32(c, "the length of a certificate");

	if (!cur_ok(c))
		return false;
	*last = bytes_zero(guid);
	if (*last && (offset || length))
		return cur_fail(c, REASON_FORMAT, at,
				"the entry that ends the certificate table has the offset %u and "
				"the length %u, which must be 0",
				offset, length);
	if (*last)
		return true;
	if (t->n == SNP_CERTS_MAX)
		return cur_fail(c, REASON_FORMAT, at,
				"the certificate table has more than %u entries", SNP_CERTS_MAX);
	if (repeated(t, guid.p))
		return cur_fail(c, REASON_FORMAT, at,
				"the certificate table has two entries of one GUID (%s)",
				snp_cert_name(kind_of(guid.p)));
	memcpy(t->entry[t->n].guid, guid.p, 16);
	t->entry[t->n].kind = kind_of(guid.p);
	*place = (struct place){offset, (uint64_t)offset + length};
	return true;
}

/* Behind the entries, inside the table, and over no other certificate. */
static bool place_check(struct cur *c, const struct snp_certs *t, const struct place *place,
			size_t i)
{
	uint64_t head = c->pos, at = c->base + i * SNP_CERTS_ENTRY;
	const char *name = snp_cert_name(t->entry[i].kind);

	if (place[i].from < head)
		return cur_fail(c, REASON_FORMAT, at,
				"the certificate %zu (%s) is said to begin at %llu, within the "
				"table's first %llu bytes, its entries",
				i, name, (unsigned long long)place[i].from,
				(unsigned long long)head);
	if (place[i].to > c->in.n)
		return cur_fail(c, REASON_FORMAT, at,
				"the certificate %zu (%s) is said to end at %llu, and the table "
				"has %zu bytes",
				i, name, (unsigned long long)place[i].to, c->in.n);
	if (place[i].to == place[i].from)
		return cur_fail(c, REASON_FORMAT, at, "the certificate %zu (%s) is empty", i, name);
	for (size_t j = 0; j < i; j++)
		if (place[i].from < place[j].to && place[j].from < place[i].to)
			return cur_fail(c, REASON_FORMAT, at,
					"the certificates %zu (%s) and %zu (%s) overlap", j,
					snp_cert_name(t->entry[j].kind), i, name);
	return true;
}

/* What belongs to no certificate is zero. */
static bool rest_check(struct cur *c, const struct place *place, size_t n)
{
	for (size_t at = c->pos; at < c->in.n; at++) {
		size_t i = 0;

		while (i < n && (at < place[i].from || at >= place[i].to))
			i++;
		if (i < n)
			at = (size_t)place[i].to - 1;
		else if (c->in.p[at] != 0)
			return cur_fail(
				c, REASON_FORMAT, c->base + at,
				"byte %zu of the certificate table is 0x%02x, belongs to no "
				"certificate, and must be zero",
				at, c->in.p[at]);
	}
	return true;
}

static bool entries_read(struct cur *c, struct snp_certs *t, struct place *place)
{
	struct place sink;
	bool last = false;

	while (!last) {
		if (!entry_read(c, t, t->n < SNP_CERTS_MAX ? &place[t->n] : &sink, &last))
			return false;
		t->n += !last;
	}
	return true;
}

bool snp_certs_read(struct snp_certs *t, struct bytes in, uint64_t base, struct err *e)
{
	struct place place[SNP_CERTS_MAX] = {{0, 0}};
	struct err fault = {0};
	struct cur c = cur_new(in, base, &fault);

	*t = (struct snp_certs){0};
	if (in.n > SNP_CERTS_SIZE)
		return err_set(e, REASON_FORMAT,
			       "the certificate table has %zu bytes, and %u are the most there may "
			       "be",
			       in.n, SNP_CERTS_SIZE);
	if (!entries_read(&c, t, place))
		return err_at(e, REASON_FORMAT, fault.offset, "%s", fault.text);
	for (size_t i = 0; i < t->n; i++) {
		if (!place_check(&c, t, place, i))
			return err_at(e, REASON_FORMAT, fault.offset, "%s", fault.text);
		t->entry[i].cert =
			bytes_of(in.p + place[i].from, (size_t)(place[i].to - place[i].from));
	}
	return rest_check(&c, place, t->n) ||
	       err_at(e, REASON_FORMAT, fault.offset, "%s", fault.text);
}

static void le32(struct buf *out, size_t x)
{
	for (unsigned i = 0; i < 4; i++)
		buf_u8(out, (uint8_t)(x >> 8 * i));
}

void snp_certs_write(struct buf *out, const struct snp_certs *t)
{
	size_t at = (t->n + 1) * SNP_CERTS_ENTRY;

	for (size_t i = 0; i < t->n; i++) {
		buf_put(out, bytes_of(t->entry[i].guid, 16));
		le32(out, at);
		le32(out, t->entry[i].cert.n);
		at += t->entry[i].cert.n;
	}
	buf_zero(out, SNP_CERTS_ENTRY);
	for (size_t i = 0; i < t->n; i++)
		buf_put(out, t->entry[i].cert);
}
