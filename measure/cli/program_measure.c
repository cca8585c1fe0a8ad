#include "measure/cli/program.h"
#include "measure/cli/verbs.h"
#include "measure/core/archive.h"
#include "measure/core/gitdb.h"

static const struct verb *const verbs[] = {
	&verb_pcr,
	&verb_solve,
	&verb_inspect,
	&verb_extract,
	&verb_diff,
	&verb_build,
	&verb_build_recipe,
	&verb_build_eif,
	&verb_build_initrd,
	&verb_build_root,
	&verb_build_snp,
	&verb_lock,
	&verb_store,
	&verb_store_pack,
	&verb_store_unpack,
	&verb_sign,
	&verb_sign_eif,
	&verb_sign_manifest,
	&verb_idblock,
	&verb_idblock_create,
	&verb_idblock_sign,
	&verb_idblock_verify,
	&verb_idblock_inspect,
	&verb_manifest,
	&verb_manifest_make,
	&verb_manifest_show,
	&verb_manifest_lint,
	&verb_manifest_bundle,
	&verb_manifest_export,
	&verb_trust,
	&verb_trust_show,
	&verb_trust_add,
	&verb_db,
	&verb_db_init,
	&verb_db_publish,
	&verb_db_log,
	&verb_db_show,
	&verb_db_audit,
	&verb_db_withdraw,
	&verb_db_keys,
	&verb_db_refresh,
	&verb_who,
	&verb_reproduce,
	&verb_check,
	&verb_verify,
	&verb_explain,
	&verb_version,
	&verb_help,
	NULL,
};

_Static_assert(PROGRAM_VERSION_ROOM == ARCHIVE_VERSION_ROOM, "one room for versions");

static const char *zlib_version(bool running, char room[PROGRAM_VERSION_ROOM])
{
	return running ? archive_library_version(PACKING_GZIP, room) : NULL;
}

static const char *libzstd_version(bool running, char room[PROGRAM_VERSION_ROOM])
{
	return running ? archive_library_version(PACKING_ZSTD, room) : NULL;
}

static const char *liblzma_version(bool running, char room[PROGRAM_VERSION_ROOM])
{
	return running ? archive_library_version(PACKING_XZ, room) : NULL;
}

/* It takes longer to load than all that is told here. */
static const char *libgit2_version(bool running, char room[PROGRAM_VERSION_ROOM])
{
	(void)room;
	return running ? NULL : gitdb_library_version();
}

static const struct program_library libraries[] = {
	{"zlib", zlib_version},
	{"libzstd", libzstd_version},
	{"liblzma", liblzma_version},
	{"libgit2", libgit2_version},
	{0},
};

const struct program program = {
	.name = "measure",
	.summary = "build, measure and sign enclave images",
	.verbs = verbs,
	.images = tee_table,
	.prose = man_prose,
	.libraries = libraries,
};
