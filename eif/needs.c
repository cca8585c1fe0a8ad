#include "eif/needs.h"

#define ENCLAVE                                                                                  \
	KCONFIG_START, {"VIRTIO_MMIO", "virtio_mmio", "device of an enclave"},                   \
		{"NSM", "nsm", "security module, and so no attestation from inside"},            \
		{"VSOCKETS", "vsock", "way to the parent instance"},                             \
		{"VIRTIO_VSOCKETS", "vmw_vsock_virtio_transport", "way to the parent instance"}, \
		KCONFIG_MOUNTS

/* The last one is how the kernel learns where the devices are. */
static const struct kconfig_need x86_64[] = {
	ENCLAVE,
	{"VIRTIO_MMIO_CMDLINE_DEVICES", NULL, "device that the command line names is found"},
	{0},
};

static const struct kconfig_need arm[] = {
	ENCLAVE,
	{"OF", NULL, "device that the device tree names is found"},
	{0},
};

const struct kconfig_need *eif_kernel_needs(bool aarch64)
{
	return aarch64 ? arm : x86_64;
}
