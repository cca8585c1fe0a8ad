#include "measure/rebuild/debian_signed.h"

#include <stdio.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/base/spawn.h"
#include "measure/rebuild/deb822.h"

#define STATUS_MAX (256u * 1024)
#define DASHES "-----"
#define MARK "[GNUPG:] "
#define PATH_ROOM 8192u

/* ---- the file: signed text and its signatures, and nothing else */

static bool is_line(struct bytes line, const char *text)
{
	while (line.n > 0 && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == ' '))
		line.n--;
	return bytes_equal(line, bytes_str(text));
}

/* Lines of the text that begin so are escaped. */
static bool check_frame(struct bytes file, struct err *e)
{
	static const char *const frame[] = {DASHES "BEGIN PGP SIGNED MESSAGE" DASHES,
					    DASHES "BEGIN PGP SIGNATURE" DASHES,
					    DASHES "END PGP SIGNATURE" DASHES};
	size_t next = 0, at = 0;

	while (at < file.n) {
		const uint8_t *end = memchr(file.p + at, '\n', file.n - at);
		size_t n = end ? (size_t)(end - file.p) - at : file.n - at;
		struct bytes line = bytes_of(file.p + at, n);

		if (bytes_start(line, bytes_str(DASHES))) {
			if (next == 3 || !is_line(line, frame[next]))
				return err_at(e, REASON_SIGNATURE, at,
					      "is not one signed text with its signature");
			next++;
		} else if (next == 0 || next == 3) {
			return err_at(e, REASON_SIGNATURE, at, "stands outside the signed text");
		}
		at += n + 1;
	}
	return next == 3 || err_set(e, REASON_SIGNATURE, "is no signed text");
}

/* ---- what gpgv says of it, signature by signature */

struct judgement {
	const struct debian_keys *keys;
	bool good; /* the signature that is being told of */
	const char *signer;
	bool wrong; /* one of them does not hold */
	const char *why; /* the first that counts for nothing */
	char key[64]; /* its key */
};

static const struct excuse {
	const char *word, *why;
} excuses[] = {
	{"EXPKEYSIG", "was made by a key that has expired"},
	{"REVKEYSIG", "was made by a key that was revoked"},
	{"EXPSIG", "has expired"},
	{"ERRSIG", "cannot be judged by the keys of the keyring"},
	{"NODATA", "is not there, or is none"},
};

static void blame(struct judgement *j, const char *why, struct bytes key)
{
	if (j->why)
		return;
	j->why = why;
	snprintf(j->key, sizeof(j->key), "%.*s", (int)(key.n < 40 ? key.n : 40),
		 (const char *)key.p);
}

static void excuse(struct judgement *j, struct bytes word, struct bytes rest)
{
	struct bytes key;

	if (!deb822_word(&rest, &key) || key.n < 16)
		key.n = 0;
	for (size_t i = 0; i < sizeof(excuses) / sizeof(*excuses); i++)
		if (bytes_equal(word, bytes_str(excuses[i].word)))
			blame(j, excuses[i].why, key);
}

static bool is_strong(struct bytes hash)
{
	return bytes_equal(hash, bytes_str("8")) || bytes_equal(hash, bytes_str("9")) ||
	       bytes_equal(hash, bytes_str("10"));
}

/* FINGERPRINT DATE TIME EXPIRES VERSION - ALGORITHM HASH CLASS PRIMARY; hash: SHA-256, 384, 512. */
static void valid(struct judgement *j, struct bytes rest)
{
	struct bytes word[10];

	for (size_t i = 0; i < 10; i++)
		if (!deb822_word(&rest, &word[i]))
			return;
	if (!is_strong(word[7])) {
		blame(j, "is made over a digest that is none of SHA-256, SHA-384 and SHA-512",
		      word[9]);
		return;
	}
	for (size_t i = 0; i < j->keys->n && !j->signer; i++)
		if (bytes_equal(word[9], bytes_str(j->keys->fingerprints[i])))
			j->signer = j->keys->fingerprints[i];
	if (!j->signer)
		blame(j, "was made by a key that is not pinned", word[9]);
}

