#!/bin/sh
# `measure manifest export`: a manifest in the forms that other programs read
# shellcheck disable=SC2016,SC2317 # backquotes in messages are text; expect calls functions
. "${0%/*}/../lib.sh"

head -c 4096 /dev/zero | tr '\0' k >kernel
head -c 3000 /dev/zero | tr '\0' r >ramdisk0
run build eif --kernel kernel --cmdline 'console=ttyS0' --ramdisk ramdisk0 -o blindbox.eif
expect_status 0
run manifest make blindbox.eif --product example.org/blindbox --version 1.2.3 -o one.corim
expect_status 0
openssl ecparam -name prime256v1 -genkey -noout -out key.pem
run sign manifest one.corim --signer test --key key.pem -o signed.corim
expect_status 0
run manifest bundle one.corim signed.corim -o one.bundle
expect_status 0
sha256() { sha256sum <"$1" | cut -d ' ' -f 1; }
run eif blindbox.eif
sed -n 's/^\(PCR[0-9]\)  \(.*\)/\2  \1/p' "$STDOUT" >expected
{
	echo "$(sha256 blindbox.eif)  blindbox.eif"
	echo "$(sha256 kernel)  kernel"
	echo "$(printf 'console=ttyS0' | sha256sum | cut -d ' ' -f 1)  cmdline"
	echo "$(sha256 ramdisk0)  ramdisk0"
} >>expected

for file in one.corim signed.corim one.bundle; do
	run manifest export "$file" --to text
	expect_status 0
	expect_stdout @expected
	expect_stderr ''
done
run manifest export one.corim --to text -o text
expect_status 0
expect_stdout ''
expect_same text expected
sha256sum -c --ignore-missing --quiet text 2>/dev/null || not_ok 'sha256sum reads the text'
ok 'text has a line for each digest, which sha256sum understands'

for format in text json nitro-cli kms-policy rvps rvps-corim; do
	run manifest export one.corim --to $format
	expect_status 0
	cp "$STDOUT" plain
	run manifest export one.bundle --to $format --json
	expect_json 'list(j) == ["schema", "kind", "ok", "format", "size", "text", "warnings"]'
	expect_json 'j["kind"] == "manifest-export" and j["text"] == open("plain").read()'
	run manifest export signed.corim --to $format -o written --json
	expect_json 'j["size"] == len(j.get("text", open("written").read())) and "text" not in j'
	expect_same plain written
done
ok 'signed, bundled, in JSON or in a file: the export is the same'

pcr() { sed -n "s/  PCR$1\$//p" expected; }
run manifest export one.corim --to nitro-cli
expect_status 0
expect_stdout - <<END
{
  "Measurements": {
    "HashAlgorithm": "Sha384 { ... }",
    "PCR0": "$(pcr 0)",
    "PCR1": "$(pcr 1)",
    "PCR2": "$(pcr 2)"
  }
}
END
cp "$STDOUT" nitro
run eif blindbox.eif --json=nitro-cli --nitro-cli-release 1.4
expect_json 'j["Measurements"] == json.load(open("nitro"))["Measurements"]'
run manifest export one.corim --to kms-policy
expect_status 0
expect_stdout - <<END
{
  "Condition": {
    "StringEqualsIgnoreCase": {
      "kms:RecipientAttestation:ImageSha384": "$(pcr 0)",
      "kms:RecipientAttestation:PCR0": "$(pcr 0)",
      "kms:RecipientAttestation:PCR1": "$(pcr 1)",
      "kms:RecipientAttestation:PCR2": "$(pcr 2)"
    }
  }
}
END
openssl req -x509 -key key.pem -out cert.pem -subj /CN=test -days 3650 2>/dev/null
run manifest make blindbox.eif --product example.org/blindbox --version 1.2.3 --certificate cert.pem \
	-o certified.corim
expect_status 0
pcr8=$(sed -n 's/^PCR8  //p' "$STDOUT")
for format in nitro-cli kms-policy text; do
	run manifest export certified.corim --to $format
	expect_stdout_has "$pcr8"
	expect_stdout_has PCR8
