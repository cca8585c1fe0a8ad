#include "measure/cli/initrd_options.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "measure/base/file.h"
#include "measure/base/num.h"

const char *const initrd_profiles[] = {"native", "nitro-cli", "gen_init_cpio", NULL};
const char *const initrd_owners[] = {"0:0", "disk", NULL};

bool initrd_time(const char *text, struct cpio_rule *rule, struct err *e)
{
	uint64_t clamp = 0;

	rule->time = rule->profile->time;
	if (!text)
		return true;
	if (strcmp(text, "0") == 0)
		rule->time = CPIO_TIME_ZERO;
	else if (strcmp(text, "keep") == 0)
		rule->time = CPIO_TIME_KEEP;
	else if (strncmp(text, "clamp:", 6) == 0 && num_parse(text + 6, &clamp) &&
		 clamp <= UINT32_MAX)
		rule->time = CPIO_TIME_CLAMP;
	else
		return err_set(e, REASON_USAGE,
			       "--mtime: '%s' is none of 0, clamp:N with N below 2^32, keep", text);
	rule->clamp = (uint32_t)clamp;
	return true;
}

char *initrd_folder(const char *output, struct err *e)
{
	char *folder = own_string(output, e), *slash = folder ? strrchr(folder, '/') : NULL;

	if (folder && !slash) {
		free(folder);
		return own_string(".", e);
	}
	if (folder)
		slash[slash == folder ? 1 : 0] = '\0';
	return folder;
}

static bool is_below(const char *path, const char *folder)
{
	owned(own_free) char *inner = realpath(path, NULL);
	owned(own_free) char *outer = realpath(folder, NULL);
	size_t n = outer ? strlen(outer) : 0;

	return inner && outer && strncmp(inner, outer, n) == 0 &&
	       (inner[n] == '\0' || inner[n] == '/' || outer[n - 1] == '/');
}

/* What a ramdisk is made of does not hold the output: the next one would have it inside. */
bool initrd_distinct(const char *output, const char *rootfs, struct err *e)
{
	owned(own_free) char *folder = initrd_folder(output, e);
	struct stat st;

	if (!folder || !out_named(output, e))
		return false;
	if (stat(rootfs, &st) != 0 || !S_ISDIR(st.st_mode))
		return out_distinct(output, rootfs, e);
	if (!is_below(folder, rootfs))
		return true;
	err_set(e, REASON_USAGE, "would be a part of what it is made from, '%s'", rootfs);
	return err_subject(e, output);
}
