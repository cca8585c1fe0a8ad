/*
 * One document of YAML as events, for the reader of YAML alone: scalars, and where lists and maps
 * begin and end. What no schema of ours allows is refused on the way: characters that readers
 * differ on, directives, anchors, aliases, tags, a second document, an empty file. libyaml is
 * behind this. Owned by the caller; yaml_source_free() takes the address and leaves NULL.
 */
#ifndef MEASURE_BASE_YAML_EVENT_H
#define MEASURE_BASE_YAML_EVENT_H

#include "measure/base/yaml_scalar.h"

enum yaml_event_kind { YAML_IS_SCALAR, YAML_IS_LIST, YAML_IS_MAP, YAML_IS_CLOSE };

struct yaml_event {
	enum yaml_event_kind kind;
	uint32_t line;
	struct yaml_scalar scalar; /* its text is gone with the next event, and may hold no NUL */
};

struct yaml_source;

/* The text is borrowed until the source is freed. */
must bool yaml_source_new(struct yaml_source **s, struct bytes text, struct err *e);
void yaml_source_free(struct yaml_source **s);

/* The caller knows by the events when the document is complete, and then asks for its end. */
must bool yaml_source_next(struct yaml_source *s, struct yaml_event *out, struct err *e);
must bool yaml_source_end(struct yaml_source *s, struct err *e);

#endif
