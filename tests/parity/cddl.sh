#!/bin/sh
# Payloads against CDDL by another program than ours, the tool `cddl`: our own schema, and with
# CORIM_CDDL the draft's
# shellcheck disable=SC2317 # expect calls functions
. "${0%/*}/../lib.sh"
need cddl

# judged SCHEMA FILE: the tool's own status is 0 whatever it finds
judged() { timeout 60 cddl validate --cddl "$1" --cbor "$2" 2>&1 | grep -qF 'is successful'; }

# schema FILE NAME
schema()
{
	for payload in plain.corim full.corim; do expect judged "$1" $payload; done
	ok "$2 takes our payloads"
	for payload in short.corim key.corim; do
		run_command judged "$1" $payload
		expect_status 1
	done
	ok "$2 refuses a digest of 47 bytes, and a key that nobody has defined"
}

printf kernel >kernel
printf ramdisk >ramdisk
digest=sha256:$(sha256sum <kernel | cut -d ' ' -f 1)
cat >record.json <<END
{"schema": "measure-build/1", "product": "example.org/blindbox", "version": "1.2.3",
 "vendor": "Example", "artefact": "blindbox.eif", "origin": "source",
 "source": {"commit": "0123456789abcdef0123456789abcdef01234567", "digest": "$digest"},
 "recipe": "$digest", "inputs": "$digest",
 "components": {"kernel": "pinned", "cmdline": "source", "ramdisk0": "endorsed"}}
END
expect "$MEASURE" build eif -q --kernel kernel --cmdline c --ramdisk ramdisk -o image.eif
expect "$MEASURE" manifest make image.eif -q --product example.org/blindbox --version 1.2.3 -o plain.corim
expect "$MEASURE" manifest make image.eif -q --record record.json -o full.corim
# the length of PCR0 alone, so that the next byte is taken for another element; the key of the tags
perl -0777 -pe 's/(PCR0\x01\xa1\x02\x81\x82\x07\x58)\x30/$1\x2f/' plain.corim >short.corim
perl -0777 -pe 's/(example.org.blindbox.1.2.3)\x01/$1\x07/' plain.corim >key.corim
expect test "$(cmp -l plain.corim short.corim | wc -l)" -eq 1
expect test "$(cmp -l plain.corim key.corim | wc -l)" -eq 1
ok 'there are payloads, and broken ones'

schema "$ROOT/reference-db/formats/manifest.cddl" 'our CDDL'
if [ -n "${CORIM_CDDL:-}" ]; then
	schema "$CORIM_CDDL" "the draft's CDDL"
else
	skip "the draft's CDDL takes our payloads" 'CORIM_CDDL is not given'
fi
plan done
