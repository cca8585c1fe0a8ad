#include "measure/core/tar.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "measure/core/tar_header.h"
#include "measure/core/tar_pax.h"

#define EXTENSION_MAX (1u << 20) /* bytes of a pax header or of a long name */
#define OCTAL_END (UINT64_C(1) << 33) /* no size from here on fits into 11 digits */

/* What was said in front of an entry, and waits for it. */
enum waiting { WAITING_PAX = 1, WAITING_NAME = 2, WAITING_LINK = 4 };

struct tar {
	struct stream *in;
	struct tar_entry entry;
	unsigned waiting;
	struct tar_pax pax;
	struct buf pax_text, long_name, long_link; /* as they stand in the archive */
	struct buf header_name, name, link;
	uint64_t left; /* of the entry's bytes */
	unsigned padding; /* behind them */
	bool end;
	uint8_t block[TAR_UNIT];
};

struct tar *tar_new(struct stream *in, struct err *e)
{
	struct tar *t = own_new(sizeof(*t), e);

	if (!t)
		return NULL;
	t->in = in;
	t->pax_text = t->long_name = t->long_link = BUF(EXTENSION_MAX);
	t->header_name = t->name = t->link = BUF(EXTENSION_MAX);
	return t;
}

void tar_free(struct tar **t)
{
	if (!*t)
		return;
	tar_pax_free(&(*t)->pax);
	buf_free(&(*t)->pax_text);
	buf_free(&(*t)->long_name);
	buf_free(&(*t)->long_link);
	buf_free(&(*t)->header_name);
	buf_free(&(*t)->name);
	buf_free(&(*t)->link);
	free(*t);
	*t = NULL;
}

static unsigned padding_of(uint64_t size)
{
	return (unsigned)((TAR_UNIT - size % TAR_UNIT) % TAR_UNIT);
}

/* ---- the end */

static bool read_block(struct tar *t, struct err *e)
{
	uint64_t at = t->in->pos;
	size_t got;

	if (!stream_read(t->in, (struct span){t->block, TAR_UNIT}, &got, e))
		return false;
	if (got == 0)
		return err_at(e, REASON_TRUNCATED, at,
			      "the archive ends without the two blocks of zeros at its end");
	return got == TAR_UNIT || err_at(e, REASON_TRUNCATED, at,
					 "a header needs %u bytes, %zu are left", TAR_UNIT, got);
}

static bool check_zeros(struct tar *t, struct err *e)
{
	uint8_t bytes[16 * 1024];
	size_t got, i;

	do {
		uint64_t at = t->in->pos;

		if (!stream_read(t->in, (struct span){bytes, sizeof(bytes)}, &got, e))
			return false;
		for (i = 0; i < got && bytes[i] == 0;)
			i++;
		if (i < got)
			return err_at(e, REASON_TRAILING, at + i,
				      "bytes that are not zero follow the end of the archive");
	} while (got > 0);
	return true;
}

/* One block of zeros was read. */
static bool read_end(struct tar *t, struct err *e)
{
	uint64_t at = t->in->pos;

	if (t->waiting)
		return err_at(e, REASON_TAR, at - TAR_UNIT,
			      "a %s has no entry behind it, but the end of the archive",
			      t->waiting & WAITING_PAX ? "pax header" : "GNU long name");
	if (!read_block(t, e))
		return false;
	if (!bytes_zero(bytes_of(t->block, TAR_UNIT)))
		return err_at(e, REASON_AMBIGUOUS, at,
			      "a single block of zeros is the end to some readers, two are needed");
	t->end = true;
	return check_zeros(t, e);
}

/* ---- what stands in front of an entry */

static bool read_extension(struct tar *t, const struct tar_header *h, const char *what,
			   struct buf *out, struct err *e)
{
	uint8_t *room;

	buf_reset(out);
	if (h->size > EXTENSION_MAX)
		return err_at(e, REASON_LIMIT, t->in->pos - TAR_UNIT,
			      "a %s of %llu bytes is over the limit of %u", what,
			      (unsigned long long)h->size, EXTENSION_MAX);
	room = buf_room(out, (size_t)h->size);
	if (!room)
		return buf_done(out, what, e);
	return stream_take(t->in, (struct span){room, (size_t)h->size}, what, e) &&
	       stream_skip(t->in, padding_of(h->size), what, e);
}

static bool wait_for(struct tar *t, enum waiting w, struct err *e)
{
	uint64_t at = t->in->pos - TAR_UNIT;
	const char *what = w == WAITING_PAX    ? "pax header"
			   : w == WAITING_NAME ? "GNU long name"
					       : "GNU long link name";

	if (t->waiting & w)
		return err_at(e, REASON_AMBIGUOUS, at, "a second %s stands in front of one entry",
			      what);
	if (t->waiting && ((t->waiting | w) & WAITING_PAX))
		return err_at(e, REASON_AMBIGUOUS, at,
			      "a pax header and a GNU long name stand in front of one entry");
	if (!t->waiting)
		t->entry.header = at;
	t->waiting |= w;
	return true;
}

