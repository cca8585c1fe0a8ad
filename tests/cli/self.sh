#!/bin/sh
# This program's own release in small: ci/self/try.sh with the real recipe upon a root that has no
# compiler; what it "builds" is this build, and the measure-verify of it checks itself
# shellcheck disable=SC2016 # the recipe's own variables
. "${0%/*}/../lib.sh"
need busybox
need bwrap
need git
need openssl
if [ ! -x "$BUILD/measure-verify" ]; then
	skip 'this program releases itself' 'this build has no measure-verify'
	plan done
fi
MEASURE_FETCH=$BUILD/measure-fetch
export MEASURE MEASURE_FETCH
version=$(sed -n 's/^MEASURE_VERSION := //p' "$ROOT/Makefile")
sum() { sha256sum "$1" | cut -c 1-64; }

# ---- the recipe at hand
recipe=$ROOT/ci/self/measure.yml lock=$ROOT/ci/self/measure.lock
run lock --feeds "$recipe"
expect_status 0
expect test "$(sed -n 's/^\([^ ]*\)  [0-9a-f]\{64\}$/\1/p' "$STDOUT" | tr '\n' ' ')" = \
	'measure measure-fetch measure-verify measure.tar.gz '
sed -n 's/^.*\(MEASURE_COMMIT\|commit\)["=: ]*\([0-9a-f]\{40\}\)[",]*$/\2/p' "$recipe" "$lock" | sort -u >commits
expect test "$(wc -l <commits)" -eq 1
ok 'recipe and lock are of one commit'

# ---- a tree with that recipe: the compiler's place is taken by what copies bin/
mkdir -p tree/bin project/bin project/ci
cp "$(command -v busybox)" tree/bin/busybox
for tool in sh cp cut echo find gzip mkdir nproc sed sort touch; do
	ln -s busybox tree/bin/$tool
done
cat >tree/bin/make <<'END'
#!/bin/sh
mkdir build
cp bin/* build/
sed -i "s/COMMIT/$MEASURE_COMMIT/" build/measure
END
chmod +x tree/bin/make
cp -r "$ROOT/ci/self" "$ROOT/ci/db.sh" "$ROOT/ci/release.sh" "$ROOT/ci/reproduce-release.sh" project/ci/
cp "$ROOT/Makefile" project/
rm project/ci/self/measure.lock
tar -cf project/ci/self/root.tar -C tree .
awk '/^suites:/ { skip = 1; print "inputs:\n  toolchain: {file: root.tar, unpack: true}\n" }
	/^stages:/ { skip = 0 }
	sub(/tar -c .*/, "touch -d @$SOURCE_DATE_EPOCH measure/.commit; tar -c -f measure.tar $(find measure -type f | sort)") {
		print
		getline
		next
	}
	!skip' "$recipe" >project/ci/self/measure.yml
cat >project/bin/measure <<END
#!/bin/sh
[ "\$1" != version ] || exec echo '"commit": "COMMIT"'
exec '$MEASURE' "\$@"
END
printf '#!/bin/sh\nexec "%s" "$@"\n' "$MEASURE_FETCH" >project/bin/measure-fetch
cp "$BUILD/measure-verify" project/bin/
chmod +x project/bin/*
echo /out >project/.gitignore
git -C project init -q -b main
git -C project add .
run_command git -C project -c user.name=a -c user.email=a@example.org commit -q -m first
expect_status 0

run_command project/ci/self/try.sh --vary none
if grep -q 'error\[sandbox\]' "$STDERR"; then
	skip 'this program releases itself' 'no sandbox can be made here'
	plan done
fi
expect_status 0
expect_stderr_has "release.sh: released: measure $version"
expect_stdout_has 'try.sh: refused: measure-verify: error[rebuilders]: release/measure.bundle: release: rebuilt with equal bytes by 0, and 1 are needed'
commit=$(git -C project rev-parse HEAD)
expect_stdout_has "try.sh: the archive is the tree of $commit, and so says the program"
expect_stdout_has 'measure-verify: error[not-released]: changed/measure-verify: file: measure-verify is another one'
expect_stdout_has 'error[not-released]: renamed/measure: file: measure has the content of measure-verify, another file'
expect_stdout_has "error[withdrawn]: download/measure: release: $version was withdrawn: it was only tried out"
expect_stdout_has "$(sum "$BUILD/measure-verify")  download/measure-verify"
ok 'released, checked by the measure-verify that was released, rebuilt, withdrawn'

# ---- a second publisher, upon the tag
cd project/out/self || exit 99
head=$(git -C clone rev-parse HEAD)
expect test "$(git -C clone rev-parse 'HEAD^')" = "$commit"
run db init --db second.git
run db keys --db second.git --from trust.yml --trust trust.yml --key keys/root.key
expect_status 0
publish() { run_command clone/ci/self/release.sh --db "$PWD/second.git" --trust "$PWD/trust.yml" \
	--key "$PWD/keys/publisher.key" --vary none --out "$PWD/second"; }
publish
expect_status 0
expect test "$(git -C clone rev-parse HEAD)" = "$head"
expect_same second/manifest.corim release/manifest.corim
ok 'a commit that has the tag is released as it is'

echo >>clone/Makefile
publish
expect_status 5
expect_stdout ''
expect_stderr 'release.sh: the tree has changes that are not committed'
ok 'a tree with changes is not released'

plan done
