#include "eif/witness.h"

#include "eif/image.h"
#include "eif/writer.h"

/* An image, and which of its sections are ramdisks. */
struct side {
	struct file file;
	struct eif_image image;
	size_t disk[EIF_MAX_SECTIONS], n;
};

struct sides {
	struct side built, published;
};

static void sides_free(struct sides *s)
{
	file_close(&s->built.file);
	file_close(&s->published.file);
	eif_image_free(&s->built.image);
	eif_image_free(&s->published.image);
}

static bool open_side(struct side *s, const char *path, struct watch watch, struct err *e)
{
	if (!file_open(&s->file, path, e))
		return false;
	s->file.watch = watch;
	if (!eif_image_read(&s->file, true, &s->image, e))
		return err_subject(e, path);
	for (size_t i = 0; i < s->image.n; i++)
		if (s->image.section[i].type == EIF_SECTION_RAMDISK)
			s->disk[s->n++] = i;
	return true;
}

static const struct eif_section *disk_of(const struct side *s, size_t i)
{
	return &s->image.section[s->disk[i]];
}

static struct stream_range range_of(const struct side *s, size_t i)
{
	const struct eif_section *x = disk_of(s, i);

	return stream_range(&s->file, eif_section_data(x), x->size);
}

static bool judge(const struct sides *s, size_t i, struct witnesses *w, struct err *e)
{
	struct stream_range published = range_of(&s->published, i), built = range_of(&s->built, i);
	char role[EIF_ROLE_MAX];
	struct witness *x;

	eif_image_role(&s->built.image, s->built.disk[i], role);
	x = witness_add(w, role, e);
	return x &&
	       (digest_equal(&disk_of(&s->published, i)->sha256, &disk_of(&s->built, i)->sha256) ||
		witness_judge(x, &published, &built, e));
}

/*
 * The kernel finds all ramdisks in one piece of memory. There a plain archive counts at a multiple
 * of four alone, which the sizes of what stands before it decide.
 */
static bool check_place(const struct sides *s, size_t i, uint64_t at, struct witness *w,
			struct err *e)
{
	struct stream_range in = range_of(&s->published, i);
	uint8_t first = 0;
	size_t got;

	if (w->state == WITNESS_REFUSED || at % 4 == 0)
		return true;
	if (!stream_read(&in.stream, (struct span){&first, 1}, &got, e))
		return false;
	if (first == '0')
		witness_refuse(w,
			       "as published it would begin at byte %llu of all ramdisks, no "
			       "multiple of four: the kernel stops there",
			       (unsigned long long)at);
	return true;
}

static bool judge_all(const struct sides *s, struct witnesses *w, struct err *e)
{
	uint64_t at = 0;

	if (s->built.n != s->published.n) {
		struct witness *x = witness_add(w, "ramdisks", e);

		if (x)
			witness_refuse(x, "%zu are published, and %zu were built", s->published.n,
				       s->built.n);
		return x != NULL;
	}
	for (size_t i = 0; i < s->built.n; i++) {
		if (!judge(s, i, w, e) || !check_place(s, i, at, &w->item[i], e))
			return false;
		at += disk_of(&s->published, i)->size;
	}
	return true;
}

/* ---- the image of both */

static bool put_disk(struct eif_writer *w, struct side *s, size_t i, struct err *e)
{
	const struct eif_section *x = disk_of(s, i);

	s->file.pos = eif_section_data(x);
	return eif_writer_file(w, EIF_SECTION_RAMDISK, &s->file, x->size, e);
}

static bool put_sections(struct eif_writer *to, struct sides *s, const struct witnesses *w,
			 struct err *e)
{
	const struct eif_image *img = &s->built.image;
	size_t disk = 0;

	for (size_t i = 0; i < img->n; i++) {
		bool is_disk = img->section[i].type == EIF_SECTION_RAMDISK;

		if (img->section[i].type == EIF_SECTION_SIGNATURE)
			continue;
		if (!(is_disk && w->item[disk].state == WITNESS_TAKEN
			      ? put_disk(to, &s->published, disk, e)
			      : eif_writer_section(to, img, i, &s->built.file, e)))
			return false;
		disk += is_disk;
	}
	return true;
}

static bool write_image(const struct eif_witness_ask *ask, struct sides *s,
			const struct witnesses *w, struct err *e)
{
	owned(eif_writer_free) struct eif_writer to = {.out = OUT_NONE};
	uint64_t size[EIF_MAX_SECTIONS];
	struct mset registers = {0};
	struct eif_header h;

	for (size_t i = 0; i < s->built.image.n; i++)
		size[i] = s->built.image.section[i].size;
	for (size_t i = 0; i < w->n; i++)
		size[s->built.disk[i]] = disk_of(&s->published, i)->size;
	return eif_image_header(&s->built.image, size, &h, e) &&
	       eif_writer_open(&to, ask->out, ask->watch, e) && eif_writer_header(&to, &h, e) &&
	       put_sections(&to, s, w, e) && eif_writer_registers(&to, &registers, e) &&
	       eif_writer_close(&to, e);
}

bool eif_witness(const struct eif_witness_ask *ask, struct witnesses *w, struct err *e)
{
	owned(sides_free) struct sides s = {{.file = FILE_NONE}, {.file = FILE_NONE}};

	if (!open_side(&s.built, ask->built, ask->watch, e) ||
	    !open_side(&s.published, ask->published, ask->watch, e) || !judge_all(&s, w, e))
		return false;
	return !witness_stand_in(w) || write_image(ask, &s, w, e);
}