static bool read_pax(struct tar *t, const struct tar_header *h, struct err *e)
{
	uint64_t at = t->in->pos;

	return wait_for(t, WAITING_PAX, e) && read_extension(t, h, "pax header", &t->pax_text, e) &&
	       tar_pax_read(&t->pax, buf_bytes(&t->pax_text), at, e);
}

static bool read_global(struct tar *t, const struct tar_header *h, struct err *e)
{
	uint64_t at = t->in->pos;

	if (t->waiting)
		return err_at(e, REASON_AMBIGUOUS, at - TAR_UNIT,
			      "a global pax header stands between an entry and what belongs to it");
	return read_extension(t, h, "global pax header", &t->pax_text, e) &&
	       tar_pax_check_global(buf_bytes(&t->pax_text), at, e);
}

/* The NUL at its end is part of it, or missing. */
static bool read_long(struct tar *t, const struct tar_header *h, struct err *e)
{
	bool name = h->type == 'L';
	struct buf *out = name ? &t->long_name : &t->long_link;
	const char *what = name ? "GNU long name" : "GNU long link name";
	uint64_t at = t->in->pos;

	if (!wait_for(t, name ? WAITING_NAME : WAITING_LINK, e) ||
	    !read_extension(t, h, what, out, e))
		return false;
	if (out->n > 0 && out->p[out->n - 1] == 0)
		out->n--;
	if (out->n == 0 || memchr(out->p, 0, out->n))
		return err_at(e, REASON_AMBIGUOUS, at, "a %s needs a name without NUL", what);
	return true;
}

/* ---- names */

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
static bool raw_name(struct tar *t, const struct tar_header *h, struct bytes *out, struct err *e)
{
	*out = h->name;
	if (t->waiting & WAITING_NAME)
		*out = buf_bytes(&t->long_name);
	else if (t->pax.has_path)
		*out = t->pax.path;
	if (out->p != h->name.p || h->prefix.n == 0)
		return true;
	buf_reset(&t->header_name);
	buf_put(&t->header_name, h->prefix);
	buf_u8(&t->header_name, '/');
	buf_put(&t->header_name, h->name);
	*out = buf_bytes(&t->header_name);
	return buf_done(&t->header_name, "name", e);
}

static struct bytes raw_link(const struct tar *t, const struct tar_header *h)
{
	if (t->waiting & WAITING_LINK)
		return buf_bytes(&t->long_link);
	return t->pax.has_link ? t->pax.link : h->link;
}

/* ---- the entry */

