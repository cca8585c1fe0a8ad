#include "tests/unit/support_key.h"

#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

void statement_key(const char *kind, struct key **secret, struct pubkey **key)
{
	owned(cert_key_free) EVP_PKEY *pkey = cert_key(kind);
	owned(cert_text_free) char *pem = cert_key_pem(pkey, CERT_PKCS8);
	owned(folder_free) struct folder f = {0};
	struct err e = {0};

	folder_new(&f);
	assert_true(key_read_statement(secret, folder_file(&f, "key", pem, strlen(pem)), NULL, &e));
	assert_true(pubkey_of_key(key, *secret, &e));
}
