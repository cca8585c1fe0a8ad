/*
 * What an enclave needs of its kernel: a way to the devices of the hypervisor, the security module
 * among them, and the file systems that its init mounts.
 */
#ifndef EIF_NEEDS_H
#define EIF_NEEDS_H

#include "measure/guest/kconfig.h"

const struct kconfig_need *eif_kernel_needs(bool aarch64);

#endif
