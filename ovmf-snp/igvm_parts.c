#include "ovmf-snp/igvm_parts.h"

#include <stdlib.h>

#include "measure/base/file.h"
#include "measure/core/hash.h"

#define NAME_MAX_BYTES 128u
#define PATH_BYTES 4096u

void igvm_mask_put(struct buf *out, const struct igvm *g, uint32_t mask)
{
	const char *between = "";

	for (size_t i = 0; i < g->n_platforms; i++) {
		if (!igvm_is_for(&g->header[i], mask))
			continue;
		buf_fmt(out, "%s%s", between,
			igvm_platform_name((enum igvm_platform)igvm_get(&g->header[i], IGVM_KIND)));
		between = "+";
	}
	if (between[0] == '\0')
		buf_str(out, "none");
}

/* ---- the data */

/* Bytes of the file that one header, or several headers of pages in a row, refer to. */
struct range {
	const struct igvm_header *header; /* the first */
	uint64_t at, end;
};

struct ranges {
	struct range *range;
	size_t n;
};

static void ranges_free(struct ranges *r)
{
	free(r->range);
}

static int by_offset(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->header > y->header) - (x->header < y->header);
}

/* Does a range go on with what this header refers to? */
static bool goes_on(const struct igvm *g, const struct range *r, const struct igvm_header *h)
{
	return igvm_type(h) == IGVM_PAGE_DATA && igvm_joins(g, h) &&
	       igvm_get(h, IGVM_OFFSET) == r->end &&
	       igvm_get(h - 1, IGVM_OFFSET) == r->end - IGVM_PAGE;
}

/* In the file's order; what several headers share belongs to the first. */
static bool ranges_of(struct ranges *r, const struct igvm *g, struct err *e)
{
	size_t n = 0, kept = 0;
	uint64_t end = 0;

	*r = (struct ranges){.range = own_new((g->n_headers + 1) * sizeof(*r->range), e)};
	if (!r->range)
		return false;
	for (const struct igvm_header *h = g->header; h < g->header + g->n_headers; h++) {
		uint64_t at = igvm_get(h, IGVM_OFFSET);

		if (at == 0)
			continue;
		if (n > 0 && goes_on(g, &r->range[n - 1], h))
			r->range[n - 1].end += IGVM_PAGE;
		else
			r->range[n++] = (struct range){h, at, at + igvm_data_size(g, h)};
	}
	qsort(r->range, n, sizeof(*r->range), by_offset);
	for (size_t i = 0; i < n; i++) {
		if (r->range[i].end <= end)
			continue;
		end = r->range[i].end;
		r->range[kept++] = r->range[i];
	}
	r->n = kept;
	return true;
}

/* "page-0x1000.snp+tdx" */
static void name_put(struct buf *out, const struct igvm *g, const struct igvm_header *h)
{
	switch ((unsigned)igvm_type(h)) {
	case IGVM_PAGE_DATA:
		buf_fmt(out, "page-0x%llx.", (unsigned long long)igvm_get(h, IGVM_GPA));
		break;
	case IGVM_VP_CONTEXT:
		buf_fmt(out, "vp%llu.", (unsigned long long)igvm_get(h, IGVM_INDEX));
		break;
	case IGVM_PARAMETER_AREA:
		buf_fmt(out, "area%llu", (unsigned long long)igvm_get(h, IGVM_INDEX));
		return;
	case IGVM_CORIM_DOCUMENT:
		buf_str(out, "corim.");
		break;
	default:
		buf_str(out, "corim-signature.");
		break;
	}
	igvm_mask_put(out, g, (uint32_t)igvm_get(h, IGVM_MASK));
}

static struct bytes range_bytes(const struct igvm *g, const struct range *r)
{
	return bytes_of(g->data.p + (r->at - g->data_at), (size_t)(r->end - r->at));
}

static bool put_digest(struct part *p, struct bytes x, struct err *e)
{
	return hash_of(DIGEST_SHA384, x, &p->digest[p->n_digests++], e);
}

static bool describe_data(const struct igvm *g, struct part *root, struct err *e)
{
	owned(ranges_free) struct ranges r = {0};
	struct part *data = part_new(root, "data", g->data_at, g->data.n, e);

	if (!data || !put_digest(data, g->data, e) || !ranges_of(&r, g, e))
		return false;
	for (size_t i = 0; i < r.n; i++) {
		owned(buf_free) struct buf name = BUF(NAME_MAX_BYTES);
		struct part *p;

		name_put(&name, g, r.range[i].header);
		if (!buf_done(&name, "a part's name", e))
			return false;
		p = part_new(data, buf_cstr(&name), r.range[i].at, r.range[i].end - r.range[i].at,
			     e);
		if (!p || !put_digest(p, range_bytes(g, &r.range[i]), e))
			return false;
	}
	return true;
}

