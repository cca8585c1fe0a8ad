#include "measure/core/tee.h"

#include "ovmf-snp/idblock.h"
#include "ovmf-snp/igvm_file.h"
#include "ovmf-snp/igvm_parts.h"

enum { OPT_PLATFORM, OPT_PROFILE, OPT_NATIVE_ZERO, OPT_IGNORE_IDBLOCK, OPTS };

/* The stronger isolation first: what a loader takes that has them all. */
static const enum igvm_platform order[] = {IGVM_SNP, IGVM_SEV_ES, IGVM_SEV, IGVM_TDX};
#define ORDER (sizeof(order) / sizeof(order[0]))

static const char *const platforms[] = {"snp", "seves", "sev", "tdx", NULL};

static const struct opt opts[OPTS + 1] = {
	[OPT_PLATFORM] = {.name = "platform",
			  .kind = OPT_VALUE,
			  .arg = "NAME",
			  .choices = platforms,
			  .help = "for which of the file's platforms (the first of these it has)"},
	[OPT_PROFILE] = {.name = "profile",
			 .kind = OPT_VALUE,
			 .arg = "NAME",
			 .choices = igvm_profile_names,
			 .help = "who starts or measures the guest"},
	[OPT_NATIVE_ZERO] = {.name = "native-zero",
			     .kind = OPT_FLAG,
			     .help = "pages without data are zero pages (igvmmeasure's option)"},
	[OPT_IGNORE_IDBLOCK] = {.name = "ignore-idblock",
				.kind = OPT_FLAG,
				.help = "measure although the ID block is another guest's"},
};

static int bid(struct bytes head, struct bytes tail)
{
	(void)tail;
	return bytes_start(head, bytes_str("IGVM")) ? 100 : 0;
}

/* ---- the verb */

static bool choose(const struct args *args, struct igvm_guest *guest, struct err *e)
{
	const char *platform = args_value(args, OPT_PLATFORM);
	size_t i = 0;

	while (i < ORDER && (platform ? strcmp(igvm_platform_name(order[i]), platform) != 0
				      : igvm_mask(guest->file, order[i]) == 0))
		i++;
	if (i == ORDER)
		return err_set(e, REASON_IGVM,
			       "the file is for none of the platforms snp, seves, sev and tdx");
	guest->platform = order[i];
	return igvm_guest_by(guest, args_value(args, OPT_PROFILE), args_has(args, OPT_NATIVE_ZERO),
			     e);
}

/* Nobody chose, so what the others would say is worth a word. */
static void note_others(const struct igvm_guest *guest, const struct digest *d, struct answer *a)
{
	for (const struct igvm_profile *p = igvm_profiles; p->name; p++) {
		struct igvm_guest other = *guest;
		struct err none = {0};
		struct digest x;

		other.profile = p;
		if (p == guest->profile || !(p->platforms & 1u << guest->platform))
			continue;
		if (!igvm_measure(&other, &x, &none))
			answer_note(a, REASON_IGVM_PROFILES,
				    "the digest is by '%s'; '%s' gives none: %s",
				    guest->profile->name, p->name, none.text);
		else if (!digest_equal(&x, d))
			answer_note(a, REASON_IGVM_PROFILES,
				    "the digest is by '%s'; '%s' gives another",
				    guest->profile->name, p->name);
	}
}

static void put_json(const struct igvm_guest *guest, struct json_out *w)
{
	const struct igvm *g = guest->file;
	uint64_t policy;

	json_key(w, "platform");
	json_str(w, igvm_platform_name(guest->platform));
	json_key(w, "profile");
	json_str(w, guest->profile->name);
	json_key(w, "version");
	json_u64(w, g->version);
	json_key(w, "platforms");
	json_open(w, '[');
	for (size_t i = 0; i < g->n_platforms; i++)
		json_str(w, igvm_platform_name(
				    (enum igvm_platform)igvm_get(&g->header[i], IGVM_KIND)));
	json_close(w, ']');
	if (igvm_policy(g, guest->platform, &policy)) {
		json_key(w, "policy");
		json_u64(w, policy);
	}
}

/* The secure processor starts no guest but the one that the block is for. */
static bool check_id_block(const struct igvm_guest *guest, const struct digest *ld,
			   struct json_out *w, struct err *e)
{
	const struct igvm_header *h = idblock_igvm_find(guest->file);
	struct idblock_auth auth;
	struct idblock block;
	struct digest key;

	if (!h || guest->platform != IGVM_SNP)
		return true;
	if (!idblock_igvm_read(guest->file, h, &block, &auth, e) ||
	    !idblock_key_digest(auth.id_key, &key, e))
		return false;
	json_key(w, "id_key_digest");
	json_hex(w, digest_bytes(&key));
	if (!idblock_verify(&block, &auth, e))
		return false;
	if (idblock_is_for(&block, ld, NULL, e))
		return true;
	return err_hint(e, "--profile says who starts the guest; --ignore-idblock measures all "
			   "the same");
}

static bool measure_file(const struct tee_request *q, struct igvm_guest *guest, struct answer *a,
			 struct err *e)
{
	struct digest d;

	if (!choose(q->args, guest, e) || !igvm_measure(guest, &d, e))
		return false;
	put_json(guest, &a->json);
	if (!args_has(q->args, OPT_IGNORE_IDBLOCK) && !check_id_block(guest, &d, &a->json, e))
		return false;
	if (!args_has(q->args, OPT_PROFILE))
		note_others(guest, &d, a);
	if (guest->profile->kvm && igvm_is_large(guest->file, guest->platform))
		answer_note(a, REASON_IGVM_PROFILES,
			    "a page of 2 MiB is one step of the digest, as igvm-tools has it; by "
			    "its source KVM launches 512 small ones");
	return mset_put(&a->registers, guest->platform == IGVM_TDX ? "MRTD" : "MEASUREMENT", &d, e);
}

static bool measure(const struct tee_request *q, struct answer *a, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(igvm_file_free) struct igvm_file x = {0};
	struct igvm_guest guest = {.file = &x.igvm};

	if (q->args->n_operands != 1)
		return err_set(e, REASON_USAGE, "one FILE is needed, %zu %s given",
			       q->args->n_operands, q->args->n_operands == 1 ? "is" : "are");
	if (!file_open(&f, q->args->operands[0], e))
		return false;
	f.watch = q->watch;
	return igvm_file_read(&x, &f, e) &&
	       (measure_file(q, &guest, a, e) || err_subject(e, f.name));
}

static bool describe(struct file *f, struct part **root, struct err *e)
{
	owned(igvm_file_free) struct igvm_file x = {0};

	return igvm_file_read(&x, f, e) && igvm_describe(&x.igvm, root, e);
}

static bool extract(struct file *f, const char *folder, struct err *e)
{
	owned(igvm_file_free) struct igvm_file x = {0};

	return igvm_file_read(&x, f, e) && igvm_extract(&x.igvm, folder, e);
}

extern const struct tee ovmf_snp_tee_igvm;

const struct tee ovmf_snp_tee_igvm = {
	.name = "igvm",
	.summary = "IGVM file: launch digest of SNP, SEV-ES, SEV; MRTD of TDX",
	.operands = "FILE",
	.opts = opts,
	.bid = bid,
	.measure = measure,
	.describe = describe,
	.extract = extract,
};
