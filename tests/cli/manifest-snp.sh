#!/bin/sh
# From a bundle of an SEV-SNP guest to a manifest, and from that to a yes: make, sign, check, verify
# shellcheck disable=SC2016,SC2086,SC2317 # lists of options are words, backquotes in messages are text; expect calls functions
. "${0%/*}/../lib.sh"
need openssl

"$BUILD/tests/forge_ovmf" fw.fd
printf kernel >kernel
printf initrd >initrd
words='--product example.org/vm --version 1'
# said TEXT: in stdout, however its lines are folded
said() { tr -s '\n ' ' ' <"$STDOUT" | grep -qF -- "$1"; }
# bundle OUT OPTION...
bundle()
{
	out=$1
	shift
	expect "$MEASURE" build snp -q --ovmf fw.fd --kernel kernel --initrd initrd --append quiet "$@" -o "$out"
}
bundle guest --vcpus 1,4 --vcpu-type EPYC-Milan,EPYC-Milan-v1,EPYC-v4
bundle one --vcpus 4 --vcpu-type EPYC-Milan
bundle two --vcpus 2 --vcpu-type EPYC-Milan
bundle debug --vcpus 4 --vcpu-type EPYC-Milan --policy 0xb0000 --allow-debug
# digest BUNDLE N
digest() { sed -n 's/.*"measurement": "\(.*\)"/\1/p' "$1/launch.json" | sed -n "$2p"; }

run manifest make guest $words -o plain.corim
expect_status 0
expect_stdout "EPYC-Milan/EPYC-Milan-v1 x1, qemu  $(digest guest 1)
EPYC-Milan/EPYC-Milan-v1 x4, qemu  $(digest guest 2)
EPYC-v4 x1, qemu  $(digest guest 5)
EPYC-v4 x4, qemu  $(digest guest 6)"
expect_stderr 'measure: all origins are asserted: without a build record nobody can reproduce this manifest from source'
(cd guest && HOME=/nowhere TZ=Pacific/Auckland "$MEASURE" manifest make -q launch.json $words -o ../again.corim)
expect_same plain.corim again.corim
run manifest make guest $words -o json.corim --json
expect_json '[r["label"] for r in j["rows"]][2:] == ["EPYC-v4 x1, qemu", "EPYC-v4 x4, qemu"]'
ok 'a manifest has a row for each launch digest; types that have one share it'

run manifest lint plain.corim
expect_status 0
expect_stdout 'no findings'
run manifest show plain.corim
sha256() { sha256sum <"$1" | cut -d ' ' -f 1; }
{
	cat <<END
Manifest    example.org/vm/1
Form        tag:amd.com,2025:snp-corim-profile
Signed      no
Product     example.org/vm
Version     1
Vendor      example.org
Machine     x86_64
END
	for part in firmware kernel initrd cmdline; do
		file=guest/$part
		[ $part != firmware ] || file=fw.fd
		printf 'Part        %s, %s bytes, asserted\n' $part "$(wc -c <$file)"
		printf '  sha256  %s\n' "$(sha256 $file)"
	done
	for n in 1 2 5 6; do
		case $n in
		[12]) printf 'Expected of an AMD SEV-SNP guest: EPYC-Milan/EPYC-Milan-v1 x%s, qemu\n' $((3 * n - 2)) ;;
		*) printf 'Expected of an AMD SEV-SNP guest: EPYC-v4 x%s, qemu\n' $((3 * n - 14)) ;;
		esac
		printf '  POLICY  0000030000000000 in the bits ffffffffffffffff\n'
		printf '  MEASUREMENT  %s\n' "$(digest guest $n)"
	done
} >shown
expect_stdout @shown
run manifest show plain.corim --json
expect_json 'j["ours"] is True and "artefact" not in j and len(j["environments"]) == 4'
expect_json 'all(r["instance"] == r["values"][1]["sha384"] for r in j["environments"])'
ok 'show tells all of it, lint finds nothing'

