#!/bin/sh
# Bundles with what was said of a release after it was signed: who rebuilt it, and that it was withdrawn
. "${0%/*}/../lib.sh"
need git
need openssl
said=$BUILD/tests/said
# a build with sanitizers has no static program
[ -x "$BUILD/measure-verify" ] && verify=$BUILD/measure-verify || verify=$MEASURE

XDG_STATE_HOME=$PWD/state XDG_CACHE_HOME=$PWD/cache
export XDG_STATE_HOME XDG_CACHE_HOME

printf 'kernel' >kernel
printf 'ramdisk' >ramdisk
"$MEASURE" build eif -q --kernel kernel --cmdline quiet --ramdisk ramdisk -o image.eif
for name in root alice bob carol dave erin frank mallory; do
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
trusted() { "$MEASURE" trust add -q "$1.pub" --name "$1" --role "$2" --threshold "${3:-1}" --trust trust.yml; }
trusted root root
trusted alice publisher
trusted alice rebuilder
trusted bob rebuilder
trusted carol rebuilder 2
trusted dave withdrawer
trusted erin withdrawer 2
"$MEASURE" manifest make image.eif --product example.org/box --version 1.0 -q -o payload
"$MEASURE" manifest make image.eif --product example.org/box --version 1.1 -q -o payload.1
"$MEASURE" sign manifest payload --signer alice --key alice.key -q -o alice.corim
"$MEASURE" sign manifest payload --signer mallory --key mallory.key -q -o mallory.corim
trust='--trust trust.yml'

# say NAME KIND KEY [NAME=VALUE...]: a statement in the file NAME
say()
{
	name=$1 kind=$2 key=$3
	shift 3
	"$said" "$kind" payload "$key.key" "$@" >"$name"
}
say bob.equal equal bob issued=1700000000
say bob.differs differs bob issued=1700000001
say carol.equal equal carol issued=1700000000
say alice.equal equal alice issued=1700000000
say mallory.equal equal mallory
say bob.witnessed witnessed bob issued=1700000000
say dave.withdraw withdraw dave issued=1700000002 instead=1.1
say erin.withdraw withdraw erin issued=1700000003
say bob.withdraw withdraw bob

