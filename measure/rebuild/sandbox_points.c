#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/rebuild/sandbox_part.h"

#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Absolute, without "//", "." and "..", and no slash at its end. */
static bool is_normal(const char *path)
{
	size_t n;

	if (*path != '/')
		return false;
	for (; *path; path += n) {
		path++;
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
	}
	return true;
}

static bool possible(const char *at, struct err *e)
{
	static const char *const taken[] = {"/proc", "/dev", "/sys"};

	if (!is_normal(at))
		return err_set(e, REASON_USAGE, "'%s' cannot be a place in the sandbox", at);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (below(at, taken[i]))
			return err_set(e, REASON_USAGE, "'%s' is in %s, which is the sandbox's own",
				       at, taken[i]);
	return true;
}

/* Its times stay, as if the name had always been there, and the new folder has them too. */
static bool make(int in, const char *name, bool folder, uint32_t owner)
{
	struct timespec times[2];
	struct stat st;
	int made;

	if (fstat(in, &st) != 0)
		return false;
	if (folder ? mkdirat(in, name, 0755) != 0 : mknodat(in, name, S_IFREG | 0644, 0) != 0)
		return errno == EEXIST;
	times[0] = times[1] = st.st_mtim;
	made = folder ? fchmodat(in, name, 0755, 0) : 0;
	if (made == 0 && owner != 0)
		made = fchownat(in, name, owner, owner, AT_SYMLINK_NOFOLLOW);
	return made == 0 && utimensat(in, name, times, AT_SYMLINK_NOFOLLOW) == 0 &&
	       futimens(in, times) == 0;
}

/* The folder that the first n bytes of path lead to, all of it made where it is missing. */
static bool step_down(int *at, const char *path, size_t n, uint32_t owner)
{
	char name[NAME_MAX + 1];

	for (const char *end = path + n; path < end;) {
		size_t length = strcspn(path, "/");
		int next;

		if (length > NAME_MAX) {
			errno = ENAMETOOLONG;
			return false;
		}
		memcpy(name, path, length);
		name[length] = '\0';
		path += length + (path[length] == '/');
		next = openat(*at, name, FOLDER);
		if (next < 0 && errno == ENOENT && make(*at, name, true, owner))
			next = openat(*at, name, FOLDER);
		if (next < 0)
			return false;
		close(*at);
		*at = next;
	}
	return true;
}

/* path: below `from`, without a leading slash. */
static bool point(const char *from, const char *path, bool folder, uint32_t owner)
{
	owned(own_close) int at = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct stat st;

	if (at < 0)
		return false;
	if (folder)
		return step_down(&at, path, strlen(path), owner);
	if (!step_down(&at, path, (size_t)(name - path), owner))
		return false;
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT && make(at, name, false, owner);
	if (!S_ISREG(st.st_mode))
		errno = ELOOP;
	return S_ISREG(st.st_mode);
}

/* In what does mount i lie: the last one before it that it is below, else the root. */
static bool mount_point(const struct sandbox *s, size_t i, uint32_t owner, struct err *e)
{
	const struct sandbox_mount *m = &s->mounts[i];
	const char *from = s->root, *path = m->at + 1;
	bool memory = below(m->at, "/tmp");
	struct stat st;

	if (!possible(m->at, e))
		return false;
	if (stat(m->from, &st) != 0) {
		err_errno(e, errno, "cannot be mounted");
		return err_subject(e, m->from);
	}
	for (size_t j = 0; j < i; j++)
		if (below(m->at, s->mounts[j].at)) {
			from = s->mounts[j].from;
			path = m->at + strlen(s->mounts[j].at);
			path += *path == '/';
			memory = false;
		}
	if (memory || point(from, path, S_ISDIR(st.st_mode), owner))
		return true;
	return err_set(e, REASON_SANDBOX, "'%s' cannot be a place in the sandbox's root: %s", m->at,
		       strerrordesc_np(errno));
}

bool sandbox_points(const struct sandbox *s, uint32_t owner, struct err *e)
{
	static const char *const own[] = {"proc", "dev", "tmp", "sys"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!point(s->root, own[i], true, owner))
			return err_set(e, REASON_SANDBOX,
				       "'/%s' cannot be a place in the sandbox's root: %s", own[i],
				       strerrordesc_np(errno));
	for (size_t i = 0; i < s->n_mounts; i++)
		if (!mount_point(s, i, owner, e))
			return false;
	return true;
}
