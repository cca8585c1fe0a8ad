#!/bin/sh
# A release, from a recipe to the database: build, build again varied, measure, manifest, hold the
# registers (of a recipe that makes no image: the files) against those of the release before, sign,
# publish, bundle, check, a summary in Markdown.
#
#	ci/release.sh --db REPOSITORY --key FILE [OPTION VALUE]... [RECIPE]
#
#	--db REPOSITORY		the database: a path or an address that git can push to
#	--key FILE		sign with this private key; or --sign-with COMMAND --public-key FILE
#	--signer NAME		who signs, for readers
#	--expires TIME		until when the signature counts
#	--channel NAME		say as well that this is the latest of the channel, with
#	--minimum VERSION	the oldest that is still accepted, and
#	--supersedes VERSIONS	(words) those that it replaces
#	--trust FILE		the trust file (that of the user)
#	--source DIR		the repository of the source (the recipe's)
#	--store DIR		the store of inputs (that of the user)
#	--bases "ARCHIVE=URL..."	(words) where archives of inputs are, as --base of measure-fetch
#	--vary LIST		what the second build is varied in (all); none: no second build
#	--before DIR		recipe and measure.lock of the release before (out of git's history)
#	--because TEXT		a register or file may change although nothing that feeds it did, for this reason
#	--out DIR		what is left: image, manifest, bundle, records (out/release)
#	--summary FILE		the summary is added to it ($GITHUB_STEP_SUMMARY)
#
# RECIPE is measure.yml unless it is said, with its measure.lock beside it; inputs that are not in the
# store are brought. Exit status: that of the step which failed. Nothing is published before the last
# comparison. Where more publishers must sign, or others rebuild it, it is no failure that they have not
# yet. MEASURE and MEASURE_FETCH name the programs when they are not in PATH.
# shellcheck source=ci/db.sh
. "${0%/*}/db.sh"

measure=${MEASURE:-measure} remote='' recipe=measure.yml out=out/release vary=all before='' because=''
key='' sign_with='' public_key='' signer='' expires='' channel='' minimum='' supersedes=''
trust='' source='' store='' bases='' summary=${GITHUB_STEP_SUMMARY:-}

while [ $# -gt 0 ]; do
	case $1 in
	--*) [ $# -ge 2 ] || usage "$1 needs a value" ;;
	*)
		[ $# -eq 1 ] || usage 'one recipe, behind the options'
		recipe=$1
		break
		;;
	esac
	case $1 in
	--db) remote=$2 ;;
	--key) key=$2 ;;
	--sign-with) sign_with=$2 ;;
	--public-key) public_key=$2 ;;
	--signer) signer=$2 ;;
	--expires) expires=$2 ;;
	--channel) channel=$2 ;;
	--minimum) minimum=$2 ;;
	--supersedes) supersedes=$2 ;;
	--trust) trust=$2 ;;
	--source) source=$2 ;;
	--store) store=$2 ;;
	--bases) bases=$2 ;;
	--vary) vary=$2 ;;
	--before) before=$2 ;;
	--because) because=$2 ;;
	--out) out=$2 ;;
	--summary) summary=$2 ;;
	*) usage "there is no option $1" ;;
	esac
	shift 2
done
[ -n "$remote" ] || usage '--db is missing'
[ -n "$key$sign_with" ] || usage '--key or --sign-with is missing'

rm -rf "$out"
mkdir -p "$out"
copy=$out/database.git step='begin'

tell() { printf '%s\n' "$@" >>"$out/summary.md"; }

# Whatever the end is, it stands in the summary.
ended()
{
	status=$?
	if [ $status -ne 0 ]; then
		say "failed: $step"
		tell '' "**Not released** (exit status $status): $step."
	fi
	[ -z "$summary" ] || cat "$out/summary.md" >>"$summary"
}
trap ended EXIT

begin()
{
	step=$1
	say "$step"
}

begin 'fetch the database'
db_fetch

step='bring the inputs'
# shellcheck disable=SC2086 # words
bring "$(dirname "$recipe")/measure.lock" $bases

begin 'build'
"$measure" build "$recipe" --logs -o "$out/image" ${source:+--source "$source"} ${store:+--store "$store"} >"$out/built"
artefact=$(sed -n 's/^  "artefact": "\(.*\)",*$/\1/p' "$out/image/build.json")
what=${artefact:+register} what=${what:-file}

varied='It was not built again.'
if [ "$vary" != none ]; then
	begin "build again, varied: $vary"
	status=0
	"$measure" reproduce "$recipe" --vary "$vary" ${source:+--source "$source"} ${store:+--store "$store"} \
		>"$out/varied" || status=$?
	case $status in
	0) varied='It was built again under other conditions, with equal bytes.' ;;
	4) varied='None of the conditions could be varied here.' ;;
	*) exit $status ;;
	esac
fi

begin 'make the manifest'
"$measure" manifest make ${artefact:+"$out/image/$artefact"} --record "$out/image/build.json" -q -o "$out/manifest.corim"
"$measure" manifest export "$out/manifest.corim" --to text >"$out/digests"
product=$(field Product "$out/manifest.corim") version=$(field Version "$out/manifest.corim")
tell "## $product $version" ''

