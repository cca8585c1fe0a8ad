/* Firmware described, compared and searched for, while memory runs out. */
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_pe.h"
#include "tests/unit/support_volume.h"

#include "measure/core/hash.h"
#include "measure/core/part_diff.h"
#include "ovmf-snp/image_shape.h"
#include "ovmf-snp/module_cause.h"
#include "ovmf-snp/ovmf_parts.h"
#include "ovmf-snp/solve_show.h"
#include "ovmf-snp/vcpu.h"

struct world {
	struct folder folder;
	struct buf image;
	char *path;
	struct digest wanted, flat; /* of the guest that is tried first; of SEV-ES */
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->image = BUF(1u << 20);
	folder_new(&w->folder);
	forge_volume(&w->image);
	w->path = strdup(folder_file(&w->folder, "fw.fd", w->image.p, w->image.n));
	*state = w;
	return 0;
}

/* The digest that the search comes to first, so that it is short. */
static void choose(struct world *w)
{
	const struct launch_count one = {.n = 1};
	struct launch l = {.profile = &profiles[0]};
	struct launch_vmsas v;
	struct gctx g = {0};
	struct hash *h;
	struct err e = {0};
	struct ovmf o;

	l.ovmf = &o;
	assert_true(ovmf_read(&o, buf_bytes(&w->image), OVMF_END, &e) && gctx_init(&g, &e) &&
		    launch_base(&g, &l, &e) &&
		    launch_vmsas(&v, &l, vcpu_types[0].signature, VMSA_FEATURES_DEFAULT, &e) &&
		    launch_vcpus(&g, &l, &v, &one, &e));
	w->wanted = (struct digest){.alg = DIGEST_SHA384, .len = GCTX_LD};
	memcpy(w->wanted.v, g.ld, GCTX_LD);
	gctx_free(&g);
	h = launch_sev_base(&l, &e);
	assert_true(h && launch_vmsas(&v, &l, vcpu_types[0].signature, 0, &e) &&
		    launch_sev_vcpu(h, &v, 0, &e) && hash_finish(h, &w->flat, &e));
	hash_free(&h);
}

static int teardown(void **state)
{
	struct world *w = *state;

	folder_free(&w->folder);
	buf_free(&w->image);
	free(w->path);
	free(w);
	return 0;
}

static bool describe(struct bytes image, struct part **root, struct err *e)
{
	struct ovmf o;

	return ovmf_read(&o, image, OVMF_END, e) && ovmf_describe(&o, root, e);
}

static bool describe_and_free(void *arg, struct err *e)
{
	struct world *w = arg;
	owned(part_free) struct part *root = NULL;

	return describe(buf_bytes(&w->image), &root, e);
}

static bool count(void *arg, const struct part_difference *d, struct err *e)
{
	(void)d;
	(void)e;
	++*(unsigned *)arg;
	return true;
}

/* The second tree is of an image that differs in its tables' page. */
static bool compare(void *arg, struct err *e)
{
	struct world *w = arg;
	owned(part_free) struct part *a = NULL, *b = NULL;
	owned(file_close) struct file f = FILE_NONE;
	unsigned n = 0;
	const struct part_sink sink = {count, &n};

	if (!describe(buf_bytes(&w->image), &a, e) || !describe(buf_bytes(&w->image), &b, e) ||
	    !file_open(&f, w->path, e))
		return false;
	b->digest[0].v[0] ^= 1;
	return part_diff(&(struct part_side){a, &f}, &(struct part_side){b, &f}, &sink, e);
}

static bool search(const struct world *w, const struct digest *wanted, struct err *e)
{
	struct solve s = {.wanted = *wanted, .n_firmware = 1, .firmware = {w->path}, .most = 1};
	owned(solution_free) struct solution x = {0};
	owned(buf_free) struct buf text = BUF(1u << 16);

	if (!solve(&s, &x, e))
		return false;
	solution_command(&text, &s, &x);
	return x.found && buf_done(&text, "the command", e);
}

static bool search_snp(void *arg, struct err *e)
{
	const struct world *w = arg;

	return search(w, &w->wanted, e);
}

static bool search_es(void *arg, struct err *e)
{
	const struct world *w = arg;

	return search(w, &w->flat, e);
}

/* An image of headers and one section. */
static bool shape(void *arg, struct err *e)
{
	static uint8_t x[512] = {'M',  'Z',	    [0x3c] = 0x80,  [0x80] = 'P',
				 'E',  [0x86] = 1,  [0x94] = 112,   [0x98] = 0x0b,
				 0x02, [0x118] = 8, [0x11c] = 0x40, 1};
	struct digest d;

	(void)arg;
	return image_shape(bytes_of(x, sizeof(x)), &d, e) && d.len == 32;
}

/* A module, as of one volume. */
static struct part *module(const struct buf *image, struct err *e)
{
	owned(part_free) struct part *root = part_new(NULL, "firmware", 0, 0, e);
	struct part *in = root ? part_new(root, "M", 0, 0, e) : NULL;
	struct part *p = in ? part_new(in, "PE32", 0, image->n + 4, e) : NULL;

	if (!p)
		return NULL;
	root->held = BUF(1u << 16);
	buf_le(&root->held, image->n + 4, 4);
	buf_put(&root->held, buf_bytes(image));
	p->n_digests = 1;
	if (!buf_done(&root->held, "a module", e) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(image), &p->digest[0], e))
		return NULL;
	return take(root);
}

/* Of two images. */
static bool explain(void *arg, struct err *e)
{
	const struct buf *image = arg;
	owned(part_free) struct part *a = module(&image[0], e);
	owned(part_free) struct part *b = a ? module(&image[1], e) : NULL;
	owned(buf_free) struct buf text = BUF(4096);

	return b && module_cause(a, b, &text) == CAUSE_BUILD_PATH && buf_done(&text, "why", e) &&
	       text.n > 0;
}

static void explaining_survives_the_lack_of_memory(void **state)
{
	static const struct forge_image x[] = {
		{FORGE_PE64, "a", 1, "RSDS", "/b/one/Build/A.dll"},
		{FORGE_PE64, "a", 1, "RSDS", "/b/two/Build/A.dll"},
	};
	struct buf image[] = {BUF(1u << 16), BUF(1u << 16)};

	(void)state;
	for (size_t i = 0; i < COUNT(x); i++)
		forge_image(&image[i], &x[i]);
	assert_true(fail_each(explain, image) > 5);
	for (size_t i = 0; i < COUNT(x); i++)
		buf_free(&image[i]);
}

static void describing_survives_the_lack_of_memory(void **state)
{
	assert_true(fail_each(describe_and_free, *state) > 40);
	assert_true(fail_each(shape, *state) > 1);
}

static void comparing_survives_the_lack_of_memory(void **state)
{
	assert_true(fail_each(compare, *state) > 80);
}

static void searching_survives_the_lack_of_memory(void **state)
{
	choose(*state);
	assert_true(fail_each(search_snp, *state) > 10);
	assert_true(fail_each(search_es, *state) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describing_survives_the_lack_of_memory),
		cmocka_unit_test(explaining_survives_the_lack_of_memory),
		cmocka_unit_test(comparing_survives_the_lack_of_memory),
		cmocka_unit_test(searching_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