run manifest export plain.corim --to rvps
expect_status 0
expect_stderr 'measure: warning[export-partial]: plain.corim: POLICY and 3 more are not part of it'
python3 -c 'import base64, json, sys
j = json.loads(base64.b64decode(json.load(open(sys.argv[1]))["payload"]))
print(*j["snp_launch_measurement"], sep="\n")' "$STDOUT" >exported
for n in 1 2 5 6; do digest guest $n; done | sort >digests
expect diff digests exported
run manifest export plain.corim --to text
expect_stdout_has "$(digest guest 6)  MEASUREMENT  EPYC-v4 x4, qemu"
run manifest export plain.corim --to json
expect_json '[c["name"] for c in j["components"]] == ["firmware", "kernel", "initrd", "cmdline"]'
run manifest export plain.corim --to nitro-cli
expect_status 3
expect_stderr_has 'measure: error[export]: '
ok 'it is exported where there is a place for launch digests'

# ---- options

run manifest make one $words --profile-uri 2024 -q -o old.corim
run manifest show old.corim
expect_stdout_has 'Form        tag:amd.com,2024:snp-corim-profile'
expect_stdout_has '  POLICY  0000030000000000'
run manifest make one $words --policy-mask 0xe0000 -q -o masked.corim
run manifest show masked.corim
expect_stdout_has '  POLICY  0000030000000000 in the bits 00000e0000000000'
# refused STATUS MESSAGE ARGUMENT...
refused()
{
	status=$1 message=$2
	shift 2
	run manifest make $words -o none.corim "$@"
	expect_status "$status"
	expect_stdout ''
	expect_stderr_has "measure: error[$message"
	expect_no_file none.corim
}
refused 2 'usage]: the profile of 2024 has no --policy-mask' one --profile-uri 2024 --policy-mask 1
refused 1 'debug-mode]: one: row 0: the mask of the policy leaves bit 19 open, which allows debugging' one --policy-mask 0x20000
refused 1 'debug-mode]: debug: row 0: bit 19 of the policy allows debugging' debug
refused 2 'usage]: --artefact means nothing for a bundle' one --artefact x
refused 2 "usage]: --policy-mask means nothing for 'kernel': no bundle" kernel --policy-mask 1
refused 5 'no-such-file]: absent/launch.json: ' absent/launch.json
refused 3 'magic]: fw.fd: ' fw.fd
expect_stderr_has 'measure: hint: a manifest is made of an EIF, of an IGVM file, of the folder that `measure build snp` writes, or with --files of any'
mkdir one/below
for out in one/none.corim one/kernel one/below/none.corim elsewhere/../one/none.corim; do
	mkdir -p elsewhere
	run manifest make one $words -o $out
	expect_status 2
	expect_stderr_has "measure: error[usage]: $out: would lie in 'one/', which is read"
done
rmdir one/below
(cd one && run manifest make launch.json $words -o none.corim && expect_status 2 &&
	expect_stderr_has "error[usage]: none.corim: would lie in '.', which is read")
expect_no_file one/none.corim
run manifest make one $words -q -o onesie.corim
expect_status 0
ok 'the URI of 2024 and masks are written as they are asked for; debugging is not'

cp -r one broken
printf x >>broken/initrd
refused 3 'launch-record]: broken/launch.json: the sha256 or size of initrd of the files beside it is another one' broken
cp -r two wrong
sed 's/"measurement": "..../"measurement": "0000/' two/launch.json >wrong/launch.json
refused 3 'launch-record]: wrong/launch.json: the launch digest of EPYC-Milan x2, qemu of the files beside it is another one' wrong
sed 's/"firmware_digest": "..../"firmware_digest": "0000/' two/launch.json >wrong/launch.json
refused 3 'launch-record]: wrong/launch.json: the digest of the firmware of the files beside it is another one' wrong
sed 's/qemu"/other"/' two/launch.json >wrong/launch.json
refused 3 'launch-record]: wrong/launch.json: the profile "other" is not known' wrong
rm wrong/kernel
cp two/launch.json wrong
refused 5 'no-such-file]: wrong/kernel: ' wrong
ok 'a bundle whose files are others than its record tells gets no manifest'

