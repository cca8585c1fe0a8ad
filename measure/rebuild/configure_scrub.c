#include "measure/rebuild/configure_scrub.h"

#define SHADOW_MAX (1u << 20)
#define DAY 86400

static const char *const without[] = {
	"var/log/alternatives.log",	"var/log/bootstrap.log",   "var/log/dpkg.log",
	"var/log/apt/eipp.log.xz",	"var/log/apt/history.log", "var/log/apt/term.log",
	"var/cache/ldconfig/aux-cache", "var/lib/dpkg/lock",	   "var/lib/dpkg/lock-frontend",
	"var/lib/dpkg/triggers/Lock",	"var/lib/dbus/machine-id", "var/lib/systemd/random-seed",
};

static const char *const without_old[] = {"var/lib/dpkg", "var/cache/debconf"};
static const char *const without_all[] = {"run", "tmp", "var/tmp"};
static const char *const of_passwords[] = {"etc/shadow", "etc/shadow-"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* No link is followed. */
static struct tree_node *find(const struct rootfs *r, const char *path)
{
	struct tree_node *n = tree_root(r->tree);

	for (size_t length; n && *path; path += length + (path[length] == '/')) {
		length = strcspn(path, "/");
		n = tree_find(r->tree, n, bytes_of(path, length));
	}
	return n;
}

static void leave_out(struct rootfs *r, const char *path)
{
	struct tree_node *n = find(r, path);

	if (n && !S_ISDIR(n->inode->mode))
		tree_remove(r->tree, n);
}

static bool is_old(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, "-old") == 0;
}

static void leave_out_of(struct rootfs *r, const char *path, bool all)
{
	struct tree_node *n = find(r, path);
	struct tree_node *next;

	for (n = n ? n->child : NULL; n; n = next) {
		next = n->next;
		if (all || is_old(n->name))
			tree_remove(r->tree, n);
	}
}

/* ---- passwords */

static bool slurp(struct rootfs *r, const struct tree_node *n, struct buf *out, struct err *e)
{
	uint8_t piece[4096];
	size_t got = 1;

	if (!rootfs_file(r, n, e))
		return false;
	while (got > 0) {
		if (!rootfs_read(r, (struct span){piece, sizeof(piece)}, &got, e))
			return false;
		buf_put(out, bytes_of(piece, got));
	}
	return buf_done(out, "a list of passwords", e);
}

/* The third field, where it says something; 0 stands for a password that has to be changed. */
static void put_line(struct buf *out, struct bytes line, int64_t epoch)
{
	const uint8_t *field = line.p, *end = line.p + line.n, *next;

	for (unsigned i = 0; i < 2 && field; i++) {
		field = memchr(field, ':', (size_t)(end - field));
		field = field ? field + 1 : NULL;
	}
	next = field ? memchr(field, ':', (size_t)(end - field)) : NULL;
	if (!next || next == field ||
	    bytes_equal(bytes_of(field, (size_t)(next - field)), bytes_str("0"))) {
		buf_put(out, line);
	} else {
		buf_put(out, bytes_of(line.p, (size_t)(field - line.p)));
		buf_fmt(out, "%lld", (long long)(epoch / DAY));
		buf_put(out, bytes_of(next, (size_t)(end - next)));
	}
	buf_u8(out, '\n');
}

static bool settle_days(struct rootfs *r, const char *path, int64_t epoch, struct err *e)
{
	owned(buf_free) struct buf was = BUF(SHADOW_MAX), is = BUF(2 * SHADOW_MAX);
	struct tree_node *n = find(r, path);
	struct bytes left;

	if (!n || !S_ISREG(n->inode->mode) || n->inode->size == 0)
		return true;
	if (!slurp(r, n, &was, e))
		return err_in(e, "%s", path);
	left = buf_bytes(&was);
	while (left.n > 0)
		put_line(&is, bytes_line(&left), epoch);
	if (!buf_done(&is, "a list of passwords", e) ||
	    !rootfs_bytes(r, buf_bytes(&is), &n->inode->source, e))
		return false;
	n->inode->size = is.n;
	n->inode->at = 0;
	return true;
}

bool configure_scrub(struct rootfs *r, int64_t epoch, struct err *e)
{
	struct tree_node *id = find(r, "etc/machine-id");

	for (size_t i = 0; i < COUNT(without); i++)
		leave_out(r, without[i]);
	for (size_t i = 0; i < COUNT(without_old); i++)
		leave_out_of(r, without_old[i], false);
	for (size_t i = 0; i < COUNT(without_all); i++)
		leave_out_of(r, without_all[i], true);
	if (id && S_ISREG(id->inode->mode))
		id->inode->size = 0;
	for (size_t i = 0; i < COUNT(of_passwords); i++)
		if (!settle_days(r, of_passwords[i], epoch, e))
			return false;
	return true;
}
