#!/bin/sh
# Proofs of publication by the log of litetlog: with and without the first line of tlog-proof
. "${0%/*}/../lib.sh"
need openssl
need spicy-litetlog

printf 'kernel' >kernel
printf 'ramdisk' >rd0
"$MEASURE" build eif -q --kernel kernel --cmdline 'console=ttyS0' --ramdisk rd0 -o image.eif
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out alice.key 2>/dev/null
openssl pkey -in alice.key -pubout -out alice.pub
"$MEASURE" manifest make image.eif --product example.org/blindbox --version 1.2.3 -q -o plain.corim
"$MEASURE" sign manifest plain.corim --signer alice --key alice.key -q -o alice.corim
"$MEASURE" trust add alice.pub -q --role publisher --trust plain.yml

mkdir assets
key=$(spicy-litetlog -assets assets -key log.key -init log.example/spicy 2>&1 |
	sed -n 's/.*Public key: //p')
{
	cat plain.yml
	printf 'logs:\n  policy: |\n    log %s\n    quorum none\nrequire:\n  logs: require\n' "$key"
} >spicy.yml
for file in one two alice.corim three; do
	[ -e "$file" ] || echo "$file" >"$file"
	expect spicy-litetlog -assets assets -key log.key "$file"
done
run check image.eif --manifest alice.corim --proof alice.corim.spicy --trust spicy.yml
expect_status 0
expect_stdout_has 'logged in  log.example/spicy, entry 2'
{ echo c2sp.org/tlog-proof@v1 && cat alice.corim.spicy; } >alice.tlog-proof
run check image.eif --manifest alice.corim --proof alice.tlog-proof --trust spicy.yml
expect_status 0
run check image.eif --manifest alice.corim --proof two.spicy --trust spicy.yml
expect_status 1
expect_stderr_has 'measure: error[log-proof]: image.eif: proof: log.example/spicy: entry 1 of 2 is none'
ok 'a proof by spicy-litetlog'
plan done
