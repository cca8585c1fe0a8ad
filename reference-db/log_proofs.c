#include "reference-db/log_proofs.h"

#include "measure/base/text.h"
#include "reference-db/log_proof.h"

static enum bundle_type type_of(const struct log_proof *p)
{
	return p->form == LOG_PROOF_TLOG ? BUNDLE_TLOG_PROOF : BUNDLE_SIGSUM_PROOF;
}

bool log_proofs_check(const struct bundle_set *s, size_t i, struct err *e)
{
	owned(log_proof_free) struct log_proof p = {0};
	const struct bundle_member *m = &s->member[i];

	if (!log_proof_read(&p, m->bytes, m->at, e))
		return err_in(e, "proof/%03zu", i);
	return type_of(&p) == m->type ||
	       err_at(e, REASON_BUNDLE, m->at, "proof/%03zu is of another form than its type says",
		      i);
}

bool log_proofs_add(struct bundle_set *s, struct bytes in, uint64_t at, struct err *e)
{
	owned(log_proof_free) struct log_proof p = {0};

	if (!log_proof_read(&p, in, at, e))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (bytes_equal(s->member[i].bytes, in))
			return true;
	if (s->n == BUNDLE_PROOFS)
		return err_set(e, REASON_LIMIT, "more than %u proofs of publication",
			       BUNDLE_PROOFS);
	s->member[s->n++] = (struct bundle_member){type_of(&p), in, at};
	return true;
}

void log_proofs_text(const struct bundle_set *s, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		owned(log_proof_free) struct log_proof p = {0};
		struct err e = {0};

		if (!log_proof_read(&p, s->member[i].bytes, 0, &e)) {
			buf_fail(out, e.reason);
			return;
		}
		buf_str(out, "Proof       ");
		text_tame(out, p.origin);
		buf_fmt(out, ", entry %llu of %llu\n", (unsigned long long)p.index,
			(unsigned long long)p.head.size);
	}
}

static void json_proof(struct json_out *w, const struct log_proof *p)
{
	owned(buf_free) struct buf origin = BUF(4 * LOG_PROOF_MAX);

	text_tame(&origin, p->origin);
	if (origin.failed != REASON_NONE)
		buf_fail(w->out, origin.failed);
	json_open(w, '{');
	json_key(w, "form");
	json_str(w, p->form == LOG_PROOF_TLOG ? "tlog-proof" : "sigsum");
	json_key(w, "log");
	json_string(w, buf_bytes(&origin));
	json_key(w, "index");
	json_u64(w, p->index);
	json_key(w, "size");
	json_u64(w, p->head.size);
	json_key(w, "root");
	json_hex(w, digest_bytes(&p->head.root));
	json_close(w, '}');
}

void log_proofs_json(const struct bundle_set *s, struct json_out *w)
{
	if (s->n == 0)
		return;
	json_key(w, "proofs");
	json_open(w, '[');
	for (size_t i = 0; i < s->n; i++) {
		owned(log_proof_free) struct log_proof p = {0};
		struct err e = {0};

		if (!log_proof_read(&p, s->member[i].bytes, 0, &e)) {
			buf_fail(w->out, e.reason);
			return;
		}
		json_proof(w, &p);
	}
	json_close(w, ']');
}
