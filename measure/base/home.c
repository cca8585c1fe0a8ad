#include "measure/base/home.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct {
	const char *variable, *folder;
} homes[] = {
	[HOME_CONFIG] = {"XDG_CONFIG_HOME", ".config"},
	[HOME_CACHE] = {"XDG_CACHE_HOME", ".cache"},
	[HOME_STATE] = {"XDG_STATE_HOME", ".local/state"},
};

static const char *folder_in(const char *variable)
{
	const char *value = getenv(variable);

	return value && value[0] == '/' ? value : NULL;
}

const char *home_variable(enum home home)
{
	return homes[home].variable;
}

bool home_path(enum home home, const char *name, struct buf *out)
{
	const char *named = folder_in(homes[home].variable), *user = folder_in("HOME");

	if (named)
		buf_fmt(out, "%s/measure/%s", named, name);
	else if (user)
		buf_fmt(out, "%s/%s/measure/%s", user, homes[home].folder, name);
	return named || user;
}

bool home_make_folders(const char *path, unsigned mode, struct err *e)
{
	owned(own_free) char *folder = own_string(path, e);

	if (!folder)
		return false;
	for (char *p = strchr(folder + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(folder, mode) != 0 && errno != EEXIST) {
			err_errno(e, errno, "cannot be made");
			return err_subject(e, folder);
		}
		*p = '/';
	}
	return true;
}
