/*
 * Databases to measure with, made in one commit and one pack.
 *   filled signed DATABASE TRUST CURVE N [FOLDER MORE]
 *                            N manifests of 64 products, each with three registers that no other
 *                            has, signed by one key of that curve, which TRUST trusts; the files
 *                            of MORE that could follow go to FOLDER, as 1, 2, ...
 *   filled plain DATABASE N  N statements that are any text
 *   filled grow DATABASE     one more of those, as a publisher appends it
 * The same DATABASE has the same statements but for their signatures. What cannot be done is told,
 * and the exit status is 1.
 */
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/file.h"
#include "measure/core/key.h"
#include "reference-db/corim.h"
#include "reference-db/database.h"
#include "reference-db/signing.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_manifest.h"
#include "tests/unit/support_signature.h"

#define PRODUCTS 64u
#define WHEN 1700000000

struct signer {
	struct key *secret;
	struct pubkey *key;
};

static bool new_signer(struct signer *s, const char *trust, const char *curve, struct err *e)
{
	EVP_PKEY *pkey = cert_key(curve);
	char *pem = cert_key_pem(pkey, CERT_PKCS8);
	struct buf text = BUF(65536);
	bool ok;

	buf_str(&text, "version: 1\nkeys:\n");
	signature_trust(&text, "bench", pkey, "");
	buf_str(&text, "roles:\n  publisher:\n    threshold: 1\n");
	ok = file_write(trust, bytes_str(pem), e) &&
	     key_read_statement(&s->secret, trust, NULL, e) &&
	     pubkey_of_key(&s->key, s->secret, e) && buf_done(&text, "a trust file", e) &&
	     file_write(trust, buf_bytes(&text), e);
	buf_free(&text);
	cert_text_free(&pem);
	cert_key_free(&pkey);
	return ok;
}

static void words_of(uint64_t i, char product[32], char version[32])
{
	snprintf(product, 32, "bench.example/p%02u", (unsigned)(i % PRODUCTS));
	snprintf(version, 32, "1.%llu", (unsigned long long)(i / PRODUCTS));
}

static bool payload_of(uint64_t i, struct buf *out, struct err *e)
{
	char product[32], version[32], id[80];
	uint8_t registers[3][48];
	struct manifest m = {0};
	bool ok;

	words_of(i, product, version);
	snprintf(id, sizeof(id), "%s/%s", product, version);
	ok = sample_manifest(&m, e);
	if (ok) {
		m.id = id;
		m.product = m.row[0].model = product;
		m.version = version;
		m.vendor = "bench.example";
		m.n_values = m.row[0].n = 3;
		for (size_t k = 0; k < 3; k++) {
			memset(registers[k], (int)k + 1, 48);
			for (size_t b = 0; b < 8; b++)
				registers[k][b] = (uint8_t)(i * 2654435761u >> (8 * b));
			memcpy(registers[k] + 8, &i, sizeof(i));
			m.value[k].bytes = bytes_of(registers[k], 48);
		}
		ok = corim_write(&m, out, e);
	}
	manifest_free(&m);
	return ok;
}

static bool sign(const struct signer *s, uint64_t i, struct buf *out, struct err *e)
{
	const struct signing_terms terms = {
		.content_type = CONTENT_MANIFEST,
		.signer = "bench",
		.has_issued = true,
		.issued = WHEN + (int64_t)i,
	};
	struct buf payload = BUF(65536), rs = BUF(1024);
	struct signing signing = {0};
	bool ok = payload_of(i, &payload, e) &&
		  signing_prepare(&signing, buf_bytes(&payload), s->key, &terms, e) &&
		  key_sign(s->secret, buf_bytes(&signing.tbs), &rs, e) &&
		  signing_attach(&signing, buf_bytes(&rs), out, e);

	signing_free(&signing);
	buf_free(&payload);
	buf_free(&rs);
	return ok;
}

