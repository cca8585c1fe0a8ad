#include "ovmf-snp/guest.h"

#include <ctype.h>

#include "measure/core/stream.h"

static bool slurp(struct buf *file, const char *path, struct err *e)
{
	*file = BUF(OVMF_MAX);
	return file_slurp(path, OVMF_MAX, file, e);
}

static bool firmware_load(struct guest *g, const struct guest_files *f, struct err *e)
{
	if (!slurp(&g->ovmf_file, f->ovmf, e))
		return false;
	return (f->flat ? ovmf_read_flat : ovmf_read)(&g->ovmf, buf_bytes(&g->ovmf_file), OVMF_END,
						      e) ||
	       err_subject(e, f->ovmf);
}

static bool kernel_load(struct guest *g, const struct guest_files *f, struct err *e)
{
	if (!f->kernel)
		return true;
	g->has_kernel = true;
	g->has_initrd = f->initrd != NULL;
	g->append = f->append;
	g->launch.kernel = &g->hashes;
	return stream_digest_path(f->kernel, f->watch, &g->kernel, e) &&
	       (!f->initrd || stream_digest_path(f->initrd, f->watch, &g->initrd, e)) &&
	       kernelhash_make(&g->hashes, &g->kernel, f->initrd ? &g->initrd : NULL, f->append, e);
}

/* ovmf_read() knows of one image; here are two. */
static bool svsm_check(const struct guest *g, struct err *e)
{
	if (g->svsm.svsm_entry >= g->svsm.image.n)
		return err_set(e, REASON_FIRMWARE,
			       "the SVSM is said to start at byte 0x%x, and has 0x%zx",
			       g->svsm.svsm_entry, g->svsm.image.n);
	for (size_t i = 0; i < g->svsm.n_sections; i++) {
		const struct ovmf_section *s = &g->svsm.section[i];

		if ((uint64_t)s->gpa + s->size > g->ovmf.gpa)
			return err_at(e, REASON_FIRMWARE, s->at,
				      "section %zu (%s) at 0x%x with 0x%x bytes lies over the "
				      "firmware, which begins at 0x%llx",
				      i, ovmf_section_name(s->type), s->gpa, s->size,
				      (unsigned long long)g->ovmf.gpa);
	}
	return true;
}

static bool svsm_load(struct guest *g, const struct guest_files *f, struct err *e)
{
	if (!f->svsm)
		return true;
	if (f->vars_size > g->ovmf.gpa)
		return err_set(e, REASON_USAGE,
			       "a variable store of %llu bytes does not fit below the firmware",
			       (unsigned long long)f->vars_size);
	if (f->vars_size % OVMF_PAGE != 0)
		return err_set(e, REASON_USAGE,
			       "a variable store of %llu bytes is no whole number of pages, so the "
			       "SVSM below it would not begin at one",
			       (unsigned long long)f->vars_size);
	g->launch.svsm = &g->svsm;
	return slurp(&g->svsm_file, f->svsm, e) &&
	       ((ovmf_read(&g->svsm, buf_bytes(&g->svsm_file), g->ovmf.gpa - f->vars_size, e) &&
		 svsm_check(g, e)) ||
		err_subject(e, f->svsm));
}

bool guest_load(struct guest *g, const struct guest_files *f, const struct profile *profile,
		struct err *e)
{
	g->launch.profile = profile;
	g->launch.ovmf = &g->ovmf;
	return firmware_load(g, f, e) && svsm_load(g, f, e) && kernel_load(g, f, e);
}

void guest_free(struct guest *g)
{
	buf_free(&g->ovmf_file);
	buf_free(&g->svsm_file);
}

/* ---- what is bound */

/* What is behind `start` where a word of the command line begins with it; else nothing. */
static struct bytes behind(struct bytes cmdline, const char *start)
{
	size_t n = strlen(start);

