#include "measure/fetch/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <time.h>

#include "measure/base/num.h"
#include "measure/base/text.h"

#define CONNECT_SECONDS 20L
#define SLOW_BYTES 1000L /* in a second */
#define SHOWN_MAX 65536u
#define PAGE_MAX 65536 /* bytes of what is no content, so that the connection can be used again */

/* One file, however often it is tried. */
struct transfer {
	const struct http *h;
	const struct http_sink *to;
	CURL *c; /* of this try */
	uint64_t have, max; /* bytes in the sink */
	uint64_t best; /* so many were there at one time */
	struct err fault; /* the sink's, or that more came than is allowed */
};

/* What a page about a fault says is of no interest. */
static bool is_content(CURL *c)
{
	long status = 0;

	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	return status == 0 || status == 200 || status == 206;
}

static size_t receive(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	(void)size;
	if (!is_content(t->c))
		return n;
	if (n > t->max - t->have) {
		err_set(&t->fault, REASON_LIMIT, "more than %llu bytes come from there",
			(unsigned long long)t->max);
		return 0;
	}
	if (!t->to->put(t->to->arg, bytes_of(p, n), &t->fault))
		return 0;
	t->have += n;
	return n;
}

static int progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up, curl_off_t sent)
{
	const struct transfer *t = arg;

	(void)total;
	(void)up;
	(void)sent;
	if (t->h->watch.tick && now > 0)
		t->h->watch.tick(t->h->watch.arg, t->have);
	return now > PAGE_MAX && !is_content(t->c);
}

static pthread_key_t of_thread;
static pthread_once_t once_made = PTHREAD_ONCE_INIT;
static bool made;

static void make_key(void)
{
	made = pthread_key_create(&of_thread, curl_easy_cleanup) == 0;
}

/* Each thread has one as long as it runs, whose connections are used again. */
static CURL *handle(void)
{
	CURL *c;

	if (pthread_once(&once_made, make_key) != 0 || !made)
		return NULL;
	c = pthread_getspecific(of_thread);
	if (c) {
		curl_easy_reset(c);
		return c;
	}
	c = curl_easy_init();
	if (c && pthread_setspecific(of_thread, c) != 0) {
		curl_easy_cleanup(c);
		return NULL;
	}
	return c;
}

static bool set(CURL *c, struct transfer *t, const char *url)
{
	bool https = strncmp(url, "https:", 6) == 0;
	long patience = t->h->patience ? (long)t->h->patience : (long)HTTP_PATIENCE;

	return !curl_easy_setopt(c, CURLOPT_URL, url) &&
	       !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https,http,file") &&
	       !curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, https ? "https" : "https,http") &&
	       !curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)HTTP_REDIRECTIONS) &&
	       !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
				 patience < CONNECT_SECONDS ? patience : CONNECT_SECONDS) &&
	       !curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES) &&
	       !curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, patience) &&
	       !curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->have) &&
	       !curl_easy_setopt(c, CURLOPT_USERAGENT, "measure-fetch") &&
	       !curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEDATA, t) &&
	       !curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress) &&
	       !curl_easy_setopt(c, CURLOPT_XFERINFODATA, t) &&
	       !curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
}

static bool passes(CURLcode code)
{
	return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
	       code == CURLE_OPERATION_TIMEDOUT || code == CURLE_PARTIAL_FILE ||
	       code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
	       code == CURLE_SSL_CONNECT_ERROR;
}

/* What libcurl says of a transfer that did not end well. */
static bool broken(const struct transfer *t, CURLcode code, struct err *e)
{
	if (err_is(&t->fault)) {
		*e = t->fault;
		return false;
	}
	if (code == CURLE_FILE_COULDNT_READ_FILE)
		return err_set(e, REASON_NOT_FOUND, "there is no such file");
	return err_set(e, REASON_FETCH, "%s", curl_easy_strerror(code));
}

static bool answered(long status, struct err *e)
{
	if (status == 0 || status == 200 || status == 206)
		return true;
	if (status == 404 || status == 410)
		return err_set(e, REASON_NOT_FOUND, "the server has no such file (%ld)", status);
	return err_set(e, REASON_FETCH, "the server answers %ld", status);
}

/*
 * One try. *wait: the seconds that the server asks for, if it may be tried again; else -1. *anew:
 * the rest alone cannot be had.
 */
