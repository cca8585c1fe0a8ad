#include "measure/base/file.h"
#include "measure/cli/idblock.h"
#include "measure/cli/verbs.h"

enum { O_BASE64 = IDBLOCK_OPTS, O_OUTPUT };

static const struct opt opts[] = {
	IDBLOCK_GUEST_ROWS,
	IDBLOCK_NAME_ROWS,
	[O_BASE64] = {"base64", 0, OPT_FLAG, NULL, NULL, "write base64, as QEMU takes it"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the ID block to write"},
	{0},
};

static bool create_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(idblock_free) struct idblock_file f = {0};
	owned(buf_free) struct buf block = BUF(IDBLOCK_SIZE);
	struct idblock_file made = {.has_block = true};
	struct idblock_guest guest;
	const char *image = c->args.n_operands > 0 ? c->args.operands[0] : NULL, *out;

	if (c->args.n_operands > 1)
		return cli_operand(c, "FILE", &image, e);
	if (!cli_needs(c, O_OUTPUT, &out, e) || !out_named(out, e) ||
	    (image && (!out_distinct(out, image, e) || !idblock_load(&f, image, e))))
		return false;
	if (image && !f.is_igvm) {
		err_set(e, REASON_USAGE, "a block is made for an IGVM file, and this is none");
		return err_subject(e, image);
	}
	if (!image && !args_has(&c->args, IDBLOCK_MEASUREMENT))
		return err_set(e, REASON_USAGE, "an IGVM file or --measurement is needed");
	if (!idblock_guest(&c->args, &f, &guest, e) ||
	    !idblock_make(&c->args, &guest, &made.block, e) ||
	    !idblock_tell(&made, &c->text, &a->json, e))
		return false;
	idblock_write(&block, &made.block);
	return buf_done(&block, "the ID block", e) &&
	       idblock_put(out, buf_bytes(&block), args_has(&c->args, O_BASE64), e);
}

const struct verb verb_idblock_create = {
	.name = "idblock create",
	.summary = "the ID block of a guest",
	.usage = "--measurement DIGEST [--policy N] [--guest-svn N] -o FILE\n"
		 "IMAGE.igvm [--profile NAME] [--guest-svn N] -o FILE",
	.opts = opts,
	.run = create_run,
};
