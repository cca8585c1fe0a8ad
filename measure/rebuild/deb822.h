/*
 * deb822(5): paragraphs of fields, parted by an empty line, read from a stream one by one, so that
 * memory is that of a paragraph. Strict: no comments, no control characters, no field twice in a
 * paragraph, no line of blanks alone.
 */
#ifndef MEASURE_REBUILD_DEB822_H
#define MEASURE_REBUILD_DEB822_H

#include "measure/core/stream.h"

#define DEB822_PARAGRAPH_MAX (8u << 20) /* bytes */
#define DEB822_FIELDS_MAX 128u

struct deb822;

/* The stream is borrowed, and read to its end. Released by deb822_free(). */
must struct deb822 *deb822_new(struct stream *in, struct err *e);
void deb822_free(struct deb822 **d);

/* The next paragraph, or *end. Errors: package-list, limit. */
must bool deb822_next(struct deb822 *d, bool *end, struct err *e);

/* Where the paragraph begins in the stream. */
uint64_t deb822_at(const struct deb822 *d);

/*
 * The value of a field of this paragraph, borrowed until the next: without blanks around it, lines
 * of a long one still behind their line feed and blank. p is NULL when there is no such field;
 * capitals in names do not count.
 */
struct bytes deb822_get(const struct deb822 *d, const char *name);

/* The same of one that must be there, in one line and not empty. */
must bool deb822_need(const struct deb822 *d, const char *name, struct bytes *value, struct err *e);

/* The only paragraph of something small; package-list when there is none, or another. */
must bool deb822_only(struct deb822 *d, struct err *e);

/* Takes the next word off a value, or the next line; false at its end. Empty lines are none. */
bool deb822_word(struct bytes *value, struct bytes *word);
bool deb822_line(struct bytes *value, struct bytes *line);

#endif
