#include "ovmf-snp/request_args.h"

#include "ovmf-snp/request_list.h"
#include "ovmf-snp/vcpu.h"

/* ---- files */

/* What comes from a pipe comes once. */
static bool check_streams(const struct request *r, const struct args *args, struct err *e)
{
	const char *const paths[] = {r->files.kernel, r->files.initrd, r->files.svsm,
				     args_value(args, REQUEST_APPEND_FILE)};
	unsigned streams = 0;
	const char *ovmf;

	for (size_t i = 0; (ovmf = args_item(args, REQUEST_OVMF, i)); i++)
		streams += strcmp(ovmf, "-") == 0;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		streams += paths[i] && strcmp(paths[i], "-") == 0;
	return streams < 2 || err_set(e, REASON_USAGE,
				      "%u files are - , and standard input is one stream", streams);
}

bool request_files_read(struct request *r, const struct args *args, struct err *e)
{
	const char *text = args_value(args, REQUEST_APPEND);
	const char *path = args_value(args, REQUEST_APPEND_FILE);
	bool words = path || (text && text[0] != '\0');

	r->files.kernel = args_value(args, REQUEST_KERNEL);
	r->files.initrd = args_value(args, REQUEST_INITRD);
	if (!r->files.kernel && (r->files.initrd || words))
		return err_set(e, REASON_USAGE, "--%s means nothing without --kernel",
			       path    ? "append-file"
			       : words ? "append"
				       : "initrd");
	if (r->mode == MODE_OVMF_HASH || r->mode == MODE_SVSM)
		r->files.kernel = r->files.initrd = NULL;
	return check_streams(r, args, e) && request_append_read(r, text, path, e);
}

/* ---- processors */

static bool by_family(struct request *r, const struct args *args, struct err *e)
{
	uint64_t family, model, stepping;
	uint32_t signature;

	if (!args_has(args, REQUEST_FAMILY) || !args_has(args, REQUEST_MODEL) ||
	    !args_has(args, REQUEST_STEPPING))
		return err_set(e, REASON_USAGE,
			       "--vcpu-family, --vcpu-model and --vcpu-stepping belong together");
	return request_number("vcpu-family", args_value(args, REQUEST_FAMILY), &family, e) &&
	       request_number("vcpu-model", args_value(args, REQUEST_MODEL), &model, e) &&
	       request_number("vcpu-stepping", args_value(args, REQUEST_STEPPING), &stepping, e) &&
	       vcpu_signature(family, model, stepping, &signature, e) &&
	       request_type_add(r, vcpu_name(signature), signature, e);
}

/*
 * What was just added behind `weaker` types is stronger than they are, as with sev-snp-measure.
 * Types of that signature stay, since they say the same and have names.
 */
static void outweigh(struct request *r, size_t weaker, const char *option)
{
	const struct request_type stronger = r->type[r->n_types - 1];
	bool same = weaker > 0;

	for (size_t i = 0; i < weaker; i++)
		same = same && r->type[i].signature == stronger.signature;
	r->n_types = same ? weaker : 1;
	if (!same)
		r->type[0] = stronger;
	if (!same && weaker > 0)
		r->outweighs = option;
}

bool request_processor_read(struct request *r, const struct args *args, struct err *e)
{
	size_t weaker;

	if (args_has(args, REQUEST_TYPE) &&
	    !request_types_read(r, args_value(args, REQUEST_TYPE), e))
		return false;
	weaker = r->n_types;
	if (args_has(args, REQUEST_SIG)) {
		if (!request_signature_read(r, args_value(args, REQUEST_SIG), e))
			return false;
		outweigh(r, weaker, "vcpu-sig");
	}
	weaker = r->n_types;
	if (args_has(args, REQUEST_FAMILY) || args_has(args, REQUEST_MODEL) ||
	    args_has(args, REQUEST_STEPPING)) {
		if (!by_family(r, args, e))
			return false;
		outweigh(r, weaker, "vcpu-family");
	}
	return true;
}

/* ---- telling */

void request_notes(const struct request *r, struct answer *a)
{
	if (r->outweighs)
		answer_note(a, REASON_OUTWEIGHED,
			    "--%s counts, and the others that name a processor name another one",
			    r->outweighs);
	for (size_t i = 0; i < r->n_features; i++)
		if (r->features[i] & ~VMSA_FEATURES_KNOWN)
			answer_note(a, REASON_UNKNOWN_FEATURES,
				    "--guest-features 0x%llx has bits without a name: 0x%llx",
				    (unsigned long long)r->features[i],
				    (unsigned long long)(r->features[i] & ~VMSA_FEATURES_KNOWN));
}
