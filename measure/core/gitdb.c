#include "measure/core/gitdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "measure/base/buf.h"
#include "measure/base/hex.h"
#include "measure/base/load.h"
#include "measure/core/gitdb_door.h"

/* Packs are mapped by libgit2: so much of them at once. */
#define WINDOW ((size_t)8 << 20)
#define WINDOWS ((size_t)32 << 20)

static const struct load_symbol symbols[] = {
	{"git_libgit2_init", offsetof(struct door, init)},
	{"git_libgit2_shutdown", offsetof(struct door, shutdown)},
	{"git_libgit2_opts", offsetof(struct door, options)},
	{"git_error_last", offsetof(struct door, last)},
	{"git_error_clear", offsetof(struct door, clear)},
	{"git_repository_open_ext", offsetof(struct door, open)},
	{"git_repository_free", offsetof(struct door, close)},
	{"git_repository_commondir", offsetof(struct door, folder)},
	{"git_repository_workdir", offsetof(struct door, work)},
	{"git_repository_odb", offsetof(struct door, objects)},
	{"git_reference_name_to_id", offsetof(struct door, resolve)},
	{"git_odb_free", offsetof(struct door, forget)},
	{"git_odb_read_header", offsetof(struct door, look)},
	{"git_odb_read", offsetof(struct door, read)},
	{"git_odb_object_free", offsetof(struct door, release)},
	{"git_odb_object_data", offsetof(struct door, data)},
	{"git_odb_object_size", offsetof(struct door, size)},
	{"git_odb_object_type", offsetof(struct door, type)},
	{"git_config_open_ondisk", offsetof(struct door, config)},
	{"git_config_free", offsetof(struct door, config_free)},
	{"git_config_get_string_buf", offsetof(struct door, setting)},
	{"git_buf_dispose", offsetof(struct door, dispose)},
	{"git_odb_new", offsetof(struct door, odb_new)},
	{"git_odb_add_backend", offsetof(struct door, odb_add)},
	{"git_odb_backend_pack", offsetof(struct door, packs)},
	{"git_odb_backend_loose", offsetof(struct door, loose)},
	{"git_odb_backend_one_pack", offsetof(struct door, one_pack)},
	{"git_odb_foreach", offsetof(struct door, each)},
	{"git_odb_refresh", offsetof(struct door, refresh)},
	{"git_odb_hash", offsetof(struct door, hash)},
	{"git_repository_init_ext", offsetof(struct door, create)},
	{0},
};

static void door_close(struct door *d)
{
	if (d->begun)
		d->shutdown();
	d->begun = false;
	load_close(&d->handle);
}

/* The headers say which library they are of: each of its releases has another name. */
static bool door_open(struct door *d, struct err *e)
{
	static const struct load libgit2 = {"libgit2", "libgit2.so." LIBGIT2_SOVERSION,
					    "libgit2-" LIBGIT2_SOVERSION, symbols};

	return load_open(&libgit2, &d->handle, d, e);
}

bool gitdb_fail(const struct door *d, enum reason reason, struct err *e, const char *what)
{
	const git_error *last = d->last();

	if (last && last->klass == GIT_ERROR_NOMEMORY)
		return err_errno(e, ENOMEM, what);
	/* It says nothing of what our own function refused. */
	if (d->frugal && (!last || last->klass == GIT_ERROR_NONE))
		return err_set(e, REASON_LIMIT,
			       "%s: takes more than %zu bytes at once, or than there are", what,
			       GITDB_AT_ONCE);
	return err_set(e, reason, "%s: %s", what,
		       last && last->message ? last->message : "no reason was given");
}

static bool begin(struct door *d, struct err *e)
{
	static const int levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
				     GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL};
	int bad;

	if (d->init() < 0)
		return gitdb_fail(d, REASON_LIBRARY, e, "libgit2 does not begin");
	d->begun = true;
	bad = d->options(GIT_OPT_SET_OWNER_VALIDATION, 0) |
	      d->options(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1) |
	      d->options(GIT_OPT_ENABLE_CACHING, 0) | d->options(GIT_OPT_SET_MWINDOW_SIZE, WINDOW) |
	      d->options(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, WINDOWS) |
	      d->options(GIT_OPT_SET_ALLOCATOR, (void *)NULL);
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		bad |= d->options(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	return bad == 0 || gitdb_fail(d, REASON_LIBRARY, e, "libgit2 does not take its options");
}

