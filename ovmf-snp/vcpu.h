/*
 * Types of processors by the names that QEMU gives them, and the signatures (CPUID leaf 1, EAX)
 * that these have: QEMU puts the signature into a register that is measured. Constant data.
 * Source: QEMU target/i386/cpu.c, builtin_x86_defs, 10.1; AMD APM volume 3, appendix E.3.2.
 */
#ifndef OVMF_SNP_VCPU_H
#define OVMF_SNP_VCPU_H

#include "measure/base/bytes.h"
#include "measure/base/err.h"
#include "measure/base/own.h"

struct vcpu_type {
	const char *name; /* "EPYC-v4" */
	uint32_t signature;
};

/* Ends with a name that is NULL; one signature has several names. */
extern const struct vcpu_type vcpu_types[];

/* In whatever case it is written; usage, with the nearest as hint. */
must bool vcpu_find(const char *name, const struct vcpu_type **out, struct err *e);

/* From family, model and stepping: 0 to 270, 255, 15 (usage). */
must bool vcpu_signature(uint64_t family, uint64_t model, uint64_t stepping, uint32_t *out,
			 struct err *e);

/* The name of the first type with that signature, or NULL. */
const char *vcpu_name(uint32_t signature);

#endif
