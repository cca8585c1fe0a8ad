#include "measure/rebuild/configure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/hex.h"
#include "measure/base/json.h"
#include "measure/core/rootfs_newc.h"
#include "measure/core/rootfs_sources.h"
#include "measure/rebuild/configure_order.h"
#include "measure/rebuild/configure_scrub.h"
#include "measure/rebuild/debian_root.h"
#include "measure/rebuild/place.h"
#include "measure/rebuild/sandbox.h"
#include "measure/rebuild/stage.h"
#include "measure/rebuild/stage_environment.h"

#define FORM 2u /* another number, and no root that was kept counts */
#define OUTPUT "root"
#define ROOT "configured-root"
#define PACKAGES "configured-packages"
#define ENTRY "configured-entry"
#define AGAIN "configured-again"
#define PLACE "/tmp/packages"
#define PATH_ROOM 8192u
#define TEXT_MAX (8u << 20)

/* As debootstrap goes about it: users first, then what has to be there before anything else. */
static const char script[] =
	"cd " PLACE "\n"
	"install()\n"
	"{\n"
	"	/usr/bin/dpkg --log=/dev/null --force-unsafe-io --force-confdef --force-confold \\\n"
	"		--skip-same-version \"$@\"\n"
	"}\n"
	"mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates /var/lib/dpkg/triggers /usr/sbin\n"
	"[ -e /var/lib/dpkg/status ] || : >/var/lib/dpkg/status\n"
	"printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d\n"
	"chmod 755 /usr/sbin/policy-rc.d\n"
	"[ ! -e base-passwd.deb ] || install --force-depends --install base-passwd.deb\n"
	"install --force-depends --unpack $(cat level.0)\n"
	"install --configure -a\n"
	"level=1\n"
	"while [ $level -le $1 ]; do\n"
	"	[ ! -e level.$level ] || install --install $(cat level.$level)\n"
	"	level=$((level + 1))\n"
	"done\n"
	"rm /usr/sbin/policy-rc.d\n";

static struct recipe_pair variables[] = {
	{.name = "DEBCONF_NONINTERACTIVE_SEEN", .value = "true"},
	{.name = "DEBCONF_NOWARNINGS", .value = "yes"},
	{.name = "DEBIAN_FRONTEND", .value = "noninteractive"},
	{.name = "HOME", .value = "/root"},
	{.name = "LOGNAME", .value = "root"},
	{.name = "PERL_HASH_SEED", .value = "0"},
	{.name = "PYTHONHASHSEED", .value = "0"},
	{.name = "SYSTEMD_OFFLINE", .value = "1"},
	{.name = "USER", .value = "root"},
};

static struct recipe_pair outputs[] = {{.name = OUTPUT, .value = "."}};

struct configuring {
	const struct works *w;
	struct recipe_stage stage; /* what the sandbox and the cache are told of it */
	const struct lock_input *package;
	size_t n;
	struct deb *deb; /* n of them */
	unsigned *level;
	unsigned levels;
	struct rootfs base; /* what dpkg finds */
	int root, entry, log;
	struct out to; /* the archive that is made */
};

static void configuring_free(struct configuring *c)
{
	for (size_t i = 0; c->deb && i < c->n; i++)
		deb_free(&c->deb[i]);
	free(c->deb);
	free(c->level);
	rootfs_free(&c->base);
	own_close(&c->root);
	own_close(&c->entry);
	own_close(&c->log);
	out_free(&c->to);
}

/* ---- the key */

static bool make_key(const struct configuring *c, char key[CACHE_KEY], struct err *e)
{
	owned(buf_free) struct buf text = BUF(TEXT_MAX);
	struct json_out j = json_out(&text, false);
	struct digest d;

	json_open(&j, '{');
	json_key(&j, "configured");
	json_u64(&j, FORM);
	json_text(&j, "run", script);
	json_key(&j, "epoch");
	json_u64(&j, (uint64_t)c->w->plan->lock.epoch);
	json_key(&j, "packages");
	json_open(&j, '[');
	for (size_t i = 0; i < c->n; i++)
		json_hex(&j, digest_bytes(&c->package[i].object.sha256));
	json_close(&j, ']');
	json_close(&j, '}');
	if (!buf_done(&text, "the key of a root", e) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(&text), &d, e))
		return false;
	hex_string(key, digest_bytes(&d));
	return true;
}

