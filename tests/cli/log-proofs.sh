#!/bin/sh
# `check`, `verify` and `manifest bundle` with proofs that a manifest was published in a log
. "${0%/*}/../lib.sh"
need openssl
proof=$BUILD/tests/proof

printf 'kernel' >kernel
printf 'first ramdisk' >rd0
printf 'second ramdisk' >rd1
"$MEASURE" build eif -q --kernel kernel --cmdline 'console=ttyS0' --ramdisk rd0 --ramdisk rd1 -o image.eif
for name in alice bob; do
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
"$MEASURE" manifest make image.eif --product example.org/blindbox --version 1.2.3 -q -o plain.corim
for name in alice bob; do
	"$MEASURE" sign manifest plain.corim --signer $name --key $name.key -q -o $name.corim
done
"$MEASURE" trust add alice.pub -q --role publisher --trust plain.yml
cp plain.yml logs.yml
"$proof" trust 'group g 2 w1 w2 w3' 'quorum g' >>logs.yml
cp logs.yml require.yml
printf 'require:\n  logs: require\n' >>require.yml
prove() { "$proof" "$@"; }
prove tlog alice.corim witnesses=3 >alice.tlog-proof

run check image.eif --manifest alice.corim --proof alice.tlog-proof --trust require.yml
expect_status 0
expect_stderr ''
expect_stdout_has 'logged in  log.example/1, entry 5'
expect_stdout_has 'pass  proof             log.example/1: entry 5 of 11, in a tree that 2 known
                        witnesses signed'
expect_stdout_has 'pass  logs              what was signed is published'
run check image.eif --manifest alice.corim --proof alice.tlog-proof --trust require.yml --json
expect_json '[c["id"] for c in j["checks"]][:4] == ["signature", "threshold", "proof", "logs"]'
ok 'a proof under the policy of the trust file makes a yes'

run check image.eif --manifest alice.corim --trust require.yml
expect_status 4
expect_stderr_has 'measure: error[no-proof]: image.eif: logs: no proof counts that what was signed is published'
expect test "$(tail -n 1 "$STDOUT")" = UNDECIDED
run check image.eif --manifest alice.corim --trust logs.yml
expect_status 0
expect_stdout_has 'warn  logs              no proof counts that what was signed is published'
run check image.eif --manifest alice.corim --trust plain.yml
expect_status 0
expect test "$(grep -c 'logs ' "$STDOUT")" = 0
ok 'without one it is undecided, told of, or nothing, as the trust file says'

run check image.eif --manifest alice.corim --proof alice.tlog-proof --trust plain.yml
expect_status 4
expect_stderr_has 'error[no-proof]'
expect_stdout_has 'warn  proof             log.example/1: the trust file names no log; it counts'
ok 'a proof that is given is wanted, so a log must be named'

for form in tlog spicy sigsum sigsum1; do
	for size in 1 2 3 64 1000; do
		prove $form alice.corim witnesses=7 size=$size index=$((size / 3)) >a.proof
		run check image.eif --manifest alice.corim --proof a.proof --trust require.yml
		expect_status 0
	done
done
ok 'every form, in trees of any size'

# refused STATUS REASON TEXT PROOF-ARGUMENT...
refused()
{
	want_status=$1 want_reason=$2 want_text=$3
	shift 3
	prove "$@" >a.proof
	run check image.eif --manifest alice.corim --proof a.proof --trust require.yml
	expect_status "$want_status"
	expect_stderr_has "measure: error[$want_reason]: image.eif: $want_text"
}
for form in tlog spicy; do
	refused 1 log-proof 'proof: log.example/1: the log: the signature in the name of this key does not hold' \
		$form alice.corim witnesses=3 defect=broken
	refused 1 log-proof "proof: log.example/1: the witness 'w1': the signature in the name of this key does not hold" \
		$form alice.corim witnesses=3 defect=broken-witness
	refused 1 log-proof 'proof: log.example/1: entry 5 of 11 is none of the signed manifests here' \
		$form bob.corim witnesses=3
	refused 1 log-proof 'proof: log.example/1: entry 5 of 11 is none of the signed manifests here' \
		$form plain.corim witnesses=3
	refused 1 log-proof 'proof: log.example/1: entry 5 of 11 is none of the signed manifests here' \
		$form alice.corim witnesses=3 defect=other-entry
	refused 4 log-quorum 'logs: no proof counts that what was signed is published' \
		$form alice.corim witnesses=1
	refused 4 log-quorum 'logs: no proof counts' $form alice.corim witnesses=1 defect=twice
	refused 4 log-quorum 'logs: no proof counts' $form alice.corim witnesses=1 defect=collision
	refused 4 log-quorum 'logs: no proof counts' $form alice.corim witnesses=7 time=0
	refused 4 log-quorum 'logs: no proof counts' $form alice.corim witnesses=7 time=9999999999
	refused 4 no-proof 'logs: no proof counts' $form alice.corim witnesses=7 name=other.example/log
