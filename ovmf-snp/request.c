#include "ovmf-snp/request.h"

#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "ovmf-snp/vcpu.h"

#define APPEND_MAX (1u << 20)
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

/* ---- numbers and lists */

/* Decimal, 0x, 0o or 0b, as Python reads them. */
static bool number(const char *word, size_t n, uint64_t *out)
{
	unsigned base = 10;
	uint64_t x = 0;
	size_t i = 0;

	if (n > 2 && word[0] == '0' && strchr("xXoObB", word[1])) {
		base = word[1] == 'x' || word[1] == 'X'	  ? 16
		       : word[1] == 'o' || word[1] == 'O' ? 8
							  : 2;
		i = 2;
	}
	if (i == n)
		return false;
	for (; i < n; i++) {
		const char *digits = "0123456789abcdef";
		char c = word[i] >= 'A' && word[i] <= 'F' ? (char)(word[i] + 32) : word[i];
		const char *at = c ? strchr(digits, c) : NULL;

		if (!at || (unsigned)(at - digits) >= base || !num_mul(x, base, &x) ||
		    !num_add(x, (uint64_t)(at - digits), &x))
			return false;
	}
	*out = x;
	return true;
}

/* The next word of a list separated by commas; false at its end. */
static bool next_word(const char **at, struct bytes *word)
{
	size_t n;

	if (!*at)
		return false;
	n = strcspn(*at, ",");
	*word = bytes_of(*at, n);
	*at = (*at)[n] == ',' ? *at + n + 1 : NULL;
	return true;
}

static bool wrong(const char *option, struct bytes word, const char *what, struct err *e)
{
	return err_set(e, REASON_USAGE, "--%s: '%.*s' is %s", option,
		       (int)(word.n < 80 ? word.n : 80), (const char *)word.p, what);
}

static bool full(const char *option, size_t n, struct err *e)
{
	if (n < REQUEST_LIST)
		return true;
	return err_set(e, REASON_USAGE, "--%s: the list has more than %u items", option,
		       REQUEST_LIST);
}

static bool read_counts(struct request *r, const char *list, struct err *e)
{
	struct bytes word;

	while (next_word(&list, &word)) {
		const char *text = (const char *)word.p;
		const char *dash = word.n > 0 ? memchr(text + 1, '-', word.n - 1) : NULL;
		size_t first = dash ? (size_t)(dash - text) : word.n;
		uint64_t from, to;

		if (!full("vcpus", r->n_counts, e))
			return false;
		if (!number(text, first, &from) ||
		    !(dash ? number(dash + 1, word.n - first - 1, &to) : number(text, first, &to)))
			return wrong("vcpus", word, "no number of processors, nor a range of them",
				     e);
		if (from < 1 || to > LAUNCH_VCPUS_MAX || from > to)
			return err_set(e, REASON_USAGE, "--vcpus: %llu to %llu is outside 1 to %u",
				       (unsigned long long)from, (unsigned long long)to,
				       LAUNCH_VCPUS_MAX);
		r->count[r->n_counts].from = (uint32_t)from;
		r->count[r->n_counts++].to = (uint32_t)to;
	}
	return true;
}

static bool read_features(struct request *r, const char *list, struct err *e)
{
	struct bytes word;

	while (next_word(&list, &word)) {
		if (!full("guest-features", r->n_features, e))
			return false;
		if (!number((const char *)word.p, word.n, &r->features[r->n_features++]))
			return wrong("guest-features", word, "no number of at most 64 bits", e);
	}
	return true;
}

static bool add_type(struct request *r, const char *name, uint32_t signature, struct err *e)
{
	if (!full("vcpu-type", r->n_types, e))
		return false;
	r->type[r->n_types++] = (struct request_type){name, signature};
	return true;
}

static bool read_types(struct request *r, const char *list, struct err *e)
{
	const struct vcpu_type *t;
	struct bytes word;
	char name[64];

	if (strcmp(list, "all") == 0) {
		for (t = vcpu_types; t->name; t++)
			if (!add_type(r, t->name, t->signature, e))
				return false;
		return true;
	}
	while (next_word(&list, &word)) {
		if (word.n >= sizeof(name))
			return wrong("vcpu-type", word, "no type of processor that is known", e);
		memcpy(name, word.p, word.n);
		name[word.n] = '\0';
		if (!vcpu_find(name, &t, e))
			return err_in(e, "--vcpu-type");
		if (!add_type(r, t->name, t->signature, e))
			return false;
	}
	return true;
}

