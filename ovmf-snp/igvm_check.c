#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/num.h"
#include "ovmf-snp/igvm.h"

#define VERSION 1u /* of every platform */
#define SECTION 0x100u /* types of one section are this many */
#define ADDRESSES (1ull << 52) /* of a guest: no processor has more bits for them */

static bool fail(const struct igvm_header *h, struct err *e, const char *format, ...)
	ERR_FORMAT(3, 4);

static bool fail(const struct igvm_header *h, struct err *e, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_at(e, REASON_IGVM, h->at, "%s: %s", igvm_type_name(h), text);
}

/* One of the headers that only name a place in a parameter area. */
static bool is_parameter(const struct igvm_header *h)
{
	return igvm_has(h, IGVM_INDEX) && igvm_has(h, IGVM_VALUE) && !igvm_has(h, IGVM_MASK);
}

static unsigned long long number(const struct igvm_header *h, enum igvm_field f)
{
	return igvm_get(h, f);
}

/* ---- platforms */

static bool is_of_architecture(enum igvm_platform p, uint32_t architecture)
{
	return p == IGVM_VSM || (p == IGVM_CCA) == (architecture == 1);
}

static bool platform_ok(const struct igvm *g, size_t i, struct err *e)
{
	const struct igvm_header *h = &g->header[i];
	uint64_t mask = igvm_get(h, IGVM_MASK), kind = igvm_get(h, IGVM_KIND);

	if (mask == 0 || (mask & (mask - 1)) != 0)
		return fail(h, e, "its compatibility mask 0x%llx must have one bit",
			    number(h, IGVM_MASK));
	if (kind >= IGVM_PLATFORMS)
		return fail(h, e, "its type is %llu, 0 to %u are known", number(h, IGVM_KIND),
			    IGVM_PLATFORMS - 1);
	if (igvm_get(h, IGVM_VERSION) != VERSION)
		return fail(h, e, "its version is %llu and must be %u", number(h, IGVM_VERSION),
			    VERSION);
	if (igvm_get(h, IGVM_VTL) != 0 && igvm_get(h, IGVM_VTL) != 2)
		return fail(h, e, "its highest VTL is %llu and must be 0 or 2",
			    number(h, IGVM_VTL));
	if (!is_of_architecture((enum igvm_platform)kind, g->architecture))
		return fail(h, e, "%s is not of the file's architecture",
			    igvm_platform_name((enum igvm_platform)kind));
	for (size_t k = 0; k < i; k++)
		if (igvm_get(&g->header[k], IGVM_MASK) == mask ||
		    igvm_get(&g->header[k], IGVM_KIND) == kind)
			return fail(h, e, "its type or its compatibility mask stands there twice");
	return true;
}

static bool platforms_ok(const struct igvm *g, struct err *e)
{
	if (g->n_platforms == 0)
		return err_set(e, REASON_IGVM, "the file names no platform that it is for");
	for (size_t i = 0; i < g->n_platforms; i++)
		if (!platform_ok(g, i, e))
			return false;
	return true;
}

/* Platforms, initialization, directives: a section ends where the next begins. */
static bool order_ok(const struct igvm *g, struct err *e)
{
	for (size_t i = 1; i < g->n_headers; i++)
		if ((igvm_type(&g->header[i]) - 1) / SECTION <
		    (igvm_type(&g->header[i - 1]) - 1) / SECTION)
			return fail(&g->header[i], e, "it stands behind a header of type \"%s\"",
				    igvm_type_name(&g->header[i - 1]));
	return true;
}

/* ---- what each type demands */

static bool aligned(const struct igvm_header *h, enum igvm_field f, uint64_t to, struct err *e)
{
	const char *const names[IGVM_END] = {[IGVM_GPA] = "address",
					     [IGVM_SIZE] = "size",
					     [IGVM_VALUE] = "alignment",
					     [IGVM_LOW] = "minimum",
					     [IGVM_HIGH] = "maximum"};

	return (to > 0 && igvm_get(h, f) % to == 0) ||
	       fail(h, e, "its %s 0x%llx is no multiple of 0x%llx", names[f], number(h, f),
		    (unsigned long long)to);
}

