#include "measure/cli/guest_options.h"

#include <stdlib.h>

void guest_lists_free(struct guest_lists *l)
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

static bool read_words(const struct cli *c, unsigned opt, const char ***out, struct err *e)
{
	if (!read_list(c, opt, out, e))
		return false;
	if (*out && (*out)[0][0] == '\0' && !(*out)[1])
		(*out)[0] = NULL;
	return true;
}

bool guest_lists_read(const struct cli *c, const struct guest_list_rows *rows,
		      struct guest_lists *l, struct err *e)
{
	return read_words(c, rows->entrypoint, &l->entrypoint, e) &&
	       read_words(c, rows->cmd, &l->cmd, e) && read_list(c, rows->env, &l->env, e) &&
	       read_list(c, rows->module, &l->module, e);
}

struct rootfs_options guest_rootfs(struct cli *c, const struct guest_rootfs_rows *rows,
				   const char *spool)
{
	const char *owners = args_value(&c->args, rows->owners);

	return (struct rootfs_options){
		.platform = args_value(&c->args, rows->platform),
		.tag = args_value(&c->args, rows->tag),
		.spool = spool,
		.owners_disk = owners && strcmp(owners, "disk") == 0,
		.drop_xattrs = args_has(&c->args, rows->drop_xattrs),
		.watch = cli_watch(c),
	};
}
