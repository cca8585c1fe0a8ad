#include "measure/cli/signer.h"

#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/core/cose.h"

#define SIGNATURE_FILE_MAX 4096u
#define SIGNATURE_MAX 256u

void signer_free(struct signer *s)
{
	key_free(&s->secret);
	pubkey_free(&s->key);
}

static const char *key_option(const struct signer *s)
{
	return s->key_option ? s->key_option : "key";
}

static const char *value(const struct signer *s, enum signer_opt opt)
{
	return opt < s->n_opts ? args_value(s->args, s->first + opt) : NULL;
}

const char *signer_with(const struct signer *s)
{
	return value(s, s->way);
}

bool signer_choose(struct signer *s, struct err *e)
{
	unsigned given = 0;

	for (enum signer_opt way = SIGNER_KEY; way < SIGNER_WAYS; way++) {
		if (!value(s, way))
			continue;
		s->way = way;
		given++;
	}
	return given == 1 ||
	       err_set(e, REASON_USAGE,
		       "one of --%s, --sign-with, --attach and --tbs-out is needed, %u are given",
		       key_option(s), given);
}

int signer_given(const struct signer *s)
{
	for (enum signer_opt opt = 0; opt < SIGNER_OPTS; opt++)
		if (value(s, opt))
			return (int)(s->first + opt);
	return -1;
}

static bool distinct(const struct signer *s, const char *out, struct err *e)
{
	static const enum signer_opt inputs[] = {SIGNER_KEY, SIGNER_ATTACH, SIGNER_PASSPHRASE,
						 SIGNER_PUBLIC_KEY};

	if (!out_named(out, e))
		return false;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		const char *in = value(s, inputs[i]);

		if (in && !out_distinct(out, in, e))
			return false;
	}
	return s->way != SIGNER_TBS_OUT || out_distinct(out, s->args->operands[0], e);
}

bool signer_target(const struct signer *s, unsigned output, const char *what, const char **path,
		   struct err *e)
{
	const char *out = args_value(s->args, output);

	if (s->way == SIGNER_TBS_OUT && out)
		return err_set(e, REASON_USAGE,
			       "--tbs-out writes no %s, so --output has no meaning", what);
	*path = s->way == SIGNER_TBS_OUT ? signer_with(s) : out;
	return !*path || distinct(s, *path, e);
}

/* With all ways but --key the public key is needed for the header. */
static bool check_keys(const struct signer *s, struct err *e)
{
	bool has_public = value(s, SIGNER_PUBLIC_KEY) != NULL;

	if (s->way == SIGNER_KEY && has_public)
		return err_set(e, REASON_USAGE, "--public-key has no meaning beside --%s",
			       key_option(s));
	if (s->way != SIGNER_KEY && !has_public)
		return err_set(e, REASON_USAGE, "--public-key is needed without --%s",
			       key_option(s));
	if (s->way != SIGNER_KEY && value(s, SIGNER_PASSPHRASE))
		return err_set(e, REASON_USAGE, "--passphrase-file has no meaning without --%s",
			       key_option(s));
	return true;
}

bool signer_read_keys(struct signer *s, struct err *e)
{
	owned(buf_free) struct buf pem = BUF(PUBKEY_FILE_MAX);
	const char *path = value(s, SIGNER_PUBLIC_KEY);

	if (!check_keys(s, e))
		return false;
	if (!path)
		return key_read_statement(&s->secret, signer_with(s), value(s, SIGNER_PASSPHRASE),
					  e) &&
		       pubkey_of_key(&s->key, s->secret, e);
	return file_slurp(path, PUBKEY_FILE_MAX, &pem, e) &&
	       (pubkey_read_pem(&s->key, buf_bytes(&pem), e) || err_subject(e, path));
}

static bool from_file(const char *path, enum cose_alg alg, struct buf *raw, struct err *e)
{
	owned(buf_free) struct buf given = BUF(SIGNATURE_FILE_MAX);

	return file_slurp(path, SIGNATURE_FILE_MAX, &given, e) &&
	       (key_signature_raw(buf_bytes(&given), alg, raw, e) || err_subject(e, path));
}

bool signer_sign(const struct signer *s, enum cose_alg alg, struct bytes tbs, struct buf *raw,
		 struct err *e)
{
	if (s->way == SIGNER_KEY)
		return key_sign(s->secret, tbs, raw, e);
	if (s->way == SIGNER_COMMAND)
		return key_sign_with(signer_with(s), alg, tbs, raw, e);
	return from_file(signer_with(s), alg, raw, e);
}

/* Nothing is trusted by a name. */
bool signer_name(const struct signer *s, struct buf *name, struct signing_terms *t, struct err *e)
{
	if (t->signer)
		return true;
	buf_str(name, "sha256:");
	hex_put(name, digest_bytes(pubkey_id(s->key)));
	if (!buf_done(name, "the signer's name", e))
		return false;
	t->signer = buf_cstr(name);
	return true;
}

bool signer_write(const struct signer *s, const struct signing *what, const char *path,
		  struct err *e)
{
	owned(buf_free) struct buf signature = BUF(SIGNATURE_MAX), out = BUF(SIGNED_MAX);

	if (s->way == SIGNER_TBS_OUT)
		return file_write(path, buf_bytes(&what->tbs), e);
	return signer_sign(s, pubkey_alg(what->key), buf_bytes(&what->tbs), &signature, e) &&
	       signing_attach(what, buf_bytes(&signature), &out, e) &&
	       file_write(path, buf_bytes(&out), e);
}

void signer_json(const struct signer *s, struct json_out *w)
{
	json_key(w, "alg");
	json_str(w, cose_alg_name(pubkey_alg(s->key)));
	json_key(w, "key_id");
	json_hex(w, digest_bytes(pubkey_id(s->key)));
}
