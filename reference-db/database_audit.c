#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/core/hash.h"
#include "reference-db/database_parts.h"

#define FOLDERS 16u /* that an entry can be the first in, at most */
#define NAME 256u

/* A folder that is still to be looked into. */
struct folder {
	struct gitdb_id id; /* of a repository */
	char path[DATABASE_PATH]; /* "" the top, else with a slash at its end */
};

struct item {
	enum gittree_mode mode;
	struct gitdb_id id;
	bool named; /* the name is shorter than NAME */
	char name[NAME];
};

struct audit {
	const struct database *d;
	const struct database_stray *stray;
	bool clean;
	struct folder *folder; /* a stack */
	size_t n, room;
	uint64_t seen; /* folders */
	struct item *item; /* of the folder that is looked into */
	size_t items, item_room;
};

static void audit_free(struct audit *a)
{
	free(a->folder);
	free(a->item);
}

static void tell(struct audit *a, const char *folder, const char *name, const char *what)
{
	char path[DATABASE_PATH + NAME];

	snprintf(path, sizeof(path), "%s%s", folder, name);
	a->clean = false;
	a->stray->tell(a->stray->arg, path, what);
}

/* Room for one more of n; NULL with e set. */
static void *grow(void *all, size_t n, size_t *room, size_t size, struct err *e)
{
	size_t more = *room ? 2 * *room : 64;
	void *new;

	if (n < *room)
		return all;
	new = realloc(all, more * size);
	if (new)
		*room = more;
	else
		err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu names", more);
	return new;
}

static bool push(struct audit *a, const char *in, const struct item *x, struct err *e)
{
	struct folder *all = grow(a->folder, a->n, &a->room, sizeof(*all), e);
	struct folder *new;

	if (!all)
		return false;
	a->folder = all;
	new = &all[a->n];
	new->id = x->id;
	if (snprintf(new->path, sizeof(new->path), "%s%s%s", in, x->name, *x->name ? "/" : "") >=
	    (int)sizeof(new->path))
		tell(a, in, x->name, "lies deeper than any statement can");
	else
		a->n++;
	return true;
}

/* ---- what is in a folder */

static struct item *next_item(struct audit *a, struct bytes name, struct err *e)
{
	struct item *all = grow(a->item, a->items, &a->item_room, sizeof(*all), e);
	struct item *new;

	if (!all)
		return NULL;
	a->item = all;
	new = &all[a->items++];
	*new = (struct item){.named = name.n < NAME};
	memcpy(new->name, name.p, name.n < NAME ? name.n : NAME - 1);
	return new;
}

static bool list_tree(struct audit *a, const struct folder *f, struct err *e)
{
	owned(gitdb_release) struct gitdb_object o = {0};
	struct gittree_entry before = {0}, x;
	struct cur c;

	if (!gitdb_read(a->d->git, &f->id, GITFILES_TREE, &o, e))
		return false;
	if (o.kind != GITDB_TREE)
		return err_set(e, REASON_DATABASE, "'%s' is a %s", f->path,
			       gitdb_kind_name(o.kind));
	c = cur_new(o.bytes, 0, e);
	for (; cur_left(&c) > 0; before = x) {
		struct item *new;

		if (!gittree_next(&c, &before, &x))
			return err_in(e, "'%s'", f->path);
		new = next_item(a, x.name, e);
		if (!new)
			return false;
		new->mode = x.mode;
		new->id = x.id;
	}
	return true;
}

