#include "measure/core/x509_field.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "measure/core/cose_evp.h"

static void octets_free(uint8_t **p)
{
	OPENSSL_free(*p);
}

static void object_free(ASN1_OBJECT **o)
{
	ASN1_OBJECT_free(*o);
}

bool x509_common_name(const struct x509 *x, struct buf *cn, struct err *e)
{
	X509_NAME *name = X509_get_subject_name(x509_cert(x));
	int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1), n;
	owned(octets_free) uint8_t *utf8 = NULL;

	if (i < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, i) >= 0)
		return err_set(e, REASON_CERTIFICATE,
			       "the subject of the certificate has %s commonName",
			       i < 0 ? "no" : "more than one");
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
	if (n < 0)
		return cose_evp_fail(e, REASON_CERTIFICATE, "commonName");
	if (memchr(utf8, 0, (size_t)n))
		return err_set(e, REASON_CERTIFICATE, "a NUL stands in the commonName");
	buf_put(cn, bytes_of(utf8, (size_t)n));
	return true;
}

bool x509_extension(const struct x509 *x, const char *oid, struct bytes *value, struct err *e)
{
	X509 *cert = x509_cert(x);
	owned(object_free) ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	const ASN1_OCTET_STRING *octets;
	int i;

	if (!object)
		return cose_evp_fail(e, REASON_LIBRARY, oid);
	*value = bytes_of(NULL, 0);
	i = X509_get_ext_by_OBJ(cert, object, -1);
	if (i < 0)
		return true;
	if (X509_get_ext_by_OBJ(cert, object, i) >= 0)
		return err_set(e, REASON_CERTIFICATE, "the certificate has the extension %s twice",
			       oid);
	octets = X509_EXTENSION_get_data(X509_get_ext(cert, i));
	*value = bytes_of(ASN1_STRING_get0_data(octets), (size_t)ASN1_STRING_length(octets));
	return true;
}
