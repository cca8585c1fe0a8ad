#include "tests/unit/support_notation.h"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support_diag.h"
#include "tests/unit/support_eif_defect.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_hex.h"

/* For which base a piece is; NULL: for all that have no other of this name. */
static const struct {
	const char *base, *word, *text;
} pieces[] = {
	{"statement", "$WHOLE", "18([<<$HEADER>>, {}, <<$PAYLOAD>>, $SIGNATURE])"},
	{"detached", "$WHOLE", "18([<<$HEADER>>, {}, null, $SIGNATURE])"},
	{"bundle", "$WHOLE",
	 "{\"payload\": [\"application/rim+cbor\", <<$PAYLOAD>>], \"__cmwc_t\": "
	 "\"urn:x-measure:bundle:1\", \"signature/000\": [\"application/rim+cose\", "
	 "<<18([<<$HEADER>>, {}, null, $SIGNATURE])>>]}"},
	{NULL, "$WHOLE", "$PAYLOAD"},
	{NULL, "$HEADER",
	 "{1: $ALG, 3: \"application/rim+cbor\", 4: $KID, 8: <<$META>>, 15: $CLAIMS}"},
	{NULL, "$META", "{0: {0: \"alice\"}, 1: {0: $FROM, 1: $UNTIL}}"},
	{NULL, "$FROM", "1(1577836800)"},
	{NULL, "$UNTIL", "1(4102444800)"},
	{NULL, "$CLAIMS", "{1: \"alice\", 4: 4102444800, 5: 1577836800}"},

	{"foreign", "$PAYLOAD",
	 "501({0: \"them\", 1: [506(<<$COMID>>)], 4: $VALIDITY, 5: [$ENTITY]})"},
	{"snp", "$PAYLOAD",
	 "501({0: \"them\", 1: [506(<<$COMID>>)], 3: 32(\"tag:amd.com,2024:snp-corim-profile\")})"},
	{NULL, "$PAYLOAD", "501({0: \"example.org/blindbox/1.2.3\", 1: $TAGS})"},
	{NULL, "$TAGS", "[506(<<$COMID>>), 505(<<$COSWID>>)]"},
	{NULL, "$VALIDITY", "{0: $BEGIN, 1: $END}"},
	{NULL, "$BEGIN", "1(1577836800)"},
	{NULL, "$END", "1(4102444800)"},
	{NULL, "$ENTITY", "{0: \"Them\", 2: [1, 2]}"},

	{"foreign", "$COMID", "{1: {0: \"tag\"}, 4: {0: [[$ENV, [{0: \"key\", 1: $VALUE}]]]}}"},
	{"foreign", "$ENV", "{0: {1: \"them\", 2: \"theirs\"}}"},
	{NULL, "$VALUE", "{2: [[1, h'33'*32]]}"},
	{"snp", "$COMID", "{1: {0: \"tag\"}, 4: {0: [[$ENV, [$POLICY, $MEASUREMENT]]]}}"},
	{"snp", "$ENV", "{0: {0: 111(h'2b060104019c780301')}}"},
	{NULL, "$POLICY", "{0: 2, 1: {4: 560(h'0000030000000000')}}"},
	{NULL, "$MEASUREMENT", "{0: 641, 1: {2: [[7, h'41'*48]]}}"},
	{NULL, "$COMID",
	 "{1: {0: \"example.org/blindbox/1.2.3/nitro\"}, 4: {0: [[$ENV, [$PCR0, $PCR1, $PCR2]]], "
	 "6: [[$ENV, [\"example.org/blindbox/1.2.3/image\"]]]}}"},
	{NULL, "$ENV", "{0: {1: \"aws.amazon.com/nitro-enclaves\", 2: \"example.org/blindbox\"}}"},
	{NULL, "$PCR0",
	 "{0: \"PCR0\", 1: {2: [[7, "
	 "h'746d79daa1676aaba3aaf62a89f8dc2072ee35d4620adb66997ab1a7bcd64df4"
	 "b85f43e34409f26e03fc2207156a36bc']]}}"},
	{NULL, "$PCR1",
	 "{0: \"PCR1\", 1: {2: [[7, "
	 "h'9eeaac6211943392c82b3c8acf59f19c999c0bb2a22d969eade2f056a2bbbe64"
	 "2acda314620a2243b2d013d5d906b85c']]}}"},
	{NULL, "$PCR2",
	 "{0: \"PCR2\", 1: {2: [[7, "
	 "h'124378238f804fd6d84ac07669c714eef0913bf1d4e15a1182631051ddd24e58"
	 "d8839a10069b94aec7039cc7dc00c2ae']]}}"},
	{NULL, "$COSWID",
	 "{0: \"example.org/blindbox/1.2.3/image\", 1: \"example.org/blindbox\", "
	 "2: {31: \"example.org\", 33: [1, 2]}, 6: {16: {24: \"sections\", 26: {17: [$KERNEL, "
	 "$CMDLINE, $RAMDISK0, $RAMDISK1]}}, 17: $IMAGE}, 12: 0, 13: \"1.2.3\", "
	 "\"arch\": \"x86_64\"}"},
	{NULL, "$KERNEL",
	 "{7: [1, h'eb4eaea15441259dd691a77f390909e7cd85e8027005cfe996489736184f7a10'], 20: 544, "
	 "24: \"kernel\", \"origin\": \"asserted\"}"},
	{NULL, "$CMDLINE",
	 "{7: [1, h'3558d1a42316318db957c9980cc4548f6b9d5940673d0e06f6c7f4f2e3319082'], 20: 22, "
	 "24: \"cmdline\", \"origin\": \"asserted\"}"},
	{NULL, "$RAMDISK0",
	 "{7: [1, h'f4c58d49ccf9d73dc41c43bac4b32bf8615cb368e71c40ada2b08c271528f188'], 20: 40, "
	 "24: \"ramdisk0\", \"origin\": \"asserted\"}"},
	{NULL, "$RAMDISK1",
	 "{7: [1, h'c75c7a7b4c00a902db0cf727ece73821246987e95f867f0a6638c08544a731c0'], 20: 36, "
	 "24: \"ramdisk1\", \"origin\": \"asserted\"}"},
	{NULL, "$IMAGE",
	 "{7: [1, h'e4bdc21b39cde63ff7ad7d331ef8b8f9210f612eb1a0af1aa59549f7ff450153'], 20: 1482, "
	 "24: \"blindbox.eif\", \"origin\": \"asserted\"}"},
	{NULL, "$ALG", "-35"},
	{NULL, "$KID", "h''"},
	{NULL, "$SIGNATURE", "h''"},
};

