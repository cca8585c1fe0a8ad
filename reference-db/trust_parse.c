#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/base64.h"
#include "measure/base/hex.h"
#include "measure/base/yaml.h"
#include "reference-db/certified.h"
#include "reference-db/require.h"
#include "reference-db/trust.h"

#define VERSION 1u

/* ---- the schema */

static const struct yaml_field role_item = {.type = YAML_TEXT, .choices = trust_role_names};
static const struct yaml_field key_fields[] = {
	{.key = "name", .type = YAML_TEXT, .required = true},
	{.key = "id", .type = YAML_HEX, .required = true},
	{.key = "spki", .type = YAML_TEXT, .required = true},
	{.key = "roles", .type = YAML_LIST, .required = true, .item = &role_item},
	{.key = "not-before", .type = YAML_TIME},
	{.key = "not-after", .type = YAML_TIME},
	{0},
};
static const struct yaml_field key_item = {.type = YAML_MAP, .fields = key_fields};
static const struct yaml_field pem_item = {.type = YAML_TEXT};
static const struct yaml_field rule_fields[] = {
	{.key = "threshold", .type = YAML_UINT, .required = true},
	{.key = "ca", .type = YAML_LIST, .item = &pem_item},
	{0},
};
static const struct yaml_field roles_fields[] = {
	{.key = "publisher", .type = YAML_MAP, .fields = rule_fields},
	{.key = "rebuilder", .type = YAML_MAP, .fields = rule_fields},
	{.key = "withdrawer", .type = YAML_MAP, .fields = rule_fields},
	{.key = "root", .type = YAML_MAP, .fields = rule_fields},
	{0},
};
static const struct yaml_field root_fields[] = {
	{.key = "version", .type = YAML_UINT, .required = true},
	{.key = "keys", .type = YAML_LIST, .item = &key_item},
	{.key = "roles", .type = YAML_MAP, .fields = roles_fields},
	{.key = "logs", .type = YAML_MAP, .fields = trust_logs_fields},
	{.key = "require", .type = YAML_MAP, .fields = require_fields},
	{0},
};
static const struct yaml_field root = {.type = YAML_MAP, .fields = root_fields};

/* ---- from the tree */

struct reader {
	const struct yaml *y;
	struct trust *t;
	struct err *e;
};

static bool wrong(struct reader *r, uint32_t line, const char *format, ...) ERR_FORMAT(3, 4);

static bool wrong(struct reader *r, uint32_t line, const char *format, ...)
{
	char text[384];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_set(r->e, REASON_TRUST, "line %u: %s", line, text);
}

/* Whatever a reader refused of a part of the file has its line, not an offset in that part. */
static bool in_line(struct reader *r, uint32_t line, const char *what, const char *name)
{
	r->e->at = false;
	return err_in(r->e, "line %u: the %s of '%s'", line, what, name);
}

static bool read_name(struct reader *r, const struct yaml_node *map, struct trust_key *k)
{
	const struct yaml_node *name = yaml_member(r->y, map, "name");

	if (!trust_name_ok(name->text))
		return wrong(r, name->line,
			     "a name needs 1 to %u bytes of visible characters, without blanks at "
			     "its ends",
			     TRUST_NAME_MAX);
	memcpy(k->name, name->text.p, name->text.n);
	for (size_t i = 0; i < r->t->n; i++)
		if (strcmp(r->t->key[i].name, k->name) == 0)
			return wrong(r, name->line, "the name '%s' stands twice, first in line %u",
				     k->name, r->t->key[i].line);
	return true;
}

