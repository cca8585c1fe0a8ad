#include "ovmf-snp/igvm.h"

#include <stdlib.h>

#include "measure/base/cur.h"
#include "measure/core/hash.h"

#define FIXED_1 24u /* bytes of the fixed header, by version */
#define FIXED_2 32u
#define CRC_AT 20u
#define HEAD 8u /* type and length */
#define OPTIONAL (1u << 31) /* of types: loaders may pass over it */
#define FIELDS 9
#define VSM_REGISTER 32u

struct layout_field {
	enum igvm_field field;
	unsigned width; /* in bytes */
};

struct igvm_layout {
	enum igvm_type type;
	const char *name;
	unsigned size; /* bytes of the body */
	struct layout_field field[FIELDS]; /* ends with width 0 */
};

#define PARAMETER(t, n)                       \
	{                                     \
		t, n, 8,                      \
		{                             \
			{IGVM_INDEX, 4},      \
			{                     \
				IGVM_VALUE, 4 \
			}                     \
		}                             \
	}
#define CORIM(t, n)                                                       \
	{                                                                 \
		t, n, 16,                                                 \
		{                                                         \
			{IGVM_MASK, 4}, {IGVM_OFFSET, 4}, {IGVM_SIZE, 4}, \
			{                                                 \
				IGVM_ZERO, 4                              \
			}                                                 \
		}                                                         \
	}

static const struct igvm_layout layouts[] = {
	{IGVM_SUPPORTED_PLATFORM,
	 "platform",
	 16,
	 {{IGVM_MASK, 4}, {IGVM_VTL, 1}, {IGVM_KIND, 1}, {IGVM_VERSION, 2}, {IGVM_VALUE, 8}}},
	{IGVM_GUEST_POLICY, "guest policy", 16, {{IGVM_VALUE, 8}, {IGVM_MASK, 4}, {IGVM_ZERO, 4}}},
	{IGVM_RELOCATABLE_REGION,
	 "relocatable region",
	 48,
	 {{IGVM_MASK, 4},
	  {IGVM_INDEX, 2},
	  {IGVM_VTL, 1},
	  {IGVM_FLAGS, 1},
	  {IGVM_VALUE, 8},
	  {IGVM_GPA, 8},
	  {IGVM_SIZE, 8},
	  {IGVM_LOW, 8},
	  {IGVM_HIGH, 8}}},
	{IGVM_PAGE_TABLE_RELOCATION,
	 "page table region",
	 32,
	 {{IGVM_MASK, 4},
	  {IGVM_INDEX, 2},
	  {IGVM_VTL, 1},
	  {IGVM_ZERO, 1},
	  {IGVM_GPA, 8},
	  {IGVM_SIZE, 8},
	  {IGVM_LOW, 8}}},
	CORIM(IGVM_CORIM_DOCUMENT, "CoRIM document"),
	CORIM(IGVM_CORIM_SIGNATURE, "CoRIM signature"),
	{IGVM_CCA_POLICY,
	 "CCA policy",
	 32,
	 {{IGVM_MASK, 4},
	  {IGVM_ZERO, 4},
	  {IGVM_LOW, 8},
	  {IGVM_HIGH, 8},
	  {IGVM_KIND, 1},
	  {IGVM_FLAGS, 1},
	  {IGVM_ZERO, 6}}},
	{IGVM_PARAMETER_AREA,
	 "parameter area",
	 16,
	 {{IGVM_SIZE, 8}, {IGVM_INDEX, 4}, {IGVM_OFFSET, 4}}},
	{IGVM_PAGE_DATA,
	 "page data",
	 24,
	 {{IGVM_GPA, 8},
	  {IGVM_MASK, 4},
	  {IGVM_OFFSET, 4},
	  {IGVM_FLAGS, 4},
	  {IGVM_KIND, 2},
	  {IGVM_ZERO, 2}}},
	{IGVM_PARAMETER_INSERT,
	 "parameter insert",
	 16,
	 {{IGVM_GPA, 8}, {IGVM_MASK, 4}, {IGVM_INDEX, 4}}},
	{IGVM_VP_CONTEXT,
	 "processor context",
	 20,
	 {{IGVM_GPA, 8}, {IGVM_MASK, 4}, {IGVM_OFFSET, 4}, {IGVM_INDEX, 2}, {IGVM_ZERO, 2}}},
	{IGVM_REQUIRED_MEMORY,
	 "required memory",
	 24,
	 {{IGVM_GPA, 8}, {IGVM_MASK, 4}, {IGVM_SIZE, 4}, {IGVM_FLAGS, 4}, {IGVM_ZERO, 4}}},
	PARAMETER(IGVM_VP_COUNT, "processor count"),
	PARAMETER(IGVM_SRAT, "SRAT"),
	PARAMETER(IGVM_MADT, "MADT"),
	PARAMETER(IGVM_MMIO_RANGES, "MMIO ranges"),
	{IGVM_SNP_ID_BLOCK, "SNP ID block", 696, {{IGVM_MASK, 4}, {IGVM_REST, 692}}},
	PARAMETER(IGVM_MEMORY_MAP, "memory map"),
	{IGVM_ERROR_RANGE, "error range", 16, {{IGVM_GPA, 8}, {IGVM_MASK, 4}, {IGVM_SIZE, 4}}},
	PARAMETER(IGVM_COMMAND_LINE, "command line"),
	PARAMETER(IGVM_SLIT, "SLIT"),
	PARAMETER(IGVM_PPTT, "PPTT"),
	{IGVM_VBS_MEASUREMENT, "VBS measurement", 864, {{IGVM_MASK, 4}, {IGVM_REST, 860}}},
	PARAMETER(IGVM_DEVICE_TREE, "device tree"),
	PARAMETER(IGVM_ENVIRONMENT_INFO, "environment info"),
};

