#include "ovmf-snp/bundle_diff.h"

#include <stdio.h>

#include "measure/base/listing.h"
#include "measure/core/bytes_diff.h"
#include "measure/core/ramdisk_diff.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/launch_step.h"
#include "ovmf-snp/module_cause.h"
#include "ovmf-snp/ovmf_parts.h"

#define TEXT 256u

struct diff {
	struct snp_bundle b[2];
	struct differences *f;
	struct series registers, conditions;
	struct digest undone[LAUNCH_PARTS]; /* of the first one's files, as they would be */
	struct buf cmdline;
};

static void diff_free(struct diff *d)
{
	snp_bundle_free(&d->b[0]);
	snp_bundle_free(&d->b[1]);
	buf_free(&d->registers.text);
	buf_free(&d->conditions.text);
	buf_free(&d->cmdline);
}

static bool same_file(const struct diff *d, enum launch_part p)
{
	return launch_file_same(&d->b[0].found.file[p], &d->b[1].found.file[p]);
}

static bool same_parameters(const struct diff *d)
{
	const struct launch_record *a = &d->b[0].found, *b = &d->b[1].found;

	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->row[i].profile != b->row[i].profile ||
		    a->row[i].signature != b->row[i].signature ||
		    a->row[i].features != b->row[i].features || a->row[i].vcpus != b->row[i].vcpus)
			return false;
	return true;
}

static bool same_digests(const struct launch_record *a, const struct launch_record *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!digest_equal(&a->row[i].digest, &b->row[i].digest))
			return false;
	return true;
}

/* ---- the first line */

#define BESIDE_NAMED 8u

static bool is_part(struct bytes name)
{
	bool is = bytes_equal(name, bytes_str(BUNDLE_RECORD));

	for (enum launch_part p = 0; p < LAUNCH_PARTS; p++)
		is = is || bytes_equal(name, bytes_str(launch_file_name(p)));
	return is;
}

static void beside_one(struct headline *h, const struct catalog *c, size_t i)
{
	owned(buf_free) struct buf name = BUF(CPIO_NAME_MAX + 1);

	if (is_part(catalog_name(c, &c->entry[i])) || h->unmeasured.n >= BESIDE_NAMED)
		return;
	buf_put(&name, catalog_name(c, &c->entry[i]));
	series_add(&h->unmeasured, buf_cstr(&name));
}

/* What lies in the folders and is no part of the launch: the script that starts it. */
static bool beside(const char *const path[2], struct headline *h, struct err *e)
{
	owned(catalog_free) struct catalog a = CATALOG, b = CATALOG;
	owned(catalog_diff_free) struct catalog_diff x = {0};

	if (!listing_is_folder(path[0]) || !listing_is_folder(path[1]))
		return true;
	if (!catalog_folder(&a, path[0], e) || !catalog_folder(&b, path[1], e) ||
	    !catalog_compare(&x, &a, &b, e))
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (x.mate[0][i] == NO_MATE)
			beside_one(h, &a, i);
	for (size_t j = 0; j < b.n; j++)
		if (x.mate[1][j] == NO_MATE || x.differs[j])
			beside_one(h, &b, j);
	return true;
}

static bool first_line(struct diff *d, const char *const path[2], struct err *e)
{
	owned(headline_free) struct headline h = HEADLINE("part");
	const struct launch_record *a = &d->b[0].found, *b = &d->b[1].found;

	if (!same_digests(a, b)) {
		series_add(&d->registers, "launch digest");
		series_join(&h.registers, &d->registers);
	}
	h.parts = 1;
	for (enum launch_part p = 0; p < LAUNCH_HASHES; p++) {
		h.parts += a->file[p].present || b->file[p].present;
		if (!same_file(d, p))
			series_add(&h.through, launch_part_name(p));
	}
	if (!same_parameters(d))
		series_add(&h.through, "parameters");
	if (a->policy != b->policy)
		series_add(&h.unmeasured, "policy");
	if (!beside(path, &h, e))
		return false;
	differences_begin(d->f, &h);
	return buf_done(d->f->text, "the differences", e);
}

/* ---- the launch */

