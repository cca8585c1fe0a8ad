#include "measure/core/ramdisk_extract.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/core/ramdisk_listing.h"

#define PATH_ROOM (1u << 16)

struct extraction {
	const char *folder;
	struct ramdisk ramdisk;
	const struct tree_node **of; /* which file an entry's bytes are, by its number */
	uint32_t entry; /* its number */
	int top, root; /* the folder that was named, and "root" in it */
	const struct tree_node *open_node; /* whose folder `open` is */
	int open;
	int file; /* that is being written */
	struct buf path;
};

static void close_fd(int *fd)
{
	own_close(fd);
	*fd = -1;
}

static void extraction_free(struct extraction *x)
{
	ramdisk_free(&x->ramdisk);
	free(x->of);
	own_close(&x->top);
	own_close(&x->root);
	own_close(&x->open);
	own_close(&x->file);
	buf_free(&x->path);
}

/* Of the disk, not of the ramdisk. */
static bool failed(struct extraction *x, const struct tree_node *n, const char *what, struct err *e)
{
	int why = errno;

	buf_reset(&x->path);
	buf_fmt(&x->path, "%s/root%s", x->folder, n && n->parent ? "/" : "");
	if (n && !tree_path(n, &x->path, e))
		return false;
	err_errno(e, why, what);
	return err_subject(e, buf_cstr(&x->path));
}

