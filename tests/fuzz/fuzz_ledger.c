/*
 * Any bytes as a ledger that was kept, of its form and with sums that hold: it is refused, or
 * everything that it says can be asked for, and statements are fed to it, read whole or row by row.
 * And any bytes, cut at each 0xff, as statements that are fed one after another.
 */
#include <stdlib.h>

#include "reference-db/ledger_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static struct digest byte(uint8_t x)
{
	struct digest d = {.alg = DIGEST_SHA256, .len = 32};

	memset(d.v, x, 32);
	return d;
}

static void ask(const struct ledger *l)
{
	const struct ledger_when when = {.when = {CLOCK_AT, 1790000000}, .channel = "stable"};
	struct ledger_statement s;
	struct ledger_release r;
	struct ledger_hit hit[4];
	int64_t newest;
	uint64_t n;

	for (uint64_t i = 0; i < ledger_statements(l); i++)
		ledger_statement(l, i, &s);
	for (uint64_t i = 0; i < ledger_releases(l); i++) {
		ledger_release(l, i, &when, &r);
		must_be(ledger_find(l, r.product, r.version, &n) && n <= i);
		ledger_who(l, digest_bytes(&r.payload), 0, hit, 4);
	}
	(void)!ledger_newest(l, when.when.at, &newest);
	ledger_future(l, when.when.at, &n);
	must_be(ledger_trust(l) != NULL);
}

static void feed(struct ledger *l, struct bytes in)
{
	while (in.n > 0) {
		const uint8_t *end = memchr(in.p, 0xff, in.n);
		size_t n = end ? (size_t)(end - in.p) : in.n;
		struct ledger_fed fed;
		struct err e = {0};

		must_be(ledger_feed(l, bytes_of(in.p, n), &fed, &e) || err_is(&e));
		in = bytes_of(in.p + n + (end ? 1 : 0), in.n - n - (end ? 1 : 0));
	}
}

static void kept(const struct trust *t, struct bytes in, struct bytes said, bool whole)
{
	const struct digest first = byte(0x77), trust = byte(0x66);
	owned(ledger_free) struct ledger *l = NULL;
	struct err e = {0};

	must_be((l = ledger_new(t, &trust, &first, &e)) != NULL);
	if (!ledger_read(l, in, &e) || (whole && !ledger_load(l, &e))) {
		must_be(err_is(&e));
		return;
	}
	if (whole)
		ask(l);
	feed(l, said);
	if (!ledger_load(l, &e)) {
		must_be(!whole && err_is(&e));
		return;
	}
	ask(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct digest first = byte(0x77), trust = byte(0x66);
	owned(trust_free) struct trust *t = NULL;
	owned(ledger_free) struct ledger *l = NULL;
	owned(buf_free) struct buf file = BUF(LEDGER_KEPT_MAX);
	struct err e = {0};

	must_be(trust_new(&t, &e) && (l = ledger_new(t, &trust, &first, &e)));
	feed(l, bytes_of(data, size));
	ask(l);
	buf_str(&file, LEDGER_FORM);
	buf_put(&file, bytes_of(data, size));
	if (!ledger_seal(&file, &e)) {
		must_be(err_is(&e));
		return 0;
	}
	kept(t, buf_bytes(&file), bytes_of(data, size), true);
	kept(t, buf_bytes(&file), bytes_of(data, size), false);
	return 0;
}
