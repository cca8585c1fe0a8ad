#include "reference-db/trust_add.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/base/home.h"
#include "measure/core/hash.h"
#include "reference-db/certified.h"

/* ---- the folder */

/* Held until the descriptor is closed, so that of two programs one reads what the other wrote. */
static bool lock_folder(const char *path, int *fd, struct err *e)
{
	owned(own_free) char *folder = own_string(path, e);
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!folder)
		return false;
	if (slash)
		slash[slash == folder] = '\0';
	*fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd >= 0 && flock(*fd, LOCK_EX) == 0)
		return true;
	err_errno(e, errno, *fd < 0 ? "cannot be opened" : "cannot be locked");
	return err_subject(e, slash ? folder : ".");
}

/* Where a symbolic link leads, so that the file it leads to is replaced and not the link. */
static char *target_of(const char *path, struct err *e)
{
	struct stat st;
	bool link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
	char *target = link ? realpath(path, NULL) : NULL;

	return target ? target : own_string(path, e);
}

/* ---- the change */

static bool read_or_new(struct trust **t, const char *path, struct err *e)
{
	struct err fault = {0};

	if (trust_read(t, path, &fault))
		return true;
	if (fault.reason == REASON_NO_TRUST)
		return trust_new(t, e);
	*e = fault;
	return false;
}

static struct trust_key *find(struct trust *t, const struct digest *id)
{
	for (size_t i = 0; i < t->n; i++)
		if (digest_equal(pubkey_id(t->key[i].key), id))
			return &t->key[i];
	return NULL;
}

static bool name_is_free(const struct trust *t, const char *name, struct err *e)
{
	owned(buf_free) struct buf hex = BUF(2 * DIGEST_MAX + 1);

	if (!trust_name_ok(bytes_str(name)))
		return err_set(
			e, REASON_USAGE,
			"a name needs 1 to %u bytes of visible characters, without blanks at "
			"its ends",
			TRUST_NAME_MAX);
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->key[i].name, name) != 0)
			continue;
		hex_put(&hex, digest_bytes(pubkey_id(t->key[i].key)));
		return err_set(e, REASON_USAGE, "'%s' is the name of another key, sha256:%s", name,
			       buf_cstr(&hex));
	}
	return true;
}

/* The key goes over to *t. */
static bool append(struct trust *t, struct pubkey **key, const struct trust_addition *a,
		   struct err *e)
{
	struct trust_key *k = &t->key[t->n];

	if (!name_is_free(t, a->name, e))
		return false;
	if (t->n == TRUST_KEYS)
		return err_set(e, REASON_LIMIT, "needs at most %u keys, found more", TRUST_KEYS);
	memcpy(k->name, a->name, strlen(a->name) + 1);
	k->key = take(*key);
	t->n++;
	return true;
}

static bool set_threshold(struct trust *t, enum trust_role r, struct trust_addition *a,
			  struct err *e)
{
	struct trust_rule *rule = &t->rule[r];
	uint64_t wanted = a->threshold ? a->threshold : rule->threshold;
	size_t keys = trust_count(t, r);

	wanted = wanted ? wanted : 1;
	a->changed = a->changed || wanted != rule->threshold;
	rule->threshold = wanted;
	if (wanted > keys && rule->n_ca == 0)
		return err_set(e, REASON_USAGE,
			       "a threshold of %llu is wanted, the number of keys with the "
			       "role '%s' is %zu",
			       (unsigned long long)wanted, trust_role_name(r), keys);
	return true;
}

static bool give_roles(struct trust *t, struct trust_key *k, struct trust_addition *a,
		       struct err *e)
{
	a->changed = a->changed || (a->roles & ~k->roles) != 0;
	k->roles |= a->roles;
	for (unsigned r = 0; r < TRUST_ROLES; r++)
		if ((a->roles >> r & 1) && !set_threshold(t, r, a, e))
			return false;
	return true;
}

static bool change_key(struct trust *t, struct pubkey **key, struct trust_addition *a,
		       struct err *e)
{
	struct trust_key *k = find(t, &a->id);

