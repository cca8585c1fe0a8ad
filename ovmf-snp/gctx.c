#include "ovmf-snp/gctx.h"

static const uint8_t zeros[GCTX_PAGE];

static bool digest_of(struct gctx *g, struct bytes x, struct digest *out, struct err *e)
{
	return hash_restart(g->sha, e) && hash_add(g->sha, x, e) && hash_finish(g->sha, out, e);
}

bool gctx_init(struct gctx *g, struct err *e)
{
	uint8_t ones[GCTX_PAGE];

	memset(ones, 0xff, sizeof(ones));
	g->sha = hash_new(DIGEST_SHA384, e);
	memset(g->ld, 0, sizeof(g->ld));
	return g->sha && digest_of(g, bytes_of(zeros, sizeof(zeros)), &g->zeros, e) &&
	       digest_of(g, bytes_of(ones, sizeof(ones)), &g->ones, e);
}

void gctx_free(struct gctx *g)
{
	hash_free(&g->sha);
}

static void put_le(uint8_t *at, uint64_t x, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		at[i] = (uint8_t)(x >> (8 * i));
}

bool gctx_step(struct gctx *g, enum gctx_type type, uint64_t gpa, const struct digest *contents,
	       struct err *e)
{
	uint8_t info[GCTX_INFO] = {0};
	struct digest ld;

	memcpy(info, g->ld, GCTX_LD);
	if (contents)
		memcpy(info + 0x30, contents->v, GCTX_LD);
	put_le(info + 0x60, GCTX_INFO, 2);
	info[0x62] = (uint8_t)type;
	put_le(info + 0x68, gpa, 8);
	if (!digest_of(g, bytes_of(info, sizeof(info)), &ld, e))
		return false;
	memcpy(g->ld, ld.v, GCTX_LD);
	if (g->trace)
		g->trace(g->arg, &(struct gctx_step){type, gpa, g->owner, g->ld});
	return true;
}

/* Is it one byte over and over? Compared with itself, shifted by one. */
static bool is_filled(struct bytes page)
{
	return memcmp(page.p, page.p + 1, page.n - 1) == 0;
}

bool gctx_page(struct gctx *g, struct bytes page, struct digest *out, struct err *e)
{
	if ((page.p[0] == 0 || page.p[0] == 0xff) && is_filled(page)) {
		*out = page.p[0] ? g->ones : g->zeros;
		return true;
	}
	return digest_of(g, page, out, e);
}

bool gctx_pages(struct gctx *g, uint64_t gpa, struct bytes pages, struct err *e)
{
	struct digest contents;

	for (size_t at = 0; at < pages.n; at += GCTX_PAGE)
		if (!gctx_page(g, bytes_of(pages.p + at, GCTX_PAGE), &contents, e) ||
		    !gctx_step(g, GCTX_NORMAL, gpa + at, &contents, e))
			return false;
	return true;
}

bool gctx_run(struct gctx *g, enum gctx_type type, uint64_t gpa, uint64_t size, struct err *e)
{
	const struct digest *contents = type == GCTX_NORMAL ? &g->zeros : NULL;

	for (uint64_t at = 0; at < size; at += GCTX_PAGE)
		if (!gctx_step(g, type, gpa + at, contents, e))
			return false;
	return true;
}

const char *gctx_type_name(enum gctx_type type)
{
	static const char *const names[] = {
		[GCTX_NORMAL] = "NORMAL",   [GCTX_VMSA] = "VMSA",
		[GCTX_ZERO] = "ZERO",	    [GCTX_UNMEASURED] = "UNMEASURED",
		[GCTX_SECRETS] = "SECRETS", [GCTX_CPUID] = "CPUID",
	};

	return names[type];
}
