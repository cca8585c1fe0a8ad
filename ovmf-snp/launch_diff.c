#include "ovmf-snp/launch_diff.h"

#include "measure/base/hex.h"

bool launch_record_is(struct bytes head)
{
	return head.n > 0 && head.p[0] == '{' &&
	       memmem(head.p, head.n, LAUNCH_SCHEMA, strlen(LAUNCH_SCHEMA));
}

/* ---- files */

static void put_file(struct buf *out, const struct launch_file *f)
{
	if (!f->present) {
		buf_str(out, "none");
		return;
	}
	hex_put(out, digest_bytes(&f->sha256));
	buf_fmt(out, " (%llu bytes)", (unsigned long long)f->size);
}

/* The page of hashes is made of the others. */
static void differ_files(struct buf *out, const struct launch_record *a,
			 const struct launch_record *b)
{
	for (enum launch_part p = 0; p < LAUNCH_HASHES; p++) {
		if (launch_file_same(&a->file[p], &b->file[p]))
			continue;
		buf_fmt(out, "%s: ", launch_part_name(p));
		put_file(out, &a->file[p]);
		buf_str(out, " and ");
		put_file(out, &b->file[p]);
		buf_str(out, "\n");
	}
}

/* ---- rows */

static bool same_row(const struct launch_row *a, const struct launch_row *b)
{
	return a->profile == b->profile && a->signature == b->signature &&
	       a->features == b->features && a->vcpus == b->vcpus;
}

static bool has_row(const struct launch_record *r, const struct launch_row *row)
{
	for (size_t i = 0; i < r->n; i++)
		if (same_row(&r->row[i], row))
			return true;
	return false;
}

static void differ_one(struct buf *out, const struct launch_row *a, const struct launch_row *b)
{
	if (a->profile != b->profile)
		buf_fmt(out, "profile: %s and %s\n", a->profile->name, b->profile->name);
	if (a->signature != b->signature)
		buf_fmt(out, "vcpu_type: %s (0x%x) and %s (0x%x)\n", a->type ? a->type : "none",
			a->signature, b->type ? b->type : "none", b->signature);
	if (a->features != b->features)
		buf_fmt(out, "guest_features: 0x%llx and 0x%llx\n", (unsigned long long)a->features,
			(unsigned long long)b->features);
	if (a->vcpus != b->vcpus)
		buf_fmt(out, "vcpus: %u and %u\n", a->vcpus, b->vcpus);
}

static void only_in(struct buf *out, const struct launch_record *a, const struct launch_record *b,
		    const char *which)
{
	for (size_t i = 0; i < a->n; i++) {
		if (has_row(b, &a->row[i]))
			continue;
		launch_row_put(out, &a->row[i]);
		buf_fmt(out, ": only in the %s\n", which);
	}
}

static void differ_rows(struct buf *out, const struct launch_record *a,
			const struct launch_record *b)
{
	if (a->n == 1 && b->n == 1) {
		differ_one(out, &a->row[0], &b->row[0]);
		return;
	}
	only_in(out, a, b, "first");
	only_in(out, b, a, "second");
}

/* ---- where they part */

/* Has the first processor the same registers in both? A buf of one page has room for it. */
static bool same_registers(const struct launch_row *a, const struct launch_row *b)
{
	owned(buf_free) struct buf x = BUF(VMSA_SIZE), y = BUF(VMSA_SIZE);

	vmsa_write(&x, a->profile, &(struct vmsa){true, VMSA_BSP_EIP, a->signature, a->features});
	vmsa_write(&y, b->profile, &(struct vmsa){true, VMSA_BSP_EIP, b->signature, b->features});
	return bytes_equal(buf_bytes(&x), buf_bytes(&y));
}

/* Of one firmware image and the same hashes. */
static void part_rows(struct buf *out, const struct launch_row *a, const struct launch_row *b)
{
	const struct profile *p = a->profile, *q = b->profile;

	if (p->sec_mem_unmeasured != q->sec_mem_unmeasured)
		buf_str(out, "SEC_MEM: one profile measures zeros there, the other no content\n");
	else if (p->cpuid_last != q->cpuid_last)
		buf_str(out, "CPUID: one profile launches it behind all other sections\n");
	else if (p->vmsa_gpa != q->vmsa_gpa)
		buf_str(out, "vcpu 0: its page has another address\n");
	else if (a->vcpus != b->vcpus && same_registers(a, b))
		buf_fmt(out, "vcpu %u: only one of them has it\n",
			a->vcpus < b->vcpus ? a->vcpus : b->vcpus);
	else
		buf_str(out, "vcpu 0: its page has other registers\n");
}

static void part(struct buf *out, const struct launch_record *a, const struct launch_record *b)
{
	bool one = a->n == 1 && b->n == 1;

	if (one && digest_equal(&a->row[0].digest, &b->row[0].digest))
		return;
	if (!digest_equal(&a->firmware_ld, &b->firmware_ld))
		buf_str(out, "the launches part at firmware: its pages differ\n");
	else if (!launch_file_same(&a->file[LAUNCH_HASHES], &b->file[LAUNCH_HASHES]))
		buf_str(out, "the launches part at KERNEL_HASHES: the page of hashes differs\n");
	else if (one) {
		buf_str(out, "the launches part at ");
		part_rows(out, &a->row[0], &b->row[0]);
	}
}

void launch_record_diff(const struct launch_record *a, const struct launch_record *b,
			struct buf *out)
{
	part(out, a, b);
	differ_files(out, a, b);
	differ_rows(out, a, b);
	if (a->policy != b->policy)
		buf_fmt(out, "policy: 0x%llx and 0x%llx (no part of the digest)\n",
			(unsigned long long)a->policy, (unsigned long long)b->policy);
}
