#include "measure/core/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/core/docker.h"
#include "measure/core/tar.h"

#define LINKS_MAX 8u
#define NAME_MAX_BYTES 4096u

struct entry {
	char *name; /* NULL in the room for the next one */
	char *link; /* of a symbolic link, else NULL */
	bool file;
	uint64_t at, size;
};

struct store {
	int folder; /* -1: an archive */
	const char *path;
	const struct file *tar;
	struct entry *entry; /* sorted by name */
	size_t n, room;
	size_t text; /* bytes of names and links */
	bool full; /* there are more than are kept: no image has so many */
};

void store_free(struct store **s)
{
	if (!*s)
		return;
	for (size_t i = 0; i < (*s)->n; i++) {
		free((*s)->entry[i].name);
		free((*s)->entry[i].link);
	}
	free((*s)->entry);
	own_close(&(*s)->folder);
	free(*s);
	*s = NULL;
}

void store_item_free(struct store_item *i)
{
	if (i->name)
		file_close(&i->file);
	free(i->name);
	*i = (struct store_item){.file = FILE_NONE};
}

static struct store *store_new(struct err *e)
{
	struct store *s = own_new(sizeof(*s), e);

	if (s)
		s->folder = -1;
	return s;
}

struct store *store_folder(const char *path, struct err *e)
{
	owned(store_free) struct store *s = store_new(e);

	if (!s)
		return NULL;
	s->path = path;
	s->folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->folder < 0) {
		err_errno(e, errno, "cannot be opened");
		err_subject(e, path);
		return NULL;
	}
	return take(s);
}

static char *copy(struct bytes x, struct err *e)
{
	char *text = own_new(x.n + 1, e);

	if (text && x.n)
		memcpy(text, x.p, x.n);
	return text;
}

static bool grow(struct store *s, struct err *e)
{
	size_t room = s->room ? 2 * s->room : 64;
	struct entry *more;

	if (s->n < s->room)
		return true;
	more = realloc(s->entry, room * sizeof(*more));
	if (!more)
		return err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu names", room);
	s->entry = more;
	s->room = room;
	return true;
}

