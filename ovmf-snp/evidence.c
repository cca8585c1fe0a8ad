#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/core/hash.h"
#include "measure/core/x509_field.h"
#include "ovmf-snp/certs.h"
#include "ovmf-snp/genuine.h"
#include "ovmf-snp/tcb.h"

extern const struct evidence_format ovmf_snp_evidence;

/* One report on its way to being claims; owned by authenticate(). */
struct work {
	const struct evidence_request *q;
	struct verdict *v;
	struct bytes report;
	struct snp_report parsed;
	struct snp_certs table;
	struct snp_pool veks, candidates, roots;
	const struct x509 *vek; /* of veks */
	struct snp_vek vek_says;
	struct err *e;
};

static void work_free(struct work *w)
{
	snp_pool_free(&w->veks);
	snp_pool_free(&w->candidates);
	snp_pool_free(&w->roots);
}

/* ---- recognition */

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Nothing says what it is; a small version, POLICY's bit that is always one, the one algorithm. */
static int bid(struct bytes whole)
{
	bool version, policy, algorithm;

	if (whole.n < 0x38 || whole.n > EVIDENCE_MAX)
		return 0;
	version = le32(whole.p) >= SNP_VERSION_MIN && le32(whole.p) <= SNP_VERSION_MAX;
	policy = (le32(whole.p + 0x08) & SNP_POLICY_ONE) && le32(whole.p + 0x0c) == 0;
	algorithm = le32(whole.p + 0x34) == SNP_ECDSA_P384_SHA384;
	if (version && policy && algorithm)
		return whole.n < SNP_REPORT_SIZE ? 60 : 90;
	if (whole.n == SNP_REPORT_SIZE && version + policy + algorithm == 2)
		return 60;
	return 0;
}

/* ---- what was handed in */

/* Malformed evidence is a verdict; want of memory is not. */
static bool malformed(struct work *w, const struct err *fault, bool *refused)
{
	if (reason_class(fault->reason) == EXIT_CLASS_ENVIRONMENT)
		return err_set(w->e, fault->reason, "%s", fault->text);
	verdict_detail(
		verdict_add(w->v, "genuine", CHECK_FAIL,
			    fault->reason == REASON_VERSION ? REASON_VERSION : REASON_FORMAT),
		"%s", fault->text);
	*refused = true;
	return true;
}

static bool read_evidence(struct work *w, bool *refused)
{
	struct bytes in = w->q->evidence;
	struct err fault = {0};

	w->report = in.n > SNP_REPORT_SIZE ? bytes_of(in.p, SNP_REPORT_SIZE) : in;
	if (!snp_report_read(&w->parsed, w->report, &fault))
		return malformed(w, &fault, refused);
	if (in.n > SNP_REPORT_SIZE &&
	    !snp_certs_read(&w->table, bytes_of(in.p + SNP_REPORT_SIZE, in.n - SNP_REPORT_SIZE),
			    SNP_REPORT_SIZE, &fault))
		return malformed(w, &fault, refused);
	return true;
}

/* Of the certificates that came with the report. */
static bool read_table(struct work *w, bool *refused)
{
	for (size_t i = 0; i < w->table.n && !*refused; i++) {
		enum snp_cert_kind kind = w->table.entry[i].kind;
		bool vek = kind == SNP_CERT_VCEK || kind == SNP_CERT_VLEK;
		struct err fault = {0};

		if (kind != SNP_CERT_ASK && kind != SNP_CERT_ARK && !vek)
			continue;
		if (vek && w->q->vek && w->q->vek->n > 0)
			continue;
		if (snp_pool_add(vek ? &w->veks : &w->candidates, w->table.entry[i].cert, &fault))
			continue;
		err_in(&fault, "the certificate table's %s", snp_cert_name(kind));
		if (!malformed(w, &fault, refused))
			return false;
	}
	return true;
}

static bool read_files(struct work *w, const struct evidence_files *f, struct snp_pool *to)
{
	for (size_t i = 0; f && i < f->n; i++)
		if (!snp_pool_add(to, f->file[i].bytes, w->e))
			return err_subject(w->e, f->file[i].path);
	return true;
}

/* ---- the key's certificate */

/* How well a certificate fits the report. Nothing is trusted. */
struct fit {
	bool vek; /* may be one at all */
	bool kind, chip, tcb;
};

