#include "measure/guest/init/load.h"

#include <fcntl.h>
#include <stdio.h>

#include "measure/guest/init/report.h"
#include "measure/guest/init/sys.h"
#include "measure/guest/init/words.h"

#define ALIGNMENT 16u

void *load_room(size_t n)
{
	long begin = sys(SYS_brk);
	long want = begin + (long)((n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);

	if (sys(SYS_brk, want) != want)
		report_last("no memory is left", NULL, 0);
	return (void *)begin;
}

static long load_all(long fd, struct load *out)
{
	long size = sys(SYS_lseek, fd, 0, SEEK_END), got = size;

	if (size < 0)
		return size;
	sys(SYS_lseek, fd, 0, SEEK_SET);
	*out = (struct load){load_room((size_t)size + 1), 0};
	while (got > 0 && out->n < (size_t)size) {
		got = sys(SYS_read, fd, sys_ptr(out->text + out->n), size - (long)out->n);
		out->n += got > 0 ? (size_t)got : 0;
	}
	return got < 0 ? got : 0;
}

long load_text(const char *path, char *to, size_t room)
{
	long fd = sys(SYS_openat, AT_FDCWD, sys_ptr(path), O_RDONLY | O_CLOEXEC), got = fd;
	size_t n = 0;

	while (got >= 0 && n < room) {
		got = sys(SYS_read, fd, sys_ptr(to + n), (long)(room - n));
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (fd >= 0)
		sys(SYS_close, fd);
	return got < 0 ? got : (long)n;
}

long load_file(const char *path, struct load *out)
{
	long fd = sys(SYS_openat, AT_FDCWD, sys_ptr(path), O_RDONLY | O_CLOEXEC), result;

	if (fd < 0)
		return fd;
	result = load_all(fd, out);
	sys(SYS_close, fd);
	sys(SYS_unlinkat, AT_FDCWD, sys_ptr(path));
	return result;
}

char **load_items(const char *path, size_t *n)
{
	struct load file;
	char **items;
	long error = load_file(path, &file);

	if (error < 0)
		report_last("cannot read", path, error);
	*n = words_count(file.text, file.n);
	items = load_room((*n + 1) * sizeof(*items));
	words_cut(file.text, file.n, items);
	return items;
}
