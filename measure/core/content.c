#include "measure/core/content.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "measure/base/hex.h"

#define RECORD_MAX (1u << 16)

struct content {
	struct hash *hash;
	struct buf record;
};

void content_free(struct content **c)
{
	if (!*c)
		return;
	hash_free(&(*c)->hash);
	buf_free(&(*c)->record);
	free(*c);
	*c = NULL;
}

struct content *content_new(struct err *e)
{
	owned(content_free) struct content *c = own_new(sizeof(*c), e);

	if (!c)
		return NULL;
	c->record = BUF(RECORD_MAX);
	c->hash = hash_new(DIGEST_SHA256, e);
	if (!c->hash || !hash_add(c->hash, bytes_of("measure-content/1", 18), e))
		return NULL;
	return take(c);
}

static char letter(const struct content_entry *x)
{
	if (x->last.n > 0)
		return 'h';
	switch (x->mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	default:
		return 'f';
	}
}

static void put_value(struct buf *to, char type, const struct content_entry *x)
{
	switch (type) {
	case 'h':
		buf_put(to, x->last);
		break;
	case 'l':
		buf_put(to, x->target);
		break;
	case 'c':
	case 'b':
		buf_fmt(to, "%u:%u", x->major, x->minor);
		break;
	case 'f':
		buf_fmt(to, "%llu ", (unsigned long long)x->size);
		hex_put(to, digest_bytes(x->sha256));
		break;
	default:
		break;
	}
}

bool content_add(struct content *c, const struct content_entry *x, struct err *e)
{
	uint32_t mode = S_ISLNK(x->mode) ? 0777 : x->mode & 07777;
	char type = letter(x);

	buf_reset(&c->record);
	buf_fmt(&c->record, "%c %04o %u %u ", type, mode, x->uid, x->gid);
	put_value(&c->record, type, x);
	buf_u8(&c->record, 0);
	buf_put(&c->record, x->path);
	buf_u8(&c->record, 0);
	return buf_done(&c->record, "a record of the content", e) &&
	       hash_add(c->hash, buf_bytes(&c->record), e);
}

bool content_end(struct content *c, struct digest *out, struct err *e)
{
	return hash_finish(c->hash, out, e);
}