static const struct igvm_layout *layout_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

void igvm_free(struct igvm *g)
{
	free(g->header);
	*g = (struct igvm){0};
}

/* ---- fields */

static struct bytes field_of(const struct igvm_header *h, enum igvm_field f)
{
	size_t at = 0;

	for (const struct layout_field *x = h->layout->field;
	     x < h->layout->field + FIELDS && x->width > 0; x++) {
		if (x->field == f)
			return bytes_of(h->body.p + at, x->width);
		at += x->width;
	}
	return bytes_of(NULL, 0);
}

bool igvm_has(const struct igvm_header *h, enum igvm_field f)
{
	return field_of(h, f).n > 0;
}

struct bytes igvm_rest(const struct igvm_header *h)
{
	return field_of(h, IGVM_REST);
}

uint64_t igvm_get(const struct igvm_header *h, enum igvm_field f)
{
	struct bytes x = field_of(h, f);
	uint64_t v = 0;

	for (size_t i = x.n; i > 0; i--)
		v = v << 8 | x.p[i - 1];
	return v;
}

enum igvm_type igvm_type(const struct igvm_header *h)
{
	return h->layout->type;
}

const char *igvm_type_name(const struct igvm_header *h)
{
	return h->layout->name;
}

const char *igvm_platform_name(enum igvm_platform p)
{
	static const char *const names[] = {
		[IGVM_NATIVE] = "native", [IGVM_VSM] = "vsm",	   [IGVM_SNP] = "snp",
		[IGVM_TDX] = "tdx",	  [IGVM_SEV] = "sev",	   [IGVM_SEV_ES] = "seves",
		[IGVM_CCA] = "cca",	  [IGVM_PLATFORMS] = "no",
	};

	return names[p];
}

/* ---- platforms */

static enum igvm_platform platform_with(const struct igvm *g, uint64_t mask)
{
	for (size_t i = 0; i < g->n_platforms; i++)
		if (igvm_get(&g->header[i], IGVM_MASK) == mask)
			return (enum igvm_platform)igvm_get(&g->header[i], IGVM_KIND);
	return IGVM_PLATFORMS;
}

uint32_t igvm_mask(const struct igvm *g, enum igvm_platform p)
{
	for (size_t i = 0; i < g->n_platforms; i++)
		if (igvm_get(&g->header[i], IGVM_KIND) == p)
			return (uint32_t)igvm_get(&g->header[i], IGVM_MASK);
	return 0;
}

enum igvm_platform igvm_platform_of(const struct igvm *g, const struct igvm_header *h)
{
	return platform_with(g, igvm_get(h, IGVM_MASK));
}

bool igvm_is_for(const struct igvm_header *h, uint32_t mask)
{
	return !igvm_has(h, IGVM_MASK) || (igvm_get(h, IGVM_MASK) & mask) != 0;
}

bool igvm_policy(const struct igvm *g, enum igvm_platform p, uint64_t *policy)
{
	uint32_t mask = igvm_mask(g, p);

	for (size_t i = 0; i < g->n_headers; i++) {
		if (igvm_type(&g->header[i]) != IGVM_GUEST_POLICY ||
		    !igvm_is_for(&g->header[i], mask))
			continue;
		*policy = igvm_get(&g->header[i], IGVM_VALUE);
		return true;
	}
	return false;
}

