#!/bin/sh
# `measure verify` and the static measure-verify: from evidence to a verdict
# shellcheck disable=SC2016,SC2046,SC2086,SC2317 # lists of options are words, backquotes are text
. "${0%/*}/../lib.sh"
need openssl
document=$BUILD/tests/document report=$BUILD/tests/report static=$BUILD/measure-verify

# what was released, and who is believed
printf 'kernel' >kernel
printf 'ramdisk' >rd0
printf 'another' >rd1
image() { "$MEASURE" build eif -q --kernel kernel --cmdline 'console=ttyS0' --ramdisk "$1" -o "$2"; }
image rd0 image.eif
image rd1 other.eif
"$MEASURE" manifest make image.eif --product example.org/blindbox --version 1.2.3 -q -o plain.corim
for name in alice bob; do
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
	"$MEASURE" trust add -q $name.pub --role publisher --trust trust.yml
	"$MEASURE" sign manifest plain.corim -q --signer $name --key $name.key -o $name.corim
done
"$MEASURE" trust add -q alice.pub --role publisher --threshold 2 --trust trust.yml
"$MEASURE" manifest bundle -q alice.corim bob.corim -o image.bundle
trusted='--manifest image.bundle --trust trust.yml'

# pcr FILE: the three registers as options of the maker
pcr() { "$MEASURE" eif "$1" | sed -n 's/^PCR\([012]\)  \(.*\)/--pcr \1=\2/p'; }
zeros=$(printf '00%.0s' $(seq 48))
nonce=000102030405060708090a0b0c0d0e0f
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

# the key of the connection, in a certificate as a server shows it; and that of somebody between
for name in server relay; do
	openssl req -x509 -newkey rsa:2048 -nodes -keyout $name.key -out $name.pem -subj /CN=$name -days 2 2>/dev/null
	openssl x509 -in $name.pem -noout -pubkey | openssl pkey -pubin -outform DER -out $name.spki
done

# make ROOT OUT OPTIONS...: a document signed a minute ago
soon=$(date -u -d '1 minute ago' +%Y-%m-%dT%H:%M:%SZ)
make()
{
	root=$1 out=$2
	shift 2
	"$document" --time "$soon" --nonce $nonce --public-key @server.spki "$@" "$root" "$out"
}
expect make root.pem good $(pcr image.eif)
expect make root2.pem other $(pcr other.eif)
expect make root3.pem debug --pcr 0=$zeros --pcr 1=$zeros --pcr 2=$zeros
ok 'evidence is made under roots of its own'

run verify good --root root.pem $trusted --nonce $nonce --tls-cert server.pem
expect_status 0
expect_stderr ''
sed -n '/^pass  genuine/,$p' "$STDOUT" | sed 's/in force/TIME/; s/^ *at 2.*Z$/(TIME)/' >checks
lib_compare 'the checks' checks - <<'END'
pass  genuine           5 certificates, from a root that --root names, TIME
(TIME)
pass  vendor-signature  ES384, by the certificate of the document
pass  production        PCR0, PCR1 and PCR2 are not all zero
pass  code              PCR0, PCR1, PCR2 are those of example.org/blindbox/1.2.3
pass  fresh             the nonce is the one that was sent
pass  channel           the public_key names no other key than the connection's
pass  policy            module_id, certificates and PCR4 name one instance
weakened             --root: not the pinned root of AWS is trusted, but the one
                     that was given
trusted              the Nitro hypervisor and security module of AWS, which
                     nobody outside AWS can rebuild
                     the keys under the root of its chain, and that whoever
                     holds them signs documents of their own machines alone
not proven           that its code is good, or that no later release replaces it
                     that nobody withdrew it: who hands out a manifest can leave
                     that out
                     that it was built from its source: its origin is asserted
PASS
END
expect_stdout_has 'signed by'
expect test "$(tail -n 1 "$STDOUT")" = PASS
ok 'the released image, in production, now, for me: a yes, and what it does not prove'

