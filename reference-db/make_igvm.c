#include "measure/core/hash.h"
#include "ovmf-snp/igvm_file.h"
#include "reference-db/make_parts.h"

#define LABEL_MAX 128u

static bool check_options(const struct make_request *q, struct err *e)
{
	if (q->artefact || q->certificate)
		return err_set(e, REASON_USAGE, "--%s means nothing for an IGVM file",
			       q->artefact ? "artefact" : "certificate");
	if (q->native_zero && !q->igvm_profile)
		return err_set(e, REASON_USAGE, "--native-zero needs --profile");
	return true;
}

static bool load(struct igvm_file *x, const struct make_request *q, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (!file_open(&f, q->image, e))
		return false;
	f.watch = q->watch;
	return igvm_file_read(x, &f, e);
}

/* The file's own ID block, else the one that is named. */
static bool read_identity(struct make_identity *id, const struct igvm *g,
			  const struct make_request *q, struct err *e)
{
	const struct igvm_header *own = idblock_igvm_find(g);

	if (!own)
		return make_identity_read(id, q, e);
	if (q->id_block || q->id_auth)
		return err_set(e, REASON_USAGE,
			       "--%s means nothing for a file with an ID block of its own",
			       q->id_block ? "id-block" : "id-auth");
	id->given = true;
	return (idblock_igvm_read(g, own, &id->block, &id->auth, e) &&
		make_identity_check(id, e)) ||
	       err_subject(e, q->image);
}

/* ---- which of the launch digests */

static bool as_asked(struct igvm_way *out, const struct make_request *q, const struct igvm *g,
		     struct err *e)
{
	out->guest = (struct igvm_guest){.file = g, .platform = IGVM_SNP};
	return igvm_guest_by(&out->guest, q->igvm_profile, q->native_zero, e) &&
	       igvm_measure(&out->guest, &out->digest, e);
}

/* An ID block says which digest the guest has; without one they must be one. */
static bool as_known(struct igvm_way *out, const struct make_identity *id, const struct igvm *g,
		     struct err *e)
{
	struct igvm_ways w;

	if (!igvm_ways(&w, g, e))
		return false;
	*out = w.way[0];
	for (size_t i = 0; i < w.n; i++) {
		const struct igvm_way *way = &w.way[i];

		if (id->given && bytes_equal(digest_bytes(&way->digest),
					     bytes_of(id->block.ld, sizeof(id->block.ld)))) {
			*out = *way;
			return true;
		}
		if (!id->given && !way->guest.native_zero &&
		    !digest_equal(&way->digest, &out->digest))
			return err_set(e, REASON_USAGE,
				       "--profile is missing: the launch digest by '%s' is another "
				       "than that by '%s'",
				       way->guest.profile->name, out->guest.profile->name);
	}
	return true;
}

/* ---- all */

static bool put_row(struct manifest *m, const struct igvm_way *way, const struct make_identity *id,
		    struct err *e)
{
	owned(buf_free) struct buf label = BUF(LABEL_MAX);
	struct make_guest guest = {.digest = way->digest};

	if (!igvm_policy(way->guest.file, IGVM_SNP, &guest.policy))
		return err_set(e, REASON_IGVM, "the file has no guest policy for snp");
	if (id->given && !idblock_is_for(&id->block, &guest.digest, &guest.policy, e))
		return false;
	igvm_guest_put(&label, &way->guest);
	guest.label = buf_bytes(&label);
	return buf_done(&label, "the label of a row", e) && make_guest(m, &guest, id, e);
}

static bool put_file(struct manifest *m, const struct igvm_file *x, const struct record *r,
		     struct err *e)
{
	struct component c = {.name = MANIFEST_IGVM, .size = x->bytes.n};

	return hash_of(DIGEST_SHA256, buf_bytes(&x->bytes), &c.digest, e) &&
	       make_component(m, &c, r, e);
}

bool make_igvm(struct manifest *m, const struct make_request *q, const struct record *r,
	       struct err *e)
{
	owned(igvm_file_free) struct igvm_file x = {0};
	struct make_identity id = {.policy_mask = q->policy_mask};
	struct igvm_way way;

	if (!check_options(q, e) || !load(&x, q, e) || !read_identity(&id, &x.igvm, q, e))
		return false;
	if (!(q->igvm_profile ? as_asked(&way, q, &x.igvm, e) : as_known(&way, &id, &x.igvm, e)))
		return e->reason == REASON_USAGE ? false : err_subject(e, q->image);
	if (!make_snp_words(m, q, r, 1, e))
		return false;
	if (!put_row(m, &way, &id, e))
		return err_subject(e, id.separate ? q->id_block : q->image);
	return put_file(m, &x, r, e) && make_block_component(m, &id, r, e) &&
	       make_all_named(m, r, e);
}
