/*
 * layer ARCHIVE...: what layers, one on the other, come to, in the lines of support_layer.h; or the
 * refusal, "reason: text", and exit status 3.
 */
#include <stdio.h>

#include "tests/unit/support_layer.h"

static bool apply(struct tree *t, const char *path, uint32_t number, struct buf *spool,
		  struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	struct stream_file stream;

	if (!file_open(&f, path, e))
		return false;
	stream = stream_file(&f);
	return layer_read(t, &stream.stream, (struct layer_rule){.number = number}, spool, e);
}

static bool run(int argc, char **argv, struct err *e)
{
	owned(buf_free) struct buf spool = BUF((size_t)1 << 30);
	owned(buf_free) struct buf out = BUF((size_t)1 << 30);
	owned(tree_free) struct tree *t = tree_new(1000000, e);

	for (int i = 1; t && i < argc; i++)
		if (!apply(t, argv[i], (uint32_t)i, &spool, e))
			return false;
	return t && layer_text(t, &spool, &out, e) && fwrite(out.p, 1, out.n, stdout) == out.n;
}

int main(int argc, char **argv)
{
	struct err e = {0};

	if (run(argc, argv, &e))
		return 0;
	printf("%s: %s\n", reason_slug(e.reason), e.text);
	return 3;
}
