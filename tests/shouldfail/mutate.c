/*
 * mutate [-k] KIND IN OUT [ARGS]: one defect put into an EIF, whose checksum is made right again
 * (-k keeps the old one), so that not merely the CRC gives it away. What was written is read back
 * plainly, and the program fails when the defect is not in it. IN is - where none is needed. A
 * SECTION is an index or kernel, cmdline, metadata, signature, ramdisk0, ramdisk1 ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support_eif_defect.h"

static void save(const char *path, const struct forged *x)
{
	FILE *out = fopen(path, "wb");

	defect_need(out && fwrite(x->p, 1, x->n, out) == x->n && fclose(out) == 0, path);
}

static const struct defect_kind *kind_of(const char *name)
{
	const struct defect_kind *k = defect_kinds;

	for (; k->name; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	fprintf(stderr, "usage: mutate [-k] KIND IN|- OUT [ARGS], where KIND ARGS is one of\n");
	for (k = defect_kinds; k->name; k++)
		fprintf(stderr, "  %s %s\n", k->name, k->args);
	exit(2);
}

static void make(struct defect *d, const struct defect_kind *k, const char *in, bool keep_crc)
{
	bool whole = false;

	if (k->what == DEFECT_BYTES || k->what == DEFECT_SECTIONS) {
		d->in = defect_load(in);
		whole = forge_read(&d->f, d->in.p, d->in.n);
	}
	defect_need(whole || k->what != DEFECT_SECTIONS, "IN cannot be taken apart");
	k->make(d);
	if (k->what == DEFECT_SECTIONS || k->what == DEFECT_FRESH)
		d->out = forge_write(&d->f);
	if (k->what == DEFECT_BYTES && !keep_crc)
		forge_repair(d->out.p, d->out.n);
}

/* What stands in the file is other than before, and as it was meant. */
static void prove(const struct defect *d, const struct defect_kind *k, const char *path,
		  bool keep_crc)
{
	struct forged got = defect_load(path);
	struct forge_look was = forge_look(d->in.p, d->in.n), is = forge_look(got.p, got.n);

	defect_need(got.n != d->in.n || memcmp(got.p, d->in.p, got.n) != 0, "nothing has changed");
	defect_need(k->there(&was, &is), "the defect is not there");
	defect_need(k->what == DEFECT_OTHER || keep_crc || got.n < FORGE_HEADER || is.crc_whole,
		    "the checksum is not right");
	free(got.p);
}

int main(int argc, char **argv)
{
	struct defect d = {.f = {.n = 0}};
	const struct defect_kind *k;
	bool keep_crc = argc > 1 && strcmp(argv[1], "-k") == 0;

	argc -= keep_crc;
	argv += keep_crc;
	k = kind_of(argc > 3 ? argv[1] : "");
	d.args = argv + 4;
	make(&d, k, argv[2], keep_crc);
	save(argv[3], &d.out);
	prove(&d, k, argv[3], keep_crc);
	/* sections borrow from files that were loaded: the system collects all of it */
	_exit(0);
}
