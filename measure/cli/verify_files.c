#include "measure/cli/verify.h"
#include "measure/core/x509.h"

void verify_free_files(struct verify_files *f)
{
	for (size_t i = 0; i < f->files.n; i++)
		buf_free(&f->bytes[i]);
	for (size_t i = 0; i < f->n_folders; i++)
		listing_free(&f->folder[i]);
	f->files.n = f->n_folders = 0;
}

/* What a folder holds beside certificates is none of our business. */
static bool is_certificate(struct bytes file)
{
	owned(x509_free) struct x509 *x = NULL;
	struct err ignored = {0};

	return bytes_start(file, bytes_str("-----BEGIN CERTIFICATE-----")) ||
	       x509_read_der(&x, file, &ignored);
}

bool verify_add_bytes(const char *name, struct bytes b, struct verify_files *to, struct err *e)
{
	if (to->files.n == EVIDENCE_FILES) {
		err_set(e, REASON_LIMIT, "is one file more than the %u there is room for",
			EVIDENCE_FILES);
		return err_subject(e, name);
	}
	to->files.file[to->files.n++] = (struct evidence_file){name, b};
	return true;
}

static bool add(const char *path, bool certificates, struct verify_files *to, struct err *e)
{
	owned(buf_free) struct buf file = BUF(EVIDENCE_FILE_MAX);

	if (!file_slurp(path, EVIDENCE_FILE_MAX, &file, e))
		return false;
	if (certificates && !is_certificate(buf_bytes(&file)))
		return true;
	if (!verify_add_bytes(path, buf_bytes(&file), to, e))
		return false;
	to->bytes[to->files.n - 1] = take(file);
	return true;
}

bool verify_read_folder(const char *path, struct verify_files *to, struct err *e)
{
	struct listing *f = &to->folder[to->n_folders];

	if (to->n_folders == EVIDENCE_FILES)
		return err_set(e, REASON_LIMIT, "more than %u folders", EVIDENCE_FILES);
	if (!listing_read(f, path, e))
		return false;
	to->n_folders++;
	for (size_t i = 0; i < f->n; i++)
		if (!add(f->path[i], true, to, e))
			return false;
	return true;
}

bool verify_read_file(const char *path, struct verify_files *to, struct err *e)
{
	return add(path, false, to, e);
}
