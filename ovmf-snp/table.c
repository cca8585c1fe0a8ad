#include "ovmf-snp/table.h"

#include <stdlib.h>

#define KEPT_MAX (4u << 20) /* bytes of digests that are kept for the next type */

/* What is computed for one profile, and handed from chain to chain. */
struct maker {
	const struct request *r;
	struct guest *g;
	const struct table_sink *sink;
	struct gctx base; /* in front of the processors */
	struct launch_vmsas vmsas;
	struct table_row row;
	uint8_t *kept; /* digests of the type before, by features and numbers; or NULL */
	size_t feature; /* which of the request's */
};

static void maker_free(struct maker *m)
{
	gctx_free(&m->base);
	free(m->kept);
}

static void set_digest(struct digest *d, const uint8_t ld[GCTX_LD])
{
	*d = (struct digest){.alg = DIGEST_SHA384, .len = GCTX_LD};
	memcpy(d->v, ld, GCTX_LD);
}

static bool put_row(struct maker *m, uint32_t vcpus, struct err *e)
{
	m->row.vcpus = vcpus;
	return m->sink->row(m->sink->arg, &m->row, e);
}

static uint8_t *kept(const struct maker *m, unsigned vcpus)
{
	return m->kept + (m->feature * request_most(m->r) + vcpus - 1) * GCTX_LD;
}

static bool told(void *arg, unsigned vcpus, const uint8_t ld[GCTX_LD], struct err *e)
{
	struct maker *m = arg;

	if (m->kept && ld != kept(m, vcpus))
		memcpy(kept(m, vcpus), ld, GCTX_LD);
	if (!request_counts(m->r, vcpus))
		return true;
	set_digest(&m->row.digest, ld);
	return put_row(m, vcpus, e);
}

/* One chain: all numbers of processors of a profile, a type and features. */
static bool chain(struct maker *m, struct err *e)
{
	const struct launch *l = &m->g->launch;
	const struct launch_count count = {request_most(m->r), told, m};
	struct gctx *g = &m->base;
	uint8_t ld[GCTX_LD];
	bool done;

	if (!launch_vmsas(&m->vmsas, l, m->row.type->signature, m->row.features, e))
		return false;
	memcpy(ld, g->ld, GCTX_LD);
	done = launch_vcpus(g, l, &m->vmsas, &count, e);
	memcpy(g->ld, ld, GCTX_LD);
	return done;
}

/* The same rows for a type whose pages are those of the type before. */
static bool chain_again(struct maker *m, struct err *e)
{
	for (uint32_t n = 1; m->kept && n <= request_most(m->r); n++)
		if (!told(m, n, kept(m, n), e))
			return false;
	return true;
}

/* Types have many names and few signatures, so a list of all of them repeats itself. */
static bool keep(struct maker *m, struct err *e)
{
	size_t n = (size_t)request_most(m->r) * m->r->n_features * GCTX_LD;

	if (m->r->n_types < 2 || m->r->mode != MODE_SNP || n == 0 || n > KEPT_MAX)
		return true;
	m->kept = own_new(n, e);
	return m->kept != NULL;
}

static bool repeats(const struct maker *m, size_t t)
{
	return m->kept && t > 0 && t < REQUEST_LIST &&
	       (m->r->type[t].signature == m->r->type[t - 1].signature ||
		!m->row.profile->signature_in_rdx);
}

/* SEV-ES hashes the pages themselves, one processor behind the other. */
static bool chain_es(struct maker *m, struct err *e)
{
	const struct launch *l = &m->g->launch;
	owned(hash_free) struct hash *h = launch_sev_base(l, e);

	if (!h || !launch_vmsas(&m->vmsas, l, m->row.type->signature, 0, e))
		return false;
	for (uint32_t n = 1; n <= request_most(m->r); n++)
		if (!launch_sev_vcpu(h, &m->vmsas, n - 1, e) ||
		    (request_counts(m->r, n) &&
		     (!hash_peek(h, &m->row.digest, e) || !put_row(m, n, e))))
			return false;
	return true;
}

static bool types(struct maker *m, struct err *e)
{
	bool es = m->r->mode == MODE_SEVES;

	for (size_t t = 0; t < m->r->n_types; t++)
		for (size_t f = 0; f < m->r->n_features; f++) {
			m->row.type = &m->r->type[t];
			m->row.features = m->r->features[f];
			m->feature = f;
			if (!(es	      ? chain_es(m, e)
			      : repeats(m, t) ? chain_again(m, e)
					      : chain(m, e)))
				return false;
		}
	return true;
}

static bool sev(struct maker *m, struct err *e)
{
	owned(hash_free) struct hash *h = launch_sev_base(&m->g->launch, e);

	return h && hash_finish(h, &m->row.digest, e) && put_row(m, 0, e);
}

/* What has no processors at all. */
static bool bare(struct maker *m, struct err *e)
{
	m->row.type = &m->r->type[0];
	if (m->r->mode == MODE_SEV)
		return sev(m, e);
	if (!launch_firmware(&m->base, &m->g->ovmf, e))
		return false;
	set_digest(&m->row.digest, m->base.ld);
	return put_row(m, 0, e);
}

static bool profile_rows(struct maker *m, struct err *e)
{
	enum snp_mode mode = m->r->mode;

	m->g->launch.profile = m->row.profile;
	if (!gctx_init(&m->base, e))
		return false;
	m->base.trace = m->sink->step;
	m->base.arg = m->sink->arg;
	if (mode == MODE_SEV || mode == MODE_OVMF_HASH)
		return bare(m, e);
	return (mode == MODE_SEVES || launch_base(&m->base, &m->g->launch, e)) && keep(m, e) &&
	       types(m, e);
}

bool table_make(const struct request *r, struct guest *g, const struct table_sink *sink,
		struct err *e)
{
	for (size_t p = 0; p < r->n_profiles; p++) {
		owned(maker_free) struct maker m = {.r = r, .g = g, .sink = sink};

		m.row.profile = r->profile[p];
		if (!profile_rows(&m, e))
			return false;
	}
	return true;
}