done
ok 'nitro-cli and kms-policy have the registers, PCR8 where it is released'

# name PCR: by which trustee's CoRIM extractor knows it
name() { printf 'aws.amazon.com/nitro-enclaves/example.org/blindbox/PCR%s/digests' "$1"; }
printf '{"%s":["%s"],"%s":["%s"],"%s":["%s"]}' "$(name 0)" "$(pcr 0)" "$(name 1)" "$(pcr 1)" \
	"$(name 2)" "$(pcr 2)" >sample
for file in one.corim signed.corim; do
	run manifest export "$file" --to rvps
	expect_status 0
	expect_stdout - <<END
{
  "version": "0.1.0",
  "type": "sample",
  "payload": "$(base64 -w 0 sample)"
}
END
	run manifest export "$file" --to rvps-corim
	expect_status 0
	expect_stdout - <<END
{
  "version": "0.1.0",
  "type": "corim",
  "payload": "$(base64 -w 0 one.corim)"
}
END
done
ok 'messages for RVPS hold the values, or the manifest without its signature'

run manifest export one.corim --to json
expect_status 0
expect_stdout - <<END
{
  "schema": "measure-manifest/1",
  "payload": {
    "sha256": "$(sha256 one.corim)",
    "size": $(wc -c <one.corim)
  },
  "measurements": {
    "PCR0": "$(pcr 0)",
    "PCR1": "$(pcr 1)",
    "PCR2": "$(pcr 2)"
  },
  "id": "example.org/blindbox/1.2.3",
  "product": "example.org/blindbox",
  "version": "1.2.3",
  "vendor": "example.org",
  "arch": "x86_64",
  "artefact": {
    "name": "blindbox.eif",
    "size": $(wc -c <blindbox.eif),
    "sha256": "$(sha256 blindbox.eif)",
    "origin": "asserted"
  },
  "components": [
    {
      "name": "kernel",
      "size": 4096,
      "sha256": "$(sha256 kernel)",
      "origin": "asserted"
    },
    {
      "name": "cmdline",
      "size": 13,
      "sha256": "$(printf 'console=ttyS0' | sha256sum | cut -d ' ' -f 1)",
      "origin": "asserted"
    },
    {
      "name": "ramdisk0",
      "size": 3000,
      "sha256": "$(sha256 ramdisk0)",
      "origin": "asserted"
    }
  ],
  "entities": [],
  "environments": [
    {
      "kind": "reference",
      "vendor": "aws.amazon.com/nitro-enclaves",
      "model": "example.org/blindbox",
      "values": [
        {
          "name": "PCR0",
          "sha384": "$(pcr 0)"
        },
        {
          "name": "PCR1",
          "sha384": "$(pcr 1)"
        },
        {
          "name": "PCR2",
          "sha384": "$(pcr 2)"
        }
      ]
    }
  ]
}
END
ok 'json has all that the manifest says'

