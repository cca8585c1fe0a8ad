#!/bin/sh
# `measure verify`: limits, collateral that is not enough, and all by which a verdict is weaker
# shellcheck disable=SC2016,SC2086 # backquotes are text, lists of options are words
. "${0%/*}/../lib.sh"
need openssl
document=$BUILD/tests/document report=$BUILD/tests/report
value=$(printf '11%.0s' $(seq 48))
expect "$document" --pcr "0=$value" --time "$(date -u -d '10 minutes ago' +%Y-%m-%dT%H:%M:%SZ)" root.pem good
mkdir snp
expect "$report" snp Milan measurement="$value" vmpl=1
snp="snp/report --vek snp/vek.der --measurement $value --insecure-no-nonce"
trusted='--chain snp/chain.pem --ark snp/ark.der'
ok 'there is evidence'

# ---- limits

{ cat good; head -c 131072 /dev/zero; } >long
run verify long --at none --pcr "0=$value"
expect_status 3
expect_stdout ''
expect_stderr 'measure: error[limit]: long: has more than the 131072 bytes that evidence may have'
head -c 131072 long >longest
run verify longest --at none --pcr "0=$value"
expect_status 3
expect_stderr_has 'error[format]: longest: genuine: the document has 131072 bytes, 20480 may be'
veks=$(printf -- '--vek snp/vek.der %.0s' $(seq 64))
run verify $snp $veks
expect_status 3
expect_stderr 'measure: error[limit]: snp/vek.der: is one file more than the 64 there is room for'
printf 'good\0good\n' >list
run verify --batch list --at none --pcr "0=$value"
expect_status 3
expect_stdout ''
expect_stderr 'measure: error[not-a-file]: list: is no list of files: it holds a NUL'
ok 'what is too much, and a list that is none'

# ---- collateral

run verify $snp --chain snp/chain.pem
expect_status 1
ark=$(openssl dgst -sha256 -r snp/ark.der | cut -d ' ' -f 1)
expect_stderr "measure: error[untrusted-root]: snp/report: genuine: the root ARK-Milan with the SHA-256 $ark is not trusted"
run verify $snp $trusted -q
expect_status 0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout key -subj /CN=a -days 2 -out a.pem 2>/dev/null
run verify snp/report --vek a.pem --measurement "$value" --insecure-no-nonce $trusted
expect_status 4
expect_stderr 'measure: error[collateral]: the issuer of the certificate is not at hand, which is one of a, and must be one of SEV-VCEK or SEV-VLEK
measure: hint: give it with --chain'
ok 'a root that is not trusted, and a signer that is missing'

# ---- what is asked for, and what is not

policy() # LINES: of `require:`
{
	printf 'version: 1\nkeys: []\nrequire:\n' >policy.yml
	printf '  %s\n' "$@" >>policy.yml
}
live="--root root.pem --pcr 0=$value --trust policy.yml"
policy 'max-age: 60'
run verify good $live --insecure-no-nonce
expect_status 4
expect_stderr 'measure: error[stale]: good: fresh: the evidence is older than the policy accepts'
policy 'max-age: 3600'
run verify good $live --insecure-no-nonce -q
expect_status 0
policy 'kinds: [nitro]'
run verify good $live --kind snp
expect_status 2
expect_stderr 'measure: error[usage]: --kind snp: the trust file does not accept it
measure: hint: see `measure help verify`'
ok 'evidence that is too old, and a kind that is not accepted'

# weak SENTENCE ARGS...: a yes, which says so
weak()
{
	want=$1
	shift
	run verify "$@" --json
	expect_status 0
	expect_json '"'"$want"'" in j["weakened"] + j["not_proven"]'
}
policy 'fresh: warn'
weak 'the trust file asks for no nonce: a copy of old evidence is accepted' good $live
policy 'fresh: ignore'
weak 'the trust file asks for no nonce: a copy of old evidence is accepted' good $live
weak 'that who answered is the enclave: a relay could stand in its place' good $live
weak '--root: not the pinned root of AWS is trusted, but the one that was given' good $live
weak '--at none: whether certificates and signatures are valid is not judged' good $live --at none
weak 'that it still runs: the evidence is judged as of another time' good $live --at none
weak '--ark: not the pinned roots of AMD are trusted, but those that were given' $snp $trusted
weak 'VMPL 1: what runs at lower levels can read and change the guest' $snp $trusted --vmpl 1
policy 'committed-firmware: ignore'
weak 'the trust file accepts firmware that may still be taken back' $snp $trusted --trust policy.yml
ok 'whatever makes a verdict weaker is told with it'
plan done
