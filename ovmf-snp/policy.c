#include <stdarg.h>
#include <stdio.h>

#include "measure/base/hex.h"
#include "ovmf-snp/claims.h"
#include "ovmf-snp/tcb.h"

struct work {
	const struct snp_claims *c;
	const struct policy *p;
	struct verdict *v;
	bool faulty;
	struct err *e;
};

static void say(struct work *w, enum check_result result, enum reason r, const char *format, ...)
	ERR_FORMAT(4, 5);

static void say(struct work *w, enum check_result result, enum reason r, const char *format, ...)
{
	struct check *c = verdict_add(w->v, "policy", result, r);
	va_list args;

	w->faulty = w->faulty || result == CHECK_FAIL;
	va_start(args, format);
	vsnprintf(c->detail, sizeof(c->detail), format, args);
	va_end(args);
}

#define FAIL(w, ...) say(w, CHECK_FAIL, REASON_POLICY, __VA_ARGS__)
#define NOTE(w, ...) say(w, CHECK_WARN, REASON_POLICY, __VA_ARGS__)

/* ---- TCB */

static void at_least(struct work *w, const char *which, const struct tcb *has,
		     const struct tcb *floor)
{
	for (size_t i = 0; i < SNP_TCB_PARTS; i++) {
		const char *name = snp_tcb_parts[i].name;
		int least = snp_tcb_get(floor, i), is = snp_tcb_get(has, i);

		if (is >= least || least <= 0)
			continue;
		if (is < 0)
			say(w, CHECK_FAIL, REASON_TCB,
			    "%s of %s must be %d at least, and this product has none", name, which,
			    least);
		else
			say(w, CHECK_FAIL, REASON_TCB, "%s of %s is %d and must be %d at least",
			    name, which, is, least);
	}
}

static void check_floors(struct work *w)
{
	const char *product = w->c->product ? w->c->product->name : "";

	for (size_t i = 0; i < w->p->n_floors; i++)
		if (!w->p->floor[i].product || strcmp(w->p->floor[i].product, product) == 0)
			at_least(w, "REPORTED_TCB", &w->c->reported, &w->p->floor[i].tcb);
	at_least(w, "LAUNCH_TCB", &w->c->launch, &w->p->launch);
}

/* What AMD's bulletins name for this silicon, or that nothing of the kind is at hand. */
static void check_known_floors(struct work *w)
{
	const struct snp_report *r = &w->c->report;
	const uint8_t cpuid[3] = {r->cpuid_fam_id, r->cpuid_mod_id, r->cpuid_step};
	enum check_result result = w->p->known_floors == DEMAND_REQUIRE ? CHECK_FAIL : CHECK_WARN;
	const struct snp_floor *f;
	size_t i = 0, n = 0;

	if (w->p->known_floors == DEMAND_NONE)
		return;
	while ((f = snp_floor_next(cpuid, &i)) != NULL) {
		n++;
		for (size_t part = 0; part < SNP_TCB_PARTS; part++)
			if (snp_tcb_get(&w->c->reported, part) < snp_tcb_get(&f->tcb, part))
				say(w, result, REASON_TCB, "%s is %d, and %s demands %d",
				    snp_tcb_parts[part].name, snp_tcb_get(&w->c->reported, part),
				    f->source, snp_tcb_get(&f->tcb, part));
	}
	if (n == 0)
		say(w, result, REASON_TCB, "no floor known: no bulletin for %s is at hand",
		    w->c->product && r->version >= SNP_VERSION_CPUID
			    ? "this stepping"
			    : "a report that does not name its processor");
}

/* ---- the guest */

static void check_vmpl(struct work *w)
{
	uint32_t vmpl = w->c->report.vmpl;

	if (w->p->has_vmpl && vmpl != w->p->vmpl)
		FAIL(w, "the report was asked for at VMPL %u, and %u is demanded", vmpl,
		     w->p->vmpl);
	else if (!w->p->has_vmpl && vmpl != 0)
		NOTE(w,
		     "the report was asked for at VMPL %u: what runs at a lower number can read "
		     "and change this guest",
		     vmpl);
}

static const char *bit_name(const struct snp_bit *bits, unsigned i)
{
	while (bits->name && bits->bit != i)
		bits++;
	return bits->name ? bits->name : "no known name";
}

/* One check for each bit of `faulty`. */
static void fail_bits(struct work *w, const struct snp_bit *bits, uint64_t faulty,
		      const char *format)
{
	for (unsigned i = 0; i < 64; i++)
		if (faulty >> i & 1)
			FAIL(w, "bit %u (%s) of %s", i, bit_name(bits, i), format);
}

static void check_guest(struct work *w)
{
	const struct snp_report *r = &w->c->report;
	int major = (int)(r->policy >> 8 & 0xff), minor = (int)(r->policy & 0xff);

	fail_bits(w, snp_policy_bits, r->policy & w->p->guest_forbidden,
		  "POLICY is set and must not be");
	fail_bits(w, snp_policy_bits, ~r->policy & w->p->guest_required,
		  "POLICY is not set and must be");
	if (r->policy & SNP_POLICY_MIGRATE_MA & ~w->p->guest_forbidden)
		NOTE(w,
		     "a migration agent may move the guest: bit 18 (MIGRATE_MA) of POLICY is set");
	if (major < w->p->abi_major || (major == w->p->abi_major && minor < w->p->abi_minor))
		FAIL(w, "the guest demands ABI %d.%d, and must demand %d.%d at least", major, minor,
		     w->p->abi_major, w->p->abi_minor);
	if (w->p->has_guest_svn && r->guest_svn < w->p->guest_svn)
		FAIL(w, "GUEST_SVN is %u and must be %u at least", r->guest_svn, w->p->guest_svn);
}

