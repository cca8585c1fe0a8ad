#include "measure/core/cause.h"

struct row {
	const char *name, *what, *why, *fix;
};

static const struct row rows[CAUSES] = {
	[CAUSE_BUILD_TIME] = {"build-time", "the times of the build",
			      "the clock of the build was written down",
			      "set SOURCE_DATE_EPOCH for the build, or leave the time out"},
	[CAUSE_MTIME] = {"mtime", "the times of last change",
			 "files were made or copied at another time",
			 "write the ramdisk with one time for all entries (mtime 0)"},
	[CAUSE_OWNER] = {"owner", "the owners", "another user unpacked or built the files",
			 "take owners from the archive, or set them to 0:0, never from the disk"},
	[CAUSE_MODE] = {"mode", "the modes", "another umask, or files copied without their modes",
			"build under umask 022, and take modes from the archive, not from the "
			"disk"},
	[CAUSE_ORDER] = {"order", "the order of entries",
			 "names were listed as the file system or the locale has them",
			 "sort entries bytewise by path (LC_ALL=C)"},
	[CAUSE_INODE] = {"inode", "the inode numbers", "inode numbers of the disk were written",
			 "number entries in their order, as `measure build initrd` does"},
	[CAUSE_DEVICE] = {"device", "the device numbers",
			  "the number of the device that the files lay on was written",
			  "write 0 in its place (cpio --reproducible)"},
	[CAUSE_NODE] = {"device-node", "the numbers of device nodes",
			"a device node was made with other numbers, or as an empty file",
			"make nodes from a list, not with mknod of the builder"},
	[CAUSE_HARD_LINK] = {"hard-link", "the hard links",
			     "names that share a file in one build are copies in the other",
			     "keep or break hard links alike: copy with tar, not file by file"},
	[CAUSE_WRITER] = {"writer", "the spelling of headers", "another program wrote the archive",
			  "write both with the same program, of one version"},
	[CAUSE_PADDING] = {"padding", "the padding",
			   "another program wrote the archive, or junk was left between entries",
			   "write both with the same program, of one version"},
	[CAUSE_COMPRESSOR] = {"compressor", "the compressors",
			      "equal bytes were compressed by another library, version or level",
			      "do not compress, or pin the compressor with its version and level"},
	[CAUSE_SSH_HOST_KEY] = {"ssh-host-key", "the SSH host keys",
				"installing the server makes a key of random numbers",
				"delete etc/ssh/ssh_host_* at the end of the build; make them at "
				"first boot"},
	[CAUSE_GENERATED_KEY] = {"generated-key", "the generated keys",
				 "a package makes a key or certificate when it is installed",
				 "delete it at the end of the build, or bring a fixed one"},
	[CAUSE_MACHINE_ID] = {"machine-id", "the machine ids",
			      "installing systemd or dbus draws a random id",
			      "leave etc/machine-id empty and remove var/lib/dbus/machine-id"},
	[CAUSE_RANDOM_SEED] = {"random-seed", "the random seeds",
			       "a seed was saved while the tree was used",
			       "delete it at the end of the build"},
	[CAUSE_HOST] = {"host", "the files about the host",
			"the builder's name and network were written into the tree",
			"write etc/hostname, etc/hosts and etc/resolv.conf with fixed contents"},
	[CAUSE_LDCONFIG] = {"ldconfig-cache", "the caches of ldconfig",
			    "ldconfig's aux-cache holds inode numbers and times",
			    "delete var/cache/ldconfig/aux-cache at the end of the build"},
	[CAUSE_FONTCONFIG] = {"fontconfig-cache", "the caches of fontconfig",
			      "its caches hold times of folders, under names made of hashes",
			      "delete var/cache/fontconfig, or run fc-cache with "
			      "SOURCE_DATE_EPOCH set"},
	[CAUSE_PYCACHE] = {"pycache", "the compiled Python files",
			   "Python compiles a module when it is first used",
			   "set PYTHONDONTWRITEBYTECODE=1, or delete __pycache__ folders"},
	[CAUSE_LOG] = {"log", "the logs", "installing packages writes logs with times",
		       "delete what is below var/log at the end of the build"},
	[CAUSE_PACKAGE_LISTS] = {"package-lists", "the package lists",
				 "lists and caches of the package manager are of the day",
				 "delete var/lib/apt/lists and var/cache/apt, and pin a snapshot"},
	[CAUSE_BACKUP] = {"backup", "the backup copies",
			  "tools that change a file leave the one before beside it",
			  "delete etc/passwd-, etc/shadow- and var/lib/dpkg/*-old"},
	[CAUSE_CACHE] = {"cache", "the caches", "a program left a cache of its run",
			 "delete what is below var/cache and in .cache folders"},
	[CAUSE_LEFTOVER] = {"leftover", "the temporary files", "a step of the build left them",
			    "delete tmp, var/tmp and run at the end of the build"},
	[CAUSE_SHADOW_DATE] = {"shadow-date", "the days of password changes",
			       "adding a user writes the day into etc/shadow",
			       "set SOURCE_DATE_EPOCH (shadow 4.9 or later), or chage -d 0 USER"},
	[CAUSE_BUILD_ID] = {"build-id", "the build ids",
			    "the linker's id follows from paths, flags or its own version",
			    "build in one path with one tool chain, or link with "
			    "-Wl,--build-id=none"},
	[CAUSE_GZIP_TIME] = {"gzip-time", "the times in gzip headers",
			     "gzip writes the time and the name of the file",
			     "compress with gzip -n"},
	[CAUSE_PYC_TIME] = {"pyc-time", "the source times in compiled Python",
			    "a .pyc file holds the time of its source",
			    "compile with SOURCE_DATE_EPOCH set or --invalidation-mode "
			    "unchecked-hash"},
	[CAUSE_AR_MEMBER] = {"ar-member", "the members' headers in ar archives",
			     "ar writes time, owner and mode of each member",
			     "run ar and ranlib with D (deterministic)"},
	[CAUSE_PE_TIME] = {"pe-time", "the time stamps in PE files",
			   "the linker writes the time of the build",
			   "link with --no-insert-timestamp, or set SOURCE_DATE_EPOCH"},
	[CAUSE_ZIP_TIME] = {"zip-time", "the times in zip archives",
			    "zip and jar write the time of each member",
			    "touch all members to one time, and use zip -X (TZ=UTC)"},
	[CAUSE_KERNEL_BUILD] = {"kernel-build", "the banners of the kernels",
				"a kernel holds the time, user, host and number of its build",
				"set KBUILD_BUILD_TIMESTAMP, _USER, _HOST and _VERSION (as "
				"KBUILD_BUILD_USER)"},
	[CAUSE_PATH_LENGTH] = {"path-length", "the lengths of the build paths",
			       "the room that the path of the build took stays in each module",
			       "build both at one path (`path` of the stage in measure.yml)"},
	[CAUSE_KERNEL_CONFIG] = {"kernel-config", "the configurations of the kernels",
				 "another configuration was given, or other tools decided it",
				 "build both with one .config, kept beside the recipe"},
	[CAUSE_SIGNING_KEY] = {"signing-key", "the keys that the kernels trust",
			       "the build draws a key for signing modules when it is given none",
			       "leave CONFIG_MODULE_SIG off, or give one key to both in "
			       "CONFIG_MODULE_SIG_KEY"},
	[CAUSE_TOOLCHAIN] = {"toolchain", "the tools of the builds",
			     "other versions of compiler, assembler or linker were used",
			     "build both from one measure.lock; `measure diff` of two names what "
			     "differs"},
	[CAUSE_BUILD_PATH] = {"build-path", "the paths of the builds",
			      "the folder of the build stands in debugging data and messages",
			      "build both at one path, or compile with -ffile-prefix-map=PATH=."},
	[CAUSE_STACK_COOKIE] = {"stack-cookie", "the stack cookies of modules",
				"edk2 draws random cookies for each clean build since 2024.11",
				"give both builds the same StackCookieValues32.json and "
				"StackCookieValues64.json"},
	[CAUSE_RANDOM_ID] = {"random-id", "the random ids and salts",
			     "the tool that made the file system or hash tree drew them",
			     "give them: mkfs.erofs -U, mkfs.ext4 -U -E hash_seed=, veritysetup "
			     "--uuid --salt"},
	[CAUSE_SQUASHFS_TIME] = {"squashfs-time", "the times in squashfs superblocks",
				 "mksquashfs writes the time of the build",
				 "set SOURCE_DATE_EPOCH (squashfs-tools 4.4 or later)"},
};

