#include "measure/base/base64.h"
#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/base/when.h"
#include "measure/base/yaml.h"
#include "measure/core/hash.h"
#include "reference-db/require.h"
#include "reference-db/trust.h"

#define COPY_MAX (4u << 20)

/* ---- the file */

static void put_time(struct buf *out, const char *key, int64_t when)
{
	buf_fmt(out, "    %s: ", key);
	when_put(out, when, "Z");
	buf_str(out, "\n");
}

static void put_key(struct buf *out, const struct trust_key *k)
{
	const char *comma = "";

	buf_str(out, "  - name: ");
	yaml_put_text(out, bytes_str(k->name));
	buf_str(out, "\n    id: \"");
	hex_put(out, digest_bytes(pubkey_id(k->key)));
	buf_str(out, "\"\n    spki: \"");
	base64_put(out, pubkey_spki(k->key));
	buf_str(out, "\"\n    roles: [");
	for (unsigned r = 0; r < TRUST_ROLES; r++) {
		if (!(k->roles >> r & 1))
			continue;
		buf_fmt(out, "%s%s", comma, trust_role_name(r));
		comma = ", ";
	}
	buf_str(out, "]\n");
	if (k->has_not_before)
		put_time(out, "not-before", k->not_before);
	if (k->has_not_after)
		put_time(out, "not-after", k->not_after);
}

/* Lines of 64 characters, each indented by eight blanks. */
static void put_ca(struct buf *out, const struct x509 *x)
{
	owned(buf_free) struct buf base64 = BUF(TRUST_MAX);

	base64_put(&base64, x509_der(x));
	if (base64.failed != REASON_NONE)
		buf_fail(out, base64.failed);
	buf_str(out, "      - |\n        -----BEGIN CERTIFICATE-----\n");
	for (size_t at = 0; at < base64.n; at += 64) {
		buf_str(out, "        ");
		buf_put(out, bytes_of(base64.p + at, base64.n - at < 64 ? base64.n - at : 64));
		buf_str(out, "\n");
	}
	buf_str(out, "        -----END CERTIFICATE-----\n");
}

static void put_rule(struct buf *out, const struct trust_rule *rule, enum trust_role role)
{
	buf_fmt(out, "  %s:\n    threshold: %llu\n", trust_role_name(role),
		(unsigned long long)rule->threshold);
	if (rule->n_ca > 0)
		buf_str(out, "    ca:\n");
	for (size_t i = 0; i < rule->n_ca; i++)
		put_ca(out, rule->ca[i]);
}

void trust_write(const struct trust *t, struct buf *out)
{
	bool any = false;

	buf_str(out, "# Whose signatures count, and for what: see measure-trust(5).\nversion: 1\n");
	if (t->n > 0)
		buf_str(out, "keys:\n");
	for (size_t i = 0; i < t->n; i++)
		put_key(out, &t->key[i]);
	for (unsigned r = 0; r < TRUST_ROLES; r++) {
		if (t->rule[r].threshold == 0)
			continue;
		if (!any)
			buf_str(out, "roles:\n");
		any = true;
		put_rule(out, &t->rule[r], r);
	}
	trust_logs_write(&t->logs, out);
	require_write(&t->require, out);
}

/* ---- for people */

static void put_fingerprint(struct buf *out, const struct digest *d)
{
	buf_str(out, "    sha256:");
	hex_put(out, digest_bytes(d));
	buf_str(out, "\n");
}

static void put_moment(struct buf *out, const char *before, int64_t when)
{
	buf_str(out, before);
	when_put(out, when, "Z");
}

static void show_key(struct buf *out, const struct trust_key *k)
{
	buf_str(out, "  ");
	text_tame(out, bytes_str(k->name));
	buf_fmt(out, ", %s", pubkey_kind(k->key));
	if (k->has_not_before)
		put_moment(out, ", from ", k->not_before);
	if (k->has_not_after)
		put_moment(out, ", until ", k->not_after);
	buf_str(out, "\n");
	put_fingerprint(out, pubkey_id(k->key));
}

