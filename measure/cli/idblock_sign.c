#include "measure/base/file.h"
#include "measure/cli/idblock.h"
#include "measure/cli/verbs.h"

#define SIGNATURE_FILE_MAX 4096u

enum {
	O_ID_KEY = IDBLOCK_OPTS,
	O_AUTHOR_KEY,
	O_ATTACH,
	O_AUTHOR_ATTACH,
	O_TBS_OUT,
	O_AUTHOR_TBS_OUT,
	O_BASE64,
	O_OUTPUT
};

static const struct opt opts[] = {
	IDBLOCK_GUEST_ROWS,
	IDBLOCK_NAME_ROWS,
	[O_ID_KEY] = {"id-key", 0, OPT_VALUE, "FILE", NULL,
		      "the ID key (PEM); beside --attach its public half will do"},
	[O_AUTHOR_KEY] = {"author-key", 0, OPT_VALUE, "FILE", NULL,
			  "the author key, which signs the ID key"},
	[O_ATTACH] = {"attach", 0, OPT_VALUE, "FILE", NULL,
		      "the ID key's signature, made elsewhere (DER or raw)"},
	[O_AUTHOR_ATTACH] = {"author-attach", 0, OPT_VALUE, "FILE", NULL,
			     "the author key's signature, made elsewhere"},
	[O_TBS_OUT] = {"tbs-out", 0, OPT_VALUE, "FILE", NULL,
		       "write what the ID key is to sign, and sign nothing"},
	[O_AUTHOR_TBS_OUT] = {"author-tbs-out", 0, OPT_VALUE, "FILE", NULL,
			      "write what the author key is to sign: the ID key"},
	[O_BASE64] = {"base64", 0, OPT_FLAG, NULL, NULL, "write base64, as QEMU takes it"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL,
		      "the ID authentication, or the IGVM file with both, to write"},
	{0},
};

/* One of the two keys. */
struct half {
	unsigned key, attach; /* options */
	const char *name;
};

static const struct half id = {O_ID_KEY, O_ATTACH, "--id-key"};
static const struct half author = {O_AUTHOR_KEY, O_AUTHOR_ATTACH, "--author-key"};

static bool attached(const char *path, struct buf *rs, struct err *e)
{
	owned(buf_free) struct buf given = BUF(SIGNATURE_FILE_MAX);

	return file_slurp(path, SIGNATURE_FILE_MAX, &given, e) &&
	       (key_signature_raw(buf_bytes(&given), COSE_ES384, rs, e) || err_subject(e, path));
}

static bool signed_by(const char *path, struct bytes tbs, struct buf *rs, struct err *e)
{
	owned(key_free) struct key *secret = NULL;

	return (key_read(&secret, path, e) && key_sign(secret, tbs, rs, e)) || err_subject(e, path);
}

static bool point(const struct args *args, const struct half *h, uint8_t xy[IDBLOCK_PAIR],
		  struct err *e)
{
	owned(pubkey_free) struct pubkey *key = NULL;

	if (!args_has(args, h->key))
		return err_set(e, REASON_USAGE, "option '%s' is missing", h->name);
	if (!idblock_key(args_value(args, h->key), h->name, &key, e))
		return false;
	memcpy(xy, pubkey_point(key).p, IDBLOCK_PAIR);
	return true;
}

static bool sign(const struct args *args, const struct half *h, struct bytes tbs,
		 uint8_t out[IDBLOCK_PAIR], struct err *e)
{
	owned(buf_free) struct buf rs = BUF(2 * IDBLOCK_PAIR);
	const char *path = args_value(args, h->attach);

	if (!(path ? attached(path, &rs, e) : signed_by(args_value(args, h->key), tbs, &rs, e)))
		return false;
	memcpy(out, rs.p, IDBLOCK_PAIR);
	return true;
}

static bool authenticate(const struct args *args, const struct idblock *b, struct idblock_auth *a,
			 struct err *e)
{
	owned(buf_free) struct buf block = BUF(IDBLOCK_SIZE), key = BUF(IDBLOCK_KEY_SIZE);

	a->has_author = args_has(args, O_AUTHOR_KEY);
	if (!a->has_author && args_has(args, O_AUTHOR_ATTACH))
		return err_set(e, REASON_USAGE,
			       "--author-attach has no meaning without --author-key");
	if (!point(args, &id, a->id_key, e) ||
	    (a->has_author && !point(args, &author, a->author_key, e)))
		return false;
	idblock_write(&block, b);
	idblock_key_write(&key, a->id_key);
	return buf_done(&block, "the ID block", e) && buf_done(&key, "the ID key", e) &&
	       sign(args, &id, buf_bytes(&block), a->block_rs, e) &&
	       (!a->has_author || sign(args, &author, buf_bytes(&key), a->id_key_rs, e)) &&
	       idblock_verify(b, a, e);
}

