#!/bin/sh
# The recipes of this tree, of which a build takes minutes (ci/recipes): each is one, and its lock is
# of the recipe that stands beside it
. "${0%/*}/../lib.sh"

mkdir store
for folder in "$ROOT"/eif/recipes/* "$ROOT"/ovmf-snp/recipes/*; do
	run build "$folder/measure.yml" --store store -o out
	expect_status 4
	expect_stderr_has 'measure: error[input-missing]: '
	ok "${folder##*/} has its lock"
done

# a recipe that changed after it was locked
cp -R "$ROOT/eif/recipes/demo" changed
echo '# more' >>changed/measure.yml
run build changed/measure.yml --store store -o out
expect_status 4
expect_stderr_has 'measure: error[unlocked]: '
ok 'a recipe that changed has none'
plan done
