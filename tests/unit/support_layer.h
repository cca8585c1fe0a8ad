/*
 * Layers from text, applied to trees. A line is an entry, its fields parted by single spaces:
 *
 *	d NAME			a folder; the root is "."
 *	f NAME CONTENT		a file; CONTENT may be missing
 *	l NAME TARGET		a symbolic link
 *	h NAME TARGET		a hard link
 *	c NAME MAJOR,MINOR	a device; b as well
 *	p NAME			a fifo
 *	x NAME			an extended attribute for the next entry
 *
 * The letter may be followed by a mode in octal and then by @UID.
 */
#ifndef TESTS_UNIT_SUPPORT_LAYER_H
#define TESTS_UNIT_SUPPORT_LAYER_H

#include "measure/core/layer.h"

/* The archive that the lines are. */
void layer_tar(struct buf *out, const char *lines);

/* Apply it; rule->number says as which. What files hold is found in `spool` at their `at`. */
must bool layer_put(struct tree *t, const char *lines, struct layer_rule rule, struct buf *spool,
		    struct err *e);

/* The same of an archive that is there. */
must bool layer_read(struct tree *t, struct stream *archive, struct layer_rule rule,
		     struct buf *spool, struct err *e);

/* As such lines, sorted; "i NAME" is a folder that is implied, " #N" ends those of N names. */
must bool layer_text(struct tree *t, const struct buf *spool, struct buf *out, struct err *e);

#endif
