#include "measure/rebuild/deb.h"

#include <stdlib.h>

#include "measure/core/ar.h"
#include "measure/core/archive.h"
#include "measure/core/tar.h"
#include "measure/rebuild/deb822.h"

#define HEAD 6u
#define FORMAT "debian-binary"
#define VERSION "2."

void deb_free(struct deb *d)
{
	free(d->name);
	free(d->version);
	free(d->architecture);
	free(d->replaces);
	free(d->depends);
	free(d->pre_depends);
	free(d->provides);
	*d = (struct deb){0};
}

static bool check_format(const struct file *f, struct err *e)
{
	uint8_t head[sizeof(AR_MAGIC) - 1];
	uint64_t at, size;
	size_t got;

	if (!file_pread(f, 0, (struct span){head, sizeof(head)}, &got, e))
		return false;
	if (!bytes_equal(bytes_of(head, got), bytes_str(AR_MAGIC)))
		return err_set(e, REASON_PACKAGE,
			       "is no Debian package, whose first bytes are "
			       "\"!<arch>\"");
	if (!ar_find(f, FORMAT, &at, &size, e) ||
	    !file_pread(f, at, (struct span){head, sizeof(VERSION) - 1}, &got, e))
		return false;
	return (size > got && bytes_equal(bytes_of(head, got), bytes_str(VERSION))) ||
	       err_at(e, REASON_PACKAGE, at, "the format's version is not " VERSION "x");
}

struct of_tar {
	struct stream stream;
	struct tar *tar;
};

static bool read_entry(struct stream *s, struct span to, size_t *got, struct err *e)
{
	return tar_read(((struct of_tar *)s)->tar, to, got, e);
}

static char *text_of(const struct deb822 *d, const char *field, struct err *e)
{
	struct bytes x = deb822_get(d, field);
	char *s = own_new(x.n + 1, e);

	if (s && x.n > 0)
		memcpy(s, x.p, x.n);
	return s;
}

static bool read_control(struct deb *d, struct stream *in, struct err *e)
{
	owned(deb822_free) struct deb822 *p = deb822_new(in, e);
	struct bytes x;

	if (!p || !deb822_only(p, e) || !deb822_need(p, "Package", &x, e) ||
	    !deb822_need(p, "Version", &x, e) || !deb822_need(p, "Architecture", &x, e))
		return false;
	d->name = text_of(p, "Package", e);
	d->version = text_of(p, "Version", e);
	d->architecture = text_of(p, "Architecture", e);
	d->replaces = text_of(p, "Replaces", e);
	d->depends = text_of(p, "Depends", e);
	d->pre_depends = text_of(p, "Pre-Depends", e);
	d->provides = text_of(p, "Provides", e);
	d->essential = bytes_equal(deb822_get(p, "Essential"), bytes_str("yes"));
	return d->name && d->version && d->architecture && d->replaces && d->depends &&
	       d->pre_depends && d->provides;
}

static bool find_control(struct deb *d, struct stream *in, struct err *e)
{
	owned(tar_free) struct tar *tar = tar_new(in, e);
	const struct tar_entry *entry;

	while (tar && tar_next(tar, &entry, e)) {
		struct of_tar file = {{read_entry, 0}, tar};

		if (!entry)
			return err_set(e, REASON_PACKAGE, "there is no control file in it");
		if (entry->type == TAR_FILE && bytes_equal(entry->name, bytes_str("control")))
			return read_control(d, &file.stream, e) || err_in(e, "control file");
	}
	return false;
}

bool deb_read(struct deb *d, const struct file *f, struct err *e)
{
	struct unpack_rule rule = {.members = true, .max = DEB_CONTROL_MAX};
	owned(unpack_free) struct unpack *u = NULL;
	owned(deb_free) struct deb new = {0};
	struct stream_range range;
	uint64_t at, size;
	uint8_t head[HEAD];
	size_t got;

	if (!check_format(f, e) || !ar_find(f, "control.tar", &at, &size, e) ||
	    !file_pread(f, at, (struct span){head, size < HEAD ? (size_t)size : HEAD}, &got, e))
		return false;
	rule.packing = archive_packing(bytes_of(head, got));
	range = stream_range(f, at, size);
	if (rule.packing != PACKING_NONE) {
		u = unpack_new(&range.stream, &rule, e);
		if (!u)
			return false;
	}
	if (!find_control(&new, u ? unpack_stream(u) : &range.stream, e))
		return err_in(e, "control.tar");
	*d = take(new);
	return true;
}
