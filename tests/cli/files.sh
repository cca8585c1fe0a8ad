#!/bin/sh
# A release of files alone, without an image: from files by hand to a manifest, and what is held
# against it by the program and by the static measure-verify; then from a recipe to a release
# shellcheck disable=SC2016,SC2086 # backquotes in messages; lists of options are words
. "${0%/*}/../lib.sh"
need openssl
static=$BUILD/measure-verify document=$BUILD/tests/document

for name in alice dave root; do
	openssl genpkey -algorithm ed25519 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
trust() { "$MEASURE" trust add -q "$@" --trust trust.yml; }
trust alice.pub --role publisher
trust dave.pub --role withdrawer
trust root.pub --role root

mkdir bin renamed changed
echo 'the program' >bin/boxd
echo 'the source' >bin/box-1.2.3.tar.gz
echo 'the licence' >bin/licence
sum() { sha256sum "$1" | cut -c 1-64; }
id='--product example.org/box --version 1.2.3'

# ---- the manifest
run manifest make --files bin/licence bin/boxd bin/box-1.2.3.tar.gz $id -o box.corim
expect_status 0
expect_stdout "$(sum bin/box-1.2.3.tar.gz)  box-1.2.3.tar.gz
$(sum bin/boxd)  boxd
$(sum bin/licence)  licence"
expect_stderr 'measure: all origins are asserted: without a build record nobody can reproduce this manifest from source'
run manifest make bin/boxd --files bin/box-1.2.3.tar.gz $id bin/licence -o again.corim --json
expect_json 'list(j["files"]) == ["box-1.2.3.tar.gz", "boxd", "licence"] and j["id"] == "example.org/box/1.2.3"'
expect_same box.corim again.corim
run manifest lint box.corim
expect_status 0
expect_stdout 'no findings'
run manifest show box.corim
expect_status 0
expect_stdout "Manifest    example.org/box/1.2.3
Form        base CoRIM, as this program writes it
Signed      no
Product     example.org/box
Version     1.2.3
Vendor      example.org
File        box-1.2.3.tar.gz, 11 bytes, asserted
  sha256  $(sum bin/box-1.2.3.tar.gz)
File        boxd, 12 bytes, asserted
  sha256  $(sum bin/boxd)
File        licence, 12 bytes, asserted
  sha256  $(sum bin/licence)"
ok 'files have a manifest, the same in whichever order they are given'

