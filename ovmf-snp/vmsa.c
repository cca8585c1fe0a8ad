#include "ovmf-snp/vmsa.h"

#include <strings.h>

#include "ovmf-snp/gctx.h"

#define PAT 0x0007040600070406ull /* at reset */
#define PAT_GCE 0x0000000000070106ull
#define MXCSR 0x1f80u
#define FCW 0x037fu
#define RDX_MONITOR 0x600u

const struct profile profiles[] = {
	{
		.name = "qemu",
		.summary = "QEMU with KVM of Linux 6.9 or later",
		.vmm = "QEMU",
		.newest = true,
		.cs_bsp = 0x9b,
		.cs_ap = 0x9b,
		.ss = 0x93,
		.tr = 0x8b,
		.signature_in_rdx = true,
		.mxcsr = MXCSR,
		.fcw = FCW,
		.g_pat = PAT,
		.vmsa_gpa = GCTX_VMSA_GPA,
	},
	{
		.name = "qemu-legacy",
		.summary = "QEMU with KVM before Linux 6.9",
		.vmm = "QEMU",
		.cs_bsp = 0x9b,
		.cs_ap = 0x9b,
		.ss = 0x93,
		.tr = 0x8b,
		.signature_in_rdx = true,
		.g_pat = PAT,
		.vmsa_gpa = GCTX_VMSA_GPA,
	},
	{
		.name = "ec2",
		.summary = "Amazon EC2, as observed since 2026-05",
		.vmm = "ec2",
		.newest = true,
		.cs_bsp = 0x9a,
		.cs_ap = 0x9b,
		.ss = 0x92,
		.tr = 0x83,
		.rdx = RDX_MONITOR,
		.g_pat = PAT,
		.vmsa_gpa = GCTX_VMSA_GPA,
		.cpuid_last = true,
	},
	{
		.name = "ec2-legacy",
		.summary = "Amazon EC2, as observed before 2026-05",
		.vmm = "ec2",
		.cs_bsp = 0x9a,
		.cs_ap = 0x9b,
		.ss = 0x92,
		.tr = 0x83,
		.g_pat = PAT,
		.vmsa_gpa = GCTX_VMSA_GPA,
		.cpuid_last = true,
	},
	{
		.name = "gce",
		.summary = "Google Compute Engine on Milan",
		.vmm = "gce",
		.newest = true,
		.cs_bsp = 0x9b,
		.cs_ap = 0x9b,
		.ss = 0x93,
		.tr = 0x8b,
		.rdx = RDX_MONITOR,
		.g_pat = PAT_GCE,
		.vmsa_gpa = GCTX_VMSA_GPA,
		.sec_mem_unmeasured = true,
	},
	{
		.name = "gce-genoa",
		.summary = "Google Compute Engine on Genoa",
		.vmm = "gce",
		.cs_bsp = 0x9b,
		.cs_ap = 0x9b,
		.ss = 0x93,
		.tr = 0x8b,
		.rdx = RDX_MONITOR,
		.g_pat = PAT_GCE,
		.vmsa_gpa = GCTX_VMSA_GPA_52,
		.sec_mem_unmeasured = true,
	},
	{0},
};

