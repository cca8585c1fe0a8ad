#include "ovmf-snp/volume.h"

#include <stdio.h>

#include "measure/base/cur.h"
#include "measure/core/hash.h"
#include "ovmf-snp/guid.h"
#include "ovmf-snp/image_shape.h"
#include "ovmf-snp/volume_names.h"
#include "ovmf-snp/volume_unpack.h"

#define ALIGN_VOLUME 4096u
#define HEADER_LEAST 56u /* of a volume, with an empty block map */
#define FILE_HEADER 24u
#define FILE_HEADER_LARGE 32u
#define FILE_LARGE 0x1u
#define FILE_RAW 0x01u
#define SECTION_COMPRESSION 0x01u
#define SECTION_GUIDED 0x02u
#define SECTION_PE32 0x10u
#define SECTION_UI 0x15u
#define SECTION_VOLUME 0x17u
#define SIZE_EXTENDED 0xffffffu
#define OPEN_VOLUMES 64u /* found, and not yet looked into */
#define HASHED_TIMES 8u /* how often each byte may be digested, on average */
#define UNPACKED_MAX (128u << 20) /* bytes of all compressed sections of an image */
#define UNPACKED 16u /* compressed sections */
#define NAME_ROOM 64u

/* Bytes of the image, or of what was unpacked, and where they are in it. */
struct range {
	struct bytes x;
	uint64_t at;
	bool unpacked;
};

/*
 * One walk over an image: volumes, and the sections that were unpacked, wait here, so that none is
 * entered from within another.
 */
struct walk {
	struct err *e; /* what ends the walk: memory */
	uint64_t budget; /* bytes that are still digested, because volumes may nest without end */
	size_t n_parts, n_open, next;
	struct {
		struct part *part;
		struct range range;
		bool (*look)(struct walk *w, struct part *part, struct range r);
	} open[OPEN_VOLUMES];
	unsigned n_unpacked; /* held by their parts */
	uint64_t unpacked_bytes;
};

static uint32_t le24(struct cur *c, const char *field)
{
	uint32_t low = cur_le16(c, field);

	return low | (uint32_t)cur_u8(c, field) << 16;
}

/* ---- parts of the walk: false when memory ends, or when there are too many */

static bool add(struct walk *w, struct part *parent, const char *name, struct range r,
		struct part **out)
{
	if (++w->n_parts > VOLUME_PARTS)
		return err_set(w->e, REASON_LIMIT, "the image has more than %u parts",
			       VOLUME_PARTS);
	*out = part_new(parent, name, r.at, r.x.n, w->e);
	if (!*out)
		return false;
	(*out)->unpacked = r.unpacked;
	if (r.x.n > w->budget)
		return true;
	w->budget -= r.x.n;
	(*out)->n_digests = 1;
	return hash_of(DIGEST_SHA256, r.x, &(*out)->digest[0], w->e);
}

static bool damaged(struct walk *w, struct part *p, const struct err *fault)
{
	if (fault->at)
		return part_detail(p, w->e, "%s%sdamaged at %llu: %s", p->detail ? p->detail : "",
				   p->detail ? "; " : "", (unsigned long long)fault->offset,
				   fault->text);
	return part_detail(p, w->e, "%s%sdamaged: %s", p->detail ? p->detail : "",
			   p->detail ? "; " : "", fault->text);
}

static bool open_later(struct walk *w, struct part *part, struct range r,
		       bool (*look)(struct walk *w, struct part *part, struct range r))
{
	if (w->n_open == OPEN_VOLUMES)
		return part_detail(part, w->e, "not looked into: %u volumes are open already",
				   OPEN_VOLUMES);
	w->open[w->n_open].part = part;
	w->open[w->n_open].look = look;
	w->open[w->n_open++].range = r;
	return true;
}

static struct range from(struct range r, size_t skip)
{
	return (struct range){bytes_of(r.x.p + skip, r.x.n - skip), r.at + skip, r.unpacked};
}

static struct range first(struct range r, size_t n)
{
	return (struct range){bytes_of(r.x.p, n), r.at, r.unpacked};
}

/* n rounded up to a multiple of a power of two, within the range. */
static size_t aligned(size_t n, size_t to, struct range r)
{
	size_t up = (n + to - 1) & ~(to - 1);

	return up < r.x.n ? up : r.x.n;
}

/* ---- sections of a file */