/* ---- what is given to the sandbox */

static bool put_package(struct configuring *c, int folder, size_t i, struct err *e)
{
	const struct lock_input *p = &c->package[i];
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	owned(buf_free) struct buf name = BUF(512);

	buf_fmt(&name, "%s.deb", p->name);
	return buf_done(&name, "a name", e) &&
	       objects_get(&c->w->plan->store, &p->object, p->name, &item, e) &&
	       (deb_read(&c->deb[i], &item.file, e) || err_in(e, "%s", p->name)) &&
	       works_copy(&item, folder, buf_cstr(&name), NULL, e);
}

static bool put_level(struct configuring *c, int folder, unsigned level, struct err *e)
{
	owned(buf_free) struct buf text = BUF(TEXT_MAX);
	owned(own_close) int fd = -1;
	char name[32];

	for (size_t i = 0; i < c->n; i++)
		if (c->level[i] == level)
			buf_fmt(&text, "%s.deb\n", c->package[i].name);
	if (text.n == 0)
		return true;
	snprintf(name, sizeof(name), "level.%u", level);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return buf_done(&text, "a list of packages", e) &&
	       ((fd >= 0 && file_put(fd, buf_bytes(&text))) || err_errno(e, errno, name));
}

static bool put_packages(struct configuring *c, struct err *e)
{
	owned(own_close) int folder = scratch_folder(&c->w->scratch, PACKAGES, e);

	if (folder < 0)
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (!put_package(c, folder, i, e))
			return false;
	if (!configure_order(c->deb, c->n, c->level, e))
		return false;
	for (size_t i = 0; i < c->n; i++)
		c->levels = c->level[i] > c->levels ? c->level[i] : c->levels;
	for (unsigned level = 0; level <= c->levels; level++)
		if (!put_level(c, folder, level, e))
			return false;
	return fchmod(folder, 0755) == 0 || err_errno(e, errno, PACKAGES);
}

/* Everything of level 0, as the packages have it. */
static bool unpack_base(struct configuring *c, struct err *e)
{
	const struct rootfs_options o = {.spool = c->w->scratch.path};
	owned(own_free) struct lock_input *some = own_new(c->n * sizeof(*some), e);
	struct debian_locked base = {&c->w->plan->store, some, 0};

	for (size_t i = 0; some && i < c->n; i++)
		if (c->level[i] == 0)
			some[base.n++] = c->package[i];
	return some && debian_root(&c->base, &base, &o, e);
}

static bool prepare(struct configuring *c, struct err *e)
{
	c->deb = own_new(c->n * sizeof(*c->deb), e);
	c->level = own_new(c->n * sizeof(*c->level), e);
	return c->deb && c->level && put_packages(c, e) && unpack_base(c, e);
}

/* ---- as root of the ids */

static bool lay_out(void *arg, struct err *e)
{
	struct configuring *c = arg;
	const struct place_rule rule = {
		.time = c->w->plan->lock.epoch, .max = c->stage.limits.disk, .whole = true};
	struct cpio_io io = works_io(&c->base);

	return place_tree(c->root, c->base.tree, &rule, &io, e);
}

struct packing_root {
	struct rootfs r;
	struct out *to;
	uint64_t left;
};

static void packing_free(struct packing_root *p)
{
	rootfs_free(&p->r);
}

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	return rootfs_file(&((struct packing_root *)arg)->r, n, e);
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(&((struct packing_root *)arg)->r, to, got, e);
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	struct packing_root *p = arg;

	if (x.n > p->left)
		return err_set(e, REASON_OUTPUT, "the files have more bytes than a root may have");
	p->left -= x.n;
	return out_write(p->to, x, e);
}

