/*
 * Any bytes as firmware: what is read lies inside the image and apart from it in the guest's
 * memory, and gives a digest in every profile, or a refusal.
 */
#include <stdlib.h>

#include "ovmf-snp/launch.h"

#define FEW (1u << 20) /* bytes of sections that are worth their time here */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static uint64_t check_sections(const struct ovmf *o)
{
	uint64_t total = 0;

	for (size_t i = 0; i < o->n_sections; i++) {
		const struct ovmf_section *s = &o->section[i];

		must_be(s->at + 12 <= o->image.n);
		must_be(s->size == 0 || (uint64_t)s->gpa + s->size <= o->gpa ||
			s->gpa >= o->gpa + o->image.n);
		total += s->size;
	}
	for (size_t i = 0; i < o->n_entries; i++)
		must_be(o->entry[i].at + o->entry[i].data.n <= o->image.n);
	return total;
}

static void launch_with(const struct ovmf *o, const struct profile *p,
			const struct kernelhash *hashes)
{
	const struct launch l = {.profile = p, .ovmf = o, .kernel = hashes};
	const struct launch_count count = {.n = 2};
	struct launch_vmsas v;
	struct gctx g = {0};
	struct err e = {0};

	must_be(gctx_init(&g, &e));
	if (!launch_base(&g, &l, &e) || !launch_vmsas(&v, &l, 0, 1, &e) ||
	    !launch_vcpus(&g, &l, &v, &count, &e))
		must_be(e.reason == REASON_FIRMWARE);
	gctx_free(&g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernelhash hashes;
	struct digest kernel;
	struct err e = {0};
	struct ovmf o;

	if (!ovmf_read(&o, bytes_of(data, size), OVMF_END, &e)) {
		must_be(e.reason == REASON_FIRMWARE || e.reason == REASON_TRUNCATED);
		return 0;
	}
	if (check_sections(&o) > FEW)
		return 0;
	must_be(hash_of(DIGEST_SHA256, bytes_str("kernel"), &kernel, &e) &&
		kernelhash_make(&hashes, &kernel, NULL, bytes_str(""), &e));
	for (const struct profile *p = profiles; p->name; p++) {
		launch_with(&o, p, NULL);
		launch_with(&o, p, &hashes);
	}
	return 0;
}
