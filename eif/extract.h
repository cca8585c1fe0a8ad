/*
 * The parts of an image as a tree, and as files in a folder: kernel, cmdline, ramdisk0, ramdisk1
 * ..., metadata.json, and of a signed image signature.cbor (the section), certificate.pem (as
 * embedded) and signature.raw (r||s). The names are ours; nothing from the file chooses a path.
 */
#ifndef EIF_EXTRACT_H
#define EIF_EXTRACT_H

#include "eif/image.h"
#include "measure/core/part.h"

must bool eif_describe(struct file *f, struct part **root, struct err *e);

/*
 * folder must exist. The image is read strictly before the first file is written, and what is
 * copied is compared with what was read (file-changed). All files are finished before the first is
 * visible; when one cannot be, none of the new ones stays. A file of the same name is replaced, but
 * not the image itself (usage).
 */
must bool eif_extract(struct file *f, const char *folder, struct err *e);

#endif
