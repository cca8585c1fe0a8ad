#include "measure/cli/report.h"

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/base/when.h"

#define SUBJECT_MAX (1u << 20)

static void put_line(struct buf *out, const char *label, const char *text)
{
	buf_fmt(out, "      %-10s ", label);
	text_tame(out, bytes_str(text));
	buf_str(out, "\n");
}

void report_check(struct buf *out, const struct check *c)
{
	buf_fmt(out, "%-5s %-10s ", check_result_name(c->result), c->id);
	text_tame(out, bytes_str(c->detail));
	buf_str(out, "\n");
	if (c->result != CHECK_FAIL || c->expected[0] == '\0')
		return;
	put_line(out, "expected", c->expected);
	if (c->actual[0] != '\0')
		put_line(out, "found", c->actual);
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
}