# bundle NAME STATEMENT...: NAME.bundle, of alice's manifest and these
bundle()
{
	out=$1.bundle
	shift
	# shellcheck disable=SC2046 # an option before each
	run manifest bundle alice.corim $(printf -- '--statement %s ' "$@") -o "$out"
	expect_status 0
}
# checked NAME STATUS [REASON TEXT]: what `check` says of the image by NAME.bundle, and the static program with it
# shellcheck disable=SC2086 # options are words
checked()
{
	run check image.eif --manifest "$1.bundle" $trust
	expect_status "$2"
	if [ $# -gt 2 ]; then
		expect_stderr "measure: error[$3]: image.eif: release: $4"
	else
		expect_stderr ''
	fi
	cp "$STDOUT" answer
	run_command "$verify" check image.eif --manifest "$1.bundle" $trust
	expect_status "$2"
	expect_same answer "$STDOUT"
	run manifest lint "$1.bundle"
	expect_status 0
	expect_stdout 'no findings'
}
# answers TEXT: in what `check` said last, in however many lines
answers()
{
	tr -s ' \n' ' ' <answer >joined
	expect grep -qF -- "$1" joined
}
needed='rebuilt with equal bytes by'

# shellcheck disable=SC2086 # options are words
{
run check image.eif --manifest alice.corim $trust
expect_status 4
expect_stderr "measure: error[rebuilders]: image.eif: release: $needed 0, and 2 are needed"
bundle one bob.equal
checked one 4 rebuilders "$needed 1, and 2 are needed"
bundle two bob.equal carol.equal
checked two 0
answers PASS
run check image.eif --manifest two.bundle $trust
expect grep -q '^rebuilt by bob  sha256:[0-9a-f]\{64\}$' "$STDOUT"
expect grep -q '^rebuilt by carol  sha256:' "$STDOUT"
expect_stdout_has "pass  release           $needed 2, and 2 are needed"
run check image.eif --manifest two.bundle $trust --json
expect_json '[r["name"] for r in j["rebuilders"]] in (["bob", "carol"], ["carol", "bob"])'
ok 'what the trust file demands of rebuilders a bundle alone gives, and they are named'

bundle alice alice.equal bob.equal
checked alice 4 rebuilders "$needed 1, and 2 are needed"
bundle witnessed bob.witnessed carol.equal
checked witnessed 4 rebuilders "$needed 1, and 2 are needed"
bundle mallory mallory.equal bob.equal carol.equal
checked mallory 0
id=$(openssl pkey -pubin -in mallory.pub -outform DER | sha256sum | cut -c 1-16)
answers "warn release the rebuilt statement by key $id counts for nothing: was signed by a key that has not the role in force"
say expired equal bob expires=1700000000
bundle expired expired carol.equal
checked expired 4 rebuilders "$needed 1, and 2 are needed"
run check image.eif --manifest expired.bundle --at 2023-01-01T00:00:00Z $trust
expect_status 0
cp bob.equal broken
put_at broken $(($(stat -c %s broken) - 9)) 000000
bundle broken broken carol.equal
checked broken 4 rebuilders "$needed 1, and 2 are needed"
answers 'counts for nothing: its signature does not hold'
# erin may publish, and did: in a bundle without that she is no rebuilder either
"$MEASURE" trust add -q erin.pub --name erin --role publisher --trust both.yml >added
for name in alice:publisher erin:rebuilder bob:rebuilder; do
	"$MEASURE" trust add -q ${name%:*}.pub --name ${name%:*} --role ${name#*:} --trust both.yml >added
done
"$MEASURE" sign manifest payload --signer erin --key erin.key -q -o erin.corim
say erin.equal equal erin issued=1700000000
for files in 'alice.corim erin.corim' alice.corim; do
	run manifest bundle $files --statement erin.equal -o erin.bundle
	expect_status 0
	run check image.eif --manifest erin.bundle --trust both.yml
	expect_status 4
	expect_stderr "measure: error[rebuilders]: image.eif: release: $needed 0, and 1 are needed"
done
run manifest bundle erin.corim --statement bob.equal -o bob.bundle
run check image.eif --manifest bob.bundle --trust both.yml
expect_status 0
ok 'a publisher, a weaker word, a stranger, one out of time and a broken signature do not count'

bundle last bob.equal bob.differs carol.equal
checked last 4 rebuilders "$needed 1, and 2 are needed"
answers 'warn release 1 rebuilders got something else than was published'
say bob.again equal bob issued=1700000005
bundle again bob.again bob.differs carol.equal
checked again 0
say bob.untimed.equal equal bob
say bob.untimed differs bob
bundle untimed bob.untimed.equal bob.untimed carol.equal
checked untimed 4 rebuilders "$needed 1, and 2 are needed"
bundle timed bob.again bob.untimed carol.equal
checked timed 4 rebuilders "$needed 1, and 2 are needed"
bundle early bob.untimed.equal bob.differs carol.equal
checked early 4 rebuilders "$needed 1, and 2 are needed"
say bob.future equal bob issued=99999999999
bundle future bob.differs bob.future carol.equal
checked future 4 rebuilders "$needed 1, and 2 are needed"
say bob.late differs bob issued=99999999999
bundle late bob.late bob.again carol.equal
checked late 4 rebuilders "$needed 1, and 2 are needed"
bundle alone bob.future carol.equal
checked alone 0
answers 'that nobody withdrew it: who hands out a manifest can leave that out'
ok 'the last word of a key counts, by the time that it gives itself, and the worse one where it gives none that can be'

# ---- withdrawn
bundle warned bob.equal carol.equal dave.withdraw bob.withdraw
checked warned 0
answers 'warn release 1 of the 2 withdrawers that are needed say that it is withdrawn'
answers 'warn release the withdraw statement by key '
bundle withdrawn bob.equal carol.equal dave.withdraw erin.withdraw
checked withdrawn 1 withdrawn '1.0 was withdrawn: a key leaked'
expect test "$(tail -n 1 answer)" = FAIL
ok 'a withdrawal refuses when enough have signed it, and warns before'

run db init --db db.git
run db publish alice.corim --db db.git $trust
run db publish bob.equal carol.equal --db db.git $trust
expect_status 0
run check image.eif --db db.git $trust
expect_status 0
expect grep -q '^rebuilt by bob  sha256:' "$STDOUT"
run db show example.org/box/1.0 --db db.git $trust -o shown.bundle
expect_status 0
expect_same shown.bundle two.bundle
run db publish dave.withdraw --db db.git $trust
expect_status 1
expect_stderr 'measure: error[fork]: dave.withdraw: withdraw statement: was made upon a state that is none of this log'
for name in dave erin; do
	run db withdraw example.org/box/1.0 --db db.git $trust --reason 'its key leaked' --replacement 1.1 --key $name.key
	expect_status 0
	if [ $name = dave ]; then
		run check image.eif --db db.git $trust
		expect_status 0
		expect grep -q '^warn  release           1 of the 2 withdrawers that are needed say' "$STDOUT"
	fi
done
run check image.eif --db db.git $trust
expect_status 1
cp "$STDERR" said.db
run manifest bundle payload --db db.git $trust -o out.bundle --json
expect_status 0
expect_json '(j["signatures"], j["statements"]) == (1, 4)'
run db show example.org/box/1.0 --db db.git $trust -o shown.bundle
expect_same shown.bundle out.bundle
run manifest bundle shown.bundle two.bundle --db db.git $trust -o same.bundle
expect_same shown.bundle same.bundle
run check image.eif --manifest out.bundle $trust
expect_status 1
expect_same said.db "$STDERR"
expect_stderr 'measure: error[withdrawn]: image.eif: release: 1.0 was withdrawn: its key leaked; use instead 1.1'
run manifest bundle payload.1 --db db.git $trust -o none.bundle
expect_status 1
expect_stderr 'measure: error[not-listed]: db.git: no manifest that counts has this payload'
expect_no_file none.bundle
ok 'a bundle takes what a database says, and refuses with its words'

run db publish two.bundle --db second.git $trust
expect_status 5
run db init --db second.git
run db publish two.bundle --db second.git $trust
expect_status 0
expect test "$(grep -c 'rebuilt.cose$' "$STDOUT")" = 2
run check image.eif --db second.git $trust
expect_status 0
run db publish shown.bundle --db db.git $trust
expect_status 0
expect test "$(grep -c '^already there  ' "$STDOUT")" = 5
ok 'a bundle is published with its statements'

# ---- what runs
nonce=00112233
registers=$("$MEASURE" eif image.eif | sed -n 's/^PCR\([0-9]\)  /--pcr \1=/p')
"$BUILD/tests/document" --time "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --nonce $nonce $registers root.pem evidence
for program in "$MEASURE" "$verify"; do
	run_command "$program" verify evidence --root root.pem --manifest two.bundle $trust --nonce $nonce
	expect_status 0
	expect grep -q '^rebuilt by bob  sha256:' "$STDOUT"
	run_command "$program" verify evidence --root root.pem --manifest one.bundle $trust --nonce $nonce
	expect_status 4
	expect_stderr_has "error[rebuilders]"
	run_command "$program" verify evidence --root root.pem --manifest out.bundle $trust --nonce $nonce
	expect_status 1
	expect_stderr_has "error[withdrawn]: evidence: code: "
	expect_stderr_has '1.0 was withdrawn: its key leaked; use instead 1.1'
	run_command "$program" verify evidence --root root.pem --manifest out.bundle $trust --nonce $nonce --json
	expect_json 'any(c["reason"] == "withdrawn" for c in j["manifest"]["checks"])'
done
ok 'evidence is judged by them, in the static program too'

# ---- shown
run manifest show withdrawn.bundle
expect_stdout_has 'Statement   rebuilt, equal, 2023-11-14T22:13:20Z, by said'
expect_stdout_has 'Statement   withdraw, 2023-11-14T22:13:23Z, by said
            a key leaked'
run manifest show warned.bundle --json
expect_json 'sorted(s["kind"] for s in j["statements"]) == ["rebuilt"] * 2 + ["withdraw"] * 2'
expect_json '[s["replacement"] for s in j["statements"] if "replacement" in s] == ["1.1"]'
expect_json 'all(s["outcome"] == "equal" for s in j["statements"] if s["kind"] == "rebuilt")'
run manifest show alice.corim --json
expect_json '"statements" not in j'
bundle same carol.equal bob.equal carol.equal
expect_same same.bundle two.bundle
run manifest bundle one.bundle two.bundle -o union.bundle
expect_same union.bundle two.bundle
ok 'they are shown, and a bundle is the same in whatever order they came'

# ---- refused
say others equal bob payload=7
run manifest bundle alice.corim --statement others -o none.bundle
expect_status 3
expect_stderr "measure: error[bundle]: others: speaks of the payload 0707070707070707..., and the manifest's is $(sha256sum payload | cut -c 1-16)..."
say release release alice
run manifest bundle alice.corim --statement release -o none.bundle
expect_status 3
expect_stderr 'measure: error[bundle]: release: a bundle holds rebuilt statements and withdrawals, and this is of the kind release'
run manifest bundle alice.corim --statement alice.corim -o none.bundle
expect_stderr 'measure: error[bundle]: alice.corim: a bundle holds rebuilt statements and withdrawals, and this is of the kind manifest'
cp "$ROOT/tests/fuzz/corpus/statements/keys.signed" keys
run manifest bundle alice.corim --statement keys -o none.bundle
expect_stderr 'measure: error[bundle]: keys: a bundle holds rebuilt statements and withdrawals, and this is of the kind keys'
run manifest bundle alice.corim --statement payload -o none.bundle
expect_status 3
expect_stderr_has 'measure: error[cbor]: payload: the tag of COSE_Sign1 is 501 and must be 18'
run manifest bundle alice.corim --statement absent -o none.bundle
expect_status 5
head -c 65537 /dev/zero >large
run manifest bundle alice.corim --statement large -o none.bundle
expect_status 3
expect_stderr_has 'error[limit]'
say named withdraw dave id=example.org/else/1.0
bundle named named bob.equal carol.equal
checked named 0
answers 'counts for nothing: no manifest of that release counts before it'
expect_no_file none.bundle
ok 'statements of another payload, and of kinds that say nothing without a log, are refused'
}

plan done