static void show_ca(struct buf *out, const struct x509 *x)
{
	owned(buf_free) struct buf subject = BUF(TRUST_MAX);
	int64_t from = 0, to = 0;
	struct digest d = {0};
	struct err e = {0};

	if (!x509_validity(x, &from, &to, &e) || !hash_of(DIGEST_SHA256, x509_der(x), &d, &e))
		buf_fail(out, e.reason);
	x509_subject(x, &subject);
	if (subject.failed != REASON_NONE)
		buf_fail(out, subject.failed);
	buf_str(out, "  certificate of ");
	text_tame(out, buf_bytes(&subject));
	put_moment(out, ", from ", from);
	put_moment(out, ", until ", to);
	buf_str(out, "\n");
	put_fingerprint(out, &d);
}

void trust_text(const struct trust *t, struct buf *out)
{
	for (unsigned r = 0; r < TRUST_ROLES; r++) {
		const struct trust_rule *rule = &t->rule[r];

		if (rule->threshold == 0) {
			buf_fmt(out, "%s: nobody\n", trust_role_name(r));
			continue;
		}
		buf_fmt(out, "%s: %llu of %zu %s%s\n", trust_role_name(r),
			(unsigned long long)rule->threshold, trust_count(t, r),
			trust_count(t, r) == 1 ? "key" : "keys",
			rule->n_ca ? " and those that these certify" : "");
		for (size_t i = 0; i < t->n; i++)
			if (t->key[i].roles >> r & 1)
				show_key(out, &t->key[i]);
		for (size_t i = 0; i < rule->n_ca; i++)
			show_ca(out, rule->ca[i]);
	}
	trust_logs_write(&t->logs, out);
	require_write(&t->require, out);
}

/* ---- for programs */

static void json_moment(struct json_out *w, const char *key, bool has, int64_t when)
{
	owned(buf_free) struct buf text = BUF(64);

	json_key(w, key);
	if (!has) {
		json_null(w);
		return;
	}
	when_put(&text, when, "Z");
	if (text.failed != REASON_NONE)
		buf_fail(w->out, text.failed);
	json_string(w, buf_bytes(&text));
}

static void json_entry(struct json_out *w, const struct trust_key *k)
{
	json_open(w, '{');
	json_key(w, "name");
	json_str(w, k->name);
	json_key(w, "sha256");
	json_hex(w, digest_bytes(pubkey_id(k->key)));
	json_key(w, "key");
	json_str(w, pubkey_kind(k->key));
	json_key(w, "roles");
	json_open(w, '[');
	for (unsigned r = 0; r < TRUST_ROLES; r++)
		if (k->roles >> r & 1)
			json_str(w, trust_role_name(r));
	json_close(w, ']');
	json_moment(w, "not_before", k->has_not_before, k->not_before);
	json_moment(w, "not_after", k->has_not_after, k->not_after);
	json_close(w, '}');
}

static void json_rule(struct json_out *w, const struct trust_rule *rule, size_t keys)
{
	json_open(w, '{');
	json_key(w, "threshold");
	json_u64(w, rule->threshold);
	json_key(w, "keys");
	json_u64(w, keys);
	json_key(w, "ca");
	json_open(w, '[');
	for (size_t i = 0; i < rule->n_ca; i++)
		x509_json(rule->ca[i], w);
	json_close(w, ']');
	json_close(w, '}');
}

void trust_json(const struct trust *t, struct json_out *w)
{
	json_key(w, "keys");
	json_open(w, '[');
	for (size_t i = 0; i < t->n; i++)
		json_entry(w, &t->key[i]);
	json_close(w, ']');
	json_key(w, "roles");
	json_open(w, '{');
	for (unsigned r = 0; r < TRUST_ROLES; r++) {
		if (t->rule[r].threshold == 0)
			continue;
		json_key(w, trust_role_name(r));
		json_rule(w, &t->rule[r], trust_count(t, r));
	}
	json_close(w, '}');
	json_key(w, "logs");
	trust_logs_json(&t->logs, w);
	json_key(w, "require");
	require_json(&t->require, w);
}

bool trust_copy(const struct trust *from, struct trust **to, struct err *e)
{
	owned(buf_free) struct buf text = BUF(COPY_MAX);

	trust_write(from, &text);
	return buf_done(&text, "the trust file", e) && trust_parse(to, buf_bytes(&text), e);
}