run verify good --root root.pem $trusted --nonce $nonce --tls-cert server.pem --json
expect_status 0
expect_json 'j["ok"] and [c["id"] for c in j["checks"]] == ["genuine", "vendor-signature", "production", "code", "fresh", "channel", "policy"]'
expect_json 'all(c["result"] == "pass" for c in j["checks"]) and j["live"] and "claims" in j and "unauthenticated" not in j'
expect_json '[c["status"] for c in j["components"]] == ["asserted"] * 3 and sorted(s["name"] for s in j["manifest"]["signers"]) == ["alice", "bob"]'
expect_json 'len(j["weakened"]) == 1 and any("origin is asserted" in s for s in j["not_proven"]) and j["trust_base"]'
ok 'the same as JSON'

run verify good --root root.pem $trusted --nonce $nonce --tls-cert relay.pem
expect_status 1
expect_stderr "measure: error[channel]: good: channel: the public_key names another key than the connection's"
expect_stdout_has 'fail  channel'
expect test "$(tail -n 1 "$STDOUT")" = FAIL
run verify good --root root.pem $trusted --nonce $nonce --public-key relay.spki -q
expect_status 1
expect_stdout ''
run verify good --root root.pem $trusted --nonce $nonce --public-key server.spki -q
expect_status 0
ok 'a relay that answers with its own key is refused'

run verify good --root root.pem $trusted --nonce $nonce
expect_status 0
expect_stdout_has 'skip  channel           no key of the connection was compared: a relay could'
ok 'without the key of the connection a relay is told of'

run verify other --root root2.pem $trusted --nonce $nonce
expect_status 1
expect_stderr_has 'measure: error[measurement]: other: code: PCR0, PCR1: not as in example.org/blindbox/1.2.3'
ok 'another image is refused'

run verify debug --root root3.pem $trusted --nonce $nonce
expect_status 1
expect_stderr_has 'measure: error[debug-mode]: debug: production: '
run verify debug --root root3.pem $trusted --nonce $nonce --allow-debug
expect_status 1
expect_stderr_has 'measure: error[measurement]: debug: code: PCR0, PCR1, PCR2: not as in'
expect_stdout_has 'weakened             --allow-debug: debug mode is accepted'
run verify debug --root root3.pem --nonce $nonce --pcr 0=$zeros
expect_status 2
expect_stderr_has 'measure: error[zero-measurement]: --pcr 0: the expected value is all zero'
run verify debug --root root3.pem --nonce $nonce --measurement $zeros
expect_status 2
expect_stderr_has 'error[zero-measurement]'
ok 'debug mode matches nothing, and zeros cannot be expected'

run verify good $trusted --nonce $nonce
expect_status 1
expect_stderr_has 'measure: error[untrusted-root]: good: genuine: '
expect_stdout_has 'not authentic: anybody can have written these'
run verify good $trusted --nonce $nonce --json
expect_json '"unauthenticated" in j and "claims" not in j'
ok 'what chains to no pinned root is not authentic'

run verify good --root root.pem $trusted
expect_status 4
expect_stderr "measure: error[no-nonce]: good: fresh: no nonce was compared: this may be a copy of old evidence"
expect test "$(tail -n 1 "$STDOUT")" = UNDECIDED
run verify good --root root.pem $trusted --insecure-no-nonce
expect_status 0
expect_stdout_has '--insecure-no-nonce: a copy of old evidence is accepted'
run verify good --root root.pem $trusted --nonce 0001
expect_status 1
expect_stderr_has 'measure: error[nonce]: good: fresh: the evidence was not made for this nonce'
ok 'live evidence needs its nonce'

run verify good --root root.pem --nonce $nonce
expect_status 4
expect_stderr_has 'measure: error[no-expectation]: good: code: '
ok 'without an expectation nothing is decided'

run verify good --root root.pem --nonce $nonce $(pcr image.eif)
expect_status 0
expect_stdout_has 'that anybody released it: the values were given, not signed'
run verify good --root root.pem --nonce $nonce $(pcr image.eif | head -n 1)
expect_status 0
expect_stdout_has 'what PCR1, PCR2 would tell, which was not compared'
run verify good --root root.pem --nonce $nonce $(pcr other.eif)
expect_status 1
ok 'values can be given one by one'