static bool fit(struct work *w, const struct x509 *x, struct fit *f)
{
	const struct snp_report *r = &w->parsed;
	struct err fault = {0};
	struct snp_vek v;
	struct tcb reported;

	*f = (struct fit){.vek = x509_kind(x) != X509_RSA_4096};
	if (!f->vek)
		return true;
	if (!snp_vek_read(&v, x, &fault))
		return reason_class(fault.reason) != EXIT_CLASS_ENVIRONMENT ||
		       err_set(w->e, fault.reason, "%s", fault.text);
	snp_tcb_decode(v.product, r->reported_tcb, &reported);
	f->kind = v.kind == r->signing_key;
	f->chip = v.hwid_len > 0 && memcmp(v.hwid, r->chip_id, v.hwid_len) == 0;
	f->tcb = memcmp(&reported, &v.tcb, sizeof(reported)) == 0;
	return true;
}

/* Of what was named or came along, the best: kind before chip before firmware. */
static bool best_of(struct work *w, const struct x509 **best)
{
	int most = -1;

	for (size_t i = 0; i < w->veks.n; i++) {
		struct fit f;
		int points;

		if (!fit(w, w->veks.cert[i], &f))
			return false;
		points = f.vek ? 4 * f.kind + 2 * f.chip + f.tcb : -1;
		if (points > most) {
			most = points;
			*best = w->veks.cert[i];
		}
	}
	return true;
}

/* Of candidates, among which may be those of a whole fleet, the one that can be meant. */
static bool meant_of(struct work *w, const struct x509 **found, size_t *others)
{
	const struct snp_report *r = &w->parsed;
	bool nameless = r->signing_key == SNP_KEY_VLEK ||
			(r->mask_chip_key && bytes_zero(bytes_of(r->chip_id, sizeof(r->chip_id))));

	for (size_t i = 0; i < w->candidates.n && !*found; i++) {
		struct fit f;

		if (!fit(w, w->candidates.cert[i], &f))
			return false;
		if (f.kind && f.tcb && (f.chip || nameless))
			*found = w->candidates.cert[i];
		*others += f.kind;
	}
	return true;
}

/* Where the service has the certificate; nothing when the product is not known. */
static bool no_vek(struct work *w, size_t others)
{
	const struct snp_report *r = &w->parsed;
	const struct snp_product *p = snp_product_by_cpuid(r->cpuid_fam_id, r->cpuid_mod_id);
	owned(buf_free) struct buf tcb = BUF(128);
	char also[64] = "";
	struct tcb t;

	if (others > 0)
		snprintf(also, sizeof(also), "; of others, or other firmware, %zu %s", others,
			 others == 1 ? "was" : "were");
	snp_tcb_decode(p, r->reported_tcb, &t);
	snp_tcb_text(&t, &tcb);
	if (!buf_done(&tcb, "a TCB", w->e))
		return false;
	err_set(w->e, REASON_COLLATERAL, "the %s of the %s was not given, for %s%s%s%s",
		snp_key_name(r->signing_key), r->signing_key == SNP_KEY_VLEK ? "provider" : "chip",
		p ? p->name : "", p ? " at " : "", buf_cstr(&tcb), also);
	return err_hint(w->e, "give it with --vek; `measure-fetch kds REPORT` fetches it");
}

/*
 * The one that was named or came along, and of several the one that fits best: whoever names one
 * says that it is this. Of a folder or a bundle only one that fits: another chip's says nothing.
 */
static bool choose_vek(struct work *w)
{
	size_t others = 0;

	if (!best_of(w, &w->vek) || (!w->vek && !meant_of(w, &w->vek, &others)))
		return false;
	return w->vek || no_vek(w, others);
}

/* A certificate whose extensions are no VEK's is a broken link. */
static bool read_vek(struct work *w)
{
	struct err fault = {0};

	if (snp_vek_read(&w->vek_says, w->vek, &fault))
		return true;
	if (fault.reason != REASON_CHAIN)
		return err_set(w->e, fault.reason, "%s", fault.text);
	verdict_detail(verdict_add(w->v, "genuine", CHECK_FAIL, REASON_CHAIN), "%s", fault.text);
	return true;
}