commit='{"commit": "0123456789abcdef0123456789abcdef01234567"}'
sum=sha256:$(printf x | sha256 /dev/stdin)
# record COMPONENTS
record()
{
	cat <<END
{"schema": "measure-build/1", "product": "example.org/vm", "version": "1", "vendor": "Example",
 "artefact": "vm", "origin": "source", "source": $commit, "recipe": "$sum", "inputs": "$sum",
 "components": {$1}}
END
}
record '"firmware": "endorsed", "kernel": "pinned", "initrd": "source", "cmdline": "source"' >record.json
run manifest make one --record record.json -o recorded.corim
expect_status 0
expect_stderr ''
run manifest show recorded.corim
expect_stdout_has 'Part        firmware, 16384 bytes, endorsed'
record '"firmware": "endorsed"' >record.json
refused 3 'build-record]: record.json: the build record names no origin of kernel' one --record record.json
ok 'origins are those of the build record'

# ---- ID blocks

for key in id author; do openssl ecparam -name secp384r1 -genkey -noout -out $key.key; done
expect "$MEASURE" idblock create -q --measurement "$(digest one 1)" --guest-svn 2 --family-id 01000000000000000000000000000000 -o id.block
expect "$MEASURE" idblock sign -q id.block --id-key id.key --author-key author.key -o id.auth
expect "$MEASURE" idblock sign -q id.block --id-key id.key -o lone.auth
run manifest make one $words --id-block id.block --id-auth id.auth -q -o id.corim
expect_status 0
run manifest show id.corim --json
expect_json '[v["name"] for v in j["environments"][0]["values"]] == ["GUEST_SVN", "POLICY", "FAMILY_ID", "IMAGE_ID", "MEASUREMENT", "ID_KEY_DIGEST", "AUTHOR_KEY_DIGEST"]'
expect_json 'j["environments"][0]["values"][0]["min_svn"] == 2 and j["components"][4]["name"] == "id-block"'
expect "$MEASURE" idblock sign -q id.block --id-key id.key --author-key author.key -o again.auth
run manifest make one $words --id-block id.block --id-auth again.auth -q -o again.corim
expect_same id.corim again.corim
run manifest make one $words --id-block id.block --id-auth lone.auth -q -o lone.corim
run manifest show lone.corim --json
expect_json '[v["name"] for v in j["environments"][0]["values"]][-1] == "ID_KEY_DIGEST"'
refused 2 'usage]: --id-block and --id-auth belong together' one --id-block id.block
refused 2 'usage]: an ID block is for one launch digest, and the bundle has 4' guest --id-block id.block --id-auth id.auth
refused 1 'id-block]: id.block: ' two --id-block id.block --id-auth id.auth
expect "$MEASURE" idblock create -q --measurement "$(digest two 1)" -o other.block
refused 1 'signature]: id.auth: ' two --id-block other.block --id-auth id.auth
ok 'an ID block gives its names and the digests of its keys, no signature'

# ---- sign, check

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out alice.key 2>/dev/null
openssl pkey -in alice.key -pubout -out alice.pub
expect "$MEASURE" trust add -q alice.pub --role publisher --trust trust.yml
sign() { expect "$MEASURE" sign manifest "$1.corim" -q --signer alice --key alice.key -o "$1.signed"; }
sign plain
sign id
run check one --manifest plain.signed --trust trust.yml
expect_status 0
expect_stdout_has 'Rows        4'
expect said 'EPYC-Milan x4, qemu: is row 1 of the manifest, EPYC-Milan/EPYC-Milan-v1 x4, qemu'
expect said 'all 4 parts are those of the manifest'
expect_stdout_has 'PASS'
run check guest/launch.json --manifest plain.signed --trust trust.yml --json
expect_status 0
expect_json 'j["ok"] is True and len([c for c in j["checks"] if c["id"] == "code" and c["result"] == "pass"]) == 6'
expect_json 'j["checks"][-1]["id"] == "section" and j["checks"][-1]["result"] == "pass"'
ok 'check says which row a bundle is'

