#!/bin/sh
# Entries by sigsum-submit, in proofs that sigsum-verify takes as well
. "${0%/*}/../lib.sh"
need openssl
need sigsum-submit
proof=$BUILD/tests/proof

printf 'kernel' >kernel
printf 'ramdisk' >rd0
"$MEASURE" build eif -q --kernel kernel --cmdline 'console=ttyS0' --ramdisk rd0 -o image.eif
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out alice.key 2>/dev/null
openssl pkey -in alice.key -pubout -out alice.pub
"$MEASURE" manifest make image.eif --product example.org/blindbox --version 1.2.3 -q -o plain.corim
"$MEASURE" sign manifest plain.corim --signer alice --key alice.key -q -o alice.corim
"$MEASURE" trust add alice.pub -q --role publisher --trust plain.yml

expect sigsum-key generate -o submit.key
expect sigsum-key to-vkey -k submit.key.pub -n alice -o submit.vkey
expect sigsum-submit -k submit.key -o request alice.corim
"$proof" sigsum-policy >policy
{
	cat plain.yml
	"$proof" trust 'quorum w1'
	printf '    - %s\nrequire:\n  logs: require\n' "$(cat submit.vkey)"
} >sigsum.yml
for form in sigsum sigsum1; do
	"$proof" $form alice.corim witnesses=1 leaf="$(sed -n 's/^signature=//p' request)" \
		submitter="$(sigsum-key to-hash -k submit.key.pub)" >alice.proof
	expect sh -c 'sigsum-verify -k submit.key.pub -p policy alice.proof <alice.corim'
	expect sh -c '! sigsum-verify -k submit.key.pub -p policy alice.proof <plain.corim'
	run check image.eif --manifest alice.corim --proof alice.proof --trust sigsum.yml
	expect_status 0
	expect_stdout_has 'logged in  sigsum.org/v1/tree/'
done
ok 'an entry by sigsum-submit, in a proof that sigsum-verify takes too'
plan done
