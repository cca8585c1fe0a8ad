#!/bin/sh
# `check --db`, `who`: what a database, and whoever carries it, may not talk its readers into
. "${0%/*}/../lib.sh"
need openssl
proof=$BUILD/tests/proof

XDG_STATE_HOME=$PWD/state XDG_CACHE_HOME=$PWD/cache
export XDG_STATE_HOME XDG_CACHE_HOME

printf 'kernel' >kernel
printf 'one' >ramdisk
"$MEASURE" build eif -q --kernel kernel --cmdline quiet --ramdisk ramdisk -o one.eif
for name in root alice new; do
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
"$MEASURE" manifest make one.eif --product example.org/box --version 1.0 -q -o plain.corim >/dev/null
"$MEASURE" sign manifest plain.corim --signer alice --key alice.key -q -o 1.0.alice
"$MEASURE" trust add -q root.pub --name root --role root --trust trust.yml
"$MEASURE" trust add -q alice.pub --name alice --role publisher --trust trust.yml

# ---- what the trust file demands is not over when the database gets keys of its own
cp trust.yml logs.yml
"$proof" trust 'group g 2 w1 w2 w3' 'quorum g' >>logs.yml
printf 'require:\n  logs: require\n' >>logs.yml
openssl req -x509 -new -key new.key -subj /CN=ca -addext basicConstraints=critical,CA:TRUE \
	-addext keyUsage=critical,keyCertSign -days 30 -out ca.pem 2>/dev/null
cp trust.yml ca.yml
"$MEASURE" trust add -q ca.pem --ca --role rebuilder --trust ca.yml
"$proof" tlog 1.0.alice witnesses=3 >1.0.proof
"$MEASURE" db init -q --db db.git
"$MEASURE" db publish -q 1.0.alice --db db.git --trust trust.yml
demands()
{
	run check one.eif --db db.git --trust trust.yml
	expect_status 0
	run check one.eif --db db.git --trust logs.yml
	expect_status 4
	expect_stderr_has 'error[no-proof]'
	run check one.eif --db db.git --trust logs.yml --proof 1.0.proof
	expect_status 0
	expect_stdout_has 'pass  logs '
	run check one.eif --db db.git --trust ca.yml
	expect_status 4
	expect_stderr_has 'error[rebuilders]'
}
demands
ok 'logs and rebuilders are demanded by the trust file'
sed 's/name: alice/name: bob/' trust.yml >next.yml
run db keys --db db.git --trust trust.yml --from next.yml --key root.key
expect_status 0
demands
demands
ok 'and still are when the database has keys in force, replayed or kept'

# ---- a key that changes keeps its name
"$MEASURE" trust add -q root.pub --name root --role root --trust changed.yml
"$MEASURE" trust add -q new.pub --name alice --role publisher --trust changed.yml
run db keys --db db.git --trust trust.yml --from changed.yml --key root.key
expect_status 0
run db keys --db db.git --trust trust.yml
expect_stdout_has '  alice, P-256'
expect_stdout_has '  2. alice, P-256'
demands
ok 'a name that the keys give to another key hinders nobody'

# ---- keys that a stranger proposes, who is the only root key of them
"$MEASURE" trust add -q new.pub --name root --role root --trust stolen.yml
run db keys --db db.git --trust trust.yml --from stolen.yml --key new.key -o stolen.cose
expect_status 0
run db publish stolen.cose --db db.git --trust trust.yml
expect_status 1
expect_stderr_has 'error[role]: stolen.cose: keys statement: proposes keys that no root key in force has signed'
run db publish stolen.cose --db db.git --trust stolen.yml
expect_status 0
run db log --db db.git --trust trust.yml
expect_stdout_has 'unknown key   keys/000003-keys.cose
       proposes keys that no root key in force has signed'
run db audit --db db.git --trust trust.yml
expect_status 0
expect_stdout_has '1 by keys that are not known here, 0 findings'
demands
ok 'what a stranger proposes is refused, and counts for nothing where it stands'

# ---- who knows the withdrawer, and not the publisher
"$MEASURE" trust add -q new.pub --name dave --role withdrawer --trust dave.yml
cp trust.yml both.yml
"$MEASURE" trust add -q new.pub --name dave --role withdrawer --trust both.yml
"$MEASURE" db init -q --db second.git
"$MEASURE" db publish -q 1.0.alice --db second.git --trust both.yml
"$MEASURE" db withdraw -q example.org/box/1.0 --db second.git --trust both.yml --reason no --key new.key
run db audit --db second.git --trust dave.yml
expect_status 1
expect_stdout_has 'no-release    products/example.org%2Fbox/1.0/000001-withdraw.cose: no manifest of that release counts before it'
run db log --db second.git --trust dave.yml
expect_status 0
expect_stdout_has '  of no release products/example.org%2Fbox/1.0/000001-withdraw.cose  by dave'
ok 'a withdrawal of what nobody released here is a finding'

