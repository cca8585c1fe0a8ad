#!/bin/sh
# `measure manifest make|show|lint`: from an image to a manifest, in words, and what is wrong with one
# shellcheck disable=SC2016,SC2317 # backquotes in messages are text; expect calls functions
. "${0%/*}/../lib.sh"

head -c 4096 /dev/zero | tr '\0' k >kernel
head -c 3000 /dev/zero | tr '\0' r >ramdisk0
head -c 2000 /dev/zero | tr '\0' s >ramdisk1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout key.pem -out cert.pem \
	-subj /CN=test -days 3650 2>/dev/null
run build eif --arch aarch64 --kernel kernel --cmdline 'console=ttyS0' --ramdisk ramdisk0 \
	--ramdisk ramdisk1 -o image.eif
expect_status 0
run sign eif image.eif --cert cert.pem --key key.pem -o signed.eif
expect_status 0
run eif image.eif
cp "$STDOUT" registers
ok 'there are an image and a signed one'

run manifest make image.eif --product example.org/blindbox --version 1.2.3 -o one.corim
expect_status 0
expect_stdout @registers
expect_stderr 'measure: all origins are asserted: without a build record nobody can reproduce this manifest from source'
expect test "$(wc -c <one.corim)" -le 1000
run manifest make image.eif --product example.org/blindbox --version 1.2.3 -o json.corim --json
expect_json 'j["kind"] == "manifest-make" and j["id"] == "example.org/blindbox/1.2.3"'
expect_json 'j["size"] == len(open("one.corim", "rb").read()) and list(j["measurements"]) == ["PCR0", "PCR1", "PCR2"]'
cp image.eif kept.eif
run manifest make kept.eif --product example.org/blindbox --version 1.2.3 -o kept.eif
expect_status 2
expect_stdout ''
expect_stderr_has "measure: error[usage]: kept.eif: would be replaced, and it is the input 'kept.eif'"
expect_same kept.eif image.eif
run manifest make image.eif --product example.org/blindbox --version 1.2.3 --certificate cert.pem -o cert.pem
expect_status 2
ok 'make prints the registers and writes the manifest, in the place of no input'

mkdir -p 'another folder'
cp signed.eif 'another folder/x'
(
	cd 'another folder' || exit
	HOME=/nowhere USER=somebody SOURCE_DATE_EPOCH=1700000000 TZ=Pacific/Auckland "$MEASURE" \
		manifest make x -q --product example.org/blindbox --version 1.2.3 -o ../two.corim \
		>/dev/null
)
expect_same one.corim two.corim
ok 'paths, names, times and a signature make no difference'

sha256() { sha256sum <"$1" | cut -d ' ' -f 1; }
run manifest show one.corim
expect_status 0
expect_stderr ''
{
	cat registers
	cat <<END
Manifest    example.org/blindbox/1.2.3
Form        base CoRIM, as this program writes it
Signed      no
Product     example.org/blindbox
Version     1.2.3
Vendor      example.org
Machine     aarch64
Artefact    blindbox.eif, $(wc -c <image.eif) bytes, asserted
  sha256  $(sha256 image.eif)
Part        kernel, 4096 bytes, asserted
  sha256  $(sha256 kernel)
Part        cmdline, 13 bytes, asserted
  sha256  $(printf 'console=ttyS0' | sha256sum | cut -d ' ' -f 1)
Part        ramdisk0, 3000 bytes, asserted
  sha256  $(sha256 ramdisk0)
Part        ramdisk1, 2000 bytes, asserted
  sha256  $(sha256 ramdisk1)
END
} >shown
expect_stdout @shown
expect test "$(grep -v '^PCR' shown | awk 'length > 80' | wc -l)" -eq 0
run manifest show one.corim --json
expect_json 'j["ours"] is True and j["signed"] is False and j["artefact"]["name"] == "blindbox.eif"'
expect_json '[c["name"] for c in j["components"]] == ["kernel", "cmdline", "ramdisk0", "ramdisk1"]'
expect_json 'j["environments"][0]["values"][0]["sha384"] == j["measurements"]["PCR0"]'
run manifest lint one.corim
expect_status 0
expect_stdout 'no findings'
expect_stderr ''
run manifest lint one.corim --json
expect_json 'j["ok"] is True and j["errors"] == 0 and j["findings"] == []'
ok 'show tells all that the manifest says, lint finds nothing'

