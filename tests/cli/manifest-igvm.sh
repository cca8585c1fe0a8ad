#!/bin/sh
# From an IGVM file to a manifest, and from that to a yes: make, sign, check, verify
# shellcheck disable=SC2086,SC2317 # lists of options are words; expect calls functions
. "${0%/*}/../lib.sh"
need openssl
need python3

PYTHONPATH=$ROOT/tests/cli PYTHONDONTWRITEBYTECODE=1 python3 - <<'EOT'
from igvm import *
data = b"\x11" * 4096 + b"\x22" * 4096
def guest(name, policy_value, *pages):
    head = [platform(1, SNP), policy(policy_value), page(0x1000, 1, 136 + 32 * len(pages)), *pages]
    write(name, head + [context(1, 136 + 32 * len(pages) + 4096)], data)
guest("guest.igvm", 0x30000)
guest("zero.igvm", 0x30000, page(0x2000, 1))
guest("policy.igvm", 0x20000)
guest("debug.igvm", 0xb0000)
write("moved.igvm", [platform(1, SNP), policy(0x30000), page(0x3000, 1, 136), context(1, 4232)], data)
write("nopolicy.igvm", [platform(1, SNP), page(0x1000, 1, 112), context(1, 4208)], data)
write("tdx.igvm", [platform(1, TDX), page(0x1000, 1)])
EOT
words='--product example.org/vm --version 1'
# said TEXT: in stdout, however its lines are folded
said() { tr -s '\n ' ' ' <"$STDOUT" | grep -qF -- "$1"; }
# digest FILE PROFILE [OPTION]
digest() { "$MEASURE" igvm "$1" --profile "$2" ${3-} 2>/dev/null | sed 's/^MEASUREMENT  //'; }
sha256() { sha256sum <"$1" | cut -d ' ' -f 1; }

run manifest make guest.igvm $words --profile qemu -o plain.corim
expect_status 0
expect_stdout "IGVM, qemu  $(digest guest.igvm qemu)"
expect_stderr 'measure: all origins are asserted: without a build record nobody can reproduce this manifest from source'
run manifest lint plain.corim
expect_stdout 'no findings'
run manifest show plain.corim
expect_stdout - <<END
Manifest    example.org/vm/1
Form        tag:amd.com,2025:snp-corim-profile
Signed      no
Product     example.org/vm
Version     1
Vendor      example.org
Machine     x86_64
Part        igvm, $(wc -c <guest.igvm) bytes, asserted
  sha256  $(sha256 guest.igvm)
Expected of an AMD SEV-SNP guest: IGVM, qemu
  POLICY  0000030000000000 in the bits ffffffffffffffff
  MEASUREMENT  $(digest guest.igvm qemu)
END
run manifest make zero.igvm $words --profile igvmmeasure --native-zero -q -o zero.corim
expect_status 0
expect_stdout ''
run manifest show zero.corim
expect_stdout_has 'guest: IGVM, igvmmeasure, native zero'
expect_stdout_has "MEASUREMENT  $(digest zero.igvm igvmmeasure --native-zero)"
ok 'a manifest has the launch digest by one profile, and names it'

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
refused 2 "usage]: --profile is missing: the launch digest by 'qemu' is another than that by 'igvmmeasure'" guest.igvm
refused 2 'usage]: --native-zero needs --profile' guest.igvm --native-zero
refused 2 "usage]: --native-zero has no meaning for 'snp' by 'qemu'" guest.igvm --profile qemu --native-zero
refused 2 'usage]: --certificate means nothing for an IGVM file' guest.igvm --certificate x
refused 2 'usage]: --profile means nothing for '"'guest'"': no bundle, nor an IGVM file' guest --profile qemu
refused 3 "igvm]: tdx.igvm: the file is not for the platform 'snp'" tdx.igvm --profile qemu
refused 3 "igvm]: tdx.igvm: the file is not for the platform 'snp'" tdx.igvm
refused 3 'igvm]: nopolicy.igvm: the file has no guest policy for snp' nopolicy.igvm --profile qemu
refused 1 'debug-mode]: debug.igvm: row 0: bit 19 of the policy allows debugging' debug.igvm --profile qemu
head -c 300 guest.igvm >short.igvm
refused 3 'igvm]: short.igvm: the file says that it has ' short.igvm
"$BUILD/tests/forge_ovmf" fw.fd
expect "$MEASURE" build snp -q --ovmf fw.fd --vcpus 1 --vcpu-type EPYC-v4 -o bundle
refused 2 'usage]: --profile means nothing for a bundle' bundle --profile qemu
refused 2 'usage]: --native-zero means nothing for a bundle' bundle --native-zero
ok 'what is ambiguous, or no guest, gets no manifest'

# ---- ID blocks

