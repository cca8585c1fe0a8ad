#include "eif/metadata.h"

#include "measure/base/text.h"

enum field { IMAGE_NAME, IMAGE_VERSION, BUILD_METADATA, DOCKER_INFO, CUSTOM_METADATA, FIELDS };

static const char *const fields[FIELDS] = {
	[IMAGE_NAME] = "ImageName",	      [IMAGE_VERSION] = "ImageVersion",
	[BUILD_METADATA] = "BuildMetadata",   [DOCKER_INFO] = "DockerInfo",
	[CUSTOM_METADATA] = "CustomMetadata",
};

enum build_field { BUILD_TIME, BUILD_TOOL, BUILD_TOOL_VERSION, OS, KERNEL, BUILD_FIELDS };

static const char *const build_fields[BUILD_FIELDS] = {
	[BUILD_TIME] = "BuildTime",
	[BUILD_TOOL] = "BuildTool",
	[BUILD_TOOL_VERSION] = "BuildToolVersion",
	[OS] = "OperatingSystem",
	[KERNEL] = "KernelVersion",
};

static bool need_type(const struct json_node *node, enum json_type type, const char *what,
		      struct err *e)
{
	return node->type == type ||
	       err_at(e, REASON_METADATA, node->offset, "%s needs %s, found %s", what,
		      json_type_name(type), json_type_name(node->type));
}

static bool need_member(const struct json *j, const struct json_node *object, const char *key,
			const struct json_node **out, struct err *e)
{
	*out = json_member(j, object, key);
	return *out || err_at(e, REASON_METADATA, object->offset, "%s is missing", key);
}

static bool need_string(const struct json *j, const struct json_node *object, const char *key,
			struct err *e)
{
	const struct json_node *node;

	return need_member(j, object, key, &node, e) && need_type(node, JSON_STRING, key, e);
}

static bool check_build(const struct json *j, struct err *e)
{
	const char *name = fields[BUILD_METADATA];
	const struct json_node *build;

	if (!need_member(j, j->nodes, name, &build, e) || !need_type(build, JSON_OBJECT, name, e))
		return false;
	for (unsigned i = 0; i < BUILD_FIELDS; i++)
		if (!need_string(j, build, build_fields[i], e))
			return err_in(e, "%s", name);
	return true;
}

static bool check_free(const struct json *j, enum field field, struct err *e)
{
	const struct json_node *node;

	if (!need_member(j, j->nodes, fields[field], &node, e))
		return false;
	return eif_serde_reads(j, node, e) || err_in(e, "%s", fields[field]);
}

static bool check(const struct json *j, struct err *e)
{
	if (j->nodes->type != JSON_OBJECT)
		return err_at(e, REASON_METADATA, j->nodes->offset, "needs an object, found %s",
			      json_type_name(j->nodes->type));
	return need_string(j, j->nodes, fields[IMAGE_NAME], e) &&
	       need_string(j, j->nodes, fields[IMAGE_VERSION], e) && check_build(j, e) &&
	       check_free(j, DOCKER_INFO, e) && check_free(j, CUSTOM_METADATA, e);
}

bool eif_metadata_read(struct json *j, struct bytes section, uint64_t base, struct err *e)
{
	owned(json_free) struct json made = {0};

	if (section.n > EIF_METADATA_MAX)
		return err_at(e, REASON_LIMIT, base, "needs at most %u bytes, found %zu",
			      EIF_METADATA_MAX, section.n);
	if (!json_read(&made, section, base, e) || !check(&made, e))
		return false;
	*j = take(made);
	return true;
}

static bool put_string(struct json_out *w, const char *key, const char *value, struct err *e)
{
	struct bytes text = bytes_str(value);
	size_t bad = text_utf8_bad(text);

	if (bad < text.n)
		return err_set(e, REASON_USAGE, "%s needs UTF-8, found byte 0x%02x at %zu", key,
			       text.p[bad], bad);
	json_key(w, key);
	json_string(w, text);
	return true;
}