run manifest show one.corim --diag
expect_status 0
expect_stdout_has '501({'
expect_stdout_has '    506(<<{'
expect_stdout_has '1: "aws.amazon.com/nitro-enclaves",'
ok 'show --diag prints diagnostic notation'

# record COMPONENTS [MORE]
record()
{
	digest=sha256:$(printf x | sha256sum | cut -d ' ' -f 1)
	cat <<END
{"schema": "measure-build/1", "product": "example.org/blindbox", "version": "1.2.3",
 "vendor": "Example", "artefact": "blindbox.eif", "origin": "source",
 "source": {"commit": "0123456789abcdef0123456789abcdef01234567"}, "recipe": "$digest",
 "inputs": "$digest", "components": {$1}${2:-}}
END
}
all='"kernel": "pinned", "cmdline": "source", "ramdisk0": "pinned", "ramdisk1": "source"'
record "$all" >record.json
run manifest make image.eif --record record.json -o recorded.corim
expect_status 0
expect_stderr ''
run manifest show recorded.corim
expect_stdout_has 'Source      0123456789abcdef0123456789abcdef01234567'
expect_stdout_has 'Part        ramdisk0, 3000 bytes, pinned'
expect_stdout_has 'Vendor      Example'
certificate=$(openssl x509 -in cert.pem -outform DER | sha256sum | cut -d ' ' -f 1)
record "$all" ", \"certificate\": \"sha256:$certificate\"" >certified.json
run manifest make signed.eif --record certified.json -o certified.corim
expect_status 0
expect_stdout_has 'PCR8  '
run manifest make image.eif --record certified.json --certificate cert.pem -o certified2.corim
expect_same certified.corim certified2.corim
ok 'a build record says where things come from, and whether PCR8 is part of it'

record '"kernel": "pinned"' >short.json
run manifest make image.eif --record short.json -o none.corim
expect_status 3
expect_stdout ''
expect_stderr 'measure: error[build-record]: short.json: the build record names no origin of cmdline'
record "$all" ', "host": "h"' >unknown.json
run manifest make image.eif --record unknown.json -o none.corim
expect_status 3
expect_stderr_has 'measure: error[build-record]: unknown.json: "host" is no key of measure-build/1'
run manifest make image.eif --record record.json --product other -o none.corim
expect_status 2
expect_stderr_has 'measure: error[usage]: --product is "other" and the build record has "example.org/blindbox"'
run manifest make image.eif --version 1 -o none.corim
expect_status 2
expect_stderr_has 'measure: error[usage]: --product or --record is needed'
run manifest make image.eif --product a --version 1
expect_status 2
expect_stderr_has 'measure: error[usage]: '
run manifest make image.eif --product a --version ../1 -o none.corim
expect_status 2
expect_stderr_has 'measure: error[usage]: the version "../1" is not one component of a path'
run manifest make kernel --product a --version 1 -o none.corim
expect_status 3
expect_stderr_has 'measure: error[magic]: kernel: '
run manifest make missing --product a --version 1 -o none.corim
expect_status 5
expect_stderr_has 'measure: error[no-such-file]: missing: '
cp signed.eif broken.eif
put_at broken.eif 700 00
run manifest make broken.eif --product a --version 1 -o none.corim
expect_status 3
run manifest make signed.eif --product a --version 1 --certificate key.pem -o none.corim
expect_status 3
expect_stderr_has 'measure: error[certificate]: key.pem: '
expect_no_file none.corim
ok 'what cannot be said is refused, and nothing is written'

