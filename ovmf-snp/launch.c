#include "ovmf-snp/launch.h"

bool launch_firmware(struct gctx *g, const struct ovmf *o, struct err *e)
{
	g->owner = "firmware";
	return gctx_pages(g, o->gpa, o->image, e);
}

static bool no_place(struct err *e)
{
	err_set(e, REASON_FIRMWARE,
		"a kernel is given, and the firmware has no place for its hash");
	return err_hint(e, "take an AmdSev build, or generic firmware of edk2 2024.05 or later");
}

/* With a kernel its table of hashes, else a page of zeros in its place. */
static bool hashes_launch(struct gctx *g, const struct launch *l, const struct ovmf_section *s,
			  struct err *e)
{
	owned(buf_free) struct buf page = BUF(KERNELHASH_PAGE);
	const struct ovmf *o = l->ovmf;

	if (!l->kernel)
		return gctx_run(g, GCTX_ZERO, s->gpa, s->size, e);
	if (!o->has_hashes)
		return no_place(e);
	if (s->size != OVMF_PAGE || o->hashes_gpa / OVMF_PAGE != s->gpa / OVMF_PAGE)
		return err_at(
			e, REASON_FIRMWARE, s->at,
			"the section for kernel hashes is at 0x%x with 0x%x bytes, their table "
			"at 0x%x",
			s->gpa, s->size, o->hashes_gpa);
	return kernelhash_page(&page, l->kernel, o->hashes_gpa, e) &&
	       gctx_pages(g, s->gpa, buf_bytes(&page), e);
}

static bool section_launch(struct gctx *g, const struct launch *l, const struct ovmf_section *s,
			   struct err *e)
{
	enum gctx_type memory = l->profile->sec_mem_unmeasured ? GCTX_UNMEASURED : GCTX_ZERO;

	g->owner = ovmf_section_name(s->type);
	switch (s->type) {
	case OVMF_SEC_MEM:
		return gctx_run(g, memory, s->gpa, s->size, e);
	case OVMF_SECRETS:
		return gctx_step(g, GCTX_SECRETS, s->gpa, NULL, e);
	case OVMF_CPUID:
		return gctx_step(g, GCTX_CPUID, s->gpa, NULL, e);
	case OVMF_KERNEL_HASHES:
		return hashes_launch(g, l, s, e);
	case OVMF_SVSM_CAA:
	default:
		return gctx_run(g, GCTX_ZERO, s->gpa, s->size, e);
	}
}

static bool sections_launch(struct gctx *g, const struct launch *l, const struct ovmf *o,
			    struct err *e)
{
	bool late = l->profile->cpuid_last;

	for (size_t i = 0; i < o->n_sections; i++)
		if (!(late && o->section[i].type == OVMF_CPUID) &&
		    !section_launch(g, l, &o->section[i], e))
			return false;
	for (size_t i = 0; i < o->n_sections; i++)
		if (late && o->section[i].type == OVMF_CPUID &&
		    !section_launch(g, l, &o->section[i], e))
			return false;
	return true;
}

bool launch_base(struct gctx *g, const struct launch *l, struct err *e)
{
	if (l->kernel && !ovmf_section(l->ovmf, OVMF_KERNEL_HASHES))
		return no_place(e);
	if (l->firmware_ld)
		memcpy(g->ld, l->firmware_ld, GCTX_LD);
	else if (!launch_firmware(g, l->ovmf, e))
		return false;
	if (!l->svsm)
		return sections_launch(g, l, l->ovmf, e);
	g->owner = "SVSM";
	return gctx_pages(g, l->svsm->gpa, l->svsm->image, e) && sections_launch(g, l, l->svsm, e);
}

static bool page_done(struct buf *page, uint8_t to[VMSA_SIZE], struct digest *d, struct err *e)
{
	if (!buf_done(page, "the page of a processor", e) ||
	    !hash_of(DIGEST_SHA384, buf_bytes(page), d, e))
		return false;
	memcpy(to, page->p, VMSA_SIZE);
	buf_reset(page);
	return true;
}

bool launch_vmsas(struct launch_vmsas *v, const struct launch *l, uint32_t signature,
		  uint64_t features, struct err *e)
{
	owned(buf_free) struct buf page = BUF(VMSA_SIZE);
	const struct vmsa first = {true, VMSA_BSP_EIP, signature, features};
	const struct vmsa other = {false, l->ovmf->reset_eip, signature, features};
	uint64_t rip = l->svsm ? l->svsm->gpa + l->svsm->svsm_entry : 0;

	if (l->svsm && !l->svsm->has_svsm_info)
		return err_set(e, REASON_FIRMWARE, "the SVSM does not say where it starts");
	if (!l->svsm && !l->ovmf->has_reset)
		return err_set(
			e, REASON_FIRMWARE,
			"the firmware does not say where further processors start (it has no "
			"SEV-ES reset block)");
	if (l->svsm)
		vmsa_write_svsm(&page, l->profile, signature, rip);
	else
		vmsa_write(&page, l->profile, &first);
	if (!page_done(&page, v->page_first, &v->first, e))
		return false;
	if (l->svsm)
		vmsa_write_svsm(&page, l->profile, signature, rip);
	else
		vmsa_write(&page, l->profile, &other);
	return page_done(&page, v->page_other, &v->other, e);
}

bool launch_vcpus(struct gctx *g, const struct launch *l, const struct launch_vmsas *v,
		  const struct launch_count *count, struct err *e)
{
	g->owner = "vcpu";
	for (unsigned i = 0; i < count->n; i++)
		if (!gctx_step(g, GCTX_VMSA, l->profile->vmsa_gpa, i ? &v->other : &v->first, e) ||
		    (count->told && !count->told(count->arg, i + 1, g->ld, e)))
			return false;
	return true;
}

static bool hashes_add(struct hash *h, const struct launch *l, struct err *e)
{
	owned(buf_free) struct buf table = BUF(KERNELHASH_TABLE);

	if (!l->ovmf->has_hashes)
		return no_place(e);
	kernelhash_write(&table, l->kernel);
	return buf_done(&table, "the table of kernel hashes", e) &&
	       hash_add(h, buf_bytes(&table), e);
}

struct hash *launch_sev_base(const struct launch *l, struct err *e)
{
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA256, e);

	if (!h || !hash_add(h, l->ovmf->image, e) || (l->kernel && !hashes_add(h, l, e)))
		return NULL;
	return take(h);
}

bool launch_sev_vcpu(struct hash *h, const struct launch_vmsas *v, unsigned i, struct err *e)
{
	return hash_add(h, bytes_of(i ? v->page_other : v->page_first, VMSA_SIZE), e);
}