/* ---- data */

/* From where it begins to the end of the data; empty when there is none, or it begins elsewhere. */
static struct bytes data_from(const struct igvm *g, const struct igvm_header *h)
{
	uint64_t at = igvm_get(h, IGVM_OFFSET);

	if (at < g->data_at || at - g->data_at > g->data.n)
		return bytes_of(NULL, 0);
	return bytes_of(g->data.p + (at - g->data_at), g->data.n - (size_t)(at - g->data_at));
}

/* Hyper-V's contexts are as long as the count of registers in front of them says. */
static uint64_t context_size(const struct igvm *g, const struct igvm_header *h)
{
	struct err none = {0};
	struct cur c = cur_new(data_from(g, h), 0, &none);

	if (igvm_platform_of(g, h) != IGVM_VSM)
		return IGVM_PAGE;
	return 4 + (uint64_t)VSM_REGISTER * cur_le32(&c, "register count");
}

uint64_t igvm_data_size(const struct igvm *g, const struct igvm_header *h)
{
	if (igvm_get(h, IGVM_OFFSET) == 0)
		return 0;
	if (igvm_type(h) == IGVM_VP_CONTEXT)
		return context_size(g, h);
	return igvm_type(h) == IGVM_PAGE_DATA ? IGVM_PAGE : igvm_get(h, IGVM_SIZE);
}

struct bytes igvm_data(const struct igvm *g, const struct igvm_header *h)
{
	return bytes_of(data_from(g, h).p, (size_t)igvm_data_size(g, h));
}

const struct igvm_header *igvm_area(const struct igvm *g, uint64_t index)
{
	for (size_t i = 0; i < g->n_areas; i++)
		if (igvm_get(&g->header[g->area[i]], IGVM_INDEX) == index)
			return &g->header[g->area[i]];
	return NULL;
}

uint64_t igvm_extent(const struct igvm *g, const struct igvm_header *h)
{
	const struct igvm_header *area;

	if (igvm_type(h) == IGVM_PAGE_DATA)
		return igvm_get(h, IGVM_FLAGS) & IGVM_IS_2M ? IGVM_PAGE_2M : IGVM_PAGE;
	if (igvm_type(h) != IGVM_PARAMETER_INSERT)
		return igvm_get(h, IGVM_SIZE);
	area = igvm_area(g, igvm_get(h, IGVM_INDEX));
	return area ? igvm_get(area, IGVM_SIZE) : 0;
}

bool igvm_joins(const struct igvm *g, const struct igvm_header *h)
{
	static const enum igvm_field same[] = {IGVM_FLAGS, IGVM_KIND, IGVM_MASK};
	const struct igvm_header *last = h - 1;

	if (h == g->header || igvm_type(last) != IGVM_PAGE_DATA ||
	    igvm_get(last, IGVM_GPA) + igvm_extent(g, last) != igvm_get(h, IGVM_GPA) ||
	    (igvm_get(last, IGVM_OFFSET) == 0) != (igvm_get(h, IGVM_OFFSET) == 0))
		return false;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (igvm_get(last, same[i]) != igvm_get(h, same[i]))
			return false;
	return true;
}

/* ---- one header */

static bool form_ok(const struct igvm_header *h, struct err *e)
{
	size_t at = 0;

	if (h->body.n != h->layout->size)
		return err_at(e, REASON_IGVM, h->at,
			      "%s: the header has %zu bytes, its type has %u", igvm_type_name(h),
			      h->body.n, h->layout->size);
	for (const struct layout_field *x = h->layout->field;
	     x < h->layout->field + FIELDS && x->width > 0; x++) {
		if (x->field == IGVM_ZERO && !bytes_zero(bytes_of(h->body.p + at, x->width)))
			return err_at(e, REASON_IGVM, h->at + HEAD + at,
				      "%s: reserved bytes are not zero", igvm_type_name(h));
		at += x->width;
	}
	return true;
}

static bool add(struct igvm *g, const struct igvm_header *h, size_t *room, struct err *e)
{
	if (!form_ok(h, e))
		return false;
	if (g->n_headers == *room) {
		size_t more = *room ? 2 * *room : 64;
		struct igvm_header *grown;

		if (g->n_headers >= IGVM_HEADERS)
			return err_at(e, REASON_LIMIT, h->at, "there are more than %u headers",
				      IGVM_HEADERS);
		grown = realloc(g->header, more * sizeof(*grown));
		if (!grown)
			return err_set(e, REASON_OUT_OF_MEMORY, "no memory for %zu headers", more);
		g->header = grown;
		*room = more;
	}
	g->header[g->n_headers++] = *h;
	return true;
}

