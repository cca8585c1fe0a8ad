# shellcheck shell=sh
# What the scripts share that work on a database which lies somewhere else: a bare copy of it here,
# fetched and pushed by git. Whoever reads this file sets: measure (the program), remote (a path or an
# address that git can push to), copy (where its copy is), trust (the trust file, or nothing for that
# of the user), store (of inputs, likewise), and, where something is signed: key or sign_with and public_key, signer.
# shellcheck disable=SC2154 # those
set -eu
LC_ALL=C TZ=UTC
export LC_ALL TZ
umask 022
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE CDPATH

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die()
{
	say "$*"
	exit 5
}

# The head of a script is its help.
usage()
{
	say "$*"
	sed '1d; /^# shellcheck/,$d; s/^# \{0,1\}//' "$0" >&2
	exit 2
}

# signed COMMAND...: with the options that say how it is signed; key_option: what a key is given by
signed()
{
	"$@" ${key:+"${key_option:---key}" "$key"} ${sign_with:+--sign-with "$sign_with"} \
		${public_key:+--public-key "$public_key"} ${signer:+--signer "$signer"}
}

# db ACTION ARGS...
db()
{
	action=$1
	shift
	"$measure" db "$action" "$@" --db "$copy" ${trust:+--trust "$trust"}
}

db_head() { git --git-dir="$copy" rev-parse refs/heads/main; }

# The branch as it is there now, whatever is here. What the user saw of it before holds: a database
# that went back or aside is refused.
db_fetch()
{
	[ -d "$copy" ] || git init -q --bare "$copy"
	git --git-dir="$copy" fetch -q --no-tags "$remote" +refs/heads/main:refs/heads/main ||
		die "the database cannot be fetched from $remote"
	git --git-dir="$copy" symbolic-ref HEAD refs/heads/main
	db log >"$copy.log"
}

# db_write ACTION ARGS...: that of `measure db`, and pushed. What is refused because somebody else was
# faster is forgotten, and done again upon what he published: so it is nothing that the user has seen
# before it is there.
db_write()
{
	tries=0
	while :; do
		was=$(db_head)
		rm -f "$copy.seen"
		db "$@" --seen "$copy.seen" || return
		if git --git-dir="$copy" push -q "$remote" refs/heads/main:refs/heads/main 2>"$copy.said"; then
			db log >"$copy.log"
			return
		fi
		db_fetch || return
		tries=$((tries + 1))
		if [ "$(db_head)" = "$was" ] || [ $tries -eq 100 ]; then
			die "pushing to $remote is refused: $(cat "$copy.said")"
		fi
		say 'somebody else published meanwhile: once more upon that'
	done
}

# bring LOCK [BASE...]: whatever is not in the store yet
bring()
{
	say 'bring the inputs'
	lock=$1
	shift
	for base; do
		set -- "$@" --base "$base"
		shift
	done
	"${MEASURE_FETCH:-measure-fetch}" inputs "$lock" -q ${store:+--store "$store"} "$@" >"$copy.said"
}

# field NAME MANIFEST
field() { "$measure" manifest show "$2" | sed -n "s/^$1  *//p" | head -n 1; }

# recipe_commit RECIPE MANIFEST: the newest commit of the recipe's repository (of all its branches)
# in which the recipe and the measure.lock beside it are those that the manifest names
recipe_commit()
{
	folder=$(dirname "$1") name=${1##*/}
	of_recipe=$(field Recipe "$2") of_lock=$(field Inputs "$2")
	git -C "$folder" log --all --full-history --format=%H -- "$name" measure.lock | while read -r commit; do
		git -C "$folder" show "$commit:./measure.lock" 2>&1 | grep -qF "\"inputs_digest\": \"$of_lock\"" || continue
		[ "sha256:$(git -C "$folder" show "$commit:./$name" | sha256sum | cut -c 1-64)" = "$of_recipe" ] || continue
		echo "$commit"
		break
	done
}
