#include "measure/core/tee.h"

#include "measure/base/base64.h"
#include "measure/base/hex.h"
#include "ovmf-snp/module_cause.h"
#include "ovmf-snp/ovmf_parts.h"
#include "ovmf-snp/request_args.h"
#include "ovmf-snp/table.h"

#define TYPE_WIDTH 13u
#define ROWS_MAX (64u << 20) /* bytes of a table */

/* What the rows are written to. */
struct report {
	const struct request *r;
	struct answer *a;
	bool json;
};

/* ---- rows */

static void type_put(struct buf *out, const struct request_type *t, bool blank)
{
	if (t->name)
		buf_str(out, t->name);
	else if (t->signature)
		buf_fmt(out, "0x%x", t->signature);
	else
		buf_str(out, blank ? "" : "-");
}

static void digest_put(struct buf *out, const struct request *r, const struct digest *d)
{
	if (r->base64)
		base64_put(out, digest_bytes(d));
	else
		hex_put(out, digest_bytes(d));
}

static void row_json(struct json_out *w, const struct table_row *row)
{
	owned(buf_free) struct buf type = BUF(256);

	type_put(&type, row->type, true);
	json_open(w, '{');
	json_key(w, "profile");
	json_str(w, row->profile->name);
	if (row->vcpus > 0) {
		json_key(w, "vcpu_type");
		json_string(w, buf_bytes(&type));
		json_key(w, "guest_features");
		json_u64(w, row->features);
		json_key(w, "vcpus");
		json_u64(w, row->vcpus);
	}
	json_key(w, "measurement");
	json_hex(w, digest_bytes(&row->digest));
	json_close(w, '}');
}

static void row_text(struct report *p, const struct table_row *row)
{
	struct buf *out = &p->a->verbatim;
	size_t start;

	if (p->r->csv) {
		buf_str(out, row->profile->name);
		buf_str(out, ",");
		type_put(out, row->type, true);
		buf_fmt(out, ",0x%llx,%u,", (unsigned long long)row->features, row->vcpus);
	} else if (!request_is_one(p->r)) {
		buf_fmt(out, "%-11s  ", row->profile->name);
		start = out->n;
		type_put(out, row->type, false);
		buf_fmt(out, "%*s  0x%-6llx  %5u  ",
			out->n - start < TYPE_WIDTH ? (int)(TYPE_WIDTH - (out->n - start)) : 0, "",
			(unsigned long long)row->features, row->vcpus);
	}
	digest_put(out, p->r, &row->digest);
	buf_str(out, "\n");
}

static bool put_row(void *arg, const struct table_row *row, struct err *e)
{
	struct report *p = arg;

	if (p->json)
		row_json(&p->a->json, row);
	else
		row_text(p, row);
	return buf_done(p->json ? &p->a->members : &p->a->verbatim, "the table", e);
}

static void put_head(struct report *p, bool verbose)
{
	struct buf *out = &p->a->verbatim;

	if (p->r->csv)
		buf_str(out, "profile,vcpu_type,guest_features,vcpus,measurement\n");
	else if (!request_is_one(p->r))
		buf_fmt(out, "%-11s  %-13s  %-8s  %5s  %s\n", "profile", "vcpu_type", "features",
			"vcpus", "measurement");
	else if (verbose && p->r->mode != MODE_OVMF_HASH)
		buf_fmt(out, "Calculated %s guest measurement: ", snp_mode_title(p->r->mode));
}

/* ---- steps */

static void step_json(struct json_out *w, const struct gctx_step *s)
{
	json_open(w, '{');
	json_key(w, "gpa");
	json_u64(w, s->gpa);
	json_key(w, "type");
	json_str(w, gctx_type_name(s->type));
	json_key(w, "owner");
	json_str(w, s->owner);
	json_key(w, "digest");
	json_hex(w, bytes_of(s->ld, GCTX_LD));
	json_close(w, '}');
}

static void put_step(void *arg, const struct gctx_step *s)
{
	struct report *p = arg;
	struct buf *out = &p->a->verbatim;

	if (p->json) {
		step_json(&p->a->json, s);
		return;
	}
	buf_fmt(out, "0x%012llx  %-10s  %-13s  ", (unsigned long long)s->gpa,
		gctx_type_name(s->type), s->owner);
	hex_put(out, bytes_of(s->ld, GCTX_LD));
	buf_str(out, "\n");
}

