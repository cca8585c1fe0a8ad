#!/bin/sh
# Help, manual pages and completions say the same: every verb of `measure help` and every option of
# `measure help VERB` stands in a page and in the completions of three shells. mandoc is content,
# but for the date, which our pages leave out.
. "${0%/*}/lib.sh"

measure=${MEASURE:-${BUILD:-build}/measure}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=$work/faults

"$measure" help --topics >"$work/topics" || echo "measure help --topics fails" >>"$faults"
[ -s "$work/topics" ] || echo "measure help --topics names no page" >>"$faults"
mkdir "$work/man"
while read -r topic; do
	if "$measure" help --man "$topic" >"$work/man/$topic"; then
		mandoc -T lint "$work/man/$topic" |
			sed '/missing date, using ""/d; s|^mandoc: .*/man/||' >>"$faults" || true
	else
		echo "$topic: measure help --man fails" >>"$faults"
	fi
done <"$work/topics"
for shell in bash zsh fish; do
	"$measure" help --completion $shell >"$work/$shell" ||
		echo "measure help --completion $shell fails" >>"$faults"
	if command -v $shell >/dev/null; then
		$shell -n "$work/$shell" 2>>"$faults" || true
	fi
done

# the verbs in their groups, those of the last line, and the second words of families
verbs()
{
	"$measure" help >"$work/help"
	{
		sed -nE 's/^([A-Z][a-z]+ +| +)([a-z][a-z-]*)  +[^ ].*/\2/p' "$work/help"
		tail -n 1 "$work/help" | grep -oE 'measure [a-z]+' | cut -d ' ' -f 2
	} | sort -u | while read -r verb; do
		echo "$verb"
		"$measure" help "$verb" | sed -nE "s/^ +measure ($verb [a-z-]+)  +.*/\1/p"
	done | sort -u
}

# has_word FILE WORD: as a whole; roff spells a dash as \-
has_word() { sed 's/\\-/-/g' "$1" | grep -qE -e "(^|[^a-z-])$2([^a-z-]|\$)"; }

verbs >"$work/verbs"
[ -s "$work/verbs" ] || echo "measure help names no verb" >>"$faults"
while read -r verb; do
	page=measure-${verb%% *}.1
	[ -s "$work/man/$page" ] || page=measure.1
	if [ ! -s "$work/man/$page" ]; then
		echo "measure $verb: has no page" >>"$faults"
		continue
	fi
	last=${verb##* }
	for place in "man/$page" bash zsh fish; do
		has_word "$work/$place" "$last" || echo "measure $verb: is not in $place" >>"$faults"
	done
	# shellcheck disable=SC2086 # a verb is one word or two
	"$measure" help $verb | grep -oE '^ +(-[a-z], )?--[a-z][a-z-]*' | sed 's/.*--//' >"$work/options"
	while read -r option; do
		for place in "man/$page" bash zsh; do
			has_word "$work/$place" "--$option" ||
				echo "measure $verb: --$option is not in $place" >>"$faults"
		done
		has_word "$work/fish" "-l $option" ||
			has_word "$work/fish" "--$option" ||
			echo "measure $verb: --$option is not in fish" >>"$faults"
	done <"$work/options"
done <"$work/verbs"

touch "$faults"
verdict man "$faults" || exit 1
echo "man: $(wc -l <"$work/verbs") verbs in $(wc -l <"$work/topics") pages"
