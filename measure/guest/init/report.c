#include "measure/guest/init/report.h"

#include <errno.h>
#include <linux/reboot.h>

#include "measure/guest/init/sys.h"
#include "measure/guest/init/words.h"

/* One line, so that it is one write, and words of the kernel do not come between. */
struct line {
	size_t n;
	char text[512];
};

static void add(struct line *l, const char *s)
{
	for (; *s != '\0' && l->n + 1 < sizeof(l->text); s++)
		l->text[l->n++] = *s;
}

static void add_error(struct line *l, long error)
{
	static const struct {
		int number;
		const char *name;
	} errors[] = {
		{EPERM, "EPERM"},
		{ENOENT, "ENOENT"},
		{EIO, "EIO"},
		{ENXIO, "ENXIO"},
		{E2BIG, "E2BIG"},
		{ENOEXEC, "ENOEXEC"},
		{ENOMEM, "ENOMEM"},
		{EACCES, "EACCES"},
		{EBUSY, "EBUSY"},
		{EEXIST, "EEXIST"},
		{ENODEV, "ENODEV"},
		{ENOTDIR, "ENOTDIR"},
		{EISDIR, "EISDIR"},
		{EINVAL, "EINVAL"},
		{ENOSPC, "ENOSPC"},
		{ELOOP, "ELOOP"},
		{ENOSYS, "ENOSYS"},
		{ECONNRESET, "ECONNRESET"},
		{ETIMEDOUT, "ETIMEDOUT"},
		{ECONNREFUSED, "ECONNREFUSED"},
		{ENETUNREACH, "ENETUNREACH"},
		{EHOSTUNREACH, "EHOSTUNREACH"},
		{EAFNOSUPPORT, "EAFNOSUPPORT"},
		{EPROTO, "EPROTO"},
		{ENOKEY, "ENOKEY"},
		{EKEYREJECTED, "EKEYREJECTED"},
	};
	char digits[WORDS_DIGITS];

	add(l, ": ");
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].number == -error) {
			add(l, errors[i].name);
			return;
		}
	add(l, "error ");
	add(l, words_number((uint64_t)-error, digits));
}

static void put(const char *what, const char *which, long error)
{
	struct line l = {0};

	add(&l, "init: ");
	add(&l, what);
	if (which) {
		add(&l, " ");
		add(&l, which);
	}
	if (error < 0)
		add_error(&l, error);
	l.text[l.n++] = '\n';
	sys(SYS_write, 2, sys_ptr(l.text), (long)l.n);
}

void report(const char *what, const char *which)
{
	put(what, which, 0);
}

void report_error(const char *what, const char *which, long error)
{
	put(what, which, error);
}

void report_last(const char *what, const char *which, long error)
{
	put(what, which, error);
	report_end();
}

void report_end(void)
{
	sys(SYS_sync);
	sys(SYS_reboot, (long)LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, report_end_command);
	put("the machine does not end", NULL, 0);
	for (;;)
		sys(SYS_ppoll);
}