run verify good --root root.pem --manifest alice.corim --trust trust.yml --nonce $nonce
expect_status 4
expect_stderr_has 'measure: error[threshold]: good: code: the manifest does not count: threshold: 1 trusted key signed, 2 must'
expect_stdout_has 'pass  fresh'
run verify good --root root.pem --manifest image.bundle --trust none.yml --nonce $nonce
expect_status 4
expect_stderr_has 'error[no-trust]'
ok 'a manifest that too few signed does not count, and all else is still judged'

run verify good --root root.pem $trusted --at document
expect_status 0
expect test "$(tail -n 1 "$STDOUT")" = "PASS as of $soon (says nothing about now)"
expect_stdout_has 'skip  fresh             judged as of another time than now, so not asked for'
run verify good --root root.pem $trusted --at "$now"
expect_status 0
expect test "$(tail -n 1 "$STDOUT")" = "PASS as of $now (says nothing about now)"
run verify good --root root.pem $trusted --at none
expect_status 0
expect_stdout_has '--at none: whether certificates and signatures are valid'
expect test "$(tail -n 1 "$STDOUT")" = 'PASS as of no time (says nothing about now)'
run verify good --root root.pem $trusted --at 2020-01-01T00:00:00Z
expect_status 1
expect_stderr_has 'error[not-yet-valid]'
run verify good --root root.pem $trusted --at document --nonce 00
expect_status 1
expect_stderr_has 'error[nonce]'
expect make rootk.pem kept --time 2024-05-01T12:00:00Z $(pcr image.eif)
run verify kept --root rootk.pem $trusted --nonce $nonce
expect_status 1
expect_stderr_has 'measure: error[expired]: kept: genuine: '
expect_stderr_has 'measure: hint: evidence that was kept is judged by another time: --at document'
ok 'an archive says that it says nothing about now'

run verify good --root root.pem $trusted --nonce $nonce --kind snp
expect_status 1
expect_stderr_has 'measure: error[policy]: good: policy: the kind nitro is not one of those that are accepted'
cp trust.yml policy.yml
printf 'require:\n  kinds: [nitro]\n  regions: [us-east-1]\n  statuses: [source]\n  channel: require\n' >>policy.yml
run verify good --root root.pem --manifest image.bundle --trust policy.yml --nonce $nonce
expect_status 1
expect_stdout_has 'the region eu-west-1 is not one of those that are'
expect_stderr_has 'error[policy]'
expect_stdout_has 'kernel is asserted, which is not accepted'
run verify good --root root.pem --manifest image.bundle --trust policy.yml --nonce $nonce --kind snp
expect_status 2
expect_stderr_has 'the trust file does not accept it'
cp trust.yml channel.yml
run verify good --root root.pem $trusted --nonce $nonce --tls-cert server.pem \
	--product example.org/blindbox --version 1.2.3
expect_status 0
run verify good --root root.pem $trusted --nonce $nonce --tls-cert server.pem --version 1.2.2
expect_status 1
expect_stderr_has 'error[other-release]'
expect_stderr_has 'the manifest is of version 1.2.3, and 1.2.2 was asked for'
run verify good --root root.pem --nonce $nonce --product example.org/blindbox
expect_status 2
expect_stderr_has '--product means nothing without --manifest'
ok 'a manifest of another release than is meant is a no'

printf 'require:\n  channel: require\n' >>channel.yml
run verify good --root root.pem --manifest image.bundle --trust channel.yml --nonce $nonce
expect_status 4
expect_stderr_has 'error[no-channel]'
ok 'the policy of the trust file narrows what is accepted'

# ---- reports

mkdir snp
measurement=$(printf 'a5%.0s' $(seq 48))
spki=$(openssl dgst -sha256 -r server.spki | cut -d ' ' -f 1)
expect "$report" snp Milan measurement="$measurement" report-data="$spki$nonce$(printf '00%.0s' $(seq 16))" \
	host-data="$(printf '0c%.0s' $(seq 32))"
