#include "measure/core/part.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define DETAIL_MAX 512

static void part_release(struct part *p)
{
	free(p->name);
	free(p->detail);
	buf_free(&p->held);
	free(p);
}

struct part *part_new(struct part *parent, const char *name, uint64_t offset, uint64_t size,
		      struct err *e)
{
	struct part *p = own_new(sizeof(*p), e);

	if (!p)
		return NULL;
	p->name = own_string(name, e);
	if (!p->name) {
		part_release(p);
		return NULL;
	}
	p->offset = offset;
	p->size = size;
	p->parent = parent;
	if (parent && parent->last)
		parent->last->next = p;
	else if (parent)
		parent->child = p;
	if (parent)
		parent->last = p;
	return p;
}

bool part_detail(struct part *p, struct err *e, const char *format, ...)
{
	char text[DETAIL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	free(p->detail);
	p->detail = own_string(text, e);
	return p->detail != NULL;
}

/* Children are released before their parent by always descending first. */
void part_free(struct part **root)
{
	struct part *p = *root;

	while (p) {
		struct part *up;

		if (p->child) {
			struct part *down = p->child;

			p->child = NULL;
			p = down;
			continue;
		}
		up = p == *root ? NULL : p->next ? p->next : p->parent;
		part_release(p);
		p = up;
	}
	*root = NULL;
}

const struct part *part_walk(const struct part *p, unsigned *depth)
{
	if (p->child) {
		*depth += 1;
		return p->child;
	}
	while (p && !p->next) {
		p = p->parent;
		if (p)
			*depth -= 1;
	}
	return p ? p->next : NULL;
}
