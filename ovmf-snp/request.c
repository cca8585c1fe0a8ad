#include "ovmf-snp/request.h"

#include <stdlib.h>

#include "measure/base/hex.h"
#include "ovmf-snp/request_list.h"
#include "ovmf-snp/vcpu.h"

#define FEATURES_DEFAULT VMSA_FEATURES_DEFAULT

enum {
	O_MODE,
	O_OVMF,
	O_KERNEL,
	O_INITRD,
	O_APPEND,
	O_APPEND_FILE,
	O_VCPUS,
	O_TYPE,
	O_SIG,
	O_FAMILY,
	O_MODEL,
	O_STEPPING,
	O_VMM,
	O_PROFILE,
	O_FEATURES,
	O_HASH,
	O_SVSM,
	O_VARS_SIZE,
	O_VARS_FILE,
	O_FORMAT,
	O_CSV,
	O_TRACE,
	O_DUMP,
	OPTS
};

static const char *const modes[] = {"snp", "snp:ovmf-hash", "seves", "sev", "snp:svsm", NULL};
static const char *const titles[] = {"SEV_SNP", "SEV_SNP_OVMF_HASH", "SEV_ES", "SEV",
				     "SEV_SNP_SVSM"};
static const char *const formats[] = {"hex", "base64", NULL};

const struct opt request_opts[OPTS + 1] = {
	[O_MODE] = {"mode", 0, OPT_VALUE, "MODE", modes, "what kind of guest (snp)"},
	[O_OVMF] = {"ovmf", 0, OPT_VALUE, "FILE", NULL, "the firmware"},
	[O_KERNEL] = {"kernel", 0, OPT_VALUE, "FILE", NULL, "the kernel, bound through its hash"},
	[O_INITRD] = {"initrd", 0, OPT_VALUE, "FILE", NULL, "the initial ramdisk"},
	[O_APPEND] = {"append", 0, OPT_VALUE, "TEXT", NULL, "the kernel's command line"},
	[O_APPEND_FILE] = {"append-file", 0, OPT_VALUE, "FILE", NULL,
			   "or a file that holds it, byte for byte"},
	[O_VCPUS] = {"vcpus", 0, OPT_VALUE, "N[-M],...", NULL, "numbers of virtual processors"},
	[O_TYPE] = {"vcpu-type", 0, OPT_VALUE, "NAME,...|all", NULL,
		    "types of processors as QEMU calls them"},
	[O_SIG] = {"vcpu-sig", 0, OPT_VALUE, "N", NULL, "or the processor's signature"},
	[O_FAMILY] = {"vcpu-family", 0, OPT_VALUE, "N", NULL, "or its family"},
	[O_MODEL] = {"vcpu-model", 0, OPT_VALUE, "N", NULL, "with its model"},
	[O_STEPPING] = {"vcpu-stepping", 0, OPT_VALUE, "N", NULL, "and its stepping"},
	[O_VMM] = {"vmm-type", 0, OPT_VALUE, "NAME", NULL,
		   "QEMU, ec2 or gce: the newest profile of that monitor (QEMU)"},
	[O_PROFILE] = {"profile", 0, OPT_VALUE, "NAME,...|all", NULL,
		       "or profiles: qemu, qemu-legacy, ec2, ec2-legacy, gce, gce-genoa"},
	[O_FEATURES] = {"guest-features", 0, OPT_VALUE, "N,...", NULL, "SEV_FEATURES (0x1)"},
	[O_HASH] = {"snp-ovmf-hash", 0, OPT_VALUE, "HEX", NULL,
		    "the digest of the firmware's pages, from --mode snp:ovmf-hash"},
	[O_SVSM] = {"svsm", 0, OPT_VALUE, "FILE", NULL, "the SVSM of --mode snp:svsm"},
	[O_VARS_SIZE] = {"vars-size", 0, OPT_VALUE, "N", NULL,
			 "bytes of the variable store between SVSM and firmware"},
	[O_VARS_FILE] = {"vars-file", 0, OPT_VALUE, "FILE", NULL, "or the store itself"},
	[O_FORMAT] = {"output-format", 0, OPT_VALUE, "FORMAT", formats, "of the one line (hex)"},
	[O_CSV] = {"csv", 0, OPT_FLAG, NULL, NULL, "a table as comma-separated values"},
	[O_TRACE] = {"trace", 0, OPT_FLAG, NULL, NULL,
		     "every step of the launch: address, type, digest, owner"},
	[O_DUMP] = {"dump-vmsa", 0, OPT_FLAG, NULL, NULL,
		    "write the processors' pages to vmsa0.bin, vmsa1.bin, ..."},
	{0},
};

const char *snp_mode_name(enum snp_mode m)
{
	return modes[m];
}