static bool put_build(struct json_out *w, const struct eif_metadata *m, struct err *e)
{
	const char *const values[BUILD_FIELDS] = {
		[BUILD_TIME] = m->build_time,
		[BUILD_TOOL] = m->build_tool,
		[BUILD_TOOL_VERSION] = m->build_tool_version,
		[OS] = m->operating_system,
		[KERNEL] = m->kernel_version,
	};

	json_key(w, fields[BUILD_METADATA]);
	json_open(w, '{');
	for (unsigned i = 0; i < BUILD_FIELDS; i++)
		if (!put_string(w, build_fields[i], values[i], e))
			return false;
	json_close(w, '}');
	return true;
}

static bool put_free(struct json_out *w, enum field field, struct bytes text, struct err *e)
{
	owned(json_free) struct json j = {0};

	json_key(w, fields[field]);
	if (text.n == 0) {
		json_null(w);
		return true;
	}
	return (json_read(&j, text, 0, e) && eif_serde_out(w, &j, j.nodes, e)) ||
	       err_in(e, "%s", fields[field]);
}

static bool put_all(struct json_out *w, const struct eif_metadata *m, struct err *e)
{
	json_open(w, '{');
	if (!put_string(w, fields[IMAGE_NAME], m->image_name, e) ||
	    !put_string(w, fields[IMAGE_VERSION], m->image_version, e) || !put_build(w, m, e) ||
	    !put_free(w, DOCKER_INFO, m->docker_info, e) ||
	    !put_free(w, CUSTOM_METADATA, m->custom_metadata, e))
		return false;
	json_close(w, '}');
	return true;
}

/* Limits of the whole (bytes, values, depth) are met by reading it back. */
bool eif_metadata_write(struct buf *out, const struct eif_metadata *m, struct err *e)
{
	struct json_out w = json_out(out, false);
	owned(json_free) struct json again = {0};
	size_t start = out->n;

	if (!put_all(&w, m, e) || !buf_done(out, "metadata", e))
		return false;
	return eif_metadata_read(&again, bytes_of(out->p + start, out->n - start), 0, e) ||
	       err_in(e, "metadata");
}

/* Takes the next line, ended by LF or CR LF or the end of the text; false when nothing is left. */
static bool take_line(struct bytes *text, struct bytes *line)
{
	const uint8_t *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
	size_t n = end ? (size_t)(end - text->p) : text->n;

	if (text->n == 0)
		return false;
	*line = bytes_of(text->p, n > 0 && end && text->p[n - 1] == '\r' ? n - 1 : n);
	n += end != NULL;
	*text = bytes_of(text->p + n, text->n - n);
	return true;
}

/* The word with that number among those between ' ', '/' and '-'; empty ones count. */
static struct bytes word_of(struct bytes line, unsigned number)
{
	size_t start = 0;

	for (size_t i = 0; i <= line.n; i++) {
		if (i < line.n && line.p[i] != ' ' && line.p[i] != '/' && line.p[i] != '-')
			continue;
		if (number-- == 0)
			return bytes_of(line.p + start, i - start);
		start = i + 1;
	}
	return bytes_str("Unknown");
}

/* Where UTF-8 ends, or a NUL stands, which the strings of a struct eif_metadata cannot hold. */
static size_t text_bad(struct bytes line)
{
	const uint8_t *nul = line.n ? memchr(line.p, 0, line.n) : NULL;

	return text_utf8_bad(bytes_of(line.p, nul ? (size_t)(nul - line.p) : line.n));
}

bool eif_kernel_config(struct bytes config, struct buf *os, struct buf *kernel, struct err *e)
{
	struct bytes line = {0};
	size_t bad;

	for (unsigned lines = 0; lines < 3; lines++)
		if (!take_line(&config, &line))
			return err_set(e, REASON_USAGE,
				       "kernel configuration needs 3 lines, found %u", lines);
	bad = text_bad(line);
	if (bad < line.n)
		return err_set(
			e, REASON_USAGE,
			"kernel configuration needs text in line 3, found byte 0x%02x at %zu",
			line.p[bad], bad);
	buf_put(os, word_of(line, 1));
	buf_put(kernel, word_of(line, 3));
	return buf_done(os, "operating system", e) && buf_done(kernel, "kernel version", e);
}
