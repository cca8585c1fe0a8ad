/*
 * The metadata section: JSON, unmeasured, mandatory since version 4. Written as the reference
 * builder writes it (serde_json: compact, fixed key order, free values with keys sorted
 * bytewise, numbers respelt); read strictly: one object without repeated keys, with ImageName,
 * ImageVersion, BuildMetadata {BuildTime, BuildTool, BuildToolVersion, OperatingSystem,
 * KernelVersion} as strings, and DockerInfo and CustomMetadata as anything. Further keys are
 * allowed, as the reference reader allows them.
 * Source: aws-nitro-enclaves-image-format, src/defs/mod.rs (EifIdentityInfo), crate 0.5.
 */
#ifndef EIF_METADATA_H
#define EIF_METADATA_H

#include "measure/base/json.h"

#define EIF_METADATA_MAX (256u * 1024) /* bytes of a section */
#define EIF_CUSTOM_MAX 4096u /* bytes of a custom metadata file, the builder's own limit */

struct eif_metadata {
	const char *image_name, *image_version;
	const char *build_time, *build_tool, *build_tool_version;
	const char *operating_system, *kernel_version;
	struct bytes docker_info, custom_metadata; /* JSON texts; empty means null */
};

/*
 * Check a section's bytes; base is their offset in the file. *j is the caller's to free and does
 * not point into the section. Errors: metadata and metadata-number, naming the field; json,
 * trailing, limit. The caller says which section it is.
 */
must bool eif_metadata_read(struct json *j, struct bytes section, uint64_t base, struct err *e);

/*
 * Appends the section's bytes; what it writes, eif_metadata_read accepts. Strings must be UTF-8
 * (usage), the free values JSON (json, trailing, metadata-number, with offsets in their texts).
 */
must bool eif_metadata_write(struct buf *out, const struct eif_metadata *m, struct err *e);

/*
 * Operating system and kernel version from a kernel configuration file, as the reference builder
 * takes them: third line (usage when there is none, or it is not UTF-8 or holds a NUL), split at
 * ' ', '/' and '-', words 1 and 3 counted from 0, "Unknown" where there is none. Appended to the
 * bufs.
 */
must bool eif_kernel_config(struct bytes config, struct buf *os, struct buf *kernel, struct err *e);

/*
 * A node as serde_json prints it after reading it: keys sorted bytewise, integers of 64 bits kept,
 * all else a double in its shortest spelling, "1000.0", "-0.0", "1e-7". Refused (metadata-number)
 * is every number of which releases and features of serde_json make different texts: more than 15
 * significant digits; a double that its fast reader rounds wrongly; one of 1e16 or more (1e16 until
 * 1.0.146, 1e+16 since); one below the least normal double.
 */
must bool eif_serde_out(struct json_out *w, const struct json *j, const struct json_node *node,
			struct err *e);

/*
 * Can serde_json read every number in the node at all? Those over the range of a double it cannot
 * (metadata-number).
 */
must bool eif_serde_reads(const struct json *j, const struct json_node *node, struct err *e);

#endif