# lies SED-SCRIPT WHAT: a record that says something else of the same files
lies()
{
	rm -rf liar
	cp -r one liar
	sed -i "$1" liar/launch.json
	expect test "$(cmp one/launch.json liar/launch.json >/dev/null || echo differs)" = differs
	run check liar --manifest plain.signed --trust trust.yml
	expect_status 3
	expect_stdout ''
	expect_stderr "measure: error[launch-record]: liar/launch.json: $2 of the files beside it is another one"
}
lies "s/$(digest one 1)/$(digest two 1)/" 'the launch digest of EPYC-Milan x4, qemu'
lies 's/"size": 6,/"size": 7,/' 'the sha256 or size of kernel'
lies "s/$(sha256 kernel)/$(sha256 initrd)/" 'the sha256 or size of kernel'
ok 'no yes for a record that tells of other digests than those of its files'

run check two --manifest plain.signed --trust trust.yml
expect_status 1
expect said 'EPYC-Milan x2, qemu: no row of the manifest has this launch digest'
expect_stdout_has 'FAIL'
expect_stderr_has 'measure: error[measurement]: two: '
run check one --manifest id.signed --trust trust.yml
expect_status 0
sed 's/id-block/id-blocl/' id.corim >surplus.corim
sign surplus
run check one --manifest surplus.signed --trust trust.yml
expect_status 1
expect said 'id-blocl of the manifest is not in the bundle'
run check debug --manifest plain.signed --trust trust.yml
expect_status 1
expect said 'EPYC-Milan/EPYC-Milan-v1 x4, qemu, but not with its policy'
run check broken --manifest plain.signed --trust trust.yml
expect_status 1
expect said 'initrd differs from the manifest'
expect "$MEASURE" build snp -q --ovmf fw.fd --vcpus 4 --vcpu-type EPYC-Milan -o bare
run check bare --manifest plain.signed --trust trust.yml
expect_status 1
expect said 'kernel of the manifest is not in the bundle'
expect "$MEASURE" build eif -q --kernel kernel --cmdline c --ramdisk initrd -o image.eif
run check image.eif --manifest plain.signed --trust trust.yml
expect_status 3
expect_stderr_has 'error[wrong-manifest]: image.eif: the manifest has no reference values of a Nitro enclave'
expect "$MEASURE" manifest make image.eif -q $words -o eif.corim
sign eif
run check one --manifest eif.signed --trust trust.yml
expect_status 3
expect_stderr_has 'error[wrong-manifest]: one: the manifest has no launch digests of a guest of SEV-SNP'
ok 'another digest, another policy, another file and another kind are no'

# spoilt NAME WHAT: a copy of one that was spoilt is a no, and nothing else is wrong with it
spoilt()
{
	run check spoilt --manifest plain.signed --trust trust.yml --json
	expect_status 1
	expect_json "[c['detail'] for c in j['checks'] if c['result'] == 'fail'] == [\"'$1' $2\"]"
	expect_json 'j["reason"] == "bundle-files"'
	rm -rf spoilt
	cp -r one spoilt
}
cp -r one spoilt
sed -i 's/-no-reboot/-no-reboot -monitor stdio/' spoilt/qemu.sh
run check spoilt/launch.json --manifest plain.signed --trust trust.yml
expect_status 1
expect said "'qemu.sh' is not what the files beside it give"
expect_stderr_has "measure: error[bundle-files]: spoilt/launch.json: section: 'qemu.sh' is not what the files beside it give"
spoilt qemu.sh 'is not what the files beside it give'
: >spoilt/qemu.sh
spoilt qemu.sh 'is not what the files beside it give'
rm spoilt/qemu.sh
spoilt qemu.sh 'is missing'
put_at spoilt/hashes.bin 0 01
spoilt hashes.bin 'is not what the files beside it give'
printf x >>spoilt/hashes.bin
spoilt hashes.bin 'is not what the files beside it give'
rm spoilt/hashes.bin
spoilt hashes.bin 'is missing'
touch spoilt/vmlinuz
spoilt vmlinuz 'is no part of a bundle'
mkdir spoilt/.cache
spoilt .cache 'is no part of a bundle'
for file in firmware.fd kernel initrd cmdline; do
	rm spoilt/$file
	spoilt $file 'is missing'
