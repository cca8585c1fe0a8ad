#!/bin/sh
# `measure manifest export --to in-toto|sigstore`: statements signed, and verified by a shell script
# and openssl alone
# shellcheck disable=SC2016,SC2317 # backquotes in messages are text; expect calls functions
. "${0%/*}/../lib.sh"
need openssl

head -c 4096 /dev/zero | tr '\0' k >kernel
printf 'ramdisk' >rd
run build eif -q --kernel kernel --cmdline 'console=ttyS0' --ramdisk rd -o blindbox.eif
expect_status 0
run manifest make blindbox.eif --product example.org/blindbox --version 1.2.3 -q -o one.corim
expect_status 0
for curve in P-256 P-384 P-521; do
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out $curve.key 2>/dev/null
	openssl pkey -in $curve.key -pubout -out $curve.pub
done
openssl genpkey -algorithm ED25519 -out ed.key 2>/dev/null
openssl pkey -in ed.key -pubout -out ed.pub
openssl req -x509 -key P-256.key -subj /CN=a -days 30 -out P-256.pem
run sign manifest one.corim --signer test --key P-256.key -q -o signed.corim
expect_status 0
run manifest bundle one.corim signed.corim -q -o one.bundle
expect_status 0

# field NAME FILE: the only string of that name
field() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' "$2"; }

# decode TEXT FILE: its bytes, if it is the one base64 of them
decode()
{
	printf '%s' "$1" | base64 -d >"$2" 2>/dev/null && [ "$(base64 -w 0 <"$2")" = "$1" ]
}

