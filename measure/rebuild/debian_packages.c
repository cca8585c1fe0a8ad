#include <stdlib.h>

#include "measure/rebuild/deb822.h"
#include "measure/rebuild/debian_files.h"
#include "measure/rebuild/debian_index.h"

#define WHAT "the text of package lists"

struct debian_packages *debian_packages_new(struct err *e)
{
	struct debian_packages *p = own_new(sizeof(*p), e);

	if (p)
		p->text = ARENA(DEBIAN_TEXT_MAX);
	return p;
}

void debian_packages_free(struct debian_packages **p)
{
	if (!*p)
		return;
	arena_free(&(*p)->text);
	free((*p)->item);
	free((*p)->order);
	free((*p)->provide);
	free(*p);
	*p = NULL;
}

/* ---- one package */

static bool bad_field(const char *field, struct bytes value, struct err *e)
{
	return err_set(e, REASON_PACKAGE_LIST, "field '%s': '%.*s' cannot be one", field,
		       value.n < DEBIAN_NAME_MAX ? (int)value.n : (int)DEBIAN_NAME_MAX,
		       (const char *)value.p);
}

static const char *keep(struct debian_packages *p, struct bytes x, struct err *e)
{
	return arena_text(&p->text, x, WHAT, e);
}

/* A field that may be missing, and then is NULL. */
static bool keep_field(struct debian_packages *p, const struct deb822 *d, const char *field,
		       const char **out, struct err *e)
{
	struct bytes value = deb822_get(d, field);

	*out = value.n > 0 ? keep(p, value, e) : NULL;
	return value.n == 0 || *out;
}

static bool read_object(const struct deb822 *d, struct object *out, struct err *e)
{
	struct bytes size, sha256;

	return deb822_need(d, "Size", &size, e) && deb822_need(d, "SHA256", &sha256, e) &&
	       debian_object_read(sha256, size, out, e);
}

static bool read_names(struct debian_packages *p, const struct deb822 *d,
		       struct debian_package *out, struct err *e)
{
	struct bytes name, version, architecture, filename;

	if (!deb822_need(d, "Package", &name, e) || !deb822_need(d, "Version", &version, e) ||
	    !deb822_need(d, "Architecture", &architecture, e) ||
	    !deb822_need(d, "Filename", &filename, e))
		return false;
	if (!debian_name_valid(name))
		return bad_field("Package", name, e);
	if (!debian_version_valid(version))
		return bad_field("Version", version, e);
	if (!debian_path_valid(filename))
		return bad_field("Filename", filename, e);
	if (!bytes_equal(architecture, bytes_str("all")) &&
	    !bytes_equal(architecture, bytes_str(p->architecture)))
		return bad_field("Architecture", architecture, e);
	out->name = keep(p, name, e);
	out->version = keep(p, version, e);
	out->architecture =
		architecture.p[1] == 'l' && architecture.n == 3 ? "all" : p->architecture;
	out->filename = keep(p, filename, e);
	return out->name && out->version && out->filename;
}

static bool read_relations(struct debian_packages *p, const struct deb822 *d,
			   struct debian_package *out, struct err *e)
{
	return keep_field(p, d, "Depends", &out->depends, e) &&
	       keep_field(p, d, "Pre-Depends", &out->pre_depends, e) &&
	       keep_field(p, d, "Provides", &out->provides, e) &&
	       keep_field(p, d, "Conflicts", &out->conflicts, e) &&
	       keep_field(p, d, "Breaks", &out->breaks, e) &&
	       keep_field(p, d, "Source", &out->source, e);
}

/* ---- lists that grow */

static bool more(void **list, size_t *room, size_t n, size_t size, struct err *e)
{
	size_t wanted = *room ? *room + *room / 2 : 256;
	void *grown;

	if (n < *room)
		return true;
	grown = realloc(*list, wanted * size);
	if (!grown)
		return err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu packages", wanted);
	*list = grown;
	*room = wanted;
	return true;
}

static bool add_provide(struct debian_packages *p, const struct debian_relation *r, struct err *e)
{
	void *list = p->provide;
	bool ok = more(&list, &p->room_provides, p->n_provides, sizeof(*p->provide), e);

	p->provide = list;
	if (!ok)
		return false;
	if (p->n_provides == DEBIAN_PROVIDES_MAX)
		return err_set(e, REASON_LIMIT, "more than %u names are provided",
			       DEBIAN_PROVIDES_MAX);
	p->provide[p->n_provides++] = (struct debian_provide){
		r->name.p, r->version.p, (uint8_t)r->name.n, (uint8_t)r->version.n, (uint32_t)p->n};
	return true;
}

static bool read_provides(struct debian_packages *p, const char *text, struct err *e)
{
	struct debian_relations list = {.left = bytes_str(text ? text : "")};
	struct debian_relation one;
	bool end;

	for (;;) {
		if (!debian_relation_next(&list, &one, &end, e))
			return err_in(e, "field 'Provides'");
		if (end)
			return true;
		if (!one.first || (one.op != DEBIAN_ANY && one.op != DEBIAN_EQ))
			return bad_field("Provides", one.text, e);
		if (!add_provide(p, &one, e))
			return false;
	}
}

static bool read_package(struct debian_packages *p, const struct deb822 *d, uint32_t list,
			 struct err *e)
{
	struct debian_package new = {.list = list};

	new.essential = bytes_equal(deb822_get(d, "Essential"), bytes_str("yes"));
	new.required = bytes_equal(deb822_get(d, "Priority"), bytes_str("required"));
	if (!read_names(p, d, &new, e))
		return false;
	if (!read_object(d, &new.object, e) || !read_relations(p, d, &new, e) ||
	    !read_provides(p, new.provides, e))
		return err_in(e, "package '%s'", new.name);
	p->item[p->n++] = new;
	return true;
}

static bool add(struct debian_packages *p, const struct deb822 *d, uint32_t list, struct err *e)
{
	void *items = p->item;
	bool ok = more(&items, &p->room, p->n, sizeof(*p->item), e);

	p->item = items;
	if (!ok)
		return false;
	if (p->n == DEBIAN_PACKAGES_MAX)
		return err_set(e, REASON_LIMIT, "there are more than %u packages",
			       DEBIAN_PACKAGES_MAX);
	if (read_package(p, d, list, e))
		return true;
	if (!e->at) {
		e->at = true;
		e->offset = deb822_at(d);
	}
	return false;
}

bool debian_packages_add(struct debian_packages *p, struct stream *in, uint32_t list,
			 const char *architecture, struct err *e)
{
	owned(deb822_free) struct deb822 *d = deb822_new(in, e);
	bool end = false;

	if (!p->architecture)
		p->architecture = keep(p, bytes_str(architecture), e);
	if (!d || !p->architecture)
		return false;
	if (strcmp(p->architecture, architecture) != 0)
		return err_set(e, REASON_PACKAGES, "the lists are of '%s' and of '%s'",
			       p->architecture, architecture);
	p->sorted = false;
	while (!end)
		if (!deb822_next(d, &end, e) || (!end && !add(p, d, list, e)))
			return false;
	return true;
}
