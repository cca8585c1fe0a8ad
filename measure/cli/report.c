#include "measure/cli/report.h"

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/base/when.h"
#include "measure/cli/print.h"
#include "measure/cli/wrap.h"

#define SUBJECT_MAX (1u << 20)
#define INDENT 24u

/* Digests stay whole, whatever the width. */
static void put_value(struct buf *out, const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	buf_fmt(out, "      %-*s", (int)INDENT - 6, label);
	text_tame(out, bytes_str(text));
	buf_str(out, "\n");
}

void report_check(struct buf *out, const struct check *c)
{
	owned(buf_free) struct buf detail = BUF(4 * sizeof(c->detail));
	size_t before = out->n;

	text_tame(&detail, bytes_str(c->detail));
	buf_fmt(out, "%-5s %s", check_result_name(c->result), c->id);
	if (detail.n > 0)
		wrap_put(out, out->n - before, INDENT, buf_cstr(&detail));
	else
		buf_str(out, "\n");
	if (c->result != CHECK_FAIL)
		return;
	put_value(out, "expected", c->expected);
	put_value(out, "found", c->actual);
}

static void put_ca(struct buf *out, const struct x509 *ca)
{
	owned(buf_free) struct buf subject = BUF(SUBJECT_MAX);

	x509_subject(ca, &subject);
	if (subject.failed != REASON_NONE)
		buf_fail(out, subject.failed);
	buf_str(out, "\n           certified by ");
	text_tame(out, buf_bytes(&subject));
}

static void put_log(struct buf *out, const struct judged *j)
{
	if (j->log[0] == '\0')
		return;
	buf_str(out, "logged in  ");
	text_tame(out, bytes_str(j->log));
	buf_fmt(out, ", entry %llu\n", (unsigned long long)j->log_index);
}

static void put_rebuilders(struct buf *out, const struct judged *j)
{
	for (size_t i = 0; i < j->n_rebuilders; i++) {
		buf_str(out, "rebuilt by ");
		text_tame(out, bytes_str(j->rebuilder[i].name));
		buf_str(out, "  sha256:");
		hex_put(out, digest_bytes(&j->rebuilder[i].id));
		buf_str(out, "\n");
	}
}

void report_signers(struct buf *out, const struct judged *j)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct signed_header *h = &j->signer[i].statement->header;

		buf_str(out, "signed by  ");
		text_tame(out, bytes_str(j->signer[i].name));
		buf_str(out, "  sha256:");
		hex_put(out, digest_bytes(&j->signer[i].id));
		if (h->has_expires) {
			buf_str(out, "\n           until ");
			when_put(out, h->expires, "Z");
		}
		if (j->signer[i].ca)
			put_ca(out, j->signer[i].ca);
		buf_str(out, "\n");
	}
	put_rebuilders(out, j);
	put_log(out, j);
}

static void json_key_of(struct json_out *w, const char *name, const struct digest *id)
{
	json_open(w, '{');
	print_foreign(w, "name", name);
	json_key(w, "sha256");
	json_hex(w, digest_bytes(id));
	json_close(w, '}');
}

void report_signers_json(struct json_out *w, const struct judged *j)
{
	json_key(w, "signers");
	json_open(w, '[');
	for (size_t i = 0; i < j->n; i++)
		json_key_of(w, j->signer[i].name, &j->signer[i].id);
	json_close(w, ']');
	if (j->n_rebuilders == 0)
		return;
	json_key(w, "rebuilders");
	json_open(w, '[');
	for (size_t i = 0; i < j->n_rebuilders; i++)
		json_key_of(w, j->rebuilder[i].name, &j->rebuilder[i].id);
	json_close(w, ']');
}

const char *report_end(const struct err *failure)
{
	if (!failure)
		return "PASS";
	return reason_class(failure->reason) == EXIT_CLASS_UNDECIDED ? "UNDECIDED" : "FAIL";
}
