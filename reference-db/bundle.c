#include "reference-db/bundle.h"

#include <stdio.h>

#include "measure/core/cbor.h"
#include "reference-db/signed.h"

#define TYPE_PAYLOAD "application/rim+cbor"
#define NAME_MAX_BYTES 32
#define SCAN_ITEMS 1024u
#define BUNDLE_MEMBERS \
	(BUNDLE_PROOFS + BUNDLE_SIGNATURES + BUNDLE_STATEMENTS + BUNDLE_COLLATERAL + 2)

static const char *const types[] = {
	[BUNDLE_TLOG_PROOF] = "application/x-tlog-proof",
	[BUNDLE_SIGSUM_PROOF] = "application/x-sigsum-proof",
	[BUNDLE_SIGNATURE] = "application/rim+cose",
	[BUNDLE_REBUILT] = "application/vnd.measure.rebuilt+cose",
	[BUNDLE_WITHDRAW] = "application/vnd.measure.withdraw+cose",
	[BUNDLE_CERTIFICATE] = "application/pkix-cert",
	[BUNDLE_CRL] = "application/pkix-crl",
};

/* In the order of their names' encodings, of which the shorter is the smaller. */
enum { PROOFS, SIGNATURES, STATEMENTS, COLLATERAL, KINDS };

static const struct kind {
	const char *name;
	size_t most, size;
	enum bundle_type first, last;
} kinds[KINDS] = {
	[PROOFS] = {"proof", BUNDLE_PROOFS, BUNDLE_PROOF_MAX, BUNDLE_TLOG_PROOF,
		    BUNDLE_SIGSUM_PROOF},
	[SIGNATURES] = {"signature", BUNDLE_SIGNATURES, BUNDLE_MAX, BUNDLE_SIGNATURE,
			BUNDLE_SIGNATURE},
	[STATEMENTS] = {"statement", BUNDLE_STATEMENTS, BUNDLE_STATEMENT_MAX, BUNDLE_REBUILT,
			BUNDLE_WITHDRAW},
	[COLLATERAL] = {"collateral", BUNDLE_COLLATERAL, BUNDLE_COLLATERAL_MAX, BUNDLE_CERTIFICATE,
			BUNDLE_CRL},
};

static struct bundle_set *set_of(struct bundle *b, size_t kind)
{
	struct bundle_set *const sets[KINDS] = {
		[PROOFS] = &b->proofs,
		[SIGNATURES] = &b->signatures,
		[STATEMENTS] = &b->statements,
		[COLLATERAL] = &b->collateral,
	};

	return sets[kind];
}

static void member_name(char name[NAME_MAX_BYTES], const struct kind *k, size_t i)
{
	snprintf(name, NAME_MAX_BYTES, "%s/%03zu", k->name, i);
}

/* The media type of a CMW record: [media type, bytes]. */
static struct bytes get_type(struct cur *c, const char *name)
{
	uint64_t at = cur_at(c);
	size_t n = cbor_get_array(c, 2, name);

	if (cur_ok(c) && n != 2)
		cur_fail(c, REASON_BUNDLE, at, "%s is an array of %zu and must be one of 2", name,
			 n);
	return cbor_get_text(c, SIGNED_NAME_MAX, name);
}

static void get_payload(struct cur *c, struct bundle *b)
{
	uint64_t at = cur_at(c);
	struct bytes type = get_type(c, "payload");

	if (cur_ok(c) && !bytes_equal(type, bytes_str(TYPE_PAYLOAD)))
		cur_fail(c, REASON_BUNDLE, at,
			 "payload is of type \"%.*s\" and must be \"" TYPE_PAYLOAD "\"",
			 (int)type.n, (const char *)type.p);
	b->payload = cbor_get_bytes(c, BUNDLE_MAX, "payload");
	b->payload_at = cur_at(c) - b->payload.n;
}

static void must_be_named(struct cur *c, uint64_t at, struct bytes found, const char *name)
{
	if (cur_ok(c) && !bytes_equal(found, bytes_str(name)))
		cur_fail(c, REASON_BUNDLE, at, "member \"%.*s\" stands where \"%s\" must stand",
			 (int)found.n, (const char *)found.p, name);
}

static void get_name(struct cur *c, const char *name)
{
	uint64_t at = cur_at(c);

	must_be_named(c, at, cbor_get_text(c, SIGNED_NAME_MAX, "a member's name"), name);
}

static void get_collection_type(struct cur *c)
{
	uint64_t at = cur_at(c);
	struct bytes type = cbor_get_text(c, SIGNED_NAME_MAX, "__cmwc_t");

	if (cur_ok(c) && !bytes_equal(type, bytes_str(BUNDLE_TYPE)))
		cur_fail(c, REASON_BUNDLE, at,
			 "the collection's type is \"%.*s\" and must be \"%s\"", (int)type.n,
			 (const char *)type.p, BUNDLE_TYPE);
}

