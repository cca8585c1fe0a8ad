#include "measure/core/x509_list.h"

#include "measure/core/chain_cache.h"
#include "measure/core/pem.h"

static struct bytes without_empty_lines(struct bytes text)
{
	while (text.n && (text.p[0] == '\n' || text.p[0] == '\r'))
		text = bytes_of(text.p + 1, text.n - 1);
	return text;
}

static bool read_der(struct x509_list *l, struct bytes der, struct err *e)
{
	struct x509 **to = &l->x[l->n];

	return l->cache ? chain_cache_read(l->cache, der, to, e) : x509_read_der(to, der, e);
}

static bool read_pem(struct x509_list *l, struct bytes text, size_t *used, struct err *e)
{
	static const struct pem certificate = {"CERTIFICATE", REASON_CERTIFICATE};
	owned(buf_free) struct buf der = BUF(PEM_MAX);

	if (!l->cache)
		return x509_read_pem_any(&l->x[l->n], text, used, e);
	return pem_read(&certificate, text, &der, used, e) && read_der(l, buf_bytes(&der), e);
}

static bool next(struct x509_list *l, struct bytes *rest, bool pem, struct err *e)
{
	size_t used = rest->n;

	if (l->n == X509_LIST_MAX)
		return err_set(e, REASON_LIMIT, "more than %u certificates", X509_LIST_MAX);
	if (pem ? !read_pem(l, *rest, &used, e) : !read_der(l, *rest, e))
		return false;
	l->n++;
	*rest = bytes_of(rest->p + used, rest->n - used);
	return true;
}

bool x509_list_add(struct x509_list *l, struct bytes file, struct err *e)
{
	struct bytes rest = without_empty_lines(file);
	bool pem = bytes_start(rest, bytes_str("-----"));

	if (!pem)
		return next(l, &file, false, e);
	while (rest.n) {
		if (!next(l, &rest, true, e)) {
			e->offset += file.n - rest.n;
			return l->n > 0 ? err_in(e, "certificate %zu", l->n + 1) : false;
		}
		rest = without_empty_lines(rest);
	}
	return true;
}

void x509_list_free(struct x509_list *l)
{
	while (l->n)
		x509_free(&l->x[--l->n]);
}
