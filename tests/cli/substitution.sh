#!/bin/sh
# Every kind of file in the place of every other, for every verb that takes a file: what the place is
# not for is refused with the right exit status, no yes on stdout, nothing written
. "${0%/*}/../lib.sh"
need openssl

# ---- one file of each kind; its name is its kind
printf kernel >kernel
printf ramdisk >rd
"$MEASURE" build eif -q --kernel kernel --cmdline c --ramdisk rd -o image
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out private-key 2>/dev/null
openssl pkey -in private-key -pubout -out public-key
openssl req -x509 -key private-key -subj /CN=a -days 30 -out ca-certificate 2>/dev/null
openssl req -x509 -key private-key -subj /CN=a -days 30 -out certificate \
	-addext basicConstraints=critical,CA:FALSE -addext keyUsage=digitalSignature 2>/dev/null
cp image signed-image
"$MEASURE" sign eif -q signed-image --cert certificate --key private-key
digest=sha256:$(printf x | sha256sum | cut -d ' ' -f 1)
cat >build-record <<END
{"schema": "measure-build/1", "product": "example.org/blindbox", "version": "1", "vendor": "Example",
 "artefact": "blindbox.eif", "origin": "source", "source": {"digest": "$digest"}, "recipe": "$digest",
 "inputs": "$digest", "components": {"kernel": "source", "cmdline": "source", "ramdisk0": "source"}}
END
"$MEASURE" manifest make image --record build-record -q -o payload
"$MEASURE" sign manifest payload --signer a --key private-key -q -o signed-manifest
"$MEASURE" sign manifest payload --signer a --public-key public-key --tbs-out bytes-to-sign
openssl dgst -sha384 -sign private-key -out signature bytes-to-sign
"$MEASURE" manifest bundle signed-manifest -q -o bundle
"$MEASURE" trust add public-key --role publisher --trust trust-file -q
for format in text json nitro-cli kms-policy rvps rvps-corim; do
	"$MEASURE" manifest export payload --to $format -q -o "export-$format"
done
for format in in-toto sigstore; do
	"$MEASURE" manifest export payload --to $format --key private-key -q -o "export-$format"
done
"$MEASURE" eif signed-image --json >answer
python3 - <<'END'
import json, re
image = open("signed-image", "rb").read()
last = json.load(open("answer"))["sections"][-1]
section = image[last["offset"] + 12:][:last["size"]]
open("image-signature", "wb").write(section)
# its bytes stand there as an array of numbers
at = section.index(b"\x69signature") + 10
n, at = (int.from_bytes(section[at + 1:at + 3], "big"), at + 3) if section[at] == 0x99 else (section[at + 1], at + 2)
cose = bytearray()
for _ in range(n):
    at += section[at] == 0x18
    cose.append(section[at])
    at += 1
assert cose[0] == 0x84
open("image-signature-cose", "wb").write(cose)
END
# shellcheck disable=SC2046 # words
"$BUILD/tests/document" $("$MEASURE" eif image | sed -n 's/^PCR\([012]\)  /--pcr \1=/p') \
	--time "$(date -u -d '1 minute ago' +%Y-%m-%dT%H:%M:%SZ)" \
	--public-key "@$(openssl pkey -pubin -in public-key -outform DER >spki; echo spki)" nitro-root nitro-document
mkdir snp
"$BUILD/tests/report" snp Milan measurement="$(printf 'a5%.0s' $(seq 48))"
for kind in report extended vek.der chain.pem ark.der crl.der; do mv snp/$kind "snp-${kind%.*}"; done
for kind in rebuilt withdraw release keys; do cp "$ROOT/tests/fuzz/corpus/statements/$kind.signed" "statement-$kind"; done
kinds='image signed-image image-signature image-signature-cose build-record payload signed-manifest bundle
trust-file private-key public-key certificate ca-certificate bytes-to-sign signature export-text export-json
export-nitro-cli export-kms-policy export-rvps export-rvps-corim export-in-toto export-sigstore
nitro-document nitro-root snp-report snp-extended snp-vek snp-chain snp-ark snp-crl
statement-rebuilt statement-withdraw statement-release statement-keys'
for kind in $kinds; do expect test -s "$kind"; done
ok 'there is a file of every kind'

