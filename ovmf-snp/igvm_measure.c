#include "ovmf-snp/igvm_measure.h"

#include "ovmf-snp/gctx.h"

#define CR4_AT 0x148u /* in a VMSA; of both KVM sets the lowest byte */
#define CR4_LOW 0x40u
#define RFLAGS_AT 0x170u
#define RFLAGS_LOW 0x02u
#define TDX_CHUNK 256u
#define TDX_RECORD 128u

#define BIT(platform) (1u << (platform))

const struct igvm_profile igvm_profiles[] = {
	{.name = "igvmmeasure",
	 .summary = "the tool of Coconut-SVSM",
	 .platforms = BIT(IGVM_SNP) | BIT(IGVM_SEV) | BIT(IGVM_SEV_ES),
	 .native_zero = true,
	 .insert_once = true,
	 .all_contexts = true},
	{.name = "igvm-crate",
	 .summary = "microsoft/igvm, for Hyper-V and Azure",
	 .platforms = BIT(IGVM_SNP) | BIT(IGVM_TDX),
	 .large_once = true,
	 .skips_shared = true,
	 .needs_policy = true},
	{.name = "qemu",
	 .summary = "what QEMU with KVM launches",
	 .platforms = BIT(IGVM_SNP),
	 .holds_back = true,
	 .large_once = true,
	 .kvm = true},
	{0},
};

const char *const igvm_profile_names[] = {"igvmmeasure", "igvm-crate", "qemu", NULL};