# verify KEY DIGEST FILE: is that, byte for byte, an envelope with one signature by KEY? DIGEST: an
# option of openssl dgst, or none for Ed25519. Leaves the statement in the file statement.
verify()
{
	payload=$(field payload "$3")
	sig=$(field sig "$3")
	type=application/vnd.in-toto+json
	printf '{"payload":"%s","payloadType":"%s","signatures":[{"sig":"%s"}]}\n' \
		"$payload" "$type" "$sig" | cmp -s - "$3" || return 1
	decode "$payload" statement && decode "$sig" sig || return 1
	{
		printf 'DSSEv1 %s %s %s ' ${#type} "$type" "$(wc -c <statement)"
		cat statement
	} >pae
	if [ "$2" = none ]; then
		openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in pae -sigfile sig >said 2>&1
	else
		openssl dgst "$2" -verify "$1" -signature sig pae >said 2>&1
	fi
}

while read -r name digest; do
	run manifest export one.corim --to in-toto --key "$name.key" -o "$name.json"
	expect_status 0
	expect_stdout ''
	expect_stderr ''
	expect verify "$name.pub" "$digest" "$name.json"
done <<'END'
P-256 -sha256
P-384 -sha384
P-521 -sha512
ed none
END
ok 'a shell script and openssl verify the envelope, signed by a key of each kind'

size=$(wc -c <P-256.json)
i=0 wrong=0 step=${SOAK:-37}
while [ "$i" -lt "$size" ]; do
	cp P-256.json changed.json
	byte=$(od -An -tu1 -j "$i" -N 1 P-256.json)
	put_at changed.json "$i" "$(printf '%02x' $((byte ^ 1 << i % 8)))"
	verify P-256.pub -sha256 changed.json && wrong=$((wrong + 1))
	i=$((i + step))
done
expect test "$wrong" -eq 0
expect test "$i" -ge "$size"
if verify P-256.pub -sha256 P-384.json || verify P-384.pub -sha384 P-256.json; then
	not_ok 'another key verifies nothing'
fi
ok 'a changed byte is refused by them'

cat >look.py <<'END'
import hashlib, json, subprocess, sys

def sha256(name):
    return {"sha256": hashlib.sha256(open(name, "rb").read()).hexdigest()}

s = json.load(open("statement"))
assert list(s) == ["_type", "subject", "predicateType", "predicate"], s
assert s["_type"] == "https://in-toto.io/Statement/v1"
assert s["predicateType"] == "https://slsa.dev/provenance/v1"
subject = {x["name"]: x["digest"] for x in s["subject"]}
assert subject["blindbox.eif"] == sha256("blindbox.eif")
assert subject["example.org/blindbox/1.2.3"] == sha256("one.corim")
pcrs = dict(line.split() for line in open(sys.argv[1]))
assert {k: v for k, v in subject.items() if k[:3] == "PCR"} == {k: {"sha384": v} for k, v in pcrs.items()}
build = s["predicate"]["buildDefinition"]
assert build["buildType"] == "urn:x-measure:measured:1"
assert build["externalParameters"] == {"product": "example.org/blindbox", "version": "1.2.3"}
parts = {x["name"]: x for x in build["resolvedDependencies"]}
assert list(parts) == ["kernel", "cmdline", "ramdisk0"]
assert parts["kernel"]["digest"] == sha256("kernel") and parts["ramdisk0"]["digest"] == sha256("rd")
assert parts["kernel"]["annotations"] == {"origin": "asserted", "size": 4096}
assert s["predicate"]["runDetails"]["builder"] == {"id": "urn:x-measure:builder:unnamed:1"}
END
run eif blindbox.eif
cp "$STDOUT" registers
expect verify ed.pub none ed.json
expect python3 look.py registers
ok 'the statement is of the image, the manifest and the registers, and names the parts'

digest() { printf 'sha256:%064d' "$1"; }
cat >record.json <<END
{"schema": "measure-build/1", "product": "example.org/blindbox", "version": "1.2.3",
"vendor": "Example", "artefact": "blindbox.eif", "origin": "source",
"source": {"commit": "0123456789abcdef0123456789abcdef01234567", "digest": "$(digest 1)"},
"recipe": "$(digest 2)", "inputs": "$(digest 3)",
"components": {"kernel": "pinned", "cmdline": "source", "ramdisk0": "source"}}
END
run manifest make blindbox.eif --record record.json -q -o built.corim
expect_status 0
run manifest export built.corim --to in-toto --key ed.key -o built.json
expect_status 0
expect verify ed.pub none built.json
expect python3 -c 'import json
b = json.load(open("statement"))["predicate"]["buildDefinition"]
assert b["buildType"] == "urn:x-measure:build:1", b
assert b["externalParameters"]["recipe"] == "sha256:" + "2".zfill(64), b
d = b["resolvedDependencies"]
assert d[0] == {"name": "source", "digest": {"gitCommit": "0123456789abcdef0123456789abcdef01234567", "sha256": "1".zfill(64)}}, d
assert d[1] == {"name": "inputs", "digest": {"sha256": "3".zfill(64)}}, d'
ok 'with a build record it names source, recipe and inputs'

run manifest export "$ROOT/tests/fuzz/corpus/corim/register-008" --to in-toto --key ed.key -o theirs.json
expect_status 0
expect_stderr_has 'warning[manifest-lint]: '
expect verify ed.pub none theirs.json
expect python3 -c 'import json
s = json.load(open("statement"))
b = s["predicate"]["buildDefinition"]
assert [x["name"] for x in s["subject"]] == ["p.eif", "p/1", "PCR0", "PCR1", "PCR2", "PCR3"], s
assert list(b) == ["buildType", "externalParameters"] and b["buildType"] == "urn:x-measure:measured:1", b'
ok 'of the manifest of others it says what that expects, and nothing of a build'

for file in one.corim signed.corim one.bundle; do
	run manifest export $file --to in-toto --key ed.key -o again.json
	expect_status 0
	expect_same again.json ed.json
	run manifest export $file --to in-toto
	expect_status 0
	expect_stderr 'measure: the envelope has no signature, so verifiers refuse it: give --key, or --sign-with, or --tbs-out and then --attach'
	cp "$STDOUT" unsigned.json
	expect test "$(field payload unsigned.json)" = "$(field payload ed.json)"
	expect grep -q '"signatures":\[\]}$' unsigned.json
	run manifest export $file --to in-toto -q -o quiet.json
	expect_stderr ''
	expect_same unsigned.json quiet.json
done
ok 'the same bytes from a manifest, signed or not, and a bundle; without a key it says so'

run manifest export one.corim --to sigstore --key P-256.key -o sigstore.json
expect_status 0
hint=$(openssl pkey -pubin -in P-256.pub -outform DER | openssl dgst -sha256 -binary | base64)
{
	printf '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",'
	printf '"verificationMaterial":{"publicKey":{"hint":"%s"}},"dsseEnvelope":' "$hint"
} >start
length=$(wc -c <start)
head -c "$length" sigstore.json >begins
expect_same start begins
tail -c +$((length + 1)) sigstore.json | sed 's/}$//' >inner.json
expect verify P-256.pub -sha256 inner.json
expect test "$(field payload inner.json)" = "$(field payload P-256.json)"
ok 'a Sigstore bundle is the envelope with the media type and a hint at the key'

run manifest export one.corim --to in-toto --public-key P-256.pem --tbs-out pae.tbs
expect_status 0
expect_stdout ''
expect_stderr ''
expect verify P-256.pub -sha256 P-256.json
expect_same pae pae.tbs
openssl dgst -sha256 -sign P-256.key -out elsewhere.sig pae.tbs
run manifest export one.corim --to in-toto --public-key P-256.pub --attach elsewhere.sig -o attached.json
expect_status 0
expect verify P-256.pub -sha256 attached.json
expect_same sig elsewhere.sig
run manifest export one.corim --to in-toto --public-key ed.pub --tbs-out ed.tbs
expect_same ed.tbs pae.tbs
openssl pkeyutl -sign -inkey ed.key -rawin -in ed.tbs -out ed.sig
run manifest export one.corim --to in-toto --public-key ed.pub --attach ed.sig -o attached.json
expect_status 0
expect_same attached.json ed.json
run manifest export one.corim --to in-toto --public-key P-384.pub \
	--sign-with 'openssl dgst -sha384 -sign P-384.key /dev/stdin' -o with.json
expect_status 0
expect verify P-384.pub -sha384 with.json
echo secret >pass
openssl pkey -in ed.key -aes256 -passout file:pass -out locked.key
run manifest export one.corim --to in-toto --key locked.key --passphrase-file pass -o locked.json
expect_status 0
expect_same locked.json ed.json
ok 'signed elsewhere, by a command, by an encrypted key'

run manifest export one.corim --to sigstore --key ed.key --json
expect_status 0
id=$(openssl pkey -pubin -in ed.pub -outform DER | sha256sum | cut -d ' ' -f 1)
expect_json "list(j) == ['schema', 'kind', 'ok', 'format', 'size', 'text', 'alg', 'key_id', 'warnings']"
expect_json "j['alg'] == 'EdDSA' and j['key_id'] == '$id' and json.loads(j['text'])"
ok 'the answer in JSON names the key'

# refused STATUS START ARGS...: and nothing is written
refused()
{
	status=$1 start=$2
	shift 2
	run manifest export "$@"
	expect_status "$status"
	expect_stdout ''
	expect_stderr_has "measure: error$start"
	expect_no_file none
}
refused 2 '[usage]: a Sigstore bundle needs a signature' one.corim --to sigstore -o none
expect_stderr_has 'measure: hint: give --key, or `--to in-toto` for the statement unsigned'
refused 2 '[usage]: --key has no meaning with --to text, which is not signed' \
	one.corim --to text --key ed.key -o none
refused 2 '[usage]: --public-key has no meaning with --to json, which is not signed' \
	one.corim --to json --public-key ed.pub -o none
refused 2 '[usage]: one of --key, --sign-with, --attach and --tbs-out is needed, 0 are given' \
	one.corim --to in-toto --public-key ed.pub -o none
refused 2 '[usage]: one of --key, --sign-with, --attach and --tbs-out is needed, 2 are given' \
	one.corim --to in-toto --key ed.key --tbs-out none
refused 2 '[usage]: --public-key is needed without --key' one.corim --to in-toto --tbs-out none
refused 2 '[usage]: --tbs-out writes no export, so --output has no meaning' \
	one.corim --to in-toto --public-key ed.pub --tbs-out none -o none
refused 2 "[usage]: ed.key: would be replaced, and it is the input 'ed.key'" \
	one.corim --to in-toto --key ed.key -o ed.key
refused 2 "[usage]: one.corim: would be replaced, and it is the input 'one.corim'" \
	one.corim --to in-toto --public-key ed.pub --tbs-out one.corim
refused 2 "[usage]: ./one.corim: would be replaced, and it is the input 'one.corim'" \
	one.corim --to text -o ./one.corim
ok 'options that make no sense are refused'

openssl dgst -sha256 -sign P-256.key -out wrong.sig one.corim
refused 1 '[signature]: one.corim: nothing is written: the signature does not verify under the key sha256:' \
	one.corim --to in-toto --public-key P-256.pub --attach wrong.sig -o none
refused 1 '[signature]: one.corim: nothing is written: the signature does not verify under the key sha256:' \
	one.corim --to sigstore --public-key P-256.pub --attach wrong.sig -o none
refused 3 '[signature-form]: rd: the signature of EdDSA is of length 7 and must be of length 64' \
	one.corim --to in-toto --public-key ed.pub --attach rd -o none
refused 5 '[sign-with]: ' one.corim --to in-toto --public-key ed.pub --sign-with false -o none
refused 4 '[passphrase]: locked.key: ' one.corim --to in-toto --key locked.key -o none
refused 3 '[corim]: blindbox.eif: the first byte is 0x2e' blindbox.eif --to in-toto --key ed.key -o none
corpus=$ROOT/tests/fuzz/corpus/corim
for to in in-toto sigstore; do
	refused 3 "[export]: $corpus/good-171: in-toto carries the registers of a Nitro enclave, and the manifest expects MEASUREMENT" \
		"$corpus/good-171" --to $to --key ed.key -o none
done
ok 'a signature that does not verify, and a manifest that it is not for, write nothing'

echo 'version: 1' >trust.yml
cat >ways <<'END'
check blindbox.eif --trust trust.yml --manifest
manifest show
manifest export --to json
manifest bundle -o none
sign manifest --signer a --key ed.key -o none
sign eif --cert P-256.pem --key P-256.key -o none
manifest make --product a --version 1 -o none
eif
END
for file in ed.json sigstore.json unsigned.json; do
	while read -r line; do
		# shellcheck disable=SC2086 # words
		run $line $file
		expect_status 3
		expect_stdout ''
		expect_no_file none
	done <ways
done
ok 'an envelope or a bundle is neither manifest nor image'

plan done
