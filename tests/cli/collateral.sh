#!/bin/sh
# Collateral in a bundle: `measure verify` needs no other file for it, and nobody trusts more
# shellcheck disable=SC2086,SC2016 # lists of options are words; backquotes in messages are text
. "${0%/*}/../lib.sh"
need openssl
report=$BUILD/tests/report mutate=$BUILD/tests/manifest_mutate

measurement=$(printf '41%.0s' $(seq 48))
"$report" . Milan measurement="$measurement"
mkdir genoa turin stale
"$report" genoa Genoa measurement="$measurement"
"$report" turin Turin measurement="$measurement"
"$report" stale stale-list
"$mutate" vm.corim snp
"$mutate" p384.key private p384
"$mutate" p384.pub public p384
"$MEASURE" sign manifest vm.corim -q --signer test --key p384.key -o vm.signed
"$MEASURE" trust add p384.pub -q --role publisher --trust trust.yml
openssl crl -in crl.der -inform DER -out crl.pem
cat chain.pem >all.pem
openssl x509 -in vek.der -inform DER >>all.pem
at='--at 2026-06-01T00:00:00Z --trust trust.yml'

# bundle OUT COLLATERAL...
bundle()
{
	out=$1
	shift
	# shellcheck disable=SC2046 # an option before each
	run manifest bundle vm.signed $(printf -- '--collateral %s ' "$@") -o "$out"
	expect_status 0
}
bundle vm.bundle vek.der chain.pem crl.der
bundle same.bundle crl.pem all.pem vek.der
expect_same vm.bundle same.bundle
run manifest bundle vm.signed --collateral all.pem -o some.bundle --json
expect_json 'j["signatures"] == 1 and j["collateral"] == 3'
run manifest bundle same.bundle some.bundle --collateral crl.der -o union.bundle --json
expect_json 'j["collateral"] == 4'
expect_same vm.bundle union.bundle
ok 'the same bundle from PEM and DER, in any order, and gathered from bundles'

run manifest show vm.bundle
expect_status 0
expect_stdout_has 'Collateral  certificate SEV-VCEK, until 2031-01-01T00:00:00Z
  sha256  '"$(sha256sum vek.der | cut -d ' ' -f 1)"
expect_stdout_has 'Collateral  certificate ARK-Milan, until 2049-12-31T23:59:59Z'
expect_stdout_has 'Collateral  revocation list, until 2027-01-01T00:00:00Z
  sha256  '"$(sha256sum crl.der | cut -d ' ' -f 1)"
run manifest show vm.bundle --json
expect_json 'sorted(c.get("name", c["type"]) for c in j["collateral"]) == ["ARK-Milan", "SEV-Milan", "SEV-VCEK", "revocation list"]'
expect_json '[c["sha256"] for c in j["collateral"] if c.get("name") == "SEV-VCEK"] == ["'"$(sha256sum vek.der | cut -d ' ' -f 1)"'"]'
run manifest show vm.signed --json
expect_json '"collateral" not in j'
run manifest lint vm.bundle
expect_status 0
expect_stdout 'no findings'
ok 'it is shown'

run verify report --manifest vm.bundle --ark ark.der $at
expect_status 0
expect_stdout_has 'nothing
                        revoked by the list that is good until
                        2027-01-01T00:00:00Z'
run verify report --manifest vm.signed --ark ark.der $at
expect_status 4
expect_stderr_has 'error[collateral]: the VCEK of the chip was not given, for Milan at'
ok 'a report is verified with the bundle alone, and not without its collateral'

