#include "reference-db/identify.h"

#include "eif/image.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/igvm_file.h"
#include "reference-db/released_file.h"

static void add(struct identified *out, const struct digest *d)
{
	for (size_t i = 0; i < out->n; i++)
		if (digest_equal(&out->digest[i], d))
			return;
	if (out->n < IDENTIFIED_MAX)
		out->digest[out->n++] = *d;
}

static bool of_bundle(const char *path, struct watch watch, struct identified *out, struct err *e)
{
	owned(snp_bundle_free) struct snp_bundle b = {0};

	if (!snp_bundle_read(&b, path, watch, e))
		return false;
	for (size_t i = 0; i < b.found.n; i++)
		add(out, &b.found.row[i].digest);
	return true;
}

static bool of_igvm(struct file *f, struct identified *out, struct err *e)
{
	owned(igvm_file_free) struct igvm_file file = {0};
	struct igvm_ways w;

	if (!igvm_file_read(&file, f, e) || !igvm_ways(&w, &file.igvm, e))
		return false;
	for (size_t i = 0; i < w.n; i++)
		add(out, &w.way[i].digest);
	return true;
}

static bool of_image(struct file *f, struct identified *out, struct err *e)
{
	owned(eif_image_free) struct eif_image img = {0};

	if (!eif_image_read(f, true, &img, e))
		return false;
	add(out, &img.pcr[0]);
	add(out, &img.sha256);
	return true;
}

static bool of_file(const char *path, struct watch watch, struct identified *out, struct err *e)
{
	struct component c = {0};

	if (!released_file_read(path, watch, &c, e))
		return false;
	add(out, &c.digest);
	return true;
}

static bool is_eif(const struct file *f)
{
	uint8_t head[4];
	struct err ignored = {0};
	size_t n = 0;

	return f->stream || (file_pread(f, 0, (struct span){head, sizeof(head)}, &n, &ignored) &&
			     bytes_equal(bytes_of(head, n), bytes_str(".eif")));
}

bool identify(const char *path, struct watch watch, struct identified *out, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (snp_bundle_is(path))
		return of_bundle(path, watch, out, e) || err_subject(e, path);
	if (!file_open(&f, path, e))
		return false;
	if (!igvm_file_is(path) && !is_eif(&f))
		return of_file(path, watch, out, e);
	f.watch = watch;
	if (!igvm_file_is(path))
		return of_image(&f, out, e) || err_subject(e, path);
	return of_igvm(&f, out, e) ? of_file(path, watch, out, e) : err_subject(e, path);
}