static bool page_ok(const struct igvm *g, const struct igvm_header *h, struct err *e)
{
	uint64_t flags = igvm_get(h, IGVM_FLAGS);

	if (flags > (IGVM_IS_2M | IGVM_UNMEASURED | IGVM_SHARED))
		return fail(h, e, "its flags 0x%llx are not all known", number(h, IGVM_FLAGS));
	if (igvm_get(h, IGVM_KIND) > IGVM_DATA_CPUID_XF)
		return fail(h, e, "its data are of type %llu, 0 to %u are known",
			    number(h, IGVM_KIND), IGVM_DATA_CPUID_XF);
	if (flags & IGVM_IS_2M && igvm_get(h, IGVM_OFFSET) != 0)
		return fail(h, e, "a page of 2 MiB has data, whose length readers differ on");
	return aligned(h, IGVM_GPA, igvm_extent(g, h), e);
}

/* Of an area's life only the part in front of the header counts. */
static bool area_used(const struct igvm *g, const struct igvm_header *h, struct err *e)
{
	const struct igvm_header *area = igvm_area(g, igvm_get(h, IGVM_INDEX));

	if (!area || area > h)
		return fail(h, e, "no parameter area %llu stands before it", number(h, IGVM_INDEX));
	if (igvm_type(h) == IGVM_PARAMETER_INSERT)
		return aligned(h, IGVM_GPA, IGVM_PAGE, e);
	return igvm_get(h, IGVM_VALUE) < igvm_get(area, IGVM_SIZE) ||
	       fail(h, e, "byte %llu is outside the parameter area, which has %llu",
		    number(h, IGVM_VALUE), number(area, IGVM_SIZE));
}

static bool area_ok(const struct igvm *g, const struct igvm_header *h, struct err *e)
{
	if (igvm_area(g, igvm_get(h, IGVM_INDEX)) != h)
		return fail(h, e, "the index %llu stands there twice", number(h, IGVM_INDEX));
	if (igvm_get(h, IGVM_SIZE) == 0)
		return fail(h, e, "it has no bytes");
	return aligned(h, IGVM_SIZE, IGVM_PAGE, e);
}

static bool context_ok(const struct igvm *g, const struct igvm_header *h, struct err *e)
{
	if (igvm_platform_of(g, h) == IGVM_PLATFORMS)
		return fail(h, e, "its compatibility mask 0x%llx is that of no platform",
			    number(h, IGVM_MASK));
	if (igvm_get(h, IGVM_OFFSET) == 0)
		return fail(h, e, "it has no data");
	return aligned(h, IGVM_GPA, IGVM_PAGE, e);
}

static bool memory_ok(const struct igvm *g, const struct igvm_header *h, struct err *e)
{
	(void)g;
	if (igvm_type(h) == IGVM_REQUIRED_MEMORY && igvm_get(h, IGVM_FLAGS) > 1)
		return fail(h, e, "its flags 0x%llx are not all known", number(h, IGVM_FLAGS));
	return aligned(h, IGVM_GPA, IGVM_PAGE, e) &&
	       (igvm_type(h) == IGVM_ERROR_RANGE || aligned(h, IGVM_SIZE, IGVM_PAGE, e));
}

static bool region_ok(const struct igvm *g, const struct igvm_header *h, struct err *e)
{
	uint64_t to = igvm_get(h, IGVM_VALUE);

	(void)g;
	if (igvm_type(h) == IGVM_PAGE_TABLE_RELOCATION)
		return aligned(h, IGVM_GPA, IGVM_PAGE, e) && aligned(h, IGVM_SIZE, IGVM_PAGE, e);
	return aligned(h, IGVM_VALUE, IGVM_PAGE, e) && aligned(h, IGVM_SIZE, IGVM_PAGE, e) &&
	       aligned(h, IGVM_GPA, to, e) && aligned(h, IGVM_LOW, to, e) &&
	       aligned(h, IGVM_HIGH, to, e);
}

