/*
 * What differs between two images, and through which sections their registers do: down to the
 * member of the metadata, the file in a ramdisk and the byte in it. At the end the differences
 * that were told are undone in the first image and its registers computed once more; when they
 * become those of the second, nothing else was the cause.
 */
#ifndef EIF_DIFF_H
#define EIF_DIFF_H

#include "measure/base/file.h"
#include "measure/core/differences.h"

/*
 * Of two seekable files. An image whose signature alone is wrong is compared all the same. Errors:
 * those of reading an image, with its name as the subject.
 */
must bool eif_diff(struct file *a, struct file *b, struct differences *f, struct err *e);

#endif
