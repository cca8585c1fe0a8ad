#include "ovmf-snp/ovmf_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/cur.h"
#include "measure/core/hash.h"
#include "ovmf-snp/guid.h"
#include "ovmf-snp/volume.h"

#define TRAILER 18u /* of an entry: u16 size, GUID */
#define TABLE_END 32u /* bytes behind the table */
#define VECTOR 16u
#define HEAD 16u /* of metadata: signature, size, version, count */
#define ROWS_MAX 256u

static unsigned long long hex(uint64_t x)
{
	return (unsigned long long)x;
}

/* ---- metadata: a header and rows of one size */

struct list {
	const char *name, *signature;
	size_t row; /* bytes */
	bool (*detail)(struct part *p, struct cur *c, struct err *e);
};

static bool memory(struct part *p, uint64_t gpa, uint64_t size, struct err *e)
{
	if (size == 0)
		return part_detail(p, e, "at 0x%llx, empty", hex(gpa));
	return part_detail(p, e, "0x%llx to 0x%llx", hex(gpa), hex(gpa + size - 1));
}

static bool rename_part(struct part *p, const char *name, struct err *e)
{
	free(p->name);
	p->name = own_string(name, e);
	return p->name != NULL;
}

static bool sev_row(struct part *p, struct cur *c, struct err *e)
{
	uint32_t gpa = cur_le32(c, "address"), size = cur_le32(c, "size");
	const char *name = ovmf_section_name((enum ovmf_section_type)cur_le32(c, "type"));

	return (!name || rename_part(p, name, e)) && memory(p, gpa, size, e);
}

static bool igvm_row(struct part *p, struct cur *c, struct err *e)
{
	uint32_t gpa = cur_le32(c, "address"), size = cur_le32(c, "size");
	uint32_t type = cur_le32(c, "type");

	return part_detail(p, e, "type 0x%x, 0x%x, %u bytes", type, gpa, size);
}

static bool tdx_row(struct part *p, struct cur *c, struct err *e)
{
	static const char *const names[] = {"BFV",     "CFV",	  "TD_HOB",	 "TempMem",
					    "PermMem", "Payload", "PayloadParam"};
	uint32_t data = cur_le32(c, "data"), raw = cur_le32(c, "raw size");
	uint64_t gpa = cur_le64(c, "address"), size = cur_le64(c, "size");
	uint32_t type = cur_le32(c, "type"), attributes = cur_le32(c, "attributes");

	if (type < sizeof(names) / sizeof(names[0]) && !rename_part(p, names[type], e))
		return false;
	return part_detail(p, e, "0x%llx, 0x%llx bytes%s, from %u with %u of the file", hex(gpa),
			   hex(size), attributes & 1 ? ", measured" : "", data, raw);
}

static const struct list lists[] = {
	{"SEV metadata", "ASEV", 12, sev_row},
	{"TDX metadata", "TDVF", 32, tdx_row},
	{"IGVM metadata", "IGVM", 12, igvm_row},
};

static bool rows(struct part *list, const struct list *l, uint32_t count, struct cur *c,
		 struct err *e)
{
	for (unsigned i = 0; i < count; i++) {
		struct cur row = cur_sub(c, l->row, "row");
		struct part *p;
		char name[32];

		snprintf(name, sizeof(name), "section%u", i);
		p = part_new(list, name, row.base, l->row, e);
		if (!p || !l->detail(p, &row, e))
			return false;
	}
	return true;
}

/* What is said to be so many bytes from the end. Anything else there is only told. */
static bool list_add(const struct ovmf *o, struct part *root, const struct list *l,
		     uint32_t from_end, struct err *e)
{
	struct err fault = {0};
	struct part *p;
	struct bytes magic;
	struct cur c;
	uint32_t size, version, count;
	uint64_t at = o->image.n - from_end;

	if (from_end > o->image.n || from_end < HEAD)
		return part_new(root, l->name, o->image.n, 0, e) &&
		       part_detail(root->last, e, "said to begin %u bytes before the end, of %zu",
				   from_end, o->image.n);
	c = cur_new(bytes_of(o->image.p + at, from_end), at, &fault);
	magic = cur_take(&c, 4, "signature");
	size = cur_le32(&c, "size");
	version = cur_le32(&c, "version");
	count = cur_le32(&c, "count");
	if (!bytes_equal(magic, bytes_str(l->signature)) || count > ROWS_MAX ||
	    size < HEAD + count * l->row || size > from_end)
		return part_new(root, l->name, at, HEAD, e) &&
		       part_detail(root->last, e,
				   "damaged: %u bytes for %u sections, or not '%s' in front", size,
				   count, l->signature);
	p = part_new(root, l->name, at, size, e);
	c = cur_new(bytes_of(o->image.p + at + HEAD, size - HEAD), at + HEAD, &fault);
	return p && part_detail(p, e, "version %u, %u sections", version, count) &&
	       rows(p, l, count, &c, e);
}