# refused TEXT ARGS...: measure manifest make is a usage error
refused()
{
	text=$1
	shift
	run manifest make "$@" -o none.corim
	expect_status 2
	expect_stderr_has "measure: error[usage]: $text"
	expect_no_file none.corim
}
refused 'one IMAGE is needed, 2 are given' bin/boxd bin/licence $id
refused 'FILE or --record is missing' --files $id
refused '--artefact means nothing for files' --files bin/boxd $id --artefact x
refused '--certificate means nothing for files' --files bin/boxd $id --certificate x
refused "--id-block means nothing for 'files': no bundle, nor an IGVM file" --files bin/boxd $id --id-block x
cp bin/boxd renamed/licence
refused 'two components are named licence' --files bin/licence renamed/licence $id
mkdir many
for i in $(seq 65); do echo "$i" >"many/$i"; done
refused '65 files, 64 are the limit of a manifest' --files many/* $id
run manifest make --files many $id -o none.corim
expect_status 3
expect_stderr_has 'error[not-a-file]: many: '
run manifest make --files - $id -o none.corim
expect_status 3
expect_stderr 'measure: error[not-a-file]: standard input: a stream has no name that a release could list'
run manifest make --files bin/boxd $id -o bin/boxd
expect_status 2
expect_stderr_has 'error[usage]: '
run manifest make bin/boxd $id -o none.corim
expect_status 3
expect_stderr_has 'hint: a manifest is made of an EIF, of an IGVM file, of the folder that `measure build snp` writes, or with --files of any'
ok 'what could be mistaken for a file of the release is refused'

for format in nitro-cli kms-policy; do
	run manifest export box.corim --to $format
	expect_status 3
	expect_stderr "measure: error[export]: box.corim: $format carries the registers of a Nitro enclave, and the manifest lists files alone"
done
run manifest export box.corim --to rvps
expect_status 3
expect_stderr 'measure: error[export]: box.corim: the manifest has no reference values'
run manifest export box.corim --to text
expect_status 0
(cd bin && sha256sum -c -) <"$STDOUT" >sums
expect test "$(grep -c 'OK$' sums)" -eq 3
ok 'it is exported to what has a place for files'

# ---- a record
record()
{
	printf '{"schema": "measure-build/1", "product": "example.org/box", "version": "1.2.3", "vendor": "E",
	"source": {"digest": "sha256:%s"}, "recipe": "sha256:%s", "inputs": "sha256:%s", "components": {%s}}' \
		"$(sum alice.pub)" "$(sum dave.pub)" "$(sum root.pub)" "$1" >bin/build.json
}
record '"licence": "pinned", "boxd": "source"'
run manifest make --record bin/build.json -o recorded.corim
expect_status 0
expect_stdout "$(sum bin/boxd)  boxd
$(sum bin/licence)  licence"
expect_stderr ''
run manifest make --record bin/build.json --files bin/boxd bin/licence -o again.corim
expect_same recorded.corim again.corim
run manifest make --record bin/build.json --files bin/boxd -o none.corim
expect_status 3
expect_stderr 'measure: error[build-record]: bin/build.json: the build record names licence, which was not given'
run manifest make --record bin/build.json --files bin/boxd bin/licence bin/box-1.2.3.tar.gz -o none.corim
expect_status 3
expect_stderr 'measure: error[build-record]: bin/build.json: the build record names no origin of box-1.2.3.tar.gz'
run manifest make --record bin/build.json -o bin/boxd
expect_status 2
expect_stderr_has "error[usage]: "
record '"kernel": "pinned"'
sed -i 's/"vendor"/"artefact": "b.eif", "origin": "source", "vendor"/' bin/build.json
run manifest make --record bin/build.json --files bin/boxd -o none.corim
expect_status 3
expect_stderr 'measure: error[build-record]: bin/build.json: the build record is that of an image, b.eif, and not of files alone'
run manifest make --record bin/build.json -o none.corim
expect_status 2
expect_stderr_has 'error[usage]: IMAGE is missing, which the build record is of'
rm bin/build.json
ok 'a build record without an artefact names the files beside it'

# ---- signed, and held against files
"$MEASURE" sign manifest box.corim -q --signer alice --key alice.key -o signed.corim
by='--manifest signed.corim --trust trust.yml'
sed 's/program/pr0gram/' bin/boxd >changed/boxd

# held NAME: by $MEASURE, as that name
held()
{
	run check bin/boxd bin/licence $by
	expect_status 0
	expect_stderr ''
	sed '1,/^signed by/d' "$STDOUT" >said
	run_command cat said
	expect_stdout 'pass  signature         alice: holds
pass  threshold         1 trusted key signed, 1 must
pass  file              boxd is that of the release
pass  file              licence is that of the release
warn  file              box-1.2.3.tar.gz was not looked at
not proven: that these files are what runs anywhere, that their code
            is good, or that no later release replaces it
            that nobody withdrew it: who hands out a manifest can leave that out
            that it was built from its source: all origins are asserted
PASS'
	expect test "$(grep -ciE 'measurement|enclave|image' said)" -eq 0
	run check bin/boxd bin/licence bin/box-1.2.3.tar.gz $by --json
	expect_status 0
	expect_json '[x["result"] for x in j["checks"]] == ["pass"] * 5'
	run check changed/boxd $by
	expect_status 1
	expect_stdout_has 'fail  file              boxd is another one than the release'
	expect_stdout_has "expected          $(sum bin/boxd)"
	expect_stdout_has "found             $(sum changed/boxd)"
	expect_stderr "$1: error[not-released]: changed/boxd: file: boxd is another one than the release's"
	run check renamed/licence bin/boxd $by
	expect_status 1
	expect_stderr "$1: error[not-released]: signed.corim: file: licence has the content of boxd, another file of the release"
	run check trust.yml $by
	expect_status 1
	expect_stderr "$1: error[not-released]: trust.yml: file: trust.yml is no file of the release"
	run check bin/missing $by
	expect_status 5
	run check many/* $by
	expect_status 2
	expect_stderr_has 'error[usage]: 65 files, and no release has more than 64'
	run check bin/boxd --manifest box.corim --trust trust.yml
	expect_status 4
}
held measure
ok 'a file is that of the release by its name and its bytes'
if [ -x "$static" ]; then
	dynamic=$MEASURE
	MEASURE=$static
	held measure-verify
	MEASURE=$dynamic
	ok 'the static measure-verify says the same'
else
	skip 'the static measure-verify says the same' 'this build has none'
fi
python3 - <<'END'
signed = open("box.corim", "rb").read()
at = signed.index(b"licence")
open("foreign.corim", "wb").write(signed[:at] + b"Licence" + signed[at + 7:])
END
"$MEASURE" sign manifest foreign.corim -q --signer alice --key alice.key -o foreign.signed 2>said
run check bin/boxd --manifest foreign.signed --trust trust.yml
expect_status 3
expect_stderr_has 'error[wrong-manifest]: '
expect_stderr_has 'the manifest lists files in another form than that of this program'
ok 'with a list of another form nothing is compared'

printf 'kernel' >kernel
"$MEASURE" build eif -q --kernel kernel --cmdline 'console=ttyS0' --ramdisk kernel -o image.eif
"$MEASURE" manifest make image.eif $id -q -o image.corim
"$MEASURE" sign manifest image.corim -q --signer alice --key alice.key -o image.signed
run check bin/boxd --manifest image.signed --trust trust.yml
expect_status 3
expect_stderr_has 'error[magic]: bin/boxd: '
run check image.eif bin/boxd --manifest image.signed --trust trust.yml
expect_status 2
expect_stderr_has 'error[usage]: one IMAGE is needed, 2 are given'
run check image.eif $by
expect_status 1
expect_stderr_has 'error[not-released]: image.eif: file: image.eif is no file of the release'
ok 'an image is held against an image, and files against files'

if [ -x "$document" ]; then
	"$document" root.pem doc.cbor --pcr "0=$(printf '00%.0s' $(seq 48))" >said 2>&1
	run verify doc.cbor $by --root root.pem --at document
	expect_status 1
	expect_stdout_has 'fail  code              example.org/box/1.2.3 lists files alone, and nothing'
	ok 'evidence never passes by a list of files'
fi

# ---- published
db='--db db --trust trust.yml'
run db init --db db
run db keys $db --from trust.yml --key root.key
expect_status 0
run db publish signed.corim $db
expect_status 0
run who "$(sum bin/boxd)" $db
expect_status 0
expect_stdout_has 'example.org/box 1.2.3  published'
expect_stdout_has '  is           released file boxd'
run check bin/boxd bin/licence $db
expect_status 0
expect_stdout_has 'pass  release           example.org/box 1.2.3 is listed'
expect_stdout_has 'pass  file              licence is that of the release'
run check changed/boxd $db
expect_status 1
expect_stderr_has 'error[not-listed]: changed/boxd: release: nothing that counts in the 2 statements speaks of it'
run db show example.org/box/1.2.3 $db -o box.bundle
expect_status 0
run check bin/boxd --manifest box.bundle --trust trust.yml
expect_status 0
"$MEASURE" manifest make --files image.eif bin/licence --product example.org/set --version 1 -q -o set.corim
"$MEASURE" sign manifest set.corim -q --signer alice --key alice.key -o set.signed
run db publish set.signed $db
expect_status 0
run check image.eif $db
expect_status 0
expect_stdout_has 'pass  file              image.eif is that of the release'
run db audit $db
expect_status 0
run db withdraw example.org/box/1.2.3 $db --reason 'its key leaked' --key dave.key
expect_status 0
run check bin/boxd $db
expect_status 1
expect_stderr_has 'error[withdrawn]: bin/boxd: release: 1.2.3 was withdrawn: its key leaked'
run who "$(sum bin/licence)" $db
expect_status 1
expect_stderr_has 'error[withdrawn]: '
ok 'a database finds the release by any of its files, and tells when it was withdrawn'

plan done