mkdir chip newer
expect "$BUILD/tests/report" chip Milan chip=5a
expect "$BUILD/tests/report" newer Milan snp=28
bundle chip.bundle chip/vek.der chip/chain.pem crl.der
run verify report --manifest chip.bundle --ark ark.der $at
expect_status 4
expect_stderr_has 'error[collateral]: the VCEK of the chip was not given, for Milan at'
expect_stderr_has '; of others, or other firmware, 1 was'
expect_stderr_has 'measure: hint: give it with --vek; `measure-fetch kds REPORT` fetches it'
bundle others.bundle chip/vek.der newer/vek.der crl.der
run verify report --manifest others.bundle --ark ark.der $at
expect_status 4
expect_stderr_has '; of others, or other firmware, 2 were'
mkdir folder
cp chip/vek.der folder
run verify report --manifest vm.signed --ark ark.der --chain folder $at
expect_status 4
cp vek.der folder/own.der
cp chain.pem folder
run verify report --manifest vm.signed --ark ark.der --chain folder --crl crl.der $at -q
expect_status 0
bundle fleet.bundle chip/vek.der all.pem newer/vek.der crl.der
run verify report --manifest fleet.bundle --ark ark.der $at -q
expect_status 0
run verify report --manifest vm.bundle --vek chip/vek.der --ark ark.der $at
expect_status 1
expect_stderr_has 'error[chip-id]'
ok "another chip's certificate, or other firmware's, is none, unless it is named"

run verify report --manifest vm.bundle $at
expect_status 1
expect_stderr_has 'error[untrusted-root]'
run verify report --manifest vm.bundle --ark genoa/ark.der $at
expect_status 1
expect_stderr_has 'error[untrusted-root]'
run verify genoa/report --manifest vm.bundle --ark ark.der $at
expect test "$STATUS" -ne 0
ok 'a root in a bundle is no root'

bundle both.bundle all.pem crl.der genoa/vek.der genoa/chain.pem genoa/crl.der
run verify report --manifest both.bundle --ark ark.der $at -q
expect_status 0
run verify genoa/report --manifest both.bundle --ark genoa/ark.der $at -q
expect_status 0
run verify genoa/report --manifest vm.bundle --ark genoa/ark.der $at \
	--vek genoa/vek.der --chain genoa/chain.pem
expect_status 4
expect_stderr_has 'error[collateral]'
expect_stderr_has 'no revocation list of ARK-Genoa was given, but one of another root'
run verify genoa/report --manifest vm.bundle --ark genoa/ark.der $at \
	--vek genoa/vek.der --chain genoa/chain.pem --crl genoa/crl.der -q
expect_status 0
run verify report --manifest both.bundle --vek genoa/vek.der --ark ark.der $at
expect_status 1
ok 'a bundle serves several products; --vek, --chain and --crl stand beside it'

bundle stale.bundle all.pem stale/crl.der
run verify report --manifest stale.bundle --ark ark.der $at
expect_status 4
expect_stderr_has 'error[stale]'
run verify report --manifest stale.bundle --ark ark.der $at --crl crl.der -q
expect_status 0
run verify report --manifest stale.bundle --manifest vm.bundle --ark ark.der $at -q
expect_status 0
ok 'a list that is out of date decides nothing, and is in the way of no other'

"$BUILD/tests/mutate" base - image.eif
"$MEASURE" manifest make image.eif -q --product example.org/blindbox --version 1.2.3 -o image.corim
"$MEASURE" sign manifest image.corim -q --signer test --key p384.key -o image.signed
run manifest bundle image.signed --collateral vek.der -o image.bundle
run check image.eif --manifest image.bundle --trust trust.yml -q
expect_status 0
for to in text json; do
	"$MEASURE" manifest export -q image.bundle --to $to >with
	"$MEASURE" manifest export -q image.corim --to $to >without
	expect_same without with
done
ok 'check and export pass over it'

# refused STATUS REASON FILE TEXT
refused()
{
	run manifest bundle vm.signed --collateral "$3" -o none.bundle
	expect_status "$1"
	expect_stderr_has "measure: error[$2]: $3: $4"
	expect_no_file none.bundle
}
printf 'nothing' >text
refused 3 certificate text 'the DER holds no certificate: '
head -c 400 crl.pem >cut.pem
refused 3 crl cut.pem 'the line -----END X509 CRL----- is missing, at offset 400'
: >empty
refused 3 certificate empty 'the DER holds no certificate: '
cp vm.bundle given
refused 3 certificate given 'the DER holds no certificate: '
cat crl.pem text >trailing
refused 3 trailing trailing '7 bytes stand behind the revocation list'
refused 5 no-such-file none 'cannot be opened'
run manifest bundle --collateral vek.der -o none.bundle
expect_status 2
expect_stderr_has 'no FILE is given, and at least one is needed'
ok 'what is neither a certificate nor a list is no collateral'

plan done
