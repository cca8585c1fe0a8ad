#include "tests/unit/support_image.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"

void image_read(struct image_read *r, const uint8_t *p, size_t n)
{
	struct file f = {.fd = memfd_create("image", MFD_CLOEXEC), .size = n, .name = "image"};

	assert_true(f.fd >= 0);
	assert_int_equal(write(f.fd, p, n), n);
	r->e = (struct err){0};
	r->done = eif_image_read(&f, true, &r->img, &r->e);
	close(f.fd);
}

struct feed {
	const uint8_t *p;
	size_t n;
	int fd;
};

static void *feed(void *arg)
{
	const struct feed *x = arg;

	/* the reader may have gone away */
	for (size_t at = 0, step; at < x->n; at += step) {
		step = x->n - at < 777 ? x->n - at : 777;
		if (write(x->fd, x->p + at, step) != (ssize_t)step)
			break;
	}
	close(x->fd);
	return NULL;
}

void image_stream(struct image_read *r, const uint8_t *p, size_t n)
{
	struct file f = {.stream = true, .name = "image"};
	struct feed x = {p, n, -1};
	pthread_t writer;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	f.fd = ends[0];
	x.fd = ends[1];
	/* a pipe takes 64 KiB at once, so small images need no second thread */
	if (n <= 32768)
		feed(&x);
	else
		assert_int_equal(pthread_create(&writer, NULL, feed, &x), 0);
	r->e = (struct err){0};
	r->done = eif_image_read(&f, true, &r->img, &r->e);
	close(ends[0]);
	if (n > 32768)
		pthread_join(writer, NULL);
}

void image_free(struct image_read *r)
{
	eif_image_free(&r->img);
}

static void check_registers(struct eif_image *img, const uint8_t *p, size_t n)
{
	struct forge f;
	uint8_t pcr[3][48], pcr8[48];

	assert_true(forge_read(&f, p, n));
	forge_registers(&f, pcr);
	for (size_t i = 0; i < 3; i++)
		assert_memory_equal(img->pcr[i].v, pcr[i], 48);
	assert_true(img->size == n);
	assert_int_equal(img->n, f.n);
	if (img->is_signed) {
		struct forged der = forge_certificate_der(buf_cstr(&img->sign.pem));

		forge_pcr(der.p, der.n, pcr8);
		assert_memory_equal(img->pcr8.v, pcr8, 48);
		free(der.p);
	}
}

void image_accepted(const uint8_t *p, size_t n)
{
	struct image_read r;

	image_read(&r, p, n);
	check_no_err(&r.e);
	assert_true(r.done);
	check_registers(&r.img, p, n);
	image_free(&r);
	image_stream(&r, p, n);
	check_no_err(&r.e);
	assert_true(r.done);
	check_registers(&r.img, p, n);
	image_free(&r);
}

void image_refused(const uint8_t *p, size_t n, enum reason reason, const char *text)
{
	struct image_read r;

	image_read(&r, p, n);
	assert_false(r.done);
	check_err(&r.e, reason, text);
	image_free(&r);
	image_stream(&r, p, n);
	assert_false(r.done);
	assert_string_equal(reason_slug(r.e.reason), reason_slug(reason));
	image_free(&r);
}

void image_forged(const struct forge *f, enum reason reason, const char *text)
{
	struct forged x = forge_write(f);

	if (reason == REASON_NONE)
		image_accepted(x.p, x.n);
	else
		image_refused(x.p, x.n, reason, text);
	free(x.p);
}
