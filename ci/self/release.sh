#!/bin/sh
# Releases this program by its own recipe, with its own tools: locks the commit at hand, commits the
# lock, tags that commit, and calls ci/release.sh. On a commit that has the tag it only calls it, which
# is what a second publisher does.
#
#	ci/self/release.sh --db REPOSITORY --key FILE [OPTION VALUE]...
#
# The options are those of ci/release.sh. The version is that of the Makefile. What is built is the
# commit before the tag: a lock cannot name the commit that it is in.
set -eu
cd "$(dirname "$0")/../.."
measure=${MEASURE:-measure} recipe=ci/self/measure.yml store=

die()
{
	echo "${0##*/}: $*" >&2
	exit 5
}

option=
for word; do
	[ "$option" != --store ] || store=$word
	option=$word
done
version=$(sed -n 's/^MEASURE_VERSION := //p' Makefile)
[ -z "$(git status --porcelain)" ] || die 'the tree has changes that are not committed'

if [ "$(git rev-parse -q --verify "refs/tags/v$version^{commit}")" != "$(git rev-parse HEAD)" ]; then
	commit=$(git rev-parse HEAD)
	sed -i "s/^version: .*/version: $version/; s/^\(.* commit\): .*/\1: $commit/
		s/^\(.* MEASURE_COMMIT\): .*/\1: $commit/" $recipe
	"$measure" lock $recipe --source . ${store:+--store "$store"}
	git add $recipe ci/self/measure.lock
	git commit -q -m "ci: the lock of release $version"
	git tag "v$version"
fi
exec ci/release.sh --source . "$@" $recipe
