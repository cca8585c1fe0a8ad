#include <stdio.h>

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/cli/cli.h"
#include "measure/cli/guess.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"

#define DIGEST_COLUMN 8

/* Digits of the largest number in the first two columns, so that they stand straight. */
static int width_of(const struct part *root)
{
	char digits[32];
	uint64_t largest = root->offset + root->size;
	unsigned depth = 0;

	for (const struct part *p = root; p; p = part_walk(p, &depth))
		if (p->offset > largest)
			largest = p->offset;
	return snprintf(digits, sizeof(digits), "%llu", (unsigned long long)largest);
}

/* "     560    13312    kernel  detail", and a line for each digest */
static void put_part(struct buf *out, const struct part *p, unsigned depth, int width)
{
	owned(buf_free) struct buf line = BUF(4096);

	buf_fmt(&line, "%*llu %*llu  %*s", width, (unsigned long long)p->offset, width,
		(unsigned long long)p->size, (int)(2 * depth), "");
	text_tame(&line, bytes_str(p->name));
	buf_put(out, buf_bytes(&line));
	if (p->detail) {
		buf_reset(&line);
		text_tame(&line, bytes_str(p->detail));
		buf_str(out, "  ");
		buf_put(out, buf_bytes(&line));
	}
	buf_str(out, "\n");
	for (size_t i = 0; i < p->n_digests; i++) {
		buf_fmt(out, "%*s%s ", DIGEST_COLUMN, "", digest_name(p->digest[i].alg));
		hex_put(out, digest_bytes(&p->digest[i]));
		buf_str(out, "\n");
	}
}

/* Left open, because its parts may follow. */
static void open_json(struct json_out *w, const struct part *p)
{
	json_open(w, '{');
	print_foreign(w, "name", p->name);
	json_key(w, "offset");
	json_u64(w, p->offset);
	json_key(w, "size");
	json_u64(w, p->size);
	if (p->unpacked) {
		json_key(w, "unpacked");
		json_bool(w, true);
	}
	for (size_t i = 0; i < p->n_digests; i++) {
		json_key(w, digest_name(p->digest[i].alg));
		json_hex(w, digest_bytes(&p->digest[i]));
	}
	if (p->detail)
		print_foreign(w, "detail", p->detail);
	if (p->child) {
		json_key(w, "parts");
		json_open(w, '[');
	}
}

static void put_json(struct json_out *w, const struct part *root)
{
	unsigned depth = 0;

	json_key(w, "part");
	for (const struct part *p = root; p;) {
		unsigned before = depth;
		bool leaf = p->child == NULL;

		open_json(w, p);
		p = part_walk(p, &depth);
		if (leaf)
			json_close(w, '}');
		for (; before > depth; before--) {
			json_close(w, ']');
			json_close(w, '}');
		}
	}
}

static bool inspect_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(part_free) struct part *root = NULL;
	const struct tee *row;
	const char *path;
	unsigned depth = 0;
	int width;

	if (!cli_operand(c, "FILE", &path, e) || !file_open(&f, path, e) ||
	    !guess_file(&f, &row, e))
		return false;
	f.watch = cli_watch(c);
	cli_expect_file(c, path);
	if (!row->describe(&f, &root, e))
		return false;
	a->members.max = CLI_TEXT_MAX;
	json_key(&a->json, "type");
	json_str(&a->json, row->name);
	put_json(&a->json, root);
	width = width_of(root);
	for (const struct part *p = root; p; p = part_walk(p, &depth))
		put_part(&c->text, p, depth, width);
	return true;
}

const struct verb verb_inspect = {
	.name = "inspect",
	.summary = "the parts of an image: offset, size, digests",
	.group = GROUP_MEASURE,
	.usage = "FILE",
	.run = inspect_run,
};