#define N_PIECES (sizeof(pieces) / sizeof(pieces[0]))

static char *copy(const char *text)
{
	char *s = strdup(text);

	defect_need(s != NULL, "no memory");
	return s;
}

static size_t piece_index(const struct notation *s, const char *word)
{
	size_t i = 0;

	while (i < NOTATION_PIECES && s->piece[i].word && strcmp(s->piece[i].word, word) != 0)
		i++;
	defect_need(i < NOTATION_PIECES, "more pieces than there is room for");
	return i;
}

struct notation notation_new(const char *base)
{
	struct notation s = {.piece = {{NULL, NULL}}};

	/* a base's own pieces stand in front of the common ones */
	for (size_t i = 0; i < N_PIECES; i++) {
		size_t at = piece_index(&s, pieces[i].word);

		if (s.piece[at].word || (pieces[i].base && strcmp(pieces[i].base, base) != 0))
			continue;
		s.piece[at].word = pieces[i].word;
		s.piece[at].text = copy(pieces[i].text);
	}
	return s;
}

void notation_free(struct notation *s)
{
	for (size_t i = 0; i < NOTATION_PIECES; i++)
		free(s->piece[i].text);
	*s = (struct notation){.piece = {{NULL, NULL}}};
}

/* The text with `with` where `n` characters stand at `at`. */
static void splice(char **text, const char *at, size_t n, const char *with)
{
	size_t front = (size_t)(at - *text), size = strlen(*text) - n + strlen(with) + 1;
	char *out = forge_memory(size);

	snprintf(out, size, "%.*s%s%s", (int)front, *text, with, at + n);
	free(*text);
	*text = out;
}

void notation_replace(struct notation *s, const char *old, const char *with)
{
	size_t found = 0, in = 0;

	for (size_t i = 0; i < NOTATION_PIECES && s->piece[i].word; i++) {
		const char *at = s->piece[i].text;

		if (strcmp(s->piece[i].word, old) == 0) {
			free(s->piece[i].text);
			s->piece[i].text = copy(with);
			return;
		}
		for (; (at = strstr(at, old)) != NULL; at++, found++)
			in = i;
	}
	if (found != 1)
		fprintf(stderr, "\"%s\" stands there %zu times\n", old, found);
	defect_need(found == 1, "what is to be replaced must stand there once");
	splice(&s->piece[in].text, strstr(s->piece[in].text, old), strlen(old), with);
}

/* With every word replaced by its piece. */
static char *expand(const struct notation *s, const char *text)
{
	char *out = copy(text), *at;

	while ((at = strchr(out, '$')) != NULL) {
		size_t n = 1 + strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), i = 0;

		while (i < NOTATION_PIECES && s->piece[i].word &&
		       (strncmp(s->piece[i].word, at, n) != 0 || s->piece[i].word[n] != '\0'))
			i++;
		defect_need(i < NOTATION_PIECES && s->piece[i].word, "no piece has this name");
		splice(&out, at, n, s->piece[i].text);
	}
	return out;
}

static struct forged encode(const struct notation *s, const char *text)
{
	char *whole = expand(s, text);
	struct bytes b = diag_bytes(whole);
	struct forged out = {forge_memory(b.n), b.n};

