#!/bin/sh
# `measure idblock`
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
need openssl
need python3

# key NAME CURVE
key()
{
	openssl ecparam -name "$2" -genkey -noout -out "$1.pem"
	openssl pkey -in "$1.pem" -pubout -out "$1.pub"
}
key id secp384r1
key author secp384r1
key other secp384r1
key p256 prime256v1
ld=$(printf 'a1%.0s' 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7)

run idblock create --measurement "$ld" --family-id 000102030405060708090a0b0c0d0e0f \
	--image-id ffffffffffffffffffffffffffffffff --guest-svn 0x10 --policy 0x3001f -o block
expect_status 0
cat >fields <<END
ld                 $ld
family_id          000102030405060708090a0b0c0d0e0f
image_id           ffffffffffffffffffffffffffffffff
version            0x1
guest_svn          0x10
policy             0x3001f
END
expect_stdout @fields
expect_stderr ''
expect test "$(od -An -v -tx1 block | tr -d ' \n')" = "${ld}000102030405060708090a0b0c0d0e0fffffffffffffffffffffffffffffffff01000000100000001f00030000000000"
run idblock create --measurement "$(unhex "$ld" | base64 -w 0)" --base64 -o text
expect_status 0
expect test "$(base64 -d text | wc -c)" -eq 96
run idblock inspect text
expect_stdout_has 'policy             0x30000'
run idblock inspect block --json
expect_json "j['kind'] == 'idblock-inspect' and j['id_block']['ld'] == '$ld' and j['id_block']['guest_svn'] == 16"
run idblock inspect block
expect_stdout @fields
ok 'a block has all its fields'

run idblock sign block --id-key id.pem --author-key author.pem -o auth
expect_status 0
expect_stdout_has 'author_key_digest  '
expect_stderr ''
expect test "$(wc -c <auth)" -eq 4096
cp "$STDOUT" signed
for order in 'block auth' 'auth block'; do
	# shellcheck disable=SC2086 # two words
	run idblock verify $order --measurement "$ld" --policy 0x3001f --id-key id.pub --author-key author.pub
	expect_status 0
	expect_stdout @signed
	expect_stderr ''
done
run idblock inspect auth
expect_status 0
expect_stdout "$(tail -n 2 signed)"
dd if=auth of=key.bin bs=1 skip=$((0x240)) count=1028 status=none
expect test "$(sha384sum key.bin | cut -d ' ' -f 1)" = "$(sed -n 's/^id_key_digest  *//p' signed)"
run idblock sign block --id-key id.pem -o alone --base64
expect_status 0
run idblock verify block alone --json
expect_status 0
expect_json '"id_key_digest" in j["id_block"] and "author_key_digest" not in j["id_block"]'
expect_json '[w["reason"] for w in j["warnings"]] == ["any-key"]'
run idblock verify block auth
expect_status 0
expect_stderr "measure: warning[any-key]: the signature holds by the key that stands beside it, which may be anybody's: --id-key or --author-key says whose it must be"
run idblock verify block auth --author-key author.pub
expect_stderr ''
ok 'it is signed and verified, with an author and without'

run idblock sign block --tbs-out tbs --id-key id.pub --author-tbs-out key.tbs
expect_status 0
expect_stdout ''
expect_same tbs block
expect_same key.tbs key.bin
openssl dgst -sha384 -sign id.pem -out id.der tbs
openssl dgst -sha384 -sign author.pem -out author.der key.tbs
run idblock sign block --id-key id.pub --attach id.der --author-key author.pub --author-attach author.der -o attached
expect_status 0
expect_stdout @signed
run idblock verify block attached --id-key id.pub --author-key author.pub
expect_status 0
run idblock sign block --id-key id.pub --attach id.der --author-key author.pub --author-attach author.der -o again
expect_same again attached
ok 'in two steps, and what is attached is reproduced'

# refused STATUS MESSAGE ARGS...
refused()
{
	status=$1 message=$2
	shift 2
	run idblock "$@"
	expect_status "$status"
	expect_stdout ''
	expect_stderr "measure: error[$message"
	expect_no_file none
}
hint=$(printf '\nmeasure: hint: see `measure help idblock')
refused 2 "usage]: an IGVM file or --measurement is needed$hint create\`" create -o none
refused 2 "usage]: --measurement 'abc' is no SHA-384, neither 96 hexadecimal digits nor base64$hint create\`" create --measurement abc -o none
refused 2 'zero-measurement]: --measurement is all zero' create --measurement "$(printf %s "$ld" | tr a1 00)" -o none
refused 2 "usage]: --family-id needs 32 hexadecimal digits, 2 are given$hint create\`" create --measurement "$ld" --family-id 00 -o none
refused 2 "usage]: --guest-svn '4294967296' is no number up to 0xffffffff$hint create\`" create --measurement "$ld" --guest-svn 4294967296 -o none
refused 2 "usage]: --guest-svn '-1' is no number up to 0xffffffff$hint create\`" create --measurement "$ld" --guest-svn=-1 -o none
refused 3 'id-block-form]: POLICY is 0x1, and bit 17 must be one, at offset 88 (0x58)' create --measurement "$ld" --policy 1 -o none
refused 2 "usage]: --profile and --native-zero have a meaning for IGVM files only$hint create\`" create --measurement "$ld" --profile qemu -o none
refused 2 "usage]: block: a block is made for an IGVM file, and this is none$hint create\`" create block -o none
refused 2 "usage]: option '--output' is missing$hint create\`" create --measurement "$ld"
ok 'no block is made of nonsense'