/* The other half of the way by --attach. */
static bool write_tbs(struct cli *c, const struct idblock *b, struct err *e)
{
	owned(buf_free) struct buf block = BUF(IDBLOCK_SIZE), key = BUF(IDBLOCK_KEY_SIZE);
	const char *path = args_value(&c->args, O_TBS_OUT);
	const char *author_path = args_value(&c->args, O_AUTHOR_TBS_OUT);
	uint8_t xy[IDBLOCK_PAIR];

	if (args_has(&c->args, O_OUTPUT))
		return err_set(e, REASON_USAGE,
			       "--tbs-out and --author-tbs-out sign nothing, so --output has no "
			       "meaning");
	idblock_write(&block, b);
	if (author_path && !point(&c->args, &id, xy, e))
		return false;
	if (author_path)
		idblock_key_write(&key, xy);
	return buf_done(&block, "the ID block", e) && buf_done(&key, "the ID key", e) &&
	       (!path || file_write(path, buf_bytes(&block), e)) &&
	       (!author_path || file_write(author_path, buf_bytes(&key), e));
}

/* An IGVM file with the block as its last header; else the authentication alone. */
static bool write_signed(struct cli *c, struct idblock_file *f, const char *out, struct err *e)
{
	owned(buf_free) struct buf body = BUF(IDBLOCK_AUTH_SIZE), file = BUF(IGVM_MAX);

	if (!f->is_igvm) {
		idblock_auth_write(&body, &f->auth);
		return buf_done(&body, "the ID authentication", e) &&
		       idblock_put(out, buf_bytes(&body), args_has(&c->args, O_BASE64), e);
	}
	idblock_igvm_write(&body, igvm_mask(&f->igvm, IGVM_SNP), &f->block, &f->auth);
	return buf_done(&body, "the ID block", e) &&
	       igvm_append(&f->igvm, IGVM_SNP_ID_BLOCK, buf_bytes(&body), e) &&
	       igvm_check(&f->igvm, e) && igvm_write(&f->igvm, &file, e) &&
	       file_write(out, buf_bytes(&file), e);
}

static bool outputs_ok(const struct cli *c, struct err *e)
{
	static const unsigned outputs[] = {O_OUTPUT, O_TBS_OUT, O_AUTHOR_TBS_OUT};
	static const unsigned inputs[] = {O_ID_KEY, O_AUTHOR_KEY, O_ATTACH, O_AUTHOR_ATTACH};

	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		const char *out = args_value(&c->args, outputs[i]);

		if (!out)
			continue;
		if (!out_named(out, e) || !out_distinct(out, c->args.operands[0], e))
			return false;
		for (size_t k = 0; k < sizeof(inputs) / sizeof(inputs[0]); k++)
			if (args_has(&c->args, inputs[k]) &&
			    !out_distinct(out, args_value(&c->args, inputs[k]), e))
				return false;
	}
	return true;
}

/* The block that a file is, or that an IGVM file is to get. */
static bool load(struct cli *c, const char *path, struct idblock_file *f, struct err *e)
{
	struct idblock_guest guest;

	if (!idblock_load(f, path, e))
		return false;
	if (f->is_igvm && !f->has_block)
		return idblock_guest(&c->args, f, &guest, e) &&
		       idblock_make(&c->args, &guest, &f->block, e);
	for (unsigned o = 0; !f->is_igvm && o < IDBLOCK_OPTS; o++)
		if (args_has(&c->args, o))
			return err_set(e, REASON_USAGE,
				       "--%s has no meaning for a block that is there",
				       opts[o].name);
	if (f->is_igvm)
		err_set(e, REASON_IGVM, "the file has an ID block already");
	else if (!f->has_block)
		err_set(e, REASON_ID_BLOCK_FORM, "the file holds no ID block");
	return f->has_block && !f->is_igvm ? true : err_subject(e, path);
}

static bool sign_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(idblock_free) struct idblock_file f = {0};
	const char *path, *out;

	if (!cli_operand(c, "FILE", &path, e) || !outputs_ok(c, e) || !load(c, path, &f, e))
		return false;
	if (args_has(&c->args, O_TBS_OUT) || args_has(&c->args, O_AUTHOR_TBS_OUT))
		return write_tbs(c, &f.block, e);
	if (!cli_needs(c, O_OUTPUT, &out, e) || !authenticate(&c->args, &f.block, &f.auth, e))
		return false;
	f.has_block = f.has_auth = true;
	return idblock_tell(&f, &c->text, &a->json, e) && write_signed(c, &f, out, e);
}

const struct verb verb_idblock_sign = {
	.name = "idblock sign",
	.summary = "an ID block by its key, and that by the author's",
	.usage =
		"BLOCK --id-key FILE [--author-key FILE] -o FILE\n"
		"IMAGE.igvm --id-key FILE [--author-key FILE] [--profile NAME] -o FILE\n"
		"BLOCK --tbs-out FILE [--id-key FILE --author-tbs-out FILE]\n"
		"BLOCK --id-key FILE --attach FILE [--author-key FILE --author-attach FILE] -o FILE",
	.opts = opts,
	.run = sign_run,
};
