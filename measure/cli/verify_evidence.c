#include "measure/cli/program.h"
#include "measure/cli/verify.h"

#define ENDS 4096u
#define TEXT_MIN 64u /* characters: fewer are as well a word */

void verify_free(struct verified *f)
{
	buf_free(&f->evidence);
	claims_free(&f->claims);
}

/* ---- what it may be instead */

static bool is_image(struct bytes b)
{
	struct bytes head = bytes_of(b.p, b.n < ENDS ? b.n : ENDS);
	struct bytes tail = bytes_of(b.p + b.n - head.n, head.n);
	bool is = bytes_start(head, bytes_str(".eif"));

	for (size_t i = 0; program.images && program.images[i]; i++)
		is = is || program.images[i]->bid(head, tail) > 0;
	return is;
}

/* A CoRIM, signed or not, or a bundle of both. */
static bool is_manifest(struct bytes b)
{
	static const char *const marks[] = {"rim+cbor", "urn:x-measure:bundle"};
	struct bytes head = bytes_of(b.p, b.n < ENDS ? b.n : ENDS);

	for (size_t i = 0; i < 2; i++)
		if (head.n > 0 && memmem(head.p, head.n, marks[i], strlen(marks[i])))
			return true;
	return bytes_start(head, bytes_str("\xd9\x01\xf5"));
}

static bool is_text_of(struct bytes b, const char *letters)
{
	size_t n = 0;

	for (size_t i = 0; i < b.n; i++) {
		bool blank = memchr(" \t\r\n", b.p[i], 4) != NULL;

		if (!blank && (b.p[i] == '\0' || !strchr(letters, b.p[i])))
			return false;
		n += !blank;
	}
	return n >= TEXT_MIN;
}

#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"
#define BASE64 DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/="

static const char *hint_for(struct bytes b)
{
	if (is_image(b))
		return "this is an image: `measure check` compares images with a manifest";
	if (is_manifest(b))
		return "this is a manifest: give it with --manifest, and the evidence itself";
	if (bytes_start(b, bytes_str("-----BEGIN ")))
		return "this is PEM: certificates are given with --chain, --vek, --root or --ark";
	if (bytes_start(b, bytes_str("eyJ")))
		return "this is a token of a service, which this version does not read";
	if (is_text_of(b, HEX))
		return "this is hexadecimal text: `xxd -r -p` makes bytes of it";
	if (is_text_of(b, BASE64))
		return "this is base64 text: `base64 -d` makes bytes of it";
	return NULL;
}

bool verify_not_evidence(struct bytes found, struct err *e)
{
	const char *hint = hint_for(found);

	if (found.n == 0)
		return err_set(e, REASON_NOT_EVIDENCE, "the file is empty");
	err_set(e, REASON_NOT_EVIDENCE, "is no evidence of a kind that is known here");
	return hint ? err_hint(e, "%s", hint) : false;
}

/* ---- what it is worth */

/* Of more than there can be the beginning alone, which tells what it is. */
static bool slurp(const char *path, struct buf *out, bool *whole, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	uint8_t *to;
	size_t got = 0;

	*out = BUF(EVIDENCE_MAX + 1);
	to = buf_room(out, EVIDENCE_MAX + 1);
	if (!to)
		return buf_done(out, "the evidence", e);
	if (!file_open(&f, path, e) || !file_read(&f, (struct span){to, EVIDENCE_MAX + 1}, &got, e))
		return false;
	out->n = got;
	*whole = got <= EVIDENCE_MAX;
	return true;
}

static bool judge(struct verify_job *job, const char *path, struct verified *f, struct err *e)
{
	struct evidence_request request = job->request;
	bool whole = false;

	if (!slurp(path, &f->evidence, &whole, e))
		return false;
	request.evidence = buf_bytes(&f->evidence);
	f->format = evidence_find(evidence_table, request.evidence);
	if (!f->format)
		return verify_not_evidence(request.evidence, e);
	if (!whole)
		return err_set(e, REASON_LIMIT, "has more than the %u bytes that evidence may have",
			       EVIDENCE_MAX);
	return f->format->authenticate(&request, &f->claims, &f->verdict, e) &&
	       verify_expect(job, f->claims, e) &&
	       appraise(f->claims, &job->expected, &f->appraisal, &f->verdict, e);
}

bool verify_evidence(struct verify_job *job, const char *path, struct verified *f, struct err *e)
{
	if (judge(job, path, f, e))
		return true;
	return reason_class(e->reason) == EXIT_CLASS_MALFORMED ? err_subject(e, path) : false;
}
