#include <stdio.h>
#include <stdlib.h>

#include "measure/rebuild/sandbox_part.h"

static void word(struct buf *text, size_t *n, const char *s)
{
	buf_put(text, bytes_of(s, strlen(s) + 1));
	++*n;
}

static void number(struct buf *text, size_t *n, uint64_t x, bool octal)
{
	buf_fmt(text, octal ? "%llo" : "%llu", (unsigned long long)x);
	buf_u8(text, 0);
	++*n;
}

static void words(struct buf *text, size_t *n, const char *const *all)
{
	for (; *all; all++)
		word(text, n, *all);
}

static void memory_folder(struct buf *text, size_t *n, const char *at, uint64_t size)
{
	word(text, n, "--perms");
	number(text, n, 01777, true);
	word(text, n, "--size");
	number(text, n, size, false);
	word(text, n, "--tmpfs");
	word(text, n, at);
}

/* The ids that scripts of packages take for granted, and what they may do with them. */
static void who(const struct sandbox_setup *u, struct buf *text, size_t *n)
{
	static const char *const several[] = {
		"--cap-add",	  "CAP_CHOWN",	"--cap-add",  "CAP_DAC_OVERRIDE", "--cap-add",
		"CAP_FOWNER",	  "--cap-add",	"CAP_FSETID", "--cap-add",	  "CAP_SETUID",
		"--cap-add",	  "CAP_SETGID", "--cap-add",  "CAP_KILL",	  "--cap-add",
		"CAP_SYS_CHROOT", NULL};
	uint32_t id = u->s->id == 0 ? SANDBOX_UID : u->s->id;

	if (u->ids >= 0) {
		word(text, n, "--userns");
		number(text, n, (uint64_t)u->ids, false);
		id = 0;
	} else {
		word(text, n, "--unshare-user");
		word(text, n, "--disable-userns");
	}
	word(text, n, "--uid");
	number(text, n, id, false);
	word(text, n, "--gid");
	number(text, n, id, false);
	word(text, n, "--cap-drop");
	word(text, n, "ALL");
	if (u->ids >= 0)
		words(text, n, several);
}

static void environment(const struct sandbox_setup *u, struct buf *text, size_t *n)
{
	word(text, n, "--clearenv");
	for (const char *const *v = u->s->environment; v && *v; v++) {
		const char *is = strchr(*v, '=');

		if (!is)
			continue;
		word(text, n, "--setenv");
		buf_put(text, bytes_of(*v, (size_t)(is - *v)));
		buf_u8(text, 0);
		++*n;
		word(text, n, is + 1);
	}
}

/* where: 0 the root, else the mount before that number. */
static void bind(const struct sandbox_setup *u, struct buf *text, size_t *n, size_t where)
{
	const struct sandbox_mount *m = where > 0 ? &u->s->mounts[where - 1] : NULL;

	word(text, n, (m ? m->writable : u->s->root_writable) ? "--bind" : "--ro-bind");
	if (u->staged) {
		buf_fmt(text, SANDBOX_STAGE "/%zu", where);
		buf_u8(text, 0);
		++*n;
	} else {
		word(text, n, m ? m->from : u->s->root);
	}
	word(text, n, m ? m->at : "/");
}

/* Also libraries that count processors look in /sys, and then in /proc/cpuinfo. */
static void processors(const struct sandbox_setup *u, struct buf *text, size_t *n)
{
	static const char *const at[SANDBOX_VIEWS] = {
		"/proc/cpuinfo", "/sys/devices/system/cpu/online",
		"/sys/devices/system/cpu/possible", "/sys/devices/system/cpu/present"};

	if (u->processors == 0)
		return;
	word(text, n, "--tmpfs");
	word(text, n, "/sys");
	for (size_t i = 0; i < SANDBOX_VIEWS; i++) {
		word(text, n, "--perms");
		word(text, n, "0444");
		word(text, n, i == 0 ? "--ro-bind-data" : "--file");
		number(text, n, (uint64_t)u->view[i], false);
		word(text, n, at[i]);
	}
	word(text, n, "--remount-ro");
	word(text, n, "/sys");
}

static void folders(const struct sandbox_setup *u, struct buf *text, size_t *n)
{
	static const char *const own[] = {"--proc", "/proc", "--dev", "/dev", NULL};

	bind(u, text, n, 0);
	words(text, n, own);
	memory_folder(text, n, "/dev/shm", u->limits.memory / 4);
	word(text, n, "--remount-ro");
	word(text, n, "/dev");
	memory_folder(text, n, "/tmp", u->limits.memory / 4);
	processors(u, text, n);
	for (size_t i = 1; i <= u->s->n_mounts; i++)
		bind(u, text, n, i);
}

bool sandbox_words(const struct sandbox_setup *u, struct buf *text, size_t *n, struct err *e)
{
	static const char *const always[] = {
		"bwrap",	 "--unshare-ipc",     "--unshare-pid",
		"--unshare-net", "--unshare-uts",     "--unshare-cgroup-try",
		"--new-session", "--die-with-parent", NULL};
	const struct sandbox *s = u->s;

	*n = 0;
	words(text, n, always);
	who(u, text, n);
	word(text, n, "--hostname");
	word(text, n, s->host ? s->host : SANDBOX_HOST);
	environment(u, text, n);
	folders(u, text, n);
	word(text, n, "--chdir");
	word(text, n, s->folder);
	word(text, n, "--seccomp");
	number(text, n, (uint64_t)u->filter, false);
	word(text, n, "--json-status-fd");
	number(text, n, (uint64_t)u->status_write, false);
	word(text, n, "--block-fd");
	number(text, n, (uint64_t)u->block_read, false);
	word(text, n, "--");
	words(text, n, s->argv);
	return buf_done(text, "the sandbox's command line", e);
}
