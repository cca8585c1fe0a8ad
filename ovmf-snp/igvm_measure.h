/*
 * Launch digests of IGVM files. A file does not say everything: those who start guests from it, and
 * those who compute what that gives, differ, and so each is a profile. Constant data.
 * Sources: igvmmeasure of coconut-svsm/svsm (f4bc4bcd); the measurements of microsoft/igvm
 * (e6c3ff1), by which Hyper-V's images are made; QEMU's backends/igvm.c with what KVM does to the
 * processors.
 * MRTD: Intel TDX Module Base Architecture Specification, 348549, chapter 12.2.1.
 */
#ifndef OVMF_SNP_IGVM_MEASURE_H
#define OVMF_SNP_IGVM_MEASURE_H

#include "measure/core/digest.h"
#include "ovmf-snp/igvm.h"

struct igvm_profile {
	const char *name; /* "qemu" */
	const char *summary;
	unsigned platforms; /* which can be measured: 1 << IGVM_SNP */
	bool native_zero; /* knows that option */
	bool holds_back; /* pages go in runs, which parameter areas overtake */
	bool insert_once; /* a parameter area is one page, however large */
	bool large_once; /* a page of 2 MiB is one page */
	bool skips_shared;
	bool needs_policy; /* for SNP */
	bool all_contexts; /* whatever their compatibility mask */
	bool kvm; /* contexts come last and as KVM has them; only what QEMU loads is taken */
};

/*
 * Of large_once: for QEMU it is what confidential-dot-ai/igvm-tools (c26e9fc) computes; KVM's
 * source launches such a page as 512 small ones. igvm_is_large() tells that it matters.
 */

/* Ends with a name that is NULL. The first that measures a platform is the one to take. */
extern const struct igvm_profile igvm_profiles[];
extern const char *const igvm_profile_names[]; /* for tables of options, NULL-terminated */
const struct igvm_profile *igvm_profile_find(const char *name);
const struct igvm_profile *igvm_profile_for(enum igvm_platform platform);

struct igvm_guest {
	const struct igvm *file;
	enum igvm_platform platform;
	const struct igvm_profile *profile;
	bool native_zero; /* pages without data are of type ZERO */
};

/*
 * The profile of a guest whose platform is set: by its name, or, NULL, the one to take. usage: it
 * is not known, or native_zero means nothing to it.
 */
must bool igvm_guest_by(struct igvm_guest *g, const char *profile, bool native_zero, struct err *e);

/*
 * SHA-384: the launch digest of SNP, MRTD of TDX; SHA-256 for SEV and SEV-ES. Refused (igvm): a
 * file that is not for the platform, or that this profile starts no guest from.
 */
must bool igvm_measure(const struct igvm_guest *guest, struct digest *out, struct err *e);

/* Does the platform's guest have pages of 2 MiB? */
bool igvm_is_large(const struct igvm *g, enum igvm_platform platform);

#endif
