#!/bin/sh
# ci/reproduce.sh refuses a build into which path, time, user, locale or umask finds its way
. "${0%/*}/../lib.sh"

# tree COMMAND: a Makefile whose program is what COMMAND prints
tree()
{
	rm -rf ./*
	printf 'all:\n\t@mkdir -p build; { %s; } >build/measure\nman completions commit:\n' "$1" >Makefile
}

reproduce() { run_command "$ROOT/ci/reproduce.sh"; }

refused()
{
	tree "$1"
	reproduce
	expect_status 1
	expect_stdout_has './measure: differs from offset '
	ok "$2"
}

tree 'echo same'
reproduce
expect_status 0
expect_stdout_has 'reproduce: 1 files are equal'
ok 'a build that depends on nothing passes'

refused 'pwd' 'the path is seen'
refused 'umask' 'the umask is seen'
refused "printf '%s\n' \"\$\$LC_ALL\"" 'the locale is seen'
refused "printf '%s\n' \"\$\$TZ\"" 'the time zone is seen'
refused "printf '%s\n' \"\$\$HOME\"" 'the home is seen'
if command -v faketime >/dev/null; then
	refused 'date +%Y-%m' 'the clock is seen'
else
	skip 'the clock is seen' 'no faketime'
fi
if [ "$(id -u)" -eq 0 ]; then
	refused 'id -u' 'the user is seen'
else
	skip 'the user is seen' 'only root can build as another user'
fi

tree 'echo same; umask | grep -q 022 || echo more'
reproduce
expect_status 1
expect_stdout_has './measure: one is the beginning of the other'
ok 'a longer file is seen'

tree 'echo same; umask | grep -q 022 || touch build/extra'
reproduce
expect_status 1
expect_stdout_has 'only one build has ./extra'
ok 'a file of one build only is seen'

tree 'false'
reproduce
expect_status 1
expect_stdout_has 'the tree does not build'
ok 'a tree that does not build fails'

plan done