refused 2 "usage]: option '--id-key' is missing$hint sign\`" sign block -o none
refused 3 'key]: p256.pem: --id-key is on P-256 and must be on P-384' sign block --id-key p256.pem -o none
run idblock sign block --id-key id.pub -o none
expect_status 3
expect_stderr_has 'measure: error[key]: id.pub: no private key in PEM'
run idblock sign block --id-key other.pub --attach id.der -o none
expect_status 1
expect_stderr_has 'measure: error[signature]: block: the ID block: the signature does not verify under the key sha256:'
run idblock sign block --id-key id.pub --attach id.der --author-key author.pub --author-attach id.der -o none
expect_status 1
expect_stderr_has 'measure: error[signature]: block: the ID key: the signature does not verify under the key sha256:'
expect_no_file none
refused 2 "usage]: --author-attach has no meaning without --author-key$hint sign\`" sign block --id-key id.pub --attach id.der --author-attach author.der -o none
refused 2 "usage]: --tbs-out and --author-tbs-out sign nothing, so --output has no meaning$hint sign\`" sign block --tbs-out none -o none2
refused 2 "usage]: --guest-svn has no meaning for a block that is there$hint sign\`" sign block --id-key id.pem --guest-svn 1 -o none
refused 3 'id-block-form]: auth: the file holds no ID block' sign auth --id-key id.pem -o none
cp block both
run idblock sign both --id-key id.pem -o both
expect_status 2
expect_same both block
ok 'no signature is written that does not hold'

refused 1 "id-block]: block: the ID block is for another launch digest, which begins with a1a1a1a1 instead of 00a1a1a1" verify block auth --measurement "00${ld#??}"
refused 1 'id-block]: block: the ID block is for the policy 0x3001f, and the guest'"'"'s is 0x30000' verify block auth --policy 0x30000
refused 1 'id-block]: block: it is signed by another key than that of --id-key' verify block auth --id-key other.pub
refused 1 'id-block]: block: it is signed by another key than that of --author-key' verify block auth --author-key id.pem
refused 1 'id-block]: block: its key is signed by no author' verify block alone --author-key author.pub
refused 2 "usage]: one file must be an ID block and the other its authentication$hint verify\`" verify block block
refused 2 "usage]: one file must be an ID block and the other its authentication$hint verify\`" verify block
refused 2 "usage]: an ID block and its authentication are needed, or an IGVM file; 0 files are given$hint verify\`" verify
refused 3 'id-block-form]: key.bin: the length is 1028 and must be 96 (an ID block) or 4096 (its authentication), in base64 or not' inspect key.bin
cp block changed
put_at changed 84 07
run idblock verify changed auth
expect_status 1
expect_stderr_has 'measure: error[signature]: changed: the ID block: the signature does not verify under the key sha256:'
ok 'what is for another guest, or by another key, is a no'

# an IGVM file for snp with a policy, one page, one processor
PYTHONPATH=$ROOT/tests/cli PYTHONDONTWRITEBYTECODE=1 python3 - <<'EOT'
from igvm import *
head = [platform(1, SNP), policy(0x3001F)]
data = b"\x11" * 4096 + b"\x22" * 4096
write("guest.igvm", head + [page(0x1000, 1, 136), context(1, 4232)], data)
write("nopolicy.igvm", [platform(1, SNP), page(0x1000, 1)])
EOT
run igvm guest.igvm --profile qemu
digest=$(sed 's/^MEASUREMENT  //' "$STDOUT")
run idblock create guest.igvm --profile qemu --guest-svn 3 -o igvm.block
expect_status 0
expect_stdout_has "ld                 $digest"
expect_stdout_has 'policy             0x3001f'
run idblock sign guest.igvm --profile qemu --guest-svn 3 --id-key id.pem --author-key author.pem -o signed.igvm
expect_status 0
cp "$STDOUT" signed
run idblock inspect signed.igvm
expect_stdout @signed
run idblock verify signed.igvm --profile qemu --id-key id.pub
expect_status 0
expect_stdout @signed
run igvm signed.igvm --profile qemu --json
expect_status 0
expect_json "j['measurements'] == {'MEASUREMENT': '$digest'} and len(j['id_key_digest']) == 96"
ok 'an IGVM file gets its block, and keeps its digest'

refused 1 "id-block]: signed.igvm: the ID block is for another launch digest, which begins with $(echo "$digest" | cut -c 1-8) instead of $("$MEASURE" igvm guest.igvm --profile igvmmeasure | cut -c 14-21)" verify signed.igvm
run igvm signed.igvm
expect_status 1
expect_stdout ''
expect_stderr_has 'measure: error[id-block]: signed.igvm: the ID block is for another launch digest, '
expect_stderr_has 'measure: hint: --profile says who starts the guest; --ignore-idblock measures all the same'
run igvm signed.igvm --ignore-idblock -q
expect_status 0
refused 3 'igvm]: signed.igvm: the file has an ID block already' sign signed.igvm --id-key id.pem -o none
refused 3 'id-block-form]: guest.igvm: the file has no ID block' inspect guest.igvm
refused 3 'id-block-form]: guest.igvm: the file has no ID block' verify guest.igvm
refused 3 'igvm]: nopolicy.igvm: the file has no guest policy for snp' create nopolicy.igvm -o none
refused 2 "usage]: --measurement and --policy have no meaning for an IGVM file, which has its own$hint create\`" create guest.igvm --policy 1 -o none
refused 2 "usage]: --native-zero has no meaning for 'snp' by 'qemu'$hint create\`" create guest.igvm --profile qemu --native-zero -o none
ok 'a block for another guest is told of'

plan done
