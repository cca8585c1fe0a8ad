/* The part tree of a firmware image. */
#include "tests/unit/support_check.h"
#include "tests/unit/support_volume.h"

#include "ovmf-snp/ovmf_parts.h"
#include "ovmf-snp/volume.h"
#include "ovmf-snp/volume_unpack.h"

static struct buf forged(void)
{
	struct buf image = BUF(1u << 20);

	forge_volume(&image);
	assert_int_equal(image.n, FORGE_VOLUME_SIZE);
	return image;
}

static void put(struct buf *out, const struct part *p, unsigned depth)
{
	buf_fmt(out, "%*s%s", (int)depth, "", p->name);
	if (p->detail)
		buf_fmt(out, ": %s", p->detail);
	buf_str(out, "\n");
}

/* The volumes alone, a line for each part. */
static void tree(struct bytes image, const char *want)
{
	owned(buf_free) struct buf text = BUF(1u << 16);
	struct part *root;
	struct err e = {0};
	unsigned depth = 0;

	root = part_new(NULL, "image", 0, image.n, &e);
	assert_non_null(root);
	assert_true(volumes_describe(image, root, &e));
	for (const struct part *p = part_walk(root, &depth); p; p = part_walk(p, &depth))
		put(&text, p, depth - 1);
	assert_string_equal(buf_cstr(&text), want);
	part_free(&root);
}

#define STORE "variable store: variable store\n"
#define REST "no volume\n"

static void volumes_with_their_files_and_sections(void **state)
{
	owned(buf_free) struct buf image = forged();

	(void)state;
	tree(buf_bytes(&image), STORE
	     "volume1: FFS2\n"
	     " SecMain: SECURITY_CORE, 13121110-1514-1716-1819-1a1b1c1d1e1f\n"
	     "  PE32\n"
	     "  USER_INTERFACE: SecMain\n"
	     " padding\n"
	     " 23222120-2524-2726-2829-2a2b2c2d2e2f: FIRMWARE_VOLUME_IMAGE\n"
	     "  GUID_DEFINED: compressed (LZMA), left closed: size of the unpacked bytes needs "
	     "8 bytes, 5 are left\n"
	     " 33323130-3534-3736-3839-3a3b3c3d3e3f: FIRMWARE_VOLUME_IMAGE\n"
	     "  FIRMWARE_VOLUME_IMAGE: FFS2\n"
	     "   Inner: DRIVER, 63626160-6564-6766-6869-6a6b6c6d6e6f\n"
	     "    USER_INTERFACE: Inner\n"
	     " 43424140-4544-4746-4849-4a4b4c4d4e4f: RAW\n"
	     " 53525150-5554-5756-5859-5a5b5c5d5e5f: FIRMWARE_VOLUME_IMAGE\n"
	     "  GUID_DEFINED: compressed (LZMA)\n"
	     "   unpacked\n"
	     "    FIRMWARE_VOLUME_IMAGE: FFS2\n"
	     "     Packed: DRIVER, 83828180-8584-8786-8889-8a8b8c8d8e8f\n"
	     "      USER_INTERFACE: Packed\n" REST);
}

struct defect {
	size_t at;
	uint8_t byte;
	const char *want; /* of volume1 */
};

