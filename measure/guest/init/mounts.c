#include "measure/guest/init/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

#include "measure/guest/init/report.h"
#include "measure/guest/init/sys.h"

struct mount {
	const char *type, *to, *data;
	unsigned long flags;
};

#define QUIET (MS_NODEV | MS_NOSUID | MS_NOEXEC)

static const struct mount dev = {"devtmpfs", "/dev", "mode=0755", MS_NOSUID};

static void mount_one(const struct mount *m)
{
	long error = sys(SYS_mkdirat, AT_FDCWD, sys_ptr(m->to), 0755);

	if (error == 0 || error == -EEXIST)
		error = sys(SYS_mount, sys_ptr(m->type), sys_ptr(m->to), sys_ptr(m->type),
			    (long)m->flags, sys_ptr(m->data));
	/* busy: the kernel has done it (CONFIG_DEVTMPFS_MOUNT) */
	if (error < 0 && error != -EBUSY)
		report_error("cannot mount", m->to, error);
}

void mounts_console(void)
{
	long fd;

	mount_one(&dev);
	fd = sys(SYS_openat, AT_FDCWD, sys_ptr("/dev/console"), O_RDWR);
	if (fd < 0) {
		report_error("cannot open", "/dev/console", fd);
		return;
	}
	for (int i = 0; i < 3; i++)
		if (fd != i)
			sys(SYS_dup3, fd, i);
	if (fd > 2)
		sys(SYS_close, fd);
}

static const char root[] = "/rootfs";

/* A move takes a mount point. */
static void move_root(void)
{
	long error = sys(SYS_chdir, sys_ptr(root));

	if (error == 0)
		error = sys(SYS_mount, sys_ptr("."), sys_ptr("/"), 0, MS_MOVE);
	if (error == 0)
		error = sys(SYS_chroot, sys_ptr("."));
	if (error == 0)
		error = sys(SYS_chdir, sys_ptr("/"));
	if (error < 0)
		report_last("cannot change the root to", root, error);
}

/* Binding the folder to itself makes a mount point of it. */
void mounts_root(void)
{
	long error = sys(SYS_mount, sys_ptr(root), sys_ptr(root), 0, MS_BIND);

	if (error < 0)
		report_last("cannot change the root to", root, error);
	move_root();
}

void mounts_disk(const char *device, const char *type)
{
	long error;

	sys(SYS_mkdirat, AT_FDCWD, sys_ptr(root), 0755);
	error = sys(SYS_mount, sys_ptr(device), sys_ptr(root), sys_ptr(type), MS_RDONLY);
	if (error < 0)
		report_last("cannot mount the root from", device, error);
	move_root();
}

void mounts_all(void)
{
	static const struct mount mounts[] = {
		{"proc", "/proc", NULL, QUIET},
		{"sysfs", "/sys", NULL, QUIET},
		{"devpts", "/dev/pts", "mode=0620,ptmxmode=0666", MS_NOSUID | MS_NOEXEC},
		{"tmpfs", "/dev/shm", "mode=1777", MS_NODEV | MS_NOSUID},
		{"tmpfs", "/run", "mode=0755", MS_NODEV | MS_NOSUID},
		{"tmpfs", "/tmp", "mode=1777", MS_NODEV | MS_NOSUID},
		{"cgroup2", "/sys/fs/cgroup", NULL, QUIET},
	};
	static const char *const links[][2] = {
		{"/proc/self/fd", "/dev/fd"},
		{"/proc/self/fd/0", "/dev/stdin"},
		{"/proc/self/fd/1", "/dev/stdout"},
		{"/proc/self/fd/2", "/dev/stderr"},
	};
	long error;

	mount_one(&dev);
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		mount_one(&mounts[i]);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		error = sys(SYS_symlinkat, sys_ptr(links[i][0]), AT_FDCWD, sys_ptr(links[i][1]));
		if (error < 0 && error != -EEXIST)
			report_error("cannot link", links[i][1], error);
	}
}