static bool read_profiles(struct request *r, const char *list, struct err *e)
{
	const struct profile *p;
	struct bytes word;
	char name[32];

	if (strcmp(list, "all") == 0) {
		for (p = profiles; p->name; p++)
			r->profile[r->n_profiles++] = p;
		return true;
	}
	while (next_word(&list, &word)) {
		if (!full("profile", r->n_profiles, e))
			return false;
		memset(name, 0, sizeof(name));
		if (word.n < sizeof(name))
			memcpy(name, word.p, word.n);
		p = profile_find(name);
		if (!p)
			return wrong("profile", word,
				     "none of qemu, qemu-legacy, ec2, ec2-legacy, gce, gce-genoa",
				     e);
		r->profile[r->n_profiles++] = p;
	}
	return true;
}

/* ---- one option after the other */

static bool read_number(const struct args *args, unsigned opt, uint64_t *out, struct err *e)
{
	const char *value = args_value(args, opt);

	*out = 0;
	if (!value || number(value, strlen(value), out))
		return true;
	return wrong(request_opts[opt].name, bytes_str(value), "no number", e);
}

static bool by_family(struct request *r, const struct args *args, struct err *e)
{
	uint64_t family, model, stepping;
	uint32_t signature;

	if (!args_has(args, O_FAMILY) || !args_has(args, O_MODEL) || !args_has(args, O_STEPPING))
		return err_set(e, REASON_USAGE,
			       "--vcpu-family, --vcpu-model and --vcpu-stepping belong together");
	return read_number(args, O_FAMILY, &family, e) && read_number(args, O_MODEL, &model, e) &&
	       read_number(args, O_STEPPING, &stepping, e) &&
	       vcpu_signature(family, model, stepping, &signature, e) &&
	       add_type(r, vcpu_name(signature), signature, e);
}

static bool by_signature(struct request *r, const struct args *args, struct err *e)
{
	uint64_t x;

	if (!read_number(args, O_SIG, &x, e))
		return false;
	if (x > UINT32_MAX)
		return err_set(e, REASON_USAGE, "--vcpu-sig: 0x%llx has more than 32 bits",
			       (unsigned long long)x);
	return add_type(r, vcpu_name((uint32_t)x), (uint32_t)x, e);
}

/* Only one of the three ways, so that none is passed over in silence. */
static bool read_processor(struct request *r, const struct args *args, struct err *e)
{
	bool family =
		args_has(args, O_FAMILY) || args_has(args, O_MODEL) || args_has(args, O_STEPPING);
	bool qemu = false;

	if (family + args_has(args, O_SIG) + args_has(args, O_TYPE) > 1)
		return err_set(e, REASON_USAGE,
			       "--vcpu-type, --vcpu-sig and --vcpu-family say the "
			       "same; one of them is enough");
	if (family)
		return by_family(r, args, e);
	if (args_has(args, O_SIG))
		return by_signature(r, args, e);
	if (args_has(args, O_TYPE))
		return read_types(r, args_value(args, O_TYPE), e);
	for (size_t i = 0; i < r->n_profiles; i++)
		qemu = qemu || r->profile[i]->signature_in_rdx;
	if (qemu || r->mode == MODE_SVSM)
		return err_set(e, REASON_USAGE,
			       "--vcpu-type is missing: QEMU measures the type of processor");
	return add_type(r, NULL, 0, e);
}

