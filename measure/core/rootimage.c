#include "measure/core/rootimage.h"

#include "measure/base/cur.h"
#include "measure/core/erofs.h"
#include "measure/core/pass.h"

#define STEP (256u * 1024)
#define SUPER 1024u /* of the file system: offset, and as much of it as is looked at */
#define SUPER_BYTES 40u
#define MAGIC 0xe0f5e1e2u
#define BLOCK_BITS 12u

/* Of every image, as there is nothing to tell apart: the root hash does that. */
static const uint8_t data_uuid[16] = {0xa0, 0x0d, 0xc8, 0x5a, 0xa2, 0x03, 0x80, 0xd6,
				      0xb9, 0xcd, 0x16, 0x9d, 0x71, 0x40, 0x2b, 0x14};
static const uint8_t hash_uuid[16] = {0xa4, 0xaa, 0xe9, 0x76, 0xb3, 0xfa, 0x86, 0x79,
				      0x9f, 0xfb, 0x39, 0xfb, 0xae, 0x8b, 0x4a, 0xf9};

/* The data go through the pass and the tree of digests at once. */
struct flow {
	struct rootfs *rootfs; /* what is written */
	struct out *to;
	const struct file *from; /* or what is read */
	uint64_t blocks;
	struct pass *pass;
	unsigned sha256, writer;
	struct verity *verity;
	struct err *fault;
};

static void flow_free(struct flow *f)
{
	verity_free(&f->verity);
	pass_free(&f->pass);
}

static bool flow_open(struct flow *f, struct watch watch, struct err *e)
{
	f->pass = pass_new(0, e);
	if (!f->pass || !pass_lane(f->pass, DIGEST_SHA256, &f->sha256, e) ||
	    (f->to && !pass_writer(f->pass, f->to, &f->writer, e)))
		return false;
	pass_watch(f->pass, watch);
	pass_open(f->pass, 1u << f->sha256 | (f->to ? 1u << f->writer : 0));
	return true;
}

static bool start_tree(struct flow *f, const struct verity_sink *to, struct err *e)
{
	struct verity_rule rule = {.blocks = f->blocks};

	memcpy(rule.uuid, hash_uuid, sizeof(hash_uuid));
	f->verity = verity_new(&rule, to, e);
	return f->verity != NULL;
}

static bool flow_close(struct flow *f, struct rootimage *out, struct err *e)
{
	out->size = pass_position(f->pass);
	return pass_mark(f->pass, f->sha256, &out->sha256, e) && pass_end(f->pass, e);
}

/* ---- writing */

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	return rootfs_file(((struct flow *)arg)->rootfs, n, e);
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(((struct flow *)arg)->rootfs, to, got, e);
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	struct flow *f = arg;

	return pass_feed(f->pass, x, e) && verity_add(f->verity, x, e);
}

static bool put_hashes(void *arg, uint64_t at, struct bytes x, struct err *e)
{
	struct flow *f = arg;

	return out_pwrite(f->to, f->blocks * ROOTIMAGE_BLOCK + at, x, e);
}

/* The digest of the file goes on over what was written behind the data. */
static bool digest_hashes(struct flow *f, struct err *e)
{
	struct file in = {.fd = f->to->fd, .name = f->to->path};
	uint64_t size = verity_size(f->blocks);

	in.pos = f->blocks * ROOTIMAGE_BLOCK;
	in.size = in.pos + size;
	pass_open(f->pass, 1u << f->sha256);
	pass_input(f->pass, &in);
	return pass_skip(f->pass, size, e);
}

bool rootimage_write(struct rootfs *r, const struct rootimage_rule *rule, struct out *to,
		     struct rootimage *made, struct err *e)
{
	owned(flow_free) struct flow f = {.rootfs = r, .to = to};
	const struct verity_sink sink = {put_hashes, &f};
	const struct cpio_io io = {open_file, read_file, put, &f};
	struct erofs_rule image = {.time = rule->time, .clamp = rule->clamp};
	uint64_t size;

