#!/bin/sh
# `measure db`, `measure who`, `check --db`, `verify --db`: a database from its first keys to a withdrawal
. "${0%/*}/../lib.sh"
need git
need openssl
document=$BUILD/tests/document

XDG_STATE_HOME=$PWD/state XDG_CACHE_HOME=$PWD/cache
export XDG_STATE_HOME XDG_CACHE_HOME

printf 'kernel' >kernel
build() { printf '%s' "$1" >ramdisk && "$MEASURE" build eif -q --kernel kernel --cmdline quiet --ramdisk ramdisk -o "$1.eif"; }
for name in one two other; do build $name; done
for name in root alice bob carol dave mallory; do
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
trusted()
{
	"$MEASURE" trust add -q "$1.pub" --name "$1" --role "$2" --trust "${3:-trust.yml}" --threshold "${4:-1}"
}
trusted root root
trusted alice publisher
trusted bob publisher trust.yml 2
trusted dave withdrawer
db="--db db.git --trust trust.yml"

# manifest VERSION IMAGE SIGNER...: signed manifests VERSION.SIGNER
manifest()
{
	version=$1 image=$2
	shift 2
	"$MEASURE" manifest make "$image" --product example.org/box --version "$version" -q -o "$version.corim" >/dev/null
	for signer; do
		"$MEASURE" sign manifest "$version.corim" --signer "$signer" --key "$signer.key" -q -o "$version.$signer"
	done
}
manifest 1.0 one.eif alice bob mallory
manifest 1.1 two.eif alice bob
pcr0() { "$MEASURE" eif "$1" | sed -n 's/^PCR0  //p'; }

# ---- made, and filled
run db init --db db.git
expect_status 0
expect_stdout 'db'
expect_stderr ''
run db init -v --db told.git
# shellcheck disable=SC2016 # a hint has back-quotes
expect_stderr_has 'first its keys: `measure db keys --from TRUST --key ROOT --db told.git`'
run db init --db db.git
expect_status 2
expect_stderr_has 'error[usage]'
ok 'a database is made once'

