#!/bin/sh
# What is written is what reference-db/formats says: manifests, signatures and bundles against the
# CDDL, build records against the JSON Schema; and both schemas refuse what is broken
# shellcheck disable=SC2317 # expect calls functions
. "${0%/*}/../lib.sh"

need openssl
formats=$ROOT/reference-db/formats

# cddl RULE FILE...: --broken RULE FILE... tells what the schema accepts though it is broken
cddl()
{
	case $1 in
	--broken) shift && python3 -B "$ROOT/tests/schema/cddl.py" --broken "$formats/manifest.cddl" "$@" ;;
	*) python3 -B "$ROOT/tests/schema/cddl.py" "$formats/manifest.cddl" "$@" ;;
	esac
}

printf kernel >kernel
printf ramdisk >ramdisk
# image OUT COUNT OPTION...: with so many ramdisks
image()
{
	out=$1 ramdisks=
	for _ in $(seq "$2"); do ramdisks="$ramdisks --ramdisk ramdisk"; done
	shift 2
	# shellcheck disable=SC2086 # a list of words
	expect "$MEASURE" build eif -q --kernel kernel --cmdline 'console=ttyS0' $ramdisks "$@" -o "$out"
}
image two.eif 2
image one.eif 1
image arm.eif 2 --arch aarch64
image many.eif 29
openssl ecparam -name secp384r1 -genkey -noout -out p384.key
openssl req -x509 -key p384.key -subj /CN=test -days 30 -out certificate.pem 2>/dev/null
expect "$MEASURE" sign eif -q two.eif --cert certificate.pem --key p384.key -o signed.eif
ok 'there are images of every kind'

digest=sha256:$(printf x | sha256sum | cut -d ' ' -f 1)
commit='"commit": "0123456789abcdef0123456789abcdef01234567"'
components='"kernel": "pinned", "cmdline": "source", "ramdisk0": "endorsed", "ramdisk1": "asserted"'
# record SOURCE [MORE]
record()
{
	cat <<END
{"schema": "measure-build/1", "product": "example.org/blindbox", "version": "1.2.3",
 "vendor": "Example", "artefact": "blindbox.eif", "origin": "source", "source": {$1},
 "recipe": "$digest", "inputs": "$digest", "components": {$components}${2:-}}
END
}
record "$commit" >commit.json
record "\"digest\": \"$digest\"" >digest.json
record "$commit, \"digest\": \"$digest\"" ", \"certificate\": \"sha256:$(
	openssl x509 -in certificate.pem -outform DER | sha256sum | cut -d ' ' -f 1
)\"" >full.json
# manifest OUT IMAGE OPTION...
manifest()
{
	out=$1
	shift
	expect "$MEASURE" manifest make -q "$@" -o "$out"
}
for image in one two arm many signed; do
	manifest $image.corim $image.eif --product example.org/blindbox --version 1.2.3