# the published schema takes every export of our own and of the foreign manifests of the fuzz corpus,
# and none of an export with something changed
mkdir exports
n=0
for file in one.corim certified.corim "$ROOT"/tests/fuzz/corpus/corim/*; do
	run manifest lint "$file"
	[ "$STATUS" -eq 0 ] || continue
	n=$((n + 1))
	run manifest export -q "$file" --to json -o exports/$n.json
	expect_status 0
done
expect test "$n" -ge 40
json_schema() { python3 -B "$ROOT/tests/schema/json_schema.py" "$ROOT/reference-db/formats/manifest.schema.json" "$@"; }
expect json_schema exports/*.json
cat >fault.py <<'END'
import json, sys

def value(export):
    return export["environments"][0]["values"][0]

faults = [
    lambda e: e.update(schema="measure-manifest/2"),
    lambda e: e.update(more=1),
    lambda e: e.pop("id"),
    lambda e: e["payload"].pop("size"),
    lambda e: e["measurements"].update(PCR16="1" * 96),
    lambda e: e["measurements"].pop("PCR1"),
    lambda e: e["measurements"].update(PCR0="0" * 96),
    lambda e: e["artefact"].update(sha256="A" * 64),
    lambda e: e["artefact"].update(origin="unknown"),
    lambda e: e["components"][0].update(size=-1),
    lambda e: e["components"][0].pop("name"),
    lambda e: e["entities"].append({"name": "a"}),
    lambda e: value(e).update(sha384="0" * 96),
    lambda e: value(e).update(sha384="1" * 95),
    lambda e: value(e).update(svn=1),
    lambda e: value(e).pop("sha384"),
    lambda e: value(e).pop("name"),
    lambda e: value(e).update(more=1),
    lambda e: e["environments"][0].update(kind="other"),
    lambda e: e["environments"][0].pop("values"),
]
for i, fault in enumerate(faults):
    export = json.load(open(sys.argv[1]))
    fault(export)
    json.dump(export, open(f"fault-{i}.json", "w"))
END
expect python3 -B fault.py exports/1.json
for file in fault-*.json; do
	run_command json_schema "$file"
	expect_status 1
done
expect test "$(find . -name 'fault-*.json' | wc -l)" -eq 20
ok 'the published schema takes all exports, and none with a fault'

corpus=$ROOT/tests/fuzz/corpus/corim
run manifest export "$corpus/good-171" --to nitro-cli -o none
expect_status 3
expect_stdout ''
expect_stderr "measure: error[export]: $corpus/good-171: nitro-cli carries the registers of a Nitro enclave, and the manifest expects MEASUREMENT of 1.3.6.1.4.1.3704.3.1"
run manifest export "$corpus/good-135" --to text
expect_status 0
expect_stderr "measure: warning[export-partial]: $corpus/good-135: a value without a name is not part of it"
# {1: {0: "t"}, 4: {0: [[{0: {1: "v"}}, [{0: "a", 1: {1: 1}}, {0: "b", 1: {1: 2, 2: [[1, ...]]}}]]]}}
perl -e '
	my $comid = pack("H*", "a201a100617404a1008182a100a101617682" . "a200616101a10101" .
		"a200616201a201020281820158" . "20" . "11" x 32);
	print pack("H*", "d901f5a20063702f310181d901fa58"), chr(length($comid)), $comid;
' >several.corim
run manifest export several.corim --to text
expect_status 0
expect_stderr 'measure: warning[export-partial]: several.corim: a and 1 more are not part of it'
run manifest export "$corpus/register-008" --to nitro-cli --json -o none
expect_status 3
expect_json 'j["reason"] == "export" and j["message"].endswith("nitro-cli has no place for PCR3, which the manifest expects")'
python3 - "$(pcr 1)" <<'END'
import sys
manifest = open("one.corim", "rb").read()
open("zero.corim", "wb").write(manifest.replace(bytes.fromhex(sys.argv[1]), bytes(48)))
END
for format in text json nitro-cli kms-policy rvps rvps-corim; do
	run manifest export zero.corim --to $format -o none
	expect_status 3
	expect_stdout ''
	expect_stderr_has 'measure: error[corim]: zero.corim: tag 0, reference 0, '
done
run manifest export "$corpus/debug-180" --to json -o none
expect_status 3
expect_stderr_has 'reference 0, POLICY: bit 19 of the policy allows debugging'
expect_no_file none
ok 'what a format cannot carry, and zeros, are refused, and nothing is written'

run manifest export one.corim
expect_status 2
expect_stderr_has "measure: error[usage]: option '--to' is missing"
run manifest export one.corim --to tex
expect_status 2
expect_stderr_has "did you mean '--to=text'?"
run manifest export blindbox.eif --to text
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[corim]: blindbox.eif: '
cp one.corim own.corim
run manifest export own.corim --to text -o own.corim
expect_status 2
expect_stdout ''
expect_stderr_has 'measure: error[usage]: '
expect_same one.corim own.corim
run_stdin one.corim manifest export - --to text
expect_status 0
expect_stdout @expected
run manifest export one.corim --to text -o missing/text
expect_status 5
expect_stdout ''
ok 'the format must be named, and the file a manifest'

plan done
