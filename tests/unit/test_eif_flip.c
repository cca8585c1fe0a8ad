#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_image.h"

/*
 * One bit of one byte at a time. With the CRC left as it was nothing is accepted; with the CRC
 * made right what may still be accepted is listed here, and nothing else. One bit in each byte,
 * every bit with SOAK=1.
 */

static unsigned bits_of(size_t at, bool all)
{
	return all ? 0xff : 1u << at % 8;
}

struct place {
	size_t from, to;
};

/* Where things stand in a forged image. */
static struct place data_of(const struct forge *f, uint16_t type)
{
	size_t at = FORGE_HEADER;

	for (size_t i = 0; i < f->n; i++) {
		at += FORGE_SECTION_HEADER;
		if (f->section[i].type == type)
			return (struct place){at, at + f->section[i].n};
		at += f->section[i].n;
	}
	fail_msg("no section %u", type);
	return (struct place){0, 0};
}

static bool within(size_t at, struct place p)
{
	return at >= p.from && at < p.to;
}

static bool measured(const struct forge *f, size_t at)
{
	size_t start = FORGE_HEADER;

	for (size_t i = 0; i < f->n; i++) {
		size_t end = start + FORGE_SECTION_HEADER + f->section[i].n;

		if (at >= start + FORGE_SECTION_HEADER && at < end)
			return f->section[i].type <= FORGE_RAMDISK;
		start = end;
	}
	return false;
}

/*
 * Unmeasured and unsigned, so a changed byte can make an image that is as good: the two numbers
 * nobody reads, the architecture, metadata that is still such JSON, and the certificate outside
 * its key (PCR8 changes with it). Nothing of the CBOR or COSE around it.
 */
static bool may_survive(const struct forge *f, size_t at, uint8_t mask)
{
	static const struct place numbers = {8, 24};
	struct place pem = {0, 0};

	if (f->section[f->n - 1].type == FORGE_SIGNATURE) {
		pem = data_of(f, FORGE_SIGNATURE);
		/* 81 a2, "signing_certificate" with its head, the head of an array over 255 */
		pem.from += 2 + 20 + 3;
		pem.to = pem.from + 2 * strlen(forge_certificate(256));
	}
	return within(at, numbers) || (at == 7 && mask == 1) ||
	       within(at, data_of(f, FORGE_METADATA)) || within(at, pem);
}

static void check_flip(const struct forge *f, struct forged *x, size_t at, uint8_t mask)
{
	bool sealed = f->section[f->n - 1].type == FORGE_SIGNATURE;
	struct image_read r;

	x->p[at] ^= mask;
	image_read(&r, x->p, x->n);
	assert_false(r.done);
	assert_int_equal(reason_class(r.e.reason), EXIT_CLASS_MALFORMED);
	image_free(&r);
	if (at >= FORGE_CRC_AT && at < FORGE_HEADER) {
		x->p[at] ^= mask;
		return;
	}
	forge_repair(x->p, x->n);
	image_read(&r, x->p, x->n);
	if (measured(f, at) && !sealed) {
		assert_true(r.done);
	} else if (r.done && !may_survive(f, at, mask)) {
		fail_msg("bit 0x%02x of byte %zu may be changed unseen", mask, at);
	} else if (!r.done) {
		assert_true(reason_class(r.e.reason) == EXIT_CLASS_MALFORMED ||
			    (sealed && r.e.reason == REASON_SIGNATURE));
	}
	if (measured(f, at) && sealed)
		assert_int_equal(r.e.reason, REASON_SIGNATURE);
	if (r.done)
		image_accepted(x->p, x->n);
	image_free(&r);
	x->p[at] ^= mask;
	forge_repair(x->p, x->n);
}

static size_t flip_all(const struct forge *f, bool all)
{
	struct forged x = forge_write(f);
	size_t n = 0;

	image_accepted(x.p, x.n);
	for (size_t at = 0; at < x.n; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			if (!(bits_of(at, all) & 1u << bit))
				continue;
			check_flip(f, &x, at, (uint8_t)(1u << bit));
			n++;
		}
	}
	image_accepted(x.p, x.n);
	free(x.p);
	return n;
}

static void a_flipped_bit_of_an_unsigned_image_is_refused_or_listed(void **state)
{
	struct forge f = forge_base();

	(void)state;
	assert_true(flip_all(&f, check_soak()) >= 1400);
}

static void a_flipped_bit_of_a_signed_image_is_refused_or_listed(void **state)
{
	struct forge f = forge_base();
	uint8_t *signature = forge_sign(&f, 256, NULL);

	(void)state;
	assert_true(flip_all(&f, check_soak()) >= 2700);
	free(signature);
}

/* The architecture is not measured: the flag survives, and is told. */
static void the_architecture_bit_is_the_only_flag_that_survives(void **state)
{
	struct forge f = forge_base();
	struct forged x = forge_write(&f);

	(void)state;
	for (unsigned bit = 0; bit < 16; bit++) {
		struct image_read r;

		forge_put(x.p + 6, 2, 1u << bit);
		forge_repair(x.p, x.n);
		image_read(&r, x.p, x.n);
		assert_int_equal(r.done, bit == 0);
		if (bit)
			assert_int_equal(r.e.reason, REASON_FLAGS_MEASURED);
		else
			assert_int_equal(r.img.header.flags, 1);
		image_free(&r);
	}
	free(x.p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flipped_bit_of_an_unsigned_image_is_refused_or_listed),
		cmocka_unit_test(a_flipped_bit_of_a_signed_image_is_refused_or_listed),
		cmocka_unit_test(the_architecture_bit_is_the_only_flag_that_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
