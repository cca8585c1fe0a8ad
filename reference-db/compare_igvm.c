#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "ovmf-snp/igvm_file.h"
#include "reference-db/compare_parts.h"

/* What the file says, and where the answer goes. */
struct compared {
	const struct manifest *m;
	struct verdict *v;
	bool has_policy;
	uint64_t policy;
};

static bool holds(const struct compared *x, const struct manifest_row *row)
{
	return row && x->has_policy && compare_policy(x->m, row, x->policy);
}

static bool tell(const struct compared *x, const struct igvm_way *way, struct err *e)
{
	owned(buf_free) struct buf name = BUF(256), hex = BUF(2 * DIGEST_MAX + 1);
	const struct manifest_row *row = compare_row_of(x->m, &way->digest);
	bool same = holds(x, row);
	struct check *c = verdict_add(x->v, "code", same ? CHECK_PASS : CHECK_FAIL,
				      same ? REASON_NONE : REASON_MEASUREMENT);

	igvm_guest_put(&name, &way->guest);
	hex_put(&hex, digest_bytes(&way->digest));
	verdict_actual(c, "%s", buf_cstr(&hex));
	compare_tell(c, x->m, row, buf_cstr(&name), same);
	return buf_done(&name, "the name of a row", e) && buf_done(&hex, "a digest", e);
}

/* Whoever starts it: one that the publishers meant is enough, and the others were not meant. */
static bool compare_ways(const struct compared *x, const struct igvm_ways *w, struct err *e)
{
	bool any = false;

	for (size_t i = 0; i < w->n; i++)
		any = any || holds(x, compare_row_of(x->m, &w->way[i].digest));
	for (size_t i = 0; i < w->n; i++)
		if ((!any || holds(x, compare_row_of(x->m, &w->way[i].digest))) &&
		    !tell(x, &w->way[i], e))
			return false;
	return true;
}

/* Bytes that no digest covers are part of the release as well. */
static bool compare_file(const struct compared *x, struct bytes file, struct err *e)
{
	const struct component *want = compare_component_of(x->m, MANIFEST_IGVM);
	struct digest found;
	bool same;

	if (x->m->n_components == 0 || x->m->foreign)
		return true;
	if (!hash_of(DIGEST_SHA256, file, &found, e))
		return false;
	same = want && want->digest.alg == DIGEST_SHA256 && digest_equal(&want->digest, &found) &&
	       (!want->sized || want->size == file.n);
	verdict_detail(verdict_add(x->v, "section", same ? CHECK_PASS : CHECK_FAIL,
				   same ? REASON_NONE : REASON_MEASUREMENT),
		       "the file %s",
		       same    ? "is the one that the manifest names"
		       : !want ? "is not in the manifest, which has no IGVM file"
			       : "differs from the manifest's");
	return true;
}

bool compare_igvm(const struct manifest *m, struct file *f, struct verdict *v, struct err *e)
{
	owned(igvm_file_free) struct igvm_file file = {0};
	struct compared x = {.m = m, .v = v};
	struct igvm_ways w;

	if (!compare_wants_guest(m, e) || !igvm_file_read(&file, f, e) ||
	    !igvm_ways(&w, &file.igvm, e))
		return false;
	x.has_policy = igvm_policy(&file.igvm, IGVM_SNP, &x.policy);
	return compare_ways(&x, &w, e) && compare_file(&x, buf_bytes(&file.bytes), e);
}
