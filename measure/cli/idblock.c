#include "measure/cli/idblock.h"

#include "measure/base/base64.h"
#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/cli/verbs.h"

#define BASE64_MAX 8192u
#define HEX_LD (2 * IDBLOCK_LD)

const struct verb verb_idblock = {
	.name = "idblock",
	.summary = "ID blocks of SEV-SNP guests: made, signed, judged",
	.group = GROUP_BUILD,
	.usage = "ACTION [OPTION...]",
	.run = verb_run_family,
};

void idblock_free(struct idblock_file *f)
{
	igvm_free(&f->igvm);
	buf_free(&f->bytes);
}

/* ---- files */

static bool load_igvm(struct idblock_file *f, struct err *e)
{
	const struct igvm_header *h;

	f->is_igvm = true;
	if (!igvm_read(&f->igvm, buf_bytes(&f->bytes), e))
		return false;
	h = idblock_igvm_find(&f->igvm);
	if (!h)
		return true;
	f->has_block = f->has_auth = true;
	return idblock_igvm_read(&f->igvm, h, &f->block, &f->auth, e);
}

static bool load_binary(struct idblock_file *f, struct bytes x, struct err *e)
{
	if (x.n == IDBLOCK_SIZE) {
		f->has_block = true;
		return idblock_read(&f->block, x, e);
	}
	if (x.n == IDBLOCK_AUTH_SIZE) {
		f->has_auth = true;
		return idblock_auth_read(&f->auth, x, e);
	}
	return err_set(e, REASON_ID_BLOCK_FORM,
		       "the length is %zu and must be %u (an ID block) or %u (its authentication), "
		       "in base64 or not",
		       x.n, IDBLOCK_SIZE, IDBLOCK_AUTH_SIZE);
}

static bool load_text(struct idblock_file *f, struct err *e)
{
	owned(buf_free) struct buf binary = BUF(BASE64_MAX);
	struct bytes x = buf_bytes(&f->bytes);
	size_t bad;

	if (x.n > 0 && x.p[x.n - 1] == '\n')
		x.n--;
	if (x.n > BASE64_MAX || !base64_read(x, &binary, &bad))
		return load_binary(f, buf_bytes(&f->bytes), e);
	return load_binary(f, buf_bytes(&binary), e);
}

bool idblock_load(struct idblock_file *f, const char *path, struct err *e)
{
	struct bytes x;
	bool done;

	f->bytes = BUF(IGVM_MAX);
	if (!file_slurp(path, IGVM_MAX, &f->bytes, e))
		return false;
	x = buf_bytes(&f->bytes);
	if (bytes_start(x, bytes_str("IGVM")))
		done = load_igvm(f, e);
	else if (x.n == IDBLOCK_SIZE || x.n == IDBLOCK_AUTH_SIZE)
		done = load_binary(f, x, e);
	else
		done = load_text(f, e);
	return done || err_subject(e, path);
}

bool idblock_put(const char *path, struct bytes x, bool base64, struct err *e)
{
	owned(buf_free) struct buf text = BUF(BASE64_MAX);

	if (!base64)
		return file_write(path, x, e);
	base64_put(&text, x);
	buf_str(&text, "\n");
	return buf_done(&text, "the file", e) && file_write(path, buf_bytes(&text), e);
}

/* ---- options */

struct number {
	unsigned opt;
	const char *name;
	uint64_t most;
};

static const struct number policy_opt = {IDBLOCK_POLICY_OPT, "policy", UINT64_MAX};
static const struct number svn_opt = {IDBLOCK_SVN, "guest-svn", UINT32_MAX};

static bool number(const struct args *args, const struct number *n, uint64_t *out, struct err *e)
{
	const char *s = args_value(args, n->opt);

	if (!s)
		return true;
	return (num_parse_any(s, out) && *out <= n->most) ||
	       err_set(e, REASON_USAGE, "--%s '%s' is no number up to 0x%llx", n->name, s,
		       (unsigned long long)n->most);
}

static bool read_digest(const char *s, struct digest *d, struct err *e)
{
	owned(buf_free) struct buf x = BUF(HEX_LD);
	size_t n = strlen(s), bad;

	if (n != HEX_LD && (n != IDBLOCK_LD / 3 * 4 || !base64_read(bytes_str(s), &x, &bad)))
		return err_set(e, REASON_USAGE,
			       "--measurement '%s' is no SHA-384, neither 96 hexadecimal digits "
			       "nor base64",
			       s);
	if (n == HEX_LD && !hex_read(s, "--measurement", &x, e))
		return false;
	if (!buf_done(&x, "the digest", e))
		return false;
	if (bytes_zero(buf_bytes(&x)))
		return err_set(e, REASON_ZERO_MEASUREMENT, "--measurement is all zero");
	*d = (struct digest){.alg = DIGEST_SHA384, .len = IDBLOCK_LD};
	memcpy(d->v, x.p, IDBLOCK_LD);
	return true;
}

static bool of_igvm(const struct args *args, const struct igvm *g, struct idblock_guest *guest,
		    struct err *e)
{
	struct igvm_guest measured = {.file = g, .platform = IGVM_SNP};

	if (!igvm_guest_by(&measured, args_value(args, IDBLOCK_PROFILE),
			   args_has(args, IDBLOCK_NATIVE_ZERO), e))
		return false;
	if (args_has(args, IDBLOCK_MEASUREMENT) || args_has(args, IDBLOCK_POLICY_OPT))
		return err_set(e, REASON_USAGE,
			       "--measurement and --policy have no meaning for an IGVM file, which "
			       "has its own");
	guest->has_ld = guest->has_policy = true;
	if (!igvm_policy(g, IGVM_SNP, &guest->policy))
		return err_set(e, REASON_IGVM, "the file has no guest policy for snp");
	return igvm_measure(&measured, &guest->ld, e);
}

