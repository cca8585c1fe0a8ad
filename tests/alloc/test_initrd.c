#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "measure/core/initrd.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_oci.h"
#include "tests/unit/support_tar.h"

struct scene {
	struct folder folder;
	struct initrd_request request;
	const char *output;
};

/* From the first look to the file that is there. */
static bool make(void *arg, struct err *e)
{
	const struct scene *s = arg;
	owned(out_free) struct out to = OUT_NONE;
	owned(initrd_free) struct initrd i = {0};

	return initrd_read(&i, &s->request, e) && out_open(&to, s->output, e) &&
	       initrd_write(&i, &s->request, &to, e) && out_commit(&to, e);
}

static void put_tree(struct buf *out)
{
	tar_put_header(out, '5', "bin/", 0);
	tar_put_file(out, "bin/a", "a");
	tar_put_header(out, '1', "bin/b", 0);
	tar_set_text(out, TAR_AT_LINK, "bin/a");
	tar_put_header(out, '2', "c", 0);
	tar_set_text(out, TAR_AT_LINK, "bin/b");
	tar_put_end(out);
}

static void scene_new(struct scene *s, enum packing packing, const char *kind)
{
	struct buf layer = BUF(1u << 16), archive = BUF(1u << 16);

	folder_new(&s->folder);
	put_tree(&layer);
	if (*kind == 'o')
		oci_put_archive(&archive, buf_bytes(&layer), packing);
	else
		buf_put(&archive, buf_bytes(&layer));
	s->output = folder_path(&s->folder, "out");
	s->request = (struct initrd_request){
		.rootfs = *kind == 'd' ? folder_path(&s->folder, ".")
				       : folder_file(&s->folder, "in", archive.p, archive.n),
		.options.spool = s->folder.path,
		.profile = cpio_profile("native"),
	};
	buf_free(&layer);
	buf_free(&archive);
}

static void images_survive_the_lack_of_memory(void **state)
{
	struct scene s;

	(void)state;
	scene_new(&s, PACKING_GZIP, "oci");
	assert_true(fail_each(make, &s) > 50);
	folder_free(&s.folder);
	scene_new(&s, PACKING_NONE, "oci");
	assert_true(fail_each(make, &s) > 50);
	folder_free(&s.folder);
}

static void archives_and_what_is_added_survive_it(void **state)
{
	const char *lines[] = {"dir /dev 755 0 0", "nod /dev/null 666 0 0 c 1 3", NULL};
	struct scene s;
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	scene_new(&s, PACKING_NONE, "tar");
	assert_int_equal(chdir(s.folder.path), 0); /* its name may have blanks, which part words */
	lines[2] = "file init in 755 0 0 linuxrc";
	s.request.add = lines;
	s.request.n_add = 3;
	s.request.prefix = "/rootfs/app";
	s.request.packing = PACKING_GZIP;
	assert_true(fail_each(make, &s) > 30);
	assert_int_equal(fchdir(back), 0);
	close(back);
	folder_free(&s.folder);
}

static void directories_survive_it(void **state)
{
	struct scene s;

	(void)state;
	scene_new(&s, PACKING_NONE, "dir");
	folder_file(&s.folder, "file", "x", 1);
	assert_true(fail_each(make, &s) > 20);
	folder_free(&s.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_survive_the_lack_of_memory),
		cmocka_unit_test(archives_and_what_is_added_survive_it),
		cmocka_unit_test(directories_survive_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