/* Signers and root: what was given, and what is built in for a product that is known. */
static bool read_signers(struct work *w)
{
	const struct snp_product *product = w->vek_says.product;

	if (!read_files(w, w->q->ark, &w->roots))
		return false;
	for (size_t i = 0; i < w->veks.n; i++) {
		struct bytes der = x509_der(w->veks.cert[i]);

		if (x509_kind(w->veks.cert[i]) == X509_RSA_4096 &&
		    !snp_pool_add(&w->candidates, der, w->e))
			return false;
	}
	if (!product)
		product = snp_product_by_cpuid(w->parsed.cpuid_fam_id, w->parsed.cpuid_mod_id);
	return !product || snp_pool_add_own(&w->candidates, product, w->vek_says.kind, w->e);
}

/* ---- claims */

static bool name_of(const struct x509 *x, char *to, size_t room, struct err *e)
{
	owned(buf_free) struct buf cn = BUF(4096), tamed = BUF(16384);
	struct err fault = {0};

	if (!x509_common_name(x, &cn, &fault)) {
		snprintf(to, room, "(no name)");
		return reason_class(fault.reason) != EXIT_CLASS_ENVIRONMENT ||
		       err_set(e, fault.reason, "%s", fault.text);
	}
	text_tame(&tamed, buf_bytes(&cn));
	snprintf(to, room, "%s", buf_cstr(&tamed));
	return buf_done(&cn, "commonName", e) && buf_done(&tamed, "commonName", e);
}

static bool chain_claims(struct snp_claims *own, const struct snp_chain *chain, struct err *e)
{
	owned(buf_free) struct buf hex = BUF(128);
	struct digest d;

	if (!name_of(chain->cert[1], own->signer, sizeof(own->signer), e) ||
	    !name_of(chain->cert[2], own->root, sizeof(own->root), e) ||
	    !hash_of(DIGEST_SHA256, x509_der(chain->cert[2]), &d, e))
		return false;
	hex_put(&hex, digest_bytes(&d));
	snprintf(own->root_sha256, sizeof(own->root_sha256), "%s", buf_cstr(&hex));
	return buf_done(&hex, "a fingerprint", e);
}

static void own_claims(struct snp_claims *own, const struct work *w)
{
	const struct snp_report *r = &w->parsed;
	const struct snp_product *p;
	bool clean = true;

	own->report = *r;
	own->vek = w->vek_says;
	own->signed_by_key = w->vek != NULL;
	p = r->version < SNP_VERSION_CPUID ? w->vek_says.product
					   : snp_product_by_cpuid(r->cpuid_fam_id, r->cpuid_mod_id);
	own->product = p;
	clean = snp_tcb_decode(p, r->current_tcb, &own->current) && clean;
	clean = snp_tcb_decode(p, r->reported_tcb, &own->reported) && clean;
	clean = snp_tcb_decode(p, r->committed_tcb, &own->committed) && clean;
	clean = snp_tcb_decode(p, r->launch_tcb, &own->launch) && clean;
	own->tcb_clean = clean;
}

/* A VLEK's provider names its region: "CN=cc-us-east-2.amazonaws.com". */
static void region_of(char *to, size_t room, const char *csp_id)
{
	static const char head[] = "CN=cc-", tail[] = ".amazonaws.com";
	size_t n = strlen(csp_id), out = sizeof(head) + sizeof(tail) - 2;

	if (n > out && strncmp(csp_id, head, sizeof(head) - 1) == 0 &&
	    strcmp(csp_id + n - (sizeof(tail) - 1), tail) == 0)
		snprintf(to, room, "%.*s", (int)(n - out), csp_id + sizeof(head) - 1);
}

static bool make_claims(const struct work *w, struct claims **out)
{
	owned(claims_free) struct claims *c = NULL;
	struct digest d = {.alg = DIGEST_SHA384, .len = sizeof(w->parsed.measurement)};
	struct snp_claims *own;

	if (!claims_new(&c, &ovmf_snp_evidence, SNP_REPORT_SIZE, w->e))
		return false;
	own = own_new(sizeof(*own), w->e);
	if (!own)
		return false;
	c->own = own;
	own_claims(own, w);
	own->bytes = claims_copy(c, w->report);
	memcpy(d.v, w->parsed.measurement, d.len);
	c->judged_at = w->q->when.at;
	c->report_data = (struct claim){true, bytes_of(own->bytes.p + 0x50, 64)};
	c->host_data = (struct claim){true, bytes_of(own->bytes.p + 0xc0, 32)};
	snprintf(c->product, sizeof(c->product), "%s", own->product ? own->product->name : "");
	region_of(c->region, sizeof(c->region), own->vek.csp_id);
	if (!buf_done(&c->bytes, "the claims", w->e) ||
	    !mset_put(&c->registers, "MEASUREMENT", &d, w->e))
		return false;
	*out = take(c);
	return true;
}

