/* What a rebuild reads and writes: lists of packages, packed inputs, variations, statements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/rebuild/deb.h"
#include "measure/rebuild/debian_signed.h"
#include "measure/rebuild/packed.h"
#include "measure/rebuild/reproduce.h"
#include "measure/rebuild/vary.h"
#include "reference-db/corim.h"
#include "reference-db/make.h"
#include "reference-db/rebuilt.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_deb.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_lock.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define FILES " 12 main/binary-amd64/Packages\n " ZEROS " 7 main/binary-amd64/Packages.gz\n"
#define P(name, more)                                                                       \
	"Package: " name "\nVersion: 1\nArchitecture: amd64\nFilename: pool/" name ".deb\n" \
	"Size: 1\nSHA256: " ZEROS "\n" more "\n"
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* ---- lists of packages */

static bool read_release(void *arg, struct err *e)
{
	static const char text[] =
		"Suite: stable\nCodename: x\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n"
		"SHA256:\n " ZEROS FILES;
	struct debian_release r = {.arena = ARENA(1u << 16)};
	struct stream_bytes in = stream_bytes(bytes_str(text));
	bool ok = debian_release_text(&r, &in.stream, 0, e);

	(void)arg;
	debian_release_free(&r);
	return ok;
}

static bool resolve(void *arg, struct err *e)
{
	static const char text[] = P("aa", "Depends: bb | cc, virtual\nConflicts: ee (<< 1)\n")
		P("bb", "Pre-Depends: dd\n") P("cc", "") P("dd", "Provides: virtual, other (= 1)\n")
			P("ee", "Essential: yes\nBreaks: cc\n");
	static const char *const names[] = {"aa", "other"};
	const struct debian_wish wish = {.names = names, .n = 2, .essential = true};
	struct stream_bytes in = stream_bytes(bytes_str(text));
	struct debian_choice c = {0};
	struct debian_packages *p = debian_packages_new(e);
	bool ok = p && debian_packages_add(p, &in.stream, 0, "amd64", e) &&
		  debian_resolve(p, &wish, &c, e);

	(void)arg;
	free(c.item);
	debian_packages_free(&p);
	return ok;
}

/* The names of providers are memory, too. */
static bool refuse(void *arg, struct err *e)
{
	static const char text[] = P("aa", "Provides: many\n") P("bb", "Provides: many\n");
	static const char *const names[] = {"many"};
	const struct debian_wish wish = {.names = names, .n = 1};
	struct stream_bytes in = stream_bytes(bytes_str(text));
	struct debian_choice c = {0};
	struct debian_packages *p = debian_packages_new(e);
	bool ok = p && debian_packages_add(p, &in.stream, 0, "amd64", e) &&
		  !debian_resolve(p, &wish, &c, e) && e->reason == REASON_PACKAGES;

	(void)arg;
	debian_packages_free(&p);
	return ok;
}

static void lists_of_packages_survive_the_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_each(read_release, NULL) > 3);
	assert_true(fail_each(resolve, NULL) > 8);
	assert_true(fail_each(refuse, NULL) > 4);
}

/* ---- a package */

static bool read_deb(void *arg, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(deb_free) struct deb d = {0};

	return file_open(&f, arg, e) && deb_read(&d, &f, e);
}

static void a_package_survives_the_lack_of_memory(void **state)
{
	owned(buf_free) struct buf deb = BUF(1u << 20);
	struct folder f;

	(void)state;
	folder_new(&f);
	deb_bytes(&deb, "Package: aa\nVersion: 1\nArchitecture: amd64\nReplaces: bb\n", "",
		  PACKING_NONE);
	assert_true(fail_each(read_deb, (void *)(uintptr_t)folder_file(&f, "x.deb", deb.p, deb.n)) >
		    5);
	folder_free(&f);
}

/* ---- all inputs in one file */

struct pack {
	struct folder folder;
	struct objects from, to;
	struct buf lock, bytes;
};

static bool write_packed(void *arg, struct err *e)
{
	struct pack *k = arg;
	owned(packed_free) struct packed p = PACKED_NEW;
	owned(out_free) struct out to = OUT_NONE;

	buf_put(&p.lock, buf_bytes(&k->lock));
	buf_str(&p.recipe, "product: x\n");
	return buf_done(&p.lock, "a lock", e) && buf_done(&p.recipe, "a recipe", e) &&
	       out_open(&to, folder_path(&k->folder, "packed"), e) &&
	       packed_write(&p, &k->from, &to, e) && out_commit(&to, e);
}

static bool read_packed(void *arg, struct err *e)
{
	struct pack *k = arg;
	owned(packed_free) struct packed p = PACKED_NEW;
	struct stream_bytes in = stream_bytes(buf_bytes(&k->bytes));

	return packed_read(&p, &in.stream, &k->to, e);
}

static void fill(struct pack *k)
{
	static const char *const text[] = {"abc", "two", "", "four", "four", "five"};
	struct lock_sample s;
	struct err e = {0};

	folder_new(&k->folder);
	assert_true(objects_open(&k->from, folder_path(&k->folder, "from"), true, &e));
	assert_true(objects_open(&k->to, folder_path(&k->folder, "to"), true, &e));
	lock_sample(&s);
	for (size_t i = 0; i < COUNT(text); i++) {
		struct stream_bytes in = stream_bytes(bytes_str(text[i]));

		assert_true(objects_put(&k->from, &in.stream, NULL, &s.input[i].object, &e));
	}
	assert_true(hash_of(DIGEST_SHA256, bytes_str("product: x\n"), &s.lock.recipe, &e));
	assert_true(lock_write(&s.lock, &k->lock, &e));
}

