#include "measure/core/tar_entry.h"

#include <sys/stat.h>

#define OCTAL_END (UINT64_C(1) << 33) /* no size from here on fits into 11 digits */
#define QUOTED 100u /* bytes of a name in a message */

static bool leads(struct bytes x, const char *what)
{
	return bytes_equal(x, bytes_str(what));
}

/* Folders of the name in out, without those that lead nowhere; folder: the last one is none. */
static bool clean_name(struct bytes raw, struct buf *out, bool *folder, struct err *e)
{
	buf_reset(out);
	*folder = true;
	if (raw.n == 0)
		return err_set(e, REASON_TAR, "the name is empty");
	if (memchr(raw.p, 0, raw.n))
		return err_set(e, REASON_TAR, "there is a NUL in the name");
	if (raw.p[0] == '/')
		return err_set(e, REASON_AMBIGUOUS,
			       "the name is absolute, which readers take differently");
	for (size_t at = 0, n; at < raw.n; at += n + 1) {
		const uint8_t *slash = memchr(raw.p + at, '/', raw.n - at);
		struct bytes part;

		n = slash ? (size_t)(slash - raw.p) - at : raw.n - at;
		part = bytes_of(raw.p + at, n);
		*folder = slash != NULL || leads(part, ".");
		if (leads(part, ".."))
			return err_set(e, REASON_AMBIGUOUS,
				       "the name has a '..' in it, which readers take differently");
		if (n == 0 || leads(part, "."))
			continue;
		if (out->n > 0)
			buf_u8(out, '/');
		buf_put(out, part);
	}
	return buf_done(out, "name", e);
}

/* In ustar a long one is cut in two at a slash. */
static bool raw_name(struct tar_names *room, const struct tar_said *s, struct bytes *out,
		     struct err *e)
{
	*out = s->header.name;
	if (s->long_name.n > 0)
		*out = buf_bytes(&s->long_name);
	else if (s->pax.has_path)
		*out = s->pax.path;
	if (out->p != s->header.name.p || s->header.prefix.n == 0)
		return true;
	buf_reset(&room->whole);
	buf_put(&room->whole, s->header.prefix);
	buf_u8(&room->whole, '/');
	buf_put(&room->whole, s->header.name);
	*out = buf_bytes(&room->whole);
	return buf_done(&room->whole, "name", e);
}

static struct bytes raw_link(const struct tar_said *s)
{
	if (s->long_link.n > 0)
		return buf_bytes(&s->long_link);
	return s->pax.has_link ? s->pax.link : s->header.link;
}

/* ---- the entry */

enum { FOLDER = 7 };

static const struct type {
	uint8_t flag;
	enum tar_type type;
	uint32_t format; /* S_IFMT, which some writers leave in the mode */
	const char *name;
} types[] = {
	{'0', TAR_FILE, S_IFREG, "file"},	    {0, TAR_FILE, S_IFREG, "file"},
	{'1', TAR_HARD_LINK, S_IFREG, "hard link"}, {'2', TAR_SYMLINK, S_IFLNK, "symbolic link"},
	{'3', TAR_CHAR, S_IFCHR, "device"},	    {'4', TAR_BLOCK, S_IFBLK, "device"},
	{'6', TAR_FIFO, S_IFIFO, "fifo"},	    [FOLDER] = {'5', TAR_FOLDER, S_IFDIR, "folder"},
};

/* Those that are known, and yet refused. */
static const struct refused {
	uint8_t flag;
	const char *what;
} refused[] = {
	{'7', "a contiguous file, which readers take differently"},
	{'S', "a sparse file, which readers take differently"},
	{'D', "a list of names of an incremental backup"},
	{'M', "the continuation of another volume"},
	{'V', "the label of a volume"},
	{'N', "an old GNU long name"},
	{'X', "a pax header as Solaris wrote it"},
	{'A', "an access control list as Solaris wrote it"},
};

static const struct type *type_of(uint8_t flag, uint64_t at, struct err *e)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].flag == flag)
			return &types[i];
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (refused[i].flag == flag) {
			err_at(e, REASON_AMBIGUOUS, at, "the entry is of type '%c', %s", flag,
			       refused[i].what);
			if (flag == 'S')
				err_hint(e, TAR_SPARSE_HINT);
			return NULL;
		}
	err_at(e, REASON_TAR, at, "the entry is of the unknown type 0x%02x", flag);
	return NULL;
}

/* The header's field is 0 only where it has no room for the size. */
static bool take_size(const struct tar_said *s, const struct type *type, struct tar_entry *out,
		      struct err *e)
{
	uint64_t own = s->header.size, size = s->pax.has_size ? s->pax.size : own;

