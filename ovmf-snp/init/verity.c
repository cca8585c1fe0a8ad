#include "ovmf-snp/init/verity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <time.h>

#include "measure/guest/init/load.h"
#include "measure/guest/init/report.h"
#include "measure/guest/init/root_words.h"
#include "measure/guest/init/sys.h"
#include "measure/guest/init/words.h"

#define CONTROL "/dev/mapper/control"
#define CMDLINE_ROOM 65536u
#define SECTORS 8u /* of 512 bytes in a block */
#define TRIES 1000
#define TRY_NANOSECONDS 10000000

/* What the kernel is asked by: a head, and for a table one target with its parameters. */
struct request {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char parameters[512];
};

static void read_words(struct root_words *w)
{
	char *text = load_room(CMDLINE_ROOM);
	long n;

	sys(SYS_mkdirat, AT_FDCWD, sys_ptr("/proc"), 0755);
	n = sys(SYS_mount, sys_ptr("proc"), sys_ptr("/proc"), sys_ptr("proc"));
	if (n == 0)
		n = load_text("/proc/cmdline", text, CMDLINE_ROOM);
	if (n < 0)
		report_last("cannot read", "/proc/cmdline", n);
	sys(SYS_umount2, sys_ptr("/proc"), 0);
	switch (root_words_read(text, (size_t)n, w)) {
	case ROOT_WORDS_ALL:
		return;
	case ROOT_WORDS_NONE:
		report_last("the command line names no root image", NULL, 0);
	case ROOT_WORDS_WRONG:
	default:
		report_last("the command line does not name one root image", NULL, 0);
	}
}

/* Drivers look for their devices at their own pace. */
static void wait_for(const char *device)
{
	const struct timespec time = {.tv_nsec = TRY_NANOSECONDS};
	long fd = -ENOENT;

	for (int i = 0; i < TRIES; i++) {
		fd = sys(SYS_openat, AT_FDCWD, sys_ptr(device), O_RDONLY | O_CLOEXEC);
		if (fd != -ENOENT && fd != -ENXIO)
			break;
		sys(SYS_nanosleep, sys_ptr(&time));
	}
	if (fd < 0)
		report_last("cannot open the disk", device, fd);
	sys(SYS_close, fd);
}

static void put(char **to, const char *s)
{
	while (*s != '\0')
		*(*to)++ = *s++;
}

static void put_number(char **to, uint64_t x)
{
	char digits[WORDS_DIGITS];

	put(to, words_number(x, digits));
}

/* Data and hashes lie on one disk, these behind a superblock of their own. */
static void put_parameters(char *to, const struct root_words *w)
{
	put(&to, "1 ");
	put(&to, w->device);
	put(&to, " ");
	put(&to, w->device);
	put(&to, " 4096 4096 ");
	put_number(&to, w->blocks);
	put(&to, " ");
	put_number(&to, w->blocks + 1);
	put(&to, " sha256 ");
	put(&to, w->hash);
	put(&to, " - 1 restart_on_corruption");
	*to = '\0';
}

/* The head is written over by each answer. */
static void ask(long control, unsigned long what, struct request *r, unsigned flags)
{
	char *name = r->head.name;
	long error;

	r->head = (struct dm_ioctl){
		.version = {4, 0, 0},
		.data_size = sizeof(*r),
		.data_start = sizeof(r->head),
		.target_count = 1,
		.flags = flags,
	};
	put(&name, "root");
	error = sys(SYS_ioctl, control, (long)what, sys_ptr(r));
	if (error < 0)
		report_last(what == DM_TABLE_LOAD ? "the kernel refuses dm-verity for"
						  : "the device mapper refuses",
			    "the root image", error);
}

static const char *name_of(const struct request *r)
{
	static char name[32];
	char *to = name;

	put(&to, "/dev/dm-");
	put_number(&to, (r->head.dev & 0xff) | (r->head.dev >> 12 & 0xfff00));
	*to = '\0';
	return name;
}

const char *verity_open(void)
{
	struct request *r = load_room(sizeof(*r));
	struct root_words w;
	long control;

	read_words(&w);
	wait_for(w.device);
	control = sys(SYS_openat, AT_FDCWD, sys_ptr(CONTROL), O_RDWR | O_CLOEXEC);
	if (control < 0)
		report_last("cannot open", CONTROL, control);
	ask(control, DM_DEV_CREATE, r, 0);
	r->target = (struct dm_target_spec){.length = w.blocks * SECTORS, .target_type = "verity"};
	put_parameters(r->parameters, &w);
	ask(control, DM_TABLE_LOAD, r, DM_READONLY_FLAG);
	ask(control, DM_DEV_SUSPEND, r, 0);
	sys(SYS_close, control);
	return name_of(r);
}