done
log=sigsum.org/v1/tree/$(prove sigsum alice.corim | sed -n 's/^log=//p')
refused 1 log-proof "proof: $log: the log: the signature in the name of this key does not hold" \
	sigsum alice.corim witnesses=3 defect=broken
refused 1 log-proof "proof: $log: the submitter: the signature in the name of this key does not hold" \
	sigsum alice.corim witnesses=3 defect=broken-leaf
refused 1 log-proof "proof: $log: entry 5 of 11 is none of the signed manifests here" \
	sigsum bob.corim witnesses=3
refused 4 log-quorum 'logs: no proof counts' sigsum alice.corim witnesses=4
ok 'what does not hold is a no, what counts for nothing leaves it undecided'

prove tlog alice.corim witnesses=7 >one.proof
prove tlog alice.corim witnesses=7 changed=99 >two.proof
run check image.eif --manifest alice.corim --proof one.proof --proof two.proof --trust logs.yml --json
expect_status 1
expect_json 'j["reason"] == "log-split"'
expect_json '[len(c["expected"]) == 64 == len(c["actual"]) and c["expected"] != c["actual"] for c in j["checks"] if c.get("reason") == "log-split"] == [True]'
ok 'two trees of one size with different roots are shown side by side'

# malformed REASON TEXT: a.proof
malformed()
{
	run check image.eif --manifest alice.corim --proof a.proof --trust require.yml
	expect_status 3
	expect_stdout ''
	expect_stderr "measure: error[$1]: a.proof: $2"
}
printf 'hello\n' >a.proof
malformed proof-form 'the first line is that of no proof of publication, at offset 0 (0x0)'
sed 's/$/\r/' one.proof >a.proof
malformed proof-form 'the first line is that of no proof of publication, at offset 0 (0x0)'
sed '5s/=$//' one.proof >a.proof
malformed proof-form 'the path has no hash of 32 bytes in base64 here, at offset 121 (0x79)'
sed '5d' one.proof >a.proof
malformed proof-form 'the path has 3 hashes and must have 4 for entry 5 of 11, at offset 0 (0x0)'
sed '5p' one.proof >a.proof
malformed proof-form 'the path has 5 hashes and must have 4 for entry 5 of 11, at offset 0 (0x0)'
sed 's/^index .*/index 11/' one.proof >a.proof
malformed proof-form 'there is no entry 11 in a tree of 11, at offset 0 (0x0)'
sed 's/^index .*/index 05/' one.proof >a.proof
malformed proof-form 'the index is no decimal number, at offset 23 (0x17)'
sed 's/^11$/011/' one.proof >a.proof
malformed proof-form "the checkpoint's size is no decimal number, at offset 226 (0xe2)"
ok 'a proof of another form is malformed'

run manifest bundle alice.corim bob.corim --proof alice.tlog-proof -o one.bundle --json
expect_status 0
expect_json 'j["signatures"] == 2 and j["proofs"] == 1 and j["collateral"] == 0'
run check image.eif --manifest one.bundle --trust require.yml
expect_status 0
expect_stdout_has 'logged in  log.example/1, entry 5'
prove sigsum bob.corim witnesses=7 >bob.proof
run manifest bundle one.bundle --proof bob.proof --proof alice.tlog-proof -o two.bundle
run manifest bundle bob.corim alice.corim --proof alice.tlog-proof --proof bob.proof -o same.bundle
expect_same two.bundle same.bundle
run manifest show two.bundle
expect_stdout_has 'Proof       log.example/1, entry 5 of 11'
expect_stdout_has 'Proof       sigsum.org/v1/tree/'
run manifest show two.bundle --json
expect_json '[(p["form"], p["index"], p["size"]) for p in j["proofs"]] == [("tlog-proof", 5, 11), ("sigsum", 5, 11)]'
run manifest lint two.bundle
expect_status 0
ok 'a bundle carries proofs, and is the same in whatever order they came'

