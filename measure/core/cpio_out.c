#include "measure/core/cpio_out.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "measure/core/cpio_check.h"

#define WINDOW (256u * 1024)

bool cpio_out_open(struct cpio_out *o, bool hashed, struct err *e)
{
	o->next_inode = o->rule->profile->first_inode;
	o->window = own_new(WINDOW, e);
	if (!o->window)
		return false;
	if (hashed)
		o->hash = hash_new(DIGEST_SHA256, e);
	return !hashed || o->hash;
}

void cpio_out_free(struct cpio_out *o)
{
	hash_free(&o->hash);
	free(take(o->window));
}

/* ---- bytes */

static bool flush(struct cpio_out *o, struct err *e)
{
	struct bytes x = bytes_of(o->window, o->n);

	o->n = 0;
	return x.n == 0 || o->io->put(o->io->arg, x, e);
}

static bool put(struct cpio_out *o, struct bytes x, struct err *e)
{
	while (x.n > 0) {
		size_t n = x.n < WINDOW - o->n ? x.n : WINDOW - o->n;

		memcpy(o->window + o->n, x.p, n);
		o->n += n;
		o->at += n;
		x = bytes_of(x.p + n, x.n - n);
		if (o->n == WINDOW && !flush(o, e))
			return false;
	}
	return true;
}

static bool pad(struct cpio_out *o, uint32_t unit, struct err *e)
{
	static const uint8_t zeros[512];

	return put(o, bytes_of(zeros, (unit - o->at % unit) % unit), e);
}

static bool put_file(struct cpio_out *o, const struct tree_node *node, uint64_t size, struct err *e)
{
	uint64_t left = size;

	if (size > 0 && !o->io->open(o->io->arg, node, e))
		return false;
	while (left > 0) {
		size_t n = WINDOW - o->n, got;

		if (left < n)
			n = (size_t)left;
		if (!o->io->read(o->io->arg, (struct span){o->window + o->n, n}, &got, e))
			return false;
		if (got == 0)
			return err_set(e, REASON_FILE_CHANGED,
				       "the file should have %llu bytes, and ends after %llu",
				       (unsigned long long)size, (unsigned long long)(size - left));
		if (o->hash && !hash_add(o->hash, bytes_of(o->window + o->n, got), e))
			return false;
		o->n += got;
		o->at += got;
		left -= got;
		if (o->n == WINDOW && !flush(o, e))
			return false;
	}
	return true;
}

/* ---- what the format, or the kernel, has no way to say */

static bool refuse(struct err *e, const char *what, uint64_t is, uint64_t most)
{
	return err_set(e, REASON_NEWC, "%s is %llu; a ramdisk carries at most %llu", what,
		       (unsigned long long)is, (unsigned long long)most);
}

static bool check_device(const struct tree_inode *i, struct err *e)
{
	if (!S_ISCHR(i->mode) && !S_ISBLK(i->mode))
		return true;
	if (i->major > CPIO_MAJOR_MAX)
		return refuse(e, "a device's major number", i->major, CPIO_MAJOR_MAX);
	return i->minor <= CPIO_MINOR_MAX ||
	       refuse(e, "a device's minor number", i->minor, CPIO_MINOR_MAX);
}

/* To chown() the highest number means: leave it as it is. */
static bool check_owner(const struct tree_inode *i, struct err *e)
{
	if (i->uid == UINT32_MAX)
		return refuse(e, "the owner", i->uid, UINT32_MAX - 1);
	return i->gid != UINT32_MAX || refuse(e, "the group", i->gid, UINT32_MAX - 1);
}

static bool check_target(const struct tree_inode *i, struct bytes target, struct err *e)
{
	return !S_ISLNK(i->mode) || target.n <= CPIO_NAME_MAX ||
	       refuse(e, "the length of a link's target", target.n, CPIO_NAME_MAX);
}

static bool check_inode(const struct tree_inode *i, struct bytes body, struct err *e)
{
	if (S_ISSOCK(i->mode))
		return err_set(e, REASON_NEWC, "a socket has no place in a ramdisk");
	return check_device(i, e) && check_owner(i, e) && check_target(i, body, e);
}

static bool check_name(struct bytes name, struct err *e)
{
	if (name.n > CPIO_NAME_MAX)
		return refuse(e, "the length of a path", name.n, CPIO_NAME_MAX);
	if (bytes_equal(name, bytes_str(CPIO_TRAILER)))
		return err_set(e, REASON_NEWC,
			       "a file of this name would end the archive it stands in");
	return true;
}

/* ---- entries */

static bool mtime(const struct cpio_rule *rule, int64_t t, uint32_t *out, struct err *e)
{
	if (rule->time == CPIO_TIME_ZERO)
		t = 0;
	if (rule->time == CPIO_TIME_CLAMP && t > (int64_t)rule->clamp)
		t = rule->clamp;
	if (t < 0 || t > (int64_t)UINT32_MAX)
		return err_set(e, REASON_NEWC,
			       "its time is %lld; a ramdisk carries 0 to %u seconds of 1970",
			       (long long)t, UINT32_MAX);
	*out = (uint32_t)t;
	return true;
}