/* The identity is stated beside the key so that people can compare it; a wrong one is a trap. */
static bool check_id(struct reader *r, const struct yaml_node *map, const struct trust_key *k)
{
	const struct yaml_node *id = yaml_member(r->y, map, "id");
	owned(buf_free) struct buf stated = BUF(TRUST_MAX), hex = BUF(2 * DIGEST_MAX + 1);

	hex_put(&hex, digest_bytes(pubkey_id(k->key)));
	if (!hex_read(yaml_str(id), "id", &stated, r->e) || !buf_done(&hex, "id", r->e))
		return false;
	if (!bytes_equal(buf_bytes(&stated), digest_bytes(pubkey_id(k->key))))
		return wrong(r, id->line,
			     "the id of '%s' is not the digest of its key, which is %s", k->name,
			     buf_cstr(&hex));
	for (size_t i = 0; i < r->t->n; i++)
		if (digest_equal(pubkey_id(r->t->key[i].key), pubkey_id(k->key)))
			return wrong(r, id->line, "the key of '%s' is that of '%s' in line %u",
				     k->name, r->t->key[i].name, r->t->key[i].line);
	return true;
}

static bool read_spki(struct reader *r, const struct yaml_node *map, struct trust_key *k)
{
	const struct yaml_node *spki = yaml_member(r->y, map, "spki");
	owned(buf_free) struct buf der = BUF(TRUST_MAX);
	size_t bad;

	if (!base64_read(spki->text, &der, &bad))
		return wrong(r, spki->line, "the spki of '%s' is no base64 at its character %zu",
			     k->name, bad);
	if (!buf_done(&der, "spki", r->e))
		return false;
	return pubkey_read_spki(&k->key, buf_bytes(&der), r->e) ||
	       in_line(r, spki->line, "spki", k->name);
}

static bool read_roles(struct reader *r, const struct yaml_node *map, struct trust_key *k)
{
	const struct yaml_node *roles = yaml_member(r->y, map, "roles");
	const struct yaml_node *node = yaml_first(r->y, roles);

	if (!node)
		return wrong(r, roles->line, "'%s' has no role", k->name);
	for (; node; node = yaml_after(r->y, roles, node)) {
		unsigned role = 0;

		while (!bytes_equal(node->text, bytes_str(trust_role_names[role])))
			role++;
		if (k->roles >> role & 1)
			return wrong(r, node->line, "'%s' has the role '%s' twice", k->name,
				     trust_role_names[role]);
		k->roles |= 1u << role;
	}
	return true;
}

static bool read_dates(struct reader *r, const struct yaml_node *map, struct trust_key *k)
{
	const struct yaml_node *from = yaml_member(r->y, map, "not-before");
	const struct yaml_node *to = yaml_member(r->y, map, "not-after");

	k->has_not_before = from != NULL;
	k->has_not_after = to != NULL;
	k->not_before = from ? yaml_time(from) : 0;
	k->not_after = to ? yaml_time(to) : 0;
	if (from && to && k->not_before > k->not_after)
		return wrong(r, to->line, "not-after of '%s' is %s, and not-before only %s",
			     k->name, yaml_str(to), yaml_str(from));
	return true;
}

static bool read_key(struct reader *r, const struct yaml_node *map)
{
	struct trust_key *k = &r->t->key[r->t->n];
	bool ok;

	if (r->t->n == TRUST_KEYS)
		return err_set(r->e, REASON_LIMIT, "line %u: needs at most %u keys, found more",
			       map->line, TRUST_KEYS);
	k->line = map->line;
	ok = read_name(r, map, k) && read_spki(r, map, k) && check_id(r, map, k) &&
	     read_roles(r, map, k) && read_dates(r, map, k);
	r->t->n++; /* also when it is not: so it is freed */
	return ok;
}

static bool read_ca(struct reader *r, const struct yaml_node *pem, enum trust_role role)
{
	struct trust_rule *rule = &r->t->rule[role];
	struct x509 *x = NULL;
	size_t used = 0;

	if (rule->n_ca == TRUST_CAS)
		return err_set(r->e, REASON_LIMIT,
			       "line %u: needs at most %u certificates, found more", pem->line,
			       TRUST_CAS);
	if (!x509_read_pem_any(&x, pem->text, &used, r->e))
		return in_line(r, pem->line, "ca", trust_role_name(role));
	rule->ca[rule->n_ca++] = x;
	if (used < pem->text.n)
		return wrong(r, pem->line, "the ca of '%s' goes on for %zu bytes behind its end",
			     trust_role_name(role), pem->text.n - used);
	if (!certified_ca(x, r->e))
		return in_line(r, pem->line, "ca", trust_role_name(role));
	for (size_t i = 0; i + 1 < rule->n_ca; i++)
		if (bytes_equal(x509_der(rule->ca[i]), x509_der(x)))
			return wrong(r, pem->line, "a ca of '%s' stands twice",
				     trust_role_name(role));
	return true;
}