for key in id author; do openssl ecparam -name secp384r1 -genkey -noout -out $key.key; done
expect "$MEASURE" idblock sign -q guest.igvm --profile qemu --guest-svn 3 --id-key id.key --author-key author.key -o signed.igvm
run manifest make signed.igvm $words -q -o id.corim
expect_status 0
run manifest show id.corim --json
expect_json 'j["environments"][0]["label"] == "IGVM, qemu" and [c["name"] for c in j["components"]] == ["igvm"]'
expect_json '[v["name"] for v in j["environments"][0]["values"]] == ["GUEST_SVN", "POLICY", "FAMILY_ID", "IMAGE_ID", "MEASUREMENT", "ID_KEY_DIGEST", "AUTHOR_KEY_DIGEST"]'
expect_json 'j["environments"][0]["values"][0]["min_svn"] == 3'
expect "$MEASURE" idblock create -q --measurement "$(digest guest.igvm qemu)" -o id.block
expect "$MEASURE" idblock sign -q id.block --id-key id.key -o id.auth
run manifest make guest.igvm $words --id-block id.block --id-auth id.auth -q -o apart.corim
expect_status 0
run manifest show apart.corim --json
expect_json '[c["name"] for c in j["components"]] == ["igvm", "id-block"]'
refused 2 'usage]: --id-block means nothing for a file with an ID block of its own' signed.igvm --id-block id.block --id-auth id.auth
refused 1 'id-block]: signed.igvm: the ID block is for another launch digest' signed.igvm --profile igvmmeasure
refused 1 'id-block]: id.block: the ID block is for another launch digest' moved.igvm --id-block id.block --id-auth id.auth
python3 - <<'EOT'
import struct, zlib
x = bytearray(open("signed.igvm", "rb").read())
x[x.index(struct.pack("<II", 0x30B, 696)) + 8 + 56] ^= 1  # family_id
end = sum(struct.unpack_from("<II", x, 8))
x[20:24] = bytes(4)
x[20:24] = struct.pack("<I", zlib.crc32(x[:end]))
open("changed.igvm", "wb").write(x)
EOT
refused 1 'signature]: changed.igvm: the ID block: the signature does not verify' changed.igvm
ok 'an ID block says which of the digests the guest has'

# ---- check, verify

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out alice.key 2>/dev/null
openssl pkey -in alice.key -pubout -out alice.pub
expect "$MEASURE" trust add -q alice.pub --role publisher --trust trust.yml
sign() { expect "$MEASURE" sign manifest "$1.corim" -q --signer alice --key alice.key -o "$1.signed"; }
for name in plain zero id; do sign $name; done
check() { run check "$1" --manifest "$2.signed" --trust trust.yml; }
check guest.igvm plain
expect_status 0
expect said 'IGVM, qemu: is row 0 of the manifest, IGVM, qemu'
expect said 'the file is the one that the manifest names'
expect_stdout_has 'PASS'
check zero.igvm zero
expect_status 0
expect said 'IGVM, igvmmeasure, native zero: is row 0 of the manifest, IGVM, igvmmeasure, native zero'
check signed.igvm id
expect_status 0
run check guest.igvm --manifest plain.signed --trust trust.yml --json
expect_json 'j["ok"] is True and [c["id"] for c in j["checks"]][-2:] == ["code", "section"]'
ok 'check says which row the file is'

check moved.igvm plain
expect_status 1
for profile in igvmmeasure igvm-crate qemu; do
	expect said "IGVM, $profile: no row of the manifest has this launch digest"
done
expect said 'the file differs from the manifest'
expect_stderr_has 'measure: error[measurement]: moved.igvm: '
check policy.igvm plain
expect_status 1
expect said 'IGVM, qemu: is row 0 of the manifest, IGVM, qemu, but not with its policy'
check nopolicy.igvm plain
expect_status 1
expect said 'IGVM, qemu, but not with its policy'
check signed.igvm plain
expect_status 1
expect said 'IGVM, qemu: is row 0 of the manifest, IGVM, qemu'
expect said 'the file differs from the manifest'
check bundle plain
expect_status 1
expect said 'firmware is not in the manifest'
check tdx.igvm plain
expect_status 3
expect_stderr_has "measure: error[igvm]: tdx.igvm: the file is not for the platform 'snp'"
run manifest make bundle $words -q -o bundle.corim
sign bundle
check guest.igvm bundle
expect_status 1
expect said 'the file is not in the manifest, which has no IGVM file'
expect "$MEASURE" build eif -q --kernel fw.fd --cmdline c --ramdisk fw.fd -o image.eif
run manifest make image.eif $words -q -o eif.corim
sign eif
check guest.igvm eif
expect_status 3
expect_stderr_has 'error[wrong-manifest]: guest.igvm: the manifest has no launch digests of a guest of SEV-SNP'
ok 'another digest, another policy, another file and another kind are no'

# report FOLDER OPTION...: evidence of a guest
report()
{
	mkdir -p "$1"
	expect "$BUILD/tests/report" "$1" Milan "$2" policy=0x30000
	run verify "$1/extended" --ark "$1/ark.der" --chain "$1/chain.pem" --crl "$1/crl.der" \
		--manifest plain.signed --trust trust.yml --insecure-no-nonce
}
report good measurement="$(digest guest.igvm qemu)"
expect_status 0
expect said 'IGVM, qemu'
report other measurement="$(digest guest.igvm igvmmeasure)"
expect_status 1
expect_stderr_has 'error[measurement]'
ok 'verify finds the row, and says which it is'

plan done