static bool unknown(uint32_t type, uint64_t at, struct err *e)
{
	if (type & OPTIONAL)
		return err_at(e, REASON_IGVM, at,
			      "the header of type 0x%x may be passed over by loaders that do not "
			      "know it, so that they differ",
			      type);
	return err_at(e, REASON_IGVM, at, "the header's type 0x%x is none of the format", type);
}

static bool header_read(struct igvm *g, struct cur *c, size_t *room, struct err *e)
{
	struct igvm_header h = {.at = cur_at(c)};
	uint32_t type = cur_le32(c, "header type"), length = cur_le32(c, "header length");

	if (!cur_ok(c))
		return false;
	h.layout = layout_of(type);
	if (!h.layout)
		return unknown(type, h.at, e);
	h.body = cur_take(c, length, "header");
	if (!cur_ok(c) || !add(g, &h, room, e))
		return false;
	if (!bytes_zero(cur_take(c, -(uint64_t)length % 8, "padding")))
		return err_at(e, REASON_IGVM, h.at, "%s: the padding is not zero",
			      igvm_type_name(&h));
	return cur_ok(c);
}

bool igvm_append(struct igvm *g, enum igvm_type type, struct bytes body, struct err *e)
{
	const struct igvm_header h = {layout_of(type), 0, body};
	size_t room = g->n_headers;

	return add(g, &h, &room, e);
}

/* ---- the file */

/* As the file says, the checksum apart. */
struct fixed {
	uint32_t headers_at, headers_size, total, crc, page;
};

static bool fixed_ok(const struct igvm *g, const struct fixed *x, size_t size, struct err *e)
{
	uint32_t own = g->version == 1 ? FIXED_1 : FIXED_2;

	if (g->architecture > 1)
		return err_at(e, REASON_IGVM, FIXED_1,
			      "the architecture is %u and must be 0 (x64) or 1 (aarch64)",
			      g->architecture);
	if (x->page != IGVM_PAGE)
		return err_at(e, REASON_IGVM, FIXED_1 + 4, "pages have %u bytes and must have %u",
			      x->page, IGVM_PAGE);
	if (x->total != size)
		return err_at(e, REASON_IGVM, 16, "the file says that it has %u bytes, and has %zu",
			      x->total, size);
	if (x->headers_at != own)
		return err_at(e, REASON_IGVM, 8,
			      "the headers begin at %u and must begin at %u, behind the first",
			      x->headers_at, own);
	if (x->headers_size % 8 != 0 || x->headers_size > size - own)
		return err_at(e, REASON_IGVM, 12,
			      "the headers have %u bytes; a multiple of 8 up to %zu fits",
			      x->headers_size, size - own);
	return true;
}

static bool fixed_read(struct igvm *g, struct cur *c, struct fixed *x, struct err *e)
{
	if (!bytes_equal(cur_take(c, 4, "magic"), bytes_str("IGVM")))
		return cur_ok(c)
			       ? err_at(e, REASON_IGVM, 0, "the file does not begin with \"IGVM\"")
			       : false;
	g->version = cur_le32(c, "version");
	if (cur_ok(c) && g->version != 1 && g->version != 2)
		return err_at(e, REASON_IGVM, 4, "the version is %u and must be 1 or 2",
			      g->version);
	x->headers_at = cur_le32(c, "offset of the headers");
	x->headers_size = cur_le32(c, "size of the headers");
	x->total = cur_le32(c, "size of the file");
	x->crc = cur_le32(c, "checksum");
	x->page = IGVM_PAGE;
	if (g->version == 2) {
		g->architecture = cur_le32(c, "architecture");
		x->page = cur_le32(c, "page size");
	}
	return cur_ok(c) && fixed_ok(g, x, c->in.n, e);
}

/* Over both kinds of headers, its own four bytes as zeros. */
static bool crc_of(struct bytes headers, uint32_t *crc, struct err *e)
{
	static const uint8_t zeros[4];
	owned(hash_free) struct hash *h = hash_new(DIGEST_CRC32, e);
	const size_t behind = CRC_AT + sizeof(zeros);
	struct digest d;

	if (!h || !hash_add(h, bytes_of(headers.p, CRC_AT), e) ||
	    !hash_add(h, bytes_of(zeros, sizeof(zeros)), e) ||
	    !hash_add(h, bytes_of(headers.p + behind, headers.n - behind), e) ||
	    !hash_finish(h, &d, e))
		return false;
	*crc = (uint32_t)d.v[0] << 24 | (uint32_t)d.v[1] << 16 | (uint32_t)d.v[2] << 8 | d.v[3];
	return true;
}