static void number(struct diff *d, const char *name, bool hex, uint64_t a, uint64_t b)
{
	char first[24], second[24];

	if (a == b)
		return;
	snprintf(first, sizeof(first), hex ? "0x%llx" : "%llu", (unsigned long long)a);
	snprintf(second, sizeof(second), hex ? "0x%llx" : "%llu", (unsigned long long)b);
	differences_field(d->f,
			  &(struct difference){.name = name, .first = first, .second = second});
}

static void parameters(struct diff *d)
{
	const struct launch_row *a = d->b[0].found.row, *b = d->b[1].found.row;
	char text[TEXT];

	if (a->profile != b->profile)
		differences_field(d->f, &(struct difference){.name = "profile",
							     .first = a->profile->name,
							     .second = b->profile->name});
	if (a->signature != b->signature)
		differences_field(d->f, &(struct difference){.name = "vcpu_type",
							     .first = a->type ? a->type : "none",
							     .second = b->type ? b->type : "none"});
	number(d, "vcpu_sig", true, a->signature, b->signature);
	number(d, "guest_features", true, a->features, b->features);
	number(d, "vcpus", false, a->vcpus, b->vcpus);
	if (d->b[0].found.n != d->b[1].found.n) {
		snprintf(text, sizeof(text), "%zu and %zu launch digests", d->b[0].found.n,
			 d->b[1].found.n);
		differences_field(d->f, &(struct difference){.name = "rows", .text = text});
	}
	number(d, "policy (not measured)", true, d->b[0].found.policy, d->b[1].found.policy);
}

static bool launches(struct diff *d, struct err *e)
{
	owned(buf_free) struct buf step = BUF(4096);
	struct guest *const g[2] = {&d->b[0].guest, &d->b[1].guest};
	const struct launch_row *const row[2] = {d->b[0].found.row, d->b[1].found.row};
	const struct difference_part part = {.name = "launch",
					     .registers = &d->registers,
					     .size = {d->b[0].found.n, d->b[1].found.n},
					     .unit = d->b[0].found.n + d->b[1].found.n == 2
							     ? "launch digest"
							     : "launch digests"};

	if (!launch_step_differs(g, row, &step, e) || !buf_done(&step, "a step", e))
		return false;
	differences_part(d->f, &part);
	if (step.n > 0)
		differences_field(d->f, &(struct difference){.name = "they part at",
							     .text = buf_cstr(&step)});
	parameters(d);
	if (!same_parameters(d))
		series_add(&d->conditions, "the parameters");
	differences_part_end(d->f);
	return true;
}

/* ---- files */

struct undoing {
	struct hash *hash;
	struct buf *text; /* or NULL */
};

static bool add(void *arg, struct bytes x, struct err *e)
{
	struct undoing *u = arg;

	if (u->text)
		buf_put(u->text, x);
	return hash_add(u->hash, x, e);
}

static bool bytes_differ(struct diff *d, const struct ramdisk_pair *p, enum launch_part part,
			 struct err *e)
{
	const struct bytes_pair pair = {.x = {p->x[0], p->x[1]},
					.name = p->where,
					.f = d->f,
					.conditions = &d->conditions,
					.whole = part == LAUNCH_FIRMWARE,
					.sink = p->sink};

	return bytes_tell(&pair, e);
}

/* As of two firmware files. */
static bool modules_differ(struct diff *d, struct file *a, struct file *b, struct err *e)
{
	owned(part_free) struct part *left = NULL, *right = NULL;
	owned(buf_free) struct buf text = BUF(4096);
	enum cause cause;

	if (!ovmf_describe_file(a, &left, e) || !ovmf_describe_file(b, &right, e))
		return false;
	cause = module_cause_text(left, right, &text);
	if (cause != CAUSE_NONE)
		remark(&(struct remarks){d->f, true}, &(struct difference){.name = "modules",
									   .text = buf_cstr(&text),
									   .cause = cause});
	return buf_done(&text, "the differences", e);
}