/* With owners: who configured it is no part of it, but whom its files belong to there is. */
static bool pack(void *arg, struct err *e)
{
	struct configuring *c = arg;
	owned(packing_free) struct packing_root p = {.to = &c->to, .left = c->stage.limits.disk};
	const struct rootdir_rule as_it_is = {.owners = true};
	const struct cpio_rule rule = {.profile = cpio_profile("native")};
	const struct cpio_io io = {open_file, read_file, put, &p};
	char from[64];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", c->root);
	return rootfs_empty(&p.r, e) && rootfs_folder(&p.r, from, &as_it_is, e) &&
	       configure_scrub(&p.r, c->w->plan->lock.epoch, e) &&
	       cpio_write(p.r.tree, &rule, &io, NULL, e);
}

/* ---- one run */

static bool run_dpkg(struct configuring *c, const char *log, struct err *e)
{
	owned(arena_free) struct arena arena = ARENA(TEXT_MAX);
	owned(buf_free) struct buf root = BUF(PATH_ROOM), packages = BUF(PATH_ROOM);
	char levels[16];
	const char *const argv[] = {"/bin/sh", "-e", "-u", "-c", script, "sh", levels, NULL};
	struct sandbox_mount mount = {.at = PLACE};
	struct lock_texts environment;
	struct sandbox_result result = {.tail = BUF(PATH_ROOM)};
	const struct recipe_stage *s = &c->stage;
	struct sandbox box = {.root_writable = true,
			      .mounts = &mount,
			      .n_mounts = 1,
			      .folder = "/",
			      .argv = argv,
			      .umask = STAGE_UMASK,
			      .processors = 1,
			      .map_ids = true,
			      .before = lay_out,
			      .after = pack,
			      .arg = c,
			      .limits = stage_limits(s),
			      .log = c->log};
	bool ok;

	snprintf(levels, sizeof(levels), "%u", c->levels);
	box.root = scratch_path(&c->w->scratch, ROOT, &root, e);
	mount.from = box.root ? scratch_path(&c->w->scratch, PACKAGES, &packages, e) : NULL;
	if (!mount.from || !stage_environment(s, c->w->plan->lock.epoch, &arena, &environment, e))
		return false;
	box.environment = environment.item;
	ok = sandbox_run(&box, &result, e);
	if (ok && (result.how != SANDBOX_EXIT || result.status != 0))
		ok = stage_tell(c->w, s, log, &result, e);
	buf_free(&result.tail);
	return ok;
}