# last_release: the newest other one of this product, as PRODUCT/VERSION
last_release()
{
	db show | awk -v product="$product/" -v this="$product/$version" '
	{ sub(/  .*/, "") }
	index($0, product) == 1 && $0 != this && substr($0, length(product) + 1) !~ /\// { last = $0 }
	END { print last }'
}

# feeds RECIPE: "REGISTER DIGEST INPUTS..." a line, or of a file its name
feeds()
{
	"$measure" lock --feeds "$1" | awk '
	/^[^ ]/ { register = $1; digest = $2 }
	/^  inputs/ { $1 = ""; print register, digest $0 }'
}

# Recipe and lock of the release before, as they were.
find_before()
{
	commit=$(recipe_commit "$recipe" "$out/before.bundle")
	if [ -z "$commit" ]; then
		say "no commit here has the recipe and the lock of $last: fetch the whole history, or say --before DIR"
		exit 4
	fi
	mkdir "$before"
	for file in "${recipe##*/}" measure.lock; do
		git -C "$(dirname "$recipe")" show "$commit:./$file" >"$before/$file"
	done
}

# compare: a row for each register or file; into $out/unexplained those that changed by themselves
compare()
{
	awk -v unexplained="$out/unexplained" '
	FILENAME == ARGV[1] { fed_before[$1] = $2; next }
	FILENAME == ARGV[2] { fed[$1] = $2; line = $1; sub(/^[^ ]+ [^ ]+/, ""); inputs[line] = $0; next }
	{ digest = $1; register = $2; name = $0; sub(/^[^ ]+  /, "", name) }
	FILENAME == ARGV[3] { old[name] = digest; next }
	register in fed {
		was = name in old ? old[name] : "none"
		why = fed[register] == fed_before[register] ? "the same" : "changed"
		printf "| %s | `%s` | %s | %s |\n", name, was, was == digest ? "the same" : "`" digest "`", why
		if (was != "none" && was != digest && why == "the same")
			printf "%s was %s and is %s, although nothing that feeds it changed: inputs%s\n", \
				name, was, digest, inputs[register] >unexplained
	}' "$out/feeds.before" "$out/feeds" "$out/digests.before" "$out/digests"
}

begin 'find the release before'
last=$(last_release)
if [ -z "$last" ]; then
	tell 'It is the first release of this product in the database.'
else
	db show "$last" -o "$out/before.bundle" >"$out/before.status"
	if [ -z "$before" ]; then
		before=$out/before
		find_before
	fi
	begin "hold the ${what}s against those of $last"
	"$measure" manifest export "$out/before.bundle" --to text >"$out/digests.before"
	feeds "$before/${recipe##*/}" >"$out/feeds.before"
	feeds "$recipe" >"$out/feeds"
	tell "| $what | $last | $version | what feeds it |" '| --- | --- | --- | --- |' "$(compare)"
	if [ -s "$out/unexplained" ]; then
		sed "s/^/${0##*/}: /" "$out/unexplained" >&2
		tell '' "$(cat "$out/unexplained")"
		[ -n "$because" ] || exit 1
		tell '' "Released all the same, because: $because"
	fi
fi

begin 'sign the manifest'
signed "$measure" sign manifest "$out/manifest.corim" -q ${expires:+--expires "$expires"} -o "$out/signed.corim"

begin 'publish'
if [ -n "$channel" ]; then
	set -- "$out/signed.corim" --channel "$channel" ${minimum:+--minimum "$minimum"}
	for old in $supersedes; do
		set -- "$@" --supersedes "$old"
	done
	signed db_write publish "$@"
else
	db_write publish "$out/signed.corim"
fi

begin 'gather the bundle'
db show "$product/$version" -o "$out/${artefact:-${product##*/}}.bundle" >"$out/status"

begin 'check what was built by what was published'
status=0 yet=''
set --
for file in ${artefact:-$(sed 's/^[0-9a-f]*  //' "$out/digests")}; do
	set -- "$@" "$out/image/$file"
done
"$measure" check "$@" --db "$copy" --product "$product" --version "$version" ${trust:+--trust "$trust"} \
	>"$out/checked" 2>"$out/checked.said" || status=$?
cat "$out/checked.said" >&2
if [ $status -ne 0 ]; then
	grep -qE '^measure: error\[(threshold|rebuilders)\]' "$out/checked.said" || exit $status
	yet=', which does not count yet'
	tell '' "It does not count yet: $(sed -n 's/^measure: error\[[a-z]*\]: \(.*: \)\{0,1\}release: //p' "$out/checked.said")."
fi

begin 'write the statement for attestations'
"$measure" manifest export "$out/manifest.corim" --to in-toto -q -o "$out/envelope.json"
sed 's/^{"payload":"\([^"]*\)".*/\1/' "$out/envelope.json" | base64 -d >"$out/statement.json"
sed 's/.*,"predicate":\(.*\)}$/\1/' "$out/statement.json" >"$out/predicate.json"
grep -E '^[0-9a-f]{64}  ' "$out/digests" >"$out/subjects"

tell '' '```' "$(cat "$out/digests")" '```' '' "$varied In the database: $(sed -n 's/.*  //;1p' "$out/status")."
say "released: $product $version$yet"