static bool body_size(const struct cpio_out *o, const struct cpio_item *x, uint32_t *out,
		      struct err *e)
{
	uint64_t size = x->node ? x->inode->size : x->body.n;

	if (S_ISLNK(x->inode->mode))
		size = x->body.n + o->rule->profile->target_nul;
	else if (!S_ISREG(x->inode->mode) || x->bare)
		size = 0;
	if (size > UINT32_MAX)
		return refuse(e, "the size of a file", size, UINT32_MAX);
	*out = (uint32_t)size;
	return true;
}

static uint32_t links(const struct cpio_profile *p, uint32_t mode)
{
	return S_ISDIR(mode) ? 2 : S_ISFIFO(mode) ? p->fifo_links : 1;
}

static bool put_header(struct cpio_out *o, const struct cpio_item *x, struct cpio_fields *out,
		       struct err *e)
{
	const struct tree_inode *i = x->inode;
	const struct cpio_profile *p = o->rule->profile;
	bool device = S_ISCHR(i->mode) || S_ISBLK(i->mode);
	struct cpio_fields f = {
		.ino = x->ino ? x->ino : o->next_inode,
		.mode = i->mode,
		.uid = i->uid,
		.gid = i->gid,
		.nlink = x->nlink ? x->nlink : links(p, i->mode),
		.dev_major = p->dev_major,
		.dev_minor = p->dev_minor,
		.rdev_major = device ? i->major : 0,
		.rdev_minor = device ? i->minor : 0,
		.name_size = (uint32_t)x->name.n + 1,
	};
	uint8_t raw[CPIO_HEADER];

	if (!mtime(o->rule, i->mtime, &f.mtime, e) || !body_size(o, x, &f.size, e))
		return false;
	o->next_inode += !x->ino;
	*out = f;
	cpio_fields_write(raw, &f, p->upper);
	return put(o, bytes_of(raw, sizeof(raw)), e) && put(o, x->name, e) &&
	       put(o, bytes_of("", 1), e) && pad(o, 4, e);
}

/* Of what a file holds; what a link leads to is no such thing. */
static bool takes_digest(const struct cpio_out *o, const struct cpio_item *x)
{
	return o->hash && S_ISREG(x->inode->mode) && !x->bare;
}

static bool put_body(struct cpio_out *o, const struct cpio_item *x, uint32_t size, struct err *e)
{
	if (size == 0)
		return true;
	if (x->node)
		return put_file(o, x->node, size, e);
	return (!takes_digest(o, x) || hash_add(o->hash, x->body, e)) && put(o, x->body, e) &&
	       (x->body.n == size || put(o, bytes_of("", 1), e));
}

static bool tell(struct cpio_out *o, const struct cpio_item *x, const struct cpio_fields *f,
		 struct err *e)
{
	const struct cpio_entry entry = {.fields = *f, .name = x->name};
	const struct initramfs_body body = {x->body, &o->sha256};
	struct tree_node *node;

	return !o->made || initramfs_put(o->made, &entry, &body, &node, e);
}

static bool put_item(struct cpio_out *o, const struct cpio_item *x, struct err *e)
{
	bool digest = takes_digest(o, x);
	struct cpio_fields f;

	return check_inode(x->inode, x->body, e) && check_name(x->name, e) &&
	       (!digest || hash_restart(o->hash, e)) && put_header(o, x, &f, e) &&
	       put_body(o, x, f.size, e) && (!digest || hash_finish(o->hash, &o->sha256, e)) &&
	       pad(o, 4, e) && tell(o, x, &f, e);
}

bool cpio_out_item(struct cpio_out *o, const struct cpio_item *x, struct err *e)
{
	if (put_item(o, x, e))
		return true;
	if (e->reason == REASON_AMBIGUOUS)
		return false;
	return err_in(e, "'%.*s'", x->name.n < 300 ? (int)x->name.n : 300, (const char *)x->name.p);
}

bool cpio_out_end(struct cpio_out *o, struct err *e)
{
	const struct cpio_profile *p = o->rule->profile;
	struct cpio_fields f = {.nlink = 1, .name_size = sizeof(CPIO_TRAILER)};
	uint8_t raw[CPIO_HEADER];

	if (p->trailer_numbered) {
		f.ino = o->next_inode;
		f.dev_major = p->dev_major;
		f.dev_minor = p->dev_minor;
	}
	cpio_fields_write(raw, &f, p->upper);
	return put(o, bytes_of(raw, sizeof(raw)), e) &&
	       put(o, bytes_of(CPIO_TRAILER, sizeof(CPIO_TRAILER)), e) && pad(o, 4, e) &&
	       pad(o, p->padding, e) && flush(o, e);
}