struct section {
	unsigned type;
	size_t head, size;
};

static bool section_read(struct range r, struct section *s, struct err *fault)
{
	struct cur c = cur_new(r.x, r.at, fault);
	uint32_t size = le24(&c, "section size");

	s->type = cur_u8(&c, "section type");
	s->head = 4;
	if (size == SIZE_EXTENDED) {
		size = cur_le32(&c, "extended section size");
		s->head = 8;
	}
	s->size = size;
	if (!cur_ok(&c))
		return false;
	return (size >= s->head && size <= r.x.n) ||
	       err_at(fault, REASON_FIRMWARE, r.at, "a section of %u bytes, %zu to %zu fit", size,
		      s->head, r.x.n);
}

/* UTF-16LE, up to its NUL; what is not printable ASCII becomes a question mark. */
static void name_read(char out[NAME_ROOM], struct bytes text)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < text.n && n + 1 < NAME_ROOM; i += 2) {
		unsigned c = text.p[i] | (unsigned)text.p[i + 1] << 8;

		if (c == 0)
			break;
		out[n++] = c > 0x20 && c < 0x7f ? (char)c : '?';
	}
	out[n] = '\0';
}

static bool sections(struct walk *w, struct part *file, struct range r);
static bool volume_look(struct walk *w, struct part *part, struct range r);

/* Sections again, in a part of their own, whose offsets count from its start. */
static bool unpack(struct walk *w, struct part *p, struct bytes packed)
{
	owned(buf_free) struct buf out = {0};
	struct err fault = {0};
	struct range r = {.unpacked = true};

	if (w->n_unpacked == UNPACKED)
		return part_detail(p, w->e, "compressed (LZMA), left closed: %u are open already",
				   UNPACKED);
	w->n_unpacked++;
	if (!volume_unpack(&out, packed, UNPACKED_MAX - w->unpacked_bytes, &fault)) {
		if (fault.reason != REASON_OUT_OF_MEMORY)
			return part_detail(p, w->e, "compressed (LZMA), left closed: %s",
					   fault.text);
		*w->e = fault;
		return false;
	}
	r.x = buf_bytes(&out);
	w->unpacked_bytes += r.x.n;
	w->budget += (uint64_t)r.x.n * HASHED_TIMES;
	if (!part_detail(p, w->e, "compressed (LZMA)") || !add(w, p, "unpacked", r, &p))
		return false;
	p->held = out;
	out = (struct buf){0};
	return open_later(w, p, r, sections);
}

/* data: behind the section's own head, from whose start the offset of the content counts. */
static bool guided(struct walk *w, struct part *p, const struct section *s, struct range data)
{
	struct err fault = {0};
	struct cur c = cur_new(data.x, data.at, &fault);
	const uint8_t *id = cur_take(&c, 16, "GUID of the section").p;
	size_t at = cur_le16(&c, "offset of the content");
	const struct volume_packer *packer;
	char guid[GUID_TEXT];

	if (!cur_ok(&c) || at < s->head + 20 || at > s->size)
		return part_detail(p, w->e, "damaged: no room for its GUID and content");
	guid_text(guid, id);
	packer = volume_packer(id);
	if (packer && packer->lzma)
		return unpack(w, p, from(data, at - s->head).x);
	return packer ? part_detail(p, w->e, "compressed (%s), left closed", packer->name)
		      : part_detail(p, w->e, "encoded by %s, left closed", guid);
}

static bool section_detail(struct walk *w, struct part *p, const struct section *s,
			   struct range data)
{
	char name[NAME_ROOM];

	if (s->type == SECTION_VOLUME)
		return open_later(w, p, data, volume_look);
	if (s->type == SECTION_GUIDED)
		return guided(w, p, s, data);
	if (s->type == SECTION_COMPRESSION)
		return part_detail(p, w->e, "compressed, left closed");
	if (s->type == SECTION_PE32 && p->n_digests > 0)
		return image_shape(data.x, &p->shape, w->e);
	if (s->type != SECTION_UI)
		return true;
	name_read(name, data.x);
	return part_detail(p, w->e, "%s", name);
}

