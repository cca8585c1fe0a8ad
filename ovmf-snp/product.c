#include "ovmf-snp/product.h"

#include <stdio.h>

static const struct snp_product products[SNP_PRODUCTS] = {
	{SNP_MILAN,
	 "Milan",
	 64,
	 false,
	 {"69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
	  "67d303bd3905fd38db8b20e0793699870e7fa612eaad5dec358293fd8c0bac1b",
	  "c5e081f59b7efab1fe2f8b505e159704e72f29cab7ef7cf628a05a42439082f5"}},
	/* Bergamo and Siena too */
	{SNP_GENOA,
	 "Genoa",
	 64,
	 false,
	 {"4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1",
	  "5464738c1546aed5f2cecf1dc98c5c960a92e8913238a61711bc90ec6e828521",
	  "197e610743a917d6b9bb982a5a9226ccc0a15b611be0619e626aca9151457372"}},
	{SNP_TURIN,
	 "Turin",
	 8,
	 true,
	 {"1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a",
	  "5b77ef5fe7a7a004fd9032668fba9d0fda22f88c4442069a479636a6ae3b3185",
	  "104e10a8bd060a3c20a434261a57d0588fd65a88915b4f65b08bdecaf8df1a3c"}},
};

static const struct {
	uint8_t family, model_from, model_to;
	enum snp_product_id id;
} models[] = {
	{0x19, 0x00, 0x0f, SNP_MILAN},
	{0x19, 0x10, 0x1f, SNP_GENOA},
	{0x19, 0xa0, 0xaf, SNP_GENOA},
	{0x1a, 0x00, 0x11, SNP_TURIN},
};

const struct snp_product *snp_product(enum snp_product_id id)
{
	return &products[id];
}

const struct snp_product *snp_product_by_cpuid(uint8_t family, uint8_t model)
{
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (family == models[i].family && model >= models[i].model_from &&
		    model <= models[i].model_to)
			return &products[models[i].id];
	return NULL;
}

const struct snp_product *snp_product_by_name(struct bytes name)
{
	for (size_t i = 0; i < SNP_PRODUCTS; i++) {
		struct bytes own = bytes_str(products[i].name);

		if (bytes_start(name, own) && (name.n == own.n || name.p[own.n] == '-'))
			return &products[i];
	}
	return NULL;
}

bool snp_pinned(const struct snp_product *p, enum snp_authority a, struct bytes sha256)
{
	char hex[65];

	for (size_t i = 0; i < sha256.n && i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", sha256.p[i]);
	return sha256.n == 32 && strcmp(hex, p->pin[a]) == 0;
}

const struct snp_product *snp_product_by_ark(struct bytes sha256)
{
	for (size_t i = 0; i < SNP_PRODUCTS; i++)
		if (snp_pinned(&products[i], SNP_ARK, sha256))
			return &products[i];
	return NULL;
}