static void text_of(uint64_t i, struct buf *out)
{
	uint64_t x = i + 1;

	for (unsigned n = 0; n < 150; n++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		buf_be64(out, x);
	}
}

static bool place_of(uint64_t i, char path[DATABASE_PATH], struct err *e)
{
	char product[32], version[32];
	const struct database_place p = {.product = product,
					 .version = version,
					 .nth_product = i % PRODUCTS,
					 .nth_version = i / PRODUCTS,
					 .entry = i,
					 .kind = "manifest",
					 .extension = "corim"};

	words_of(i, product, version);
	return database_path(&p, path, e);
}

/* Statements from the height on; all of them lie in one buffer. */
static bool append(struct database *d, const struct signer *s, size_t n, struct err *e)
{
	struct database_new *entry = calloc(n, sizeof(*entry));
	char(*path)[DATABASE_PATH] = calloc(n, DATABASE_PATH);
	struct buf *text = calloc(n, sizeof(*text));
	const struct database_news news = {entry, n, "Statements to measure with", WHEN};
	uint64_t height = database_head(d).height;
	bool ok = entry && path && text, moved = false;

	for (size_t i = 0; i < n && ok; i++) {
		text[i] = BUF(65536);
		if (s)
			ok = sign(s, height + i, &text[i], e);
		else
			text_of(height + i, &text[i]);
		ok = ok && place_of(height + i, path[i], e);
		entry[i] = (struct database_new){buf_bytes(&text[i]), path[i]};
	}
	ok = ok && database_append(d, &news, &moved, e);
	for (size_t i = 0; i < n && text; i++)
		buf_free(&text[i]);
	free(text);
	free(path);
	free(entry);
	return ok && (moved || err_set(e, REASON_BUSY, "somebody else writes there"));
}

static bool made(const char *path, const struct signer *s, size_t n, struct err *e)
{
	struct database *d = NULL;
	bool ok = database_init(path, "bench", true, WHEN, e) && (d = database_open(path, e)) &&
		  append(d, s, n, e);

	database_free(&d);
	return ok;
}

static bool grow(const char *path, struct err *e)
{
	struct database *d = database_open(path, e);
	bool ok = d && append(d, NULL, 1, e);

	database_free(&d);
	return ok;
}

/* What could be published next. */
static bool write_more(const char *folder, const struct signer *s, size_t from, size_t n,
		       struct err *e)
{
	bool ok = true;

	for (size_t i = 0; i < n && ok; i++) {
		struct buf file = BUF(65536);
		char path[4096];

		snprintf(path, sizeof(path), "%s/%zu", folder, i + 1);
		ok = sign(s, from + i, &file, e) && file_write(path, buf_bytes(&file), e);
		buf_free(&file);
	}
	return ok;
}

static bool run(int argc, char **argv, struct err *e)
{
	struct signer s = {0};
	size_t n;
	bool ok;

	if (argc == 3 && strcmp(argv[1], "grow") == 0)
		return grow(argv[2], e);
	if (argc == 4 && strcmp(argv[1], "plain") == 0)
		return made(argv[2], NULL, strtoul(argv[3], NULL, 10), e);
	if ((argc != 6 && argc != 8) || strcmp(argv[1], "signed") != 0)
		return err_set(e, REASON_USAGE,
			       "filled signed DATABASE TRUST CURVE N [FOLDER MORE], plain DATABASE "
			       "N, grow DATABASE");
	n = strtoul(argv[5], NULL, 10);
	ok = new_signer(&s, argv[3], argv[4], e) && made(argv[2], &s, n, e) &&
	     (argc == 6 || write_more(argv[6], &s, n, strtoul(argv[7], NULL, 10), e));
	pubkey_free(&s.key);
	key_free(&s.secret);
	return ok;
}

int main(int argc, char **argv)
{
	struct err e = {0};

	if (run(argc, argv, &e))
		return 0;
	fprintf(stderr, "filled: %s: %s\n", e.subject, e.text);
	return 1;
}
