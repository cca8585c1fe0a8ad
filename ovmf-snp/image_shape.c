#include "ovmf-snp/image_shape.h"

#include "measure/base/buf.h"
#include "measure/core/hash.h"
#include "ovmf-snp/image_map.h"

#define PE_AT 0x3cu
#define OPTIONAL 24u /* behind the signature */
#define MAGIC_64 0x20bu
#define OPTIONAL_64 112u /* up to the data directories */
#define DIRECTORY 8u
#define DIRECTORIES_MAX 16u
#define SECTION 40u
#define SECTIONS_MAX 96u
#define RESOURCE_LEVELS 4u
#define RESOURCE_FOLDER 0x80000000u

static void blank(struct buf *head, size_t at, size_t n)
{
	if (at <= head->n && n <= head->n - at)
		memset(head->p + at, 0, n);
}

struct image {
	struct bytes x;
	size_t optional, directories, sections; /* where they are */
	size_t n_directories, n_sections;
};

static bool image_read(struct bytes x, struct image *i)
{
	size_t pe = image_number(x, PE_AT, 4);

	i->x = x;
	i->optional = pe + OPTIONAL;
	i->directories = i->optional + OPTIONAL_64;
	i->n_sections = image_number(x, pe + 6, 2);
	i->sections = i->optional + image_number(x, pe + 20, 2);
	i->n_directories = image_number(x, i->directories - 4, 4);
	return bytes_start(x, bytes_str("MZ")) && image_number(x, pe, 4) == 0x4550 &&
	       image_number(x, i->optional, 2) == MAGIC_64 && i->n_directories <= DIRECTORIES_MAX &&
	       image_number(x, i->optional + 24, 4) == 0 &&
	       image_number(x, i->optional + 28, 4) == 0 && i->n_sections > 0 &&
	       i->n_sections <= SECTIONS_MAX &&
	       i->directories + i->n_directories * DIRECTORY <= i->sections &&
	       i->sections + i->n_sections * SECTION <= x.n;
}

/* Headers as they would be whatever the room was. */
static bool head_add(const struct image *i, struct hash *h, struct err *e)
{
	size_t end = i->sections + i->n_sections * SECTION;
	owned(buf_free) struct buf head = BUF(end);

	buf_put(&head, bytes_of(i->x.p, end));
	if (!buf_done(&head, "the headers", e))
		return false;
	blank(&head, i->optional + 4, 12); /* sizes of code and data */
	blank(&head, i->optional + 56, 4); /* size of the image */
	blank(&head, i->optional + 64, 4); /* checksum */
	for (size_t d = 0; d < i->n_directories; d++)
		blank(&head, i->directories + d * DIRECTORY, 4);
	for (size_t s = 0; s < i->n_sections; s++)
		blank(&head, i->sections + s * SECTION + 8, 16);
	return hash_add(h, buf_bytes(&head), e);
}

/* Where the address of what a tree of resources with one leaf holds is; 0: there is none. */
static size_t leaf(struct bytes data)
{
	size_t at = 0;

	for (unsigned depth = 0; depth < RESOURCE_LEVELS; depth++) {
		uint32_t next = image_number(data, at + 20, 4);

		at = next & ~RESOURCE_FOLDER;
		if (at > data.n)
			return 0;
		if (next == at)
			return at + 4 <= data.n ? at : 0;
	}
	return 0;
}

/* The address counts from the section's. */
static bool resources_add(struct bytes data, uint32_t address, struct hash *h, struct err *e)
{
	size_t at = leaf(data);
	uint32_t distance = image_number(data, at, 4) - address;

	if (at == 0)
		return hash_add(h, data, e);
	return hash_add(h, bytes_of(data.p, at), e) &&
	       hash_add(h, bytes_of(&distance, sizeof(distance)), e) &&
	       hash_add(h, bytes_of(data.p + at + 4, data.n - at - 4), e);
}

static bool data_add(const struct image *i, size_t section, struct bytes data, struct hash *h,
		     struct err *e)
{
	static const char resources[] = ".rsrc";
	uint64_t n;

	while (data.n > 0 && data.p[data.n - 1] == 0)
		data.n--;
	n = data.n;
	if (!hash_add(h, bytes_of(&n, sizeof(n)), e))
		return false;
	if (memcmp(i->x.p + section, resources, sizeof(resources)) == 0)
		return resources_add(data, image_number(i->x, section + 12, 4), h, e);
	return hash_add(h, data, e);
}

/* *is: they stand in their order, and none is in another. */
static bool sections_add(const struct image *i, struct hash *h, bool *is, struct err *e)
{
	size_t end = i->sections + i->n_sections * SECTION;

	*is = false;
	for (size_t s = 0; s < i->n_sections; s++) {
		size_t section = i->sections + s * SECTION;
		size_t size = image_number(i->x, section + 16, 4),
		       at = image_number(i->x, section + 20, 4);

		if (size == 0)
			continue;
		if (at < end || at > i->x.n || size > i->x.n - at)
			return true;
		end = at + size;
		if (!data_add(i, section, bytes_of(i->x.p + at, size), h, e))
			return false;
	}
	*is = bytes_zero(bytes_of(i->x.p + end, i->x.n - end));
	return true;
}

bool image_shape(struct bytes image, struct digest *out, struct err *e)
{
	owned(hash_free) struct hash *h = NULL;
	struct image i;
	bool is;

	*out = (struct digest){0};
	if (!image_read(image, &i))
		return true;
	h = hash_new(DIGEST_SHA256, e);
	return h && head_add(&i, h, e) && sections_add(&i, h, &is, e) &&
	       (!is || hash_finish(h, out, e));
}