/* ---- the table of GUIDs */

static uint32_t value(const struct ovmf_entry *x, size_t i)
{
	struct err fault = {0};
	struct cur c = cur_new(x->data, x->at, &fault);

	cur_take(&c, 4 * i, "values in front");
	return cur_le32(&c, "value");
}

static const struct ovmf_entry *entry(const struct ovmf *o, const char *start)
{
	for (size_t i = 0; i < o->n_entries; i++)
		if (o->entry[i].name && strncmp(o->entry[i].name, start, strlen(start)) == 0 &&
		    o->entry[i].data.n >= 4)
			return &o->entry[i];
	return NULL;
}

static bool entry_detail(struct part *p, const struct ovmf_entry *x, struct err *e)
{
	char guid[GUID_TEXT];

	guid_text(guid, x->guid);
	if (!x->name)
		return part_detail(p, e, "%s, which is not known", guid);
	if (strcmp(x->name, "SEV-ES reset block") == 0)
		return part_detail(p, e, "further processors start at 0x%x", value(x, 0));
	if (x->data.n == 8 && value(x, 0) == 0)
		return part_detail(p, e, "none: this build has no place for it");
	if (x->data.n == 8)
		return part_detail(p, e, "at 0x%x, %u bytes", value(x, 0), value(x, 1));
	if (x->data.n == 4)
		return part_detail(p, e, "%u bytes before the end", value(x, 0));
	return true;
}

/* In the file's order, which is not that of the walk. */
static bool table_add(const struct ovmf *o, struct part *root, struct err *e)
{
	uint64_t end = o->image.n - TABLE_END;
	uint64_t from = o->n_entries ? o->entry[o->n_entries - 1].at : end - TRAILER;
	struct part *table = part_new(root, "table of GUIDs", from, end - from, e), *p;

	if (!table || !part_detail(table, e, "%zu entries", o->n_entries))
		return false;
	for (size_t i = o->n_entries; i > 0; i--) {
		const struct ovmf_entry *x = &o->entry[i - 1];

		p = part_new(table, x->name ? x->name : "entry", x->at, x->data.n + TRAILER, e);
		if (!p || !entry_detail(p, x, e))
			return false;
	}
	p = part_new(table, "footer", end - TRAILER, TRAILER, e);
	return p != NULL;
}

/* ---- all of it */

static bool tables(const struct ovmf *o, struct part *root, struct err *e)
{
	struct part *vector;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct ovmf_entry *x = entry(o, lists[i].name);

		if (x && !list_add(o, root, &lists[i], value(x, 0), e))
			return false;
	}
	if (!table_add(o, root, e))
		return false;
	vector = part_new(root, "reset vector", o->image.n - VECTOR, VECTOR, e);
	return vector && part_detail(vector, e, "the first processor starts here, at 0xfffffff0");
}

bool ovmf_describe(const struct ovmf *o, struct part **root, struct err *e)
{
	owned(part_free) struct part *new = part_new(NULL, "firmware", 0, o->image.n, e);

	if (!new || !hash_of(DIGEST_SHA256, o->image, &new->digest[0], e))
		return false;
	new->n_digests = 1;
	if (!part_detail(new, e, "launched at 0x%llx, %s, %s", hex(o->gpa),
			 o->has_metadata ? "with SEV metadata"
					 : "without SEV metadata: no SNP guest starts from it",
			 o->has_hashes ? "with a place for kernel hashes"
				       : "without a place for kernel hashes") ||
	    !volumes_describe(o->image, new, e) || !tables(o, new, e))
		return false;
	*root = take(new);
	return true;
}

bool ovmf_describe_file(struct file *f, struct part **root, struct err *e)
{
	owned(buf_free) struct buf image = BUF(OVMF_MAX);
	struct ovmf o;
	size_t got = 0;
	uint8_t *to;

	if (f->size > OVMF_MAX) {
		err_set(e, REASON_FIRMWARE,
			"%llu bytes are more than the %u of the largest firmware",
			(unsigned long long)f->size, OVMF_MAX);
		return err_subject(e, f->name);
	}
	to = buf_room(&image, (size_t)f->size);
	if (!buf_done(&image, "the image", e) ||
	    !file_pread(f, 0, (struct span){to, image.n}, &got, e))
		return false;
	if (!ovmf_read(&o, buf_bytes(&image), OVMF_END, e) || !ovmf_describe(&o, root, e))
		return err_subject(e, f->name);
	(*root)->held = image;
	image = BUF(OVMF_MAX);
	return true;
}