const struct profile *profile_find(const char *name)
{
	for (const struct profile *p = profiles; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

const struct profile *profile_of_vmm(const char *vmm)
{
	for (const struct profile *p = profiles; p->name; p++)
		if (p->newest && strcasecmp(p->vmm, vmm) == 0)
			return p;
	return NULL;
}

/* ---- the page */

#define VMSA_CR0_PE 0x11u

struct segment {
	uint16_t selector, attributes;
	uint32_t limit;
	uint64_t base;
};

/* All that is not zero in one of these pages, in the order of the page. */
struct state {
	struct segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint64_t cr0, rip, rdx, g_pat, features;
	uint32_t mxcsr;
	uint16_t fcw;
};

static void le(struct buf *out, uint64_t x, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_u8(out, (uint8_t)(x >> (8 * i)));
}

static void at(struct buf *out, size_t start, size_t offset, uint64_t x, unsigned n)
{
	buf_zero(out, start + offset - out->n);
	le(out, x, n);
}

static void segment_write(struct buf *out, const struct segment *s)
{
	le(out, s->selector, 2);
	le(out, s->attributes, 2);
	le(out, s->limit, 4);
	le(out, s->base, 8);
}

static void state_write(struct buf *out, const struct state *s)
{
	const struct segment *const segments[] = {&s->es, &s->cs,   &s->ss,   &s->ds,	&s->fs,
						  &s->gs, &s->gdtr, &s->ldtr, &s->idtr, &s->tr};
	size_t start = out->n;

	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++)
		segment_write(out, segments[i]);
	at(out, start, 0x0d0, 0x1000, 8); /* EFER: SVME */
	at(out, start, 0x148, 0x40, 8); /* CR4: MCE */
	at(out, start, 0x158, s->cr0, 8);
	at(out, start, 0x160, 0x400, 8); /* DR7 */
	at(out, start, 0x168, 0xffff0ff0, 8); /* DR6 */
	at(out, start, 0x170, 0x2, 8); /* RFLAGS */
	at(out, start, 0x178, s->rip, 8);
	at(out, start, 0x268, s->g_pat, 8);
	at(out, start, 0x310, s->rdx, 8);
	at(out, start, 0x3b0, s->features, 8);
	at(out, start, 0x3e8, 0x1, 8); /* XCR0 */
	at(out, start, 0x408, s->mxcsr, 4);
	at(out, start, 0x410, s->fcw, 2);
	buf_zero(out, start + VMSA_SIZE - out->n);
}

void vmsa_write(struct buf *out, const struct profile *p, const struct vmsa *v)
{
	const struct segment data = {.attributes = 0x93, .limit = 0xffff};
	const struct segment table = {.limit = 0xffff};
	struct state s = {
		.es = data,
		.cs = {0xf000, v->first ? p->cs_bsp : p->cs_ap, 0xffff, v->eip & 0xffff0000},
		.ss = {0, p->ss, 0xffff, 0},
		.ds = data,
		.fs = data,
		.gs = data,
		.gdtr = table,
		.ldtr = {0, 0x82, 0xffff, 0},
		.idtr = table,
		.tr = {0, p->tr, 0xffff, 0},
		.cr0 = 0x10,
		.rip = v->eip & 0xffff,
		.rdx = p->signature_in_rdx ? v->signature : p->rdx,
		.g_pat = p->g_pat,
		.features = v->features,
		.mxcsr = p->mxcsr,
		.fcw = p->fcw,
	};

	state_write(out, &s);
}

void vmsa_write_svsm(struct buf *out, const struct profile *p, uint32_t signature, uint64_t rip)
{
	const struct segment data = {0x10, 0xc93, 0xffffffff, 0};
	const struct segment table = {.limit = 0xffff};
	struct state s = {
		.es = data,
		.cs = {0x8, 0xc9b, 0xffffffff, 0},
		.ss = data,
		.ds = data,
		.fs = data,
		.gs = {0, 0x93, 0xffff, 0},
		.gdtr = table,
		.ldtr = {0, 0x82, 0xffff, 0},
		.idtr = table,
		.tr = {0, p->tr, 0xffff, 0},
		.cr0 = VMSA_CR0_PE,
		.rip = rip,
		.rdx = signature,
		.g_pat = p->g_pat,
		.features = VMSA_FEATURES_DEFAULT,
		.mxcsr = p->mxcsr,
		.fcw = 0, /* as the one tool that measures these guests has it */
	};

	state_write(out, &s);
}

const char *vmsa_feature(unsigned bit)
{
	static const char *const names[] = {
		"SNPActive",
		"vTOM",
		"ReflectVC",
		"RestrictedInjection",
		"AlternateInjection",
		"DebugSwap",
		"PreventHostIBS",
		"BTBIsolation",
		"VmplSSS",
		"SecureTSC",
		"VmgexitParameter",
		NULL,
		"IbsVirt",
		NULL,
		"VmsaRegProt",
		"SmtProtection",
	};

	return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : NULL;
}