snp='--vek snp/vek.der --chain snp/chain.pem --ark snp/ark.der'
run verify snp/report $snp --measurement $measurement --nonce $nonce --tls-cert server.pem
expect_status 0
expect_stdout_has 'pass  code              MEASUREMENT is the one that was given'
expect_stdout_has "pass  channel           the report data names no other key than the connection's"
run verify snp/extended --ark snp/ark.der --measurement $measurement --nonce $nonce --tls-cert server.pem -q
expect_status 0
run verify snp/report $snp --measurement $measurement --nonce $nonce --tls-cert relay.pem --json
expect_status 1
expect_json '{c["id"] for c in j["checks"] if c["result"] == "fail"} == {"fresh", "channel"}'
ok 'a report binds the nonce and the key of the connection'

run verify snp/report $snp --measurement $measurement --insecure-no-nonce --vmpl 1
expect_status 1
expect_stderr_has 'error[policy]'
run verify snp/report $snp --measurement $measurement --insecure-no-nonce --min-tcb bl=4,tee=0,snp=25,ucode=219
expect_status 1
expect_stderr_has 'error[tcb]'
run verify snp/report $snp --measurement $measurement --insecure-no-nonce --host-data $(printf '0d%.0s' $(seq 32))
expect_status 1
expect_stderr_has 'error[measurement]: snp/report: code: HOST_DATA is not the one that was given'
run verify snp/report $snp --measurement $measurement --insecure-no-nonce --report-data $(printf '0d%.0s' $(seq 64))
expect_status 1
expect_stderr_has 'error[nonce]'
run verify snp/report $snp $trusted --insecure-no-nonce
expect_status 1
expect_stderr_has 'has no reference values for such evidence (snp)'
run verify snp/report $snp --measurement $measurement --at document
expect_status 2
expect_stderr_has 'error[no-time-in-evidence]'
run verify snp/report --ark snp/ark.der --measurement $measurement --insecure-no-nonce
expect_status 4
expect_stderr_has 'error[collateral]'
mkdir chain
cp snp/chain.pem chain/a.txt
printf 'nothing' >chain/b
run verify snp/report --vek snp/vek.der --chain chain --ark snp/ark.der --measurement $measurement --insecure-no-nonce -q
expect_status 0
ok 'what a report can be asked, and certificates out of a folder'

run verify snp/report $snp --host-data $(printf '0c%.0s' $(seq 32)) --insecure-no-nonce
expect_status 0
expect_stdout_has 'weakened             no measurement of the image was given: any code could run'
run verify good --root root.pem --pcr 4=$("$MEASURE" pcr --instance-id i-0123456789abcdef0 | cut -d ' ' -f 3) --nonce $nonce
expect_stdout_has 'weakened             no measurement of the image was given: any code could run'
run verify good --root root.pem $(pcr image.eif) --nonce $nonce --json
expect_status 0
expect_json 'not any("any code" in s for s in j["weakened"])'
ok 'an expectation that is not about the image is told of as a weakening'

mkdir zeros
expect "$report" zeros Milan measurement="$measurement" report-data=$(printf '00%.0s' $(seq 64))
run verify zeros/report --vek zeros/vek.der --chain zeros/chain.pem --ark zeros/ark.der --measurement $measurement --nonce $(printf '00%.0s' $(seq 16))
expect_status 1
expect_stderr 'measure: error[nonce]: zeros/report: fresh: a nonce of zeros is none: reports hold zeros without one'
run verify zeros/report --vek zeros/vek.der --chain zeros/chain.pem --ark zeros/ark.der --measurement $measurement --nonce $(printf '00%.0s' $(seq 16)) --at "$now"
expect_status 0
ok 'a nonce of zeros is not found in a live report that has none'

for demand in '--vmpl 0' '--min-tcb bl=1'; do
	run verify good --root root.pem $(pcr image.eif) --nonce $nonce $demand
	expect_status 1
	expect_stderr 'measure: error[policy]: good: policy: the kind nitro is not one of those that are accepted'
done
run verify good --root root.pem $(pcr image.eif) --nonce $nonce --vmpl 0 --kind nitro
expect_status 2
expect_stderr_has '--vmpl asks of reports, and --kind nitro accepts none'
ok 'what only a report can be asked is not dropped in silence of a document'