	for (size_t i = 0; i + n < cmdline.n; i++)
		if ((i == 0 || isspace(cmdline.p[i - 1])) && memcmp(cmdline.p + i, start, n) == 0)
			return bytes_of(cmdline.p + i + n, cmdline.n - i - n);
	return bytes_of(NULL, 0);
}

/* A root of hashes in the command line binds the disk that is checked against it. */
static bool has_verity(struct bytes cmdline)
{
	static const char *const roots[] = {
		"roothash=", "usrhash=", "verity.root=", "measure.verity="};
	struct bytes table = behind(cmdline, "dm-mod.create=");

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct bytes root = behind(cmdline, roots[i]);

		if (root.n > 0 && isxdigit(root.p[0]))
			return true;
	}
	return table.n > 0 && memmem(table.p, table.n, " verity ", 8);
}

struct coverage guest_coverage(const struct guest *g)
{
	enum binding hashed = g->has_kernel ? BOUND_HASH : BOUND_NOT;

	return (struct coverage){
		.firmware = BOUND_DIRECT,
		.kernel = hashed,
		.initrd = hashed,
		.cmdline = hashed,
		.disk = g->has_kernel && has_verity(g->append) ? BOUND_VERITY : BOUND_NOT,
	};
}

static const char *binding_text(enum binding b)
{
	static const char *const words[] = {
		[BOUND_NOT] = "not bound",
		[BOUND_DIRECT] = "directly",
		[BOUND_HASH] = "through the table of kernel hashes",
		[BOUND_VERITY] = "through a verity root in the command line",
	};

	return words[b];
}

#define PARTS 5u
static const char *const part_names[PARTS] = {"firmware", "kernel", "initrd", "command line",
					      "disk"};
static const char *const part_keys[PARTS] = {"firmware", "kernel", "initrd", "cmdline", "disk"};

static enum binding part(const struct coverage *c, size_t i)
{
	const enum binding all[PARTS] = {c->firmware, c->kernel, c->initrd, c->cmdline, c->disk};

	return all[i];
}

void coverage_text(const struct coverage *c, struct buf *out)
{
	for (size_t i = 0; i < PARTS; i++)
		buf_fmt(out, "%-13s %s\n", part_names[i], binding_text(part(c, i)));
}

void coverage_json(const struct coverage *c, struct json_out *w)
{
	static const char *const words[] = {
		[BOUND_NOT] = "none",
		[BOUND_DIRECT] = "direct",
		[BOUND_HASH] = "hash",
		[BOUND_VERITY] = "verity",
	};

	json_open(w, '{');
	for (size_t i = 0; i < PARTS; i++) {
		json_key(w, part_keys[i]);
		json_str(w, words[part(c, i)]);
	}
	json_close(w, '}');
}

void guest_notes(const struct guest *g, bool snp, struct answer *a)
{
	struct coverage c = guest_coverage(g);

	if (snp && !g->ovmf.has_metadata)
		answer_note(a, REASON_NO_SEV_METADATA,
			    "the firmware has no SEV metadata, so no SNP guest starts from it; the "
			    "digest is what other tools print for it");
	if (g->launch.svsm)
		answer_note(a, REASON_NOT_BOUND,
			    "the digest binds the firmware and the SVSM alone: kernel, initrd, "
			    "command line and disk can be exchanged without a trace");
	else if (c.kernel == BOUND_NOT)
		answer_note(a, REASON_NOT_BOUND,
			    "the digest binds the firmware alone: kernel, initrd, command line and "
			    "disk can be exchanged without a trace%s",
			    g->ovmf.has_hashes &&
					    (!snp || ovmf_section(&g->ovmf, OVMF_KERNEL_HASHES))
				    ? " (--kernel binds them)"
				    : " (and this firmware has no place for their hashes)");
	else if (c.disk == BOUND_NOT)
		answer_note(
			a, REASON_NOT_BOUND,
			"the digest binds no disk: none of the command line's words is the root "
			"of a verity tree");
}
