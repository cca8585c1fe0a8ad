/*
 * Trees and archives of ramdisks for tests: a tree whose files' bytes are strings, what the writer
 * makes of it, and entries put together by another hand than the writer's.
 */
#ifndef TESTS_UNIT_SUPPORT_RAMDISK_H
#define TESTS_UNIT_SUPPORT_RAMDISK_H

#include "measure/core/cpio.h"

#define SCENE_FILES 32u

struct disk {
	struct tree *tree;
	const char *text[SCENE_FILES]; /* of file i; the inode's source */
	uint32_t n;
	const char *open; /* what is left of the file that is being read */
	size_t left;
	struct buf out;
	bool refuse; /* put() fails */
};

void disk_new(struct disk *s);
void disk_free(struct disk *s);

/* A new name below folders that stand there; what it holds is a file's text or a link's target. */
struct tree_node *disk_add(struct disk *s, const char *path, uint32_t mode, const char *holds);
struct tree_node *disk_link(struct disk *s, const char *path, const struct tree_node *of);
struct tree_node *disk_device(struct disk *s, const char *path, uint32_t mode, uint32_t major,
			      uint32_t minor);

/* Into s->out, which is emptied before. */
bool disk_write(struct disk *s, const struct cpio_rule *rule, struct digest *content,
		struct err *e);

/*
 * One entry by its thirteen fields as they stand in a header, blanks between them for the reader;
 * the name with its NUL; the body; zeros up to a multiple of four behind both.
 */
void archive_put(struct buf *to, const char *fields, const char *name, const char *body, size_t n);

/* The same by values; what is 0 of name_size and size is counted. Names may hold NULs: see n. */
struct forged {
	struct cpio_fields fields;
	const char *name;
	size_t name_n; /* 0: a C string */
	const char *body;
	size_t n; /* 0: a C string */
	const char *magic; /* NULL: "070701" */
};
void archive_forge(struct buf *to, const struct forged *x);
void archive_trailer(struct buf *to);

#endif