/* A value that has to be among those listed, as hexadecimal in either case. */
static bool listed(struct work *w, const struct policy_list *l, const char *name, struct bytes is)
{
	owned(buf_free) struct buf hex = BUF(256);

	if (l->n == 0)
		return true;
	hex_put(&hex, is);
	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->text[i], buf_cstr(&hex)) == 0)
			return true;
	FAIL(w, "%s is %s, which is not among those accepted", name, buf_cstr(&hex));
	return buf_done(&hex, name, w->e);
}

static bool check_identity(struct work *w)
{
	const struct snp_report *r = &w->c->report;
	struct bytes id = bytes_of(r->id_key_digest, sizeof(r->id_key_digest));
	struct bytes author = bytes_of(r->author_key_digest, sizeof(r->author_key_digest));

	if ((w->p->id_block || w->p->id_keys.n > 0) && bytes_zero(id))
		FAIL(w, "ID_KEY_DIGEST is zero, and an ID block is demanded");
	if ((w->p->author_key || w->p->author_keys.n > 0) && !r->author_key_en)
		FAIL(w, "AUTHOR_KEY_EN is 0, and an author key is demanded");
	return listed(w, &w->p->id_keys, "ID_KEY_DIGEST", id) &&
	       listed(w, &w->p->author_keys, "AUTHOR_KEY_DIGEST", author) &&
	       listed(w, &w->p->image_ids, "IMAGE_ID", bytes_of(r->image_id, 16)) &&
	       listed(w, &w->p->family_ids, "FAMILY_ID", bytes_of(r->family_id, 16)) &&
	       listed(w, &w->p->report_ids, "REPORT_ID", bytes_of(r->report_id, 32)) &&
	       listed(w, &w->p->report_ids_ma, "REPORT_ID_MA", bytes_of(r->report_id_ma, 32)) &&
	       listed(w, &w->p->chip_ids, "CHIP_ID", bytes_of(r->chip_id, 64));
}

/* ---- the platform */

static void check_platform(struct work *w)
{
	uint64_t info = w->c->report.platform_info, unknown = info & ~snp_platform_known();

	if (w->p->has_platform) {
		fail_bits(w, snp_platform_bits, info & ~w->p->platform_allowed,
			  "PLATFORM_INFO is set and not among those accepted");
		fail_bits(w, snp_platform_bits, ~info & w->p->platform_required,
			  "PLATFORM_INFO is not set and must be");
	} else if (unknown) {
		NOTE(w, "PLATFORM_INFO has bits set whose meaning is not known here: 0x%llx",
		     (unsigned long long)unknown);
	}
}

/* Numbers of a firmware's version, the first that differs decides; -1 is not demanded. */
static bool older(const struct snp_firmware *f, const struct policy *p)
{
	int is[3] = {f->major, f->minor, f->build};
	int least[3] = {p->firmware_major, p->firmware_minor, p->firmware_build};

	for (unsigned i = 0; i < 3; i++) {
		if (least[i] < 0)
			continue;
		if (is[i] != least[i])
			return is[i] < least[i];
	}
	return false;
}

static bool same_firmware(const struct snp_firmware *a, const struct snp_firmware *b)
{
	return a->major == b->major && a->minor == b->minor && a->build == b->build;
}

static void check_firmware(struct work *w)
{
	const struct snp_report *r = &w->c->report;
	const struct snp_firmware *now = &r->current, *kept = &r->committed;
	enum check_result result = w->p->provisional == DEMAND_REQUIRE ? CHECK_FAIL : CHECK_WARN;

	if (older(now, w->p))
		FAIL(w, "the firmware is %u.%u.%u, older than is demanded", now->major, now->minor,
		     now->build);
	if (w->p->provisional == DEMAND_NONE ||
	    (same_firmware(now, kept) && r->current_tcb == r->committed_tcb))
		return;
	if (same_firmware(now, kept))
		say(w, result, REASON_POLICY,
		    "the firmware is provisional: COMMITTED_TCB, to which the machine can go back, "
		    "is not CURRENT_TCB");
	else
		say(w, result, REASON_POLICY,
		    "the firmware is provisional: %u.%u.%u runs, and the machine can go back to "
		    "%u.%u.%u",
		    now->major, now->minor, now->build, kept->major, kept->minor, kept->build);
}

static void check_mitigations(struct work *w)
{
	const struct snp_report *r = &w->c->report;
	static const struct snp_bit nameless[] = {{0, NULL}};

	if (!w->p->has_mitigations)
		return;
	if (r->version < SNP_VERSION_MITIGATION)
		FAIL(w, "a report of version %u names no mitigations, and some are demanded",
		     r->version);
	fail_bits(w, nameless, w->p->mitigations & ~r->current_mit_vector,
		  "CURRENT_MIT_VECTOR is not set and must be");
	fail_bits(w, nameless, w->p->launch_mitigations & ~r->launch_mit_vector,
		  "LAUNCH_MIT_VECTOR is not set and must be");
}

bool snp_policy(const struct claims *c, const struct policy *p, struct verdict *v, struct err *e)
{
	struct work w = {.c = snp_claims(c), .p = p, .v = v, .e = e};

	check_vmpl(&w);
	check_guest(&w);
	if (!check_identity(&w))
		return false;
	check_platform(&w);
	check_firmware(&w);
	check_mitigations(&w);
	check_floors(&w);
	check_known_floors(&w);
	if (!w.faulty)
		verdict_add(v, "policy", CHECK_PASS, REASON_NONE);
	return true;
}