bool idblock_guest(const struct args *args, const struct idblock_file *f,
		   struct idblock_guest *guest, struct err *e)
{
	const char *ld = args_value(args, IDBLOCK_MEASUREMENT);

	*guest = (struct idblock_guest){.has_ld = ld != NULL, .policy = IDBLOCK_POLICY};
	if (f && f->is_igvm)
		return of_igvm(args, &f->igvm, guest, e);
	if (args_has(args, IDBLOCK_PROFILE) || args_has(args, IDBLOCK_NATIVE_ZERO))
		return err_set(e, REASON_USAGE,
			       "--profile and --native-zero have a meaning for IGVM files only");
	guest->has_policy = args_has(args, IDBLOCK_POLICY_OPT);
	return (!ld || read_digest(ld, &guest->ld, e)) &&
	       number(args, &policy_opt, &guest->policy, e);
}

static bool name(const char *s, const char *option, uint8_t to[IDBLOCK_NAME], struct err *e)
{
	owned(buf_free) struct buf x = BUF(IDBLOCK_PAIR);

	if (!s)
		return true;
	if (strlen(s) != 2 * IDBLOCK_NAME)
		return err_set(e, REASON_USAGE, "%s needs %u hexadecimal digits, %zu are given",
			       option, 2 * IDBLOCK_NAME, strlen(s));
	if (!hex_read(s, option, &x, e) || !buf_done(&x, option, e))
		return false;
	memcpy(to, x.p, IDBLOCK_NAME);
	return true;
}

bool idblock_make(const struct args *args, const struct idblock_guest *guest, struct idblock *b,
		  struct err *e)
{
	owned(buf_free) struct buf written = BUF(IDBLOCK_SIZE);
	struct idblock new = {.version = IDBLOCK_VERSION, .policy = guest->policy};
	uint64_t svn = 0;

	memcpy(new.ld, guest->ld.v, IDBLOCK_LD);
	if (!name(args_value(args, IDBLOCK_FAMILY), "--family-id", new.family_id, e) ||
	    !name(args_value(args, IDBLOCK_IMAGE), "--image-id", new.image_id, e) ||
	    !number(args, &svn_opt, &svn, e))
		return false;
	new.guest_svn = (uint32_t)svn;
	idblock_write(&written, &new);
	return buf_done(&written, "the ID block", e) && idblock_read(b, buf_bytes(&written), e);
}

static bool is_private(struct bytes pem)
{
	return pem.n > 0 && memmem(pem.p, pem.n, "PRIVATE KEY-----", 16);
}

static bool read_key(const char *path, struct pubkey **key, struct err *e)
{
	owned(buf_free) struct buf pem = BUF(PUBKEY_FILE_MAX);
	owned(key_free) struct key *secret = NULL;

	if (!file_slurp(path, PUBKEY_FILE_MAX, &pem, e))
		return false;
	if (!is_private(buf_bytes(&pem)))
		return pubkey_read_pem(key, buf_bytes(&pem), e);
	return key_read(&secret, path, e) && pubkey_of_key(key, secret, e);
}

bool idblock_key(const char *path, const char *which, struct pubkey **key, struct err *e)
{
	owned(pubkey_free) struct pubkey *new = NULL;

	if (!read_key(path, &new, e))
		return err_subject(e, path);
	if (pubkey_alg(new) != COSE_ES384) {
		err_set(e, REASON_KEY, "%s is on %s and must be on P-384", which, pubkey_kind(new));
		return err_subject(e, path);
	}
	*key = take(new);
	return true;
}

/* ---- telling */

static void hex_line(struct buf *text, struct json_out *w, const char *label, struct bytes x)
{
	buf_fmt(text, "%-17s  ", label);
	hex_put(text, x);
	buf_str(text, "\n");
	json_key(w, label);
	json_hex(w, x);
}

static void number_line(struct buf *text, struct json_out *w, const char *label, uint64_t x)
{
	buf_fmt(text, "%-17s  0x%llx\n", label, (unsigned long long)x);
	json_key(w, label);
	json_u64(w, x);
}

static void tell_block(const struct idblock *b, struct buf *text, struct json_out *w)
{
	hex_line(text, w, "ld", bytes_of(b->ld, sizeof(b->ld)));
	hex_line(text, w, "family_id", bytes_of(b->family_id, sizeof(b->family_id)));
	hex_line(text, w, "image_id", bytes_of(b->image_id, sizeof(b->image_id)));
	number_line(text, w, "version", b->version);
	number_line(text, w, "guest_svn", b->guest_svn);
	number_line(text, w, "policy", b->policy);
}

static bool tell_auth(const struct idblock_auth *a, struct buf *text, struct json_out *w,
		      struct err *e)
{
	struct digest d;

	if (!idblock_key_digest(a->id_key, &d, e))
		return false;
	hex_line(text, w, "id_key_digest", digest_bytes(&d));
	if (!a->has_author)
		return true;
	if (!idblock_key_digest(a->author_key, &d, e))
		return false;
	hex_line(text, w, "author_key_digest", digest_bytes(&d));
	return true;
}

bool idblock_tell(const struct idblock_file *f, struct buf *text, struct json_out *w, struct err *e)
{
	json_key(w, "id_block");
	json_open(w, '{');
	if (f->has_block)
		tell_block(&f->block, text, w);
	if (f->has_auth && !tell_auth(&f->auth, text, w, e))
		return false;
	json_close(w, '}');
	return true;
}
