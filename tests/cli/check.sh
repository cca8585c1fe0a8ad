#!/bin/sh
# `measure sign manifest`, `manifest bundle`, `check`: from an image to a yes that names its signers
. "${0%/*}/../lib.sh"

need openssl

printf 'kernel' >kernel
printf 'first ramdisk' >rd0
printf 'second ramdisk' >rd1
build() { "$MEASURE" build eif -q --kernel kernel --cmdline 'console=ttyS0' --ramdisk rd0 --ramdisk "$1" -o "$2"; }
build rd1 image.eif
printf 'another ramdisk' >rd2
build rd2 other.eif

for name in alice bob carol; do
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
openssl genpkey -algorithm ED25519 -out dora.key 2>/dev/null
openssl pkey -in dora.key -pubout -out dora.pub

cat >trust.yml <<END
version: 1
keys:
END
for name in alice bob carol; do
	id=$(openssl pkey -pubin -in $name.pub -outform DER | sha256sum | cut -d' ' -f1)
	spki=$(openssl pkey -pubin -in $name.pub -outform DER | base64 -w0)
	cat >>trust.yml <<END
  - name: $name
    id: "$id"
    spki: "$spki"
    roles: [publisher]
END
done
cat >>trust.yml <<END
roles:
  publisher:
    threshold: 2
END

run manifest make image.eif --product example.org/blindbox --version 1.2.3 -q -o plain.corim
expect_status 0
ok 'a manifest is made'

sign() {
	run sign manifest plain.corim --signer "$1" --key "$1.key" -q -o "$1.corim" "$2" "$3"
	expect_status 0
	expect_stderr ''
}
sign alice --expires 2100-01-01T00:00:00Z
sign bob --expires 2100-01-01T00:00:00Z
sign dora --expires 2100-01-01T00:00:00Z
ok 'EC and Ed25519 keys sign'

# RFC 9052 by hand: the Sig_structure is context, protected header, no external data, payload.
python3 - alice.corim <<'END'
import sys
d = open(sys.argv[1], 'rb').read()
assert d[:2] == b'\xd2\x84', d[:2]
def bstr(p):
    h, n = d[p], d[p] & 31
    assert h >> 5 == 2
    w = {24: 1, 25: 2, 26: 4}.get(n, 0)
    n = int.from_bytes(d[p + 1:p + 1 + w], 'big') if w else n
    return d[p:p + 1 + w + n], d[p + 1 + w:p + 1 + w + n], p + 1 + w + n
prot, _, p = bstr(2)
assert d[p] == 0xa0
payload, plain, p = bstr(p + 1)
_, sig, p = bstr(p)
assert p == len(d)
assert plain == open('plain.corim', 'rb').read()
open('tbs', 'wb').write(b'\x84\x6aSignature1' + prot + b'\x40' + payload)
def integer(x):
    x = x.lstrip(b'\0') or b'\0'
    x = (b'\0' if x[0] & 128 else b'') + x
    return b'\x02' + bytes([len(x)]) + x
rs = integer(sig[:48]) + integer(sig[48:])
open('sig.der', 'wb').write(b'\x30' + bytes([len(rs)]) + rs)
END
expect openssl dgst -sha384 -verify alice.pub -signature sig.der tbs
ok 'openssl alone verifies what was signed'

run check image.eif --manifest alice.corim --manifest bob.corim --trust trust.yml
expect_status 0
expect_stderr ''
expect_stdout_has 'PASS'
expect_stdout_has 'signed by  alice  sha256:'
expect_stdout_has 'signed by  bob  sha256:'
expect_stdout_has 'not proven: that this image runs anywhere'
expect test "$(grep -c 'not checked here' "$STDOUT")" = 0
expect_stdout_has 'is good, or that no later release replaces it
            that nobody withdrew it: who hands out a manifest can leave that out'
expect_stdout_has 'that it was built from its source: all origins are asserted'
ok 'two of three publishers make a yes'

