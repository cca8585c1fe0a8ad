#include "tests/unit/support_reproduce.h"

#include <stdio.h>

#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "measure/core/pem.h"
#include "reference-db/corim.h"
#include "reference-db/make.h"
#include "tests/unit/support_check.h"

void world_certificate(const char *pem, char member[192])
{
	static const struct pem kind = {"CERTIFICATE", REASON_CERTIFICATE};
	struct buf der = BUF(PEM_MAX);
	struct digest d;
	char hex[2 * DIGEST_MAX + 1];
	struct err e = {0};
	size_t used;

	assert_true(pem_read(&kind, bytes_str(pem), &der, &used, &e));
	assert_true(hash_of(DIGEST_SHA256, buf_bytes(&der), &d, &e));
	hex_string(hex, digest_bytes(&d));
	snprintf(member, 192, ", \"certificate\": \"sha256:%s\"", hex);
	buf_free(&der);
}

void world_record(struct world *w, const char *commit, const char *inputs, const char *origin)
{
	char text[2048];

	snprintf(
		text, sizeof(text),
		"{\"schema\": \"measure-build/1\", \"product\": \"example.org/blindbox\",\n"
		"\"version\": \"1.2.3\", \"vendor\": \"Example\", \"artefact\": \"box.eif\", \"origin\": \"source\",\n"
		"\"source\": {\"commit\": \"%s\"}, \"recipe\": \"sha256:" ONES "\",\n"
		"\"inputs\": \"sha256:%s\",\n"
		"\"components\": {\"kernel\": \"pinned\", \"cmdline\": \"%s\",\n"
		"\"ramdisk0\": \"source\", \"ramdisk1\": \"endorsed\"%s}%s}\n",
		commit, inputs, origin, w->third ? ", \"ramdisk2\": \"source\"" : "",
		w->certificate);
	folder_file(&w->folder, "build.json", text, strlen(text));
}

void world_image(struct world *w, struct forge *f)
{
	struct forged x = forge_write(f);

	folder_file(&w->folder, "box.eif", x.p, x.n);
	free(x.p);
}

void world_publish(struct world *w, const char *certificate)
{
	owned(manifest_free) struct manifest m = {0};
	const struct make_request q = {.image = folder_path(&w->folder, "box.eif"),
				       .record = folder_path(&w->folder, "build.json"),
				       .certificate = certificate};
	struct lint l = {0};
	struct err e = {0};

	if (manifest_make(&m, &q, &e))
		(void)!corim_write(&m, &w->payload, &e);
	check_no_err(&e);
	assert_true(corim_read(&w->manifest, buf_bytes(&w->payload), 0, &l, &e));
}

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct forge f = forge_base();

	w->payload = BUF(CORIM_MAX);
	folder_new(&w->folder);
	world_image(w, &f);
	world_record(w, COMMIT, TWOS, "source");
	world_publish(w, NULL);
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;

	manifest_free(&w->manifest);
	buf_free(&w->payload);
	folder_free(&w->folder);
	free(w);
	return 0;
}

const struct check *world_check(const struct verdict *v, const char *id, const char *part)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->check[i].id, id) == 0 && strcmp(v->check[i].part, part) == 0)
			return &v->check[i];
	fail_msg("no check %s %s", id, part);
	return NULL;
}

void world_check_no(const struct verdict *v, const char *id, const char *part, const char *detail)
{
	const struct check *c = world_check(v, id, part);
	struct err e = {0};

	assert_string_equal(c->detail, detail);
	assert_int_equal(c->result, CHECK_FAIL);
	assert_int_equal(c->reason, REASON_NOT_REPRODUCED);
	assert_false(verdict_decide(v, &e));
	assert_int_equal(reason_class(e.reason), EXIT_CLASS_NO);
}