const char *snp_mode_title(enum snp_mode m)
{
	return titles[m];
}

/* ---- one option after the other */

static bool by_family(struct request *r, const struct args *args, struct err *e)
{
	uint64_t family, model, stepping;
	uint32_t signature;

	if (!args_has(args, O_FAMILY) || !args_has(args, O_MODEL) || !args_has(args, O_STEPPING))
		return err_set(e, REASON_USAGE,
			       "--vcpu-family, --vcpu-model and --vcpu-stepping belong together");
	return request_number("vcpu-family", args_value(args, O_FAMILY), &family, e) &&
	       request_number("vcpu-model", args_value(args, O_MODEL), &model, e) &&
	       request_number("vcpu-stepping", args_value(args, O_STEPPING), &stepping, e) &&
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

/* By type, signature and family, each of which outweighs those before it. */
static bool read_processor(struct request *r, const struct args *args, struct err *e)
{
	size_t weaker;

	if (args_has(args, O_TYPE) && !request_types_read(r, args_value(args, O_TYPE), e))
		return false;
	weaker = r->n_types;
	if (args_has(args, O_SIG)) {
		if (!request_signature_read(r, args_value(args, O_SIG), e))
			return false;
		outweigh(r, weaker, "vcpu-sig");
	}
	weaker = r->n_types;
	if (args_has(args, O_FAMILY) || args_has(args, O_MODEL) || args_has(args, O_STEPPING)) {
		if (!by_family(r, args, e))
			return false;
		outweigh(r, weaker, "vcpu-family");
	}
	return true;
}

/*
 * Of modes without processors: what describes them stands in scripts for every mode, and is passed
 * over when it is spelt as it must be.
 */
static bool pass_over_processors(struct request *r, const struct args *args, struct err *e)
{
	if ((args_has(args, O_VCPUS) && !request_counts_spelt(args_value(args, O_VCPUS), e)) ||
	    (args_has(args, O_FEATURES) &&
	     !request_features_read(r, args_value(args, O_FEATURES), e)) ||
	    !read_processor(r, args, e))
		return false;
	r->n_types = r->n_features = 0;
	r->outweighs = NULL;
	return request_type_add(r, NULL, 0, e);
}

static bool read_vars(struct request *r, const struct args *args, struct err *e)
{
	const char *path = args_value(args, O_VARS_FILE);
	owned(file_close) struct file f = FILE_NONE;

	if (!args_has(args, O_SVSM))
		return err_set(e, REASON_USAGE, "--mode snp:svsm needs --svsm");
	if (args_has(args, O_VARS_SIZE) == (path != NULL))
		return err_set(e, REASON_USAGE,
			       "--mode snp:svsm needs either --vars-size or --vars-file");
	if (!path)
		return request_number("vars-size", args_value(args, O_VARS_SIZE),
				      &r->files.vars_size, e);
	if (!file_open(&f, path, e))
		return false;
	if (f.stream)
		return err_set(e, REASON_USAGE,
			       "--vars-file: a stream has no size; --vars-size tells it");
	r->files.vars_size = f.size;
	return true;
}

static bool read_hash(struct request *r, const struct args *args, struct err *e)
{
	owned(buf_free) struct buf hash = BUF(256);

	if (!args_has(args, O_HASH))
		return true;
	if (!hex_read(args_value(args, O_HASH), "--snp-ovmf-hash", &hash, e))
		return false;
	if (hash.n != GCTX_LD)
		return err_set(e, REASON_USAGE, "--snp-ovmf-hash: %zu bytes, %u are needed", hash.n,
			       GCTX_LD);
	if (bytes_zero(buf_bytes(&hash)))
		return err_set(e, REASON_ZERO_MEASUREMENT, "--snp-ovmf-hash is all zero");
	memcpy(r->firmware_ld, hash.p, GCTX_LD);
	r->resumes = true;
	return true;
}

/* Of one guest: what comes from a pipe comes once. */
static bool check_streams(const struct guest_files *f, const char *append, struct err *e)
{
	const char *const paths[] = {f->ovmf, f->kernel, f->initrd, f->svsm, append};
	unsigned streams = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		streams += paths[i] && strcmp(paths[i], "-") == 0;
	return streams < 2 || err_set(e, REASON_USAGE,
				      "%u files are - , and standard input is one stream", streams);
}

/*
 * A kernel is bound by guests that have a table of hashes. The other modes pass it over, as
 * sev-snp-measure does, and say that it is not bound.
 */
static bool read_files(struct request *r, const struct args *args, struct err *e)
{
	const char *text = args_value(args, O_APPEND), *path = args_value(args, O_APPEND_FILE);
	bool append = path || (text && text[0] != '\0');

	r->files.ovmf = args_value(args, O_OVMF);
	r->files.kernel = args_value(args, O_KERNEL);
	r->files.initrd = args_value(args, O_INITRD);
	r->files.svsm = args_value(args, O_SVSM);
	r->files.flat = r->mode != MODE_SNP;
	if (!r->files.ovmf)
		return err_set(e, REASON_USAGE, "--ovmf is missing");
	if (!r->files.kernel && (r->files.initrd || append))
		return err_set(e, REASON_USAGE, "--%s means nothing without --kernel",
			       append ? "append" : "initrd");
	if (r->mode == MODE_OVMF_HASH || r->mode == MODE_SVSM)
		r->files.kernel = r->files.initrd = NULL;
	return check_streams(&r->files, path, e) && request_append_read(r, text, path, e);
}

/* Options that a mode does not know are refused, not passed over. */
static bool check_mode(const struct request *r, const struct args *args, struct err *e)
{
	static const struct {
		unsigned opt, modes;
	} rules[] = {
		{O_TRACE, 1u << MODE_SNP | 1u << MODE_OVMF_HASH | 1u << MODE_SVSM},
		{O_DUMP, 1u << MODE_SNP | 1u << MODE_SEVES | 1u << MODE_SVSM},
		{O_HASH, 1u << MODE_SNP},
		{O_SVSM, 1u << MODE_SVSM},
		{O_VARS_SIZE, 1u << MODE_SVSM},
		{O_VARS_FILE, 1u << MODE_SVSM},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (args_has(args, rules[i].opt) && !(rules[i].modes >> r->mode & 1))
			return err_set(e, REASON_USAGE, "--%s means nothing in --mode %s",
				       request_opts[rules[i].opt].name, modes[r->mode]);
	return true;
}

/* Where the monitor knows no choice, a list of features is one row. */
static void fixed_features(struct request *r)
{
	if (r->mode != MODE_SEVES && r->mode != MODE_SVSM)
		return;
	r->n_features = 1;
	r->features[0] = r->mode == MODE_SVSM ? VMSA_FEATURES_DEFAULT : 0u;
}

bool request_read(struct request *r, const struct args *args, struct err *e)
{
	const char *mode = args_value(args, O_MODE), *format = args_value(args, O_FORMAT);
	bool bare;

	*r = (struct request){.append = BUF(REQUEST_APPEND_MAX)};
	while (mode && strcmp(modes[r->mode], mode) != 0)
		r->mode++;
	bare = r->mode == MODE_SEV || r->mode == MODE_OVMF_HASH;
	r->base64 = format && strcmp(format, "base64") == 0;
	r->csv = args_has(args, O_CSV);
	r->trace = args_has(args, O_TRACE);
	r->dump = args_has(args, O_DUMP);
	if (!check_mode(r, args, e) || !read_files(r, args, e) || !read_hash(r, args, e) ||
	    !request_monitor_read(r, args_value(args, O_VMM), args_value(args, O_PROFILE), e) ||
	    (r->mode == MODE_SVSM && !read_vars(r, args, e)))
		return false;
	if (r->mode == MODE_SVSM && strcmp(r->profile[0]->vmm, "QEMU") != 0)
		return err_set(e, REASON_USAGE, "--mode snp:svsm is known of QEMU alone");
	if (bare)
		return pass_over_processors(r, args, e);
	if (!args_has(args, O_VCPUS))
		return err_set(e, REASON_USAGE, "--vcpus is missing in --mode %s", modes[r->mode]);
	if (!args_has(args, O_FEATURES))
		r->features[r->n_features++] = FEATURES_DEFAULT;
	else if (!request_features_read(r, args_value(args, O_FEATURES), e))
		return false;
	fixed_features(r);
	return request_counts_read(r, args_value(args, O_VCPUS), e) && read_processor(r, args, e) &&
	       (r->n_types > 0 || request_typeless(r, e));
}

void request_free(struct request *r)
{
	buf_free(&r->append);
}

bool request_is_one(const struct request *r)
{
	return r->n_profiles <= 1 && r->n_types <= 1 && r->n_features <= 1 && r->n_counts <= 1 &&
	       (r->n_counts == 0 || r->count[0].from == r->count[0].to);
}

uint32_t request_most(const struct request *r)
{
	uint32_t most = 0;

	for (size_t i = 0; i < r->n_counts; i++)
		most = r->count[i].to > most ? r->count[i].to : most;
	return most;
}

bool request_counts(const struct request *r, uint32_t vcpus)
{
	for (size_t i = 0; i < r->n_counts; i++)
		if (r->count[i].from <= vcpus && vcpus <= r->count[i].to)
			return true;
	return false;
}