run check image.eif --manifest alice.corim --manifest bob.corim --trust trust.yml --json
expect_status 0
expect_json 'j["ok"] and [c["result"] for c in j["checks"]].count("fail") == 0'
expect_json '[c["id"] for c in j["checks"]] == ["signature", "signature", "threshold", "code", "code", "code", "section", "file"]'
expect_json '[s["name"] for s in j["signers"]] == ["alice", "bob"] and "signed" not in j'
ok 'all checks are listed, and who signed'

run check image.eif --manifest alice.corim --trust trust.yml
expect_status 4
expect_stderr_has 'measure: error[threshold]: image.eif: threshold: 1 trusted key signed, 2 must'
expect test "$(tail -n 1 "$STDOUT")" = UNDECIDED
ok 'one of two is undecided'

cp alice.corim twice.corim
run check image.eif --manifest alice.corim --manifest twice.corim --trust trust.yml
expect_status 4
expect_stderr_has 'measure: error[threshold]: image.eif: threshold: 1 trusted key signed, 2 must'
ok 'a key counts once'

run check image.eif --manifest alice.corim --manifest dora.corim --trust trust.yml
expect_status 4
expect_stderr_has 'error[threshold]'
ok 'a key that the trust file does not name counts for nothing'

run check image.eif --manifest plain.corim --trust trust.yml
expect_status 4
expect_stderr_has 'measure: error[threshold]: image.eif: threshold: 0 trusted keys signed, 2 must'
ok 'a manifest that nobody signed proves nothing'

run check other.eif --manifest alice.corim --manifest bob.corim --trust trust.yml
expect_status 1
expect_stderr_has 'measure: error[measurement]: other.eif: code: PCR0 is another one than the manifest'
expect test "$(head -n 1 "$STDOUT")" = 'PCR0 and PCR2 differ, through ramdisk1'
expect_stdout_has "fail  code              PCR0 is another one than the manifest's"
expect_stdout_has "      expected          $("$MEASURE" eif image.eif | sed -n 's/^PCR0  //p')"
expect_stdout_has "      found             $("$MEASURE" eif other.eif | sed -n 's/^PCR0  //p')"
expect_stdout_has "fail  section           ramdisk1 differs from the manifest's"
expect_stdout_has 'the unsigned image as a file is another one'
expect test "$(tail -n 1 "$STDOUT")" = FAIL
ok 'another image is refused, with both values and the part that differs'

run check other.eif --manifest alice.corim --manifest bob.corim --trust trust.yml --json
expect_status 1
expect_json 'not j["ok"] and [c["detail"] for c in j["checks"] if c["id"] == "section" and c["result"] == "fail"] == ["ramdisk1 differs from the manifest\x27s"]'
expect_json 'j["headline"] == "PCR0 and PCR2 differ, through ramdisk1"'
ok 'the part that differs is named'

run manifest bundle bob.corim alice.corim -o ab.bundle
expect_status 0
run manifest bundle alice.corim bob.corim alice.corim -o ba.bundle
expect_status 0
expect_same ab.bundle ba.bundle
run check image.eif --manifest ab.bundle --trust trust.yml -q
expect_status 0
expect_stdout ''
ok 'a bundle is the same whatever the order, and serves as the files do'

run sign manifest plain.corim --signer alice --key alice.key -q --expires 2001-01-01T00:00:00Z -o old.corim
expect_status 0
run check image.eif --manifest old.corim --manifest bob.corim --trust trust.yml
expect_status 1
expect_stderr_has 'measure: error[expired]: image.eif: signature: alice: '
ok 'an expired signature does not count'

run check image.eif --manifest old.corim --manifest bob.corim --trust trust.yml --at 2000-06-01T00:00:00Z -q
expect_status 0
run check image.eif --manifest old.corim --manifest bob.corim --trust trust.yml --at none
expect_status 0
expect_stdout_has 'that the signatures are still valid: --at none was given'
ok 'the time to judge by can be chosen, and not to judge is said'