printf 'version: 1\nrequire:\n  known-floors: ignore\n' >floors.yml
run verify snp/report $snp --measurement $measurement --insecure-no-nonce --trust floors.yml
expect_status 0
expect_stdout_has "the trust file accepts firmware older than AMD's"
ok 'a trust file that ignores known floors is told of'

# ---- what is no evidence

refused() # HINT FILE
{
	run verify "$2" --at none --pcr "0=$measurement"
	expect_status 3
	expect_stdout ''
	expect_stderr "measure: error[not-evidence]: $2: is no evidence of a kind that is known here
measure: hint: $1"
}
refused 'this is an image: `measure check` compares images with a manifest' image.eif
refused 'this is a manifest: give it with --manifest, and the evidence itself' alice.corim
refused 'this is a manifest: give it with --manifest, and the evidence itself' plain.corim
refused 'this is a manifest: give it with --manifest, and the evidence itself' image.bundle
refused 'this is PEM: certificates are given with --chain, --vek, --root or --ark' server.pem
base64 good >good.base64
refused 'this is base64 text: `base64 -d` makes bytes of it' good.base64
od -An -v -tx1 good >good.hex
refused 'this is hexadecimal text: `xxd -r -p` makes bytes of it' good.hex
printf 'eyJhbGciOiJSUzI1NiJ9.e30.AAAA' >token
refused 'this is a token of a service, which this version does not read' token
: >empty
run verify empty --at none
expect_status 3
expect_stderr 'measure: error[not-evidence]: empty: the file is empty'
printf 'text' >text
run verify text --at none
expect_status 3
expect_stderr 'measure: error[not-evidence]: text: is no evidence of a kind that is known here'
run verify nothing --at none
expect_status 5
ok 'an image, a manifest and whatever else is no evidence, with a word on what it is'

head -c 200 good >short
run verify short --at none --json
expect_status 3
expect_json 'j["checks"][0]["id"] == "genuine" and j["checks"][0]["reason"] == "format" and len(j["checks"]) == 7'
ok 'malformed evidence has all checks, of which one says why'

# ---- usage

