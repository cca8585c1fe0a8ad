/*
 * A stranger's commands, run by bubblewrap: in their own user, mount, process, network, IPC, host
 * name and control group name spaces, without a network, as uid and gid 1000 with no privilege to
 * gain, on a root file system that cannot be written but where it is said, with an environment that
 * is said word by word (and PWD), and under a seccomp filter (sandbox_filter.h), for which files
 * are on the disk as soon as they are written. /proc is their own, /dev has what bubblewrap puts
 * there, /dev/shm and /tmp are memory, a quarter of the limit each. Where the kernel or the
 * distribution forbid user name spaces it is refused with the setting to change (sandbox); nothing
 * is ever run without it.
 *
 * Who is root of the machine is never root, or anybody who owns something, there: such a process
 * becomes the user and group SANDBOX_OWNER before bubblewrap is started. That is a number which no
 * distribution gives to users, services or containers; SUDO_UID would be somebody with files and
 * processes. The folders that a sandbox shall read and write must then belong to it: they are laid
 * out with place_rule.owner, or given away, as sandbox_owner() says. Their parents need not be open
 * to it. Root of a container whose ids are mapped is nobody outside and is left as it is.
 */
#ifndef MEASURE_REBUILD_SANDBOX_H
#define MEASURE_REBUILD_SANDBOX_H

#include "measure/base/file.h"

#define SANDBOX_HOST "build"
#define SANDBOX_UID 1000u
#define SANDBOX_OWNER 2000000000u /* systemd gives containers ids up to 1879048191 */
#define SANDBOX_IDS 65536u /* with map_ids: so many, from SANDBOX_OWNER on for who is root */

#define SANDBOX_SECONDS (UINT64_C(6) * 3600)
#define SANDBOX_MEMORY (UINT64_C(8) << 30)
#define SANDBOX_PROCESSES UINT64_C(4096)
#define SANDBOX_DISK (UINT64_C(64) << 30)
#define SANDBOX_LOG_MAX (UINT64_C(64) << 20)

/* Of a folder or a file. In order; a later one may lie in an earlier one. */
struct sandbox_mount {
	const char *from; /* on this machine */
	const char *at; /* absolute and normal, in the sandbox; not in /proc, /dev or /sys */
	bool writable;
};

struct sandbox_limits {
	uint64_t seconds; /* 0, of each: the default above */
	uint64_t memory; /* bytes: of each process, and that all of them have to themselves */
	uint64_t processes; /* and threads, at a time */
	uint64_t disk; /* bytes that the file systems of what is writable may lose meanwhile */
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
	uint32_t id; /* user and group in the sandbox; 0: SANDBOX_UID */
	uint32_t personality; /* bits of personality(2): ADDR_NO_RANDOMIZE, UNAME26 */
	unsigned processors; /* how many it can see and use; 0: all */
	/*
	 * As root of SANDBOX_IDS ids (maintainer scripts), or it is refused (sandbox). What it
	 * gives to one of them belongs to who runs this afterwards, as everything else.
	 */
	bool map_ids;
	/*
	 * With map_ids, each in a process of its own that is root of these ids and holds what this
	 * one has opened: before anything is looked at, and when the command ended with status 0,
	 * while everything still has its owner. May be NULL; false with e set is the run's own.
	 */
	bool (*before)(void *arg, struct err *e);
	bool (*after)(void *arg, struct err *e);
	void *arg;
	struct sandbox_limits limits;
	const char *host; /* NULL: SANDBOX_HOST */
	int log; /* descriptor: what it prints, both streams; -1: kept nowhere */
	struct watch watch; /* bytes printed */
};

/* SIGNAL: as shells tell it, by an exit status above 128. */
enum sandbox_end {
	SANDBOX_EXIT,
	SANDBOX_SIGNAL,
	SANDBOX_TIME,
	SANDBOX_MEMORY_FULL,
	SANDBOX_DISK_FULL,
	SANDBOX_LOG_FULL,
};

struct sandbox_result {
	enum sandbox_end how;
	int status; /* exit status, or number of the signal */
	unsigned processors; /* that it had: fewer than asked for where the machine has fewer */
	bool summed; /* memory was limited for all together, not for each process alone */
	struct buf tail; /* the last lines it printed, at most 4 KiB; the caller's to buf_free() */
};

/* To whom the folders of a sandbox must belong; 0: to who runs this. */
uint32_t sandbox_owner(void);

/* How many processors a sandbox can have here. */
unsigned sandbox_processors(void);

/* Can it be done on this machine? sandbox, missing-tool, with what to change, when not. */
must bool sandbox_can(struct err *e);

/*
 * True when it was run, whatever came of it. All its processes are gone then. Mount points that are
 * missing in the root are made there, its times kept. Errors: sandbox, missing-tool (bubblewrap,
 * newuidmap), usage (a mount point), io.
 */
must bool sandbox_run(const struct sandbox *s, struct sandbox_result *out, struct err *e);

/* bubblewrap's version, for `measure version`; NULL: it is not there. */
const char *sandbox_version(char room[32]);

#endif