static const struct type {
	uint8_t flag;
	enum tar_type type;
	uint32_t format; /* S_IFMT, which some writers leave in the mode */
	const char *name;
} types[] = {
	{'0', TAR_FILE, S_IFREG, "file"},	    {0, TAR_FILE, S_IFREG, "file"},
	{'1', TAR_HARD_LINK, S_IFREG, "hard link"}, {'2', TAR_SYMLINK, S_IFLNK, "symbolic link"},
	{'3', TAR_CHAR, S_IFCHR, "device"},	    {'4', TAR_BLOCK, S_IFBLK, "device"},
	{'5', TAR_FOLDER, S_IFDIR, "folder"},	    {'6', TAR_FIFO, S_IFIFO, "fifo"},
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

static const struct type *type_of(struct tar *t, uint8_t flag, struct err *e)
{
	uint64_t at = t->in->pos - TAR_UNIT;

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
static bool take_size(struct tar *t, const struct tar_header *h, const struct type *type,
		      struct err *e)
{
	uint64_t at = t->in->pos - TAR_UNIT, size = t->pax.has_size ? t->pax.size : h->size;

	if (size != h->size && (h->size != 0 || size < OCTAL_END))
		return err_at(e, REASON_AMBIGUOUS, at,
			      "the pax header gives the size %llu, the header itself %llu",
			      (unsigned long long)size, (unsigned long long)h->size);
	if (size > 0 && type->type != TAR_FILE)
		return err_at(e, REASON_AMBIGUOUS, at, "a %s has no bytes, its size is %llu",
			      type->name, (unsigned long long)size);
	t->entry.size = size;
	t->left = size;
	t->padding = padding_of(size);
	return true;
}

static bool take_mode(struct tar *t, const struct tar_header *h, const struct type *type,
		      struct err *e)
{
	uint32_t format = h->mode & ~07777u;

	if (format != 0 && format != type->format)
		return err_at(e, REASON_AMBIGUOUS, t->in->pos - TAR_UNIT,
			      "the mode %o is not one of a %s", h->mode, type->name);
	t->entry.mode = h->mode & 07777;
	t->entry.uid = t->pax.has_uid ? t->pax.uid : h->uid;
	t->entry.gid = t->pax.has_gid ? t->pax.gid : h->gid;
	t->entry.mtime = t->pax.has_mtime ? t->pax.mtime : h->mtime;
	t->entry.major = t->entry.minor = 0;
	if (type->type != TAR_CHAR && type->type != TAR_BLOCK)
		return true;
	t->entry.major = h->major;
	t->entry.minor = h->minor;
	return h->magic || err_at(e, REASON_AMBIGUOUS, t->in->pos - TAR_UNIT,
				  "a v7 header has no device numbers, to some readers");
}

/* A file whose name ends in a slash is a folder to some; to all, where the type is that of v7. */
static bool take_name(struct tar *t, const struct tar_header *h, const struct type **type,
		      struct err *e)
{
	uint64_t at = t->in->pos - TAR_UNIT;
	struct bytes raw;
	bool folder;

	if (!raw_name(t, h, &raw, e))
		return false;
	if (!clean_name(raw, &t->name, &folder, e)) {
		e->at = true;
		e->offset = at;
		return err_in(e, "'%.*s'", (int)(raw.n < 100 ? raw.n : 100), (const char *)raw.p);
	}
	t->entry.name = buf_bytes(&t->name);
	if (folder && h->type == 0 && !h->magic)
		*type = &types[6];
	return !folder || (*type)->type == TAR_FOLDER ||
	       err_at(e, REASON_AMBIGUOUS, at,
		      "the name of a %s ends in a slash, which makes it a folder to some readers",
		      (*type)->name);
}

static bool take_link(struct tar *t, const struct tar_header *h, const struct type *type,
		      struct err *e)
{
	struct bytes raw = raw_link(t, h);
	uint64_t at = t->in->pos - TAR_UNIT;
	bool folder;

	t->entry.link = bytes_of(NULL, 0);
	if (type->type != TAR_HARD_LINK && type->type != TAR_SYMLINK)
		return raw.n == 0 ||
		       err_at(e, REASON_AMBIGUOUS, at,
			      "a %s leads nowhere, and has the link name '%.*s'", type->name,
			      (int)(raw.n < 100 ? raw.n : 100), (const char *)raw.p);
	t->entry.link = raw;
	if (type->type == TAR_SYMLINK)
		return raw.n > 0 || err_at(e, REASON_TAR, at, "a symbolic link leads nowhere");
	if (clean_name(raw, &t->link, &folder, e) && !folder) {
		t->entry.link = buf_bytes(&t->link);
		return true;
	}
	if (folder)
		err_set(e, REASON_AMBIGUOUS, "the name is one of a folder");
	e->at = true;
	e->offset = at;
	return err_in(e, "a hard link to '%.*s'", (int)(raw.n < 100 ? raw.n : 100),
		      (const char *)raw.p);
}

static bool take_entry(struct tar *t, const struct tar_header *h, struct err *e)
{
	const struct type *type = type_of(t, h->type, e);

	if (!type)
		return false;
	if (!t->waiting)
		t->entry.header = t->in->pos - TAR_UNIT;
	if (!take_name(t, h, &type, e))
		return false;
	t->entry.type = type->type;
	t->entry.data = t->in->pos;
	t->entry.xattrs = t->pax.xattrs;
	t->entry.n_xattrs = t->pax.n_xattrs;
	return (take_size(t, h, type, e) && take_mode(t, h, type, e) && take_link(t, h, type, e)) ||
	       err_in(e, "'%.*s'", (int)(t->name.n < 100 ? t->name.n : 100),
		      (const char *)t->name.p);
}

/* One header; *made when it was an entry's. */
static bool read_header(struct tar *t, bool *made, struct err *e)
{
	struct tar_header h;

	if (!read_block(t, e))
		return false;
	if (bytes_zero(bytes_of(t->block, TAR_UNIT)))
		return read_end(t, e);
	if (!tar_header_read(bytes_of(t->block, TAR_UNIT), t->in->pos - TAR_UNIT, &h, e))
		return false;
	if (h.type == 'x')
		return read_pax(t, &h, e);
	if (h.type == 'g')
		return read_global(t, &h, e);
	if (h.type == 'L' || h.type == 'K')
		return read_long(t, &h, e);
	*made = true;
	return take_entry(t, &h, e);
}

bool tar_next(struct tar *t, const struct tar_entry **entry, struct err *e)
{
	bool made = false;

	*entry = NULL;
	if (!stream_skip(t->in, t->left, "the bytes of a file", e) ||
	    !stream_skip(t->in, t->padding, "the padding of a file", e))
		return false;
	t->left = t->padding = 0;
	t->waiting = 0;
	tar_pax_forget(&t->pax);
	while (!t->end && !made)
		if (!read_header(t, &made, e))
			return false;
	*entry = made ? &t->entry : NULL;
	return true;
}

bool tar_read(struct tar *t, struct span to, size_t *got, struct err *e)
{
	uint64_t at = t->in->pos;
	size_t n = to.n < t->left ? to.n : (size_t)t->left;

	if (!stream_read(t->in, (struct span){to.p, n}, got, e))
		return false;
	t->left -= *got;
	return *got == n || err_at(e, REASON_TRUNCATED, at, "a file's bytes: %llu needed, %zu left",
				   (unsigned long long)(t->left + *got), *got);
}
