#include "measure/base/hex.h"
#include "ovmf-snp/bundle.h"
#include "reference-db/compare_parts.h"

#define NAMED 16u /* rows that are told one by one */

static bool is_guest(const struct manifest *m, const struct manifest_row *row)
{
	return row->kind == ROW_REFERENCE && !manifest_is_nitro(row) && manifest_launch(m, row);
}

bool compare_wants_guest(const struct manifest *m, struct err *e)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (is_guest(m, &m->row[i]))
			return true;
	return err_set(e, REASON_WRONG_MANIFEST,
		       "the manifest has no launch digests of a guest of SEV-SNP");
}

const struct manifest_row *compare_row_of(const struct manifest *m, const struct digest *d)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (is_guest(m, &m->row[i]) &&
		    bytes_equal(manifest_launch(m, &m->row[i])->bytes, digest_bytes(d)))
			return &m->row[i];
	return NULL;
}

static const struct value *policy_of(const struct manifest *m, const struct manifest_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		if (strcmp(m->value[row->first + i].key, "POLICY") == 0)
			return &m->value[row->first + i];
	return NULL;
}

bool compare_policy(const struct manifest *m, const struct manifest_row *row, uint64_t policy)
{
	const struct value *v = policy_of(m, row);

	if (!v)
		return true;
	if (v->kind != VALUE_RAW || v->bytes.n != 8 || (v->mask.p && v->mask.n != 8))
		return false;
	for (size_t i = 0; i < 8; i++)
		if ((v->bytes.p[i] ^ (uint8_t)(policy >> 8 * i)) &
		    (v->mask.p ? v->mask.p[i] : 0xff))
			return false;
	return true;
}

void compare_tell(struct check *c, const struct manifest *m, const struct manifest_row *row,
		  const char *name, bool same)
{
	if (row)
		verdict_detail(c, "%.80s: is row %zu of the manifest%s%.100s%s", name,
			       (size_t)(row - m->row), row->label ? ", " : "",
			       row->label ? row->label : "",
			       same ? "" : ", but not with its policy");
	else
		verdict_detail(c, "%.80s: no row of the manifest has this launch digest", name);
}

/* What is compared, and how many rows were no match. */
struct compared {
	const struct manifest *m;
	const struct launch_record *r;
	struct verdict *v;
	size_t failed;
};

/* Is the row the manifest's, with its policy? */
static bool compare_row(struct compared *x, size_t i, struct err *e)
{
	owned(buf_free) struct buf name = BUF(256), hex = BUF(2 * DIGEST_MAX + 1);
	const struct manifest_row *row = compare_row_of(x->m, &x->r->row[i].digest);
	bool same = row && compare_policy(x->m, row, x->r->policy);
	struct check *c;

	x->failed += !same;
	if (same && x->r->n > NAMED)
		return true;
	launch_row_put(&name, &x->r->row[i]);
	hex_put(&hex, digest_bytes(&x->r->row[i].digest));
	c = verdict_add(x->v, "code", same ? CHECK_PASS : CHECK_FAIL,
			same ? REASON_NONE : REASON_MEASUREMENT);
	verdict_part(c, "launch digest");
	verdict_actual(c, "%s", buf_cstr(&hex));
	compare_tell(c, x->m, row, buf_cstr(&name), same);
	return buf_done(&name, "the name of a row", e) && buf_done(&hex, "a digest", e);
}

static bool compare_rows(const struct manifest *m, const struct launch_record *r, struct verdict *v,
			 struct err *e)
{
	struct compared x = {m, r, v, 0};

	for (size_t i = 0; i < r->n && x.failed < NAMED; i++)
		if (!compare_row(&x, i, e))
			return false;
	if (x.failed == 0 && r->n > NAMED)
		verdict_detail(verdict_add(v, "code", CHECK_PASS, REASON_NONE),
			       "all %zu launch digests are rows of the manifest", r->n);
	return true;
}

/* ---- parts */

const struct component *compare_component_of(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->n_components; i++)
		if (strcmp(m->component[i].name, name) == 0)
			return &m->component[i];
	return NULL;
}

static bool same_file(const struct component *want, const struct launch_file *f)
{
	return want && f->present && want->digest.alg == DIGEST_SHA256 &&
	       digest_equal(&want->digest, &f->sha256) && (!want->sized || want->size == f->size);
}

/* True when there is nothing to say. */
static bool compare_part(const struct manifest *m, enum launch_part part,
			 const struct launch_file *f, struct verdict *v)
{
	const char *name = launch_part_name(part);
	const struct component *want = compare_component_of(m, name);
	struct check *c;

	if ((!want && !f->present) || same_file(want, f))
		return true;
	c = verdict_add(v, "section", CHECK_FAIL, REASON_MEASUREMENT);
	verdict_part(c, name);
	verdict_detail(c, "%s %s", name,
		       !want	    ? "is not in the manifest"
		       : f->present ? "differs from the manifest's"
				    : "of the manifest is not in the bundle");
	return false;
}

