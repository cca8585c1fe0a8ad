/*
 * said KIND MANIFEST KEY [NAME=VALUE...]: what somebody says of a release, signed, to standard
 * output. KIND is equal, differs or witnessed, which are rebuilt statements, withdraw or release;
 * MANIFEST a payload, KEY a private key in PEM.
 *	issued=SECONDS	when it says that it was signed (it does not say)
 *	expires=SECONDS	until when it counts (for ever)
 *	id=TEXT		another PRODUCT/VERSION than that of the manifest
 *	payload=BYTE	another payload: the digest of which all bytes are this
 *	reason=TEXT instead=VERSION	of a withdrawal
 * What has to name a state of a database names one that no database has.
 */
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/file.h"
#include "measure/core/hash.h"
#include "measure/core/key.h"
#include "reference-db/corim.h"
#include "reference-db/signing.h"
#include "reference-db/statement.h"

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "said: %s\n", what);
	exit(2);
}

struct said {
	const char *id, *reason, *instead;
	struct digest payload;
	struct signing_terms terms;
};

static const char *value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) == 0 && arg[n] == '=' ? arg + n + 1 : NULL;
}

static void option(struct said *s, const char *arg)
{
	const char *v;

	if ((v = value_of(arg, "issued"))) {
		s->terms.has_issued = true;
		s->terms.issued = strtoll(v, NULL, 10);
	} else if ((v = value_of(arg, "expires"))) {
		s->terms.has_not_before = s->terms.has_expires = true;
		s->terms.expires = strtoll(v, NULL, 10);
	} else if ((v = value_of(arg, "id"))) {
		s->id = v;
	} else if ((v = value_of(arg, "payload"))) {
		memset(s->payload.v, (int)strtol(v, NULL, 0), s->payload.len);
	} else if ((v = value_of(arg, "reason"))) {
		s->reason = v;
	} else if ((v = value_of(arg, "instead"))) {
		s->instead = v;
	} else {
		need(false, arg);
	}
}

static void put_rebuilt(const struct said *s, enum rebuilt_outcome outcome, struct buf *out)
{
	struct rebuilt r = {
		.id = bytes_str(s->id),
		.payload = s->payload,
		.outcome = outcome,
		.inputs = s->payload,
		.tool = bytes_str("1"),
		.program = s->payload,
		.n_witnesses = outcome == REBUILT_WITNESSED,
		.witness = {{bytes_str("ramdisk0"), s->payload}},
	};
	struct err e = {0};

	need(rebuilt_write(&r, out, &e), e.text);
}

static void put_withdraw(const struct said *s, struct buf *out)
{
	struct withdraw w = {
		.id = bytes_str(s->id),
		.payload = s->payload,
		.reason = bytes_str(s->reason),
		.replacement = bytes_str(s->instead),
	};
	struct err e = {0};

	need(withdraw_write(&w, out, &e), e.text);
}

static void put_release(const struct manifest *m, struct buf *out)
{
	struct release r = {
		.product = bytes_str(m->product),
		.channel = bytes_str("stable"),
		.latest = bytes_str(m->version),
	};
	struct err e = {0};

	need(release_write(&r, out, &e), e.text);
}

static enum statement_kind put(const struct said *s, const char *kind, const struct manifest *m,
			       struct buf *out)
{
	static const char *const outcomes[] = {"differs", "equal", "witnessed"};

	for (unsigned i = 0; i < REBUILT_OUTCOMES; i++) {
		if (strcmp(kind, outcomes[i]) != 0)
			continue;
		put_rebuilt(s, (enum rebuilt_outcome)i, out);
		return STATEMENT_REBUILT;
	}
	if (strcmp(kind, "release") == 0) {
		put_release(m, out);
		return STATEMENT_RELEASE;
	}
	need(strcmp(kind, "withdraw") == 0, kind);
	put_withdraw(s, out);
	return STATEMENT_WITHDRAW;
}

static void sign(const char *path, struct bytes payload, const struct signing_terms *t)
{
	owned(key_free) struct key *key = NULL;
	owned(pubkey_free) struct pubkey *own = NULL;
	owned(signing_free) struct signing s = {0};
	owned(buf_free) struct buf rs = BUF(256), out = BUF(SIGNED_MAX);
	struct err e = {0};

	need(key_read_statement(&key, path, NULL, &e) && pubkey_of_key(&own, key, &e) &&
		     signing_prepare(&s, payload, own, t, &e) &&
		     key_sign(key, buf_bytes(&s.tbs), &rs, &e) &&
		     signing_attach(&s, buf_bytes(&rs), &out, &e),
	     e.text);
	need(fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0, "output");
}

int main(int argc, char **argv)
{
	owned(manifest_free) struct manifest m = {0};
	owned(buf_free) struct buf file = BUF(CORIM_MAX), payload = BUF(STATEMENT_MAX);
	struct said s = {.reason = "a key leaked", .instead = "", .terms.signer = "said"};
	struct lint l = {0};
	struct err e = {0};

	need(argc > 3, "KIND, MANIFEST and KEY are needed");
	need(file_slurp(argv[2], CORIM_MAX, &file, &e) &&
		     corim_read(&m, buf_bytes(&file), 0, &l, &e) &&
		     hash_of(DIGEST_SHA256, buf_bytes(&file), &s.payload, &e),
	     e.text);
	s.id = m.id;
	for (int i = 4; i < argc; i++)
		option(&s, argv[i]);
	s.terms.content_type = statement_rows[put(&s, argv[1], &m, &payload)].content_type;
	s.terms.has_upon = strcmp(s.terms.content_type, CONTENT_REBUILT) != 0;
	s.terms.upon = (struct signed_upon){7, s.payload};
	sign(argv[3], buf_bytes(&payload), &s.terms);
	return 0;
}
