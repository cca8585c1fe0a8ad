#include "tests/unit/support_module.h"

#define NAMES "\0.modinfo\0.shstrtab\0"

static void section(struct buf *out, uint32_t name, uint64_t at, uint64_t size)
{
	buf_le(out, name, 4);
	buf_le(out, name > 0 ? 1 : 0, 4); /* sh_type */
	buf_zero(out, 16);
	buf_le(out, at, 8);
	buf_le(out, size, 8);
	buf_zero(out, 24);
}

void module_make(struct buf *out, struct bytes info)
{
	size_t names = sizeof(NAMES) - 1, base = out->n;

	buf_put(out, bytes_of("\177ELF\2\1\1", 7));
	buf_zero(out, 9);
	buf_le(out, 1, 2); /* ET_REL */
	buf_le(out, 62, 2);
	buf_le(out, 1, 4);
	buf_zero(out, 16);
	buf_le(out, MODULE_INFO_AT + info.n + names, 8);
	buf_zero(out, 4);
	buf_le(out, 64, 2);
	buf_zero(out, 4);
	buf_le(out, 64, 2);
	buf_le(out, 3, 2);
	buf_le(out, 2, 2);
	if (out->failed == REASON_NONE && out->n - base != MODULE_INFO_AT)
		buf_fail(out, REASON_IO);
	buf_put(out, info);
	buf_put(out, bytes_of(NAMES, names));
	section(out, 0, 0, 0);
	section(out, 1, MODULE_INFO_AT, info.n);
	section(out, 10, MODULE_INFO_AT + info.n, names);
}
