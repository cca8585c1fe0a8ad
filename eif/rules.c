#include "eif/rules.h"

#include "eif/metadata.h"
#include "measure/base/num.h"

#define AT_FLAGS 6u
#define AT_RESERVED 24u
#define AT_NUM_SECTIONS 26u
#define AT_OFFSETS 28u
#define AT_SIZES 284u
#define AT_UNUSED 540u
#define MIN_SECTIONS 3u

static bool table_tail(const struct eif_header *h, struct err *e)
{
	for (unsigned i = h->num_sections; i < EIF_MAX_SECTIONS; i++) {
		if (h->section_offsets[i] != 0)
			return err_at(
				e, REASON_SECTION_TABLE, AT_OFFSETS + 8 * i,
				"section_offsets[%u] is %llu and must be 0 behind %u sections", i,
				(unsigned long long)h->section_offsets[i], h->num_sections);
		if (h->section_sizes[i] != 0)
			return err_at(e, REASON_SECTION_TABLE, AT_SIZES + 8 * i,
				      "section_sizes[%u] is %llu and must be 0 behind %u sections",
				      i, (unsigned long long)h->section_sizes[i], h->num_sections);
	}
	return true;
}

bool eif_rules_header(const struct eif_header *h, struct err *e)
{
	if (h->version < 2 || h->version > EIF_VERSION)
		return err_at(e, REASON_VERSION, 4, "the version is %u and must be 2, 3 or 4",
			      h->version);
	if (h->flags & ~EIF_FLAG_AARCH64)
		return err_at(
			e, REASON_FLAGS_MEASURED, AT_FLAGS,
			"the flags are 0x%x; bits 0x%x may be folded into PCR0 by a formula that "
			"is not public",
			h->flags, h->flags & ~EIF_FLAG_AARCH64);
	if (h->reserved != 0)
		return err_at(e, REASON_RESERVED, AT_RESERVED,
			      "the reserved field is 0x%x and must be 0", h->reserved);
	if (h->unused != 0)
		return err_at(e, REASON_RESERVED, AT_UNUSED,
			      "the unused field is 0x%x and must be 0", h->unused);
	if (h->num_sections < MIN_SECTIONS || h->num_sections > EIF_MAX_SECTIONS)
		return err_at(e, REASON_SECTION_COUNT, AT_NUM_SECTIONS,
			      "num_sections is %u and must be %u to %u", h->num_sections,
			      MIN_SECTIONS, EIF_MAX_SECTIONS);
	return table_tail(h, e);
}

bool eif_rules_place(const struct eif_header *h, const struct eif_walk *w, struct err *e)
{
	uint64_t table = h->section_offsets[w->index];

	if (table != w->at)
		return err_at(
			e, REASON_SECTION_TABLE, AT_OFFSETS + 8 * w->index,
			"section %zu begins at %llu by the table, at %llu by a walk through the "
			"file",
			w->index, (unsigned long long)table, (unsigned long long)w->at);
	return true;
}

/* Kernel, cmdline, ramdisks in this order; signature and metadata anywhere. */
static bool order(const struct eif_walk *w, unsigned type, struct err *e)
{
	const char *missing = NULL;

	if (type == EIF_SECTION_CMDLINE || type == EIF_SECTION_RAMDISK)
		missing = w->count[EIF_SECTION_KERNEL] ? NULL : "kernel";
	if (type == EIF_SECTION_RAMDISK && !missing)
		missing = w->count[EIF_SECTION_CMDLINE] ? NULL : "cmdline";
	if (missing)
		return err_at(e, REASON_SECTION_ORDER, w->at, "no %s section stands before it",
			      missing);
	if (type != EIF_SECTION_RAMDISK && w->count[type] > 0)
		return err_at(e, REASON_SECTION_SET, w->at, "a second %s section",
			      eif_section_name(type));
	return true;
}

static bool versioned(const struct eif_header *h, const struct eif_walk *w, unsigned type,
		      struct err *e)
{
	if (type == EIF_SECTION_METADATA && h->version < 4)
		return err_at(e, REASON_SECTION_SET, w->at,
			      "a metadata section in version %u, which has none", h->version);
	if (type == EIF_SECTION_SIGNATURE && h->version < 3)
		return err_at(e, REASON_SECTION_SET, w->at,
			      "a signature section in version %u, which has none", h->version);
	return true;
}

static bool size(const struct eif_header *h, const struct eif_walk *w,
		 const struct eif_section_header *s, struct err *e)
{
	uint64_t table = h->section_sizes[w->index], data = w->at + EIF_SECTION_HEADER_SIZE;
	uint64_t max = UINT64_MAX, end;

	if (s->section_size != table)
		return err_at(e, REASON_SECTION_TABLE, w->at + 4,
			      "%llu bytes long by its header, %llu by the table",
			      (unsigned long long)s->section_size, (unsigned long long)table);
	if (s->section_size == 0 && s->section_type != EIF_SECTION_CMDLINE)
		return err_at(e, REASON_SECTION_EMPTY, w->at + 4, "it is empty");
	if (!num_add(data, s->section_size, &end) || end > INT64_MAX)
		return err_at(e, REASON_TRUNCATED, data,
			      "it needs %llu bytes, which is more than a file can have",
			      (unsigned long long)s->section_size);
	if (end > w->file_size)
		return err_short(e, data, "it", s->section_size, w->file_size - data);
	if (s->section_type == EIF_SECTION_METADATA)
		max = EIF_METADATA_MAX;
	if (s->section_type == EIF_SECTION_SIGNATURE)
		max = EIF_SIGNATURE_MAX;
	if (s->section_size > max)
		return err_at(e, REASON_LIMIT, w->at + 4, "%llu bytes are over the limit of %llu",
			      (unsigned long long)s->section_size, (unsigned long long)max);
	return true;
}

static bool section(const struct eif_header *h, const struct eif_walk *w,
		    const struct eif_section_header *s, struct err *e)
{
	if (s->section_type == EIF_SECTION_INVALID || s->section_type >= EIF_SECTION_TYPES)
		return err_at(e, REASON_SECTION_TYPE, w->at, "its type is %u and must be 1 to 5",
			      s->section_type);
	if (s->flags != 0)
		return err_at(e, REASON_SECTION_FLAGS, w->at + 2,
			      "its flags are 0x%x and must be 0", s->flags);
	return versioned(h, w, s->section_type, e) && order(w, s->section_type, e) &&
	       size(h, w, s, e);
}

bool eif_rules_section(const struct eif_header *h, struct eif_walk *w,
		       const struct eif_section_header *s, struct err *e)
{
	if (!section(h, w, s, e))
		return err_in(e, "section %zu (%s)", w->index, eif_section_name(s->section_type));
	w->at += EIF_SECTION_HEADER_SIZE + s->section_size;
	w->count[s->section_type]++;
	w->index++;
	return true;
}

bool eif_rules_set(const struct eif_header *h, const struct eif_walk *w, struct err *e)
{
	unsigned needed = h->version >= 4 ? EIF_SECTION_METADATA : EIF_SECTION_RAMDISK;
	static const unsigned always[] = {EIF_SECTION_KERNEL, EIF_SECTION_CMDLINE,
					  EIF_SECTION_RAMDISK};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (w->count[always[i]] == 0)
			return err_set(e, REASON_SECTION_SET, "no %s section among %u sections",
				       eif_section_name(always[i]), h->num_sections);
	if (w->count[needed] == 0)
		return err_set(e, REASON_SECTION_SET, "no %s section, which version %u must have",
			       eif_section_name(needed), h->version);
	return true;
}
