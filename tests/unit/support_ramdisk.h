/*
 * Trees and archives of ramdisks for tests: a tree whose files' bytes are strings, what the writer
 * makes of it, and entries put together by another hand than the writer's.
 */
#ifndef TESTS_UNIT_SUPPORT_RAMDISK_H
#define TESTS_UNIT_SUPPORT_RAMDISK_H

#include "measure/core/cpio.h"

#define SCENE_FILES 32u

struct scene {
	struct tree *tree;
	const char *text[SCENE_FILES]; /* of file i; the inode's source */
	uint32_t n;
	const char *open; /* what is left of the file that is being read */
	size_t left;
	struct buf out;
	bool refuse; /* put() fails */
};

void scene_new(struct scene *s);
void scene_free(struct scene *s);

/* A new name below folders that stand there; what it holds is a file's text or a link's target. */
struct tree_node *scene_add(struct scene *s, const char *path, uint32_t mode, const char *holds);
struct tree_node *scene_link(struct scene *s, const char *path, const struct tree_node *of);
struct tree_node *scene_device(struct scene *s, const char *path, uint32_t mode, uint32_t major,
			       uint32_t minor);

/* Into s->out, which is emptied before. */
bool scene_write(struct scene *s, const struct cpio_rule *rule, struct digest *content,
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