done
manifest commit.corim two.eif --record commit.json
manifest digest.corim arm.eif --record digest.json
manifest full.corim signed.eif --record full.json
manifest pcr8.corim two.eif --product p --version 1 --certificate certificate.pem
"$BUILD/tests/forge_ovmf" fw.fd
expect "$MEASURE" build snp -q --ovmf fw.fd --kernel kernel --initrd ramdisk --append x --vcpus 1 --vcpu-type EPYC -o guest
expect "$MEASURE" build snp -q --ovmf fw.fd --vcpus 2 --profile ec2 -o bare
for key in id author; do openssl ecparam -name secp384r1 -genkey -noout -out $key.key; done
digest_of() { sed -n 's/.*"measurement": "\(.*\)"/\1/p' "$1/launch.json" | head -n 1; }
expect "$MEASURE" idblock create -q --measurement "$(digest_of guest)" --guest-svn 2 -o id.block
expect "$MEASURE" idblock sign -q id.block --id-key id.key --author-key author.key -o id.auth
manifest snp.corim guest --product example.org/blindbox --version 1.2.3 --id-block id.block --id-auth id.auth
manifest bare.corim bare --product p --version 1 --profile-uri 2024
record "$commit" | sed 's/"artefact": "blindbox.eif", "origin": "source", //' >files.json
for name in cmdline ramdisk0 ramdisk1; do cp kernel $name; done
manifest file.corim --files kernel --product p --version 1
manifest files.corim --record files.json
expect cddl manifest ./*.corim
ok 'payloads are as the CDDL says: with and without record, PCR8, signature, many ramdisks'

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256.key 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out p521.key 2>/dev/null
openssl genpkey -algorithm ED25519 -out ed25519.key
# sign NAME OPTION...
sign()
{
	name=$1
	shift
	expect "$MEASURE" sign manifest full.corim -q --signer "$name" --key "$name.key" -o "$name.signed" "$@"
}
openssl req -x509 -key p256.key -subj /CN=ca -days 30 -out ca.pem -addext keyUsage=keyCertSign 2>/dev/null
sign p256
sign p384 --expires 2100-01-01T00:00:00Z --not-before 2026-01-01T00:00:00Z
leaf='-addext basicConstraints=critical,CA:FALSE -addext keyUsage=digitalSignature'
# shellcheck disable=SC2086 # words
{
	openssl req -x509 -key p521.key -subj /CN=test -days 30 -out p521.pem $leaf 2>/dev/null
	openssl req -new -key ed25519.key -subj /CN=other -out csr $leaf 2>/dev/null
}
openssl x509 -req -in csr -copy_extensions copy -CA ca.pem -CAkey p256.key -CAcreateserial -out ed25519.pem 2>/dev/null
cat ed25519.pem ca.pem >chain.pem
sign p521 --expires 2100-01-01T00:00:00Z --cert p521.pem
sign ed25519 --expires 9999-12-31T23:59:59Z --not-before 1970-01-01T00:00:00Z --cert chain.pem
expect "$MEASURE" manifest bundle -q ./*.signed -o all.bundle
expect "$MEASURE" manifest bundle -q full.corim -o none.bundle
expect "$MEASURE" manifest bundle -q p384.signed -o p384.bundle
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha256\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n' >ca.cnf
: >index
openssl ca -config ca.cnf -gencrl -cert ca.pem -keyfile p256.key -crldays 30 -out list.pem 2>/dev/null
for form in tlog sigsum; do "$BUILD/tests/proof" $form p384.signed witnesses=1 >$form.proof; done
for kind in equal withdraw; do "$BUILD/tests/said" $kind full.corim p256.key >$kind.said; done
expect "$MEASURE" manifest bundle -q full.corim --statement equal.said --statement withdraw.said --proof tlog.proof --proof sigsum.proof \
	--collateral ca.pem --collateral list.pem -o collateral.bundle
expect cddl signed-manifest ./*.signed
expect cddl bundle ./*.bundle
expect cddl published ./*.corim ./*.signed ./*.bundle
expect test "$(wc -c <p384.signed)" -le 1536
ok 'so are signatures of every algorithm, and bundles'

# Each field broken in every way. What is left are texts, sizes and times that are free, and members
# that are optional; numbers of files and of signatures are the same for all. What
# a certificate or a list must be is said in words, what a statement is in files of their own.
cddl --broken published full.corim snp.corim bare.corim files.corim p384.signed p384.bundle collateral.bundle 2>tried | sed '
	s|^p384.signed/tag/2/cbor|full.corim|; s|^p384.bundle/payload/1/cbor|full.corim|
	s|^collateral.bundle/payload/1/cbor|full.corim|; s|/collateral/00[01]|/collateral/N|; s|/proof/00[01]|/proof/N|
	/statement.00[01].1.cbor/d; s|/statement/00[01]|/statement/N|
	s|^p384.bundle/signature/000/1/cbor|p384.signed|; s|/26/17/[0-9]\([/:]\)|/26/17/N\1|' | sort -u >accepted
under() { sed "s|^|$1/|"; }
{
	under full.corim/tag <<'END'
1/0/tag/cbor/4/0/0/0/0/2: other text
1/0/tag/cbor/4/0/0/1/3: missing
1/0/tag/cbor/4/6/0/0/0/2: other text
1/1/tag/cbor/1: other text
1/1/tag/cbor/2/31: other text
1/1/tag/cbor/6/16/26/17/N: missing
1/1/tag/cbor/6/16/26/17/N/20: other number
1/1/tag/cbor/6/16/26/17/N/24: other text
1/1/tag/cbor/6/17/20: other number
1/1/tag/cbor/6/17/24: other text
1/1/tag/cbor/13: other text
1/1/tag/cbor/inputs-digest: missing
1/1/tag/cbor/recipe-digest: missing
1/1/tag/cbor/source-commit: missing
1/1/tag/cbor/source-digest: missing
END
	under p384.signed/tag/0/cbor <<'END'
8/cbor/0/0: other text
8/cbor/1: missing
8/cbor/1/0: missing
8/cbor/1/0/tag: other number
8/cbor/1/1/tag: other number
15/1: other text
15/4: missing
15/4: other number
15/5: missing
15/5: other number
END
	under snp.corim/tag/1/0/tag/cbor/4/0/0/1 <<'END'
0: missing
0/1/1/tag: other number
2: missing
3: missing
4/1/11: other text
5: missing
6: missing
END
	under bare.corim/tag/1/0/tag/cbor/4/0/0/1 <<'END'
1/1/11: other text
END
	under snp.corim/tag/1/1/tag/cbor <<'END'
1: other text
2/31: other text
6/16/26/17/N: missing
6/16/26/17/N/20: other number
6/16/26/17/N/24: other text
13: other text
END
	under bare.corim/tag/1/1/tag/cbor <<'END'
1: other text
2/31: other text
6/16/26/17/20: other number
6/16/26/17/24: other text
13: other text
END
	under files.corim/tag/1/0/tag/cbor <<'END'
1: other text
2/31: other text
6/16/26/17/N: missing
6/16/26/17/N/20: other number
6/16/26/17/N/24: other text
13: other text
inputs-digest: missing
recipe-digest: missing
source-commit: missing
END
	under collateral.bundle/collateral <<'END'
N/1: longer
N/1: shorter
N: missing
END
	for kind in proof statement; do
		under collateral.bundle/$kind <<'END'
N/1: longer
N/1: shorter
N: missing
END
	done
	echo 'p384.bundle/signature/000: missing'
} | sort >expected
expect diff expected accepted
expect grep -qE '^[0-9]{4} faults tried$' tried
ok 'the CDDL refuses all that is broken, where it is not free'

run_command python3 -B "$ROOT/tests/schema/cddl.py" "$formats/manifest.cddl" manifest signed.corim two.eif p384.signed
expect_status 1
expect_stdout - <<'END'
two.eif: no deterministic CBOR: bytes behind the end
p384.signed: tag 18 and must have tag 501
END
# one.corim with its first head not in the shortest form, and with a byte behind
{
	unhex da000001f5
	tail -c +4 one.corim
} >long.corim
{
	cat one.corim
	unhex 00
} >trailing.corim
run_command python3 -B "$ROOT/tests/schema/cddl.py" "$formats/manifest.cddl" manifest long.corim trailing.corim
expect_status 1
expect_stdout - <<'END'
long.corim: no deterministic CBOR: not the shortest form
trailing.corim: no deterministic CBOR: bytes behind the end
END
ok 'it refuses other encodings and other files'

corpus=$ROOT/tests/fuzz/corpus/statements
statements() { python3 -B "$ROOT/tests/schema/cddl.py" "$@"; }
expect cddl signed-manifest "$corpus/manifest.signed"
for name in withdraw withdraw-replaced release release-superseded keys keys-times; do
	expect statements "$formats/statements.cddl" ${name%-*} "$corpus/$name"
done
# texts and numbers that are free, members that are optional, the length of a key
for kind in withdraw-replaced release-superseded keys-times; do
	statements --broken "$formats/statements.cddl" ${kind%-*} "$corpus/$kind" 2>/dev/null | grep -v '^no file uses' ||
		[ $? -eq 1 ]
done | sed "s|^$corpus/||; s|/5/[01]|/5/N|" | sort -u >accepted
cat >expected <<'END'
keys-times/1: other number
keys-times/3: other number
keys-times/5/N/0: other text
keys-times/5/N/1: longer
keys-times/5/N/1: shorter
keys-times/5/N/3: missing
keys-times/5/N/3: other number
keys-times/5/N/4: missing
keys-times/5/N/4: other number
keys-times/5/N: missing
release-superseded/1: other text
release-superseded/4: no text
release-superseded/5/N: missing
withdraw-replaced/3: other text
withdraw-replaced/4: no text
END
expect diff expected accepted
ok 'statements are as their CDDL says, which refuses what is broken'

json_schema() { python3 -B "$ROOT/tests/schema/json_schema.py" "$formats/build-record.schema.json" "$@"; }
expect json_schema commit.json digest.json full.json files.json
ok 'the build records are as their JSON Schema says'

# refused SED-COMMAND...: a record that both the program and the schema refuse
refused()
{
	for change; do
		sed "$change" full.json >broken.json
		expect test "$(cmp full.json broken.json | wc -l)" -eq 1
		run manifest make signed.eif --record broken.json -o broken.out
		expect_status 3
		expect_no_file broken.out
		run_command json_schema broken.json
		expect_status 1
	done
}
refused 's|measure-build/1|measure-build/2|' 's|"version": "1.2.3"|"version": "1/2"|' \
	's|"version": "1.2.3"|"version": 1|' 's|"blindbox.eif"|""|' 's|"origin": "source"|"origin": "mine"|' \
	's|"kernel": "pinned"|"kernel": null|' 's|"commit": "0|"commit": "|' 's|"commit": "0|"commit": "A|' \
	's|"recipe"|"Recipe"|' 's|"inputs": "sha256:|"inputs": "sha384:|' 's|"vendor": "Example",||' \
	's|"certificate"|"certificates"|' 's|"source": {.*},|"source": {},|' \
	's|"version": "1.2.3"|"version": "1.2.3", "version": "1.2.3"|' 's|"source": {|"source": {"tag": "v1", |' \
	's|"digest": "sha256:|&0|'
ok 'a record that is broken is refused by both'

corpus=$ROOT/tests/fuzz/corpus/rebuilt
expect python3 -B "$ROOT/tests/schema/cddl.py" "$formats/rebuilt-statement.cddl" rebuilt \
	"$corpus/equal" "$corpus/differs" "$corpus/witnessed"
run_command python3 -B "$ROOT/tests/schema/cddl.py" "$formats/rebuilt-statement.cddl" rebuilt "$corpus/form"
expect_status 1
ok 'so are rebuilt statements of both forms, and no form has the outcome of the other'

plan done