static bool sections(struct walk *w, struct part *file, struct range r)
{
	struct err fault = {0};
	struct section s = {0};
	struct part *p = NULL;

	for (size_t at = 0; r.x.n - at >= 4; at = aligned(at + s.size, 4, r)) {
		struct range rest = from(r, at);

		if (!section_read(rest, &s, &fault))
			return damaged(w, file, &fault);
		if (!add(w, file, volume_section_type(s.type), first(rest, s.size), &p) ||
		    !section_detail(w, p, &s, from(first(rest, s.size), s.head)))
			return false;
	}
	return true;
}

/* ---- files of a volume */

struct head {
	const uint8_t *guid;
	unsigned type;
	size_t head, size;
};

static bool head_read(struct range r, struct head *f, struct err *fault)
{
	struct cur c = cur_new(r.x, r.at, fault);
	unsigned attributes;
	uint64_t size;

	f->guid = cur_take(&c, 16, "file name").p;
	cur_le16(&c, "file checksums");
	f->type = cur_u8(&c, "file type");
	attributes = cur_u8(&c, "file attributes");
	size = le24(&c, "file size");
	cur_u8(&c, "file state");
	f->head = attributes & FILE_LARGE ? FILE_HEADER_LARGE : FILE_HEADER;
	if (attributes & FILE_LARGE)
		size = cur_le64(&c, "extended file size");
	if (!cur_ok(&c))
		return false;
	if (size < f->head || size > r.x.n)
		return err_at(fault, REASON_FIRMWARE, r.at + 20,
			      "a file of %llu bytes, %zu to %zu fit", (unsigned long long)size,
			      f->head, r.x.n);
	f->size = (size_t)size;
	return true;
}

/* The name that its section of the user interface gives it, else its GUID. */
static void file_name(char out[NAME_ROOM], const struct head *f, struct range body)
{
	struct err fault = {0};
	struct section s = {0};

	guid_text(out, f->guid);
	if (f->type == FILE_RAW || f->type == VOLUME_FILE_PAD)
		return;
	for (size_t at = 0; body.x.n - at >= 4; at = aligned(at + s.size, 4, body)) {
		struct range rest = from(body, at);

		if (!section_read(rest, &s, &fault))
			return;
		if (s.type == SECTION_UI && s.size > s.head + 2) {
			name_read(out, from(first(rest, s.size), s.head).x);
			return;
		}
	}
}

static bool file_add(struct walk *w, struct part *volume, struct range r, const struct head *f)
{
	struct range whole = first(r, f->size), body = from(whole, f->head);
	char name[NAME_ROOM], guid[GUID_TEXT];
	struct part *p = NULL;

	guid_text(guid, f->guid);
	file_name(name, f, body);
	if (f->type == VOLUME_FILE_PAD)
		return add(w, volume, "padding", whole, &p);
	if (!add(w, volume, name, whole, &p) ||
	    !part_detail(p, w->e, "%s%s%s", volume_file_type(f->type),
			 strcmp(name, guid) ? ", " : "", strcmp(name, guid) ? guid : ""))
		return false;
	return f->type == FILE_RAW || sections(w, p, body);
}

static bool files(struct walk *w, struct part *volume, struct range r, size_t at)
{
	struct err fault = {0};
	struct head f = {0};

	for (; r.x.n - at >= FILE_HEADER; at = aligned(at + f.size, 8, r)) {
		struct range rest = from(r, at);

		if (bytes_ones(first(rest, FILE_HEADER).x))
			return true; /* free from here on */
		if (!head_read(rest, &f, &fault))
			return damaged(w, volume, &fault);
		if (!file_add(w, volume, rest, &f))
			return false;
	}
	return true;
}

/* ---- volumes */

struct volume {
	const uint8_t *filesystem, *name; /* name: NULL where it has none */
	size_t size, files_at;
};

static bool is_volume(struct range r)
{
	return r.x.n >= HEADER_LEAST && memcmp(r.x.p + 40, "_FVH", 4) == 0;
}

static uint16_t sum(struct bytes x)
{
	unsigned total = 0;

	for (size_t i = 0; i + 1 < x.n; i += 2)
		total += x.p[i] | (unsigned)x.p[i + 1] << 8;
	return (uint16_t)total;
}

