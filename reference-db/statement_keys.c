#include <stdio.h>

#include "measure/base/when.h"
#include "reference-db/statement.h"
#include "reference-db/statement_field.h"

#define ITEMS 4096u
#define ROLES_ALL ((1u << TRUST_ROLES) - 1)

enum { KEY_FORM, KEY_SERIAL, KEY_BEFORE, KEY_REFRESH, KEY_THRESHOLDS, KEY_KEYS, KEYS };

/* Members of a key. */
enum { KEY_NAME, KEY_SPKI, KEY_ROLES, KEY_NOT_BEFORE, KEY_NOT_AFTER };

void keys_free(struct keys *k)
{
	trust_free(&k->trust);
}

/* ---- what may be said */

static bool check_times(const struct trust_key *k, struct err *e)
{
	bool begins = !k->has_not_before || (k->not_before >= 0 && k->not_before <= WHEN_LAST);
	bool ends = !k->has_not_after || (k->not_after >= 0 && k->not_after <= WHEN_LAST);

	if (!begins || !ends)
		return err_set(e, REASON_STATEMENT, "a time of key '%s' is out of range", k->name);
	if (k->has_not_before && k->has_not_after && k->not_before > k->not_after)
		return err_set(e, REASON_STATEMENT, "key '%s' would end before it begins", k->name);
	return true;
}

static bool check_key(const struct trust *t, size_t i, struct err *e)
{
	const struct trust_key *k = &t->key[i];

	if (!trust_name_ok(bytes_str(k->name)))
		return err_set(e, REASON_STATEMENT, "the name of a key is none");
	if (k->roles == 0 || k->roles > ROLES_ALL)
		return err_set(e, REASON_STATEMENT, "the roles of key '%s' are none", k->name);
	for (size_t j = 0; j < i; j++) {
		if (strcmp(t->key[j].name, k->name) == 0)
			return err_set(e, REASON_STATEMENT, "the name '%s' stands twice", k->name);
		if (digest_equal(pubkey_id(t->key[j].key), pubkey_id(k->key)))
			return err_set(e, REASON_STATEMENT, "the key of '%s' is that of '%s'",
				       k->name, t->key[j].name);
	}
	return check_times(k, e);
}

static bool check_roles(const struct trust *t, struct err *e)
{
	for (unsigned r = 0; r < TRUST_ROLES; r++) {
		size_t n = trust_count(t, (enum trust_role)r);
		uint64_t threshold = t->rule[r].threshold;

		if (t->rule[r].n_ca > 0)
			return err_set(e, REASON_STATEMENT, "a statement of keys names no CAs");
		if (threshold > n || (n > 0) != (threshold > 0))
			return err_set(e, REASON_STATEMENT,
				       "the threshold of role '%s' is %llu, and %zu keys have it",
				       trust_role_name((enum trust_role)r),
				       (unsigned long long)threshold, n);
	}
	if (trust_count(t, TRUST_ROOT) == 0)
		return err_set(e, REASON_STATEMENT, "no key has the role 'root'");
	return true;
}

static bool check(const struct keys *k, struct err *e)
{
	bool first = k->before.alg == DIGEST_SHA256 && k->before.len == 32 &&
		     bytes_zero(digest_bytes(&k->before));

	if (k->serial == 0 || k->serial > SIGNED_HEIGHT_MAX)
		return err_set(e, REASON_STATEMENT, "serial %llu is not from 1 to %u",
			       (unsigned long long)k->serial, SIGNED_HEIGHT_MAX);
	if (!first && !field_is_sha256(&k->before))
		return err_set(e, REASON_STATEMENT, "a digest is zero, or not SHA-256");
	if (first != (k->serial == 1))
		return err_set(e, REASON_STATEMENT,
			       "the first keys have none before them, and all others have");
	if (k->refresh_days > STATEMENT_REFRESH)
		return err_set(e, REASON_STATEMENT, "%u days are promised, %u are the most",
			       k->refresh_days, STATEMENT_REFRESH);
	for (size_t i = 0; i < k->trust->n; i++)
		if (!check_key(k->trust, i, e))
			return false;
	return check_roles(k->trust, e);
}

/* ---- written */

/* The key that comes next in the order of their digests; NULL behind the last. */
static const struct trust_key *key_after(const struct trust *t, const struct trust_key *last)
{
	const struct trust_key *next = NULL;

	for (size_t i = 0; i < t->n; i++) {
		struct bytes id = digest_bytes(pubkey_id(t->key[i].key));

		if (last && bytes_order(id, digest_bytes(pubkey_id(last->key))) <= 0)
			continue;
		if (!next || bytes_order(id, digest_bytes(pubkey_id(next->key))) < 0)
			next = &t->key[i];
	}
	return next;
}

static void put_key(struct buf *out, const struct trust_key *k)
{
	cbor_put_map(out, 3u + k->has_not_before + k->has_not_after);
	field_put_text(out, KEY_NAME, bytes_str(k->name));
	cbor_put_uint(out, KEY_SPKI);
	cbor_put_bytes(out, pubkey_spki(k->key));
	cbor_put_uint(out, KEY_ROLES);
	cbor_put_uint(out, k->roles);
	if (k->has_not_before) {
		cbor_put_uint(out, KEY_NOT_BEFORE);
		cbor_put_int(out, k->not_before);
	}
	if (k->has_not_after) {
		cbor_put_uint(out, KEY_NOT_AFTER);
		cbor_put_int(out, k->not_after);
	}
}