# ---- the places. Each line: the kinds that may stand there, with an exit status when it is not 0;
# the command, in which FILE is the file in question and OUT what may be written.
manifests='payload signed-manifest bundle'
certificates='certificate=1 ca-certificate=1 nitro-root=1 snp-vek=1 snp-ark=1 snp-chain=1'
nitro="nitro-document --insecure-no-nonce $("$MEASURE" eif image | sed -n 's/^PCR0  /--pcr 0=/p')"
snp="--insecure-no-nonce --measurement $(printf 'a5%.0s' $(seq 48))"
places()
{
	cat <<END
image signed-image | FILE
image signed-image | eif FILE
image signed-image | inspect FILE
image signed-image | extract FILE -C OUT
image signed-image | manifest make FILE --product example.org/blindbox --version 1 -o OUT
build-record | manifest make image --record FILE -o OUT
certificate ca-certificate nitro-root | manifest make image --product p --version 1 --certificate FILE -o OUT
$manifests | manifest show FILE
$manifests | manifest lint FILE
$manifests | manifest bundle FILE -o OUT
certificate ca-certificate nitro-root snp-vek snp-ark snp-chain snp-crl | manifest bundle payload --collateral FILE -o OUT
$manifests | manifest export FILE --to json -o OUT
private-key | manifest export payload --to in-toto --key FILE -o OUT
signature=1 | manifest export payload --to in-toto --public-key public-key --attach FILE -o OUT
$manifests | sign manifest FILE --signer a --key private-key -o OUT
private-key | sign manifest payload --signer a --key FILE -o OUT
public-key certificate ca-certificate nitro-root | sign manifest payload --signer a --public-key FILE --tbs-out OUT
signature | sign manifest payload --signer a --public-key public-key --attach FILE -o OUT
certificate nitro-root=1 snp-vek=1 snp-ark=1 snp-chain=1 | sign manifest payload --signer a --key private-key --cert FILE -o OUT
image signed-image | sign eif FILE --cert certificate --key private-key -o OUT
certificate ca-certificate nitro-root=1 | sign eif image --cert FILE --key private-key -o OUT
private-key | sign eif image --cert certificate --key FILE -o OUT
signature=1 | sign eif image --cert certificate --attach FILE -o OUT
certificate ca-certificate nitro-root | pcr --certificate FILE
trust-file | trust show --trust FILE
public-key certificate ca-certificate nitro-root | trust add FILE --role root --trust OUT
ca-certificate nitro-root | trust add FILE --ca --role root --trust OUT
image signed-image | check FILE --manifest signed-manifest --trust trust-file
signed-manifest bundle payload=4 | check image --manifest FILE --trust trust-file
trust-file | check image --manifest signed-manifest --trust FILE
nitro-document snp-report=1 snp-extended=1 | verify FILE --root nitro-root ${nitro#* } --vek snp-vek --chain snp-chain
snp-report snp-extended nitro-document=1 | verify FILE $snp --vek snp-vek --chain snp-chain --ark snp-ark
signed-manifest bundle payload=4 | verify nitro-document --root nitro-root --insecure-no-nonce --manifest FILE --trust trust-file
trust-file | verify nitro-document --root nitro-root --insecure-no-nonce --manifest signed-manifest --trust FILE
nitro-root $certificates | verify $nitro --root FILE
certificate ca-certificate public-key $certificates | verify $nitro --root nitro-root --tls-cert FILE
certificate ca-certificate public-key $certificates | verify $nitro --root nitro-root --public-key FILE
snp-vek certificate=4 ca-certificate=4 nitro-root=4 snp-ark=4 snp-chain=4 | verify snp-report $snp --chain snp-chain --ark snp-ark --vek FILE
snp-chain $certificates | verify snp-report $snp --vek snp-vek --ark snp-ark --chain FILE
snp-ark snp-chain $certificates | verify snp-report $snp --vek snp-vek --chain snp-chain --ark FILE
snp-crl | verify snp-report $snp --vek snp-vek --chain snp-chain --ark snp-ark --crl FILE
END
}

# wanted STATUS KIND: by the kinds of the place
wanted()
{
	want=3
	for may in $1; do
		case $may in
		"$2") want=0 && return ;;
		"$2="*) want=${may#*=} ;;
		esac
	done
}

# offer PLACE KIND: one command with one file
offer()
{
	# shellcheck disable=SC2046 # words
	set -- "$1" "$2" $(printf '%s\n' "$1" | sed "s|FILE|$2|; s|OUT|out|")
	place=$1 kind=$2
	shift 2
	rm -rf out
	case $place in extract*) mkdir out ;; esac
	status=0
	"$MEASURE" "$@" >said 2>why </dev/null || status=$?
	[ "$status" -eq "$want" ] || echo "$place: $kind: exit status $status, expected $want: $(head -n 1 why)"
	[ "$want" -ne 0 ] || return 0
	case $place,$(tail -n 1 said) in
	*,) ;;
	# findings and checks belong to a no
	'manifest lint'* | 'check '*,FAIL | 'check '*,UNDECIDED | 'verify '*,FAIL | 'verify '*,UNDECIDED) ;;
	*) echo "$place: $kind: says something on stdout" ;;
	esac
	[ "$(grep -c '^measure: error\[' why)" -eq 1 ] || echo "$place: $kind: not one error"
	! grep -q '^PASS' said || echo "$place: $kind: says PASS"
	[ ! -e out ] || [ -z "$(ls -A out)" ] || echo "$place: $kind: leaves something behind"
}

offered=0
while IFS='|' read -r accepted place; do
	place=${place# }
	: >faults
	for kind in $kinds; do
		wanted "$accepted" "$kind"
		offer "$place" "$kind" >>faults
		offered=$((offered + 1))
	done
	lib_line=
	expect diff /dev/null faults
	ok "$place: only $accepted"
done <<END
$(places)
END
expect test "$offered" -ge 1400
ok "$offered times the right file and no other was taken"

plan done