static void dir_free(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool list_folder(struct audit *a, const struct folder *f, struct err *e)
{
	int fd = openat(a->d->folder, *f->path ? f->path : ".",
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	owned(dir_free) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *x;

	if (!dir)
		return err_errno(e, errno, "a folder");
	while ((x = readdir(dir))) {
		struct item *new;
		struct stat st;

		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0)
			continue;
		if (fstatat(fd, x->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			return err_errno(e, errno, "a file");
		new = next_item(a, bytes_str(x->d_name), e);
		if (!new)
			return false;
		new->mode = S_ISDIR(st.st_mode)	  ? GITTREE_FOLDER
			    : S_ISREG(st.st_mode) ? GITTREE_FILE
						  : GITTREE_LINK;
	}
	return true;
}

static int by_fold(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int by = strcasecmp(x->name, y->name);

	return by != 0 ? by : strcmp(x->name, y->name);
}

static void check_names(struct audit *a, const char *path)
{
	if (a->items > DATABASE_NAMES)
		tell(a, path, "", "has more than 256 names");
	if (a->items > 0)
		qsort(a->item, a->items, sizeof(*a->item), by_fold);
	for (size_t i = 1; i < a->items; i++)
		if (strcasecmp(a->item[i - 1].name, a->item[i].name) == 0)
			tell(a, path, a->item[i].name,
			     "is the name of another file in another case");
}

/* ---- what may be there */

static const char *is_a(enum gittree_mode mode)
{
	switch (mode) {
	case GITTREE_FOLDER:
		return "is a folder";
	case GITTREE_FILE:
		return "is a file";
	case GITTREE_PROGRAM:
		return "is an executable file";
	case GITTREE_COMMIT:
		return "is a submodule";
	case GITTREE_LINK:
	default:
		return "is a symbolic link, or no file at all";
	}
}

static bool top(struct audit *a, const struct item *x, struct err *e)
{
	static const char *const files[] = {"format", "head", "README.md"};
	static const char *const folders[] = {"log", "products", "keys"};

	for (size_t i = 0; i < 3; i++) {
		if (x->mode == GITTREE_FILE && strcmp(x->name, files[i]) == 0)
			return true;
		if (x->mode == GITTREE_FOLDER && strcmp(x->name, folders[i]) == 0)
			return push(a, "", x, e);
	}
	tell(a, "", x->name,
	     x->mode == GITTREE_FILE || x->mode == GITTREE_FOLDER ? "is no part of a database"
								  : is_a(x->mode));
	return true;
}

/* Entry n of the log, as far as the folders and this name say; depth: of the folder in the log. */
static bool in_log(struct audit *a, const struct folder *f, const struct item *x, struct err *e)
{
	size_t depth = (strlen(f->path) - strlen("log/")) / 3;
	char path[DATABASE_LOG_PATH], start[DATABASE_PATH + NAME];
	uint64_t n = 0;
	char *end;

	snprintf(start, sizeof(start), "%s%s", f->path, x->name);
	for (size_t i = 0; i < 3; i++)
		n = n << 8 | (i <= depth ? strtoul(start + 4 + 3 * i, &end, 16) & 0xff : 0);
	database_log_path(n, path);
	if (strlen(start) != 6 + 3 * depth || strncmp(path, start, strlen(start)) != 0 ||
	    n >= a->d->head.height)
		tell(a, f->path, x->name, "is no entry that the head counts");
	else if (x->mode != (depth < 2 ? GITTREE_FOLDER : GITTREE_FILE))
		tell(a, f->path, x->name, is_a(x->mode));
	else if (depth < 2)
		return push(a, f->path, x, e);
	return true;
}

/* Entry n names its path, so a file whose name begins with n is named by that or by none. */
static bool is_named(const struct audit *a, const char *path, bool *so, struct err *e)
{
	struct digest state = a->d->first;
	struct database_entry x;
	struct err why = {0};
	uint64_t n;

	*so = false;
	if (!database_path_entry(bytes_str(path), &n) || n >= a->d->head.height)
		return true;
	if (database_entry(a->d, n, &state, &x, &why))
		*so = strcmp(x.path, path) == 0;
	else if (why.reason != REASON_DATABASE && why.reason != REASON_DATABASE_INCOMPLETE)
		*e = why;
	return !err_is(e);
}

static bool statement(struct audit *a, const struct folder *f, const struct item *x, struct err *e)
{
	char path[DATABASE_PATH + NAME];
	bool named;

	if (x->mode == GITTREE_FOLDER)
		return push(a, f->path, x, e);
	snprintf(path, sizeof(path), "%s%s", f->path, x->name);
	if (x->mode != GITTREE_FILE)
		tell(a, f->path, x->name, is_a(x->mode));
	else if (!is_named(a, path, &named, e))
		return false;
	else if (!named)
		tell(a, f->path, x->name, "is named by no entry of the log");
	return true;
}

static bool look_into(struct audit *a, const struct folder *f, struct err *e)
{
	a->items = 0;
	if (!(a->d->plain ? list_folder(a, f, e) : list_tree(a, f, e)))
		return false;
	check_names(a, f->path);
	if (a->items == 0 && *f->path)
		tell(a, f->path, "", "is empty");
	for (size_t i = 0; i < a->items; i++) {
		const struct item *x = &a->item[i];
		bool ok = true;

		if (!x->named)
			tell(a, f->path, x->name, "has a name of more than 255 bytes");
		else if (!*f->path)
			ok = top(a, x, e);
		else if (strncmp(f->path, "log/", 4) == 0)
			ok = in_log(a, f, x, e);
		else
			ok = statement(a, f, x, e);
		if (!ok)
			return false;
	}
	return true;
}

/* A tree can be made that has more folders than there are atoms, out of a few objects. */
static bool walk(struct audit *a, struct err *e)
{
	if (!push(a, "", &(struct item){.id = a->d->tree}, e))
		return false;
	while (a->n > 0) {
		struct folder f = a->folder[--a->n];

		if (++a->seen > FOLDERS * (a->d->head.height + 1)) {
			tell(a, f.path, "", "and more folders than the entries can need");
			return true;
		}
		if (!look_into(a, &f, e))
			return false;
	}
	return true;
}

/* A folder that became another one meanwhile was audited as neither. */
static bool is_still(const struct database *d, struct err *e)
{
	owned(buf_free) struct buf format = BUF(DATABASE_FORM_MAX), head = BUF(DATABASE_FORM_MAX);
	struct signed_upon now;
	struct digest first;

	if (!d->plain)
		return true;
	if (!store_slurp(d->plain, "format", DATABASE_FORM_MAX, &format, e) ||
	    !store_slurp(d->plain, "head", DATABASE_FORM_MAX, &head, e) ||
	    !database_head_read(buf_bytes(&head), &now, e) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(&format), &first, e))
		return false;
	return (now.height == d->head.height && digest_equal(&now.state, &d->head.state) &&
		digest_equal(&first, &d->first)) ||
	       err_set(e, REASON_DATABASE_INCOMPLETE, "it was written to while it was read");
}

bool database_audit_tree(const struct database *d, const struct database_stray *stray, bool *clean,
			 struct err *e)
{
	owned(audit_free) struct audit a = {.d = d, .stray = stray, .clean = true};

	if (!walk(&a, e) || !is_still(d, e))
		return database_broken(d, e);
	*clean = a.clean;
	return true;
}