static bool read_monitor(struct request *r, const struct args *args, struct err *e)
{
	const char *vmm = args_value(args, O_VMM);

	if (vmm && args_has(args, O_PROFILE))
		return err_set(e, REASON_USAGE,
			       "--profile says more than --vmm-type; one is enough");
	if (args_has(args, O_PROFILE))
		return read_profiles(r, args_value(args, O_PROFILE), e);
	if (vmm && strcasecmp(vmm, "krun") == 0)
		return err_set(
			e, REASON_USAGE,
			"--vmm-type: libkrun loads no OVMF, so there is no digest to compute");
	r->profile[0] = profile_of_vmm(vmm ? vmm : "QEMU");
	r->n_profiles = 1;
	if (!r->profile[0])
		return err_set(e, REASON_USAGE, "--vmm-type: '%s' is none of QEMU, ec2, gce", vmm);
	return true;
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
		return read_number(args, O_VARS_SIZE, &r->files.vars_size, e);
	if (!file_open(&f, path, e))
		return false;
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

static bool read_append(struct request *r, const struct args *args, struct err *e)
{
	const char *text = args_value(args, O_APPEND), *path = args_value(args, O_APPEND_FILE);

	if (text && path)
		return err_set(e, REASON_USAGE,
			       "--append and --append-file say the same; one is enough");
	if (path && !file_slurp(path, APPEND_MAX, &r->append, e))
		return false;
	if (text)
		buf_str(&r->append, text);
	if (r->append.n > 0 && memchr(r->append.p, 0, r->append.n))
		return err_set(e, REASON_USAGE,
			       "--append-file: '%s' holds a NUL, which ends a command line", path);
	r->files.append = buf_bytes(&r->append);
	return buf_done(&r->append, "the command line", e);
}

static bool read_files(struct request *r, const struct args *args, struct err *e)
{
	bool append = args_has(args, O_APPEND) || args_has(args, O_APPEND_FILE);

	r->files.ovmf = args_value(args, O_OVMF);
	r->files.kernel = args_value(args, O_KERNEL);
	r->files.initrd = args_value(args, O_INITRD);
	r->files.svsm = args_value(args, O_SVSM);
	if (!r->files.ovmf)
		return err_set(e, REASON_USAGE, "--ovmf is missing");
	if (!r->files.kernel && (r->files.initrd || append))
		return err_set(e, REASON_USAGE, "--%s means nothing without --kernel",
			       append ? "append" : "initrd");
	return read_append(r, args, e);
}

/* Options that a mode does not know are refused, not passed over. */
static bool check_mode(const struct request *r, const struct args *args, struct err *e)
{
	static const struct {
		unsigned opt, modes;
	} rules[] = {
		{O_VCPUS, 1u << MODE_SNP | 1u << MODE_SEVES | 1u << MODE_SVSM},
		{O_TRACE, 1u << MODE_SNP | 1u << MODE_OVMF_HASH | 1u << MODE_SVSM},
		{O_DUMP, 1u << MODE_SNP | 1u << MODE_SEVES | 1u << MODE_SVSM},
		{O_HASH, 1u << MODE_SNP},
		{O_SVSM, 1u << MODE_SVSM},
		{O_VARS_SIZE, 1u << MODE_SVSM},
		{O_VARS_FILE, 1u << MODE_SVSM},
		{O_FEATURES, 1u << MODE_SNP | 1u << MODE_SEVES},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (args_has(args, rules[i].opt) && !(rules[i].modes >> r->mode & 1) &&
		    !(r->mode == MODE_SVSM && rules[i].opt == O_FEATURES))
			return err_set(e, REASON_USAGE, "--%s means nothing in --mode %s",
				       request_opts[rules[i].opt].name, modes[r->mode]);
	return true;
}

bool request_read(struct request *r, const struct args *args, struct err *e)
{
	const char *mode = args_value(args, O_MODE), *format = args_value(args, O_FORMAT);
	bool bare;

	*r = (struct request){.append = BUF(APPEND_MAX)};
	while (mode && strcmp(modes[r->mode], mode) != 0)
		r->mode++;
	bare = r->mode == MODE_SEV || r->mode == MODE_OVMF_HASH;
	r->base64 = format && strcmp(format, "base64") == 0;
	r->csv = args_has(args, O_CSV);
	r->trace = args_has(args, O_TRACE);
	r->dump = args_has(args, O_DUMP);
	if (!check_mode(r, args, e) || !read_files(r, args, e) || !read_hash(r, args, e) ||
	    !read_monitor(r, args, e) || (r->mode == MODE_SVSM && !read_vars(r, args, e)))
		return false;
	if (r->mode == MODE_SVSM && strcmp(r->profile[0]->vmm, "QEMU") != 0)
		return err_set(e, REASON_USAGE, "--mode snp:svsm is known of QEMU alone");
	if (bare)
		return add_type(r, NULL, 0, e);
	if (!args_has(args, O_VCPUS))
		return err_set(e, REASON_USAGE, "--vcpus is missing in --mode %s", modes[r->mode]);
	if (!args_has(args, O_FEATURES))
		r->features[r->n_features++] = FEATURES_DEFAULT;
	else if (!read_features(r, args_value(args, O_FEATURES), e))
		return false;
	return read_counts(r, args_value(args, O_VCPUS), e) && read_processor(r, args, e);
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