# What Alice signed is no bytes at all: that is no signature over what Bob signed.
python3 - alice.corim <<'END'
import sys
d = open(sys.argv[1], 'rb').read()
n = d[3] if d[2] == 0x58 else int.from_bytes(d[3:5], 'big')
protected = d[2:(4 if d[2] == 0x58 else 5) + n]
open('protected', 'wb').write(protected)
open('nothing.tbs', 'wb').write(b'\x84\x6aSignature1' + protected + b'\x40\x40')
END
expect openssl dgst -sha384 -sign alice.key -out nothing.sig nothing.tbs
python3 - <<'END'
d = open('nothing.sig', 'rb').read()
r, s = d[4:4 + d[3]], d[6 + d[3]:]
raw = b''.join(int.from_bytes(x, 'big').to_bytes(48, 'big') for x in (r, s))
protected = open('protected', 'rb').read()
open('nothing.corim', 'wb').write(b'\xd2\x84' + protected + b'\xa0\x40\x58\x60' + raw)
END
run check image.eif --manifest nothing.corim --manifest bob.corim --trust trust.yml
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[manifests-differ]: bob.corim: the payload is another one than that of the file before'
run check image.eif --manifest nothing.corim --trust trust.yml
expect_status 3
expect_stderr_has 'measure: error[truncated]: nothing.corim: '
ok 'a signature over an empty payload counts for no other'

# valid BYTES: as another maker writes it, with a validity (key 4) in the payload
valid() {
	{
		printf '\331\001\365\243'
		tail -c +5 plain.corim
		printf '%b' "$1"
	} >valid.corim
	for name in alice bob; do
		run sign manifest valid.corim --signer $name --key $name.key -q -o valid-$name.corim
		expect_status 0
	done
}
check_valid() {
	run check image.eif --manifest valid-alice.corim --manifest valid-bob.corim --trust trust.yml "$@"
}
valid '\04\0241\01\0301\032\0\017\0102\0100'
check_valid
expect_status 1
expect_stderr 'measure: error[expired]: image.eif: validity: the manifest is valid until 1970-01-12T13:46:40Z'
check_valid --at 1970-01-12T13:46:40Z -q
expect_status 0
check_valid --at none -q
expect_status 0
valid '\04\0242\00\0301\033\0\0\0\01\0\0\0\0\01\0301\033\0\0\0\02\0\0\0\0'
check_valid --json
expect_status 1
expect_json '[(c["reason"], c["detail"], c["expected"]) for c in j["checks"] if c["id"] == "validity"] == [
	("not-yet-valid", "the manifest is valid only from 2106-02-07T06:28:16Z", "2106-02-07T06:28:16Z")]'
check_valid --at 2107-01-01T00:00:00Z
expect_status 0
expect_stdout_has 'pass  validity          the manifest is valid until 2242-03-16T12:56:32Z'
ok 'the validity that a manifest itself names is judged'

# The CoSWID (tag 505, a byte string) with its artefact (17) alone, without the sections (16) in front.
python3 - plain.corim bare.corim <<'END'
import sys
d = open(sys.argv[1], 'rb').read()
at = d.index(b'\xd9\x01\xf9\x59')
head, inner = d[:at + 4], d[at + 6:]
assert len(inner) == int.from_bytes(d[at + 4:at + 6], 'big')
first, last = inner.index(b'\x06\xa2\x10'), inner.rindex(b'\x11\xa4\x07')
inner = inner[:first] + b'\x06\xa1' + inner[last:]
open(sys.argv[2], 'wb').write(head[:-1] + (b'\x59' + len(inner).to_bytes(2, 'big') if len(inner) > 255 else b'\x58' + bytes([len(inner)])) + inner)
END
for name in alice bob; do
	run sign manifest bare.corim --signer $name --key $name.key -q -o bare-$name.corim
	expect_status 0