bool keys_write(const struct keys *k, struct buf *out, struct err *e)
{
	const struct trust_key *key = NULL;

	if (!check(k, e))
		return false;
	field_put_form(out, KEYS);
	cbor_put_uint(out, KEY_SERIAL);
	cbor_put_uint(out, k->serial);
	field_put_digest(out, KEY_BEFORE, &k->before);
	cbor_put_uint(out, KEY_REFRESH);
	cbor_put_uint(out, k->refresh_days);
	cbor_put_uint(out, KEY_THRESHOLDS);
	cbor_put_array(out, TRUST_ROLES);
	for (unsigned r = 0; r < TRUST_ROLES; r++)
		cbor_put_uint(out, k->trust->rule[r].threshold);
	cbor_put_uint(out, KEY_KEYS);
	cbor_put_array(out, k->trust->n);
	while ((key = key_after(k->trust, key)))
		put_key(out, key);
	return buf_done(out, "the statement", e);
}

/* ---- read */

static void get_time(struct cur *c, const char *field, bool *has, int64_t *t)
{
	*has = true;
	*t = cbor_get_int(c, field);
}

static void get_times(struct cur *c, struct trust_key *k, size_t members)
{
	for (size_t i = 3; i < members && cur_ok(c); i++) {
		uint64_t at = cur_at(c), key = cbor_get_uint(c, UINT64_MAX, "a key");

		if (key == KEY_NOT_BEFORE)
			get_time(c, "not-before", &k->has_not_before, &k->not_before);
		else if (key == KEY_NOT_AFTER)
			get_time(c, "not-after", &k->has_not_after, &k->not_after);
		else if (cur_ok(c))
			cur_fail(c, REASON_STATEMENT, at, "a key has no member %llu",
				 (unsigned long long)key);
	}
}

static void get_spki(struct cur *c, struct trust_key *k)
{
	struct bytes der;

	field_get_key(c, KEY_SPKI, "spki");
	der = cbor_get_bytes(c, PUBKEY_FILE_MAX, "spki");
	if (!cur_ok(c) || pubkey_read_spki(&k->key, der, c->e))
		return;
	c->e->at = false;
	err_in(c->e, "the key of '%s'", k->name);
	c->failed = true;
}

static bool get_trust_key(struct cur *c, struct trust *t)
{
	uint64_t at = cur_at(c);
	size_t members = cbor_get_map(c, 5, "a key");
	struct trust_key *k = &t->key[t->n];
	struct bytes name;

	if (cur_ok(c) && members < 3)
		cur_fail(c, REASON_STATEMENT, at, "a key needs 3 members, found %zu", members);
	name = field_get_text(c, KEY_NAME, TRUST_NAME_MAX, "name");
	if (cur_ok(c) && !trust_name_ok(name))
		cur_fail(c, REASON_STATEMENT, at, "the name of a key is none");
	if (cur_ok(c))
		snprintf(k->name, sizeof(k->name), "%.*s", (int)name.n, (const char *)name.p);
	get_spki(c, k);
	if (k->key)
		t->n++;
	field_get_key(c, KEY_ROLES, "roles");
	k->roles = (unsigned)cbor_get_uint(c, ROLES_ALL, "roles");
	get_times(c, k, members);
	if (cur_ok(c) && t->n > 1 &&
	    bytes_order(digest_bytes(pubkey_id(k[-1].key)), digest_bytes(pubkey_id(k->key))) >= 0)
		cur_fail(c, REASON_STATEMENT, at,
			 "a key stands twice, or not in the order of their digests");
	return cur_ok(c);
}

static void get_thresholds(struct cur *c, struct trust *t)
{
	uint64_t at;
	size_t n;

	field_get_key(c, KEY_THRESHOLDS, "thresholds");
	at = cur_at(c);
	n = cbor_get_array(c, TRUST_ROLES, "thresholds");
	if (cur_ok(c) && n != TRUST_ROLES)
		cur_fail(c, REASON_STATEMENT, at,
			 "thresholds is an array of %zu and must be one "
			 "of %d",
			 n, TRUST_ROLES);
	for (unsigned r = 0; r < TRUST_ROLES; r++)
		t->rule[r].threshold = cbor_get_uint(c, TRUST_KEYS, "threshold");
}

static bool read_into(struct keys *k, struct cur *c)
{
	size_t n;

	field_get_form(c, KEYS);
	field_get_key(c, KEY_SERIAL, "serial");
	k->serial = cbor_get_uint(c, SIGNED_HEIGHT_MAX, "serial");
	field_get_digest(c, KEY_BEFORE, "before", &k->before);
	field_get_key(c, KEY_REFRESH, "refresh");
	k->refresh_days = (uint32_t)cbor_get_uint(c, STATEMENT_REFRESH, "refresh");
	get_thresholds(c, k->trust);
	field_get_key(c, KEY_KEYS, "keys");
	n = cbor_get_array(c, TRUST_KEYS, "keys");
	for (size_t i = 0; i < n && cur_ok(c); i++)
		if (!get_trust_key(c, k->trust))
			return false;
	return cur_end(c, "the statement") && check(k, c->e);
}

bool keys_read(struct keys *k, struct bytes payload, uint64_t base, struct err *e)
{
	struct keys read = {0};
	struct cur c = cur_new(payload, base, e);

	if (!cbor_scan(payload, base, CBOR_STRICT, ITEMS, e) || !trust_new(&read.trust, e))
		return false;
	if (!read_into(&read, &c)) {
		keys_free(&read);
		return false;
	}
	*k = read;
	return true;
}
