#include "ovmf-snp/genuine.h"

#include <stdarg.h>
#include <stdio.h>

#include "measure/core/x509_crl.h"
#include "ovmf-snp/tcb.h"

struct work {
	const struct snp_genuine *g;
	const struct snp_claims *c;
	struct verdict *v;
	bool faulty;
	char revocation[80]; /* what a pass says of it */
	bool current[SNP_CHAIN]; /* a list that still is good speaks of the certificate */
	int64_t stale[SNP_CHAIN]; /* until when the best of those was that are not; or 0 */
	struct err *e;
};

static struct check *fail(struct work *w, enum reason r, const char *format, ...) ERR_FORMAT(3, 4);

static struct check *fail(struct work *w, enum reason r, const char *format, ...)
{
	struct check *c = verdict_add(w->v, "genuine", CHECK_FAIL, r);
	va_list args;

	w->faulty = true;
	va_start(args, format);
	vsnprintf(c->detail, sizeof(c->detail), format, args);
	va_end(args);
	return c;
}

static const char *name_in_chain(const struct work *w, size_t i)
{
	return i == 0 ? w->c->vek.common_name : i == 1 ? w->c->signer : w->c->root;
}

/* ---- the report alone */

static void check_report(struct work *w)
{
	const struct snp_report *r = &w->c->report;

	if (!w->c->tcb_clean)
		fail(w, REASON_FORMAT,
		     "a TCB_VERSION of the report has bytes that the layout of %s reserves",
		     w->c->product ? w->c->product->name : "Milan");
	if (r->signature_algo != SNP_ECDSA_P384_SHA384)
		fail(w, REASON_ALG,
		     "SIGNATURE_ALGO is %u and must be %u, ECDSA on P-384 with SHA-384",
		     r->signature_algo, SNP_ECDSA_P384_SHA384);
}

/* ---- the chain */

static void check_links(struct work *w)
{
	const struct snp_chain *chain = w->g->chain;

	for (size_t i = 0; i < SNP_CHAIN; i++)
		if (chain->finding[i].link != REASON_NONE)
			fail(w, chain->finding[i].link, "the certificate %s %s",
			     name_in_chain(w, i), chain->finding[i].text);
	if (w->c->vek.kind == SNP_KEY_NONE)
		fail(w, REASON_CHAIN,
		     "the certificate is one of %s, and must be one of SEV-VCEK or SEV-VLEK",
		     w->c->vek.common_name);
}

/*
 * Names bind kind and product: AMD's one root per product signs both signers, and either key could
 * sign any certificate.
 */
static void check_names(struct work *w)
{
	const struct snp_vek *vek = &w->c->vek;
	const char *infix = vek->kind == SNP_KEY_VLEK ? "VLEK-" : "";
	char signer[64], root[64];

	if (!vek->product)
		return;
	snprintf(signer, sizeof(signer), "SEV-%s%s", infix, vek->product->name);
	snprintf(root, sizeof(root), "ARK-%s", vek->product->name);
	if (strcmp(signer, w->c->signer) != 0)
		fail(w, REASON_CHAIN, "a %s of %s is signed by %s, and this one was by %s",
		     snp_key_name(vek->kind), vek->product->name, signer, w->c->signer);
	if (strcmp(root, w->c->root) != 0)
		fail(w, REASON_CHAIN, "the root of %s is %s, and this one is %s",
		     vek->product->name, root, w->c->root);
}

static void check_root(struct work *w)
{
	const struct snp_chain *chain = w->g->chain;

	if (!chain->trusted)
		fail(w, REASON_UNTRUSTED_ROOT, "the root %s with the SHA-256 %s is not trusted",
		     w->c->root, w->c->root_sha256);
	else if (chain->product && w->c->vek.product && chain->product != w->c->vek.product)
		fail(w, REASON_PRODUCT, "the certificate is of %s, and the root of %s",
		     w->c->vek.product->name, chain->product->name);
}

static bool moment(char to[32], int64_t when, struct err *e)
{
	owned(buf_free) struct buf text = BUF(32);

	when_put(&text, when, "Z");
	snprintf(to, 32, "%s", buf_cstr(&text));
	return buf_done(&text, "a time", e);
}

static bool check_time(struct work *w, enum reason which)
{
	for (size_t i = 0; i < SNP_CHAIN; i++) {
		int64_t from, to;
		char limit[32], at[32];

		if (w->g->chain->finding[i].time != which)
			continue;
		if (!x509_validity(w->g->chain->cert[i], &from, &to, w->e) ||
		    !moment(limit, which == REASON_EXPIRED ? to : from, w->e) ||
		    !moment(at, w->g->when.at, w->e))
			return false;
		fail(w, which, "the certificate %s is valid %s %s, judged as of %s",
		     name_in_chain(w, i), which == REASON_EXPIRED ? "until" : "from", limit, at);
	}
	return true;
}

/* ---- certificate and report */

