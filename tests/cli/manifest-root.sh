#!/bin/sh
# A bundle with a root image: in a manifest, checked against it, held against another
# shellcheck disable=SC2086,SC2317 # lists of options are words; expect calls functions
. "${0%/*}/../lib.sh"
need openssl
need python3

"$BUILD/tests/forge_ovmf" fw.fd
printf kernel >kernel
mkdir -p root/etc other/etc
seq 2000 >root/etc/numbers
seq 2000 | sed 's/^1000$/0001/' >other/etc/numbers
said() { tr -s '\n ' ' ' <"$STDOUT" | grep -qF -- "$1"; }
# bundle ROOT OUT
bundle()
{
	expect "$MEASURE" build snp -q --ovmf fw.fd --kernel kernel --root $1 --cmd /bin/app --vcpus 4 \
		--vcpu-type EPYC-Milan --append quiet -o $2
}
bundle root guest
bundle other second

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key 2>/dev/null
openssl pkey -in key -pubout -out key.pub
run manifest make guest --product example.org/vm --version 1 -o plain.corim
expect_status 0
expect "$MEASURE" sign manifest -q plain.corim --key key -o signed.corim
"$MEASURE" trust add key.pub --role publisher --name p --trust trust.yml >/dev/null 2>&1
run manifest show plain.corim
expect_stdout_has "Part        root, $(wc -c <guest/root.img) bytes, asserted"
expect_stdout_has "  sha256  $(sha256sum guest/root.img | cut -d ' ' -f 1)"
run check guest --manifest signed.corim --trust trust.yml
expect_status 0
expect said 'all 5 parts are those of the manifest'
expect said 'root.img is the image whose root hash the command line holds'
ok 'a manifest names the root image, and check computes it again'

# no WHAT: a copy of the bundle that was spoilt
no()
{
	run check spoilt --manifest signed.corim --trust trust.yml
	expect_status 1
	expect said "$1"
	expect_stdout_has 'FAIL'
	rm -r spoilt
}
size=$(wc -c <guest/root.img)
for at in 0 1030 5000 $((size - 1)); do
	cp -r guest spoilt
	put_at spoilt/root.img $at 5a
	no 'root differs from the manifest'
done
cp -r guest spoilt
truncate -s -1 spoilt/root.img
no 'root differs from the manifest'
cp -r guest spoilt
rm spoilt/root.img
no "'root.img' is missing"
cp -r guest spoilt
cp second/root.img spoilt/root.img
no 'root.img is not the image whose root hash the command line holds'
ok 'another image, a changed byte and none at all are no'

# lies SED-SCRIPT TEXT: a record that says something else of the same files
lies()
{
	cp -r guest liar
	sed -i "$1" liar/launch.json
	run manifest make liar --product example.org/vm --version 1 -o new
	expect_status 3
	expect_stderr "measure: error[launch-record]: liar/$2"
	expect_no_file new
	rm -r liar
}
hash=$(sed -n 's/.*"root_hash": "\(.*\)",/\1/p' guest/launch.json)
lies "s/$hash/$(echo $hash | tr 0-9a-f 1-9a-f0)/" 'launch.json: the root hash of root of the files beside it is another one'
lies "s/\"size\": $size,/\"size\": 4096,/" 'launch.json: the sha256 or size of root of the files beside it is another one'
expect "$MEASURE" build snp -q --ovmf fw.fd --kernel kernel --initrd guest/initrd --append quiet \
	--vcpus 4 --vcpu-type EPYC-Milan -o liar
python3 - <<'END'
import json
mine, other = (json.load(open(d + '/launch.json')) for d in ('liar', 'guest'))
mine['files']['root'], mine['verity'] = other['files']['root'], other['verity']
json.dump(mine, open('liar/launch.json', 'w'))
END
cp guest/root.img liar
run manifest make liar --product example.org/vm --version 1 -o new
expect_status 3
expect_stderr 'measure: error[launch-record]: liar/cmdline: the command line does not name root.img'
ok 'a record that tells of another image is refused'

run diff guest second
expect_status 1
expect_stdout_has 'launch digest differs, through cmdline and root (2 of 6 parts)'
expect_stdout_has 'would match if: the bytes of cmdline and the bytes of root were as in the second'
cp -r guest same
run diff guest same
expect_status 0
ok 'two bundles whose roots differ differ in root and command line'

plan done