static const char *text(const char *s)
{
	return s ? s : "";
}

const char *cause_name(enum cause c)
{
	return text(rows[c].name);
}

const char *cause_what(enum cause c)
{
	return text(rows[c].what);
}

const char *cause_why(enum cause c)
{
	return text(rows[c].why);
}

const char *cause_fix(enum cause c)
{
	return text(rows[c].fix);
}

enum cause cause_find(const char *name)
{
	for (unsigned c = CAUSE_NONE + 1; c < CAUSES; c++)
		if (strcmp(rows[c].name, name) == 0)
			return (enum cause)c;
	return CAUSE_NONE;
}

/* ---- paths */

/*
 * What may follow the pattern: nothing; nothing or what lies below; the rest of the name. TOP is
 * BELOW at the root alone, which an application's ramdisk has in "rootfs".
 */
enum reach { EXACT, BELOW, PREFIX, TOP };

struct pattern {
	enum cause cause;
	enum reach reach;
	const char *path;
};

/* The first that fits counts. */
static const struct pattern patterns[] = {
	{CAUSE_SSH_HOST_KEY, PREFIX, "etc/ssh/ssh_host_"},
	{CAUSE_GENERATED_KEY, EXACT, "etc/ssl/private/ssl-cert-snakeoil.key"},
	{CAUSE_GENERATED_KEY, EXACT, "etc/ssl/certs/ssl-cert-snakeoil.pem"},
	{CAUSE_MACHINE_ID, EXACT, "etc/machine-id"},
	{CAUSE_MACHINE_ID, EXACT, "var/lib/dbus/machine-id"},
	{CAUSE_RANDOM_SEED, EXACT, "var/lib/systemd/random-seed"},
	{CAUSE_RANDOM_SEED, EXACT, "var/lib/random-seed"},
	{CAUSE_RANDOM_SEED, EXACT, "var/lib/urandom/random-seed"},
	{CAUSE_HOST, EXACT, "etc/hostname"},
	{CAUSE_HOST, EXACT, "etc/hosts"},
	{CAUSE_HOST, EXACT, "etc/resolv.conf"},
	{CAUSE_LDCONFIG, BELOW, "var/cache/ldconfig"},
	{CAUSE_FONTCONFIG, BELOW, "var/cache/fontconfig"},
	{CAUSE_PYCACHE, BELOW, "__pycache__"},
	{CAUSE_LOG, BELOW, "var/log"},
	{CAUSE_PACKAGE_LISTS, BELOW, "var/lib/apt/lists"},
	{CAUSE_PACKAGE_LISTS, BELOW, "var/cache/apt"},
	{CAUSE_PACKAGE_LISTS, BELOW, "var/cache/apk"},
	{CAUSE_PACKAGE_LISTS, BELOW, "var/cache/dnf"},
	{CAUSE_PACKAGE_LISTS, EXACT, "var/lib/apt/extended_states"},
	{CAUSE_BACKUP, EXACT, "etc/passwd-"},
	{CAUSE_BACKUP, EXACT, "etc/group-"},
	{CAUSE_BACKUP, EXACT, "etc/shadow-"},
	{CAUSE_BACKUP, EXACT, "etc/gshadow-"},
	{CAUSE_BACKUP, EXACT, "var/lib/dpkg/status-old"},
	{CAUSE_BACKUP, EXACT, "var/lib/dpkg/available-old"},
	{CAUSE_BACKUP, EXACT, "var/lib/dpkg/diversions-old"},
	{CAUSE_BACKUP, EXACT, "var/lib/dpkg/statoverride-old"},
	{CAUSE_CACHE, BELOW, "var/cache"},
	{CAUSE_CACHE, BELOW, ".cache"},
	{CAUSE_LEFTOVER, TOP, "var/tmp"},
	{CAUSE_LEFTOVER, TOP, "tmp"},
	{CAUSE_LEFTOVER, TOP, "run"},
};

static bool fits(struct bytes path, const struct pattern *p)
{
	size_t n = strlen(p->path);

	if (!bytes_start(path, bytes_str(p->path)))
		return false;
	return p->reach == PREFIX || path.n == n || (p->reach != EXACT && path.p[n] == '/');
}

/* At the start, or behind any slash. */
static bool fits_anywhere(struct bytes path, const struct pattern *p)
{
	if (p->reach == TOP && bytes_start(path, bytes_str("rootfs/")))
		path = bytes_of(path.p + 7, path.n - 7);
	while (!fits(path, p)) {
		const uint8_t *slash = path.n > 0 ? memchr(path.p, '/', path.n) : NULL;

		if (!slash || p->reach == TOP)
			return false;
		path = bytes_of(slash + 1, path.n - (size_t)(slash + 1 - path.p));
	}
	return true;
}

enum cause cause_of_path(struct bytes path)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (fits_anywhere(path, &patterns[i]))
			return patterns[i].cause;
	return CAUSE_NONE;
}
