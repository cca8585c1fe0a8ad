#include "ovmf-snp/solve_walk.h"

static bool is_wanted(struct search *x, const struct hash *h, struct err *e)
{
	struct digest d;

	if (!hash_peek(h, &d, e))
		return false;
	x->out->combinations++;
	x->out->found = bytes_equal(digest_bytes(&d), digest_bytes(&x->s->wanted));
	return true;
}

static bool make_hashes(struct search *x, struct err *e)
{
	if (!x->es)
		x->es = hash_new(DIGEST_SHA256, e);
	return x->es != NULL;
}

/* All numbers of processors of one kind, behind the digest of SEV. */
static bool chain(struct search *x, const struct launch *l, uint32_t signature, struct err *e)
{
	struct launch_vmsas v;

	if (!launch_vmsas(&v, l, signature, 0, e) || !hash_follow(x->es, x->sev, e))
		return false;
	for (uint32_t n = 1; n <= x->s->most && !x->out->found; n++) {
		if (!launch_sev_vcpu(x->es, &v, n - 1, e) || !is_wanted(x, x->es, e))
			return false;
		x->out->vcpus = x->out->found ? n : 0;
	}
	return true;
}

static bool processors(struct search *x, struct launch *l, struct err *e)
{
	for (size_t p = 0; p < x->n_profiles; p++) {
		size_t n = x->profile[p]->signature_in_rdx ? x->n_signatures : 1;

		l->profile = x->profile[p];
		for (size_t s = 0; s < n; s++) {
			if (!chain(x, l, x->signature[s], e))
				return false;
			if (!x->out->found)
				continue;
			x->out->mode = MODE_SEVES;
			x->out->profile = l->profile;
			x->out->signature = x->signature[s];
			return true;
		}
	}
	return true;
}

/* With one spelling of the command line; firmware that names no reset block starts no SEV-ES. */
static bool spelt(struct search *x, const struct spelling *s, struct err *e)
{
	struct launch l = {.ovmf = &x->guest.ovmf};

	l.kernel = s->words == WORDS_ABSENT ? NULL : &s->hashes;
	hash_free(&x->sev);
	x->sev = launch_sev_base(&l, e);
	if (!x->sev || !is_wanted(x, x->sev, e))
		return false;
	if (x->out->found)
		x->out->mode = MODE_SEV;
	else if (x->guest.ovmf.has_reset && !processors(x, &l, e))
		return false;
	return !x->out->found || solve_note_words(x, s, e);
}

bool solve_flat(struct search *x, struct err *e)
{
	bool place = x->guest.ovmf.has_hashes;

	if (!make_hashes(x, e))
		return false;
	if (x->s->believed.files.kernel && !place)
		x->out->no_place++;
	for (size_t i = 0; i < x->n_spellings && !x->out->found; i++)
		if ((place || x->spelling[i].words == WORDS_ABSENT) &&
		    !spelt(x, &x->spelling[i], e))
			return false;
	return true;
}