done
rm -r spoilt/kernel
mkdir spoilt/kernel
run check spoilt --manifest plain.signed --trust trust.yml
expect_status 3
expect_stderr 'measure: error[not-a-file]: spoilt/kernel: is a directory, not a regular file'
(cd one && expect "$MEASURE" check launch.json --manifest ../plain.signed --trust ../trust.yml)
for profile in ec2 qemu; do
	rm -rf spoilt
	expect "$MEASURE" build snp -q --ovmf fw.fd --vcpus 4 --vcpu-type EPYC-Milan --profile $profile -o spoilt
	run manifest make spoilt $words -q -o bare.corim
	sign bare
	check_bare() { run check spoilt --manifest bare.signed --trust trust.yml; }
	check_bare
	expect_status 0
done
touch spoilt/hashes.bin
check_bare
expect_status 1
expect said "'hashes.bin' is no part of a bundle"
mkdir spoilt/extra
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do touch "spoilt/z$n"; done
run check spoilt --manifest bare.signed --trust trust.yml --json
expect_json 'len([c for c in j["checks"] if c["result"] == "fail"]) == 16'
ok 'what was made of the files and lies beside them is looked at, and nothing else may lie there'

bundle many --vcpus 1-17 --vcpu-type EPYC-v4
run manifest make many $words -q -o many.corim
sign many
run check many --manifest many.signed --trust trust.yml
expect_status 0
expect said 'all 17 launch digests are rows of the manifest'
ok 'many rows are told in one line'

run manifest make debug $words --allow-debug -q -o debug.corim
expect_status 0
run sign manifest debug.corim --signer alice --key alice.key -q -o debug.signed
expect_status 3
expect_stderr_has 'reference 0, POLICY: bit 19 of the policy allows debugging'
expect_no_file debug.signed
run sign manifest debug.corim --signer alice --key alice.key --allow-debug -q -o debug.signed
expect_status 0
run check debug --manifest debug.signed --trust trust.yml
expect_status 3
run check debug --manifest debug.signed --trust trust.yml --allow-debug
expect_status 0
ok 'a manifest that allows debugging is signed and read only where that is allowed'

# ---- verify

# report FOLDER OPTION...: evidence of a guest
report()
{
	mkdir -p "$1"
	expect "$BUILD/tests/report" "$1" Milan "$2" "${3:-policy=0x30000}"
}
# verify FOLDER MANIFEST
verify()
{
	run verify "$1/extended" --ark "$1/ark.der" --chain "$1/chain.pem" --crl "$1/crl.der" \
		--manifest "$2" --trust trust.yml --insecure-no-nonce
}
report good measurement="$(digest guest 6)"
verify good plain.signed
expect_status 0
expect said 'EPYC-v4 x4, qemu'
report policy measurement="$(digest guest 6)" policy=0x20000
verify policy plain.signed
expect_status 1
expect said 'POLICY: not as in example.org/vm/1: EPYC-v4 x4, qemu'
report other measurement="$(digest two 1)"
verify other plain.signed
expect_status 1
expect said 'no one of the 4 states of example.org/vm/1 is this'
ok 'verify finds the row by the launch digest, and says what else of it differs'

plan done
