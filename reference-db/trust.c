#include "reference-db/trust.h"

#include <stdlib.h>

#include "measure/base/file.h"
#include "measure/base/home.h"
#include "measure/base/text.h"

const char *const trust_role_names[] = {
	[TRUST_PUBLISHER] = "publisher",
	[TRUST_REBUILDER] = "rebuilder",
	[TRUST_WITHDRAWER] = "withdrawer",
	[TRUST_ROOT] = "root",
	NULL,
};

const char *trust_role_name(enum trust_role role)
{
	return trust_role_names[role];
}

bool trust_new(struct trust **t, struct err *e)
{
	struct trust *new = own_new(sizeof(*new), e);

	if (!new)
		return false;
	new->require = policy_strict();
	*t = new;
	return true;
}

void trust_free(struct trust **t)
{
	if (!*t)
		return;
	for (size_t i = 0; i < (*t)->n; i++)
		pubkey_free(&(*t)->key[i].key);
	for (size_t r = 0; r < TRUST_ROLES; r++)
		for (size_t i = 0; i < (*t)->rule[r].n_ca; i++)
			x509_free(&(*t)->rule[r].ca[i]);
	trust_logs_free(&(*t)->logs);
	buf_free(&(*t)->require_texts);
	free(*t);
	*t = NULL;
}

size_t trust_count(const struct trust *t, enum trust_role role)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->key[i].roles >> role & 1;
	return n;
}

const struct trust_key *trust_key_by_id(const struct trust *t, enum trust_role role,
					struct bytes id)
{
	struct digest wanted = {.alg = DIGEST_SHA256, .len = digest_len(DIGEST_SHA256)};

	if (id.n != wanted.len)
		return NULL;
	memcpy(wanted.v, id.p, id.n);
	for (size_t i = 0; i < t->n; i++)
		if ((t->key[i].roles >> role & 1) &&
		    digest_equal(pubkey_id(t->key[i].key), &wanted))
			return &t->key[i];
	return NULL;
}

bool trust_needs(const struct trust *t, enum trust_role role, const char *path, struct err *e)
{
	if (trust_count(t, role) > 0 || t->rule[role].n_ca > 0)
		return true;
	err_set(e, REASON_NO_TRUST, "no key in the trust file has the role '%s'",
		trust_role_name(role));
	err_subject(e, path);
	return err_hint(e, "`measure trust add KEY --role %s` gives it to a key",
			trust_role_name(role));
}

bool trust_name_ok(struct bytes name)
{
	size_t n = name.n;

	return n > 0 && n <= TRUST_NAME_MAX && name.p[0] != ' ' && name.p[n - 1] != ' ' &&
	       text_plain(name);
}

/* ---- the file */

bool trust_path(const char *given, struct buf *out, struct err *e)
{
	if (given)
		buf_str(out, given);
	else if (!home_path(HOME_CONFIG, "trust.yml", out))
		return err_set(e, REASON_NO_TRUST,
			       "neither %s nor HOME says where the trust file is",
			       home_variable(HOME_CONFIG));
	return buf_done(out, "the path of the trust file", e);
}

bool trust_read(struct trust **t, const char *path, struct err *e)
{
	owned(buf_free) struct buf text = BUF(TRUST_MAX);
	struct err fault = {0};

	if (!file_slurp(path, TRUST_MAX, &text, &fault)) {
		if (fault.reason != REASON_NO_SUCH_FILE) {
			*e = fault;
			return false;
		}
		err_set(e, REASON_NO_TRUST, "there is no trust file");
		err_subject(e, path);
		return err_hint(e, "`measure trust add KEY --role ROLE` makes one");
	}
	if (trust_parse(t, buf_bytes(&text), e))
		return true;
	return reason_class(e->reason) == EXIT_CLASS_MALFORMED ? err_subject(e, path) : false;
}
