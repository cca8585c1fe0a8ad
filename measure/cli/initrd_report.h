/*
 * What is told of a ramdisk, or a root image, that was made: digests, what of an image was proved,
 * what was made and what was left out.
 */
#ifndef MEASURE_CLI_INITRD_REPORT_H
#define MEASURE_CLI_INITRD_REPORT_H

#include "measure/cli/cli.h"
#include "measure/core/initrd.h"
#include "measure/core/rootimage.h"
#include "measure/guest/start.h"

/* Into the text of c, or the members of a, with warnings. */
must bool initrd_report(const struct initrd *i, const struct initrd_request *q, struct cli *c,
			struct answer *a, struct err *e);

/* The members "rootfs" and "dropped" alone, with a warning about what was dropped. */
void initrd_report_rootfs(const struct rootfs *r, struct answer *a);

/* What was dropped, a line for each. */
void initrd_report_dropped(const struct rootfs *r, struct buf *text);

/* The member "root" of a root image. */
void initrd_report_rootimage(const struct rootimage *made, struct json_out *w);

/* The members "init" and "modules". own: the program was given. */
void initrd_report_start(const struct start *s, bool own, struct json_out *w);

#endif