# change FILE HEX HEX: the first occurrence of bytes in one.corim by others, into FILE
change()
{
	perl -e '
		my ($out, $from, $to) = @ARGV;
		local $/;
		open(my $f, "<:raw", "one.corim");
		my $x = <$f>;
		my $at = index($x, pack("H*", $from));
		exit 1 if $at < 0;
		substr($x, $at, length($from) / 2) = pack("H*", $to);
		open(my $g, ">:raw", $out);
		print $g $x;
	' "$@"
}
run sign manifest one.corim --signer test --key key.pem -o statement.corim
expect_status 0
run manifest bundle one.corim statement.corim -o one.bundle
expect_status 0
run manifest show statement.corim
cp "$STDOUT" signed.shown
run manifest show one.bundle
expect_status 0
expect_stdout @signed.shown
expect_stdout_has 'Signed      yes; the signature is not checked here'
expect_stdout_has '            claimed by test'
run manifest show one.bundle --json
expect_json 'j["signed"] and [s["signer"] for s in j["claimed_signers"]] == ["test"] and len(j["claimed_signers"][0]["key"]) == 64'
run manifest lint one.bundle
expect_status 0
expect_stdout 'no findings'
run sign manifest one.bundle --signer test --key key.pem -o again.corim
expect_status 0
run manifest bundle again.corim -o again.bundle
run manifest show again.bundle
expect_stdout @signed.shown
run manifest bundle one.corim -o bare.bundle
run manifest show bare.bundle
expect_stdout @shown
head -c 900 one.bundle >cut.bundle
run manifest show cut.bundle
expect_status 3
expect_stderr_has 'measure: error[truncated]: cut.bundle: '
perl -pe 's/bundle:1/bundle:2/' one.bundle >other.bundle
run manifest show other.bundle
expect_status 3
expect_stderr_has 'measure: error[bundle]: other.bundle: the collection'"'"'s type is "urn:x-measure:bundle:2" and must be "urn:x-measure:bundle:1"'
run manifest bundle -o none.bundle
expect_status 2
expect_stderr_has 'measure: error[usage]: no FILE is given, and at least one is needed'
expect_no_file none.bundle
ok 'a bundle stands wherever a manifest does'

pcr0=$(sed -n 's/^PCR0  //p' registers)
zero=$(printf '%096d' 0)
expect change zero.corim "$pcr0" "$zero"
run manifest show zero.corim
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[corim]: zero.corim: tag 0, reference 0, PCR0: the digest is all zero'
run manifest lint zero.corim
expect_status 3
expect_stdout - <<'END'
error    [zero-measurement] tag 0, reference 0, PCR0: the digest is all zero
warning  [not-ours] not byte for byte what this program writes
1 error, 1 warning
END
expect_stderr_has 'measure: error[corim]: zero.corim: tag 0, reference 0, PCR0: the digest is all zero'
run manifest lint zero.corim --json
expect_status 3
expect_json 'j["ok"] is False and j["errors"] == 1 and j["findings"][0]["rule"] == "zero-measurement"'
ok 'a zero register is refused'

# PCR1 as pcr1
expect change name.corim 6450435231 6470637231
run manifest lint name.corim
expect_status 3
expect_stdout_has 'error    [register] reference 0, pcr1: no register has this name; they are PCR0'
expect_stdout_has 'error    [register-missing] reference 0: PCR1 is missing'
expect_stderr_has 'the first of 2 errors'
run manifest show name.corim
expect_status 3
expect_stderr_has 'measure: hint: `measure manifest lint` lists all 2 errors'
ok 'lint tells all errors, show refuses at the first'

unhex d901f5a300617001800318 >cut.corim
run manifest lint cut.corim
expect_status 3
expect_stdout_has 'error    [form] '
run manifest lint image.eif
expect_status 3
expect_stderr_has 'measure: error[corim]: image.eif: the first byte is 0x2e, which begins neither a manifest nor a bundle'
run manifest show registers
expect_status 3
: >empty
run manifest show empty
expect_status 3
expect_stderr 'measure: error[corim]: empty: the file is empty, so it is no manifest'
run manifest show missing
expect_status 5
run manifest show missing --diag
expect_status 5
run manifest show image.eif --diag
expect_status 3
expect_stdout ''
unhex d901f5a3006170018003d8206b7461673a6578616d706c65 >profile.corim
run manifest show profile.corim
expect_status 3
expect_stderr_has 'measure: error[profile]: profile.corim: the profile "tag:example" is not known'
ok 'what is no manifest, or of an unknown profile, is refused'

run manifest
expect_status 2
expect_stderr_has "measure: error[usage]: 'manifest' needs a second word: make, show, lint"
run manifest shwo x
expect_status 2
expect_stderr_has "did you mean 'measure manifest show'?"
ok 'the family asks for a second word'

plan done
