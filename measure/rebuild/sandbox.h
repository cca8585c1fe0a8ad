/*
 * A stranger's commands, run by bubblewrap: in their own user, mount, process, network, IPC, host
 * name and control group name spaces, without a network, as uid and gid 1000 with no privilege to
 * gain, on a root file system that cannot be written but where it is said, with an environment that
 * is said word by word, and under a seccomp filter (no name spaces, keyrings, tracing, kernel
 * interfaces, sockets but local ones). The user of this program is never root there: who is, gives
 * it up first for a user that owns nothing. Where the kernel or the distribution forbid user name
 * spaces it is refused with the setting to change (sandbox); nothing is ever run without it.
 */
#ifndef MEASURE_REBUILD_SANDBOX_H
#define MEASURE_REBUILD_SANDBOX_H

#include "measure/base/file.h"

#define SANDBOX_HOST "build"
#define SANDBOX_UID 1000u

struct sandbox_mount {
	const char *from; /* on this machine */
	const char *at; /* absolute, in the sandbox */
	bool writable;
};

struct sandbox_limits {
	uint64_t seconds, memory, processes, disk; /* 0: a named default; bytes */
	uint64_t log; /* bytes of output kept */
};

struct sandbox {
	const char *root; /* folder that becomes / */
	bool root_writable;
	const struct sandbox_mount *mounts;
	size_t n_mounts;
	const char *folder; /* where the command starts, absolute */
	const char *const *argv; /* NULL-terminated; argv[0] absolute in the sandbox */
	const char *const *environment; /* "NAME=value", NULL-terminated: all of it */
	struct bytes input; /* standard input; empty: nothing */
	uint32_t umask; /* 022 */
	unsigned processors; /* how many it can see and use; 0: all */
	bool map_ids; /* several ids are needed (maintainer scripts), or it is refused (sandbox) */
	struct sandbox_limits limits;
	const char *host; /* NULL: SANDBOX_HOST */
	int log; /* descriptor: what it prints, both streams; -1: kept nowhere */
	struct watch watch; /* bytes printed */
};

enum sandbox_end { SANDBOX_EXIT, SANDBOX_SIGNAL, SANDBOX_TIME, SANDBOX_DISK, SANDBOX_LOG };

struct sandbox_result {
	enum sandbox_end how;
	int status; /* exit status, or number of the signal */
	struct buf tail; /* the last lines it printed, at most 4 KiB; the caller's to buf_free() */
};

/* Can it be done on this machine? sandbox, with what to change, when not. */
must bool sandbox_can(struct err *e);

/*
 * True when it was run, whatever came of it. All its processes are gone then. Errors: sandbox,
 * missing-tool (bubblewrap), io.
 */
must bool sandbox_run(const struct sandbox *s, struct sandbox_result *out, struct err *e);

/* bubblewrap's version, for `measure version`; NULL: it is not there. */
const char *sandbox_version(char room[32]);

#endif