const struct igvm_profile *igvm_profile_find(const char *name)
{
	for (const struct igvm_profile *p = igvm_profiles; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

const struct igvm_profile *igvm_profile_for(enum igvm_platform platform)
{
	const struct igvm_profile *p = igvm_profiles;

	while (p->name && !(p->platforms & BIT(platform)))
		p++;
	return p->name ? p : NULL;
}

bool igvm_guest_by(struct igvm_guest *g, const char *profile, bool native_zero, struct err *e)
{
	g->profile = profile ? igvm_profile_find(profile) : igvm_profile_for(g->platform);
	g->native_zero = native_zero;
	if (!g->profile)
		return err_set(e, REASON_USAGE, "--profile: '%s' is not known", profile);
	return !native_zero || (g->profile->native_zero && g->platform == IGVM_SNP) ||
	       err_set(e, REASON_USAGE, "--native-zero has no meaning for '%s' by '%s'",
		       igvm_platform_name(g->platform), g->profile->name);
}

/* What is told of it, by platform: the one or the other. */
struct launch_state {
	const struct igvm_guest *guest;
	uint32_t mask;
	struct gctx chain;
	struct hash *stream;
};

static void state_free(struct launch_state *s)
{
	gctx_free(&s->chain);
	hash_free(&s->stream);
}

/* ---- one page */

struct page {
	uint64_t gpa;
	struct bytes data; /* empty: zeros */
	enum igvm_data_kind kind;
	bool unmeasured;
};

static bool snp_page(struct launch_state *s, const struct page *p, struct err *e)
{
	struct gctx *g = &s->chain;
	struct digest contents;

	if (p->kind == IGVM_DATA_SECRETS)
		return gctx_step(g, GCTX_SECRETS, p->gpa, NULL, e);
	if (p->kind != IGVM_DATA_NORMAL)
		return gctx_step(g, GCTX_CPUID, p->gpa, NULL, e);
	if (p->unmeasured)
		return gctx_step(g, GCTX_UNMEASURED, p->gpa, NULL, e);
	if (p->data.n == 0 && s->guest->native_zero)
		return gctx_step(g, GCTX_ZERO, p->gpa, NULL, e);
	if (p->data.n == 0)
		return gctx_step(g, GCTX_NORMAL, p->gpa, &g->zeros, e);
	return gctx_page(g, p->data, &contents, e) &&
	       gctx_step(g, GCTX_NORMAL, p->gpa, &contents, e);
}

static bool tdx_record(struct launch_state *s, const char *operation, uint64_t gpa, struct err *e)
{
	uint8_t record[TDX_RECORD] = {0};

	memcpy(record, operation, strlen(operation));
	for (unsigned i = 0; i < 8; i++)
		record[16 + i] = (uint8_t)(gpa >> (8 * i));
	return hash_add(s->stream, bytes_of(record, sizeof(record)), e);
}

static bool tdx_page(struct launch_state *s, const struct page *p, struct err *e)
{
	static const uint8_t zeros[IGVM_PAGE];
	struct bytes data = p->data.n ? p->data : bytes_of(zeros, sizeof(zeros));

	if (!tdx_record(s, "MEM.PAGE.ADD", p->gpa, e))
		return false;
	if (p->unmeasured)
		return true;
	for (size_t at = 0; at < IGVM_PAGE; at += TDX_CHUNK)
		if (!tdx_record(s, "MR.EXTEND", p->gpa + at, e) ||
		    !hash_add(s->stream, bytes_of(data.p + at, TDX_CHUNK), e))
			return false;
	return true;
}

static bool put_page(struct launch_state *s, const struct page *p, struct err *e)
{
	if (s->guest->platform == IGVM_SNP)
		return snp_page(s, p, e);
	if (s->guest->platform == IGVM_TDX)
		return tdx_page(s, p, e);
	return hash_add(s->stream, p->data, e);
}

static bool put_pages(struct launch_state *s, struct page p, uint64_t size, struct err *e)
{
	for (uint64_t at = 0; at < size; at += IGVM_PAGE, p.gpa += IGVM_PAGE)
		if (!put_page(s, &p, e))
			return false;
	return true;
}

/* ---- directives */

static bool page_data(struct launch_state *s, const struct igvm_header *h, struct err *e)
{
	const struct igvm_profile *profile = s->guest->profile;
	uint64_t flags = igvm_get(h, IGVM_FLAGS);
	const struct page p = {
		.gpa = igvm_get(h, IGVM_GPA),
		.data = igvm_data(s->guest->file, h),
		.kind = (enum igvm_data_kind)igvm_get(h, IGVM_KIND),
		.unmeasured = flags & IGVM_UNMEASURED,
	};

	if (profile->kvm && p.gpa <= GCTX_VMSA_GPA &&
	    GCTX_VMSA_GPA - p.gpa < igvm_extent(s->guest->file, h))
		return err_at(
			e, REASON_IGVM, h->at,
			"the page at 0x%llx lies where KVM has those of the processors, 0x%llx",
			(unsigned long long)p.gpa, GCTX_VMSA_GPA);
	if (flags & IGVM_SHARED && profile->skips_shared)
		return true;
	return put_pages(s, p, profile->large_once ? IGVM_PAGE : igvm_extent(s->guest->file, h), e);
}

static bool insert(struct launch_state *s, const struct igvm_header *h, struct err *e)
{
	const struct page p = {.gpa = igvm_get(h, IGVM_GPA), .unmeasured = true};
	bool once = s->guest->profile->insert_once;

	return put_pages(s, p, once ? IGVM_PAGE : igvm_extent(s->guest->file, h), e);
}

/* The page of a processor; of KVM's with what KVM overrides, and where KVM has it. */
static bool context(struct launch_state *s, const struct igvm_header *h, struct err *e)
{
	struct bytes data = igvm_data(s->guest->file, h);
	uint64_t gpa = igvm_get(h, IGVM_GPA);
	uint8_t page[IGVM_PAGE];
	struct digest contents;

	if (s->guest->platform != IGVM_SNP)
		return hash_add(s->stream, data, e);
	memcpy(page, data.p, sizeof(page));
	if (s->guest->profile->kvm) {
		gpa = GCTX_VMSA_GPA;
		page[CR4_AT] = CR4_LOW;
		page[RFLAGS_AT] = RFLAGS_LOW;
	}
	return gctx_page(&s->chain, bytes_of(page, sizeof(page)), &contents, e) &&
	       gctx_step(&s->chain, GCTX_VMSA, gpa, &contents, e);
}

/* Is it a page with the state of a processor that is launched? Hyper-V's and TDX's are not. */
static bool is_context(const struct launch_state *s, const struct igvm_header *h)
{
	enum igvm_platform p;

	if (igvm_type(h) != IGVM_VP_CONTEXT || s->guest->platform == IGVM_TDX)
		return false;
	p = igvm_platform_of(s->guest->file, h);
	return (p == IGVM_SNP || p == IGVM_SEV_ES) &&
	       (s->guest->profile->all_contexts || igvm_is_for(h, s->mask));
}

/* A run of headers of pages. */
struct run {
	const struct igvm_header *first, *end; /* NULL: none is held back */
};

static bool flush(struct launch_state *s, struct run *r, struct err *e)
{
	for (const struct igvm_header *h = r->first; h < r->end; h++)
		if (!page_data(s, h, e))
			return false;
	*r = (struct run){0};
	return true;
}

/* Pages and areas; and contexts, where they are launched in their place. */
static bool directives(struct launch_state *s, struct err *e)
{
	const struct igvm *g = s->guest->file;
	const struct igvm_profile *profile = s->guest->profile;
	struct run held = {0};

	for (const struct igvm_header *h = g->header; h < g->header + g->n_headers; h++) {
		enum igvm_type type = igvm_type(h);

		if (is_context(s, h) && !profile->kvm && !context(s, h, e))
			return false;
		if (!igvm_is_for(h, s->mask))
			continue;
		if (type == IGVM_PARAMETER_INSERT && !insert(s, h, e))
			return false;
		if (type != IGVM_PAGE_DATA)
			continue;
		if (held.end != h || !profile->holds_back || !igvm_joins(g, h)) {
			if (!flush(s, &held, e))
				return false;
			held.first = h;
		}
		held.end = h + 1;
		if (!profile->holds_back && !flush(s, &held, e))
			return false;
	}
	return flush(s, &held, e);
}

/* ---- KVM's processors, behind everything else */

static bool qemu_loads(enum igvm_type type)
{
	static const enum igvm_type known[] = {
		IGVM_SUPPORTED_PLATFORM, IGVM_GUEST_POLICY,	IGVM_PARAMETER_AREA,
		IGVM_PAGE_DATA,		 IGVM_PARAMETER_INSERT, IGVM_VP_CONTEXT,
		IGVM_REQUIRED_MEMORY,	 IGVM_VP_COUNT,		IGVM_MADT,
		IGVM_SNP_ID_BLOCK,	 IGVM_MEMORY_MAP,	IGVM_ENVIRONMENT_INFO,
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == type)
			return true;
	return false;
}

static bool kvm_contexts(struct launch_state *s, struct err *e)
{
	const struct igvm *g = s->guest->file;
	uint64_t next = 0;

	for (const struct igvm_header *h = g->header; h < g->header + g->n_headers; h++) {
		if (!qemu_loads(igvm_type(h)))
			return err_at(e, REASON_IGVM, h->at,
				      "QEMU does not load files with a header of type \"%s\"",
				      igvm_type_name(h));
		if (!is_context(s, h))
			continue;
		if (igvm_get(h, IGVM_INDEX) != next)
			return err_at(e, REASON_IGVM, h->at,
				      "the context of processor %llu follows %llu others; KVM "
				      "launches processors in the order of their numbers",
				      (unsigned long long)igvm_get(h, IGVM_INDEX),
				      (unsigned long long)next);
		next++;
		if (!context(s, h, e))
			return false;
	}
	return next > 0 || err_set(e, REASON_IGVM,
				   "the file has no processor context, and QEMU would launch one "
				   "that it does not tell");
}

/* ---- the whole */

static bool check(const struct launch_state *s, struct err *e)
{
	const struct igvm_guest *guest = s->guest;
	uint64_t policy;

	if (s->mask == 0)
		return err_set(e, REASON_IGVM, "the file is not for the platform '%s'",
			       igvm_platform_name(guest->platform));
	if (!(guest->profile->platforms & BIT(guest->platform)))
		return err_set(e, REASON_USAGE, "the profile '%s' does not measure '%s'",
			       guest->profile->name, igvm_platform_name(guest->platform));
	return !guest->profile->needs_policy || guest->platform != IGVM_SNP ||
	       igvm_policy(guest->file, IGVM_SNP, &policy) ||
	       err_set(e, REASON_IGVM, "the file has no guest policy, which '%s' demands",
		       guest->profile->name);
}

bool igvm_measure(const struct igvm_guest *guest, struct digest *out, struct err *e)
{
	owned(state_free) struct launch_state s = {.guest = guest,
						   .mask = igvm_mask(guest->file, guest->platform)};
	bool chained = guest->platform == IGVM_SNP;

	if (!check(&s, e))
		return false;
	if (chained && !gctx_init(&s.chain, e))
		return false;
	if (!chained)
		s.stream = hash_new(guest->platform == IGVM_TDX ? DIGEST_SHA384 : DIGEST_SHA256, e);
	if ((!chained && !s.stream) || !directives(&s, e) ||
	    (guest->profile->kvm && !kvm_contexts(&s, e)))
		return false;
	if (!chained)
		return hash_finish(s.stream, out, e);
	*out = (struct digest){.alg = DIGEST_SHA384, .len = GCTX_LD};
	memcpy(out->v, s.chain.ld, GCTX_LD);
	return true;
}

bool igvm_is_large(const struct igvm *g, enum igvm_platform platform)
{
	for (size_t i = 0; i < g->n_headers; i++)
		if (igvm_type(&g->header[i]) == IGVM_PAGE_DATA &&
		    igvm_is_for(&g->header[i], igvm_mask(g, platform)) &&
		    igvm_extent(g, &g->header[i]) > IGVM_PAGE)
			return true;
	return false;
}