	if (k && a->named && strcmp(k->name, a->name) != 0)
		return err_set(e, REASON_USAGE, "the key is known as '%s' and cannot also be '%s'",
			       k->name, a->name);
	a->changed = !k;
	if (!k) {
		if (!append(t, key, a, e))
			return false;
		k = &t->key[t->n - 1];
	}
	memcpy(a->known_as, k->name, sizeof(a->known_as));
	return give_roles(t, k, a, e);
}

static bool has_ca(const struct trust_rule *rule, struct bytes der)
{
	for (size_t i = 0; i < rule->n_ca; i++)
		if (bytes_equal(x509_der(rule->ca[i]), der))
			return true;
	return false;
}

static bool change_ca(struct trust *t, const struct x509 *ca, struct trust_addition *a,
		      struct err *e)
{
	for (unsigned r = 0; r < TRUST_ROLES; r++) {
		struct trust_rule *rule = &t->rule[r];

		if (!(a->roles >> r & 1))
			continue;
		if (!has_ca(rule, x509_der(ca))) {
			if (rule->n_ca == TRUST_CAS)
				return err_set(e, REASON_LIMIT,
					       "needs at most %u certificates for the role '%s', "
					       "found more",
					       TRUST_CAS, trust_role_name(r));
			if (!x509_read_der(&rule->ca[rule->n_ca], x509_der(ca), e))
				return false;
			rule->n_ca++;
			a->changed = true;
		}
		if (!set_threshold(t, r, a, e))
			return false;
	}
	return true;
}

/* ---- what is added */

/* One of them. */
struct added {
	struct pubkey *key;
	struct x509 *ca;
};

static void added_free(struct added *w)
{
	pubkey_free(&w->key);
	x509_free(&w->ca);
}

static bool read_ca(struct added *w, struct trust_addition *a, struct err *e)
{
	owned(buf_free) struct buf subject = BUF(TRUST_MAX);
	size_t used = 0;

	if (!x509_read_pem_any(&w->ca, a->pem, &used, e))
		return false;
	if (used < a->pem.n)
		return err_at(e, REASON_TRAILING, used,
			      "one PEM block is needed, %zu bytes follow the first",
			      a->pem.n - used);
	x509_subject(w->ca, &subject);
	if (!certified_ca(w->ca, e) || !buf_done(&subject, "the subject", e) ||
	    !hash_of(DIGEST_SHA256, x509_der(w->ca), &a->id, e))
		return false;
	snprintf(a->known_as, sizeof(a->known_as), "%s", buf_cstr(&subject));
	a->kind = x509_kind_name(x509_kind(w->ca));
	return true;
}

static bool read_added(struct added *w, struct trust_addition *a, struct err *e)
{
	if (a->is_ca)
		return read_ca(w, a, e);
	if (!pubkey_read_pem(&w->key, a->pem, e))
		return false;
	a->id = *pubkey_id(w->key);
	a->kind = pubkey_kind(w->key);
	return true;
}

/* What is written is read before it takes its place. */
static bool replace(const struct trust *t, const char *path, struct err *e)
{
	owned(buf_free) struct buf text = BUF(TRUST_MAX);
	owned(trust_free) struct trust *again = NULL;

	trust_write(t, &text);
	return buf_done(&text, "the trust file", e) && trust_parse(&again, buf_bytes(&text), e) &&
	       file_write(path, buf_bytes(&text), e);
}

bool trust_add(struct trust_addition *a, struct err *e)
{
	owned(added_free) struct added w = {0};
	owned(trust_free) struct trust *t = NULL;
	owned(own_close) int folder = -1;
	owned(own_free) char *path = NULL;

	if (!read_added(&w, a, e) ||
	    (a->make_folder && !home_make_folders(a->path, HOME_PRIVATE, e)))
		return false;
	path = target_of(a->path, e);
	if (!path || !lock_folder(path, &folder, e) || !read_or_new(&t, path, e) ||
	    !(a->is_ca ? change_ca(t, w.ca, a, e) : change_key(t, &w.key, a, e)))
		return false;
	return !a->changed || replace(t, path, e);
}
