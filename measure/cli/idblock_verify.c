#include "measure/cli/idblock.h"
#include "measure/cli/verbs.h"

enum { O_ID_KEY = IDBLOCK_FAMILY, O_AUTHOR_KEY };

static const struct opt opts[] = {
	IDBLOCK_GUEST_ROWS,
	[O_ID_KEY] = {"id-key", 0, OPT_VALUE, "FILE", NULL, "the key that must have signed it"},
	[O_AUTHOR_KEY] = {"author-key", 0, OPT_VALUE, "FILE", NULL,
			  "the key that must have signed the ID key"},
	{0},
};

static bool is_key(const struct args *args, unsigned opt, const uint8_t xy[IDBLOCK_PAIR],
		   struct err *e)
{
	const char *path = args_value(args, opt);
	const char *name = opt == O_ID_KEY ? "--id-key" : "--author-key";
	owned(pubkey_free) struct pubkey *key = NULL;

	if (!path)
		return true;
	if (!idblock_key(path, name, &key, e))
		return false;
	return bytes_equal(pubkey_point(key), bytes_of(xy, IDBLOCK_PAIR)) ||
	       err_set(e, REASON_ID_BLOCK, "it is signed by another key than that of %s", name);
}

/* Block and authentication of two files, in either order, or of one IGVM file. */
static bool load(const struct cli *c, struct idblock_file *f, struct idblock_file *other,
		 struct err *e)
{
	size_t n = c->args.n_operands;

	if (n < 1 || n > 2)
		return err_set(e, REASON_USAGE,
			       "an ID block and its authentication are needed, or an IGVM file; "
			       "%zu files are given",
			       n);
	if (!idblock_load(f, c->args.operands[0], e) ||
	    (n == 2 && !idblock_load(other, c->args.operands[1], e)))
		return false;
	if (n == 2 && !f->is_igvm && !other->is_igvm && f->has_block != other->has_block) {
		if (other->has_block)
			f->block = other->block;
		else
			f->auth = other->auth;
		f->has_block = f->has_auth = true;
	} else if (n == 2 || !f->is_igvm) {
		return err_set(e, REASON_USAGE,
			       "one file must be an ID block and the other its authentication");
	}
	if (f->has_block)
		return true;
	err_set(e, REASON_ID_BLOCK_FORM, "the file has no ID block");
	return err_subject(e, c->args.operands[0]);
}

static bool verify_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(idblock_free) struct idblock_file f = {0}, other = {0};
	struct idblock_guest guest;

	if (!load(c, &f, &other, e) || !idblock_guest(&c->args, &f, &guest, e) ||
	    !idblock_verify(&f.block, &f.auth, e) ||
	    !idblock_is_for(&f.block, guest.has_ld ? &guest.ld : NULL,
			    guest.has_policy ? &guest.policy : NULL, e) ||
	    !is_key(&c->args, O_ID_KEY, f.auth.id_key, e))
		return false;
	if (args_has(&c->args, O_AUTHOR_KEY) && !f.auth.has_author)
		return err_set(e, REASON_ID_BLOCK, "its key is signed by no author");
	if (!args_has(&c->args, O_ID_KEY) && !args_has(&c->args, O_AUTHOR_KEY))
		answer_note(a, REASON_ANY_KEY,
			    "the signature holds by the key that stands beside it, which may be "
			    "anybody's: --id-key or --author-key says whose it must be");
	return is_key(&c->args, O_AUTHOR_KEY, f.auth.author_key, e) &&
	       idblock_tell(&f, &c->text, &a->json, e);
}

const struct verb verb_idblock_verify = {
	.name = "idblock verify",
	.summary = "is an ID block well signed, and for this guest?",
	.usage = "BLOCK AUTHENTICATION [--measurement DIGEST] [--policy N] [--id-key FILE]\n"
		 "IMAGE.igvm [--profile NAME] [--id-key FILE]",
	.opts = opts,
	.run = verify_run,
};

static bool inspect_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(idblock_free) struct idblock_file f = {0};
	const char *path;

	if (!cli_operand(c, "FILE", &path, e) || !idblock_load(&f, path, e))
		return false;
	if (f.has_block || f.has_auth)
		return idblock_tell(&f, &c->text, &a->json, e);
	err_set(e, REASON_ID_BLOCK_FORM, "the file has no ID block");
	return err_subject(e, path);
}

const struct verb verb_idblock_inspect = {
	.name = "idblock inspect",
	.summary = "the fields of an ID block, the digests of its keys",
	.usage = "FILE",
	.run = inspect_run,
};
