#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "measure/core/rootdir_state.h"

#define NAMES_MAX ((size_t)1 << 30)
#define LINKS_MIN 64u

#define KEPT 07777u

/* ---- names in bytewise order, since that of the system reaches nothing */

struct names {
	struct buf text; /* each behind its type, with its NUL */
	const char **sorted;
	size_t n;
};

#define NAMES ((struct names){.text = BUF(NAMES_MAX)})

static void names_free(struct names *s)
{
	buf_free(&s->text);
	free(s->sorted);
}

static void names_add(struct names *s, uint8_t type, const char *name)
{
	buf_u8(&s->text, type);
	buf_put(&s->text, bytes_of(name, strlen(name) + 1));
	s->n++;
}

static int order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool names_sort(struct names *s, struct err *e)
{
	const char *at = buf_cstr(&s->text);

	if (!buf_done(&s->text, "the names in a folder", e))
		return false;
	s->sorted = own_new(s->n * sizeof(*s->sorted), e);
	if (!s->sorted)
		return false;
	for (size_t i = 0; i < s->n; i++, at += strlen(at) + 1)
		s->sorted[i] = ++at;
	qsort(s->sorted, s->n, sizeof(*s->sorted), order);
	return true;
}

/* ---- files with several names, by device and inode: a table that is at most half full */

struct link {
	uint64_t device, number;
	struct tree_inode *inode; /* NULL: nothing is here */
};

struct links {
	struct link *slot;
	size_t n, n_slots; /* a power of two */
};

static void links_free(struct links *l)
{
	free(l->slot);
}

static struct link *links_find(const struct links *l, uint64_t device, uint64_t number)
{
	uint64_t h = (number + device) * UINT64_C(0x9e3779b97f4a7c15) >> 20;
	struct link *s = &l->slot[h & (l->n_slots - 1)];

	while (s->inode && (s->number != number || s->device != device))
		s = &l->slot[++h & (l->n_slots - 1)];
	return s;
}

static bool links_grow(struct links *l, struct err *e)
{
	struct links to = {.n = l->n, .n_slots = l->n_slots ? l->n_slots * 2 : LINKS_MIN};

	to.slot = own_new(to.n_slots * sizeof(*to.slot), e);
	if (!to.slot)
		return false;
	for (size_t i = 0; i < l->n_slots; i++)
		if (l->slot[i].inode)
			*links_find(&to, l->slot[i].device, l->slot[i].number) = l->slot[i];
	free(l->slot);
	*l = to;
	return true;
}

/* ---- a folder's entries */

struct scan {
	struct rootdir *dir;
	struct tree *tree;
	const struct rootdir_rule *rule;
	struct links links;
};

/* One name of a folder that is open. */
struct spot {
	struct tree_node *parent;
	int fd;
	const char *name;
	int file; /* opened, when it is a regular file */
	struct statx x;
};

static bool failed(const struct scan *s, const struct spot *at, struct err *e)
{
	return rootdir_errno(s->dir, at->parent, at->name, e);
}

static bool refuse(const struct scan *s, const struct spot *at, const char *why, struct err *e)
{
	err_set(e, REASON_ROOTFS, "%s", why);
	return rootdir_subject(s->dir, at->parent, at->name, e);
}

static bool tell_each(const struct scan *s, const struct spot *at, const struct names *names,
		      struct err *e)
{
	owned(buf_free) struct buf path = BUF(TREE_PATH_MAX + TREE_NAME_MAX + 1);

	if (!tree_path_below(s->dir->top, at->parent, &path, e))
		return false;
	if (path.n > 0)
		buf_str(&path, "/");
	buf_str(&path, at->name);
	if (!buf_done(&path, "a path", e))
		return false;
	for (size_t i = 0; i < names->n; i++)
		if (!left_out_xattr(&s->rule->left_out, buf_bytes(&path),
				    bytes_str(names->sorted[i]), e))
			return rootdir_subject(s->dir, at->parent, at->name, e);
	return true;
}

/* list: what the system says there is; n < 0 with errno: it says nothing. */
static bool put_xattrs(const struct scan *s, const struct spot *at, const char *list, ssize_t n,
		       struct err *e)
{
	owned(names_free) struct names names = NAMES;

	if (n < 0 && errno != ENOTSUP)
		return failed(s, at, e);
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(list + i) + 1)
		names_add(&names, 0, list + i);
	return names.n == 0 || (names_sort(&names, e) && tell_each(s, at, &names, e));
}

static bool check_open(const struct scan *s, const struct spot *at, int fd, struct err *e)
{
	char list[XATTR_LIST_MAX];

	return put_xattrs(s, at, list, flistxattr(fd, list, sizeof(list)), e);
}

/* What is not to be opened: by its path, since the system has no other way. */
static bool check_closed(const struct scan *s, const struct spot *at, struct err *e)
{
	owned(buf_free) struct buf path = BUF(TREE_PATH_MAX);
	char list[XATTR_LIST_MAX];

	buf_fmt(&path, "%s/", s->dir->path);
	if (!tree_path_below(s->dir->top, at->parent, &path, e))
		return rootdir_subject(s->dir, at->parent, at->name, e);
	buf_fmt(&path, "/%s", at->name);
	if (!buf_done(&path, "a path", e))
		return rootdir_subject(s->dir, at->parent, at->name, e);
	return put_xattrs(s, at, list, llistxattr(buf_cstr(&path), list, sizeof(list)), e);
}