/* ---- the checks */

static bool check_signature(struct work *w)
{
	uint8_t rs[2 * SNP_COMPONENT];
	struct err fault = {0};

	if (!w->vek) {
		verdict_detail(verdict_add(w->v, "vendor-signature", CHECK_FAIL, REASON_SIGNATURE),
			       "the report is not signed: SIGNING_KEY is %u", SNP_KEY_NONE);
		return true;
	}
	if (snp_report_signature(&w->parsed, rs, &fault) &&
	    x509_verify(w->vek, bytes_of(w->report.p, SNP_REPORT_SIGNED), bytes_of(rs, sizeof(rs)),
			&fault)) {
		verdict_add(w->v, "vendor-signature", CHECK_PASS, REASON_NONE);
		return true;
	}
	if (fault.reason != REASON_SIGNATURE)
		return err_set(w->e, fault.reason, "%s", fault.text);
	verdict_detail(verdict_add(w->v, "vendor-signature", CHECK_FAIL, REASON_SIGNATURE), "%s",
		       fault.text);
	return true;
}

static void check_production(struct work *w)
{
	bool debug = w->parsed.policy & SNP_POLICY_DEBUG;
	enum check_result failed = w->q->allow_debug ? CHECK_WARN : CHECK_FAIL;
	struct check *c = verdict_add(w->v, "production", debug ? failed : CHECK_PASS,
				      debug ? REASON_DEBUG_MODE : REASON_NONE);

	if (debug)
		verdict_detail(c, "the guest's policy allows debugging: bit 19 of POLICY 0x%llx",
			       (unsigned long long)w->parsed.policy);
}

static bool judge(struct work *w, struct claims *c)
{
	struct snp_chain chain;
	struct snp_lists lists = {w->q->crl, snp_certs_get(&w->table, SNP_CERT_CRL)};
	struct snp_chain_rules rules = {&w->candidates, &w->roots, when_judged(&w->q->when),
					w->q->when.at, w->q->cache};
	struct snp_genuine g = {(struct snp_claims *)c->own, w->vek ? &chain : NULL, &lists,
				w->q->when};

	if (w->vek && (!snp_chain_make(&chain, w->vek, &w->vek_says, &rules, w->e) ||
		       !chain_claims((struct snp_claims *)c->own, &chain, w->e)))
		return false;
	if (!snp_genuine(&g, w->v, w->e) || !check_signature(w))
		return false;
	check_production(w);
	return true;
}

static bool run(struct work *w, struct claims **out)
{
	owned(claims_free) struct claims *c = NULL;
	bool refused = false, keyed;

	if (!read_evidence(w, &refused))
		return false;
	if (refused)
		return true;
	keyed = w->parsed.signing_key != SNP_KEY_NONE;
	if (!read_files(w, w->q->vek, &w->veks) || !read_files(w, w->q->chain, &w->candidates) ||
	    !read_table(w, &refused))
		return false;
	if (refused)
		return true;
	if (keyed && (!choose_vek(w) || !read_vek(w) || !read_signers(w)))
		return false;
	if (!make_claims(w, &c) || !judge(w, c))
		return false;
	*out = take(c);
	return true;
}

static bool authenticate(const struct evidence_request *q, struct claims **c, struct verdict *v,
			 struct err *e)
{
	owned(work_free) struct work w = {.q = q, .v = v, .e = e};

	w.veks.cache = w.candidates.cache = w.roots.cache = q->cache;
	if (q->when.clock == CLOCK_DOCUMENT)
		return err_set(e, REASON_NO_TIME_IN_EVIDENCE,
			       "an attestation report holds no signed time to be judged by");
	return run(&w, c);
}

static void free_own(void *own)
{
	free(own);
}

static const char *const trust_base[] = {
	"AMD's processors and their firmware, and the keys under the root of its chain",
	"that nobody opens the machine: reports do not show probes on its memory",
	NULL,
};

const struct evidence_format ovmf_snp_evidence = {
	.kind = "snp",
	.summary = "AMD SEV-SNP attestation report",
	.bid = bid,
	.authenticate = authenticate,
	.policy = snp_policy,
	.text = snp_claims_text,
	.json = snp_claims_json,
	.field = snp_claims_field,
	.trust_base = trust_base,
	.free_own = free_own,
};
