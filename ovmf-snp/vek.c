#include "ovmf-snp/vek.h"

#include <stdio.h>

#include "measure/base/cur.h"
#include "measure/base/text.h"
#include "measure/core/x509_field.h"
#include "ovmf-snp/tcb.h"

#define ARC "1.3.6.1.4.1.3704.1."
#define ASN1_INTEGER 0x02
#define ASN1_OCTET_STRING 0x04
#define ASN1_IA5_STRING 0x16

const char *snp_key_name(enum snp_signing_key kind)
{
	switch (kind) {
	case SNP_KEY_VCEK:
		return "VCEK";
	case SNP_KEY_VLEK:
		return "VLEK";
	case SNP_KEY_NONE:
	default:
		return "none";
	}
}

/* Every fault of a certificate's field is one of the chain, but for memory and machinery. */
static bool as_chain(struct err *e, const struct err *fault)
{
	bool own = reason_class(fault->reason) == EXIT_CLASS_ENVIRONMENT;

	return err_set(e, own ? fault->reason : REASON_CHAIN, "%s", fault->text);
}

/* The content of the extension's one value of that type; empty when there is no extension. */
static bool value_of(const struct x509 *x, const char *oid, uint8_t type, struct bytes *value,
		     struct err *e)
{
	struct bytes whole;
	struct err fault = {0};
	struct cur c;
	uint8_t tag, length;

	if (!x509_extension(x, oid, &whole, &fault))
		return as_chain(e, &fault);
	*value = bytes_of(NULL, 0);
	if (!whole.p)
		return true;
	c = cur_new(whole, 0, &fault);
	tag = cur_u8(&c, "type");
	length = cur_u8(&c, "length");
	*value = cur_take(&c, length, "value");
	if (!cur_end(&c, "value") || tag != type || length > 0x7f || length == 0)
		return err_set(e, REASON_CHAIN,
			       "the certificate's extension %s is not one value of its type", oid);
	return true;
}

/* 0 to 255, in the one spelling of DER. */
static bool number_of(const struct x509 *x, const char *oid, int16_t *out, struct err *e)
{
	struct bytes v;

	*out = -1;
	if (!value_of(x, oid, ASN1_INTEGER, &v, e))
		return false;
	if (v.n == 0)
		return true;
	if (v.n == 1 && v.p[0] < 0x80)
		*out = v.p[0];
	else if (v.n == 2 && v.p[0] == 0 && v.p[1] >= 0x80)
		*out = v.p[1];
	else
		return err_set(e, REASON_CHAIN,
			       "the certificate's extension %s is no number from 0 to 255", oid);
	return true;
}

static bool text_of(const struct x509 *x, const char *oid, char *out, size_t room, struct err *e)
{
	struct bytes v;

	out[0] = '\0';
	if (!value_of(x, oid, ASN1_IA5_STRING, &v, e))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return err_set(e, REASON_CHAIN,
				       "the certificate's extension %s has the byte 0x%02x", oid,
				       v.p[i]);
	if (v.n >= room)
		return err_set(
			e, REASON_CHAIN,
			"the certificate's extension %s has %zu characters, %zu are the most "
			"there may be",
			oid, v.n, room - 1);
	snprintf(out, room, "%.*s", (int)v.n, v.p ? (const char *)v.p : "");
	return true;
}

/* By its length alone: the first byte of a chip's number may be any. */
static bool hwid_of(const struct x509 *x, struct snp_vek *v, struct err *e)
{
	struct err fault = {0};
	struct bytes b;

	if (!x509_extension(x, ARC "4", &b, &fault))
		return as_chain(e, &fault);
	if ((b.n == 66 || b.n == 10) && b.p[0] == ASN1_OCTET_STRING && b.p[1] == b.n - 2)
		b = bytes_of(b.p + 2, b.n - 2);
	if (b.p && b.n != 64 && b.n != 8)
		return err_set(e, REASON_CHAIN,
			       "the certificate's HWID has %zu bytes, and must have 64 or 8", b.n);
	v->hwid_len = b.n;
	if (b.p)
		memcpy(v->hwid, b.p, b.n);
	return true;
}

static bool tcb_of(const struct x509 *x, struct tcb *t, struct err *e)
{
	static const struct {
		const char *part, *oid;
	} rows[] = {
		{"bl", ARC "3.1"},    {"tee", ARC "3.2"}, {"snp", ARC "3.3"},
		{"ucode", ARC "3.8"}, {"fmc", ARC "3.9"},
	};

	*t = TCB_NONE;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t part = 0; part < SNP_TCB_PARTS; part++) {
			int16_t value;

			if (strcmp(snp_tcb_parts[part].name, rows[i].part) != 0)
				continue;
			if (!number_of(x, rows[i].oid, &value, e))
				return false;
			snp_tcb_set(t, part, value);
		}
	return true;
}

static bool name_of(const struct x509 *x, struct snp_vek *v, struct err *e)
{
	owned(buf_free) struct buf cn = BUF(1024), tamed = BUF(4096);
	struct err fault = {0};

	if (!x509_common_name(x, &cn, &fault))
		return as_chain(e, &fault);
	text_tame(&tamed, buf_bytes(&cn));
	if (!buf_done(&cn, "commonName", e) || !buf_done(&tamed, "commonName", e))
		return false;
	snprintf(v->common_name, sizeof(v->common_name), "%s", buf_cstr(&tamed));
	v->kind = SNP_KEY_NONE;
	if (strcmp(v->common_name, "SEV-VCEK") == 0)
		v->kind = SNP_KEY_VCEK;
	else if (strcmp(v->common_name, "SEV-VLEK") == 0)
		v->kind = SNP_KEY_VLEK;
	return true;
}

bool snp_vek_read(struct snp_vek *v, const struct x509 *x, struct err *e)
{
	*v = (struct snp_vek){0};
	if (!name_of(x, v, e) || !number_of(x, ARC "1", &v->struct_version, e) ||
	    !text_of(x, ARC "2", v->product_name, sizeof(v->product_name), e) ||
	    !tcb_of(x, &v->tcb, e) || !hwid_of(x, v, e) ||
	    !text_of(x, ARC "5", v->csp_id, sizeof(v->csp_id), e))
		return false;
	v->product = snp_product_by_name(bytes_str(v->product_name));
	return true;
}