static bool check(const struct scan *s, const struct spot *at, struct err *e)
{
	if (at->x.stx_attributes & at->x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
		return refuse(s, at, "another file system is mounted there", e);
	if (S_ISSOCK(at->x.stx_mode))
		return refuse(s, at, "is a socket, which has no place in a ramdisk", e);
	if (S_ISDIR(at->x.stx_mode))
		return true; /* when it is entered */
	return S_ISREG(at->x.stx_mode) ? check_open(s, at, at->file, e) : check_closed(s, at, e);
}

static struct tree_node *add_new(const struct scan *s, const struct spot *at, struct err *e)
{
	char target[TREE_PATH_MAX + 2];
	struct tree_inode inode = {
		.mode = at->x.stx_mode & (S_IFMT | KEPT),
		.uid = s->rule->owners ? at->x.stx_uid : 0,
		.gid = s->rule->owners ? at->x.stx_gid : 0,
		.mtime = at->x.stx_mtime.tv_sec,
		.source = s->rule->source,
		.at = rootdir_state(&at->x),
	};
	struct tree_node *n;
	ssize_t size;

	if (S_ISREG(inode.mode))
		inode.size = at->x.stx_size;
	if (S_ISCHR(inode.mode) || S_ISBLK(inode.mode)) {
		inode.major = at->x.stx_rdev_major;
		inode.minor = at->x.stx_rdev_minor;
	}
	if (S_ISLNK(inode.mode)) {
		size = readlinkat(at->fd, at->name, target, sizeof(target) - 1);
		if (size < 0) {
			failed(s, at, e);
			return NULL;
		}
		target[size] = '\0';
		inode.target = target;
	}
	n = tree_add(s->tree, at->parent, bytes_str(at->name), &inode, e);
	if (!n)
		rootdir_subject(s->dir, at->parent, at->name, e);
	return n;
}

static bool add(struct scan *s, const struct spot *at, struct err *e)
{
	bool several = !S_ISDIR(at->x.stx_mode) && at->x.stx_nlink > 1;
	uint64_t device = makedev(at->x.stx_dev_major, at->x.stx_dev_minor);
	struct link *link = NULL;
	struct tree_node *n;

	if (several && s->links.n * 2 >= s->links.n_slots && !links_grow(&s->links, e))
		return false;
	if (several)
		link = links_find(&s->links, device, at->x.stx_ino);
	if (link && link->inode)
		return tree_link(s->tree, at->parent, bytes_str(at->name), link->inode, e) ||
		       rootdir_subject(s->dir, at->parent, at->name, e);
	n = check(s, at, e) ? add_new(s, at, e) : NULL;
	if (!n)
		return false;
	if (link) {
		*link = (struct link){device, at->x.stx_ino, n->inode};
		s->links.n++;
	}
	return true;
}

static void dir_free(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool list(const struct scan *s, const struct tree_node *n, DIR *d, struct names *names,
		 struct err *e)
{
	const struct dirent *entry;

	for (errno = 0; (entry = readdir(d)); errno = 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			names_add(names, entry->d_type, entry->d_name);
	return errno == 0 ? names_sort(names, e) : rootdir_errno(s->dir, n, NULL, e);
}

/* The folder itself is as it was seen in the one above, and has no attributes. */
static bool check_folder(const struct scan *s, struct tree_node *n, int fd, struct err *e)
{
	struct spot at = {.parent = n->parent, .name = n->name};

	if (n == s->dir->top)
		return true;
	if (!rootdir_look(fd, "", &at.x))
		return rootdir_errno(s->dir, n, NULL, e);
	if (rootdir_state(&at.x) != n->inode->at)
		return rootdir_changed(s->dir, n, NULL, e);
	return check_open(s, &at, fd, e);
}

/*
 * A regular file is opened, so that one that cannot be read is refused now. The folder's word for
 * what it is saves a look at it, and is no more than that.
 */
static bool look(const struct scan *s, struct spot *at, uint8_t type, struct err *e)
{
	if (type != DT_REG) {
		if (!rootdir_look(at->fd, at->name, &at->x))
			return failed(s, at, e);
		if (!S_ISREG(at->x.stx_mode))
			return true;
	}
	at->file = openat(at->fd, at->name, ROOTDIR_OPEN);
	if (at->file < 0 || !rootdir_look(at->file, "", &at->x))
		return failed(s, at, e);
	return S_ISREG(at->x.stx_mode) || rootdir_changed(s->dir, at->parent, at->name, e);
}

static bool scan_name(struct scan *s, struct tree_node *parent, int fd, const char *name,
		      struct err *e)
{
	struct spot at = {.parent = parent, .fd = fd, .name = name, .file = -1};
	bool done = look(s, &at, (uint8_t)name[-1], e) && add(s, &at, e);

	own_close(&at.file);
	return done;
}

static bool scan_folder(struct scan *s, struct tree_node *n, struct err *e)
{
	owned(names_free) struct names names = NAMES;
	owned(dir_free) DIR *d = NULL;
	int fd;

	if (!rootdir_enter(s->dir, n, &fd, e))
		return false;
	d = fdopendir(fd);
	if (!d) {
		own_close(&fd);
		return err_set(e, REASON_OUT_OF_MEMORY, "no memory for a folder");
	}
	if (!check_folder(s, n, fd, e) || !list(s, n, d, &names, e))
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (!scan_name(s, n, fd, names.sorted[i], e))
			return false;
	return true;
}

bool rootdir_read(struct rootdir *f, struct tree *t, struct tree_node *top,
		  const struct rootdir_rule *rule, struct err *e)
{
	struct scan s = {.dir = f, .tree = t, .rule = rule};
	const struct tree_node *end = tree_next_outside(top);
	bool done = true;

	f->top = top;
	for (struct tree_node *n = top; n != end && done; n = tree_next(n))
		if (S_ISDIR(n->inode->mode))
			done = scan_folder(&s, n, e);
	links_free(&s.links);
	if (done)
		tree_renumber(t);
	return done;
}