	memcpy(out.p, b.p, b.n);
	hexed_free(&b);
	free(whole);
	return out;
}

struct forged notation_bytes(const struct notation *s)
{
	return encode(s, "$WHOLE");
}

/* Is it "key: value", rather than an item? */
static bool is_member(const char *text)
{
	int depth = 0;
	bool quoted = false;

	for (; *text; text++) {
		quoted = quoted != (*text == '"');
		depth += !quoted && strchr("[{(<", *text) ? 1 : 0;
		depth -= !quoted && strchr("]})>", *text) ? 1 : 0;
		if (!quoted && depth == 0 && *text == ':')
			return true;
	}
	return false;
}

struct forged notation_part(const struct notation *s, const char *text)
{
	size_t size = strlen(text) + 3, n;
	char *list = forge_memory(size);
	struct forged out;

	text += strspn(text, ", ");
	for (n = strlen(text); n > 0 && strchr(", ", text[n - 1]);)
		n--;
	snprintf(list, size, is_member(text) ? "{%.*s}" : "[%.*s]", (int)n, text);
	out = encode(s, list);
	memmove(out.p, out.p + 1, --out.n);
	free(list);
	return out;
}

/* ---- keys */

static unsigned bits_of(const char *key)
{
	return strcmp(key, "ed25519") == 0 ? 0 : (unsigned)strtoul(key + 1, NULL, 10);
}

static EVP_PKEY *private_key(const char *key)
{
	struct forged pem;
	uint8_t seed[32];
	EVP_PKEY *k;
	BIO *b;

	if (bits_of(key) == 0) {
		memset(seed, 0x11, sizeof(seed));
		k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	} else {
		pem = forge_key_pem(bits_of(key));
		b = BIO_new_mem_buf(pem.p, (int)pem.n);
		k = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
		BIO_free(b);
		free(pem.p);
	}
	defect_need(k != NULL, "no key");
	return k;
}

static struct forged from_bio(BIO *b)
{
	char *text;
	struct forged out = {.n = (size_t)BIO_get_mem_data(b, &text)};

	out.p = forge_memory(out.n + 1);
	memcpy(out.p, text, out.n);
	BIO_free(b);
	return out;
}

struct forged notation_public_key(const char *key)
{
	EVP_PKEY *k = private_key(key);
	BIO *b = BIO_new(BIO_s_mem());

	defect_need(PEM_write_bio_PUBKEY(b, k) == 1, "no public key");
	EVP_PKEY_free(k);
	return from_bio(b);
}

struct forged notation_private_key(const char *key)
{
	EVP_PKEY *k = private_key(key);
	BIO *b = BIO_new(BIO_s_mem());

	defect_need(PEM_write_bio_PKCS8PrivateKey(b, k, NULL, NULL, 0, NULL, NULL) == 1, "no key");
	EVP_PKEY_free(k);
	return from_bio(b);
}

static void key_id(EVP_PKEY *k, uint8_t id[32])
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(k, &der);

	defect_need(n > 0, "no public key");
	SHA256(der, (size_t)n, id);
	OPENSSL_free(der);
}

static struct forged signature(EVP_PKEY *k, unsigned bits, struct forged tbs)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct forged out = {forge_memory(64), 64};

	if (bits != 0) {
		free(out.p);
		EVP_MD_CTX_free(ctx);
		return forge_ecdsa(bits, tbs.p, tbs.n);
	}
	defect_need(EVP_DigestSignInit(ctx, NULL, NULL, NULL, k) == 1 &&
			    EVP_DigestSign(ctx, out.p, &out.n, tbs.p, tbs.n) == 1,
		    "no signature");
	EVP_MD_CTX_free(ctx);
	return out;
}

static void set_hex(struct notation *s, const char *word, const uint8_t *p, size_t n)
{
	char *hex = forge_memory(2 * n + 4), *at = hex + 2;

	memcpy(hex, "h'", 2);
	for (size_t i = 0; i < n; i++, at += 2)
		snprintf(at, 3, "%02x", p[i]);
	memcpy(at, "'", 2);
	notation_replace(s, word, hex);
	free(hex);
}

void notation_sign(struct notation *s, const char *key)
{
	EVP_PKEY *k = private_key(key);
	struct forged tbs, rs;
	uint8_t id[32];

	key_id(k, id);
	if (strcmp(s->piece[piece_index(s, "$KID")].text, "h''") == 0)
		set_hex(s, "$KID", id, sizeof(id));
	/* Sig_structure (RFC 9052 §4.4) */
	tbs = encode(s, "[\"Signature1\", <<$HEADER>>, h'', <<$PAYLOAD>>]");
	rs = signature(k, bits_of(key), tbs);
	set_hex(s, "$SIGNATURE", rs.p, rs.n);
	EVP_PKEY_free(k);
	free(tbs.p);
	free(rs.p);
}
