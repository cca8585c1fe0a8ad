/*
 * What the parts of mirror.c share: libgit2, loaded as it begins; the repository; and the room in
 * which objects wait until it is known that none is missing. Before mirror_room_take() nothing of
 * what came is in the repository, whatever ends this process; after it, all.
 */
#ifndef MEASURE_FETCH_MIRROR_PARTS_H
#define MEASURE_FETCH_MIRROR_PARTS_H

#include <git2/config.h>
#include <git2/errors.h>
#include <git2/global.h>
#include <git2/graph.h>
#include <git2/odb.h>
#include <git2/refs.h>
#include <git2/remote.h>
#include <git2/repository.h>
#include <git2/sys/repository.h>

#include "measure/fetch/mirror.h"
#include "measure/rebuild/scratch.h"

struct mirror_door {
	void *handle;
	bool begun;
	__typeof__(&git_libgit2_init) init;
	__typeof__(&git_libgit2_shutdown) shutdown;
	__typeof__(&git_libgit2_opts) options;
	__typeof__(&git_error_last) last;
	__typeof__(&git_repository_init_ext) create;
	__typeof__(&git_repository_open_ext) open;
	__typeof__(&git_repository_is_bare) is_bare;
	__typeof__(&git_repository_path) path;
	__typeof__(&git_repository_free) close;
	__typeof__(&git_repository_set_head) set_head;
	__typeof__(&git_repository_head_unborn) headless;
	__typeof__(&git_repository_set_odb) set_odb;
	__typeof__(&git_remote_create_anonymous) remote;
	__typeof__(&git_remote_download) download;
	__typeof__(&git_remote_ls) tips;
	__typeof__(&git_remote_default_branch) main;
	__typeof__(&git_remote_free) remote_free;
	__typeof__(&git_buf_dispose) dispose;
	__typeof__(&git_reference_list) list;
	__typeof__(&git_strarray_dispose) list_free;
	__typeof__(&git_reference_name_is_valid) is_name;
	__typeof__(&git_reference_name_to_id) find;
	__typeof__(&git_reference_create) set;
	__typeof__(&git_reference_free) forget;
	__typeof__(&git_graph_descendant_of) follows;
	__typeof__(&git_oid_tostr) digits;
	__typeof__(&git_odb_open) odb_open;
	__typeof__(&git_odb_add_disk_alternate) odb_add;
	__typeof__(&git_odb_free) odb_free;
	__typeof__(&git_odb_read_header) look;
	__typeof__(&git_odb_read) read;
	__typeof__(&git_odb_object_data) data;
	__typeof__(&git_odb_object_size) size;
	__typeof__(&git_odb_object_free) release;
};

struct mirror_work {
	struct mirror *m;
	struct mirror_door d;
	git_repository *repository;
	git_odb *odb; /* of it, and of the room */
	git_remote *remote;
	struct scratch room;
	time_t since; /* when its patience began, in seconds of the monotonic clock; 0: it rests */
	uint64_t bytes; /* that had come by then */
	const git_remote_head **tip; /* the remote's: all that the other side names */
	size_t n_tips;
};

/* w: .m alone, and room of SCRATCH_NONE. Errors: library, out-of-memory. */
must bool mirror_begin(struct mirror_work *w, struct err *e);
void mirror_end(struct mirror_work *w);

/* What libgit2 says of its last failure. path: NULL, it is of the other side. False. */
bool mirror_fail(const struct mirror_work *w, enum reason r, const char *what, const char *path,
		 struct err *e);

/* Is it a branch or a tag itself, and not what a tag stands for? */
bool mirror_is_tip(const git_remote_head *tip);

/* From now on what comes goes there. Then: into the repository, durably. */
must bool mirror_room_make(struct mirror_work *w, struct err *e);
must bool mirror_room_take(struct mirror_work *w, struct err *e);

/*
 * Is each object there that the tips lead to? What the repository's own names lead to is there, as
 * it was when that was brought: of it the commits alone are gone through. fetch: one is missing, or
 * cannot be read.
 */
must bool mirror_whole(struct mirror_work *w, struct err *e);

#endif