static bool open_all(struct configuring *c, const char *entry, struct err *e)
{
	const char *kind = cache_kind_name(MADE_TREE);
	uint32_t owner = sandbox_owner();
	char path[128];

	c->root = scratch_folder(&c->w->scratch, ROOT, e);
	c->entry = c->root < 0 ? -1 : scratch_folder(&c->w->scratch, entry, e);
	if (c->entry < 0)
		return false;
	c->log =
		openat(c->entry, CACHE_LOG, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (c->log < 0 || mkdirat(c->entry, kind, 0755) != 0 ||
	    (owner != 0 && fchown(c->root, owner, owner) != 0))
		return err_errno(e, errno, "a root cannot be made");
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s/" OUTPUT, c->entry, kind);
	return out_open(&c->to, path, e);
}

static bool run_once(struct configuring *c, const char *entry, struct err *e)
{
	owned(buf_free) struct buf log = BUF(256);
	struct err ignored = {0};
	bool ok;

	buf_fmt(&log, "%s/" CACHE_LOG, entry);
	ok = buf_done(&log, "a path", e) && open_all(c, entry, e) &&
	     run_dpkg(c, buf_cstr(&log), e) && out_commit(&c->to, e) &&
	     cache_list(c->entry, &c->stage, e);
	out_free(&c->to);
	own_close(&c->root);
	own_close(&c->log);
	own_close(&c->entry);
	c->root = c->log = c->entry = -1;
	return scratch_remove(&c->w->scratch, ROOT, ok ? e : &ignored) && ok;
}

/* ---- twice */

static bool digest_of(const struct works *w, const char *entry, struct buf *path, struct digest *d,
		      struct err *e)
{
	owned(buf_free) struct buf name = BUF(256);

	buf_fmt(&name, "%s/%s/" OUTPUT, entry, cache_kind_name(MADE_TREE));
	return buf_done(&name, "a path", e) &&
	       scratch_path(&w->scratch, buf_cstr(&name), path, e) &&
	       stream_digest_path(buf_cstr(path), (struct watch){0}, d, e);
}

/* Both are kept for who wants to know why. */
static bool differ(const struct configuring *c, const char *first, const char *second,
		   struct err *e)
{
	static const char *const ends[] = {"first", "second"};
	const char *const from[] = {first, second};
	owned(buf_free) struct buf to = BUF(PATH_ROOM), hint = BUF(PATH_ROOM);
	char name[RECIPE_NAME_MAX + 8];

	buf_str(&hint, "`measure diff` of these says what:");
	for (size_t i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s.%s", c->stage.name, ends[i]);
		if (!stage_failed_path(c->w, name, &to, e))
			return false;
		if (rename(from[i], buf_cstr(&to)) != 0)
			return err_errno(e, errno, buf_cstr(&to));
		buf_fmt(&hint, " %s", buf_cstr(&to));
	}
	err_set(e, REASON_UNREPEATABLE, "its packages' scripts made another root the second time");
	return buf_done(&hint, "a hint", e) && err_hint(e, "%s", buf_cstr(&hint));
}

static bool make(struct configuring *c, const char *key, struct err *e)
{
	owned(buf_free) struct buf first = BUF(PATH_ROOM), second = BUF(PATH_ROOM);
	struct digest a, b;

	if (c->w->watch && c->w->watch->configures)
		c->w->watch->configures(c->w->watch->arg, c->stage.name);
	if (!prepare(c, e) || !run_once(c, ENTRY, e) || !run_once(c, AGAIN, e) ||
	    !digest_of(c->w, ENTRY, &first, &a, e) || !digest_of(c->w, AGAIN, &second, &b, e))
		return false;
	if (!digest_equal(&a, &b))
		return differ(c, buf_cstr(&first), buf_cstr(&second), e);
	return cache_keep(&c->w->cache, &c->w->scratch, ENTRY, key, e);
}

static bool clean(const struct works *w, struct err *e)
{
	return scratch_remove(&w->scratch, PACKAGES, e) && scratch_remove(&w->scratch, ENTRY, e) &&
	       scratch_remove(&w->scratch, AGAIN, e);
}

bool configure_root(const struct works *w, const struct recipe_input *input, struct rootfs *r,
		    struct err *e)
{
	owned(configuring_free) struct configuring c = {
		.w = w,
		.root = -1,
		.entry = -1,
		.log = -1,
		.to = OUT_NONE,
		.stage = {.name = input->name,
			  .environment = {variables, sizeof(variables) / sizeof(variables[0])},
			  .outputs = {outputs, 1},
			  .limits = input->limits}};
	owned(made_free) struct made m = {0};
	struct store_item item;
	char key[CACHE_KEY];

	c.package = plan_locked(w->plan, input, &c.n);
	if (!make_key(&c, key, e))
		return false;
	if (!cache_find(&w->cache, key, &c.stage, &m) &&
	    (!make(&c, key, e) || !clean(w, e) || !cache_find(&w->cache, key, &c.stage, &m)))
		return err_set(e, REASON_IO, "the configured root is not in the cache");
	return cache_open_output(&m, &m.output[0], &item, e) && rootfs_newc(r, &item, e);
}