static void judge_line(struct judgement *j, struct bytes line)
{
	struct bytes rest = line, word;

	if (!bytes_start(line, bytes_str(MARK)))
		return;
	rest = bytes_of(line.p + strlen(MARK), line.n - strlen(MARK));
	if (!deb822_word(&rest, &word))
		return;
	if (bytes_equal(word, bytes_str("NEWSIG")))
		j->good = false;
	else if (bytes_equal(word, bytes_str("GOODSIG")))
		j->good = true;
	else if (bytes_equal(word, bytes_str("BADSIG")))
		j->wrong = true;
	else if (bytes_equal(word, bytes_str("VALIDSIG")) && j->good)
		valid(j, rest);
	else
		excuse(j, word, rest);
}

static bool judge(struct judgement *j, struct bytes status, struct err *e)
{
	struct bytes line;

	while (deb822_line(&status, &line))
		judge_line(j, line);
	if (j->wrong)
		return err_set(e, REASON_SIGNATURE,
			       "a signature does not hold: the text was changed");
	if (j->signer)
		return true;
	if (!j->why)
		return err_set(e, REASON_SIGNATURE, "gpgv finds no signature that holds");
	return err_set(e, REASON_SIGNATURE, "the signature %s%s%s%s", j->why, j->key[0] ? " (" : "",
		       j->key, j->key[0] ? ")" : "");
}

/* ---- */

/* A name without a slash would be looked for in the user's own folder of GnuPG. */
static bool keyring_path(const char *path, struct buf *out, struct err *e)
{
	if (access(path, R_OK) != 0) {
		err_set(e, REASON_NO_SUCH_FILE, "the keyring cannot be read");
		return err_subject(e, path);
	}
	buf_fmt(out, "%s%s", strchr(path, '/') ? "" : "./", path);
	return buf_done(out, "the keyring's path", e);
}

static bool read_status(int fd, struct buf *out, struct err *e)
{
	struct file f = {.fd = fd, .name = "gpgv"};
	size_t got;
	uint8_t *to;
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size > STATUS_MAX)
		return err_set(e, REASON_LIMIT, "gpgv says more than %u bytes", STATUS_MAX);
	to = buf_room(out, (size_t)st.st_size);
	if (st.st_size == 0)
		return true;
	return to && file_pread(&f, 0, (struct span){to, (size_t)st.st_size}, &got, e);
}

bool debian_signed(struct bytes file, const struct debian_keys *keys, struct buf *text,
		   const char **signer, struct err *e)
{
	static const char *const extra[] = {"LC_ALL=C", NULL};
	owned(buf_free) struct buf keyring = BUF(PATH_ROOM), status = BUF(STATUS_MAX);
	const char *argv[] = {"gpgv",	  "--status-fd", "3",	      "--ignore-time-conflict",
			      "--output", "-",		 "--keyring", NULL,
			      NULL};
	struct spawn gpgv = {.input = file, .extra = extra, .reason = REASON_SIGNATURE};
	struct judgement j = {.keys = keys};
	owned(own_close) int fd = -1;

	if (!check_frame(file, e) || !keyring_path(keys->keyring, &keyring, e))
		return false;
	fd = memfd_create("status", MFD_CLOEXEC);
	if (fd < 0)
		return err_set(e, REASON_OUT_OF_MEMORY, "no file in memory can be made");
	argv[7] = buf_cstr(&keyring);
	gpgv.argv = argv;
	gpgv.status = fd;
	if (!spawn_run(&gpgv, text, e)) {
		if (e->reason == REASON_MISSING_TOOL)
			err_hint(e, "install the package gpgv");
		return false;
	}
	if (!read_status(fd, &status, e) || !judge(&j, buf_bytes(&status), e))
		return false;
	*signer = j.signer;
	return true;
}