static bool keep(struct store *s, const struct tar_entry *t, uint64_t at, struct err *e)
{
	struct entry new = {.file = t->type == TAR_FILE, .at = at + t->data, .size = t->size};

	if (s->n == STORE_NAMES_MAX || t->name.n + t->link.n > STORE_TEXT_MAX - s->text) {
		s->full = true;
		return true;
	}
	s->text += t->name.n + t->link.n;
	if (!grow(s, e))
		return false;
	new.name = copy(t->name, e);
	if (new.name && t->type == TAR_SYMLINK)
		new.link = copy(t->link, e);
	if (new.name)
		s->entry[s->n++] = new;
	return !err_is(e);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

struct store *store_tar(const struct file *file, uint64_t at, uint64_t size, struct err *e)
{
	owned(store_free) struct store *s = store_new(e);
	struct stream_range range = stream_range(file, at, size);
	owned(tar_free) struct tar *t = s ? tar_new(&range.stream, e) : NULL;
	const struct tar_entry *entry;

	if (!t)
		return NULL;
	s->tar = file;
	do {
		if (!tar_next(t, &entry, e) || (entry && !keep(s, entry, at, e)))
			return NULL;
	} while (entry);
	if (s->n)
		qsort(s->entry, s->n, sizeof(*s->entry), by_name);
	return take(s);
}

/* The first of that name, or the one in front of which it would stand. */
static size_t lower_bound(const struct store *s, const char *name)
{
	size_t from = 0, to = s->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(s->entry[middle].name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct entry *find(const struct store *s, const char *name)
{
	size_t i = lower_bound(s, name);

	return i < s->n && strcmp(s->entry[i].name, name) == 0 ? &s->entry[i] : NULL;
}

/* "a" is there as well when only "a/b" is named; "a.b" and such may stand in between. */
static bool archive_has(const struct store *s, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = lower_bound(s, name); i < s->n && strncmp(s->entry[i].name, name, n) == 0;
	     i++)
		if (s->entry[i].name[n] == '\0' || s->entry[i].name[n] == '/')
			return true;
	return false;
}

bool store_has(const struct store *s, const char *name)
{
	struct stat st;

	return s->folder >= 0 ? fstatat(s->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0
			      : archive_has(s, name);
}

static bool is_up(const char *part, size_t n)
{
	return n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.');
}

/* One component after the other, so that no link of whoever made the folder leads elsewhere. */
static int open_beneath(int folder, const char *name)
{
	owned(own_close) int at = -1;
	char part[256];

	for (;;) {
		size_t n = strcspn(name, "/");
		int fd;

		if (is_up(name, n) || n >= sizeof(part)) {
			errno = ENOENT;
			return -1;
		}
		memcpy(part, name, n);
		part[n] = '\0';
		fd = openat(at < 0 ? folder : at, part,
			    O_CLOEXEC | O_NOFOLLOW |
				    (name[n] ? O_PATH | O_DIRECTORY
					     : O_RDONLY | O_NONBLOCK | O_NOCTTY));
		if (fd < 0 || !name[n])
			return fd;
		own_close(&at);
		at = fd;
		name += n + 1;
	}
}

static bool folder_open(const struct store *s, const char *name, struct store_item *out,
			struct err *e)
{
	owned(store_item_free) struct store_item new = {.file = FILE_NONE};
	owned(buf_free) struct buf path = BUF(2 * NAME_MAX_BYTES);
	struct stat st;

	buf_fmt(&path, "%s/%s", s->path, name);
	new.name = copy(buf_bytes(&path), e);
	if (!new.name)
		return false;
	new.file.fd = open_beneath(s->folder, name);
	if (new.file.fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(e, REASON_BLOB, "'%s' is a symbolic link or lies in one", name);
	if (new.file.fd < 0 && (errno == ENXIO || errno == ENODEV))
		return err_set(e, REASON_BLOB, "'%s' is a socket or a device, not a regular file",
			       name);
	if (new.file.fd < 0 && errno == ENOENT)
		return err_set(e, REASON_BLOB, "there is no '%s'", name);
	if (new.file.fd < 0 || fstat(new.file.fd, &st) != 0) {
		err_errno(e, errno, "cannot be opened");
		return err_subject(e, new.name);
	}
	if (!S_ISREG(st.st_mode))
		return err_set(e, REASON_BLOB, "'%s' is %s, not a regular file", name,
			       file_kind(st.st_mode));
	file_remember(&new.file, &st);
	new.size = new.file.size;
	new.file.name = new.name;
	*out = take(new);
	new.file = FILE_NONE;
	return true;
}

static bool twice(const struct store *s, const struct entry *entry)
{
	return entry + 1 < s->entry + s->n && strcmp(entry[0].name, entry[1].name) == 0;
}

static bool archive_open(const struct store *s, const char *name, struct store_item *out,
			 struct err *e)
{
	owned(buf_free) struct buf path = BUF(2 * NAME_MAX_BYTES);
	const char *at = name;

	if (s->full)
		return err_set(e, REASON_LIMIT,
			       "an image in an archive of more than %u names, or %u bytes of them",
			       STORE_NAMES_MAX, STORE_TEXT_MAX);
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		const struct entry *entry = find(s, at);

		if (!entry || (!entry->file && !entry->link))
			return err_set(e, REASON_BLOB, "there is no '%s'", name);
		if (twice(s, entry))
			return err_set(e, REASON_BLOB, "'%s' is there twice", at);
		if (entry->file) {
			*out = (struct store_item){*s->tar, entry->at, entry->size, NULL};
			return true;
		}
		if (!docker_link(entry->name, bytes_str(entry->link), &path, e))
			return false;
		at = buf_cstr(&path);
	}
	return err_set(e, REASON_BLOB, "'%s' leads through more than %u links", name, LINKS_MAX);
}

bool store_open(const struct store *s, const char *name, struct store_item *out, struct err *e)
{
	return s->folder >= 0 ? folder_open(s, name, out, e) : archive_open(s, name, out, e);
}

bool store_slurp(const struct store *s, const char *name, size_t max, struct buf *out,
		 struct err *e)
{
	owned(store_item_free) struct store_item i = {.file = FILE_NONE};
	size_t got, n;
	uint8_t *to;

	if (!store_open(s, name, &i, e))
		return false;
	if (i.size > max)
		return err_set(e, REASON_LIMIT, "'%s' has %llu bytes, and %zu are the limit", name,
			       (unsigned long long)i.size, max);
	n = (size_t)i.size;
	to = buf_room(out, n);
	if (n == 0)
		return true;
	if (!to)
		return buf_done(out, name, e);
	return file_pread(&i.file, i.at, (struct span){to, n}, &got, e) &&
	       (got == n ||
		err_set(e, REASON_FILE_CHANGED, "'%s' ended while it was being read", name));
}
