#!/bin/sh
# `measure sign eif` and eif_build: with one signature attached, the same bytes
. "${0%/*}/../lib.sh"
need eif_build
. "$ROOT/tests/parity/lib.sh"

# signature_of FILE: r||s, the last RS bytes of the COSE array at the end of a signed image, whose
# bytes are CBOR integers, of one byte below 24 and else of two
signature_of()
{
	perl -0777 -ne '/.*signature(?:\x98.|\x99..)(.*)/s or die;
		my @b = map { ord(substr($_, -1)) } $1 =~ /\x18.|[^\x18]/sg;
		print pack("C*", @b[-$ENV{RS} .. -1])' "$1"
}

for curve in prime256v1:64 secp384r1:96 secp521r1:132; do
	RS=${curve#*:}
	export RS
	curve=${curve%:*}
	openssl ecparam -name "$curve" -genkey -noout -out key.pem
	openssl req -new -x509 -days 30 -key key.pem -subj "/CN=$curve" -out cert.pem
	cat cert.pem cert.pem >twice.pem
	for cert in cert.pem twice.pem; do
		run_command eif_build --build-time "$EPOCH" --kernel kernel --cmdline c --ramdisk rd0 \
			--private-key key.pem --signing-certificate "$cert" --output theirs.eif
		expect_status 0
		signature_of theirs.eif >rs
		expect [ "$(wc -c <rs)" = "$RS" ]
		run build eif --kernel kernel --cmdline c --ramdisk rd0 -o ours.eif
		expect_status 0
		run sign eif ours.eif --cert "$cert" --attach rs
		expect_status 0
		expect_same ours.eif theirs.eif
		ok "$curve, $cert"
	done
done

plan done
