#!/bin/sh
# `measure build`: is the source that is built the tree of the commit that the lock names, and is
# what the recipe itself says of an input what is locked?
# shellcheck disable=SC2016 # backquotes in messages
. "${0%/*}/../lib.sh"
need git
need jq

store=$HOME/.cache/measure/store
git_quiet() { git -C project -c user.name=a -c user.email=a@example.org "$@" >git.log 2>&1; }

git init -q project
echo right >project/app
git_quiet add app
git_quiet commit -m one
commit=$(git -C project rev-parse HEAD)
recipe()
{
	cat >project/measure.yml <<-END
	recipe: 1
	product: example.org/demo
	version: "1.0"
	vendor: example.org
	source: {git: .${1-}}
	files:
	  app: source:app
	END
}

# edit FILTER: the lock by it, in its form and with the digest of its inputs
edit()
{
	jq "$1" project/measure.lock >edited
	digest=$(jq -S '{epoch, inputs: [.inputs[] | del(.origins)], libraries, schema: "measure-inputs/1", stages}' edited |
		sha256sum | cut -d ' ' -f 1)
	jq -S ".inputs_digest = \"sha256:$digest\"" edited >edited.lock
}

recipe
run lock project/measure.yml
expect_status 0
run build project/measure.yml -o out
expect_status 0
expect_stderr ''
expect test "$(cat out/app)" = right
edit .
expect cmp edited.lock project/measure.lock
tree=$(jq -r '.inputs[0].tree' project/measure.lock)
expect grep -q "\"$tree\"" out/build.json
ok 'the source is built from its repository'

echo wrong >project/app
git_quiet commit -a -m two
second=$(git -C project rev-parse HEAD)
edit ".inputs[0].commit = \"$second\""
run build project/measure.yml --lock edited.lock -o x
expect_status 3
expect_stderr "measure: error[input-digest]: project/measure.yml: input 'source': the tree of commit $second is another"
expect_no_file x
ok 'a lock that names another commit for a tree of the store is refused'

edit '.inputs[0].tree = "sha256:" + ("1" * 64)'
run build project/measure.yml --lock edited.lock -o x
expect_status 3
expect_stderr "measure: error[input-digest]: project/measure.yml: input 'source': the tree of commit $commit is another"
mkdir alone
cp project/measure.yml project/measure.lock alone
run build alone/measure.yml --lock edited.lock -o x
expect_status 3
expect_stderr "measure: error[input-digest]: alone/measure.yml: input 'source': its tree is another than the lock's"
expect_no_file x
ok 'a digest of the tree that is not that of the archive is refused, with a repository and without'

run build alone/measure.yml -o out2
expect_status 0
expect_stderr "measure: warning[source-uncompared]: alone/measure.yml: input 'source': that it is the tree of commit $commit was not compared: its repository is not here"
expect diff -r out out2
run build alone/measure.yml --source project -o out3
expect_status 0
expect_stderr ''
git init -q other
run build alone/measure.yml --source other -o x
expect_status 4
expect_stderr "measure: error[commit]: other: object $commit is not in the repository"
expect_no_file x
ok 'the store alone says nothing of the commit; a repository that is named has to have it'

rm -rf "$store"
run build alone/measure.yml -o x
expect_status 3
expect_stderr_has 'measure: error[source]: '
run build alone/measure.yml --source project -o out4
expect_status 0
expect diff -r out out4
ok 'a source that the store has not is taken from its repository'

# ---- what the recipe says itself
recipe ", commit: $commit"
run lock project/measure.yml
edit ".inputs[0].commit = \"$second\""
run build project/measure.yml --lock edited.lock -o x
expect_status 3
expect_stderr "measure: error[lock]: edited.lock: the input 'source' is commit $second, and the recipe says $commit"
hex=$(sha256sum project/app | cut -d ' ' -f 1)
recipe "}
inputs: {more: {file: app, sha256: $hex}"
run lock project/measure.yml
expect_status 0
edit '.inputs[0].sha256 = "1" * 64'
run build project/measure.yml --lock edited.lock -o x
expect_status 3
expect_stderr "measure: error[lock]: edited.lock: the input 'more' is $(printf %064d 0 | tr 0 1), and the recipe says $hex"
expect_no_file x
ok 'a commit and a digest that stand in the recipe bind the lock'

plan done
