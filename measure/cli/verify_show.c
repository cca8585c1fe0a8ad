#include <stdio.h>

#include "measure/base/text.h"
#include "measure/base/when.h"
#include "measure/cli/report.h"
#include "measure/cli/verify.h"
#include "measure/cli/wrap.h"

#define LINES 16u
#define INDENT 21u /* as the formats put their claims */

/* Sentences, each bounded; those over LINES are not lost in silence, since LINES holds them all. */
struct lines {
	size_t n;
	char text[LINES][160];
};

static void say(struct lines *l, const char *format, ...) ERR_FORMAT(2, 3);

static void say(struct lines *l, const char *format, ...)
{
	va_list args;

	if (l->n == LINES)
		return;
	va_start(args, format);
	vsnprintf(l->text[l->n++], sizeof(l->text[0]), format, args);
	va_end(args);
}

static bool is_live(const struct verify_job *job)
{
	return job->request.when.clock == CLOCK_NOW;
}

/* Host data and other registers come from whoever starts the image, not from the image. */
static bool asks_for_code(const struct verify_job *job)
{
	static const char *const names[] = {"PCR0", "PCR1", "PCR2", "PCR8", "MEASUREMENT"};
	bool any = job->has_manifest || job->db.ledger;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		any = any || mset_get(&job->registers, names[i]);
	return any || (job->registers.n == 0 && !job->expected.host_data.present);
}

/* All by which this verdict asks for less than it could. */
static void weakened(const struct verify_job *job, struct lines *l)
{
	const struct policy *p = &job->policy;

	if (p->allow_debug)
		say(l, "--allow-debug: debug mode is accepted");
	if (!asks_for_code(job))
		say(l, "no measurement of the image was given: any code could run");
	if (is_live(job) && job->expected.insecure_no_nonce)
		say(l, "--insecure-no-nonce: a copy of old evidence is accepted");
	if (is_live(job) && p->fresh != DEMAND_REQUIRE)
		say(l, "the trust file asks for no nonce: a copy of old evidence is accepted");
	if (job->request.when.clock == CLOCK_NONE)
		say(l, "--at none: whether certificates and signatures are valid is not judged");
	if (job->request.root)
		say(l, "--root: not the pinned root of AWS is trusted, but the one that was given");
	if (job->request.ark)
		say(l, "--ark: not the pinned roots of AMD are trusted, but those that were given");
	if (p->has_vmpl && p->vmpl != 0)
		say(l, "VMPL %u: what runs at lower levels can read and change the guest", p->vmpl);
	if (p->provisional == DEMAND_NONE)
		say(l, "the trust file accepts firmware that may still be taken back");
	if (p->known_floors == DEMAND_NONE)
		say(l, "the trust file accepts firmware older than AMD's bulletins demand");
}

static void not_proven(const struct verify_job *job, const struct verified *f, struct lines *l)
{
	char left[APPRAISE_NAMES];

	say(l, "that its code is good%s",
	    job->db.ledger ? "" : ", or that no later release replaces it");
	if (job->has_manifest && !job->db.ledger)
		say(l, "that nobody withdrew it: who hands out a manifest can leave that out");
	if (!job->expected.key.present)
		say(l, "that who answered is the enclave: a relay could stand in its place");
	if (!is_live(job))
		say(l, "that it still runs: the evidence is judged as of another time");
	if (f->claims) {
		appraise_uncompared(f->claims, &job->expected, &f->appraisal, left);
		if (left[0] != '\0')
			say(l, "what %s would tell, which was not compared", left);
	}
	if (!job->has_manifest && !job->db.ledger)
		say(l, "that anybody released it: the values were given, not signed");
	else if (job->has_manifest && manifest_origin(&job->released.manifest) != ORIGIN_SOURCE)
		say(l, "that it was built from its source: its origin is %s",
		    manifest_origin(&job->released.manifest) == ORIGIN_NONE
			    ? "not told"
			    : origin_name(manifest_origin(&job->released.manifest)));
}

/* ---- for people */

static void put_folded(struct buf *out, const char *label, const char *text)
{
	owned(buf_free) struct buf tamed = BUF(4096);

	text_tame(&tamed, bytes_str(text));
	buf_str(out, label);
	wrap_put(out, strlen(label), INDENT, buf_cstr(&tamed));
}

static void put_lines(struct buf *out, const char *label, const struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		put_folded(out, i == 0 ? label : "", l->text[i]);
}

static void put_manifest(struct buf *out, const struct verify_job *job)
{
	const struct manifest *m = &job->released.manifest;

	if (!job->has_manifest)
		return;
	put_folded(out, "manifest", m->id ? m->id : "(without an id)");
	report_signers(out, &job->released.judged);
	for (size_t i = 0; i < m->n_components; i++) {
		char line[200];
		const char *status = origin_name(m->component[i].origin);

		snprintf(line, sizeof(line), "%.100s: %s", m->component[i].name,
			 status ? status : "unknown");
		put_folded(out, i == 0 ? "components" : "", line);
	}
}

