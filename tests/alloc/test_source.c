#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/core/signers.h"
#include "measure/rebuild/source.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_git.h"

static const char script[] =
	"git init -q sub; cd sub; echo s >s; git add .; git commit -qm x; cd ..\n"
	"ssh-keygen -q -t ed25519 -N '' -C '' -f key; echo \"me $(cat key.pub)\" >signers\n"
	"git init -q repo; cd repo; git config gpg.format ssh; git config user.signingkey ../key\n"
	"mkdir a; echo x >a/x; ln -s x a/link; seq 2000 >long; git add .\n"
	"git submodule -q add ../sub lib; git commit -qS -m x; git tag -am t t\n";

static bool read_source(void *arg, struct err *e)
{
	struct folder *f = arg;
	owned(source_free) struct source *s = NULL;
	owned(objects_close) struct objects store = OBJECTS_NONE;
	const struct source_request q = {.repository = folder_path(f, "repo"),
					 .revision = "t",
					 .submodules = true,
					 .signers = folder_path(f, "signers")};
	struct object packed;
	struct digest content;

	s = source_open(&q, e);
	return s && objects_open(&store, folder_path(f, "store"), true, e) &&
	       source_pack(s, &store, &packed, &content, e);
}

static void memory_may_run_out_at_any_place(void **state)
{
	struct folder f;

	(void)state;
	if (!git_here() || system("command -v ssh-keygen >/dev/null") != 0)
		skip();
	folder_new(&f);
	git_run(&f, script);
	assert_true(fail_each(read_source, &f) > 30);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_may_run_out_at_any_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