static bool both(struct diff *d, enum launch_part part, struct err *e)
{
	owned(file_close) struct file a = FILE_NONE, b = FILE_NONE;
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);
	struct undoing u = {h, part == LAUNCH_CMDLINE ? &d->cmdline : NULL};
	struct ramdisk_pair p = {.f = d->f,
				 .conditions = &d->conditions,
				 .where = launch_part_name(part),
				 .sink = {add, &u}};
	bool is = false;

	if (!h || !file_open(&a, d->b[0].path.part[part], e) ||
	    !file_open(&b, d->b[1].path.part[part], e))
		return false;
	p.x[0] = (struct extent){&a, 0, a.size};
	p.x[1] = (struct extent){&b, 0, b.size};
	if (part == LAUNCH_INITRD && !ramdisk_tell(&p, &is, e))
		return false;
	return (is || bytes_differ(d, &p, part, e)) &&
	       (part != LAUNCH_FIRMWARE || modules_differ(d, &a, &b, e)) &&
	       hash_finish(h, &d->undone[part], e);
}

static bool file_differs(struct diff *d, enum launch_part part, struct err *e)
{
	const struct launch_file *a = &d->b[0].found.file[part], *b = &d->b[1].found.file[part];
	const struct difference_part p = {.name = launch_part_name(part),
					  .registers = &d->registers,
					  .only = !a->present	? IN_SECOND
						  : !b->present ? IN_FIRST
								: IN_BOTH,
					  .size = {a->size, b->size}};
	char condition[TEXT];

	differences_part(d->f, &p);
	if (p.only == IN_BOTH) {
		if (!both(d, part, e))
			return false;
	} else {
		snprintf(condition, sizeof(condition), "the file %s", launch_part_name(part));
		series_add(&d->conditions, condition);
	}
	differences_part_end(d->f);
	return true;
}

/* ---- undone and measured again */

/* Firmware and parameters are the second's; the hashes are those of the files with all undone. */
static bool measure_again(struct diff *d, struct err *e)
{
	owned(launch_record_free) struct launch_record again = {0};
	struct guest *g = &d->b[1].guest;
	const struct launch_record *found = &d->b[1].found;
	uint64_t size[LAUNCH_PARTS] = {0};
	struct difference_would would = {&d->registers, &d->conditions, false, true};
	bool cmdline = d->b[0].found.file[LAUNCH_CMDLINE].present && !same_file(d, LAUNCH_CMDLINE);
	const struct bytes text =
		cmdline && d->undone[LAUNCH_CMDLINE].len ? buf_bytes(&d->cmdline) : g->append;

	if (d->undone[LAUNCH_KERNEL].len)
		g->kernel = d->undone[LAUNCH_KERNEL];
	if (d->undone[LAUNCH_INITRD].len)
		g->initrd = d->undone[LAUNCH_INITRD];
	if (g->has_kernel &&
	    !kernelhash_make(&g->hashes, &g->kernel, g->has_initrd ? &g->initrd : NULL, text, e))
		return false;
	for (size_t i = 0; i < found->n; i++)
		if (!launch_record_add(&again, &found->row[i], e))
			return false;
	if (!snp_bundle_compute(&again, g, size, e))
		return false;
	would.holds = same_digests(&again, found);
	differences_would(d->f, &would, d->registers.n > 0 ? 1 : 0);
	return true;
}

static bool differences(struct diff *d, struct err *e)
{
	if (!launches(d, e))
		return false;
	for (enum launch_part p = 0; p < LAUNCH_HASHES; p++)
		if (!same_file(d, p) && !file_differs(d, p, e))
			return false;
	return true;
}

bool snp_bundle_diff(const char *const path[2], struct watch watch, struct differences *f,
		     struct err *e)
{
	owned(diff_free) struct diff d = {.f = f,
					  .registers = SERIES,
					  .conditions = SERIES,
					  .cmdline = BUF(LAUNCH_CMDLINE_MAX)};

	if (!snp_bundle_read(&d.b[0], path[0], watch, e) ||
	    !snp_bundle_read(&d.b[1], path[1], watch, e) || !first_line(&d, path, e) ||
	    (f->any && !differences(&d, e)))
		return false;
	differences_end(f);
	return !f->any || measure_again(&d, e);
}