static bool open_top(struct extraction *x, struct err *e)
{
	int again;
	DIR *d;
	const struct dirent *name;

	x->top = open(x->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	again = x->top < 0 ? -1 : openat(x->top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = again < 0 ? NULL : fdopendir(again);
	if (!d) {
		err_errno(e, errno, "cannot be read");
		own_close(&again);
		return err_subject(e, x->folder);
	}
	do {
		name = readdir(d);
	} while (name && (strcmp(name->d_name, ".") == 0 || strcmp(name->d_name, "..") == 0));
	if (name)
		err_set(e, REASON_USAGE,
			"is not empty, and a ramdisk's files need a folder of "
			"their own");
	closedir(d);
	return !name || err_subject(e, x->folder);
}

/* ---- folders of the tree on disk, step by step from "root", through no symbolic link */

static bool walk_to(struct extraction *x, const struct tree_node *n, int *fd, struct err *e)
{
	char *name, *next;
	int at = openat(x->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!tree_path_to(n, &x->path, e)) {
		own_close(&at);
		return false;
	}
	buf_u8(&x->path, 0);
	for (name = (char *)x->path.p; at >= 0 && *name; name = next) {
		int below;

		next = strchr(name, '/');
		next = next ? next : name + strlen(name);
		if (*next)
			*next++ = '\0';
		below = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = below;
	}
	*fd = at;
	return at >= 0 || failed(x, n, "cannot be opened", e);
}

/* The folder that a node stands in; kept open for its neighbours. */
static bool folder_of(struct extraction *x, const struct tree_node *n, int *fd, struct err *e)
{
	if (x->open < 0 || x->open_node != n->parent) {
		close_fd(&x->open);
		if (!walk_to(x, n->parent, &x->open, e))
			return false;
		x->open_node = n->parent;
	}
	*fd = x->open;
	return true;
}

static mode_t permissions(const struct tree_node *n)
{
	mode_t mode = n->inode->mode & 0777;

	return S_ISDIR(n->inode->mode) ? mode | 0700 : mode;
}

static bool make_folders(struct extraction *x, struct err *e)
{
	const struct tree_node *root = tree_root(x->ramdisk.made.tree);
	int in;

	if (mkdirat(x->top, "root", 0700) != 0)
		return failed(x, NULL, "cannot be made", e);
	x->root = openat(x->top, "root", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (x->root < 0 || fchmod(x->root, permissions(root)) != 0)
		return failed(x, NULL, "cannot be opened", e);
	for (const struct tree_node *n = tree_next(root); n; n = tree_next(n)) {
		if (!S_ISDIR(n->inode->mode))
			continue;
		if (!folder_of(x, n, &in, e))
			return false;
		if (mkdirat(in, n->name, 0700) != 0 ||
		    fchmodat(in, n->name, permissions(n), 0) != 0)
			return failed(x, n, "cannot be made", e);
	}
	return true;
}

/* ---- files, while the ramdisk is read a second time */

static bool changed(struct err *e)
{
	return err_set(e, REASON_FILE_CHANGED, "the file changed while it was being read");
}

static bool begin_file(void *arg, const struct cpio_entry *entry, struct err *e)
{
	struct extraction *x = arg;
	const struct tree_node *n;
	int in;

	if (cpio_is_trailer(entry))
		return true;
	if (x->entry == x->ramdisk.made.entries)
		return changed(e);
	n = x->of[x->entry];
	if (!n)
		return true;
	if (!folder_of(x, n, &in, e))
		return false;
	x->file = openat(in, n->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return x->file >= 0 || failed(x, n, "cannot be made", e);
}

static bool write_file(void *arg, struct bytes bytes, struct err *e)
{
	struct extraction *x = arg;

	return x->file < 0 || file_put(x->file, bytes) ||
	       failed(x, x->of[x->entry], "cannot be written", e);
}

static bool end_file(void *arg, const struct cpio_entry *entry, const struct initramfs_body *body,
		     const struct tree_node *node, struct err *e)
{
	struct extraction *x = arg;
	const struct tree_node *n = cpio_is_trailer(entry) ? NULL : x->of[x->entry];
	struct digest right;

	(void)node;
	x->entry += !cpio_is_trailer(entry);
	if (!n)
		return true;
	right = initramfs_sha256(&x->ramdisk.made, n->inode);
	if (!digest_equal(&right, body->sha256))
		return changed(e);
	if (fchmod(x->file, permissions(n)) != 0)
		return failed(x, n, "cannot be given its mode", e);
	close_fd(&x->file);
	return true;
}

static bool make_files(struct extraction *x, const struct stream_range *where, struct err *e)
{
	const struct ramdisk_visit visit = {
		.entry = begin_file, .data = write_file, .made = end_file, .arg = x};
	const struct initramfs *made = &x->ramdisk.made;
	owned(ramdisk_free) struct ramdisk again = {0};

	x->of = calloc(made->entries + 1, sizeof(*x->of));
	if (!x->of)
		return err_set(e, REASON_OUT_OF_MEMORY, "no memory for %u entries", made->entries);
	for (struct tree_node *n = tree_next(tree_root(made->tree)); n; n = tree_next(n))
		if (S_ISREG(n->inode->mode) && !x->of[n->inode->at])
			x->of[n->inode->at] = n;
	return ramdisk_read(&again, where, &visit, e) && (x->entry == made->entries || changed(e));
}

/* ---- and what leads to them */

static bool make_link(struct extraction *x, const struct tree_node *n, struct err *e)
{
	const struct tree_node *first = x->of[n->inode->at];
	owned(own_close) int from = -1;
	int to;

	if (!walk_to(x, first->parent, &from, e) || !folder_of(x, n, &to, e))
		return false;
	return linkat(from, first->name, to, n->name, 0) == 0 ||
	       failed(x, n, "cannot be linked", e);
}

static bool make_links(struct extraction *x, struct err *e)
{
	const struct tree_node *root = tree_root(x->ramdisk.made.tree);
	int in;

	for (const struct tree_node *n = tree_next(root); n; n = tree_next(n))
		if (S_ISREG(n->inode->mode) && x->of[n->inode->at] != n && !make_link(x, n, e))
			return false;
	for (const struct tree_node *n = tree_next(root); n; n = tree_next(n)) {
		if (!S_ISLNK(n->inode->mode))
			continue;
		if (!folder_of(x, n, &in, e))
			return false;
		if (symlinkat(n->inode->target, in, n->name) != 0)
			return failed(x, n, "cannot be made", e);
	}
	return true;
}

/* Best effort: all that stands there was made here. */
static void undo(struct extraction *x)
{
	const struct tree *t = x->ramdisk.made.tree;
	const struct tree_node **all = calloc(tree_count(t), sizeof(const struct tree_node *));
	struct err ignored = {0};
	size_t n = 0;
	int in;

	for (struct tree_node *i = tree_next(tree_root(t)); i && all; i = tree_next(i))
		all[n++] = i;
	close_fd(&x->open);
	while (n-- > 0 && x->root >= 0)
		if (folder_of(x, all[n], &in, &ignored))
			unlinkat(in, all[n]->name, S_ISDIR(all[n]->inode->mode) ? AT_REMOVEDIR : 0);
	free(all);
	unlinkat(x->top, "root", AT_REMOVEDIR);
}

static bool extract(struct extraction *x, const struct stream_range *where, struct err *e)
{
	return make_folders(x, e) && make_files(x, where, e) && make_links(x, e) &&
	       ramdisk_list(&x->ramdisk.made, x->folder, e);
}

bool ramdisk_extract(const struct stream_range *where, const char *folder, struct err *e)
{
	owned(extraction_free) struct extraction x = {.folder = folder,
						      .top = -1,
						      .root = -1,
						      .open = -1,
						      .file = -1,
						      .path = BUF(PATH_ROOM)};

	if (!open_top(&x, e) || !ramdisk_read(&x.ramdisk, where, NULL, e))
		return false;
	tree_sort(x.ramdisk.made.tree);
	if (extract(&x, where, e))
		return true;
	undo(&x);
	return false;
}