# ---- what no signer has made, in a log that holds
# log_of FOLDER PATH...: a plain database of the files that lie at these paths in it
log_of()
{
	folder=$1 n=0
	shift
	printf 'measure-db/1\nname %s\n' "$folder" >"$folder/format"
	state=$(sha256sum <"$folder/format" | cut -c 1-64)
	mkdir -p "$folder/log/00/00"
	for path; do
		line=$folder/log/00/00/$(printf %02x $n)
		(cd "$folder" && sha256sum "$path") >"$line"
		state=$({ printf %s "$state" | tr a-f A-F | basenc -d --base16; cat "$line"; } | sha256sum | cut -c 1-64)
		n=$((n + 1))
	done
	echo "$n $state" >"$folder/head"
}
mkdir -p raw/keys raw/products/example.org%2Fbox/1.0 raw/products/example.org%2FBox/1.0 raw/products/example.org%2Fbox/~release
printf 'garbage' >raw/keys/000000-keys.cose
: >raw/keys/000001-keys.cose
cp 1.0.alice raw/products/example.org%2FBox/1.0/000002-manifest.corim
cp 1.0.alice raw/products/example.org%2Fbox/~release/000003-release.cose
cp 1.0.alice raw/products/example.org%2Fbox/1.0/000004-manifest.corim
cp 1.0.alice raw/products/example.org%2Fbox/1.0/000005-manifest.corim
log_of raw keys/000000-keys.cose keys/000001-keys.cose products/example.org%2FBox/1.0/000002-manifest.corim \
	products/example.org%2Fbox/~release/000003-release.cose products/example.org%2Fbox/1.0/000004-manifest.corim \
	products/example.org%2Fbox/1.0/000005-manifest.corim
run db log --db raw --trust trust.yml
expect_status 0
expect test "$(grep -c malformed "$STDOUT")" -eq 5
run db log --db raw --trust trust.yml --json
expect_json '[(s["kind"], s["counts"]) for s in j["statements"]] == [("none", False)] * 2 + [
	("manifest", n == 4) for n in (2, 3, 4, 5)]'
run db show example.org/box/1.0 --db raw --trust trust.yml
expect_status 0
run check one.eif --db raw --trust trust.yml
expect_status 0
run db audit --db raw --trust trust.yml
expect_status 1
expect test "$(grep -c '^malformed' "$STDOUT")" -eq 5
expect_stdout_has 'in another case'
expect_stderr 'measure: error[contradiction]: raw: 6 things in it cannot be so'
ok 'what is no statement, stands elsewhere or twice counts for nothing'

# ---- two that may both, and say different things
printf 'two' >ramdisk
"$MEASURE" build eif -q --kernel kernel --cmdline quiet --ramdisk ramdisk -o two.eif
"$MEASURE" manifest make two.eif --product example.org/box --version 1.0 -q -o plain.corim >/dev/null
"$MEASURE" sign manifest plain.corim --signer alice --key alice.key -q -o again.alice
mkdir -p split/products/example.org%2Fbox/1.0
cp 1.0.alice split/products/example.org%2Fbox/1.0/000000-manifest.corim
cp again.alice split/products/example.org%2Fbox/1.0/000001-manifest.corim
log_of split products/example.org%2Fbox/1.0/000000-manifest.corim products/example.org%2Fbox/1.0/000001-manifest.corim
run db audit --db split --trust trust.yml
expect_status 1
expect_stdout_has 'contradiction products/example.org%2Fbox/1.0/000001-manifest.corim: '
expect_stderr 'measure: error[contradiction]: split: 1 things in it cannot be so'
run check one.eif --db split --trust trust.yml
expect_status 1
expect_stderr 'measure: error[contradiction]: one.eif: release: two manifests of this version both count'
pcr0=$("$MEASURE" eif one.eif | sed -n 's/^PCR0  //p')
run who "$pcr0" --db split --trust trust.yml
expect_status 1
expect_stderr "measure: error[contradiction]: $pcr0: example.org/box 1.0 has two manifests that both count"
run db audit --db split --trust dave.yml --json
expect_status 0
expect_json 'j["unknown"] == 2 and j["findings"] == []'
run db audit --db split --trust dave.yml
expect_stderr 'measure: warning[unknown-key]: 2 statements are by keys that have no role here, and count for nothing'
ok 'two manifests of one version make both a no'

# ---- the static verifier, which has no libgit2, reads the files
if [ -x "$BUILD/measure-verify" ]; then
	MEASURE=$BUILD/measure-verify
	run check one.eif --db raw --trust trust.yml
	expect_status 0
	run check one.eif --db db.git --trust trust.yml
	expect_status 5
	# shellcheck disable=SC2016 # a hint has back-quotes
	expect_stderr 'measure-verify: error[library]: db.git: libgit2 is needed, and this program is static: it loads none
measure-verify: hint: without it a database is read as a plain folder: a checkout without .git, or what `measure-fetch db` brings'
	ok 'a static verifier answers from a plain copy, and says why not from a repository'
fi

plan done
