/*
 * What the parts of gitdb share: libgit2, found by name when it is loaded, and an open repository.
 */
#ifndef MEASURE_CORE_GITDB_DOOR_H
#define MEASURE_CORE_GITDB_DOOR_H

#include <git2/config.h>
#include <git2/errors.h>
#include <git2/global.h>
#include <git2/odb.h>
#include <git2/odb_backend.h>
#include <git2/refs.h>
#include <git2/repository.h>
#include <git2/sys/alloc.h>
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h> /* git_error_clear(), from 1.8 on */
#endif
#include <git2/version.h>

#include "measure/core/gitdb.h"

struct door {
	void *handle;
	bool begun;
	bool frugal; /* no more than GITDB_AT_ONCE in one piece */
	__typeof__(&git_libgit2_init) init;
	__typeof__(&git_libgit2_shutdown) shutdown;
	__typeof__(&git_libgit2_opts) options;
	__typeof__(&git_error_last) last;
	__typeof__(&git_error_clear) clear;
	__typeof__(&git_repository_open_ext) open;
	__typeof__(&git_repository_free) close;
	__typeof__(&git_repository_commondir) folder;
	__typeof__(&git_repository_workdir) work;
	__typeof__(&git_repository_odb) objects;
	__typeof__(&git_reference_name_to_id) resolve;
	__typeof__(&git_odb_free) forget;
	__typeof__(&git_odb_read_header) look;
	__typeof__(&git_odb_read) read;
	__typeof__(&git_odb_object_free) release;
	__typeof__(&git_odb_object_data) data;
	__typeof__(&git_odb_object_size) size;
	__typeof__(&git_odb_object_type) type;
	__typeof__(&git_config_open_ondisk) config;
	__typeof__(&git_config_free) config_free;
	__typeof__(&git_config_get_string_buf) setting;
	__typeof__(&git_buf_dispose) dispose;
	__typeof__(&git_odb_new) odb_new;
	__typeof__(&git_odb_add_backend) odb_add;
	__typeof__(&git_odb_backend_pack) packs;
	__typeof__(&git_odb_backend_loose) loose;
	__typeof__(&git_odb_backend_one_pack) one_pack;
	__typeof__(&git_odb_foreach) each;
	__typeof__(&git_odb_refresh) refresh;
	__typeof__(&git_odb_hash) hash;
	__typeof__(&git_repository_init_ext) create;
};

struct gitdb_pack;

struct gitdb {
	struct door door;
	git_repository *repository;
	git_odb *objects;
};

/* What libgit2 says of its last failure behind our own words; memory is told as that. False. */
bool gitdb_fail(const struct door *d, enum reason r, struct err *e, const char *what);

/*
 * From now on libgit2 is given no larger piece of memory than this: an object of a few bytes can be
 * made from one of any size, and is unpacked only together with it. A copy that is larger fails.
 */
#define GITDB_AT_ONCE ((size_t)32 << 20)
must bool gitdb_frugal(struct door *d, struct err *e);

/*
 * libgit2 opens whatever has the name of a file, and would wait for ever where that is a pipe: what
 * is none and no folder either is `source`, before it comes to that. Of a repository before it is
 * opened; of its packs; of a ref and those that it names; of an object. folder: gitdb_folder().
 */
must bool gitdb_vet_folder(const char *path, struct err *e);
must bool gitdb_vet_packs(const char *folder, struct err *e);
must bool gitdb_vet_ref(const char *folder, const char *name, struct err *e);
must bool gitdb_vet_object(const char *folder, const struct gitdb_id *id, struct err *e);

/* The repository that a pack is made for. */
const struct gitdb *gitdb_pack_of(const struct gitdb_pack *p);

/* The library alone, without a repository; released by gitdb_free(). */
must struct gitdb *gitdb_library(struct err *e);

#endif
