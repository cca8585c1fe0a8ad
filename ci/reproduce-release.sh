#!/bin/sh
# An independent rebuilder's job: takes a release out of a database, builds it again from its source
# and the locked inputs, and publishes a signed statement of what came of it, equal or not.
#
#	ci/reproduce-release.sh --db REPOSITORY --source REPOSITORY --key FILE [OPTION VALUE]... [PRODUCT/VERSION]
#
#	--db REPOSITORY		the database: a path or an address that git can push to
#	--source REPOSITORY	where source, recipe and lock are: a path or an address to fetch from
#	--recipe PATH		the recipe in it (measure.yml)
#	--key FILE		sign with this private key; or --sign-with COMMAND --public-key FILE
#	--signer NAME		who signs, for readers
#	--trust FILE		the trust file (that of the user)
#	--store DIR		the store of inputs (that of the user); what is missing is brought
#	--bases "ARCHIVE=URL..."	(words) where archives of inputs are, as --base of measure-fetch
#	--vary LIST		build once more, varied in this (none: not)
#	--done FILE		without PRODUCT/VERSION: the newest release of PRODUCT... that is not in this
#				file, where it is noted afterwards
#	--out DIR		what is left (out/rebuilt)
#
# Exit status: 0 when it was reproduced, or when there was nothing to do; 1 when it was not, whereby
# the statement is published as well; otherwise that of the step which failed. MEASURE and
# MEASURE_FETCH name the programs when they are not in PATH.
# shellcheck source=ci/db.sh
. "${0%/*}/db.sh"

measure=${MEASURE:-measure} remote='' origin='' recipe=measure.yml
out=out/rebuilt vary=none release='' already='' key='' sign_with='' public_key='' signer='' trust='' store=''
bases=''

while [ $# -gt 0 ]; do
	case $1 in
	--*) [ $# -ge 2 ] || usage "$1 needs a value" ;;
	*)
		[ $# -eq 1 ] || usage 'one release, behind the options'
		release=$1
		break
		;;
	esac
	case $1 in
	--db) remote=$2 ;;
	--source) origin=$2 ;;
	--recipe) recipe=$2 ;;
	--key) key=$2 ;;
	--sign-with) sign_with=$2 ;;
	--public-key) public_key=$2 ;;
	--signer) signer=$2 ;;
	--trust) trust=$2 ;;
	--store) store=$2 ;;
	--bases) bases=$2 ;;
	--vary) vary=$2 ;;
	--done) already=$2 ;;
	--out) out=$2 ;;
	*) usage "there is no option $1" ;;
	esac
	shift 2
done
if [ -z "$remote" ] || [ -z "$origin" ]; then usage '--db and --source are needed'; fi
[ -n "$key$sign_with" ] || usage '--key or --sign-with is missing'
[ -n "$release$already" ] || usage 'a release is needed, or --done'

rm -rf "$out"
mkdir -p "$out"
copy=$out/database.git key_option=--statement
db_fetch

if [ -z "$release" ]; then
	touch "$already"
	release=$(db show | grep -v '  withdrawn' | sed 's/  .*//' | grep -vxF -f "$already" | tail -n 1) || true
	if [ -z "$release" ]; then
		say 'there is no release that was not looked at'
		exit 0
	fi
fi
say "$release"
db show "$release" -o "$out/release.bundle" >"$out/status"

say 'fetch its source'
git clone -q --no-checkout "$origin" "$out/source"
mkdir -p "$out/source/$(dirname "$recipe")"
commit=$(recipe_commit "$out/source/$recipe" "$out/release.bundle")
if [ -z "$commit" ]; then
	say "no commit of $origin has the recipe and the lock that $release names"
	exit 4
fi
git -C "$out/source" checkout -q --detach "$commit"

# shellcheck disable=SC2086 # words
bring "$out/source/$(dirname "$recipe")/measure.lock" $bases

say 'build it again'
[ "$vary" != none ] || vary=
status=0
signed "$measure" reproduce "$out/release.bundle" --source "$out/source" --recipe "$out/source/$recipe" \
	${store:+--store "$store"} ${vary:+--vary "$vary"} -o "$out/rebuilt.cose" >"$out/said" || status=$?
cat "$out/said"
[ -e "$out/rebuilt.cose" ] || exit $status

say 'publish what came of it'
db_write publish "$out/rebuilt.cose"
db show "$release" -o "$out/release.bundle" >"$out/status"
[ -z "$already" ] || echo "$release" >>"$already"
exit $status