/* The ID block is no part of a bundle, and a row has what it says. */
static bool is_part(const char *name)
{
	bool is = strcmp(name, MANIFEST_ID_BLOCK) == 0;

	for (enum launch_part p = LAUNCH_FIRMWARE; p < LAUNCH_HASHES; p++)
		is = is || strcmp(name, launch_part_name(p)) == 0;
	return is;
}

/* True when the manifest names nothing that no bundle has. */
static bool compare_surplus(const struct manifest *m, struct verdict *v)
{
	bool none = true;

	for (size_t i = 0; i < m->n_components; i++) {
		const char *name = m->component[i].name;
		struct check *c;

		if (is_part(name))
			continue;
		c = verdict_add(v, "section", CHECK_FAIL, REASON_MEASUREMENT);
		verdict_part(c, name);
		verdict_detail(c, "%.100s of the manifest is not in the bundle", name);
		none = false;
	}
	return none;
}

static void compare_parts(const struct manifest *m, const struct launch_record *r,
			  struct verdict *v)
{
	bool same = true;
	size_t n = 0;

	if (m->n_components == 0 || m->foreign)
		return;
	for (enum launch_part p = LAUNCH_FIRMWARE; p < LAUNCH_HASHES; p++) {
		same = compare_part(m, p, &r->file[p], v) && same;
		n += r->file[p].present;
	}
	if (compare_surplus(m, v) && same)
		verdict_detail(verdict_add(v, "section", CHECK_PASS, REASON_NONE),
			       "all %zu parts are those of the manifest", n);
}

/* The launch digest binds the command line, which binds the image only by what it says. */
static void compare_root(const struct snp_bundle *b, struct verdict *v)
{
	bool same = snp_bundle_rooted(b);
	struct check *c;

	if (!b->told.file[LAUNCH_ROOT].present)
		return;
	c = verdict_add(v, "section", same ? CHECK_PASS : CHECK_FAIL,
			same ? REASON_NONE : REASON_MEASUREMENT);
	verdict_part(c, launch_part_name(LAUNCH_ROOT));
	verdict_detail(c, "root.img is %sthe image whose root hash the command line holds",
		       same ? "" : "not ");
}

/* ---- beside them */

struct looked {
	struct verdict *v;
	size_t faults;
};

static void told(void *arg, const char *name, enum bundle_fault what)
{
	static const char *const texts[] = {
		[BUNDLE_DIFFERS] = "is not what the files beside it give",
		[BUNDLE_MISSING] = "is missing",
		[BUNDLE_SURPLUS] = "is no part of a bundle",
	};
	struct looked *x = arg;

	if (x->faults++ < NAMED)
		verdict_detail(verdict_add(x->v, "section", CHECK_FAIL, REASON_BUNDLE_FILES),
			       "'%.150s' %s", name, texts[what]);
}

/* No measurement covers the script that starts the guest, so it must be the one that is known. */
static bool compare_beside(const struct snp_bundle *b, struct verdict *v, struct err *e)
{
	struct looked x = {v, 0};
	const struct bundle_told to = {told, &x};

	return snp_bundle_look(b, &to, e);
}

static bool any_failed(const struct verdict *v)
{
	size_t i = 0;

	while (i < v->n && v->check[i].result != CHECK_FAIL)
		i++;
	return i < v->n;
}

/* A file that the record tells of and that is not there is a no; other faults stay faults. */
static bool lacks_file(struct verdict *v, struct err *e)
{
	const char *slash = strrchr(e->subject, '/');
	struct looked x = {v, 0};

	if (e->reason != REASON_NO_SUCH_FILE)
		return false;
	told(&x, slash ? slash + 1 : e->subject, BUNDLE_MISSING);
	*e = (struct err){0};
	return true;
}

bool compare_bundle(const struct manifest *m, const char *path, struct watch watch,
		    struct verdict *v, struct err *e)
{
	owned(snp_bundle_free) struct snp_bundle b = {0};

	if (!compare_wants_guest(m, e))
		return false;
	if (!snp_bundle_read(&b, path, watch, e))
		return b.told.n > 0 && lacks_file(v, e);
	if (!compare_rows(m, &b.found, v, e))
		return false;
	compare_parts(m, &b.found, v);
	compare_root(&b, v);
	if (!compare_beside(&b, v, e))
		return false;
	/* Who hears a yes goes on to use the record: it must not tell of other digests. */
	return any_failed(v) || snp_bundle_agrees(&b, e);
}
