#include "ovmf-snp/solve.h"

#include "measure/core/stream.h"
#include "ovmf-snp/request_list.h"
#include "ovmf-snp/solve_walk.h"
#include "ovmf-snp/vcpu.h"

static void search_free(struct search *x)
{
	guest_free(&x->guest);
	gctx_free(&x->gctx);
	hash_free(&x->sev);
	hash_free(&x->es);
	for (size_t i = 0; i < SOLVE_WORDS; i++)
		buf_free(&x->spelling[i].text);
}

void solution_free(struct solution *x)
{
	buf_free(&x->append);
}

/* ---- what is walked through: what is believed, then what is known */

static void add_profile(struct search *x, const struct profile *p)
{
	for (size_t i = 0; i < x->n_profiles; i++)
		if (x->profile[i] == p)
			return;
	x->profile[x->n_profiles++] = p;
}

static void add_signature(struct search *x, uint32_t signature)
{
	for (size_t i = 0; i < x->n_signatures; i++)
		if (x->signature[i] == signature)
			return;
	x->signature[x->n_signatures++] = signature;
}

static void add_features(struct search *x, uint64_t features)
{
	for (size_t i = 0; i < x->n_features; i++)
		if (x->features[i] == features)
			return;
	x->features[x->n_features++] = features;
}

static void choose(struct search *x)
{
	static const uint64_t usual[] = {0x1, 0x21, 0x0};
	const struct request *r = &x->s->believed;

	for (size_t i = 0; i < r->n_profiles; i++)
		add_profile(x, r->profile[i]);
	for (const struct profile *p = profiles; p->name; p++)
		add_profile(x, p);
	for (size_t i = 0; i < r->n_types; i++)
		add_signature(x, r->type[i].signature);
	for (const struct vcpu_type *t = vcpu_types; t->name; t++)
		add_signature(x, t->signature);
	for (size_t i = 0; i < r->n_features; i++)
		add_features(x, r->features[i]);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		add_features(x, usual[i]);
	for (unsigned bit = 0; bit < 64; bit++)
		if (vmsa_feature(bit)) {
			add_features(x, 0x1 | 1ull << bit);
			add_features(x, 0x21 | 1ull << bit);
		}
}

