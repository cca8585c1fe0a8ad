#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "measure/base/listing.h"
#include "measure/fetch/mirror_parts.h"

#define PATH_ROOM 8192u

static bool use(struct mirror_work *w, git_odb *odb, struct err *e)
{
	if (w->odb)
		w->d.odb_free(w->odb);
	w->odb = odb;
	return w->d.set_odb(w->repository, odb) == 0 ||
	       mirror_fail(w, REASON_IO, "its objects cannot be read", w->m->path, e);
}

static bool objects_of(const struct mirror_work *w, const char *inside, struct buf *out,
		       struct err *e)
{
	buf_reset(out);
	buf_fmt(out, "%sobjects%s", w->d.path(w->repository), inside);
	return buf_done(out, "a path", e);
}

/* libgit2 writes into the first place of several. */
bool mirror_room_make(struct mirror_work *w, struct err *e)
{
	owned(buf_free) struct buf objects = BUF(PATH_ROOM);
	owned(own_close) int pack = -1;
	git_odb *odb;

	if (!scratch_make(&w->room, w->d.path(w->repository), "measure-fetch", e) ||
	    !objects_of(w, "", &objects, e))
		return false;
	pack = scratch_folder(&w->room, "pack", e);
	if (pack < 0)
		return false;
	if (w->d.odb_open(&odb, w->room.path) != 0 || !use(w, odb, e) ||
	    w->d.odb_add(odb, buf_cstr(&objects)) != 0)
		return mirror_fail(w, REASON_IO, "its objects cannot be read", w->m->path, e);
	return true;
}

static bool is_pack(const char *path)
{
	size_t n = strlen(path);

	return n > 5 && strcmp(path + n - 5, ".pack") == 0;
}

/* A pack stands there before its index, without which it is nothing to anybody. */
static bool move(const struct listing *files, int to, bool packs, struct err *e)
{
	for (size_t i = 0; i < files->n; i++) {
		const char *path = files->path[i];

		if (is_pack(path) != packs)
			continue;
		if (renameat(AT_FDCWD, path, to, strrchr(path, '/') + 1) == 0)
			continue;
		err_errno(e, errno, "cannot be moved into place");
		return err_subject(e, path);
	}
	return true;
}

bool mirror_room_take(struct mirror_work *w, struct err *e)
{
	owned(buf_free) struct buf from = BUF(PATH_ROOM), to = BUF(PATH_ROOM);
	owned(listing_free) struct listing files = {0};
	owned(own_close) int folder = -1;
	git_odb *odb;

	if (!scratch_path(&w->room, "pack", &from, e) ||
	    !listing_read(&files, buf_cstr(&from), e) || !objects_of(w, "/pack", &to, e))
		return false;
	folder = open(buf_cstr(&to), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || !move(&files, folder, true, e) || !move(&files, folder, false, e) ||
	    fsync(folder) != 0) {
		err_errno(e, errno, "what came cannot be put there");
		return err_subject(e, buf_cstr(&to));
	}
	return objects_of(w, "", &to, e) &&
	       (w->d.odb_open(&odb, buf_cstr(&to)) == 0 ||
		mirror_fail(w, REASON_IO, "its objects cannot be read", w->m->path, e)) &&
	       use(w, odb, e);
}