	if (size != own && (own != 0 || size < OCTAL_END))
		return err_at(e, REASON_AMBIGUOUS, s->at,
			      "the pax header gives the size %llu, the header itself %llu",
			      (unsigned long long)size, (unsigned long long)own);
	if (size > 0 && type->type != TAR_FILE)
		return err_at(e, REASON_AMBIGUOUS, s->at, "a %s has no bytes, its size is %llu",
			      type->name, (unsigned long long)size);
	out->size = size;
	return true;
}

static bool take_mode(const struct tar_said *s, const struct type *type, struct tar_entry *out,
		      struct err *e)
{
	const struct tar_header *h = &s->header;
	uint32_t format = h->mode & ~07777u;

	if (format != 0 && format != type->format)
		return err_at(e, REASON_AMBIGUOUS, s->at, "the mode %o is not one of a %s", h->mode,
			      type->name);
	out->mode = h->mode & 07777;
	out->uid = s->pax.has_uid ? s->pax.uid : h->uid;
	out->gid = s->pax.has_gid ? s->pax.gid : h->gid;
	out->mtime = s->pax.has_mtime ? s->pax.mtime : h->mtime;
	if (type->type != TAR_CHAR && type->type != TAR_BLOCK)
		return true;
	out->major = h->major;
	out->minor = h->minor;
	return h->magic || err_at(e, REASON_AMBIGUOUS, s->at,
				  "a v7 header has no device numbers, to some readers");
}

/* A name that is wrong is told with all of it, since the entry has no other. */
static bool wrong_name(const struct tar_said *s, const char *what, struct bytes raw, struct err *e)
{
	e->at = true;
	e->offset = s->at;
	return err_in(e, "%s'%.*s'", what, (int)(raw.n < QUOTED ? raw.n : QUOTED),
		      (const char *)raw.p);
}

/* A file whose name ends in a slash is a folder to some; to all, where the type is that of v7. */
static bool take_name(struct tar_names *room, const struct tar_said *s, const struct type **type,
		      struct err *e)
{
	struct bytes raw;
	bool folder;

	if (!raw_name(room, s, &raw, e))
		return false;
	if (!clean_name(raw, &room->name, &folder, e))
		return wrong_name(s, "", raw, e);
	if (folder && s->header.type == 0 && !s->header.magic)
		*type = &types[FOLDER];
	return !folder || (*type)->type == TAR_FOLDER ||
	       err_at(e, REASON_AMBIGUOUS, s->at,
		      "the name of a %s ends in a slash, which makes it a folder to some readers",
		      (*type)->name);
}

static bool take_hard_link(struct tar_names *room, const struct tar_said *s, struct bytes raw,
			   struct err *e)
{
	bool folder;

	if (clean_name(raw, &room->link, &folder, e) && !folder)
		return true;
	if (folder)
		err_set(e, REASON_AMBIGUOUS, "the name is one of a folder");
	return wrong_name(s, "a hard link to ", raw, e);
}

static bool take_link(struct tar_names *room, const struct tar_said *s, const struct type *type,
		      struct tar_entry *out, struct err *e)
{
	struct bytes raw = raw_link(s);

	if (type->type == TAR_HARD_LINK) {
		if (!take_hard_link(room, s, raw, e))
			return false;
		out->link = buf_bytes(&room->link);
		return true;
	}
	if (type->type == TAR_SYMLINK) {
		out->link = raw;
		return raw.n > 0 || err_at(e, REASON_TAR, s->at, "a symbolic link leads nowhere");
	}
	return raw.n == 0 || err_at(e, REASON_AMBIGUOUS, s->at,
				    "a %s leads nowhere, and has the link name '%.*s'", type->name,
				    (int)(raw.n < QUOTED ? raw.n : QUOTED), (const char *)raw.p);
}

bool tar_entry_make(struct tar_names *room, const struct tar_said *s, struct tar_entry *out,
		    struct err *e)
{
	const struct type *type = type_of(s->header.type, s->at, e);
	struct tar_entry made = {0};

	if (!type || !take_name(room, s, &type, e))
		return false;
	made.type = type->type;
	made.name = buf_bytes(&room->name);
	made.header = s->first;
	made.data = s->at + TAR_UNIT;
	made.xattrs = s->pax.xattrs;
	made.n_xattrs = s->pax.n_xattrs;
	if (!take_size(s, type, &made, e) || !take_mode(s, type, &made, e) ||
	    !take_link(room, s, type, &made, e))
		return err_in(e, "'%.*s'", (int)(made.name.n < QUOTED ? made.name.n : QUOTED),
			      (const char *)made.name.p);
	*out = made;
	return true;
}

void tar_names_free(struct tar_names *room)
{
	buf_free(&room->whole);
	buf_free(&room->name);
	buf_free(&room->link);
}
