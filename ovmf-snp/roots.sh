#!/bin/sh
# Writes ovmf-snp/roots.c: AMD's signing certificates as constant data. FOLDER holds what
#	https://kdsintf.amd.com/{vcek,vlek}/v1/{Milan,Genoa,Turin}/cert_chain
# answers, as Milan-vcek.pem, Milan-vlek.pem and so on: ASK or ASVK first, then ARK. What was written
# is trusted by the fingerprints in ovmf-snp/product.c alone, with which a test compares it.
#	ovmf-snp/roots.sh FOLDER >ovmf-snp/roots.c
set -eu

folder=${1:?usage: ovmf-snp/roots.sh FOLDER}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# block FILE N: the Nth certificate of a PEM file as DER
block()
{
	awk -v n="$2" '/^-----BEGIN CERTIFICATE-----/ { i++ } i == n' "$1" |
		openssl x509 -outform DER
}

# array NAME: standard input as a C array
array()
{
	printf '\nstatic const uint8_t %s[] = {\n' "$1"
	od -An -v -tx1 -w15 | sed -e 's/ *\([0-9a-f][0-9a-f]\)/ 0x\1,/g' -e 's/^ /\t/'
	printf '};\n'
}

cat <<'C'
/* Written by ovmf-snp/roots.sh; see there. */
#include "ovmf-snp/product.h"

/* clang-format off */
C
for product in Milan Genoa Turin; do
	lower=$(echo "$product" | tr '[:upper:]' '[:lower:]')
	block "$folder/$product-vcek.pem" 2 >"$work/ark"
	block "$folder/$product-vlek.pem" 2 | cmp -s - "$work/ark" || {
		echo "roots.sh: $product: two ARKs that differ" >&2
		exit 1
	}
	array "ark_$lower" <"$work/ark"
	block "$folder/$product-vcek.pem" 1 | array "ask_$lower"
	block "$folder/$product-vlek.pem" 1 | array "asvk_$lower"
done
cat <<'C'

#define ROW(product)                                         \
	{                                                    \
		{ark_##product, sizeof(ark_##product)},      \
		{ask_##product, sizeof(ask_##product)},      \
		{asvk_##product, sizeof(asvk_##product)}     \
	}

/* By enum snp_product_id and enum snp_authority. */
const struct bytes snp_authorities[SNP_PRODUCTS][SNP_AUTHORITIES] = {
	ROW(milan),
	ROW(genoa),
	ROW(turin),
};
C