/*
 * The format that a repository says it has, which no release of Debian's libgit2 reads. Asked
 * first, since libgit2 1.5 loses memory over the settings that it then refuses.
 */
static bool refuse_format(const struct door *d, const char *path, struct err *e)
{
	static const char *const places[] = {"/.git/config", "/config"};
	git_buf format = {0};
	git_config *config = NULL;
	bool other = false;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && !other; i++) {
		owned(buf_free) struct buf name = BUF(8192);

		buf_str(&name, path);
		buf_str(&name, places[i]);
		if (!buf_done(&name, "a path", e))
			return false;
		if (d->config(&config, buf_cstr(&name)) != 0)
			continue;
		other = d->setting(&format, config, "extensions.objectformat") == 0 &&
			strcmp(format.ptr, "sha1") != 0;
		if (other)
			err_set(e, REASON_SOURCE, "its ids are %s; those of SHA-1 are read here",
				format.ptr);
		d->dispose(&format);
		d->config_free(config);
	}
	return !other;
}

/* The objects that lie in the repository itself, packed or not. */
static bool own_objects(struct gitdb *g, struct err *e)
{
	const struct door *d = &g->door;
	owned(buf_free) struct buf folder = BUF(8192);
	git_odb_backend *one = NULL;

	buf_fmt(&folder, "%sobjects", gitdb_folder(g));
	if (!buf_done(&folder, "a path", e) || !gitdb_vet_packs(gitdb_folder(g), e))
		return false;
	if (d->odb_new(&g->objects) != 0 || d->packs(&one, buf_cstr(&folder)) != 0 ||
	    d->odb_add(g->objects, one, 2) != 0 ||
	    d->loose(&one, buf_cstr(&folder), -1, 0, 0, 0) != 0 ||
	    d->odb_add(g->objects, one, 1) != 0)
		return gitdb_fail(d, REASON_SOURCE, e, "the objects");
	return true;
}

static bool open_repository(struct gitdb *g, const char *path, bool alone, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_errno(e, errno, "the repository");
	if (!S_ISDIR(st.st_mode))
		return err_set(e, REASON_SOURCE, "a repository is a folder");
	if ((alone && !gitdb_vet_folder(path, e)) || !refuse_format(&g->door, path, e))
		return false;
	g->door.clear();
	if (g->door.open(&g->repository, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) != 0)
		return gitdb_fail(&g->door, REASON_SOURCE, e, "no repository of git can be opened");
	if (alone)
		return own_objects(g, e);
	return g->door.objects(&g->objects, g->repository) == 0 ||
	       gitdb_fail(&g->door, REASON_SOURCE, e, "the objects");
}

void gitdb_free(struct gitdb **g)
{
	if (!*g)
		return;
	if ((*g)->objects)
		(*g)->door.forget((*g)->objects);
	if ((*g)->repository)
		(*g)->door.close((*g)->repository);
	door_close(&(*g)->door);
	free(*g);
	*g = NULL;
}

struct gitdb *gitdb_library(struct err *e)
{
	owned(gitdb_free) struct gitdb *g = own_new(sizeof(*g), e);

	if (!g || !door_open(&g->door, e) || !begin(&g->door, e))
		return NULL;
	return take(g);
}

static struct gitdb *open_at(const char *path, bool alone, struct err *e)
{
	owned(gitdb_free) struct gitdb *g = gitdb_library(e);

	if (!g)
		return NULL;
	if ((alone && !gitdb_frugal(&g->door, e)) || !open_repository(g, path, alone, e)) {
		err_subject(e, path);
		return NULL;
	}
	return take(g);
}

struct gitdb *gitdb_open(const char *path, struct err *e)
{
	return open_at(path, false, e);
}

struct gitdb *gitdb_open_alone(const char *path, struct err *e)
{
	return open_at(path, true, e);
}

const char *gitdb_folder(const struct gitdb *g)
{
	return g->door.folder(g->repository);
}

const char *gitdb_work(const struct gitdb *g)
{
	return g->door.work(g->repository);
}

bool gitdb_resolve(const struct gitdb *g, const char *name, bool *found, struct gitdb_id *id,
		   struct err *e)
{
	git_oid oid;
	int got;