run manifest bundle plain.corim --proof alice.tlog-proof -o none.bundle
expect_status 0
run check image.eif --manifest none.bundle --manifest alice.corim --trust require.yml
expect_status 0
ok 'a proof is of a signature, whichever file brings it'

run check image.eif --manifest alice.corim --trust require.yml --proof missing
expect_status 5
expect_stderr 'measure: error[no-such-file]: missing: cannot be opened: No such file or directory'
run verify x --proof alice.tlog-proof --pcr "0=$(printf '11%.0s' $(seq 48))"
expect_status 2
expect_stderr_has 'measure: error[usage]: --proof means nothing without --manifest'
ok 'a proof without a manifest, or without a file, is refused'

nonce=000102030405060708090a0b0c0d0e0f
# shellcheck disable=SC2046 # options are words
"$BUILD/tests/document" --time "$(date -u -d '1 minute ago' +%Y-%m-%dT%H:%M:%SZ)" --nonce $nonce $("$MEASURE" eif image.eif | sed -n 's/^PCR\([012]\)  \(.*\)/--pcr \1=\2/p') \
	root.pem document
run verify document --root root.pem --nonce $nonce --manifest alice.corim --trust require.yml
expect_status 4
expect_stderr_has 'measure: error[no-proof]: document: code: '
run verify document --root root.pem --nonce $nonce --manifest alice.corim --trust require.yml --proof alice.tlog-proof
expect_status 0
expect_stdout_has 'logged in  log.example/1, entry 5'
prove tlog bob.corim witnesses=7 >a.proof
run verify document --root root.pem --nonce $nonce --manifest alice.corim --trust plain.yml --proof a.proof
expect_status 4
run verify document --root root.pem --nonce $nonce --manifest alice.corim --trust logs.yml --proof a.proof
expect_status 1
expect_stderr_has 'measure: error[log-proof]: document: code: '
run verify document --root root.pem --nonce $nonce --manifest two.bundle --trust require.yml --json
expect_status 0
expect_json '[c["id"] for c in j["manifest"]["checks"]] == ["signature", "signature", "threshold", "proof", "proof", "logs"]'
ok 'verify demands of a manifest what check does'

run trust show --trust require.yml
expect_status 0
sed -n '/^logs:/,$p' "$STDOUT" >shown
sed -n '/^logs:/,$p' require.yml >written
expect_same shown written
run trust show --trust require.yml --json
expect_json 'j["logs"]["policy"].startswith("log log.example/1+") and j["logs"]["policy"].endswith("quorum g\n")'
expect_json 'len(j["logs"]["submitters"]) == 1 and j["require"]["logs"] == "require"'
cp require.yml added.yml
"$MEASURE" trust add bob.pub -q --role publisher --trust added.yml
expect test "$(sed -n '/^logs:/,$p' added.yml)" = "$(sed -n '/^logs:/,$p' require.yml)"
ok 'the trust file shows them, and keeps them when a key is added'

refuse_trust()
{
	run trust show --trust bad.yml
	expect_status 3
	expect_stderr "measure: error[trust]: bad.yml: $1"
}
cp plain.yml bad.yml
printf 'require:\n  logs: require\n' >>bad.yml
refuse_trust "line $(wc -l <bad.yml): a log is required, and the file names none under 'logs'"
sed 's/quorum g/quorum h/' logs.yml >bad.yml
refuse_trust "line $(grep -n 'policy:' bad.yml | cut -d: -f1): the policy: line 7: no line above names 'h'"
sed 's/- submitter+/- submit+/' logs.yml >bad.yml
run trust show --trust bad.yml
expect_status 3
expect_stderr_has "a submitter: the id is '"
sed '$p' logs.yml >bad.yml
refuse_trust "line $(wc -l <bad.yml): a submitter: the key stands twice"
ok 'a policy that is none is refused with its line'
plan done