/* SEV-ES has none, and SEV no processors. */
static void fixed_features(struct search *x)
{
	x->n_features = 1;
	x->features[0] = 0;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct bytes trimmed(struct bytes text)
{
	while (text.n > 0 && is_blank(text.p[0]))
		text = bytes_of(text.p + 1, text.n - 1);
	while (text.n > 0 && (is_blank(text.p[text.n - 1]) || text.p[text.n - 1] == 0))
		text.n--;
	return text;
}

static void spell(struct buf *out, enum solve_words words, struct bytes given)
{
	static const char tail[SOLVE_WORDS] = {
		[WORDS_BLANK] = ' ', [WORDS_NEWLINE] = '\n', [WORDS_NUL] = '\0'};
	bool longer = words == WORDS_BLANK || words == WORDS_NEWLINE || words == WORDS_NUL;

	if (words == WORDS_TRIMMED)
		given = trimmed(given);
	if (words != WORDS_EMPTY && words != WORDS_ABSENT)
		buf_put(out, given);
	if (longer)
		buf_put(out, bytes_of(&tail[words], 1));
}

static bool spelt_before(const struct search *x, struct bytes text)
{
	for (size_t i = 0; i < x->n_spellings; i++)
		if (x->spelling[i].words != WORDS_ABSENT &&
		    bytes_equal(buf_bytes(&x->spelling[i].text), text))
			return true;
	return false;
}

/* One more, unless it is none: a spelling that is another's already leaves no trace. */
static bool add_spelling(struct search *x, enum solve_words words, struct err *e)
{
	const struct guest_files *f = &x->s->believed.files;
	struct spelling *s = &x->spelling[x->n_spellings];

	buf_free(&s->text);
	*s = (struct spelling){.words = words, .text = BUF(REQUEST_APPEND_MAX + 1)};
	spell(&s->text, words, f->append);
	if (!buf_done(&s->text, "the command line", e))
		return false;
	if (words != WORDS_ABSENT) {
		if (spelt_before(x, buf_bytes(&s->text)))
			return true;
		if (!kernelhash_make(&s->hashes, &x->kernel, f->initrd ? &x->initrd : NULL,
				     buf_bytes(&s->text), e))
			return false;
	}
	x->n_spellings++;
	return true;
}

static bool spellings(struct search *x, struct err *e)
{
	if (!x->s->believed.files.kernel)
		return add_spelling(x, WORDS_ABSENT, e);
	for (unsigned w = 0; w < SOLVE_WORDS; w++)
		if (!add_spelling(x, (enum solve_words)w, e))
			return false;
	return true;
}

/* ---- the walk */

static bool hit(const struct search *x)
{
	return memcmp(x->gctx.ld, x->s->wanted.v, GCTX_LD) == 0;
}

static bool usable(const struct search *x, const struct spelling *s)
{
	return s->words == WORDS_ABSENT || ovmf_section(&x->guest.ovmf, OVMF_KERNEL_HASHES);
}

/* The states in front of the processors, from one digest of the firmware's pages. */
static bool bases(struct search *x, const uint8_t firmware_ld[GCTX_LD], struct err *e)
{
	struct launch l = {.ovmf = &x->guest.ovmf, .firmware_ld = firmware_ld};

	for (size_t p = 0; p < x->n_profiles; p++)
		for (size_t i = 0; i < x->n_spellings; i++) {
			const struct spelling *s = &x->spelling[i];

			if (!usable(x, s))
				continue;
			l.profile = x->profile[p];
			l.kernel = s->words == WORDS_ABSENT ? NULL : &s->hashes;
			if (!launch_base(&x->gctx, &l, e))
				return false;
			memcpy(x->base[p][i], x->gctx.ld, GCTX_LD);
		}
	return true;
}

/* All numbers of processors behind one state. */
static bool chain(struct search *x, uint64_t gpa, const struct launch_vmsas *v, struct err *e)
{
	uint32_t n = 0;

	do {
		if (!gctx_step(&x->gctx, GCTX_VMSA, gpa, n ? &v->other : &v->first, e))
			return false;
		n++;
	} while (!hit(x) && n < x->s->most);
	x->out->combinations += n;
	x->out->found = hit(x);
	x->out->vcpus = x->out->found ? n : 0;
	return true;
}

bool solve_note_words(struct search *x, const struct spelling *s, struct err *e)
{
	x->out->words = s->words;
	buf_put(&x->out->append, buf_bytes(&s->text));
	return buf_done(&x->out->append, "the command line", e);
}

/* One kind of processors, behind all states of its profile. */
static bool processors(struct search *x, size_t p, uint32_t signature, uint64_t features,
		       struct err *e)
{
	const struct launch l = {.profile = x->profile[p], .ovmf = &x->guest.ovmf};
	struct launch_vmsas v;

	if (!launch_vmsas(&v, &l, signature, features, e))
		return false;
	for (size_t i = 0; i < x->n_spellings; i++) {
		if (!usable(x, &x->spelling[i]))
			continue;
		memcpy(x->gctx.ld, x->base[p][i], GCTX_LD);
		if (!chain(x, l.profile->vmsa_gpa, &v, e))
			return false;
		if (!x->out->found)
			continue;
		x->out->profile = l.profile;
		x->out->signature = signature;
		x->out->features = features;
		return solve_note_words(x, &x->spelling[i], e);
	}
	return true;
}

/* Features vary slowest, since those that are in use stand in front. */
static bool kinds(struct search *x, struct err *e)
{
	for (size_t f = 0; f < x->n_features; f++)
		for (size_t p = 0; p < x->n_profiles; p++) {
			size_t n = x->profile[p]->signature_in_rdx ? x->n_signatures : 1;

			for (size_t s = 0; s < n && !x->out->found; s++)
				if (!processors(x, p, x->signature[s], x->features[f], e))
					return false;
		}
	return true;
}

static bool chained(struct search *x, struct err *e)
{
	uint8_t ld[GCTX_LD];

	if (!launch_firmware(&x->gctx, &x->guest.ovmf, e))
		return false;
	x->out->combinations++;
	if (x->s->believed.files.kernel && !ovmf_section(&x->guest.ovmf, OVMF_KERNEL_HASHES))
		x->out->no_place++;
	if (hit(x)) {
		x->out->found = true;
		x->out->mode = MODE_OVMF_HASH;
		return true;
	}
	memcpy(ld, x->gctx.ld, GCTX_LD);
	return bases(x, ld, e) && kinds(x, e);
}

static bool firmware(struct search *x, const char *path, struct err *e)
{
	bool flat = x->s->wanted.alg == DIGEST_SHA256;
	const struct guest_files f = {.ovmf = path, .flat = flat};

	guest_free(&x->guest);
	x->guest = (struct guest){0};
	gctx_free(&x->gctx);
	if (!guest_load(&x->guest, &f, &profiles[0], e) || !gctx_init(&x->gctx, e))
		return false;
	x->out->firmware = path;
	return (flat ? solve_flat : chained)(x, e) || err_subject(e, path);
}

static bool kernel(struct search *x, struct err *e)
{
	const struct guest_files *f = &x->s->believed.files;

	return !f->kernel ||
	       (stream_digest_path(f->kernel, f->watch, &x->kernel, e) &&
		(!f->initrd || stream_digest_path(f->initrd, f->watch, &x->initrd, e)));
}

static bool walk(struct search *x, struct err *e)
{
	choose(x);
	if (x->s->wanted.alg == DIGEST_SHA256)
		fixed_features(x);
	x->out->append = BUF(REQUEST_APPEND_MAX + 1);
	if (!kernel(x, e) || !spellings(x, e))
		return false;
	for (size_t i = 0; i < x->s->n_firmware && !x->out->found; i++)
		if (!firmware(x, x->s->firmware[i], e))
			return false;
	x->out->n_profiles = x->n_profiles;
	x->out->n_signatures = x->n_signatures;
	x->out->n_features = x->n_features;
	x->out->n_spellings = x->n_spellings;
	return true;
}

bool solve(const struct solve *s, struct solution *out, struct err *e)
{
	owned(own_free) struct search *x = own_new(sizeof(*x), e);
	bool done;

	if (!x)
		return false;
	x->s = s;
	x->out = out;
	done = walk(x, e);
	search_free(x);
	return done;
}