done
run check image.eif --manifest bare-alice.corim --manifest bare-bob.corim --trust trust.yml
expect_status 0
expect_stdout_has 'warn  section           the manifest names no parts: where one ends was not
                        compared'
ok 'a manifest that names no parts gets a warning'

run sign manifest plain.corim --signer alice --public-key alice.pub --tbs-out a.tbs --expires 2100-01-01T00:00:00Z
expect_status 0
openssl dgst -sha384 -sign alice.key -out a.sig a.tbs
run sign manifest plain.corim --signer alice --public-key alice.pub --attach a.sig --expires 2100-01-01T00:00:00Z -o attached.corim
expect_status 0
run check image.eif --manifest attached.corim --manifest bob.corim --trust trust.yml -q
expect_status 0
cp alice.corim kept.corim
run sign manifest kept.corim --signer bob --key bob.key -o kept.corim
expect_status 2
expect_stderr_has "measure: error[usage]: kept.corim: would be replaced, and it is the input 'kept.corim'"
expect_same kept.corim alice.corim
ok 'a signature that was made elsewhere is attached, and none that is there is lost'

run sign manifest plain.corim --signer bob --public-key bob.pub --attach a.sig -o wrong.corim
expect_status 1
expect_stderr_has 'measure: error[signature]: '
expect_no_file wrong.corim
ok 'a signature of another key writes nothing'

# shellcheck disable=SC2016
run sign manifest plain.corim --signer alice --public-key alice.pub --sign-with 'openssl dgst -sha384 -sign alice.key' -o with.corim
expect_status 0
run check image.eif --manifest with.corim --manifest bob.corim --trust trust.yml -q
expect_status 0
ok 'a command signs'

printf 'secret\n' >pass
openssl pkey -in alice.key -aes256 -passout file:pass -out locked.key
run sign manifest plain.corim --signer alice --key locked.key -o locked.corim
expect_status 4
expect_stderr_has 'measure: error[passphrase]: locked.key: the private key is encrypted and no passphrase is given'
expect_stderr_has 'measure: hint: name a file that holds it: --passphrase-file FILE'
run sign manifest plain.corim --signer alice --key locked.key --passphrase-file pass -q -o locked.corim
expect_status 0
printf 'wrong\n' >pass2
run sign manifest plain.corim --signer alice --key locked.key --passphrase-file pass2 -o no.corim
expect_status 3
expect_stderr_has 'measure: error[key]: locked.key: the passphrase does not open the private key'
expect_no_file no.corim
ok 'an encrypted key needs its passphrase'

run check image.eif --manifest alice.corim --manifest bob.corim --trust trust.yml \
	--product example.org/blindbox --version 1.2.3
expect_status 0
expect_stdout_has 'the manifest is of product example.org/blindbox'
run check image.eif --manifest alice.corim --manifest bob.corim --trust trust.yml \
	--product example.org/other
expect_status 1
expect_stderr 'measure: error[other-release]: image.eif: release: the manifest is of product example.org/blindbox, and example.org/other was asked for'
run check image.eif --manifest alice.corim --manifest bob.corim --trust trust.yml --version 1.2.4
expect_status 1
expect_stderr 'measure: error[other-release]: image.eif: release: the manifest is of version 1.2.3, and 1.2.4 was asked for'
ok 'a manifest of another release than is meant is a no'

run check image.eif --manifest alice.corim --trust nowhere.yml
expect_status 4
expect_stderr_has 'error[no-trust]'
ok 'without trust nothing is decided'

run check image.eif --trust trust.yml
expect_status 2
expect_stderr_has "option '--manifest' is missing"
run check alice.corim --manifest alice.corim --manifest bob.corim --trust trust.yml
expect_status 3
expect_stderr_has 'measure: error[magic]: alice.corim: '
run check image.eif --manifest image.eif --trust trust.yml
expect_status 3
ok 'the wrong kind of file is refused in every place'

plan done
