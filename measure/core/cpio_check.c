#include "measure/core/cpio_check.h"

#include <sys/stat.h>

#define refuse(x, e, ...) err_at(e, REASON_AMBIGUOUS, (x)->header, __VA_ARGS__)

/* The trailer is found by its name, which the kernel does not look at where a link is made. */
static bool check_trailer(const struct cpio_entry *x, struct err *e)
{
	if (x->fields.size > 0)
		return refuse(x, e, "a trailer with %u bytes", x->fields.size);
	return !S_ISLNK(x->fields.mode) || refuse(x, e, "a trailer that is a symbolic link");
}

static bool check_path(const struct cpio_entry *x, struct err *e)
{
	size_t from = 0;

	for (size_t i = 0; i <= x->name.n; i++) {
		struct bytes part = bytes_of(x->name.p + from, i - from);

		if (i < x->name.n && x->name.p[i] != '/')
			continue;
		if (bytes_equal(part, bytes_str("..")))
			return refuse(x, e, "a name that leads upwards by '..'");
		if (part.n > CPIO_COMPONENT_MAX)
			return refuse(x, e, "a name of %zu bytes: the kernel refuses more than %u",
				      part.n, CPIO_COMPONENT_MAX);
		from = i + 1;
	}
	return true;
}

static bool check_size(const struct cpio_entry *x, struct err *e)
{
	const struct cpio_fields *f = &x->fields;

	if (S_ISREG(f->mode))
		return true;
	if (!S_ISLNK(f->mode))
		return f->size == 0 ||
		       refuse(x, e, "%u bytes, and no file: the kernel passes over it", f->size);
	if (f->size == 0)
		return refuse(x, e, "a symbolic link without a target");
	return f->size <= CPIO_NAME_MAX + 1 ||
	       refuse(x, e, "a symbolic link's target of %u bytes: the kernel passes over it",
		      f->size);
}

static bool check_owner(const struct cpio_entry *x, struct err *e)
{
	if (x->fields.uid != UINT32_MAX && x->fields.gid != UINT32_MAX)
		return true;
	return refuse(x, e, "the owner is %u:%u, which the kernel takes for no change",
		      x->fields.uid, x->fields.gid);
}

static bool check_mode(const struct cpio_entry *x, struct err *e)
{
	uint32_t mode = x->fields.mode, type = mode & S_IFMT;
	bool device = type == S_IFCHR || type == S_IFBLK;

	if (mode > 0xffff)
		return refuse(x, e, "c_mode is %08x: the kernel looks at its last four digits",
			      mode);
	if (type != S_IFREG && type != S_IFDIR && type != S_IFLNK && type != S_IFIFO &&
	    type != S_IFSOCK && !device)
		return refuse(x, e, "c_mode is %08x, which is no type of file", mode);
	if (device &&
	    (x->fields.rdev_major > CPIO_MAJOR_MAX || x->fields.rdev_minor > CPIO_MINOR_MAX))
		return refuse(x, e, "the device %u:%u: the kernel has no such numbers",
			      x->fields.rdev_major, x->fields.rdev_minor);
	return true;
}

bool cpio_check(const struct cpio_entry *x, struct err *e)
{
	if (cpio_is_trailer(x))
		return check_trailer(x, e);
	if (check_path(x, e) && check_mode(x, e) && check_size(x, e) && check_owner(x, e))
		return true;
	return err_in(e, "'%.*s'", x->name.n < 300 ? (int)x->name.n : 300, (const char *)x->name.p);
}
