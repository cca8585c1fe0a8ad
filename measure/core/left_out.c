#include "measure/core/left_out.h"

static bool is_of_host(struct bytes name)
{
	return bytes_equal(name, bytes_str("security.selinux")) ||
	       bytes_start(name, bytes_str("trusted.overlay.")) ||
	       bytes_start(name, bytes_str("user.overlay."));
}

bool left_out_xattr(const struct left_out *l, struct bytes path, struct bytes name, struct err *e)
{
	if (l->xattrs || is_of_host(name))
		return !l->tell || l->tell(l->arg, path, name, e);
	err_set(e, REASON_XATTR, "its attribute \"%.*s\" has no place in a ramdisk",
		name.n < 255 ? (int)name.n : 255, (const char *)name.p);
	return err_hint(e, "--drop-xattrs leaves such attributes out and names them");
}

bool left_out_file(const struct left_out *l, struct bytes path, struct err *e)
{
	return !l->tell || l->tell(l->arg, path, bytes_of(NULL, 0), e);
}
