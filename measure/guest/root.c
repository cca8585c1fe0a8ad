#include "measure/guest/root.h"

#include "measure/base/hex.h"
#include "measure/guest/application.h"

bool root_complete(struct rootfs *r, struct err *e)
{
	const char *folder = r->config.working_dir;

	return application_folders(r, e) &&
	       (!folder || folder[0] == '\0' || application_folder(r, folder, e));
}

bool root_device(const char *given, const char **device, struct err *e)
{
	*device = given ? given : ROOT_DEVICE;
	return root_words_device(*device, strlen(*device)) ||
	       err_set(e, REASON_USAGE, "--root-device: '%s' is no path of a device such as %s",
		       given, ROOT_DEVICE);
}

void root_words_put(struct buf *out, const char *device, const struct rootimage *image)
{
	buf_fmt(out, "measure.root=%s measure.verity=", device);
	hex_put(out, digest_bytes(&image->root));
	buf_fmt(out, " measure.blocks=%llu", (unsigned long long)image->blocks);
}
