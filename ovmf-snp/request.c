#include "ovmf-snp/request.h"

#include "measure/base/hex.h"
#include "ovmf-snp/request_args.h"
#include "ovmf-snp/request_list.h"

enum {
	O_MODE = REQUEST_OPTS,
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
	REQUEST_ROWS,
	[O_MODE] = {"mode", 0, OPT_VALUE, "MODE", modes, "what kind of guest (snp)"},
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

/*
 * Of modes without processors: what describes them stands in scripts for every mode, and is passed
 * over when it is spelt as it must be.
 */
static bool pass_over_processors(struct request *r, const struct args *args, struct err *e)
{
	if ((args_has(args, REQUEST_VCPUS) &&
	     !request_counts_spelt(args_value(args, REQUEST_VCPUS), e)) ||
	    (args_has(args, REQUEST_FEATURES) &&
	     !request_features_read(r, args_value(args, REQUEST_FEATURES), e)) ||
	    !request_processor_read(r, args, e))
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

static bool read_files(struct request *r, const struct args *args, struct err *e)
{
	r->files.ovmf = args_value(args, REQUEST_OVMF);
	r->files.svsm = args_value(args, O_SVSM);
	r->files.flat = r->mode != MODE_SNP;
	if (!r->files.ovmf)
		return err_set(e, REASON_USAGE, "--ovmf is missing");
	return request_files_read(r, args, e);
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
	    !request_monitor_read(r, args_value(args, REQUEST_VMM),
				  args_value(args, REQUEST_PROFILE), e) ||
	    (r->mode == MODE_SVSM && !read_vars(r, args, e)))
		return false;
	if (r->mode == MODE_SVSM && strcmp(r->profile[0]->vmm, "QEMU") != 0)
		return err_set(e, REASON_USAGE, "--mode snp:svsm is known of QEMU alone");
	if (bare)
		return pass_over_processors(r, args, e);
	if (!args_has(args, REQUEST_VCPUS))
		return err_set(e, REASON_USAGE, "--vcpus is missing in --mode %s", modes[r->mode]);
	if (!args_has(args, REQUEST_FEATURES))
		r->features[r->n_features++] = VMSA_FEATURES_DEFAULT;
	else if (!request_features_read(r, args_value(args, REQUEST_FEATURES), e))
		return false;
	fixed_features(r);
	return request_counts_read(r, args_value(args, REQUEST_VCPUS), e) &&
	       request_processor_read(r, args, e) && (r->n_types > 0 || request_typeless(r, e));
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
