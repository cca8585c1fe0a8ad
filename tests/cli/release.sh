#!/bin/sh
# From an empty folder to a release that others rebuilt, checked, met and saw withdrawn: the scripts of
# ci/ and the verbs, against a bare repository on disk and no service
# shellcheck disable=SC2016 # the recipe's own variables, and backquotes in messages
. "${0%/*}/../lib.sh"
need busybox
need bwrap
need git
need openssl

GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
MEASURE_FETCH=$BUILD/measure-fetch
export MEASURE_FETCH

# as NAME COMMAND...: with the home of this person, which has her cache and what she saw
as()
{
	mkdir -p "people/$1"
	XDG_CACHE_HOME=$PWD/people/$1/cache XDG_STATE_HOME=$PWD/people/$1/state
	export XDG_CACHE_HOME XDG_STATE_HOME
	shift
	run_command "$@"
}
# ci SCRIPT ARGS...: a script of ci/, with what all of them are told
# shellcheck disable=SC2317 # called by as
ci()
{
	script=$1
	shift
	"$ROOT/ci/$script.sh" --db srv/releases.git --trust trust.yml "$@"
}

# ---- who is there: two publishers, a rebuilder, one who withdraws, the root key; and the auditor's trust
for name in alice bob carol dave root; do
	openssl genpkey -algorithm ed25519 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
trust() { "$MEASURE" trust add -q "$@" --trust trust.yml; }
trust alice.pub --role publisher
trust bob.pub --role publisher --threshold 2
trust carol.pub --role rebuilder
trust dave.pub --role withdrawer
trust root.pub --role root

# ---- the product: a source, a recipe, inputs
mkdir -p tree/bin project/src
cp "$(command -v busybox)" tree/bin/busybox
for name in sh cat mkdir; do
	ln -s busybox "tree/bin/$name"
done
echo hello >project/src/greeting
tar -cf project/root.tar -C tree .
head -c 65536 /dev/zero >project/kernel
# recipe VERSION COMMAND
recipe()
{
	cat >project/measure.yml <<END
recipe: 1
product: example.org/box
version: "$1"
vendor: example.org
source: {git: .}
inputs:
  base: {file: root.tar, unpack: true}
  kernel: {file: kernel}
stages:
  app:
    root: base
    use: {root: base, src: "source:src"}
    run: |
      mkdir root/app
      $2
    outputs: {root: root}
eif:
  artefact: box.eif
  kernel: kernel
  cmdline: console=ttyS0
  rootfs: app/root
  entrypoint: [/bin/cat, /app/greeting]
END
	git -C project add .
	git -C project commit -q -m "$1"
	as alice "$MEASURE" lock project/measure.yml -q
	git -C project add .
	git -C project commit -q -m "lock of $1"
}
git -C project init -q -b main
echo kernel >project/.gitignore
echo root.tar >>project/.gitignore
git -C project add -f kernel root.tar
recipe 1.0 'cat src/greeting >root/app/greeting'
expect_status 0

# ---- the database
as root "$MEASURE" db init --db srv/releases.git
expect_status 0
as root "$MEASURE" db keys --db srv/releases.git --from trust.yml --trust trust.yml --key root.key
expect_status 0
ok 'a database with its keys'

# ---- two publishers
as alice ci release --key alice.key --signer alice --channel stable --summary job.md --vary home,timezone --out alice project/measure.yml
case $(cat "$STDERR") in
*'error[sandbox]'*)
	skip 'a release is made' 'no sandbox can be made here'
	plan done
	;;