static bool crc_ok(struct bytes headers, uint32_t said, struct err *e)
{
	uint32_t crc;

	return crc_of(headers, &crc, e) &&
	       (crc == said ||
		err_at(e, REASON_CRC, CRC_AT,
		       "the checksum is 0x%08x, that of the headers is 0x%08x", said, crc));
}

static bool index_headers(struct igvm *g, struct err *e)
{
	for (size_t i = 0; i < g->n_headers; i++) {
		const struct igvm_header *h = &g->header[i];

		if (igvm_type(h) == IGVM_SUPPORTED_PLATFORM && g->n_platforms == i) {
			g->n_platforms++;
			g->platforms |= (uint32_t)igvm_get(h, IGVM_MASK);
		}
		if (igvm_type(h) != IGVM_PARAMETER_AREA)
			continue;
		if (g->n_areas == IGVM_AREAS)
			return err_at(e, REASON_LIMIT, h->at,
				      "there are more than %u parameter areas", IGVM_AREAS);
		g->area[g->n_areas++] = i;
	}
	return true;
}

static bool parse(struct igvm *g, struct bytes file, struct err *e)
{
	struct cur c = cur_new(file, 0, e), headers;
	struct fixed x = {0};
	size_t room = 0;

	if (file.n > IGVM_MAX)
		return err_set(e, REASON_LIMIT, "the file has more than %u bytes", IGVM_MAX);
	if (!fixed_read(g, &c, &x, e))
		return false;
	g->data_at = x.headers_at + x.headers_size;
	g->data = bytes_of(file.p + g->data_at, file.n - (size_t)g->data_at);
	if (!crc_ok(bytes_of(file.p, (size_t)g->data_at), x.crc, e))
		return false;
	headers = cur_sub(&c, x.headers_size, "headers");
	while (cur_left(&headers) > 0)
		if (!header_read(g, &headers, &room, e))
			return false;
	return index_headers(g, e);
}

bool igvm_read(struct igvm *g, struct bytes file, struct err *e)
{
	owned(igvm_free) struct igvm new = {0};

	if (!parse(&new, file, e) || !igvm_check(&new, e))
		return false;
	*g = take(new);
	return true;
}

/* ---- writing */

static void header_write(struct buf *out, const struct igvm_header *h, uint64_t shift)
{
	size_t at = 0;

	buf_le(out, h->layout->type, 4);
	buf_le(out, h->layout->size, 4);
	for (const struct layout_field *x = h->layout->field;
	     x < h->layout->field + FIELDS && x->width > 0; x++) {
		uint64_t v = igvm_get(h, x->field);

		if (x->field == IGVM_OFFSET && v > 0)
			buf_le(out, v + shift, x->width);
		else
			buf_put(out, bytes_of(h->body.p + at, x->width));
		at += x->width;
	}
	buf_zero(out, -(size_t)h->layout->size % 8);
}

bool igvm_write(const struct igvm *g, struct buf *out, struct err *e)
{
	uint32_t own = g->version == 1 ? FIXED_1 : FIXED_2, crc;
	uint64_t data_at = own;

	for (size_t i = 0; i < g->n_headers; i++)
		data_at += HEAD + (g->header[i].layout->size + 7u) / 8 * 8;
	buf_str(out, "IGVM");
	buf_le(out, g->version, 4);
	buf_le(out, own, 4);
	buf_le(out, data_at - own, 4);
	buf_le(out, data_at + g->data.n, 4);
	buf_le(out, 0, 4);
	if (g->version == 2) {
		buf_le(out, g->architecture, 4);
		buf_le(out, IGVM_PAGE, 4);
	}
	for (size_t i = 0; i < g->n_headers; i++)
		header_write(out, &g->header[i], data_at - g->data_at);
	if (!buf_done(out, "the headers", e) || !crc_of(buf_bytes(out), &crc, e))
		return false;
	for (unsigned i = 0; i < 4; i++)
		out->p[CRC_AT + i] = (uint8_t)(crc >> (8 * i));
	buf_put(out, g->data);
	return buf_done(out, "the file", e);
}
