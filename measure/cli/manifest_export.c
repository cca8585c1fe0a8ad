#include "measure/base/file.h"
#include "measure/cli/cli.h"
#include "measure/cli/findings.h"
#include "measure/cli/verbs.h"
#include "reference-db/bundle.h"
#include "reference-db/corim.h"
#include "reference-db/export.h"

enum { O_TO, O_OUTPUT };

static const struct opt opts[] = {
	[O_TO] = {"to", 0, OPT_VALUE, "FORMAT", export_names, "the form to write it in"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL,
		      "the file to write instead of standard output"},
	{0},
};

static void note_left_out(const struct export_format *f, const struct manifest *m, struct answer *a)
{
	const struct value *first;
	size_t n = export_left_out(f, m, &first);
	const char *name = n > 0 && first->key[0] ? first->key : "a value without a name";

	if (n == 1)
		answer_note(a, REASON_EXPORT_PARTIAL, "%s is not part of it", name);
	else if (n > 1)
		answer_note(a, REASON_EXPORT_PARTIAL, "%s and %zu more are not part of it", name,
			    n - 1);
}

static bool export_file(const struct export_format *f, struct bytes file, struct answer *a,
			struct buf *out, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};
	struct corim_file corim;
	struct lint l = {0};
	struct export_source s = {.manifest = &m};

	if (!corim_open(&corim, file, &l, e) || !corim_read(&m, corim.payload, corim.base, &l, e))
		return findings_refuse(&l, e);
	findings_note(&l, a);
	note_left_out(f, &m, a);
	s.payload = corim.payload;
	return export_write(f, &s, out, e);
}

/* With -o the file has the text, and the answer says what was written. */
static bool deliver(struct cli *c, struct answer *a, const struct buf *text, struct err *e)
{
	const char *path = args_value(&c->args, O_OUTPUT);

	json_key(&a->json, "format");
	json_str(&a->json, args_value(&c->args, O_TO));
	json_key(&a->json, "size");
	json_u64(&a->json, text->n);
	if (path)
		return file_write(path, buf_bytes(text), e);
	if (!c->json) {
		buf_put(&c->text, buf_bytes(text));
		return true;
	}
	a->members.max = CLI_TEXT_MAX;
	json_key(&a->json, "text");
	json_string(&a->json, buf_bytes(text));
	return true;
}

static bool export_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf file = BUF(BUNDLE_MAX), text = BUF(EXPORT_MAX);
	const char *path, *name, *to = args_value(&c->args, O_OUTPUT);

	if (!cli_operand(c, "FILE", &path, e) || !cli_needs(c, O_TO, &name, e) ||
	    (to && !out_distinct(to, path, e)) || !file_slurp(path, BUNDLE_MAX, &file, e))
		return false;
	if (!export_file(export_find(name), buf_bytes(&file), a, &text, e))
		return err_subject(e, path);
	return deliver(c, a, &text, e);
}

const struct verb verb_manifest_export = {
	.name = "manifest export",
	.summary = "a manifest in the form that another program reads; signatures are not checked",
	.usage = "FILE --to FORMAT [-o FILE]",
	.opts = opts,
	.run = export_run,
};