usage()
{
	want=$1
	shift
	run verify good "$@"
	expect_status 2
	expect_stderr "measure: error[usage]: $want
measure: hint: see \`measure help verify\`"
}
usage '--db and --manifest exclude each other' --db db --manifest x
usage '--channel has no meaning without --db' --channel stable
usage "--pcr needs N=HEX with N from 0 to 31, found '32=00'" --pcr 32=00
usage "--pcr needs N=HEX with N from 0 to 31, found 'x'" --pcr x
usage '--pcr 0: 1 bytes are given, 48 are needed' --pcr 0=00
usage '--pcr 0 is given twice' --pcr "0=$measurement" --pcr "0=$measurement"
usage '--host-data: needs 32 to 32 bytes, 1 are given' --host-data 00
usage '--nonce: needs 1 to 512 bytes, 0 are given' --nonce ''
usage '--tls-cert and --public-key exclude each other' --tls-cert server.pem --public-key server.spki
usage '--binding needs --tls-cert or --public-key' --binding public-key
usage "--binding takes public-key, user-data-sha256, report-data-sha256 or report-data-sha512, not 'x'" \
	--binding x --tls-cert server.pem
usage "--vmpl needs 0 to 3, found '4'" --vmpl 4
usage "--min-tcb needs bl=N,tee=N,snp=N,ucode=N,fmc=N, each once and from 0 to 255, found 'bl=256'" --min-tcb bl=256
usage "--min-tcb needs bl=N,tee=N,snp=N,ucode=N,fmc=N, each once and from 0 to 255, found 'bl=1'" --min-tcb bl=1,bl=1
run verify good --tls-cert server.key
expect_status 3
expect_stderr_has 'error[key]: server.key: is a private key'
run verify good --tls-cert text
expect_status 3
run verify --nonce 00
expect_status 2
ok 'what cannot be carried out is said'

# ---- many

mkdir many
for i in 1 2 3; do
	cp good many/$i
done
run verify --batch many --root root.pem $trusted --nonce $nonce
expect_status 0
expect_stderr 'measure: 3 of 3 are a yes'
expect test "$(wc -l <"$STDOUT")" -eq 3
cp "$STDOUT" lines
expect python3 -c 'import json
l = [json.loads(x) for x in open("lines")]
assert [x["file"] for x in l] == ["many/1", "many/2", "many/3"] and all(x["ok"] and len(x["checks"]) == 7 for x in l)'
printf 'many/1\nimage.eif\nother\nnone\n' >list
run verify --batch list --root root.pem $trusted --nonce $nonce
expect_status 5
printf 'many/1\nother\nimage.eif\n' >list
run verify --batch list --root root.pem $trusted --nonce $nonce
expect_status 3
expect_stderr 'measure: 1 of 3 are a yes
measure: error[not-evidence]: image.eif: is no evidence of a kind that is known here
measure: hint: this is an image: `measure check` compares images with a manifest'
printf 'many/1\nother\n' >list
run verify --batch list --root root.pem $trusted --nonce $nonce -q
expect_status 1
expect_stdout ''
run verify --batch list --root root.pem $trusted
expect_status 1
printf 'many/1\n' >list
run verify --batch list --root root.pem $trusted
expect_status 4
mkdir nobody
run verify --batch nobody --root root.pem $trusted
expect_status 3
expect_stderr_has 'error[not-evidence]: nobody: names no file at all'
run verify --batch many good --root root.pem
expect_status 2
ok 'many have a line each, and the worst decides'

# ---- the static program

if [ ! -x "$static" ]; then
	skip 'the static program' 'a build with sanitizers has none'
	plan done
fi
ldd "$static" >linked 2>&1
expect grep -qE 'statically linked|not a dynamic executable' linked
expect test "$(stat -c %s "$static")" -le 12582912
run_command "$static" help
expect_status 0
expect_stdout_has 'usage: measure-verify VERB [OPTION...]'
expect_stdout_has 'verify      is what runs the image'
run_command "$static" eif image.eif
expect_status 2
expect_stderr_has "unknown verb 'eif'"
run_command "$static" help verify
sed 's/measure-verify verify/measure verify/' "$STDOUT" >static.help
run help verify
expect_same static.help "$STDOUT"
ok 'measure-verify is static, at most 12 MiB, and has the two verbs alone'

# same STATUS ARGS...: both programs say the same
same()
{
	want=$1
	shift
	run "$@"
	expect_status "$want"
	cp "$STDOUT" dynamic.out
	sed 's/^measure:/measure-verify:/; s/measure help/measure-verify help/' "$STDERR" >dynamic.err
	run_command "$static" "$@"
	expect_status "$want"
	expect_same dynamic.out "$STDOUT"
	expect_same dynamic.err "$STDERR"
}
same 0 verify good --root root.pem $trusted --at document
same 0 verify good --root root.pem $trusted --at document --json
same 1 verify other --root root2.pem $trusted --at document --json
same 4 verify good --root root.pem --at document
same 3 verify image.eif
same 2 verify good --vmpl 9
same 0 check image.eif $trusted
same 1 check other.eif $trusted --json
same 3 check image.eif --manifest text --trust trust.yml
same 3 check image.eif --manifest image.bundle --trust text
ok 'both programs give the same answers'

# Before the first foreign byte: it waits for standard input behind the filter.
mkfifo pipe
"$static" verify - --at none >answer 2>&1 <pipe &
id=$!
exec 3>pipe
i=0
until grep -q '^Seccomp:.*2' "/proc/$id/status" 2>/dev/null || [ "$i" -ge 100 ]; do
	sleep 0.05
	i=$((i + 1))
done
expect grep -qE '^Seccomp:\s+2' "/proc/$id/status"
expect grep -qE '^NoNewPrivs:\s+1' "/proc/$id/status"
exec 3>&-
wait "$id"
expect grep -q 'error\[not-evidence\]: standard input: the file is empty' answer
ok 'it is confined before it reads'
plan done
