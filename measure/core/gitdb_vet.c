#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "measure/base/file.h"
#include "measure/core/gitdb_door.h"

#define PATH 8192u
#define REF 1024u /* bytes of a file that names another ref, or an object */
#define REFS 5u /* one that names the next one: so many does libgit2 follow */

static bool is_file(const char *folder, const char *name, struct err *e)
{
	char path[PATH];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(e, REASON_LIMIT, "the path of the repository is too long");
	return stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ||
	       err_set(e, REASON_SOURCE, "'%s' is %s, not a regular file", name,
		       file_kind(st.st_mode));
}

bool gitdb_vet_folder(const char *path, struct err *e)
{
	static const char *const names[] = {
		".git",
		"config",
		"HEAD",
		"commondir",
		"packed-refs",
		".git/config",
		".git/HEAD",
		".git/commondir",
		".git/packed-refs",
		".git/config.worktree",
		"config.worktree",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!is_file(path, names[i], e))
			return false;
	return true;
}

bool gitdb_vet_packs(const char *folder, struct err *e)
{
	char path[PATH];
	int n = snprintf(path, sizeof(path), "%sobjects/pack", folder);
	DIR *d = n > 0 && (size_t)n < sizeof(path) ? opendir(path) : NULL;
	const struct dirent *x;
	bool good = true;

	if (!d)
		return true;
	while (good && (x = readdir(d)))
		good = is_file(path, x->d_name, e);
	closedir(d);
	return good;
}

/* What a symbolic ref names, in place of the ref; false: it names none. */
static bool next(const char *folder, char name[REF])
{
	owned(file_close) struct file f = FILE_NONE;
	uint8_t text[REF];
	struct bytes line, rest = {text, 0};
	struct err ignored = {0};
	char path[PATH];
	int n = snprintf(path, sizeof(path), "%s%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof(path) || !file_open(&f, path, &ignored) ||
	    !file_read(&f, (struct span){text, sizeof(text)}, &rest.n, &ignored))
		return false;
	line = bytes_line(&rest);
	if (!bytes_start(line, bytes_str("ref: ")))
		return false;
	snprintf(name, REF, "%.*s", (int)(line.n - 5), (const char *)line.p + 5);
	return true;
}

bool gitdb_vet_ref(const char *folder, const char *name, struct err *e)
{
	char at[REF];

	snprintf(at, sizeof(at), "%s", name);
	for (unsigned i = 0; i <= REFS; i++) {
		if (!is_file(folder, at, e))
			return false;
		if (!next(folder, at))
			return true;
	}
	return true;
}

bool gitdb_vet_object(const char *folder, const struct gitdb_id *id, struct err *e)
{
	char digits[GITDB_DIGITS + 1], name[GITDB_DIGITS + 16];

	gitdb_digits(id, digits);
	snprintf(name, sizeof(name), "objects/%.2s/%s", digits, digits + 2);
	return is_file(folder, name, e);
}
