#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/rebuild/place.h"
#include "measure/rebuild/sandbox.h"
#include "measure/rebuild/stage.h"

#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct furnishing {
	struct works *w;
	const struct recipe_stage *s;
	const struct recipe_pair *use;
	struct timespec times[2]; /* of all */
	uint32_t owner;
};

static bool failed(const struct furnishing *f, const char *what, struct err *e)
{
	err_errno(e, errno, what);
	return err_in(e, "stage '%s': '%.200s'", f->s->name, f->use->name);
}

/* Owner and time of what was made. */
static bool settle(const struct furnishing *f, int fd, struct err *e)
{
	if (f->owner != 0 && fchown(fd, f->owner, f->owner) != 0)
		return failed(f, "cannot be given away", e);
	return futimens(fd, f->times) == 0 || failed(f, "its time cannot be set", e);
}

/* The folder named, made where it is not. */
static int step(const struct furnishing *f, int at, const char *name, struct err *e)
{
	bool made = mkdirat(at, name, 0755) == 0;
	int fd = made || errno == EEXIST ? openat(at, name, FOLDER) : -1;

	if (fd < 0) {
		failed(f, "cannot be made", e);
		return -1;
	}
	if (!made || settle(f, fd, e))
		return fd;
	own_close(&fd);
	return -1;
}

/* The folder that the last part of a path goes into. */
static int walk(const struct furnishing *f, int work, const char **name, struct err *e)
{
	int at = fcntl(work, F_DUPFD_CLOEXEC, 0), next;
	const char *part = f->use->name;

	if (at < 0)
		failed(f, "no descriptor", e);
	for (size_t n; at >= 0 && part[n = strcspn(part, "/")] != '\0'; part += n + 1) {
		char text[RECIPE_PATH_MAX + 1];

		memcpy(text, part, n);
		text[n] = '\0';
		next = step(f, at, text, e);
		own_close(&at);
		at = next;
	}
	*name = part;
	return at;
}

static bool taken(const struct furnishing *f, struct err *e)
{
	return err_set(e, REASON_RECIPE, "line %u: there is a '%.200s' already in what is used",
		       f->use->line, f->use->name);
}

static bool lay_out(const struct furnishing *f, int folder, struct err *e)
{
	owned(rootfs_free) struct rootfs r = {0};
	const struct place_rule rule = {
		.time = f->w->plan->lock.epoch,
		.max = f->s->limits.disk,
		.owner = f->owner,
		.reversed = f->w->reversed,
	};
	struct cpio_io io;

	if (!works_tree(f->w, f->use->value, &r, e))
		return false;
	io = works_io(&r);
	return place_tree(folder, r.tree, &rule, &io, e);
}

static bool put_tree(const struct furnishing *f, int at, const char *name, struct err *e)
{
	owned(own_close) int folder = -1;

	if (mkdirat(at, name, 0755) != 0)
		return errno == EEXIST ? taken(f, e) : failed(f, "cannot be made", e);
	folder = openat(at, name, FOLDER);
	return folder >= 0 ? lay_out(f, folder, e) : failed(f, "cannot be opened", e);
}

static bool put_file(const struct furnishing *f, int at, const char *name, struct err *e)
{
	owned(works_file_free) struct works_file file = {0};
	owned(own_close) int fd = -1;

	if (!works_file(f->w, f->use->value, &file, e))
		return false;
	fd = open(file.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, file.program ? 0755 : 0644) != 0)
		return failed(f, "cannot be made", e);
	if (!settle(f, fd, e))
		return false;
	if (renameat2(AT_FDCWD, file.path, at, name, RENAME_NOREPLACE) == 0)
		return true;
	return errno == EEXIST ? taken(f, e) : failed(f, "cannot be placed", e);
}

static bool put(const struct furnishing *f, int work, struct err *e)
{
	owned(own_close) int at = -1;
	const char *name;
	bool tree = false;

	if (strcmp(f->use->name, ".") == 0)
		return lay_out(f, work, e);
	if (!works_is_tree(f->w, f->use->value, &tree, e))
		return false;
	at = walk(f, work, &name, e);
	return at >= 0 && (tree ? put_tree(f, at, name, e) : put_file(f, at, name, e)) &&
	       settle(f, at, e);
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strcmp(folder, ".") == 0 || (strncmp(path, folder, n) == 0 && path[n] == '/');
}

/* As they are, or the last first; what lies in another stands behind that in either case. */
static void arrange(const struct recipe_pairs *use, bool reversed, const struct recipe_pair **to)
{
	for (size_t i = 0; i < use->n; i++) {
		const struct recipe_pair *next = &use->item[reversed ? use->n - 1 - i : i];
		size_t at = 0;

		while (at < i && !(reversed && is_below(to[at]->name, next->name)))
			at++;
		memmove(&to[at + 1], &to[at], (i - at) * sizeof(*to));
		to[at] = next;
	}
}

bool stage_furnish(struct works *w, const struct recipe_stage *s, int work, struct err *e)
{
	const struct timespec time = {.tv_sec = w->plan->lock.epoch};
	struct furnishing f = {.w = w, .s = s, .times = {time, time}, .owner = sandbox_owner()};
	static const struct recipe_pair itself = {.name = "."};
	owned(own_free) const struct recipe_pair **order =
		own_new((s->use.n + 1) * sizeof(const struct recipe_pair *), e);

	if (!order)
		return false;
	arrange(&s->use, w->reversed, order);
	f.use = &itself;
	if (fchmod(work, 0755) != 0 || !settle(&f, work, e))
		return err_is(e) ? false : failed(&f, "its mode cannot be set", e);
	for (size_t i = 0; i < s->use.n; i++) {
		f.use = order[i];
		if (!put(&f, work, e))
			return err_in(e, "stage '%s'", s->name);
	}
	return true;
}
