#include "tests/unit/support_git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support_check.h"

bool git_here(void)
{
	return system("command -v git >/dev/null") == 0;
}

static const char settings[] =
	"export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null LC_ALL=C "
	"GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_AUTHOR_DATE='1600000000 +0000' "
	"GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org "
	"GIT_COMMITTER_DATE='1700000000 +0130'; unset GIT_DIR GIT_INDEX_FILE\n"
	"git() { command git -c protocol.file.allow=always -c init.defaultBranch=main \"$@\"; }\n";

void git_run(struct folder *f, const char *script)
{
	char command[4096];
	FILE *out = fopen(folder_path(f, ".script"), "w");

	assert_non_null(out);
	fprintf(out, "set -eu\ncd '%s'\n%s%s\n", f->path, settings, script);
	assert_int_equal(fclose(out), 0);
	snprintf(command, sizeof(command), "sh '%s/.script' >'%s/.stdout' 2>'%s/.stderr'", f->path,
		 f->path, f->path);
	if (system(command) == 0)
		return;
	snprintf(command, sizeof(command), "cat '%s/.stderr'", f->path);
	(void)!system(command);
	fail_msg("a script fails: %s", script);
}

char *git_line(struct folder *f, const char *script)
{
	size_t n;
	char *text;

	git_run(f, script);
	text = folder_read(folder_path(f, ".stdout"), &n);
	assert_non_null(text);
	text = realloc(text, n + 1);
	assert_non_null(text);
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}