static void what_is_damaged_says_so_and_ends_the_volume(void **state)
{
	static const struct defect defects[] = {
		{FORGE_VOLUME + 50, 0,
		 "volume1: damaged at 4146: the header's sum is 0xfff1, not 0\n"},
		{FORGE_VOLUME_FILE + 22, 0x10,
		 "volume1: FFS2; damaged at 4188: a file of 1048644 bytes, 24 to 8120 fit\n"},
		{FORGE_VOLUME_FILE + 20, 23,
		 "volume1: FFS2; damaged at 4188: a file of 23 bytes, 24 to 8120 fit\n"},
		{FORGE_VOLUME_FILE + 24, 3,
		 "volume1: FFS2\n 13121110-1514-1716-1819-1a1b1c1d1e1f: SECURITY_CORE; damaged at "
		 "4192: a section of 3 bytes, 4 to 44 fit\n padding\n"},
		{FORGE_VOLUME + 16, 0,
		 "volume1: damaged at 4146: the header's sum is 0xff88, not 0\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++) {
		owned(buf_free) struct buf image = forged(), text = BUF(1u << 16);
		struct part *root;
		struct err e = {0};
		unsigned depth = 0;

		assert_int_not_equal(image.p[defects[i].at], defects[i].byte);
		image.p[defects[i].at] = defects[i].byte;
		root = part_new(NULL, "image", 0, image.n, &e);
		assert_true(root && volumes_describe(buf_bytes(&image), root, &e));
		for (const struct part *p = root->child->next; p; p = part_walk(p, &depth))
			put(&text, p, depth);
		if (strncmp(buf_cstr(&text), defects[i].want, strlen(defects[i].want)) != 0)
			assert_string_equal(buf_cstr(&text), defects[i].want);
		part_free(&root);
	}
}

static void each_part_lies_within_its_parent_wherever_the_image_is_cut(void **state)
{
	owned(buf_free) struct buf image = forged();

	(void)state;
	for (size_t n = 0; n < 3 * OVMF_PAGE; n += n < 2 * OVMF_PAGE ? 7 : 101) {
		struct err e = {0};
		struct part *root = part_new(NULL, "image", 0, n, &e);
		unsigned depth = 0;

		assert_true(root && volumes_describe(bytes_of(image.p, n), root, &e));
		for (const struct part *p = part_walk(root, &depth); p; p = part_walk(p, &depth)) {
			if (p->unpacked && !p->parent->unpacked)
				continue; /* offsets count anew */
			assert_true(p->offset >= p->parent->offset);
			assert_true(p->offset + p->size <= p->parent->offset + p->parent->size);
		}
		part_free(&root);
	}
}

static void more_parts_than_any_image_has(void **state)
{
	owned(buf_free) struct buf image = forged(), many = BUF(1u << 21);
	struct err e = {0};
	struct part *root;

	(void)state;
	while (many.n < 40 * VOLUME_PARTS)
		buf_put(&many, bytes_of(image.p + FORGE_VOLUME, 2 * OVMF_PAGE));
	for (size_t at = 0x48; at + 24 <= 2 * OVMF_PAGE; at += 24) {
		memset(many.p + at, 0x11, 24);
		many.p[at + 18] = 0xf0;
		memcpy(many.p + at + 19, "\0\x18\0\0", 4);
	}
	for (size_t at = 2 * OVMF_PAGE; at < many.n; at += 2 * OVMF_PAGE)
		memcpy(many.p + at, many.p, 2 * OVMF_PAGE);
	root = part_new(NULL, "image", 0, many.n, &e);
	assert_false(!root || volumes_describe(buf_bytes(&many), root, &e));
	check_err(&e, REASON_LIMIT, "the image has more than 8192 parts");
	part_free(&root);
}

/* The stream with one byte changed, or cut, or with a byte behind it. */
static void unpacks_not(size_t at, uint8_t byte, size_t n, const char *text)
{
	owned(buf_free) struct buf stream = BUF(1024), out = BUF(0);
	struct err e = {0};

	buf_put(&stream, forge_packed());
	buf_u8(&stream, 0);
	stream.p[at] = byte;
	assert_false(volume_unpack(&out, bytes_of(stream.p, n), 1000, &e));
	assert_string_equal(e.text, text);
}

static void streams_that_are_not_what_they_tell(void **state)
{
	const size_t n = forge_packed().n;
	owned(buf_free) struct buf out = BUF(0);
	struct err e = {0};

	(void)state;
	assert_true(volume_unpack(&out, forge_packed(), FORGE_UNPACKED, &e));
	assert_int_equal(out.n, FORGE_UNPACKED);
	unpacks_not(0, 0x5d, 12, "size of the unpacked bytes needs 8 bytes, 7 are left");
	unpacks_not(6, 0x10, n, "4228 bytes, and 1000 are the limit");
	unpacks_not(5, 131, n, "the lzma data is damaged: it is corrupt, or a checksum is wrong");
	unpacks_not(5, 133, n, "the lzma data ends within a stream, after 131 bytes");
	unpacks_not(0, 0xff, n, "the lzma data is damaged: its header is none");
	unpacks_not(0, 0x5d, n - 20, "the lzma data ends within a stream, after 111 bytes");
	unpacks_not(0, 0x5d, n + 1, "bytes follow the end of the lzma stream");
}

static void a_size_that_is_not_told(void **state)
{
	owned(buf_free) struct buf stream = BUF(1024), out = BUF(0);
	struct err e = {0};

	(void)state;
	buf_put(&stream, forge_packed());
	memset(stream.p + 5, 0xff, 8);
	assert_false(volume_unpack(&out, buf_bytes(&stream), 1000, &e));
	check_err(&e, REASON_FIRMWARE, "its size is not told");
}

#define PACKED_FILE (FORGE_VOLUME + 856) /* the file with the compressed volume */
#define PACKED_SIZE 184u

/* How often the text stands in the tree of an image. */
static unsigned told(struct bytes image, const char *text)
{
	struct err e = {0};
	struct part *root = part_new(NULL, "image", 0, image.n, &e);
	unsigned depth = 0, n = 0;

	assert_true(root && volumes_describe(image, root, &e));
	for (const struct part *p = root; p; p = part_walk(p, &depth))
		n += p->detail && strcmp(p->detail, text) == 0;
	part_free(&root);
	return n;
}

static void compressed_sections_that_are_too_many_or_damaged(void **state)
{
	owned(buf_free) struct buf image = forged();
	uint8_t file[PACKED_SIZE];

	(void)state;
	memcpy(file, image.p + PACKED_FILE, sizeof(file));
	image.p[PACKED_FILE + 44] = 23;
	assert_int_equal(told(buf_bytes(&image), "damaged: no room for its GUID and content"), 1);
	image.p[PACKED_FILE + 44] = 200;
	assert_int_equal(told(buf_bytes(&image), "damaged: no room for its GUID and content"), 1);
	for (size_t i = 0; i < 17; i++)
		memcpy(image.p + FORGE_VOLUME_FILE + i * sizeof(file), file, sizeof(file));
	assert_int_equal(told(buf_bytes(&image), "compressed (LZMA)"), 16);
	assert_int_equal(
		told(buf_bytes(&image), "compressed (LZMA), left closed: 16 are open already"), 1);
}

static void the_tables_of_an_image(void **state)
{
	owned(buf_free) struct buf image = forged(), text = BUF(1u << 16);
	struct part *root = NULL;
	struct err e = {0};
	struct ovmf o;
	unsigned depth = 0;
	const struct part *p;

	(void)state;
	assert_true(ovmf_read(&o, buf_bytes(&image), OVMF_END, &e));
	assert_true(ovmf_describe(&o, &root, &e));
	for (p = root->child; p && strcmp(p->name, "SEV metadata"); p = p->next)
		;
	for (; p; p = part_walk(p, &depth))
		put(&text, p, depth);
	assert_string_equal(buf_cstr(&text),
			    "SEV metadata: version 1, 6 sections\n"
			    " SEC_MEM: 0x800000 to 0x808fff\n"
			    " SECRETS: 0x80d000 to 0x80dfff\n"
			    " CPUID: 0x80e000 to 0x80efff\n"
			    " SVSM_CAA: 0x80f000 to 0x80ffff\n"
			    " KERNEL_HASHES: 0x810000 to 0x810fff\n"
			    " SEC_MEM: 0x811000 to 0x81ffff\n"
			    "table of GUIDs: 3 entries\n"
			    " SEV hash table: at 0x810c00, 1024 bytes\n"
			    " SEV metadata offset: 512 bytes before the end\n"
			    " SEV-ES reset block: further processors start at 0x80b004\n"
			    " footer\n"
			    "reset vector: the first processor starts here, at 0xfffffff0\n");
	part_free(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volumes_with_their_files_and_sections),
		cmocka_unit_test(what_is_damaged_says_so_and_ends_the_volume),
		cmocka_unit_test(each_part_lies_within_its_parent_wherever_the_image_is_cut),
		cmocka_unit_test(more_parts_than_any_image_has),
		cmocka_unit_test(streams_that_are_not_what_they_tell),
		cmocka_unit_test(a_size_that_is_not_told),
		cmocka_unit_test(compressed_sections_that_are_too_many_or_damaged),
		cmocka_unit_test(the_tables_of_an_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
