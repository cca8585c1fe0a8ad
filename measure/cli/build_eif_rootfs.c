#include <stdlib.h>

#include "measure/cli/build_eif.h"
#include "measure/cli/initrd_options.h"
#include "measure/cli/initrd_report.h"
#include "measure/cli/verbs.h"

/* Lists of options, each with NULL behind it. */
struct lists {
	const char **entrypoint, **cmd, **env, **module;
};

static void lists_free(struct lists *l)
{
	free(l->entrypoint);
	free(l->cmd);
	free(l->env);
	free(l->module);
}

/* NULL without an error when the option is not given. */
static bool read_list(const struct cli *c, unsigned opt, const char ***out, struct err *e)
{
	size_t n = 0;

	while (args_item(&c->args, opt, n))
		n++;
	if (n == 0)
		return true;
	*out = own_new((n + 1) * sizeof(**out), e);
	if (!*out)
		return false;
	for (size_t i = 0; i < n; i++)
		(*out)[i] = args_item(&c->args, opt, i);
	return true;
}

/* The same, and a single empty word is an empty list. */
static bool read_words(const struct cli *c, unsigned opt, const char ***out, struct err *e)
{
	if (!read_list(c, opt, out, e))
		return false;
	if (*out && (*out)[0][0] == '\0' && !(*out)[1])
		(*out)[0] = NULL;
	return true;
}

static bool read_lists(const struct cli *c, struct lists *l, struct err *e)
{
	return read_words(c, O_ENTRYPOINT, &l->entrypoint, e) && read_words(c, O_CMD, &l->cmd, e) &&
	       read_list(c, O_ENV, &l->env, e) && read_list(c, O_MODULE, &l->module, e);
}

static bool not_without_rootfs(const struct cli *c, struct err *e)
{
	for (unsigned i = O_ROOTFS_FIRST; i <= O_ROOTFS_LAST; i++)
		if (args_has(&c->args, i))
			return err_set(e, REASON_USAGE, "--%s has a meaning with --rootfs alone",
				       c->verb.opts[i].name);
	return true;
}

static bool read_rule(const struct cli *c, struct ramdisks_ask *ask, struct err *e)
{
	const char *profile = args_value(&c->args, O_PROFILE);

	ask->rule.profile = cpio_profile(profile ? profile : initrd_profiles[0]);
	ask->application.vendor = profile && strcmp(profile, "nitro-cli") == 0;
	ask->application.lines = ask->init != NULL;
	if (ask->application.vendor && !ask->init)
		return err_set(e, REASON_USAGE,
			       "--profile nitro-cli is for the vendor's init: give it by --init");
	return initrd_time(args_value(&c->args, O_MTIME), &ask->rule, e);
}

static struct rootfs_options read_options(struct cli *c, const char *spool)
{
	const char *owners = args_value(&c->args, O_OWNERS);

	return (struct rootfs_options){
		.platform = args_value(&c->args, O_PLATFORM),
		.tag = args_value(&c->args, O_TAG),
		.spool = spool,
		.owners_disk = owners && strcmp(owners, "disk") == 0,
		.drop_xattrs = args_has(&c->args, O_DROP_XATTRS),
		.watch = cli_watch(c),
	};
}

static void json_digest(struct json_out *w, const char *key, const struct digest *d)
{
	json_key(w, key);
	json_hex(w, digest_bytes(d));
}

static void json_modules(struct json_out *w, const struct modules *m)
{
	json_key(w, "modules");
	json_open(w, '[');
	for (size_t i = 0; i < m->n; i++) {
		json_open(w, '{');
		json_text(w, "name", m->v[i].name);
		json_key(w, "size");
		json_u64(w, m->v[i].bytes.n);
		json_digest(w, "sha256", &m->v[i].sha256);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void report(const struct ramdisks *r, bool own_init, struct answer *a)
{
	struct json_out *w = &a->json;

	initrd_report_rootfs(&r->image, a);
	json_key(w, "init");
	json_open(w, '{');
	json_key(w, "own");
	json_bool(w, own_init);
	json_digest(w, "sha256", &r->init);
	json_close(w, '}');
	json_modules(w, &r->modules);
	json_key(w, "ramdisks");
	json_open(w, '[');
	for (size_t i = 0; i < RAMDISKS; i++) {
		json_open(w, '{');
		json_key(w, "size");
		json_u64(w, r->disk[i].file.file.size);
		json_digest(w, "sha256", &r->disk[i].sha256);
		json_digest(w, "content", &r->disk[i].content);
		json_close(w, '}');
	}
	json_close(w, ']');
}

bool build_eif_ramdisks(struct cli *c, const struct build_eif_kernel *k, struct ramdisks *made,
			struct answer *a, struct err *e)
{
	const char *image = args_value(&c->args, O_ROOTFS), *output;
	owned(lists_free) struct lists lists = {0};
	owned(own_free) char *folder = NULL;
	static const char *const none[] = {NULL};
	struct ramdisks_ask ask = {
		.image = image,
		.init = args_value(&c->args, O_INIT),
		.kernel = k->path,
		.config = k->config,
		.more = k->ramdisks,
		.aarch64 = k->aarch64,
	};

	if (!image)
		return not_without_rootfs(c, e);
	if (!cli_needs(c, O_OUTPUT, &output, e) || !read_rule(c, &ask, e) ||
	    !read_lists(c, &lists, e) || !initrd_distinct(output, image, e))
		return false;
	folder = initrd_folder(output, e);
	if (!folder)
		return false;
	ask.options = read_options(c, folder);
	ask.application.entrypoint = lists.entrypoint;
	ask.application.cmd = lists.cmd;
	ask.application.env = lists.env;
	ask.application.working_dir = args_value(&c->args, O_WORKDIR);
	ask.application.user = args_value(&c->args, O_USER);
	ask.modules.names = lists.module ? lists.module : none;
	ask.modules.source = args_value(&c->args, O_MODULES);
	ask.modules.spool = folder;
	if (!ramdisks_make(made, &ask, a, e))
		return false;
	report(made, ask.init != NULL, a);
	return true;
}