static bool read_rule(struct reader *r, const struct yaml_node *map, enum trust_role role)
{
	const struct yaml_node *threshold = yaml_member(r->y, map, "threshold");
	const struct yaml_node *list = yaml_member(r->y, map, "ca");
	const struct yaml_node *pem = list ? yaml_first(r->y, list) : NULL;
	struct trust_rule *rule = &r->t->rule[role];
	size_t keys = trust_count(r->t, role);

	rule->line = map->line;
	rule->threshold = yaml_u64(threshold);
	if (rule->threshold == 0)
		return wrong(r, threshold->line, "the threshold of '%s' is 0 and must be 1 or more",
			     trust_role_name(role));
	for (; pem; pem = yaml_after(r->y, list, pem))
		if (!read_ca(r, pem, role))
			return false;
	if (rule->threshold > keys && rule->n_ca == 0)
		return wrong(r, threshold->line,
			     "the threshold of '%s' is %s, the number of keys with this role %zu",
			     trust_role_name(role), yaml_str(threshold), keys);
	return true;
}

/* A key whose role has no threshold would be trusted by nobody's decision. */
static bool check_rules(struct reader *r)
{
	for (unsigned role = 0; role < TRUST_ROLES; role++)
		for (size_t i = 0; i < r->t->n && r->t->rule[role].threshold == 0; i++)
			if (r->t->key[i].roles >> role & 1)
				return wrong(r, r->t->key[i].line,
					     "'%s' has the role '%s', of which 'roles' names no "
					     "threshold",
					     r->t->key[i].name, trust_role_names[role]);
	return true;
}

static bool read_require(struct reader *r, const struct yaml_node *map)
{
	const struct yaml_node *logs;

	if (!require_read(r->y, map, &r->t->require, &r->t->require_texts, r->e))
		return false;
	logs = yaml_member(r->y, map, "logs");
	return r->t->require.logs != DEMAND_REQUIRE || r->t->logs.named ||
	       wrong(r, logs->line, "a log is required, and the file names none under 'logs'");
}

static bool read_tree(struct reader *r)
{
	const struct yaml_node *top = r->y->nodes, *version = yaml_member(r->y, top, "version");
	const struct yaml_node *keys = yaml_member(r->y, top, "keys");
	const struct yaml_node *roles = yaml_member(r->y, top, "roles");
	const struct yaml_node *logs = yaml_member(r->y, top, "logs");
	const struct yaml_node *require = yaml_member(r->y, top, "require");
	const struct yaml_node *node = keys ? yaml_first(r->y, keys) : NULL;

	if (yaml_u64(version) != VERSION)
		return wrong(r, version->line, "the version is %s and must be %u",
			     yaml_str(version), VERSION);
	for (; node; node = yaml_after(r->y, keys, node))
		if (!read_key(r, node))
			return false;
	for (unsigned role = 0; roles && role < TRUST_ROLES; role++) {
		node = yaml_member(r->y, roles, trust_role_names[role]);
		if (node && !read_rule(r, node, role))
			return false;
	}
	return check_rules(r) && (!logs || trust_logs_read(r->y, logs, &r->t->logs, r->e)) &&
	       (!require || read_require(r, require));
}

bool trust_parse(struct trust **t, struct bytes text, struct err *e)
{
	owned(trust_free) struct trust *new = NULL;
	owned(yaml_drop) struct yaml y = {0};
	struct reader r = {.y = &y, .e = e};

	if (!yaml_read(&y, text, &root, e) || !trust_new(&new, e))
		return false;
	r.t = new;
	if (!read_tree(&r))
		return false;
	*t = take(new);
	return true;
}