# shellcheck disable=SC2086,SC2016 # options are words, and a hint has back-quotes
{
run db keys $db
expect_status 0
expect_stdout_has 'keys of the trust file alone: the database has none in force'
run db keys $db --from trust.yml --key alice.key
expect_status 1
expect_stderr 'measure: error[role]: keys statement: was signed by a key that has not the role in force'
run db keys $db --from trust.yml --key root.key
expect_status 0
expect_stdout 'published  keys/000000-keys.cose'
run db keys $db
expect_stdout_has 'keys 1 of db and of the trust file'
ok 'its keys are those that the root key signs'

run db publish 1.0.mallory $db
expect_status 1
expect_stderr 'measure: error[role]: 1.0.mallory: manifest statement: was signed by a key that has not the role in force'
run db publish 1.0.corim $db
expect_status 3
expect_stderr 'measure: error[statement]: 1.0.corim: it is not signed, so it is no statement'
head -c 300 1.0.alice >short
run db publish short $db
expect_status 3
cp 1.0.alice flipped
put_at flipped $(($(stat -c %s flipped) - 9)) 00
run db publish flipped $db
expect_status 1
expect_stderr_has 'error[signature]'
run db log $db
expect_stdout_has 'db, 1 statements, state '
ok 'what would not count does not go in'

run db publish 1.0.alice $db
expect_status 0
expect_stdout 'published  products/example.org%2Fbox/1.0/000001-manifest.corim'
run check one.eif $db
expect_status 4
expect_stderr 'measure: error[threshold]: one.eif: release: too few publishers have signed it, as of that time'
run who "$(pcr0 one.eif)" $db
expect_status 4
expect_stderr_has 'error[threshold]'
run db publish 1.0.bob 1.0.alice $db
expect_status 0
expect_stdout 'published  products/example.org%2Fbox/1.0/000002-manifest.corim
already there  products/example.org%2Fbox/1.0/000001-manifest.corim'
run check one.eif $db
expect_status 0
expect_stdout_has 'pass  threshold         2 trusted keys signed, 2 must'
expect_stdout_has 'PASS'
ok 'a release counts when enough publishers have signed it, and is there once'

run check other.eif $db
expect_status 1
expect_stderr 'measure: error[not-listed]: other.eif: release: nothing that counts in the 3 statements speaks of it'
expect_stdout_has 'FAIL'
run who "$(pcr0 other.eif)" $db
expect_status 1
expect_stderr "measure: error[not-listed]: $(pcr0 other.eif): nothing that counts in the 3 statements of db has this digest"
run who 00 $db
expect_status 2
expect_stderr_has 'measure: error[usage]: HEX: a digest has 20 to 64 bytes, 1 are given'
ok 'what was never published is not listed'

run who "$(pcr0 one.eif)" $db
expect_status 0
expect_stdout - <<'END'
example.org/box 1.0  published
  is           PCR0
  is           PCR1
  manifest     alice
  manifest     bob
END
run who "$(sha256sum kernel | cut -c 1-64)" $db --json
expect_status 0
expect_json 'j["kind"] == "who" and j["ok"] and len(j["releases"]) == 1'
expect_json 'j["releases"][0]["version"] == "1.0" and j["releases"][0]["is"][0]["what"] == "section kernel"'
ok 'a digest tells its release'

# ---- a channel
run db refresh $db --key alice.key
expect_status 1
expect_stderr 'measure: error[not-listed]: no statement says what is latest, so there is none to renew
measure: hint: `measure db publish FILE --channel NAME` makes one'
run db publish 1.0.alice $db --minimum 1.0
expect_status 2
expect_stderr_has 'measure: error[usage]: --minimum has no meaning without --channel: statements are signed before they are published'
manifest 1.0.1 two.eif alice
run db publish 1.0.1.alice $db --channel 'a b' --key alice.key
expect_status 3
expect_stderr 'measure: error[statement]: 1.0.1.alice: a channel is 1 to 64 lower-case letters, digits, hyphens and dots'
# shellcheck disable=SC2046 # words
run db publish 1.0.1.alice $db --channel stable --key alice.key $(seq -f '--supersedes %g' 65)
expect_status 3
expect_stderr 'measure: error[limit]: 1.0.1.alice: --supersedes is given over 64 times'
run db log $db
expect_stdout_has 'db, 3 statements, state '
run db publish 1.0.alice $db --channel stable --key alice.key
expect_status 0
expect_stdout_has 'published  products/example.org%2Fbox/~release/000003-release.cose'
run db show $db
expect_stdout 'example.org/box/1.0  published'
run db publish 1.0.alice $db --channel stable --key bob.key
expect_status 0
run db show $db
expect_stdout 'example.org/box/1.0  published, latest'
for name in alice bob; do
	run db publish 1.1.alice 1.1.bob $db --channel stable --minimum 1.1 --supersedes 1.0 --key $name.key
	expect_status 0
done
run check two.eif $db --latest
expect_status 0
expect_stdout_has 'pass  release           example.org/box 1.1 is listed, and the latest'
run check one.eif $db
expect_status 1
expect_stderr 'measure: error[minimum]: one.eif: release: it is older than the oldest version that is accepted'
run check one.eif $db --channel beta
expect_status 1
expect_stderr 'measure: error[latest]: one.eif: release: no statement says that it ever was the latest of that channel'
run check one.eif --manifest 1.0.alice --trust trust.yml --latest
expect_status 2
expect_stderr_has 'measure: error[usage]: --latest has no meaning without --db'
run check one.eif --manifest 1.0.alice $db
expect_status 2
expect_stderr_has 'measure: error[usage]: --db and --manifest exclude each other'
ok 'latest, minimum and superseded are those of a channel'

run db show $db
expect_status 0
expect_stdout 'example.org/box/1.0  published, superseded, below the minimum
example.org/box/1.1  published, latest'
run db show example.org/box/1.1 $db -o box.bundle
expect_status 0
run check two.eif --manifest box.bundle --trust trust.yml
expect_status 0
run db show example.org/box $db
expect_status 0
expect_stdout 'example.org/box/1.0  published, superseded, below the minimum
example.org/box/1.1  published, latest'
for name in nothing example.org/none example.org/box/2 / /x x/ example.org; do
	run db show $name $db -o none.bundle
	expect_status 1
	expect_stderr "measure: error[not-listed]: $name: '$name' is no product or release of this database"
	expect_stdout ''
done
expect_no_file none.bundle
ok 'releases are shown, and written as bundles'

# ---- others who carry it
git clone -q db.git clone
mkdir plain
git -C db.git archive main | tar -x -C plain
for from in clone plain; do
	for question in 'db log' 'db show' "who $(pcr0 two.eif)" 'check two.eif' 'check one.eif' 'check other.eif' 'db audit'; do
		run $question $db
		cp "$STDOUT" answer
		status=$STATUS
		run $question --db $from --trust trust.yml
		expect_status "$status"
		expect_same answer "$STDOUT"
	done
done
run_command sh -c 'cd plain && cat log/*/*/* | sha256sum -c --quiet'
expect_status 0
run db publish 1.0.alice --db plain --trust trust.yml
expect_status 0
expect_stdout_has 'already there'
ok 'a clone and a plain copy of the files give the same answers, and sha256sum agrees'

# every member of an answer, and what every check is called, is a word of the page or of the trust
# file's, of which the keys stand in an answer
cat "$ROOT/measure/man/measure-json.5.in" "$ROOT/measure/man/measure-trust.5.in" | sed 's|[\\]||g' >page
for question in 'db log' 'db show' 'db show example.org/box/1.0' 'db audit' 'db keys' "who $(pcr0 two.eif)" \
	'check two.eif' 'check one.eif' 'check one.eif --at 2090-01-01T00:00:00Z' 'check other.eif'; do
	run $question $db --json
	grep -o '"[a-zA-Z_0-9-]*":' "$STDOUT" | tr -d '":' >>words
	sed -n 's/.*"id": "\([a-z]*\)".*/\1/p' "$STDOUT" >>words
done
sort -u words | while read -r word; do grep -qw -e "$word" page || echo "$word"; done >missing
expect_same missing /dev/null
expect grep -qx below_minimum words
expect grep -qx release words
ok 'all that is said in JSON is described'

run db audit $db
expect_status 0
expect_stdout_has 'db: 9 statements, 9 count, 0 by keys that are not known here, 0 findings'
cp -r plain bent
printf 'x' >bent/products/example.org%2Fbox/1.0/more
run db audit --db bent --trust trust.yml
expect_status 1
expect_stdout_has 'stray         products/example.org%2Fbox/1.0/more: '
rm bent/products/example.org%2Fbox/1.0/more
put_at bent/products/example.org%2Fbox/1.0/000001-manifest.corim 99 00
run db audit --db bent --trust trust.yml
expect_status 3
expect_stderr_has 'error[database]'
ok 'an audit finds what the log does not explain, and other bytes'

# ---- history is not taken back
cp -r db.git kept.git
git -C db.git update-ref refs/heads/main main~
run db log $db
expect_status 1
expect_stderr_has "error[rollback]: db.git: 'db' was seen at height 9 with state "
expect_stderr_has ', and now has height 8 and state '
expect_stderr_has ', which is shorter'
rm -rf db.git
mv kept.git db.git
run db init --db fork.git --name db
run db publish 1.1.alice --db fork.git --trust trust.yml --seen elsewhere
expect_status 0
run db log --db fork.git --trust trust.yml
expect_status 1
expect_stderr_has 'error[rollback]'
cp 1.0.alice fork.alice
for n in 2 3 4 5 6 7 8 9 10; do
	manifest "1.$n" two.eif alice
	run db publish "1.$n.alice" --db fork.git --trust trust.yml --seen elsewhere
done
run who "$(pcr0 two.eif)" --db fork.git --trust trust.yml
expect_status 1
expect_stderr_has "error[fork]: fork.git: 'db' was seen at height 9 with state "
expect_stderr_has ', with another history'
ok 'a shorter history, or another one of that name, is refused by who saw more'

# ---- many at once
for n in 1 2 3 4 5 6; do manifest "2.$n" two.eif alice; done
for n in 1 2 3 4 5 6; do
	"$MEASURE" db publish "2.$n.alice" $db -q >"said.$n" 2>&1 &
done
wait
run db audit $db
expect_status 0
expect_stdout_has 'db: 15 statements, 15 count'
run db show $db
expect test "$(grep -c 'example.org/box/2' "$STDOUT")" -eq 6
ok 'who publishes at the same time loses nothing and doubles nothing'

# ---- two manifests of one version
manifest 1.1 other.eif alice
run db publish 1.1.alice $db
expect_status 1
expect_stderr_has 'error[contradiction]'
ok 'a version has one manifest'

# ---- what runs
nonce=00112233
registers=$("$MEASURE" eif two.eif | sed -n 's/^PCR\([0-9]\)  /--pcr \1=/p')
"$document" --time "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --nonce $nonce $registers root.pem evidence
run verify evidence --root root.pem $db --nonce $nonce
expect_status 0
expect_stdout_has 'PASS'
run verify evidence --root root.pem $db --nonce $nonce --product example.org/else
expect_status 1
expect_stderr_has 'error[not-listed]'
ok 'evidence of a listed release is a yes'

# ---- withdrawn
run db withdraw example.org/box/1.1 $db --reason 'no' --key alice.key
expect_status 1
expect_stderr_has 'error[role]: example.org/box/1.1: withdraw statement: was signed by a key that has not the role in force'
run db withdraw example.org/box/9 $db --reason 'no' --key dave.key
expect_status 1
expect_stderr "measure: error[not-listed]: example.org/box/9: 'example.org/box/9' is no release of this database"
run db withdraw example.org/box/1.1 $db --reason 'its key leaked' --replacement 2.6 --key dave.key
expect_status 0
run verify evidence --root root.pem $db --nonce $nonce
expect_status 1
expect_stderr_has 'error[withdrawn]'
expect_stderr_has '1.1 was withdrawn: its key leaked; use instead 2.6'
run db show example.org/box/1.1 $db
expect_status 0
expect_stdout_has '  signed by 2, rebuilt equal by 0, differently by 0'
expect_stdout_has '  withdrawn because: its key leaked'
expect_stdout_has '  use instead: 2.6'
run db withdraw example.org/box/1.0 $db --reason 'no' --key dave.key -o withdraw.cose
run db publish withdraw.cose $db --channel stable --key alice.key
expect_status 2
expect_stderr_has 'measure: error[usage]: --channel speaks of a manifest, and there is none among the files'
run check two.eif $db
expect_status 1
expect_stderr 'measure: error[withdrawn]: two.eif: release: 1.1 was withdrawn: its key leaked; use instead 2.6'
run who "$(pcr0 two.eif)" $db
expect_status 1
expect_stderr_has 'error[withdrawn]'
ok 'the same evidence is refused after a withdrawal, whatever else has that code'

# ---- keys that follow
cp trust.yml next.yml
trusted carol publisher next.yml 2
run db keys $db --from next.yml --refresh-days 30 --key root.key
expect_status 0
run db keys $db
expect_stdout_has 'keys 2 of db and of the trust file'
expect_stdout_has '  carol, P-256'
run db refresh $db --key carol.key
expect_status 0
run db refresh $db --key mallory.key
expect_status 1
run db keys $db --refresh-days 3
expect_status 2
expect_stderr_has 'measure: error[usage]: --refresh-days has no meaning without --from'
run db keys $db --from next.yml --refresh-days 0 --key root.key
expect_status 2
expect_stderr_has "measure: error[usage]: --refresh-days needs 1 to 3650, found '0'"
run db audit $db
expect_status 0
ok 'the root keys appoint others, who then count'

run db
expect_status 2
run db audit
expect_status 2
expect_stderr_has "measure: error[usage]: option '--db' is missing"
run db show example.org/box $db -o x
expect_status 2
expect_stderr_has 'error[usage]: --output writes one release: PRODUCT/VERSION'
run db withdraw nothing $db --reason no --key dave.key
expect_status 2
expect_stderr_has "measure: error[usage]: a release is PRODUCT/VERSION, found 'nothing'"
run db audit --db . --trust trust.yml
expect_status 3
expect_stderr_has 'error[database]'
run db audit --db absent --trust trust.yml
expect_status 5
run_stdin two.eif check - $db
expect_status 2
expect_stderr_has 'measure: error[usage]: with --db a file is read twice, and standard input once'
run db log --db db.git --trust absent.yml
expect_status 4
expect_stderr_has 'error[no-trust]'
ok 'what cannot be asked is told'
}

plan done