esac
expect_status 0
expect_stderr_has 'measure: error[threshold]: alice/image/box.eif: release: too few publishers have signed it, as of that time'
expect_stderr_has 'release.sh: released: example.org/box 1.0, which does not count yet'
expect grep -qxF 'It is the first release of this product in the database.' job.md
expect grep -qxF 'It does not count yet: too few publishers have signed it, as of that time.' job.md
expect grep -qxF 'It was built again under other conditions, with equal bytes. In the database: too few publishers.' job.md
git clone -q project bob.clone
as bob ci release --key bob.key --signer bob --channel stable --vary none --out bob bob.clone/measure.yml
expect_status 0
expect_stderr_has 'measure: error[rebuilders]: bob/image/box.eif: release: rebuilt with equal bytes by 0, and 1 are needed'
expect_same alice/manifest.corim bob/manifest.corim
expect test "$(sed -n 's/^{"_type".*,"predicateType":"\([^"]*\)".*/\1/p' bob/statement.json)" = https://slsa.dev/provenance/v1
expect python3 -c 'import json, sys
s, p = (json.load(open(f)) for f in sys.argv[1:])
assert s["predicate"] == p' bob/statement.json bob/predicate.json
(cd bob/image && sha256sum -c --ignore-missing --quiet ../subjects) || not_ok 'the subjects are the files'
as bob "$MEASURE" check bob/image/box.eif --manifest bob/box.eif.bundle --trust trust.yml
expect_status 4
expect_stderr 'measure: error[rebuilders]: bob/image/box.eif: release: rebuilt with equal bytes by 0, and 1 are needed'
ok 'two publishers release the same payload, each from a clone of her own'

as bob ci release --key bob.key --signer bob --vary none --out bob bob.clone/measure.yml
expect_status 0
expect_stdout_has 'already there  '
ok 'a release that is there already is left as it is'

# ---- a second builder
as carol ci reproduce-release --source project --key carol.key --done carol.done --out carol
expect_status 0
expect_stdout_has 'PASS'
expect_stdout_has '-rebuilt.cose'
as bob "$MEASURE" check bob/image/box.eif --manifest carol/release.bundle --trust trust.yml
expect_status 0
expect grep -q '^rebuilt by carol  sha256:' "$STDOUT"
as carol ci reproduce-release --source project --key carol.key --done carol.done --out carol
expect_status 0
expect_stdout ''
expect_stderr 'reproduce-release.sh: there is no release that was not looked at'
ok 'a second builder reproduces it and says so, and hands out a bundle that does'

# ---- an auditor, who has a clone, or the files of one from a web server
git clone -q --bare srv/releases.git clone.git
mkdir web
git -C clone.git archive main | tar -x -C web
for from in clone.git web; do
	as "auditor of $from" "$MEASURE" db audit --db $from --trust trust.yml
	expect_status 0
	sed 's/^releases: //' "$STDOUT" >audit.$from
	as "auditor of $from" "$MEASURE" db log --db $from --trust trust.yml
	cp "$STDOUT" log.$from
	as "auditor of $from" "$MEASURE" db show --db $from --trust trust.yml
	expect_stdout 'example.org/box/1.0  published, reproduced, latest'
	as "auditor of $from" "$MEASURE" who "$(sed -n 's/  PCR0$//p' alice/digests)" --db $from --trust trust.yml
	expect_status 0
	cp "$STDOUT" who.$from
	as "auditor of $from" "$MEASURE" db show example.org/box/1.0 --db $from --trust trust.yml -o $from.bundle
	expect_status 0
	as "auditor of $from" "$MEASURE" check alice/image/box.eif --manifest $from.bundle --trust trust.yml
	expect_status 0
	as "auditor of $from" "$MEASURE" check alice/image/box.eif --db $from --trust trust.yml
	expect_status 0
	cp "$STDOUT" check.$from
done
expect_same audit.clone.git audit.web
expect_same log.clone.git log.web
expect_same who.clone.git who.web
expect_same clone.git.bundle web.bundle
expect_same check.clone.git check.web
ok 'an auditor checks the image, by a clone and by a plain copy of the files'

# ---- evidence
# shellcheck disable=SC2046 # options are words
"$BUILD/tests/document" --time "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --nonce 00112233445566778899aabbccddeeff \
	$(sed -n 's/^\([0-9a-f]*\)  PCR\([012]\)$/--pcr \2=\1/p' alice/digests) test-root.pem running.cose
verify()
{
	as client "$MEASURE" verify running.cose --root test-root.pem "$@" --trust trust.yml \
		--nonce 00112233445566778899aabbccddeeff
}
verify --manifest clone.git.bundle
expect_status 0
verify --db srv/releases.git
expect_status 0
expect_stdout_has 'PASS'
ok 'evidence of what runs is verified'

# ---- a register that changes by itself
mkdir -p monitor
as monitor ci monitor --state monitor/state
expect_status 1
expect_stdout_has 'keys/000000-keys.cose'
as monitor ci monitor --state monitor/state
expect_status 0
expect_stdout ''
recipe 1.1 'cat /proc/sys/kernel/random/uuid >root/app/greeting'
as alice ci release --key alice.key --vary none --out alice project/measure.yml
expect_status 0
expect grep -q '^| PCR0 | `[0-9a-f]*` | `[0-9a-f]*` | changed |$' alice/summary.md
expect grep -q '^| PCR1 | `[0-9a-f]*` | the same | the same |$' alice/summary.md
sed -i 's/"1.1"/"1.2"/' project/measure.yml
git -C project commit -q -a -m 1.2
as alice "$MEASURE" lock project/measure.yml -q
git -C project commit -q -a -m 'lock of 1.2'
XDG_CACHE_HOME=$PWD/none
as alice rm -rf people/alice/cache/measure/build
as alice ci release --key alice.key --vary none --out alice project/measure.yml
expect_status 1
expect_stderr_has 'release.sh: PCR0 was '
expect_stderr_has ', although nothing that feeds it changed: inputs source base kernel'
expect_stderr_has 'release.sh: PCR2 was '
expect test "$(grep -c PCR1 "$STDERR")" -eq 0
expect_stderr_has 'release.sh: failed: hold the registers against those of example.org/box/1.1'
expect grep -q '^\*\*Not released\*\* (exit status 1): hold the registers' alice/summary.md
as alice "$MEASURE" db log --db srv/releases.git --trust trust.yml
expect test "$(grep -c '/1\.2/' "$STDOUT")" -eq 0
ok 'a register that changes without a change of its inputs stops the release, and both are named'

git clone -q --depth 1 "file://$PWD/project" shallow
as alice ci release --key alice.key --vary none --out alice shallow/measure.yml
expect_status 4
expect_stderr_has 'release.sh: no commit here has the recipe and the lock of example.org/box/1.1: fetch the whole history, or say --before DIR'
mkdir old
for file in measure.yml measure.lock; do
	git -C project show "HEAD~2:$file" >"old/$file"
done
as alice ci release --key alice.key --vary none --before old --because 'it is only a test' --out alice shallow/measure.yml
expect_status 0
expect grep -q '^PCR0 was [0-9a-f]* and is [0-9a-f]*, although nothing that feeds it changed: inputs ' alice/summary.md
expect grep -qxF 'Released all the same, because: it is only a test' alice/summary.md
ok 'the release before can be said by hand, and so can a reason to go on'

# ---- two at the same time: whoever pushes is overtaken once
sed -i -e 's/"1.2"/"1.3"/' -e 's|cat /proc[^ ]*|cat src/greeting|' project/measure.yml
git -C project commit -q -a -m 1.3
as alice "$MEASURE" lock project/measure.yml -q
git -C project commit -q -a -m 'lock of 1.3'
mkdir bin
git=$(command -v git)
cat >bin/git <<END
#!/bin/sh
case " \$* " in
*' push '*)
	if mkdir raced 2>/dev/null; then
		"$MEASURE" sign manifest -q alice/manifest.corim --key bob.key -o raced/signed &&
			"$MEASURE" db publish -q raced/signed --db srv/releases.git --trust trust.yml
	fi
	;;
esac
exec "$git" "\$@"
END
chmod +x bin/git
path=$PATH
PATH=$PWD/bin:$PATH
as alice ci release --key alice.key --channel stable --minimum 1.0 --supersedes '1.0 1.1' --vary none --out alice project/measure.yml
PATH=$path
expect_status 0
expect_stderr_has 'release.sh: somebody else published meanwhile: once more upon that'
as bob "$MEASURE" db audit --db srv/releases.git --trust trust.yml
expect_status 0
as bob "$MEASURE" db show --db srv/releases.git --trust trust.yml
expect_stdout_has 'example.org/box/1.3  published'
as bob "$MEASURE" db show example.org/box/1.3 --db srv/releases.git --trust trust.yml
expect test "$(grep -c '^  manifest ' "$STDOUT")" -eq 2
ok 'who is overtaken publishes again, and nothing is lost or there twice'

# ---- taken back
as dave "$ROOT/ci/push.sh" srv/releases.git withdraw example.org/box/1.0 --reason 'it greets too loudly' \
	--replacement 1.3 --key dave.key --trust trust.yml
expect_status 0
expect_stdout_has 'published  products/example.org%2Fbox/1.0/'
as client "$MEASURE" who "$(sed -n 's/  PCR0$//p' bob/digests)" --db srv/releases.git --trust trust.yml
expect_status 1
expect_stderr_has 'measure: error[withdrawn]: '
expect_stderr_has ': example.org/box 1.0 was withdrawn: it greets too loudly'
verify --db srv/releases.git
expect_status 1
expect_stdout_has 'FAIL'
expect_stderr_has 'measure: error[withdrawn]: '
expect_stderr_has '1.0 was withdrawn: it greets too loudly; use instead 1.3'
as carol ci reproduce-release --source project --key carol.key --out carol example.org/box/1.1
expect_status 1
expect_stdout_has 'FAIL'
expect_stdout_has '-rebuilt.cose'
as monitor ci monitor --state monitor/state
expect_status 1
expect_stdout_has 'example.org/box/1.0  withdrawn, published, reproduced'
expect_stdout_has 'example.org/box/1.1  too few publishers, rebuilt differently'
as monitor ci monitor --state monitor/state
expect_status 0
expect_stdout ''
ok 'a release is withdrawn, another rebuilt differently, and who watches is told'

# ---- a host that takes back what it showed
head=$(git --git-dir=srv/releases.git rev-parse main)
git --git-dir=srv/releases.git update-ref refs/heads/main "$head~3"
as monitor ci monitor --state monitor/state
expect_status 1
expect_stderr_has 'measure: error[rollback]: '
expect test "$(git --git-dir=monitor/state.git rev-parse refs/known/main)" = "$head"
as alice ci release --key alice.key --vary none --out alice project/measure.yml
expect_status 1
expect_stderr_has 'release.sh: failed: fetch the database'
ok 'a history that went back is refused, and the one before is kept as evidence'

# ---- what is asked wrongly
run_command "$ROOT/ci/release.sh" --key alice.key
expect_status 2
expect_stderr_has 'release.sh: --db is missing'
run_command "$ROOT/ci/release.sh" --db srv/releases.git --frost none
expect_status 2
expect_stderr_has 'release.sh: there is no option --frost'
run_command "$ROOT/ci/reproduce-release.sh" --db srv/releases.git --source project --key carol.key
expect_status 2
run_command "$ROOT/ci/monitor.sh" --state
expect_status 2
run_command "$ROOT/ci/push.sh" srv/releases.git show
expect_status 2
expect_stderr_has 'push.sh: show writes nothing into a database'
as alice "$ROOT/ci/release.sh" --db srv/none.git --trust trust.yml --key alice.key --out alice project/measure.yml
expect_status 5
expect_stderr_has 'release.sh: the database cannot be fetched from srv/none.git'
ok 'what the scripts cannot do is said'
plan done