static void check_product(struct work *w)
{
	const struct snp_report *r = &w->c->report;
	const struct snp_vek *vek = &w->c->vek;

	if (r->version >= SNP_VERSION_CPUID && !w->c->product)
		fail(w, REASON_PRODUCT,
		     "family 0x%02x model 0x%02x of the report is no product that is known here",
		     r->cpuid_fam_id, r->cpuid_mod_id);
	if (!w->g->chain)
		return;
	if (vek->product_name[0] == '\0')
		fail(w, REASON_PRODUCT, "the certificate names no product");
	else if (!vek->product)
		fail(w, REASON_PRODUCT,
		     "the certificate is of the product \"%s\", which is not known here",
		     vek->product_name);
	else if (w->c->product && w->c->product != vek->product)
		fail(w, REASON_PRODUCT, "the report is of %s, and the certificate of %s",
		     w->c->product->name, vek->product->name);
}

static void check_kind(struct work *w)
{
	enum snp_signing_key by = w->c->report.signing_key;

	if (!w->g->chain)
		fail(w, REASON_KEY_KIND, "SIGNING_KEY says that no key signed the report");
	else if (by != w->c->vek.kind && w->c->vek.kind != SNP_KEY_NONE)
		fail(w, REASON_KEY_KIND,
		     "the report is signed by a %s, and the certificate is of a %s",
		     snp_key_name(by), snp_key_name(w->c->vek.kind));
}

/* A VLEK is of no chip. What of CHIP_ID is not the chip's must be zero. */
static void check_chip(struct work *w)
{
	const struct snp_report *r = &w->c->report;
	const struct snp_vek *vek = &w->c->vek;
	struct bytes chip = bytes_of(r->chip_id, sizeof(r->chip_id));
	size_t n = vek->product ? vek->product->hwid_len : sizeof(r->chip_id);

	if (vek->kind != SNP_KEY_VCEK || (r->mask_chip_key && bytes_zero(chip)))
		return;
	if (vek->hwid_len != n)
		fail(w, REASON_CHIP_ID, "the certificate's HWID has %zu bytes, and must have %zu",
		     vek->hwid_len, n);
	else if (bytes_zero(chip))
		fail(w, REASON_CHIP_ID,
		     "CHIP_ID of the report is zero, and MASK_CHIP_KEY does not say so");
	else if (memcmp(vek->hwid, r->chip_id, n) != 0 ||
		 !bytes_zero(bytes_of(chip.p + n, chip.n - n)))
		fail(w, REASON_CHIP_ID, "CHIP_ID of the report is not the certificate's HWID");
}

/* ---- revocation */

static void undecided(struct work *w, enum reason r, const char *format, ...) ERR_FORMAT(3, 4);

static void undecided(struct work *w, enum reason r, const char *format, ...)
{
	struct check *c = verdict_add(w->v, "genuine", CHECK_SKIP, r);
	va_list args;

	w->faulty = true;
	va_start(args, format);
	vsnprintf(c->detail, sizeof(c->detail), format, args);
	va_end(args);
}

/*
 * A list that is older than it says it may be decides nothing more, but what it names stays
 * revoked; one that is younger than the time of judging knows more.
 */
static bool judge_list(struct work *w, const struct x509_crl *list, size_t i, bool asked)
{
	int64_t until = x509_crl_next_update(list);
	char next[32];

	if (x509_crl_lists(list, w->g->chain->cert[i])) {
		fail(w, REASON_REVOKED, "%s has revoked the certificate %s",
		     name_in_chain(w, i + 1), name_in_chain(w, i));
		return true;
	}
	if (!asked)
		return true;
	if (when_judged(&w->g->when) && w->g->when.at > until) {
		w->stale[i] = until > w->stale[i] ? until : w->stale[i];
		return true;
	}
	w->current[i] = true;
	if (!moment(next, until, w->e))
		return false;
	snprintf(w->revocation, sizeof(w->revocation),
		 "nothing revoked by the list that is good until %s", next);
	return true;
}

/* An old list beside a current one asks for nothing. */
static bool judge_stale(struct work *w)
{
	char next[32], at[32];

	for (size_t i = 0; i < SNP_CHAIN; i++) {
		if (w->current[i] || w->stale[i] == 0)
			continue;
		if (!moment(next, w->stale[i], w->e) || !moment(at, w->g->when.at, w->e))
			return false;
		undecided(w, REASON_STALE,
			  "the revocation list of %s was good until %s, judged as of %s",
			  name_in_chain(w, i + 1), next, at);
	}
	return true;
}

/*
 * One list: of whichever certificate of the chain it bears the name. *root: it is the root's, which
 * has to be among those that were asked for.
 */