static bool once(struct transfer *t, const char *url, curl_off_t *wait, bool *anew, struct err *e)
{
	CURL *c = handle();
	CURLcode code;
	long status = 0;

	*wait = -1;
	if (!c || !set(c, t, url))
		return err_set(e, REASON_LIBRARY, "libcurl cannot be set up");
	t->c = c;
	code = curl_easy_perform(c);
	if (code == CURLE_ABORTED_BY_CALLBACK) /* a page that does not end */
		code = CURLE_OK;
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	*anew = t->have > 0 &&
		(code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME || status == 416);
	if (code == CURLE_OK && answered(status, e))
		return true;
	if (passes(code) || status == 408 || status == 429 || status >= 500)
		curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, wait);
	return code == CURLE_OK ? false : broken(t, code, e);
}

/* Waits `asked` seconds, or `own` where nothing was asked for. */
static void pause_for(const struct http *h, const struct err *why, curl_off_t asked, unsigned own)
{
	curl_off_t seconds = asked > 0 ? asked : own;
	struct timespec left = {.tv_sec = seconds < HTTP_WAIT_MAX ? seconds : HTTP_WAIT_MAX};

	if (h->retry)
		h->retry(h->arg, why, (unsigned)left.tv_sec);
	while (nanosleep(&left, &left) != 0)
		continue;
}

static bool restart(struct transfer *t, struct err *e)
{
	t->have = 0;
	return t->to->restart(t->to->arg, e);
}

bool http_stream(const struct http *h, const char *url, uint64_t max, const struct http_sink *to,
		 struct err *e)
{
	struct transfer t = {.h = h, .to = to, .have = to->from, .max = max, .best = to->from};

	for (unsigned i = 0;;) {
		struct err why = {0};
		curl_off_t wait;
		bool anew = false;

		if (once(&t, url, &wait, &anew, &why))
			return true;
		if (anew) {
			if (!restart(&t, e))
				return false;
			continue;
		}
		http_subject(&why, url);
		i = t.have > t.best ? 1 : i + 1;
		t.best = t.have > t.best ? t.have : t.best;
		if (wait < 0 || i >= h->tries) {
			*e = why;
			return false;
		}
		pause_for(h, &why, wait, 1u << (i < 6 ? i - 1 : 6));
	}
}

/* ---- what is shown */

void http_put_shown(struct buf *out, const char *url)
{
	const char *slashes = strstr(url, "//");
	const char *host = slashes ? slashes + 2 : url;
	const char *at = memrchr(host, '@', strcspn(host, "/?#"));

	buf_put(out, bytes_of(url, (size_t)(host - url)));
	buf_str(out, at ? "***" : "");
	buf_str(out, at ? at : host);
}

bool http_subject(struct err *e, const char *url)
{
	owned(buf_free) struct buf shown = BUF(SHOWN_MAX);

	http_put_shown(&shown, url);
	return err_subject(e, buf_cstr(&shown));
}

/* ---- into memory */

static bool put_memory(void *arg, struct bytes x, struct err *e)
{
	struct buf *b = arg;

	buf_put(b, x);
	return buf_done(b, "the answer", e);
}

static bool restart_memory(void *arg, struct err *e)
{
	(void)e;
	buf_reset(arg);
	return true;
}

bool http_get(const struct http *h, const char *url, size_t max, struct buf *out, struct err *e)
{
	owned(buf_free) struct buf body = BUF(max);
	const struct http_sink to = {put_memory, restart_memory, &body, 0};

	if (!http_stream(h, url, max, &to, e))
		return false;
	buf_put(out, buf_bytes(&body));
	return buf_done(out, url, e);
}

bool http_address(const char *url, const char *what, struct err *e)
{
	static const char *const kinds[] = {"https://", "http://", "file://"};
	owned(buf_free) struct buf shown = BUF(SHOWN_MAX);
	bool known = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		known = known || strncmp(url, kinds[i], strlen(kinds[i])) == 0;
	for (const char *p = url; known && *p; p++)
		known = *p > ' ' && *p < 0x7f;
	if (known)
		return true;
	http_put_shown(&shown, url);
	return err_set(e, REASON_USAGE, "%s: '%s' is no address: https://, http:// or file://",
		       what, buf_cstr(&shown));
}

const char *http_library_version(bool running)
{
	return running ? curl_version_info(CURLVERSION_NOW)->version : LIBCURL_VERSION;
}
