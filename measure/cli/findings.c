#include "measure/cli/findings.h"

void findings_note(const struct lint *l, struct answer *a)
{
	for (size_t i = 0; i < l->n; i++)
		answer_note(a, REASON_MANIFEST_LINT, "%s%s%s", l->finding[i].place,
			    l->finding[i].place[0] ? ": " : "", l->finding[i].text);
}

bool findings_refuse(const struct lint *l, struct err *e)
{
	if (l->errors > 1)
		err_hint(e, "`measure manifest lint` lists all %zu errors", l->errors);
	return false;
}
