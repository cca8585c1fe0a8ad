#!/bin/sh
# `measure manifest export`: a manifest in the forms that other programs read
# shellcheck disable=SC2016 # backquotes in messages are text
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

for format in text json; do
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

run manifest export one.corim
expect_status 2
expect_stderr_has "measure: error[usage]: option '--to' is missing"
run manifest export one.corim --to tex
expect_status 2
expect_stderr_has "did you mean '--to=text'?"
run manifest export blindbox.eif --to text
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[cbor]: blindbox.eif: '
ok 'the format must be named, and the file a manifest'

plan done