	if (g->door.frugal && !gitdb_vet_ref(gitdb_folder(g), name, e))
		return false;
	g->door.clear();
	got = g->door.resolve(&oid, g->repository, name);
	*found = got == 0;
	if (got != 0 && got != GIT_ENOTFOUND && got != GIT_EINVALIDSPEC)
		return gitdb_fail(&g->door, REASON_SOURCE, e, name);
	if (*found)
		memcpy(id->v, oid.id, GITDB_ID);
	return true;
}

/* ---- objects */

static const char *const names[] = {"commit", "tree", "blob", "tag"};
static const git_object_t types[] = {GIT_OBJECT_COMMIT, GIT_OBJECT_TREE, GIT_OBJECT_BLOB,
				     GIT_OBJECT_TAG};

const char *gitdb_kind_name(enum gitdb_kind kind)
{
	return names[kind];
}

static bool kind_of(git_object_t type, enum gitdb_kind *kind)
{
	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (types[i] != type)
			continue;
		*kind = (enum gitdb_kind)i;
		return true;
	}
	return false;
}

static bool unreadable(const struct gitdb *g, const struct gitdb_id *id, int why, struct err *e)
{
	char digits[GITDB_DIGITS + 1], what[64];

	gitdb_digits(id, digits);
	if (why == GIT_ENOTFOUND)
		return err_set(e, REASON_COMMIT, "object %s is not in the repository", digits);
	snprintf(what, sizeof(what), "object %s", digits);
	return gitdb_fail(&g->door, REASON_SOURCE, e, what);
}

bool gitdb_look(const struct gitdb *g, const struct gitdb_id *id, enum gitdb_kind *kind,
		uint64_t *size, struct err *e)
{
	char digits[GITDB_DIGITS + 1];
	git_object_t type;
	git_oid oid = {0};
	size_t length;
	int got;

	if (g->door.frugal && !gitdb_vet_object(gitdb_folder(g), id, e))
		return false;
	memcpy(oid.id, id->v, GITDB_ID);
	g->door.clear();
	got = g->door.look(&length, &type, g->objects, &oid);
	if (got != 0)
		return unreadable(g, id, got, e);
	gitdb_digits(id, digits);
	if (!kind_of(type, kind))
		return err_set(e, REASON_SOURCE, "object %s has no kind that is known", digits);
	*size = length;
	return true;
}

bool gitdb_read(const struct gitdb *g, const struct gitdb_id *id, uint64_t max,
		struct gitdb_object *out, struct err *e)
{
	char digits[GITDB_DIGITS + 1];
	git_odb_object *object;
	enum gitdb_kind kind;
	git_oid oid = {0};
	uint64_t size;
	int got;

	if (!gitdb_look(g, id, &kind, &size, e))
		return false;
	gitdb_digits(id, digits);
	if (size > max)
		return err_set(e, REASON_LIMIT, "object %s has %llu bytes, %llu are the most",
			       digits, (unsigned long long)size, (unsigned long long)max);
	memcpy(oid.id, id->v, GITDB_ID);
	got = g->door.read(&object, g->objects, &oid);
	if (got != 0)
		return unreadable(g, id, got, e);
	*out = (struct gitdb_object){kind, bytes_of(g->door.data(object), g->door.size(object)),
				     object, g};
	if (g->door.type(object) == types[kind] && out->bytes.n == size)
		return true;
	gitdb_release(out);
	return err_set(e, REASON_SOURCE, "object %s is not what its header says", digits);
}

void gitdb_release(struct gitdb_object *o)
{
	if (o->handle)
		o->db->door.release(o->handle);
	*o = (struct gitdb_object){0};
}

void gitdb_digits(const struct gitdb_id *id, char to[GITDB_DIGITS + 1])
{
	hex_string(to, bytes_of(id->v, GITDB_ID));
}

bool gitdb_of_digits(struct bytes digits, struct gitdb_id *id)
{
	if (digits.n != GITDB_DIGITS)
		return false;
	for (size_t i = 0; i < GITDB_DIGITS; i++) {
		int value = hex_value(digits.p[i]);

		if (value < 0 || (digits.p[i] >= 'A' && digits.p[i] <= 'F'))
			return false;
		id->v[i / 2] = (uint8_t)(i % 2 ? id->v[i / 2] | value : value << 4);
	}
	return true;
}

const char *gitdb_library_version(void)
{
	return LIBGIT2_VERSION;
}