	memcpy(image.uuid, data_uuid, sizeof(data_uuid));
	if (!erofs_size(r->tree, &size, e))
		return false;
	f.blocks = size / ROOTIMAGE_BLOCK;
	made->blocks = f.blocks;
	return flow_open(&f, rule->watch, e) && start_tree(&f, &sink, e) &&
	       erofs_write(r->tree, &image, &io, &size, e) &&
	       verity_end(f.verity, &made->root, e) && digest_hashes(&f, e) &&
	       flow_close(&f, made, e);
}

/* ---- reading */

/* The first fault that is found, which leaves reading to go on. */
static bool compare(void *arg, uint64_t at, struct bytes x, struct err *e)
{
	struct flow *f = arg;
	uint64_t place = f->blocks * ROOTIMAGE_BLOCK + at;
	uint8_t block[VERITY_BLOCK];
	size_t got;

	if (err_is(f->fault))
		return true;
	if (!file_pread(f->from, place, (struct span){block, x.n}, &got, e))
		return false;
	if (!bytes_equal(x, bytes_of(block, got)))
		err_at(f->fault, REASON_ROOT_IMAGE, place, "the hash area is not that of the data");
	return true;
}

/* How many blocks of data the file can have; 0 with the fault set when it can be no image. */
static uint64_t blocks_of(struct bytes super, uint64_t size, struct err *fault)
{
	struct cur c = cur_new(super, SUPER, fault);
	uint64_t blocks, whole;
	bool is;

	is = cur_le32(&c, "magic") == MAGIC;
	cur_take(&c, 8, "checksum and features");
	is = cur_u8(&c, "bits of a block") == BLOCK_BITS && is;
	cur_take(&c, 23, "inodes and time");
	blocks = cur_le32(&c, "blocks");
	if (!cur_ok(&c) || !is) {
		*fault = (struct err){0};
		err_at(fault, REASON_ROOT_IMAGE, SUPER,
		       "no file system EROFS with blocks of 4096 bytes stands here");
		return 0;
	}
	whole = blocks * ROOTIMAGE_BLOCK + verity_size(blocks);
	if (blocks > 0 && whole == size)
		return blocks;
	err_set(fault, REASON_ROOT_IMAGE,
		"%llu blocks of data with their hashes are %llu bytes, and the file has %llu",
		(unsigned long long)blocks, (unsigned long long)whole, (unsigned long long)size);
	return 0;
}

static bool read_shape(struct flow *f, struct err *e)
{
	uint8_t super[SUPER_BYTES];
	size_t got;

	if (!file_pread(f->from, SUPER, (struct span){super, sizeof(super)}, &got, e))
		return false;
	f->blocks = blocks_of(bytes_of(super, got), f->from->size, f->fault);
	return true;
}

static bool read_data(struct flow *f, struct digest *root, struct err *e)
{
	const struct verity_sink sink = {compare, f};
	owned(buf_free) struct buf step = BUF(STEP);
	uint64_t left = f->blocks * ROOTIMAGE_BLOCK;
	size_t n;

	if (f->blocks == 0)
		return true;
	if (!start_tree(f, &sink, e))
		return false;
	for (; left > 0; left -= n) {
		n = left < STEP ? (size_t)left : STEP;
		buf_reset(&step);
		if (!pass_take(f->pass, n, &step, e) || !verity_add(f->verity, buf_bytes(&step), e))
			return false;
	}
	return verity_end(f->verity, root, e);
}

bool rootimage_look(struct file *file, struct rootimage *found, struct err *fault, struct err *e)
{
	owned(flow_free) struct flow f = {.from = file, .fault = fault};

	*found = (struct rootimage){0};
	if (!flow_open(&f, file->watch, e))
		return false;
	pass_input(f.pass, file);
	if (!read_shape(&f, e) || !read_data(&f, &found->root, e) ||
	    !pass_skip(f.pass, file->size - pass_position(f.pass), e) ||
	    !flow_close(&f, found, e) || !file_unchanged(file, e))
		return err_subject(e, file->name);
	found->blocks = f.blocks;
	return true;
}

bool rootimage_read(struct file *file, struct rootimage *found, struct err *e)
{
	struct err fault = {0};

	if (!rootimage_look(file, found, &fault, e))
		return false;
	if (!err_is(&fault))
		return true;
	*e = fault;
	return err_subject(e, file->name);
}
