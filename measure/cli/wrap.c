#include "measure/cli/wrap.h"

#define COLUMNS 80

static void blanks(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_str(out, " ");
}

void wrap_put(struct buf *out, size_t column, size_t indent, const char *text)
{
	bool begun = false;

	if (column > 0 && column + 2 > indent) {
		buf_str(out, "\n");
		column = 0;
	}
	blanks(out, indent - column);
	column = indent;
	for (;;) {
		size_t n;

		text += strspn(text, " ");
		n = strcspn(text, " ");
		if (n == 0)
			break;
		if (begun && column + 1 + n > COLUMNS) {
			buf_str(out, "\n");
			blanks(out, indent);
			column = indent;
		} else if (begun) {
			buf_str(out, " ");
			column++;
		}
		buf_put(out, bytes_of(text, n));
		column += n;
		text += n;
		begun = true;
	}
	buf_str(out, "\n");
}