static bool write_range(const char *path, struct bytes x, struct err *e)
{
	owned(out_free) struct out out = OUT_NONE;

	return out_open_ours(&out, path, e) && out_write(&out, x, e) && out_commit(&out, e);
}

bool igvm_extract(const struct igvm *g, const char *folder, struct err *e)
{
	owned(ranges_free) struct ranges r = {0};

	if (!ranges_of(&r, g, e))
		return false;
	for (size_t i = 0; i < r.n; i++) {
		owned(buf_free) struct buf path = BUF(PATH_BYTES);

		buf_fmt(&path, "%s/%08llx-", folder, (unsigned long long)r.range[i].at);
		name_put(&path, g, r.range[i].header);
		if (!buf_done(&path, "a file's name", e) ||
		    !write_range(buf_cstr(&path), range_bytes(g, &r.range[i]), e))
			return false;
	}
	return true;
}

/* ---- the headers */

/* "0x1000 to 0x4fff, normal, unmeasured" */
static void place_put(struct buf *out, const struct igvm *g, const struct igvm_header *first,
		      const struct igvm_header *last)
{
	static const char *const kinds[] = {"normal", "secrets", "CPUID", "CPUID and XCR0"};
	uint64_t flags = igvm_get(first, IGVM_FLAGS);
	uint64_t end = igvm_get(last, IGVM_GPA) + igvm_extent(g, last);

	buf_fmt(out, ", 0x%llx", (unsigned long long)igvm_get(first, IGVM_GPA));
	if (igvm_extent(g, last) > 0)
		buf_fmt(out, " to 0x%llx", (unsigned long long)(end - 1));
	if (igvm_type(first) != IGVM_PAGE_DATA)
		return;
	buf_fmt(out, ", %s", kinds[igvm_get(first, IGVM_KIND)]);
	if (flags & IGVM_IS_2M)
		buf_str(out, ", 2 MiB");
	if (flags & IGVM_UNMEASURED)
		buf_str(out, ", unmeasured");
	if (flags & IGVM_SHARED)
		buf_str(out, ", shared");
	if (igvm_get(first, IGVM_OFFSET) == 0)
		buf_str(out, ", no data");
}

static void detail_put(struct buf *out, const struct igvm *g, const struct igvm_header *first,
		       const struct igvm_header *last)
{
	if (igvm_has(first, IGVM_MASK)) {
		buf_str(out, "for ");
		igvm_mask_put(out, g, (uint32_t)igvm_get(first, IGVM_MASK));
	} else {
		buf_str(out, "for all");
	}
	if (igvm_has(first, IGVM_GPA))
		place_put(out, g, first, last);
	if (igvm_has(first, IGVM_INDEX))
		buf_fmt(out, ", number %llu", (unsigned long long)igvm_get(first, IGVM_INDEX));
	if (igvm_type(first) == IGVM_GUEST_POLICY)
		buf_fmt(out, ", 0x%llx", (unsigned long long)igvm_get(first, IGVM_VALUE));
}

static bool describe_headers(const struct igvm *g, struct part *root, struct err *e)
{
	const struct igvm_header *end = g->header + g->n_headers, *next;

	for (const struct igvm_header *h = g->header; h < end; h = next) {
		owned(buf_free) struct buf detail = BUF(512);
		uint64_t till;
		struct part *p;

		next = h + 1;
		while (next < end && igvm_type(next) == IGVM_PAGE_DATA && igvm_joins(g, next))
			next++;
		till = next < end ? next->at : g->data_at;
		detail_put(&detail, g, h, next - 1);
		p = part_new(root, igvm_type_name(h), h->at, till - h->at, e);
		if (!p || !buf_done(&detail, "the detail", e) ||
		    !part_detail(p, e, "%s", buf_cstr(&detail)))
			return false;
	}
	return true;
}

bool igvm_describe(const struct igvm *g, struct part **root, struct err *e)
{
	owned(part_free) struct part *new = part_new(NULL, "igvm", 0, g->data_at + g->data.n, e);
	owned(buf_free) struct buf platforms = BUF(NAME_MAX_BYTES);
	struct part *fixed;

	igvm_mask_put(&platforms, g, g->platforms);
	if (!new || !buf_done(&platforms, "the platforms", e) ||
	    !part_detail(new, e, "version %u, for %s", g->version, buf_cstr(&platforms)))
		return false;
	fixed = part_new(new, "fixed header", 0, g->header[0].at, e);
	if (!fixed || !describe_headers(g, new, e) || !describe_data(g, new, e))
		return false;
	*root = take(new);
	return true;
}