static bool id_block_ok(const struct igvm *g, const struct igvm_header *h, struct err *e)
{
	if (igvm_platform_of(g, h) != IGVM_SNP)
		return fail(h, e, "its compatibility mask 0x%llx is not that of snp",
			    number(h, IGVM_MASK));
	for (const struct igvm_header *x = g->header; x < h; x++)
		if (igvm_type(x) == IGVM_SNP_ID_BLOCK)
			return fail(h, e, "there is one already, at offset %llu",
				    (unsigned long long)x->at);
	return true;
}

static bool own_rules(const struct igvm *g, const struct igvm_header *h, struct err *e)
{
	if (is_parameter(h))
		return area_used(g, h, e);
	switch ((unsigned)igvm_type(h)) {
	case IGVM_PAGE_DATA:
		return page_ok(g, h, e);
	case IGVM_PARAMETER_AREA:
		return area_ok(g, h, e);
	case IGVM_PARAMETER_INSERT:
		return area_used(g, h, e);
	case IGVM_VP_CONTEXT:
		return context_ok(g, h, e);
	case IGVM_REQUIRED_MEMORY:
	case IGVM_ERROR_RANGE:
		return memory_ok(g, h, e);
	case IGVM_RELOCATABLE_REGION:
	case IGVM_PAGE_TABLE_RELOCATION:
		return region_ok(g, h, e);
	case IGVM_SNP_ID_BLOCK:
		return id_block_ok(g, h, e);
	default:
		return true;
	}
}

static bool data_ok(const struct igvm *g, const struct igvm_header *h, struct err *e)
{
	uint64_t at = igvm_get(h, IGVM_OFFSET), size = igvm_data_size(g, h);
	uint64_t end = g->data_at + g->data.n;

	if (at == 0 || (at >= g->data_at && at <= end && size <= end - at))
		return true;
	return fail(h, e,
		    "its data are %llu bytes at offset %llu, and the file's data are those from "
		    "%llu to %llu",
		    (unsigned long long)size, (unsigned long long)at,
		    (unsigned long long)g->data_at, (unsigned long long)end);
}

static bool fits_memory(const struct igvm *g, const struct igvm_header *h, struct err *e)
{
	uint64_t end;

	return !igvm_has(h, IGVM_GPA) ||
	       (num_add(igvm_get(h, IGVM_GPA), igvm_extent(g, h), &end) && end <= ADDRESSES) ||
	       fail(h, e, "0x%llx bytes at 0x%llx go beyond the last address, 0x%llx",
		    (unsigned long long)igvm_extent(g, h), number(h, IGVM_GPA), ADDRESSES - 1);
}

static bool headers_ok(const struct igvm *g, struct err *e)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < g->n_headers; i++) {
		const struct igvm_header *h = &g->header[i];
		bool launched =
			igvm_type(h) == IGVM_PAGE_DATA || igvm_type(h) == IGVM_PARAMETER_INSERT;

		if (!own_rules(g, h, e) || !data_ok(g, h, e) || !fits_memory(g, h, e))
			return false;
		if (launched && (!num_add(bytes, igvm_extent(g, h), &bytes) ||
				 bytes > (uint64_t)IGVM_PAGES * IGVM_PAGE))
			return err_at(e, REASON_LIMIT, h->at, "more than %u pages are launched",
				      IGVM_PAGES);
	}
	return true;
}

/* ---- runs of bytes, of memory or of the file */

struct run {
	uint64_t at, end;
	const struct igvm_header *header;
};

struct runs {
	struct run *run;
	size_t n;
};

static void runs_free(struct runs *r)
{
	free(r->run);
}

static int by_place(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->header > y->header) - (x->header < y->header);
}

static bool runs_new(struct runs *r, const struct igvm *g, struct err *e)
{
	*r = (struct runs){.run = own_new((g->n_headers + 1) * sizeof(*r->run), e)};
	return r->run != NULL;
}

static void runs_add(struct runs *r, const struct igvm_header *h, uint64_t at, uint64_t size)
{
	r->run[r->n++] = (struct run){at, at + size, h};
}

