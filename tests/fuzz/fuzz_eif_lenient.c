/*
 * Any bytes as a file that is read in every reader's way side by side, and the report of it as
 * text and as JSON. What the strict reader accepts they all read alike; what the walk reads to the
 * end has the registers of the second opinion; the text is one for a terminal.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "eif/image.h"
#include "eif/lenient.h"
#include "measure/base/text.h"
#include "tests/unit/support_eif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check_report(const struct eif_view views[2], const struct err *strict)
{
	struct answer a;
	struct err e = {0};
	struct json j;

	answer_init(&a);
	eif_lenient_report(views, strict, false, &a);
	must_be(buf_done(&a.verbatim, "text", &e));
	for (size_t i = 0; i < a.verbatim.n; i++)
		must_be(a.verbatim.p[i] == '\n' ||
			(a.verbatim.p[i] >= ' ' && a.verbatim.p[i] < 127));
	answer_free(&a);
	answer_init(&a);
	json_open(&a.json, '{');
	eif_lenient_report(views, strict, true, &a);
	json_close(&a.json, '}');
	must_be(buf_done(&a.members, "JSON", &e));
	must_be(json_read(&j, buf_bytes(&a.members), 0, &e));
	json_free(&j);
	answer_free(&a);
}

/* QEMU takes neither the older versions nor aarch64; what it takes, it reads alike. */
static void check_alike(const struct eif_view views[2], const struct eif_image *img)
{
	must_be(views[0].measured);
	must_be(views[1].measured || img->header.version < 4 || img->header.flags);
	for (size_t v = 0; v < 2; v++) {
		if (!views[v].measured)
			continue;
		must_be(views[v].n == img->n && eif_view_crc_agrees(&views[v]));
		for (size_t i = 0; i < 3; i++)
			must_be(digest_equal(&views[v].pcr[i], &img->pcr[i]));
	}
}

static void check(const uint8_t *p, size_t n)
{
	struct file f = {.fd = memfd_create("fuzz", MFD_CLOEXEC), .size = n, .name = "fuzz"};
	struct eif_view views[2] = {0};
	struct eif_image img;
	struct err strict = {0}, e = {0};
	bool done;

	must_be(f.fd >= 0 && write(f.fd, p, n) == (ssize_t)n);
	done = eif_image_read(&f, false, &img, &strict);
	if (eif_lenient(&f, views, &e)) {
		if (done)
			check_alike(views, &img);
		check_report(views, &strict);
	} else {
		must_be(!done && err_is(&e));
	}
	eif_image_free(&img);
	close(f.fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	check(data, size);
	if (copy && size >= FORGE_HEADER) {
		memcpy(copy, data, size);
		forge_repair(copy, size);
		check(copy, size);
	}
	free(copy);
	return 0;
}
