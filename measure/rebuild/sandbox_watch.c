#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/rebuild/sandbox_part.h"

#define FILE_COST 4096u /* of one more name, besides its bytes: many empty files fill a disk too */

struct disk {
	const char *path;
	uint64_t used; /* at the beginning */
};

struct sandbox_watch {
	struct sandbox_limits limits;
	uint32_t owner; /* whom root became; 0: nobody */
	pid_t first;
	DIR *proc; /* the sandbox's own, which lists its processes alone */
	bool summed;
	struct disk *disk;
	size_t n_disks;
};

static uint64_t used(const char *path)
{
	struct statvfs v;
	uint64_t files;

	if (statvfs(path, &v) != 0)
		return 0;
	files = v.f_files > v.f_ffree ? v.f_files - v.f_ffree : 0;
	return (uint64_t)(v.f_blocks - v.f_bfree) * v.f_frsize + files * FILE_COST;
}

struct sandbox_watch *sandbox_watch_new(const struct sandbox_setup *u, struct err *e)
{
	const struct sandbox *s = u->s;
	struct sandbox_watch *w = own_new(sizeof(*w), e);

	if (!w)
		return NULL;
	w->limits = u->limits;
	w->owner = u->owner;
	w->summed = true;
	w->disk = own_new((s->n_mounts + 1) * sizeof(*w->disk), e);
	if (!w->disk) {
		free(w);
		return NULL;
	}
	if (s->root_writable)
		w->disk[w->n_disks++] = (struct disk){s->root, used(s->root)};
	for (size_t i = 0; i < s->n_mounts; i++)
		if (s->mounts[i].writable)
			w->disk[w->n_disks++] =
				(struct disk){s->mounts[i].from, used(s->mounts[i].from)};
	return w;
}

void sandbox_watch_free(struct sandbox_watch **w)
{
	if (!*w)
		return;
	if ((*w)->proc)
		closedir((*w)->proc);
	free((*w)->disk);
	free(*w);
	*w = NULL;
}

/*
 * Each user name space counts the processes of its own: none but the sandbox's. So the limit is put
 * on the first one when it is there, by a process of the same user; root itself may lack the right.
 */
bool sandbox_watch_first(struct sandbox_watch *w, pid_t pid)
{
	const struct rlimit l = {.rlim_cur = w->limits.processes, .rlim_max = w->limits.processes};
	int status = 0;
	pid_t child;

	w->first = pid;
	if (w->owner == 0)
		return prlimit(pid, RLIMIT_NPROC, &l, NULL) == 0;
	child = fork();
	if (child == 0)
		_exit(setresgid(w->owner, w->owner, w->owner) == 0 &&
				      setresuid(w->owner, w->owner, w->owner) == 0 &&
				      prlimit(pid, RLIMIT_NPROC, &l, NULL) == 0
			      ? 0
			      : 1);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return child > 0 && status == 0;
}

/* Until bubblewrap has made its root, the way leads to this machine's own, or nowhere. */
static bool open_proc(struct sandbox_watch *w)
{
	char path[64];
	struct stat ours, theirs;
	struct statfs kind;
	owned(own_close) int fd = -1;

	if (w->proc || w->first == 0)
		return w->proc != NULL;
	snprintf(path, sizeof(path), "/proc/%d/root/proc", (int)w->first);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &kind) != 0 || kind.f_type != PROC_SUPER_MAGIC ||
	    fstat(fd, &theirs) != 0 || stat("/proc", &ours) != 0 || ours.st_dev == theirs.st_dev)
		return false;
	w->proc = fdopendir(fd);
	if (w->proc)
		fd = -1;
	return w->proc != NULL;
}

static size_t read_small(int in, const char *pid, const char *name, char *to, size_t room)
{
	owned(own_close) int fd = -1;
	char path[300];
	ssize_t n;

	snprintf(path, sizeof(path), "%.200s/%s", pid, name);
	fd = openat(in, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, to, room - 1);
	to[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* What a process has to itself: what is resident, without what is of files or shared memory. */
static uint64_t rough(int in, const char *pid)
{
	char text[256];
	unsigned long long size, resident, shared;

	if (read_small(in, pid, "statm", text, sizeof(text)) == 0 ||
	    sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3 || resident < shared)
		return 0;
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The same with pages that several processes still share after a fork counted once in all. */
static uint64_t exact(int in, const char *pid)
{
	char text[4096];
	const char *at;
	unsigned long long kib;

	if (read_small(in, pid, "smaps_rollup", text, sizeof(text)) == 0)
		return rough(in, pid);
	at = strstr(text, "\nPss_Anon:");
	return at && sscanf(at, "\nPss_Anon: %llu", &kib) == 1 ? kib * 1024 : rough(in, pid);
}

static uint64_t sum(DIR *proc, uint64_t (*of)(int in, const char *pid))
{
	const struct dirent *at;
	uint64_t total = 0;

	rewinddir(proc);
	while ((at = readdir(proc)))
		if (at->d_name[0] >= '1' && at->d_name[0] <= '9')
			total += of(dirfd(proc), at->d_name);
	return total;
}

enum sandbox_end sandbox_watch_look(struct sandbox_watch *w)
{
	for (size_t i = 0; i < w->n_disks; i++) {
		uint64_t now = used(w->disk[i].path);

		if (now > w->disk[i].used && now - w->disk[i].used > w->limits.disk)
			return SANDBOX_DISK_FULL;
	}
	w->summed = open_proc(w);
	if (w->summed && sum(w->proc, rough) > w->limits.memory &&
	    sum(w->proc, exact) > w->limits.memory)
		return SANDBOX_MEMORY_FULL;
	return SANDBOX_EXIT;
}

bool sandbox_watch_summed(const struct sandbox_watch *w)
{
	return w->summed;
}
