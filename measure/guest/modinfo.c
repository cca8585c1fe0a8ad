#include "measure/guest/modinfo.h"

#define ELF_IDENT "\177ELF\2\1\1" /* 64 bits, least byte first, version 1 */
#define ELF_SECTIONS_AT 40u /* e_shoff */
#define ELF_SECTION 64u /* bytes of a section header */

struct section {
	uint32_t name;
	uint64_t offset, size;
};

static struct section read_section(struct cur *c)
{
	struct section s;

	s.name = cur_le32(c, "sh_name");
	cur_take(c, 20, "sh_type, sh_flags and sh_addr");
	s.offset = cur_le64(c, "sh_offset");
	s.size = cur_le64(c, "sh_size");
	cur_take(c, 24, "the rest of a section header");
	return s;
}

/* Bytes at an offset that the file names. */
static struct bytes range(struct bytes file, const struct section *s, const char *what,
			  struct err *e)
{
	struct cur c = cur_new(file, 0, e);

	cur_take(&c, s->offset, what);
	return cur_take(&c, s->size, what);
}

static bool is_named(struct bytes names, uint32_t at, const char *name)
{
	size_t n = strlen(name) + 1;

	return at < names.n && names.n - at >= n && memcmp(names.p + at, name, n) == 0;
}

/* Of the section headers, `n` in number, that with the name; `names` is where the names are. */
static bool find(struct cur headers, uint32_t n, struct bytes names, struct section *out)
{
	for (uint32_t i = 0; i < n; i++) {
		*out = read_section(&headers);
		if (is_named(names, out->name, ".modinfo"))
			return cur_ok(&headers);
	}
	return false;
}

static bool find_modinfo(struct bytes file, struct bytes *out, struct err *e)
{
	struct cur c = cur_new(file, 0, e), headers;
	struct section names = {0}, info;
	uint64_t at;
	uint16_t n, names_index;

	cur_take(&c, ELF_SECTIONS_AT, "the ELF header");
	at = cur_le64(&c, "e_shoff");
	cur_take(&c, 12, "the ELF header");
	n = cur_le16(&c, "e_shnum");
	names_index = cur_le16(&c, "e_shstrndx");
	c = cur_new(file, 0, e);
	cur_take(&c, at, "the section headers");
	headers = cur_sub(&c, (uint64_t)n * ELF_SECTION, "the section headers");
	c = headers;
	for (uint32_t i = 0; i <= names_index; i++)
		names = read_section(&c);
	if (!cur_ok(&c))
		return false;
	*out = range(file, &names, "the names of sections", e);
	if (err_is(e))
		return false;
	if (!find(headers, n, *out, &info))
		return err_set(e, REASON_MODULE, "has no section .modinfo");
	*out = range(file, &info, "the section .modinfo", e);
	return !err_is(e);
}

bool modinfo_word(struct bytes *text, const char *ends, struct bytes *word)
{
	size_t n = 0;

	if (text->n == 0)
		return false;
	while (text->n > 0 && strchr(ends, text->p[0]) && text->p[0] != '\0')
		*text = bytes_of(text->p + 1, text->n - 1);
	while (n < text->n && (text->p[n] == '\0' || !strchr(ends, text->p[n])))
		n++;
	*word = bytes_of(text->p, n);
	*text = bytes_of(text->p + n, text->n - n);
	return n > 0;
}

static void take_value(struct bytes item, const char *key, struct bytes *out)
{
	struct bytes head = bytes_str(key);

	if (out->p == NULL && bytes_start(item, head))
		*out = bytes_of(item.p + head.n, item.n - head.n);
}

bool modinfo_read(struct bytes file, struct modinfo *m, struct err *e)
{
	struct modinfo found = {0};
	struct bytes info, item;
	const uint8_t *end;

	if (!bytes_start(file, bytes_str(ELF_IDENT)))
		return err_set(e, REASON_MODULE,
			       "is no ELF file of 64 bits, least byte first, as modules are");
	if (!find_modinfo(file, &info, e))
		return false;
	for (; info.n > 0; info = bytes_of(info.p + item.n, info.n - item.n)) {
		end = memchr(info.p, '\0', info.n);
		item = bytes_of(info.p, end ? (size_t)(end - info.p) : info.n);
		take_value(item, "depends=", &found.depends);
		take_value(item, "vermagic=", &found.vermagic);
		item.n += end ? 1 : 0;
	}
	*m = found;
	return true;
}

bool modinfo_name(struct bytes file, char name[MODINFO_NAME_MAX])
{
	size_t n = 0, begin = 0;

	for (size_t i = 0; i < file.n; i++)
		if (file.p[i] == '/')
			begin = i + 1;
	for (size_t i = begin; i < file.n && file.p[i] != '.' && file.p[i] != '\0'; i++) {
		if (n + 1 == MODINFO_NAME_MAX)
			return false;
		name[n++] = file.p[i] == '-' ? '_' : (char)file.p[i];
	}
	name[n] = '\0';
	return n > 0;
}