/* Where the first file is: behind the header, or behind the extended one. */
static bool extended_read(struct range r, size_t at, struct volume *v, struct err *fault)
{
	struct cur c;
	uint32_t size;

	if (at > v->size)
		return err_at(fault, REASON_FIRMWARE, r.at + 52,
			      "the extended header is at %zu, the volume has %zu bytes", at,
			      v->size);
	c = cur_new(from(first(r, v->size), at).x, r.at + at, fault);
	v->name = cur_take(&c, 16, "volume name").p;
	size = cur_le32(&c, "extended header size");
	if (!cur_ok(&c))
		return false;
	if (size > v->size - at)
		return err_at(fault, REASON_FIRMWARE, r.at + at + 16,
			      "the extended header has %u bytes, %zu are left", size, v->size - at);
	v->files_at = aligned(at + size, 8, first(r, v->size));
	return true;
}

static bool volume_read(struct range r, struct volume *v, struct err *fault)
{
	struct cur c = cur_new(r.x, r.at, fault);
	uint64_t size;
	size_t header, extended;

	v->name = NULL;
	cur_take(&c, 16, "zero vector");
	v->filesystem = cur_take(&c, 16, "file system").p;
	size = cur_le64(&c, "volume size");
	cur_take(&c, 8, "signature and attributes");
	header = cur_le16(&c, "header size");
	cur_le16(&c, "checksum");
	extended = cur_le16(&c, "offset of the extended header");
	if (!cur_ok(&c))
		return false;
	if (size > r.x.n || header < HEADER_LEAST || header % 2 != 0 || header > size)
		return err_at(fault, REASON_FIRMWARE, r.at + 32,
			      "a volume of %llu bytes with a header of %zu, %zu are left",
			      (unsigned long long)size, header, r.x.n);
	if (sum(first(r, header).x) != 0)
		return err_at(fault, REASON_FIRMWARE, r.at + 50,
			      "the header's sum is 0x%04x, not 0",
			      (unsigned)sum(first(r, header).x));
	v->size = (size_t)size;
	v->files_at = aligned(header, 8, first(r, v->size));
	return extended == 0 || extended_read(r, extended, v, fault);
}

static bool volume_look(struct walk *w, struct part *part, struct range r)
{
	struct err fault = {0};
	const struct volume_system *kind;
	struct volume v;
	char guid[GUID_TEXT];

	if (!is_volume(r))
		return part_detail(part, w->e, "no volume begins here");
	if (!volume_read(r, &v, &fault))
		return damaged(w, part, &fault);
	kind = volume_system(v.filesystem);
	if (kind)
		return part_detail(part, w->e, "%s", kind->name) &&
		       (!kind->files || files(w, part, first(r, v.size), v.files_at));
	guid_text(guid, v.filesystem);
	return part_detail(part, w->e, "file system %s, which is not known", guid);
}

/* As edk2 calls it, a variable store, or by its number. */
static void volume_name(char out[NAME_ROOM], struct range r, unsigned number)
{
	struct err fault = {0};
	struct volume v = {0};
	const struct volume_system *kind;
	const char *known;

	snprintf(out, NAME_ROOM, "volume%u", number);
	if (!volume_read(r, &v, &fault))
		return;
	kind = volume_system(v.filesystem);
	known = v.name ? volume_known(v.name) : NULL;
	if (known || (kind && kind->store))
		snprintf(out, NAME_ROOM, "%s", known ? known : kind->name);
}

/* The volume at the start of r, or all that stands in front of the next one. */
static size_t extent(struct range r)
{
	struct err fault = {0};
	struct volume v;
	size_t n = ALIGN_VOLUME;

	if (is_volume(r) && volume_read(r, &v, &fault))
		return v.size;
	while (n < r.x.n && !is_volume(from(r, n)))
		n += ALIGN_VOLUME;
	return n < r.x.n ? n : r.x.n;
}

static bool volumes(struct walk *w, struct part *root, struct range r)
{
	unsigned number = 0;

	while (r.x.n > 0) {
		struct range here = first(r, extent(r));
		char name[NAME_ROOM] = "no volume";
		struct part *p = NULL;
		bool is = is_volume(here);

		if (is)
			volume_name(name, here, number++);
		if (!add(w, root, name, here, &p) || (is && !open_later(w, p, here, volume_look)))
			return false;
		r = from(r, here.x.n);
	}
	for (; w->next < w->n_open; w->next++)
		if (!w->open[w->next].look(w, w->open[w->next].part, w->open[w->next].range))
			return false;
	return true;
}

bool volumes_describe(struct bytes image, struct part *root, struct err *e)
{
	struct walk w = {.e = e, .budget = (uint64_t)image.n * HASHED_TIMES};

	return volumes(&w, root, (struct range){image, 0, false});
}