static bool no_row(void *arg, const struct table_row *row, struct err *e)
{
	(void)arg;
	(void)row;
	(void)e;
	return true;
}

/* A run of its own, since rows and steps are lists apart. */
static bool trace(struct report *p, struct guest *g, struct err *e)
{
	const struct table_sink sink = {no_row, put_step, p};

	if (!p->r->trace)
		return true;
	if (!request_is_one(p->r))
		return err_set(e, REASON_USAGE,
			       "--trace follows one guest, and several are asked for");
	if (p->json) {
		json_key(&p->a->json, "steps");
		json_open(&p->a->json, '[');
	}
	if (!table_make(p->r, g, &sink, e))
		return false;
	if (p->json)
		json_close(&p->a->json, ']');
	return true;
}

/* ---- pages of the processors */

static bool dump(const struct request *r, const struct guest *g, struct err *e)
{
	struct launch_vmsas v;

	if (!r->dump)
		return true;
	if (!request_is_one(r))
		return err_set(e, REASON_USAGE,
			       "--dump-vmsa writes one guest's pages, and several are asked for");
	if (!launch_vmsas(&v, &g->launch, r->type[0].signature, r->features[0], e))
		return false;
	for (uint32_t i = 0; i < request_most(r); i++) {
		owned(buf_free) struct buf name = BUF(64);

		buf_fmt(&name, "vmsa%u.bin", i);
		if (!file_write(buf_cstr(&name),
				bytes_of(i ? v.page_other : v.page_first, VMSA_SIZE), e))
			return false;
	}
	return true;
}

/* ---- the verb */

static void notes(const struct request *r, const struct guest *g, struct answer *a)
{
	request_notes(r, a);
	if (r->mode == MODE_OVMF_HASH)
		answer_note(a, REASON_NOT_BOUND,
			    "the digest is of the firmware's pages alone, where --snp-ovmf-hash "
			    "goes on; no guest reports it");
	else
		guest_notes(g, r->mode == MODE_SNP, a);
}

static bool rows(struct report *p, struct guest *g, bool verbose, struct err *e)
{
	const struct table_sink sink = {put_row, NULL, p};

	if (!p->json) {
		put_head(p, verbose);
		return table_make(p->r, g, &sink, e);
	}
	json_key(&p->a->json, "digests");
	json_open(&p->a->json, '[');
	if (!table_make(p->r, g, &sink, e))
		return false;
	json_close(&p->a->json, ']');
	return true;
}

static bool measure(const struct tee_request *q, struct answer *a, struct err *e)
{
	owned(request_free) struct request r = {0};
	owned(guest_free) struct guest g = {0};
	struct report p = {&r, a, q->json != NULL};
	struct coverage c;

	if (q->args->n_operands > 0) {
		err_set(e, REASON_USAGE, "'%s' is a word too many: files are named by options",
			q->args->operands[0]);
		return err_hint(e, "`measure snp --ovmf FILE --vcpus N --vcpu-type NAME`; `measure "
				   "inspect FILE` shows its parts");
	}
	if (!request_read(&r, q->args, e))
		return false;
	r.files.watch = q->watch;
	a->verbatim.max = a->members.max = ROWS_MAX;
	if (!guest_load(&g, &r.files, r.profile[0], e))
		return false;
	g.launch.firmware_ld = r.resumes ? r.firmware_ld : NULL;
	if (!trace(&p, &g, e) || !rows(&p, &g, q->verbose, e) || !dump(&r, &g, e)) {
		buf_reset(&a->verbatim); /* half a table is no answer */
		return false;
	}
	notes(&r, &g, a);
	if (p.json) {
		c = guest_coverage(&g);
		json_key(&a->json, "coverage");
		coverage_json(&c, &a->json);
	}
	return true;
}

static int bid(struct bytes head, struct bytes tail)
{
	(void)head;
	return ovmf_is(tail) ? 100 : 0;
}

extern const struct tee ovmf_snp_tee;

const struct tee ovmf_snp_tee = {
	.name = "snp",
	.summary = "AMD SEV, SEV-ES, SEV-SNP: launch digests of a guest's files",
	.operands = "--ovmf FILE --vcpus N --vcpu-type NAME [--kernel FILE ...]",
	.opts = request_opts,
	.bid = bid,
	.difference = "all pages of firmware are measured, so every launch digest differs",
	.cause = module_cause,
	.measure = measure,
	.describe = ovmf_describe_file,
};