/* The status in words, and the time that it speaks of. */
static void put_end(struct buf *out, const struct verify_job *job, const struct verified *f,
		    const struct err *failure)
{
	buf_str(out, report_end(failure));
	if (!failure && !is_live(job)) {
		buf_str(out, " as of ");
		if (job->request.when.clock == CLOCK_NONE || !f->claims)
			buf_str(out, "no time");
		else
			when_put(out, f->claims->judged_at, "Z");
		buf_str(out, " (says nothing about now)");
	}
	buf_str(out, "\n");
}

void verify_text(const struct verify_job *job, const struct verified *f, const struct err *failure,
		 struct buf *out)
{
	struct lines weak = {0}, open = {0};
	const char *const *base = f->format->trust_base;

	weakened(job, &weak);
	not_proven(job, f, &open);
	put_folded(out, "evidence", f->format->summary);
	if (f->claims && !appraise_is_authentic(&f->verdict))
		put_folded(out, "claims", "not authentic: anybody can have written these");
	if (f->claims)
		f->format->text(f->claims, out);
	put_manifest(out, job);
	for (size_t i = 0; i < f->verdict.n; i++)
		report_check(out, &f->verdict.check[i]);
	put_lines(out, "weakened", &weak);
	for (size_t i = 0; base && base[i]; i++)
		put_folded(out, i == 0 ? "trusted" : "", base[i]);
	put_lines(out, "not proven", &open);
	put_end(out, job, f, failure);
}

/* ---- for programs */

static void json_lines(struct json_out *w, const char *key, const struct lines *l)
{
	json_key(w, key);
	json_open(w, '[');
	for (size_t i = 0; i < l->n; i++)
		json_str(w, l->text[i]);
	json_close(w, ']');
}

static void json_tamed(struct json_out *w, const char *key, const char *text)
{
	owned(buf_free) struct buf tamed = BUF(4096);

	text_tame(&tamed, bytes_str(text));
	json_key(w, key);
	json_string(w, buf_bytes(&tamed));
}

static void json_components(struct json_out *w, const struct manifest *m)
{
	json_key(w, "components");
	json_open(w, '[');
	for (size_t i = 0; i < m->n_components; i++) {
		const char *status = origin_name(m->component[i].origin);

		json_open(w, '{');
		json_tamed(w, "name", m->component[i].name);
		json_key(w, "status");
		json_str(w, status ? status : "unknown");
		json_key(w, "sha256");
		json_hex(w, digest_bytes(&m->component[i].digest));
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void json_manifest(struct json_out *w, const struct verify_job *job,
			  const struct verified *f)
{
	const struct manifest *m = &job->released.manifest;

	if (!job->has_manifest)
		return;
	json_key(w, "manifest");
	json_open(w, '{');
	if (m->id)
		json_tamed(w, "id", m->id);
	if (f->appraisal.row && f->appraisal.row->label)
		json_tamed(w, "row", f->appraisal.row->label);
	report_signers_json(w, &job->released.judged);
	json_key(w, "checks");
	verdict_json(&job->manifest, w);
	json_close(w, '}');
	json_components(w, m);
}

static void json_as_of(struct json_out *w, const struct verify_job *job, const struct verified *f)
{
	owned(buf_free) struct buf text = BUF(64);

	json_key(w, "live");
	json_bool(w, is_live(job));
	json_key(w, "as_of");
	if (!f->claims || job->request.when.clock == CLOCK_NONE) {
		json_null(w);
		return;
	}
	when_put(&text, f->claims->judged_at, "Z");
	json_string(w, buf_bytes(&text));
}

void verify_json(const struct verify_job *job, const struct verified *f, struct json_out *w)
{
	struct lines weak = {0}, open = {0};
	const char *const *base = f->format->trust_base;

	weakened(job, &weak);
	not_proven(job, f, &open);
	json_key(w, "evidence");
	json_str(w, f->format->kind);
	json_as_of(w, job, f);
	json_key(w, "checks");
	verdict_json(&f->verdict, w);
	if (f->claims) {
		json_key(w, appraise_is_authentic(&f->verdict) ? "claims" : "unauthenticated");
		json_open(w, '{');
		f->format->json(f->claims, w);
		json_close(w, '}');
	}
	json_manifest(w, job, f);
	json_lines(w, "weakened", &weak);
	json_key(w, "trust_base");
	json_open(w, '[');
	for (size_t i = 0; base && base[i]; i++)
		json_str(w, base[i]);
	json_close(w, ']');
	json_lines(w, "not_proven", &open);
}
