#include <git2/version.h>
#include <stddef.h>

#include "measure/base/load.h"
#include "measure/fetch/http.h"
#include "measure/fetch/mirror_parts.h"

static const struct load_symbol symbols[] = {
	{"git_libgit2_init", offsetof(struct mirror_door, init)},
	{"git_libgit2_shutdown", offsetof(struct mirror_door, shutdown)},
	{"git_libgit2_opts", offsetof(struct mirror_door, options)},
	{"git_error_last", offsetof(struct mirror_door, last)},
	{"git_repository_init_ext", offsetof(struct mirror_door, create)},
	{"git_repository_open_ext", offsetof(struct mirror_door, open)},
	{"git_repository_is_bare", offsetof(struct mirror_door, is_bare)},
	{"git_repository_path", offsetof(struct mirror_door, path)},
	{"git_repository_free", offsetof(struct mirror_door, close)},
	{"git_repository_set_head", offsetof(struct mirror_door, set_head)},
	{"git_repository_head_unborn", offsetof(struct mirror_door, headless)},
	{"git_repository_set_odb", offsetof(struct mirror_door, set_odb)},
	{"git_remote_create_anonymous", offsetof(struct mirror_door, remote)},
	{"git_remote_download", offsetof(struct mirror_door, download)},
	{"git_remote_ls", offsetof(struct mirror_door, tips)},
	{"git_remote_default_branch", offsetof(struct mirror_door, main)},
	{"git_remote_free", offsetof(struct mirror_door, remote_free)},
	{"git_buf_dispose", offsetof(struct mirror_door, dispose)},
	{"git_reference_list", offsetof(struct mirror_door, list)},
	{"git_strarray_dispose", offsetof(struct mirror_door, list_free)},
	{"git_reference_name_is_valid", offsetof(struct mirror_door, is_name)},
	{"git_reference_name_to_id", offsetof(struct mirror_door, find)},
	{"git_reference_create", offsetof(struct mirror_door, set)},
	{"git_reference_free", offsetof(struct mirror_door, forget)},
	{"git_graph_descendant_of", offsetof(struct mirror_door, follows)},
	{"git_oid_tostr", offsetof(struct mirror_door, digits)},
	{"git_odb_open", offsetof(struct mirror_door, odb_open)},
	{"git_odb_add_disk_alternate", offsetof(struct mirror_door, odb_add)},
	{"git_odb_free", offsetof(struct mirror_door, odb_free)},
	{"git_odb_read_header", offsetof(struct mirror_door, look)},
	{"git_odb_read", offsetof(struct mirror_door, read)},
	{"git_odb_object_data", offsetof(struct mirror_door, data)},
	{"git_odb_object_size", offsetof(struct mirror_door, size)},
	{"git_odb_object_free", offsetof(struct mirror_door, release)},
	{0},
};

bool mirror_begin(struct mirror_work *w, struct err *e)
{
	static const struct load libgit2 = {"libgit2", "libgit2.so." LIBGIT2_SOVERSION,
					    "libgit2-" LIBGIT2_SOVERSION, symbols};
	static const int levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
				     GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL};
	struct mirror_door *d = &w->d;
	int bad;

	if (!load_open(&libgit2, &d->handle, d, e))
		return false;
	if (d->init() < 0)
		return err_set(e, REASON_LIBRARY, "libgit2 does not begin");
	d->begun = true;
	bad = d->options(GIT_OPT_SET_OWNER_VALIDATION, 0) |
	      d->options(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1) |
	      d->options(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		bad |= d->options(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	return bad == 0 || err_set(e, REASON_LIBRARY, "libgit2 does not take its options");
}

void mirror_end(struct mirror_work *w)
{
	const struct mirror_door *d = &w->d;

	if (w->remote)
		d->remote_free(w->remote);
	if (w->odb)
		d->odb_free(w->odb);
	if (w->repository)
		d->close(w->repository);
	if (d->begun)
		d->shutdown();
	scratch_free(&w->room);
	load_close(&w->d.handle);
}

bool mirror_fail(const struct mirror_work *w, enum reason r, const char *what, const char *path,
		 struct err *e)
{
	const git_error *last = w->d.last();

	if (last && last->klass == GIT_ERROR_NOMEMORY)
		r = REASON_OUT_OF_MEMORY;
	err_set(e, r, "%s: %s", what,
		last && last->message ? last->message : "no reason was given");
	return path ? err_subject(e, path) : http_subject(e, w->m->url);
}