static bool use_list(struct work *w, struct bytes file, bool asked, bool *root)
{
	owned(x509_crl_free) struct x509_crl *list = NULL;
	bool yes = false;

	if (!x509_crl_read(&list, file, w->e))
		return false;
	for (size_t i = 0; i + 1 < SNP_CHAIN; i++) {
		const struct x509 *issuer = w->g->chain->cert[i + 1];

		if (!x509_crl_names(list, issuer))
			continue;
		if (!x509_crl_signed(list, issuer, X509_PSS_SHA384, &yes, w->e))
			return false;
		if (!yes && asked)
			undecided(w, REASON_COLLATERAL,
				  "the revocation list was not signed by %s, whose name it bears",
				  name_in_chain(w, i + 1));
		*root = *root || i + 2 == SNP_CHAIN;
		if (!yes)
			continue;
		if (!judge_list(w, list, i, asked))
			return false;
	}
	return true;
}

/* What came with the report can take trust away, and gives none. */
static bool use_along(struct work *w, struct bytes file)
{
	struct err fault = {0}, *e = w->e;
	bool root = false, done;

	w->e = &fault;
	done = use_list(w, file, false, &root);
	w->e = e;
	if (!done && reason_class(fault.reason) == EXIT_CLASS_ENVIRONMENT)
		return err_set(e, fault.reason, "%s", fault.text);
	if (!done)
		fail(w, REASON_FORMAT, "the certificate table's CRL: %s", fault.text);
	return true;
}

static bool check_revocation(struct work *w)
{
	const struct snp_lists *l = w->g->lists;
	bool root = false;

	snprintf(w->revocation, sizeof(w->revocation), "no revocation list was given");
	if (l->along.n > 0 && !use_along(w, l->along))
		return false;
	if (!l->asked || l->asked->n == 0)
		return true;
	for (size_t i = 0; i < l->asked->n; i++)
		if (!use_list(w, l->asked->file[i].bytes, true, &root))
			return err_subject(w->e, l->asked->file[i].path);
	if (!root)
		undecided(w, REASON_COLLATERAL, "no revocation list of %s was given, but %s",
			  w->c->root,
			  l->asked->n == 1 ? "one of another root" : "those of other roots");
	return judge_stale(w);
}

/* ---- TCB */

static void fail_tcb(struct work *w, const char *format, ...) ERR_FORMAT(2, 3);

static void fail_tcb(struct work *w, const char *format, ...)
{
	struct check *c = verdict_add(w->v, "policy", CHECK_FAIL, REASON_TCB);
	va_list args;

	va_start(args, format);
	vsnprintf(c->detail, sizeof(c->detail), format, args);
	va_end(args);
}

/* The key is derived from the reported TCB, so a genuine certificate names that very one. */
static void check_tcb(struct work *w)
{
	const struct snp_claims *c = w->c;

	for (size_t i = 0; i < SNP_TCB_PARTS; i++) {
		const char *name = snp_tcb_parts[i].name;
		int reported = snp_tcb_get(&c->reported, i), vek = snp_tcb_get(&c->vek.tcb, i);

		if (w->g->chain && vek < 0 && reported >= 0)
			fail_tcb(w, "the certificate names no %s, and the report %d", name,
				 reported);
		else if (w->g->chain && reported < 0 && vek >= 0)
			fail_tcb(w, "the certificate names %s as %d, and the report none", name,
				 vek);
		else if (w->g->chain && vek != reported)
			fail_tcb(w, "%s is %d in the report and %d in the certificate", name,
				 reported, vek);
		if (snp_tcb_get(&c->committed, i) > snp_tcb_get(&c->current, i))
			fail_tcb(w, "%s is committed at %d, and %d is running", name,
				 snp_tcb_get(&c->committed, i), snp_tcb_get(&c->current, i));
		if (reported > snp_tcb_get(&c->current, i))
			fail_tcb(w, "%s is reported as %d, and %d is running", name, reported,
				 snp_tcb_get(&c->current, i));
	}
}

static void pass(struct work *w)
{
	const struct snp_claims *c = w->c;

	verdict_detail(verdict_add(w->v, "genuine", CHECK_PASS, REASON_NONE),
		       "a %s of %s, by %s and %s; %s%s", snp_key_name(c->vek.kind),
		       c->vek.product->name, c->signer, c->root, w->revocation,
		       c->vek.kind == SNP_KEY_VCEK && c->report.mask_chip_key
			       ? "; the report does not name its chip"
			       : "");
}

bool snp_genuine(const struct snp_genuine *g, struct verdict *v, struct err *e)
{
	struct work w = {.g = g, .c = g->claims, .v = v, .e = e};

	check_report(&w);
	if (g->chain) {
		check_links(&w);
		check_names(&w);
		check_root(&w);
		if (!check_time(&w, REASON_EXPIRED) || !check_time(&w, REASON_NOT_YET_VALID))
			return false;
	}
	check_product(&w);
	check_kind(&w);
	if (g->chain) {
		check_chip(&w);
		if (!check_revocation(&w))
			return false;
	}
	check_tcb(&w);
	if (!w.faulty)
		pass(&w);
	return true;
}
