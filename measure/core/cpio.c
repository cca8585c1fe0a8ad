#include "measure/core/cpio.h"

#include "measure/base/cur.h"
#include "measure/base/hex.h"

#define MAGIC_SIZE 6u
#define FIELD_SIZE 8u

const struct cpio_profile cpio_profiles[] = {
	{.name = "native", .first_inode = 1, .fifo_links = 1, .padding = 4},
	{.name = "nitro-cli",
	 .links = CPIO_LINKS_SYMLINKS,
	 .time = CPIO_TIME_KEEP,
	 .first_inode = 721,
	 .dev_major = 3,
	 .dev_minor = 1,
	 .fifo_links = 1,
	 .padding = 512,
	 .trailer_numbered = true,
	 .archive_order = true},
	{.name = "gen_init_cpio",
	 .links = CPIO_LINKS_TOGETHER,
	 .first_inode = 721,
	 .dev_major = 3,
	 .dev_minor = 1,
	 .fifo_links = 2,
	 .padding = 512,
	 .upper = true,
	 .target_nul = true},
	{.name = NULL},
};

const struct cpio_profile *cpio_profile(const char *name)
{
	for (const struct cpio_profile *p = cpio_profiles; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

/* In the order of the header. */
#define FIELDS(f)                                                                                  \
	{                                                                                          \
		&(f)->ino, &(f)->mode, &(f)->uid, &(f)->gid, &(f)->nlink, &(f)->mtime, &(f)->size, \
			&(f)->dev_major, &(f)->dev_minor, &(f)->rdev_major, &(f)->rdev_minor,      \
			&(f)->name_size, &(f)->check                                               \
	}
#define N_FIELDS ((CPIO_HEADER - MAGIC_SIZE) / FIELD_SIZE)

static const char *const names[N_FIELDS] = {
	"c_ino",      "c_mode",	    "c_uid",	 "c_gid",     "c_nlink",
	"c_mtime",    "c_filesize", "c_dev_maj", "c_dev_min", "c_rdev_maj",
	"c_rdev_min", "c_namesize", "c_chksum",
};

static bool read_field(struct cur *c, const char *name, uint32_t *x)
{
	uint64_t at = cur_at(c);
	struct bytes digits = cur_take(c, FIELD_SIZE, name);
	uint32_t value = 0;

	for (size_t i = 0; i < digits.n; i++) {
		int d = hex_value(digits.p[i]);

		if (d < 0)
			return cur_fail(c, REASON_RAMDISK, at,
					"%s: '%.8s' is not eight hexadecimal digits", name,
					(const char *)digits.p);
		value = value << 4 | (uint32_t)d;
	}
	*x = value;
	return cur_ok(c);
}

bool cpio_fields_read(struct bytes raw, uint64_t at, struct cpio_fields *f, bool *sums,
		      struct err *e)
{
	struct cur c = cur_new(raw, at, e);
	struct bytes magic = cur_take(&c, MAGIC_SIZE, "c_magic");
	uint32_t *const field[N_FIELDS] = FIELDS(f);

	if (!cur_ok(&c))
		return false;
	*sums = bytes_equal(magic, bytes_str("070702"));
	if (!*sums && !bytes_equal(magic, bytes_str("070701")))
		return cur_fail(&c, REASON_RAMDISK, at,
				"c_magic: '%.6s' is neither '070701' nor '070702'",
				(const char *)magic.p);
	for (size_t i = 0; i < N_FIELDS; i++)
		if (!read_field(&c, names[i], field[i]))
			return false;
	return cur_end(&c, "a header");
}

void cpio_fields_write(uint8_t raw[CPIO_HEADER], const struct cpio_fields *f, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	const uint32_t *const field[N_FIELDS] = FIELDS(f);
	uint8_t *to = raw + MAGIC_SIZE;

	memcpy(raw, "070701", MAGIC_SIZE);
	for (size_t i = 0; i < N_FIELDS; i++)
		for (unsigned shift = 32; shift > 0; shift -= 4)
			*to++ = (uint8_t)digits[*field[i] >> (shift - 4) & 15u];
}
