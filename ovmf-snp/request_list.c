#include "ovmf-snp/request_list.h"

#include <stdlib.h>
#include <strings.h>

#include "measure/base/num.h"
#include "ovmf-snp/vcpu.h"

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

/* 010 is 8 to some readers, 10 to others, and nothing to Python. */
static bool is_octal_to_some(struct bytes word)
{
	size_t zeros = 0;

	while (zeros < word.n && word.p[zeros] == '0')
		zeros++;
	return zeros > 0 && zeros < word.n && word.p[zeros] >= '1' && word.p[zeros] <= '9';
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

static bool octal(const char *option, struct bytes word, struct err *e)
{
	return wrong(
		option, word,
		"octal to some readers and decimal to others: write 0o, 0x or no zero in front", e);
}

static bool full(const char *option, size_t n, struct err *e)
{
	if (n < REQUEST_LIST)
		return true;
	return err_set(e, REASON_USAGE, "--%s: the list has more than %u items", option,
		       REQUEST_LIST);
}

/* "4" or "1-4" */
static bool range(struct bytes word, uint64_t *from, uint64_t *to, struct err *e)
{
	const char *text = (const char *)word.p;
	const char *dash = word.n > 0 ? memchr(text + 1, '-', word.n - 1) : NULL;
	size_t first = dash ? (size_t)(dash - text) : word.n;

	return (number(text, first, from) &&
		(dash ? number(dash + 1, word.n - first - 1, to) : number(text, first, to))) ||
	       wrong("vcpus", word, "no number of processors, nor a range of them", e);
}

bool request_counts_spelt(const char *list, struct err *e)
{
	struct bytes word;
	uint64_t from, to;

	while (next_word(&list, &word))
		if (!range(word, &from, &to, e))
			return false;
	return true;
}

bool request_counts_read(struct request *r, const char *list, struct err *e)
{
	struct bytes word;

	while (next_word(&list, &word)) {
		uint64_t from, to;

		if (!full("vcpus", r->n_counts, e) || !range(word, &from, &to, e))
			return false;
		if (from < 1 || to > LAUNCH_VCPUS_MAX || from > to)
			return err_set(e, REASON_USAGE, "--vcpus: %llu to %llu is outside 1 to %u",
				       (unsigned long long)from, (unsigned long long)to,
				       LAUNCH_VCPUS_MAX);
		r->count[r->n_counts].from = (uint32_t)from;
		r->count[r->n_counts++].to = (uint32_t)to;
	}
	return true;
}

bool request_features_read(struct request *r, const char *list, struct err *e)
{
	struct bytes word;

	while (next_word(&list, &word)) {
		if (!full("guest-features", r->n_features, e))
			return false;
		if (is_octal_to_some(word))
			return octal("guest-features", word, e);
		if (!number((const char *)word.p, word.n, &r->features[r->n_features++]))
			return wrong("guest-features", word, "no number of at most 64 bits", e);
	}
	return true;
}

bool request_type_add(struct request *r, const char *name, uint32_t signature, struct err *e)
{
	if (!full("vcpu-type", r->n_types, e))
		return false;
	r->type[r->n_types++] = (struct request_type){name, signature};
	return true;
}

bool request_types_read(struct request *r, const char *list, struct err *e)
{
	const struct vcpu_type *t;
	struct bytes word;
	char name[64];

	if (strcmp(list, "all") == 0) {
		for (t = vcpu_types; t->name; t++)
			if (!request_type_add(r, t->name, t->signature, e))
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
		if (!request_type_add(r, t->name, t->signature, e))
			return false;
	}
	return true;
}

bool request_profiles_read(struct request *r, const char *list, struct err *e)
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

bool request_number(const char *option, const char *value, uint64_t *out, struct err *e)
{
	*out = 0;
	if (value && is_octal_to_some(bytes_str(value)))
		return octal(option, bytes_str(value), e);
	if (!value || number(value, strlen(value), out))
		return true;
	return wrong(option, bytes_str(value), "no number", e);
}

bool request_signature_read(struct request *r, const char *value, struct err *e)
{
	uint64_t x;

	if (!request_number("vcpu-sig", value, &x, e))
		return false;
	if (x > UINT32_MAX)
		return err_set(e, REASON_USAGE, "--vcpu-sig: 0x%llx has more than 32 bits",
			       (unsigned long long)x);
	return request_type_add(r, vcpu_name((uint32_t)x), (uint32_t)x, e);
}

bool request_vmm_read(struct request *r, const char *vmm, struct err *e)
{
	if (strcasecmp(vmm, "krun") == 0)
		return err_set(
			e, REASON_USAGE,
			"--vmm-type: libkrun loads no OVMF, so there is no digest to compute");
	r->profile[0] = profile_of_vmm(vmm);
	r->n_profiles = 1;
	if (!r->profile[0])
		return err_set(e, REASON_USAGE, "--vmm-type: '%s' is none of QEMU, ec2, gce", vmm);
	return true;
}

bool request_monitor_read(struct request *r, const char *vmm, const char *list, struct err *e)
{
	if (vmm && list)
		return err_set(e, REASON_USAGE,
			       "--profile says more than --vmm-type; one is enough");
	return list ? request_profiles_read(r, list, e)
		    : request_vmm_read(r, vmm ? vmm : "QEMU", e);
}

bool request_typeless(struct request *r, struct err *e)
{
	bool measured = r->mode == MODE_SVSM;

	for (size_t i = 0; i < r->n_profiles; i++)
		measured = measured || r->profile[i]->signature_in_rdx;
	if (measured)
		return err_set(e, REASON_USAGE,
			       "--vcpu-type is missing: QEMU measures the type of processor");
	return request_type_add(r, NULL, 0, e);
}

bool request_append_read(struct request *r, const char *text, const char *path, struct err *e)
{
	const uint8_t *nul;

	if (text && path)
		return err_set(e, REASON_USAGE,
			       "--append and --append-file say the same; one is enough");
	r->append.max = REQUEST_APPEND_MAX;
	if (path && !file_slurp(path, REQUEST_APPEND_MAX, &r->append, e))
		return false;
	if (text)
		buf_str(&r->append, text);
	nul = r->append.n > 0 ? memchr(r->append.p, 0, r->append.n) : NULL;
	if (nul && nul + 1 < r->append.p + r->append.n)
		return err_set(e, REASON_USAGE,
			       "--append-file: '%s' holds a NUL, which ends a command line", path);
	r->files.append = buf_bytes(&r->append);
	return buf_done(&r->append, "the command line", e);
}