static void packed_inputs_survive_the_lack_of_memory(void **state)
{
	struct pack k = {.from = OBJECTS_NONE,
			 .to = OBJECTS_NONE,
			 .lock = BUF(1u << 16),
			 .bytes = BUF(1u << 16)};
	struct folder to;
	struct err e = {0};

	(void)state;
	fill(&k);
	assert_true(fail_each(write_packed, &k) > 10);
	assert_true(file_slurp(folder_path(&k.folder, "packed"), k.bytes.max, &k.bytes, &e));
	assert_true(fail_each(read_packed, &k) > 10);
	to.path = (char *)(uintptr_t)folder_path(&k.folder, "to/sha256");
	assert_int_equal(folder_count(&to), 5);
	objects_close(&k.from);
	objects_close(&k.to);
	buf_free(&k.lock);
	buf_free(&k.bytes);
	folder_free(&k.folder);
}

/* ---- variations, and what is stated */

static bool vary(void *arg, struct err *e)
{
	static const struct sandbox_mount mounts[] = {{"/a", "/build/zoo", true},
						      {"/b", "/build/zoo/in", false}};
	static const char *const environment[] = {"HOME=/nonexistent", "TZ=UTC", NULL};
	const struct vary_means m = {
		.path = "/build/zoo", .processors = 2, .faketime = "/usr/lib/f.so"};
	struct sandbox s = {.mounts = mounts,
			    .n_mounts = COUNT(mounts),
			    .folder = "/build/zoo",
			    .environment = environment};
	struct arena a = ARENA(10000);
	bool ok = vary_sandbox(vary_possible(VARY_ALL, &m), &m, &a, &s, e);

	(void)arg;
	arena_free(&a);
	return ok;
}

static struct digest of(uint8_t x)
{
	struct digest d = {.alg = DIGEST_SHA256, .len = 32};

	memset(d.v, x, 32);
	return d;
}

static bool state_it(void *arg, struct err *e)
{
	owned(buf_free) struct buf out = BUF(REBUILT_MAX);
	const struct rebuilt r = {
		.id = bytes_str("example.org/blindbox/1.2.3"),
		.payload = of(1),
		.outcome = REBUILT_EQUAL,
		.inputs = of(2),
		.tool = bytes_str("0.1.0"),
		.program = of(3),
		.n = 1,
		.variation = {bytes_str("umask")},
	};
	struct rebuilt is;

	(void)arg;
	return rebuilt_write(&r, &out, e) && rebuilt_read(&is, buf_bytes(&out), 0, e);
}

static void variations_and_statements_survive_the_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_each(vary, NULL) > 0);
	assert_true(fail_each(state_it, NULL) > 0);
}

/* ---- what was built, against what was published */

struct release {
	struct folder folder;
	struct manifest manifest;
	struct buf payload;
};

static bool compare(void *arg, struct err *e)
{
	struct release *l = arg;
	struct reproduced r = {0};
	struct verdict v = {0};
	const struct reproduce_request q = {.manifest = &l->manifest,
					    .payload = buf_bytes(&l->payload),
					    .folder = l->folder.path};
	bool ok = reproduce_compare(&r, &q, &v, e);

	ok = ok && r.outcome == REBUILT_EQUAL;
	reproduced_free(&r);
	return ok;
}

static void publish(struct release *l)
{
	static const char record[] =
		"{\"schema\": \"measure-build/1\", \"product\": \"example.org/blindbox\",\n"
		"\"version\": \"1.2.3\", \"vendor\": \"Example\", \"artefact\": \"box.eif\",\n"
		"\"origin\": \"source\", \"recipe\": \"sha256:" ONES "\",\n"
		"\"source\": {\"commit\": \"0123456789abcdef0123456789abcdef01234567\"},\n"
		"\"inputs\": \"sha256:" ONES "\", \"components\": {\"kernel\": \"pinned\",\n"
		"\"cmdline\": \"source\", \"ramdisk0\": \"source\", \"ramdisk1\": \"endorsed\"}}\n";
	struct forge f = forge_base();
	struct forged x = forge_write(&f);
	owned(manifest_free) struct manifest m = {0};
	struct make_request q = {.record = NULL};
	struct lint lint = {0};
	struct err e = {0};

	folder_new(&l->folder);
	q.image = folder_file(&l->folder, "box.eif", x.p, x.n);
	q.record = folder_file(&l->folder, "build.json", record, strlen(record));
	free(x.p);
	assert_true(manifest_make(&m, &q, &e) && corim_write(&m, &l->payload, &e));
	assert_true(corim_read(&l->manifest, buf_bytes(&l->payload), 0, &lint, &e));
}

static void a_comparison_survives_the_lack_of_memory(void **state)
{
	struct release l = {.payload = BUF(CORIM_MAX)};

	(void)state;
	publish(&l);
	assert_true(fail_each(compare, &l) > 10);
	manifest_free(&l.manifest);
	buf_free(&l.payload);
	folder_free(&l.folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_packages_survive_the_lack_of_memory),
		cmocka_unit_test(a_package_survives_the_lack_of_memory),
		cmocka_unit_test(packed_inputs_survive_the_lack_of_memory),
		cmocka_unit_test(variations_and_statements_survive_the_lack_of_memory),
		cmocka_unit_test(a_comparison_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
