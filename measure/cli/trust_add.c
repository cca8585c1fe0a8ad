#include "reference-db/trust_add.h"
#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/cli/cli.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"

enum { O_ROLE, O_CA, O_NAME, O_THRESHOLD, O_TRUST };

static const struct opt opts[] = {
	[O_ROLE] = {"role", 0, OPT_LIST, "ROLE", trust_role_names,
		    "what the key's signatures count for; may be given several times"},
	[O_CA] = {"ca", 0, OPT_FLAG, NULL, NULL,
		  "KEY is the certificate of a CA; keys that it certifies have the roles"},
	[O_NAME] = {"name", 0, OPT_VALUE, "NAME", NULL,
		    "what the key is called (the file's name without its ending)"},
	[O_THRESHOLD] = {"threshold", 0, OPT_VALUE, "N", NULL,
			 "how many different keys must have signed in these roles"},
	[O_TRUST] = {"trust", 0, OPT_VALUE, "FILE", NULL,
		     "the trust file (instead of the one in the user's configuration)"},
	{0},
};

/* keys/alice.pem is the key of alice. */
static void put_base(struct buf *out, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	buf_put(out, dot && dot > base ? bytes_of(base, (size_t)(dot - base)) : bytes_str(base));
}

static bool read_words(const struct cli *c, struct trust_addition *t, struct err *e)
{
	const char *threshold = args_value(&c->args, O_THRESHOLD), *role;

	for (size_t i = 0; (role = args_item(&c->args, O_ROLE, i)); i++)
		for (unsigned r = 0; r < TRUST_ROLES; r++)
			if (strcmp(role, trust_role_name(r)) == 0)
				t->roles |= 1u << r;
	if (t->roles == 0)
		return err_set(e, REASON_USAGE, "option '--role' is missing");
	if (threshold && (!num_parse(threshold, &t->threshold) || t->threshold == 0))
		return err_set(e, REASON_USAGE, "--threshold needs a number from 1 on, found '%s'",
			       threshold);
	return true;
}

static bool check_words(const struct cli *c, const char *key, const char *trust, struct err *e)
{
	if (trust && strcmp(trust, "-") == 0)
		return err_set(e, REASON_USAGE, "the trust file cannot be standard input");
	if (args_has(&c->args, O_CA) && args_has(&c->args, O_NAME))
		return err_set(
			e, REASON_USAGE,
			"--name has no meaning beside --ca: a certificate names its subject");
	if (strcmp(key, "-") == 0 && !args_has(&c->args, O_NAME) && !args_has(&c->args, O_CA))
		return err_set(e, REASON_USAGE, "a key from standard input needs a --name");
	return true;
}

static void put_answer(struct cli *c, struct answer *a, const struct trust_addition *t)
{
	buf_str(&c->text, "sha256:");
	hex_put(&c->text, digest_bytes(&t->id));
	buf_str(&c->text, "\n");
	print_foreign(&a->json, "path", t->path);
	print_foreign(&a->json, "name", t->known_as);
	json_key(&a->json, "sha256");
	json_hex(&a->json, digest_bytes(&t->id));
	json_key(&a->json, "key");
	json_str(&a->json, t->kind);
	json_key(&a->json, "changed");
	json_bool(&a->json, t->changed);
}

static bool add_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf path = BUF(TRUST_PATH_MAX), name = BUF(TRUST_PATH_MAX),
				   pem = BUF(PUBKEY_FILE_MAX);
	const char *given = args_value(&c->args, O_TRUST), *key;
	struct trust_addition t = {.named = args_has(&c->args, O_NAME),
				   .make_folder = !given,
				   .is_ca = args_has(&c->args, O_CA)};

	if (!cli_operand(c, "KEY", &key, e) || !check_words(c, key, given, e) ||
	    !read_words(c, &t, e) || !trust_path(given, &path, e) ||
	    !file_slurp(key, PUBKEY_FILE_MAX, &pem, e))
		return false;
	if (!t.named)
		put_base(&name, key);
	t.path = buf_cstr(&path);
	t.name = t.named ? args_value(&c->args, O_NAME) : buf_cstr(&name);
	t.pem = buf_bytes(&pem);
	if (!trust_add(&t, e))
		return false;
	talk_note(&c->talk, "'%s' %s in %s", t.known_as, t.changed ? "changed" : "is as it was",
		  t.path);
	put_answer(c, a, &t);
	return true;
}

const struct verb verb_trust_add = {
	.name = "trust add",
	.summary = "give a key or a CA roles, and print its fingerprint",
	.usage = "KEY --role ROLE [--name NAME] [--threshold N] [--trust FILE]\n"
		 "CERTIFICATE --ca --role ROLE [--threshold N] [--trust FILE]",
	.opts = opts,
	.run = add_run,
};
