#include "eif/build.h"

#include "eif/writer.h"

#define BZIMAGE_MAGIC_AT 0x202u /* "HdrS", Linux x86 boot protocol 2.00+ */
#define IMAGE_MAGIC_AT 56u /* "ARM\x64", Linux arm64 booting protocol */
#define KERNEL_HEAD 1024u

struct inputs {
	struct file kernel;
	struct file ramdisk[EIF_MAX_RAMDISKS];
	size_t n, borrowed; /* the first ones are the caller's */
};

static void inputs_close(struct inputs *in)
{
	file_close(&in->kernel);
	for (size_t i = in->borrowed; i < in->n; i++)
		file_close(&in->ramdisk[i]);
}

/* A regular file with something in it; its size has to be known before its bytes are read. */
static bool open_part(struct file *f, const char *what, const char *path, struct err *e)
{
	if (!file_open(f, path, e))
		return err_in(e, "%s", what);
	if (f->stream) {
		err_set(e, REASON_USAGE, "%s: is read from a file, not from a stream", what);
		return err_subject(e, path);
	}
	if (f->size == 0) {
		err_set(e, REASON_USAGE, "%s: is empty", what);
		return err_subject(e, path);
	}
	return true;
}

static bool open_parts(struct inputs *in, const struct eif_parts *p, struct err *e)
{
	if (!open_part(&in->kernel, "kernel", p->kernel, e))
		return false;
	for (; in->n < p->n_made; in->n++) {
		in->ramdisk[in->n] = p->made[in->n];
		in->ramdisk[in->n].pos = 0;
		in->borrowed++;
	}
	for (size_t i = 0; i < p->n_ramdisks; i++, in->n++) {
		in->ramdisk[in->n] = FILE_NONE;
		if (!open_part(&in->ramdisk[in->n], "ramdisk", p->ramdisks[i], e))
			return false;
	}
	return true;
}

static bool check(const struct eif_parts *p, bool writing, struct err *e)
{
	const uint8_t *nul = p->cmdline.n ? memchr(p->cmdline.p, 0, p->cmdline.n) : NULL;
	size_t n = p->n_made + p->n_ramdisks;

	if (n == 0)
		return err_set(e, REASON_USAGE,
			       "no ramdisk is given, and loaders differ on such images");
	if (n > EIF_MAX_RAMDISKS)
		return err_set(e, REASON_USAGE,
			       "%zu ramdisks are given, and %u is the most there is room for", n,
			       EIF_MAX_RAMDISKS);
	if (p->cmdline.n == 0 && writing)
		return err_set(e, REASON_USAGE,
			       "the command line is empty, and loaders differ on such images");
	if (nul)
		return err_set(e, REASON_USAGE, "the command line has a NUL byte at position %zu",
			       (size_t)(nul - p->cmdline.p));
	return true;
}

static bool has(struct bytes head, size_t at, const char *magic)
{
	return head.n >= at + 4 && memcmp(head.p + at, magic, 4) == 0;
}

/* Parts that are only measured are of no architecture. */
static bool note_kernel(const struct eif_parts *p, const struct file *kernel, bool writing,
			struct answer *a, struct err *e)
{
	bool aarch64 = p->flags & EIF_FLAG_AARCH64, image, bzimage;
	uint8_t raw[KERNEL_HEAD];
	size_t got;

	if (!file_pread(kernel, 0, (struct span){raw, sizeof(raw)}, &got, e))
		return false;
	image = has(bytes_of(raw, got), IMAGE_MAGIC_AT, "ARM\x64");
	bzimage = has(bytes_of(raw, got), BZIMAGE_MAGIC_AT, "HdrS");
	if (!writing && !image && !bzimage)
		answer_note(a, REASON_KERNEL_FORMAT,
			    "the kernel is neither a bzImage, which x86_64 needs, nor an Image, "
			    "which aarch64 needs");
	if (writing && !(aarch64 ? image : bzimage))
		answer_note(a, REASON_KERNEL_FORMAT, "the kernel is no %s, which %s needs",
			    aarch64 ? "Image" : "bzImage", aarch64 ? "aarch64" : "x86_64");
	return true;
}

static bool notes(const struct eif_parts *p, const struct file *kernel, bool writing,
		  struct answer *a, struct err *e)
{
	if (!note_kernel(p, kernel, writing, a, e))
		return false;
	if (p->cmdline.n == 0)
		answer_note(a, REASON_EMPTY_CMDLINE, "the command line is empty");
	else if (p->cmdline.p[p->cmdline.n - 1] == '\n')
		answer_note(a, REASON_CMDLINE_NEWLINE,
			    "the command line ends in a newline, which is measured");
	return true;
}

/* The order of the reference builder: kernel, cmdline, metadata, ramdisks. */
static bool layout(struct eif_header *h, const struct eif_parts *p, const struct inputs *in,
		   struct err *e)
{
	*h = (struct eif_header){
		.version = EIF_VERSION,
		.flags = p->flags,
		.default_mem = EIF_DEFAULT_MEM,
		.default_cpus = EIF_DEFAULT_CPUS,
	};
	if (!eif_header_add(h, in->kernel.size, e) || !eif_header_add(h, p->cmdline.n, e) ||
	    !eif_header_add(h, p->metadata.n, e))
		return false;
	for (size_t i = 0; i < in->n; i++)
		if (!eif_header_add(h, in->ramdisk[i].size, e))
			return false;
	return true;
}

static bool write_file(struct eif_writer *w, enum eif_section_type type, struct file *f,
		       struct err *e)
{
	bool end;

	if (!eif_writer_file(w, type, f, f->size, e) || !pass_at_end(w->pass, &end, e))
		return false;
	if (end)
		return true;
	err_set(e, REASON_FILE_CHANGED, "the file grew while it was being read");
	return err_subject(e, f->name);
}

static bool write_all(struct eif_writer *w, const struct eif_parts *p, struct inputs *in,
		      struct err *e)
{
	struct eif_header h;

	if (!layout(&h, p, in, e) || !eif_writer_header(w, &h, e) ||
	    !write_file(w, EIF_SECTION_KERNEL, &in->kernel, e) ||
	    !eif_writer_bytes(w, EIF_SECTION_CMDLINE, p->cmdline, e) ||
	    !eif_writer_bytes(w, EIF_SECTION_METADATA, p->metadata, e))
		return false;
	for (size_t i = 0; i < in->n; i++)
		if (!write_file(w, EIF_SECTION_RAMDISK, &in->ramdisk[i], e))
			return false;
	return true;
}

bool eif_build(const struct eif_parts *p, const char *out, struct answer *a, struct err *e)
{
	owned(inputs_close) struct inputs in = {.kernel = FILE_NONE};
	owned(eif_writer_free) struct eif_writer w = {.out = OUT_NONE};

	return check(p, out, e) && open_parts(&in, p, e) && notes(p, &in.kernel, out, a, e) &&
	       eif_writer_open(&w, out, p->watch, e) && write_all(&w, p, &in, e) &&
	       eif_writer_registers(&w, &a->registers, e) && eif_writer_close(&w, e);
}
