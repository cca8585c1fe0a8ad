/*
 * The disk with the root image, opened so that the kernel gives no byte which the root hash of the
 * command line does not bind (dm-verity).
 */
#ifndef OVMF_SNP_INIT_VERITY_H
#define OVMF_SNP_INIT_VERITY_H

/*
 * The device to mount, "/dev/dm-0" say. What stops it is the end: a command line without the words
 * of root_words.h, a disk that does not come, a kernel without dm-verity. A block that is not what
 * the root hash binds restarts the machine, whenever it is read.
 */
const char *verity_open(void);

#endif