/* One set has one spelling. */
static void must_ascend(struct cur *c, const struct bundle_set *set, const struct bundle_member *m,
			const char *name)
{
	int order = set->n > 0 ? bytes_order(set->member[set->n - 1].bytes, m->bytes) : -1;

	if (cur_ok(c) && order >= 0)
		cur_fail(c, REASON_BUNDLE, m->at, "%s %s the one in front of it", name,
			 order > 0 ? "sorts before" : "is the same as");
}

static void get_content(struct cur *c, const struct kind *k, const char *name,
			struct bundle_member *m)
{
	uint64_t at = cur_at(c);
	struct bytes type = get_type(c, name);

	for (m->type = k->first; m->type < k->last; m->type++)
		if (bytes_equal(type, bytes_str(types[m->type])))
			break;
	if (cur_ok(c) && !bytes_equal(type, bytes_str(types[m->type])))
		cur_fail(c, REASON_BUNDLE, at, "%s is of type \"%.*s\" and must be \"%s\"%s%s%s",
			 name, (int)type.n, (const char *)type.p, types[k->first],
			 k->first < k->last ? " or \"" : "",
			 k->first < k->last ? types[k->last] : "", k->first < k->last ? "\"" : "");
	m->bytes = cbor_get_bytes(c, k->size, name);
	m->at = cur_at(c) - m->bytes.n;
}

/* The members of a kind end where those of a later one begin. */
static size_t kind_of(struct bytes name, size_t kind)
{
	for (size_t k = kind; k < KINDS; k++) {
		size_t n = strlen(kinds[k].name);

		if (bytes_start(name, bytes_str(kinds[k].name)) && name.n > n && name.p[n] == '/')
			return k;
	}
	return kind == PROOFS ? SIGNATURES : kind;
}

static void get_member(struct cur *c, struct bundle *b, size_t *kind)
{
	uint64_t at = cur_at(c);
	struct bytes found = cbor_get_text(c, SIGNED_NAME_MAX, "a member's name");
	struct bundle_member m = {0};
	char name[NAME_MAX_BYTES];
	struct bundle_set *set;
	const struct kind *k;

	*kind = kind_of(found, *kind);
	set = set_of(b, *kind);
	k = &kinds[*kind];
	member_name(name, k, set->n);
	must_be_named(c, at, found, name);
	if (cur_ok(c) && set->n == k->most)
		cur_fail(c, REASON_LIMIT, at, "%s is one more than the %zu there may be", name,
			 k->most);
	if (cur_ok(c))
		get_content(c, k, name, &m);
	must_ascend(c, set, &m, name);
	if (cur_ok(c))
		set->member[set->n++] = m;
}

bool bundle_read(struct bytes in, uint64_t base, struct bundle *b, struct err *e)
{
	struct cur c = cur_new(in, base, e);
	struct bundle read = {0};
	size_t kind = PROOFS, members;

	if (!cbor_scan(in, base, CBOR_STRICT, SCAN_ITEMS, e))
		return false;
	members = cbor_get_map(&c, BUNDLE_MEMBERS, "the bundle");
	if (cur_ok(&c) && members < 2)
		return cur_fail(&c, REASON_BUNDLE, base, "%zu members, and 2 is the least",
				members);
	get_name(&c, "payload");
	get_payload(&c, &read);
	get_name(&c, "__cmwc_t");
	get_collection_type(&c);
	for (size_t i = 2; cur_ok(&c) && i < members; i++)
		get_member(&c, &read, &kind);
	if (!cur_end(&c, "the bundle"))
		return false;
	*b = read;
	return true;
}

/* By insertion: there are few, and equal ones are met on the way. */
static void sort(struct bundle_set *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct bundle_member x = s->member[i];
		size_t at = kept;

		while (at > 0 && bytes_order(s->member[at - 1].bytes, x.bytes) > 0)
			at--;
		if (at > 0 && bytes_equal(s->member[at - 1].bytes, x.bytes))
			continue;
		for (size_t j = kept; j > at; j--)
			s->member[j] = s->member[j - 1];
		s->member[at] = x;
		kept++;
	}
	s->n = kept;
}

static void put_record(struct buf *out, const char *name, const char *type, struct bytes x)
{
	cbor_put_text(out, name);
	cbor_put_array(out, 2);
	cbor_put_text(out, type);
	cbor_put_bytes(out, x);
}

static void put_set(struct buf *out, const struct kind *k, const struct bundle_set *s)
{
	char name[NAME_MAX_BYTES];

	for (size_t i = 0; i < s->n; i++) {
		member_name(name, k, i);
		put_record(out, name, types[s->member[i].type], s->member[i].bytes);
	}
}

bool bundle_write(struct buf *out, struct bundle *b, struct err *e)
{
	size_t members = 2;

	for (size_t k = 0; k < KINDS; k++) {
		sort(set_of(b, k));
		members += set_of(b, k)->n;
	}
	cbor_put_map(out, members);
	put_record(out, "payload", TYPE_PAYLOAD, b->payload);
	cbor_put_text(out, "__cmwc_t");
	cbor_put_text(out, BUNDLE_TYPE);
	for (size_t k = 0; k < KINDS; k++)
		put_set(out, &kinds[k], set_of(b, k));
	return buf_done(out, "the bundle", e);
}