static void runs_sort(struct runs *r)
{
	qsort(r->run, r->n, sizeof(*r->run), by_place);
}

/* A page with the state of a processor; KVM has those of all processors at one address. */
static bool is_vmsa(const struct igvm *g, const struct igvm_header *h)
{
	enum igvm_platform p = igvm_platform_of(g, h);

	return igvm_type(h) == IGVM_VP_CONTEXT && (p == IGVM_SNP || p == IGVM_SEV_ES);
}

/* Of one platform, so that neighbours are enough. An area is inserted once and for all. */
static bool apart(const struct igvm *g, const struct runs *r, uint32_t mask, struct err *e)
{
	const struct run *last = NULL;

	for (size_t i = 0; i < r->n; i++) {
		const struct run *x = &r->run[i];

		if (!igvm_is_for(x->header, mask))
			continue;
		if (last && x->at < last->end &&
		    !(is_vmsa(g, x->header) && is_vmsa(g, last->header)))
			return fail(x->header, e,
				    "it lies at 0x%llx, and the %s at offset %llu of the file "
				    "reaches to 0x%llx",
				    (unsigned long long)x->at, igvm_type_name(last->header),
				    (unsigned long long)last->header->at,
				    (unsigned long long)last->end);
		last = x;
	}
	return true;
}

static bool pages_apart(const struct igvm *g, struct err *e)
{
	owned(runs_free) struct runs r = {0};

	if (!runs_new(&r, g, e))
		return false;
	for (size_t i = 0; i < g->n_headers; i++) {
		const struct igvm_header *h = &g->header[i];

		if (is_vmsa(g, h))
			runs_add(&r, h, igvm_get(h, IGVM_GPA), IGVM_PAGE);
		else if (igvm_type(h) == IGVM_PAGE_DATA || igvm_type(h) == IGVM_PARAMETER_INSERT)
			runs_add(&r, h, igvm_get(h, IGVM_GPA), igvm_extent(g, h));
	}
	runs_sort(&r);
	for (size_t i = 0; i < g->n_platforms; i++)
		if (!apart(g, &r, (uint32_t)igvm_get(&g->header[i], IGVM_MASK), e))
			return false;
	return true;
}

static bool areas_inserted_once(const struct igvm *g, struct err *e)
{
	bool inserted[IGVM_AREAS] = {false};

	for (size_t i = 0; i < g->n_headers; i++) {
		const struct igvm_header *h = &g->header[i], *area;
		size_t k = 0;

		if (igvm_type(h) != IGVM_PARAMETER_INSERT && !is_parameter(h))
			continue;
		area = igvm_area(g, igvm_get(h, IGVM_INDEX));
		while (&g->header[g->area[k]] != area)
			k++;
		if (inserted[k])
			return fail(h, e, "the parameter area %llu was inserted before it",
				    number(h, IGVM_INDEX));
		inserted[k] = igvm_type(h) == IGVM_PARAMETER_INSERT;
	}
	return true;
}

/* Bytes that nobody refers to are covered by no checksum and no measurement. */
static bool data_covered(const struct igvm *g, struct err *e)
{
	owned(runs_free) struct runs r = {0};
	uint64_t end = g->data_at;

	if (!runs_new(&r, g, e))
		return false;
	for (size_t i = 0; i < g->n_headers; i++)
		if (igvm_get(&g->header[i], IGVM_OFFSET) > 0)
			runs_add(&r, &g->header[i], igvm_get(&g->header[i], IGVM_OFFSET),
				 igvm_data_size(g, &g->header[i]));
	runs_sort(&r);
	for (size_t i = 0; i < r.n && r.run[i].at <= end; i++)
		if (r.run[i].end > end)
			end = r.run[i].end;
	return end == g->data_at + g->data.n ||
	       err_at(e, REASON_TRAILING, end, "no header refers to the bytes from here on");
}

bool igvm_check(const struct igvm *g, struct err *e)
{
	return platforms_ok(g, e) && order_ok(g, e) && headers_ok(g, e) &&
	       areas_inserted_once(g, e) && pages_apart(g, e) && data_covered(g, e);
}
