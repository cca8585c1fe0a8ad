#!/bin/sh
# Writes into a database that lies somewhere else: fetches it, does what `measure db ACTION` does,
# pushes, and does it again when somebody else was faster.
#
#	ci/push.sh REPOSITORY ACTION [ARGUMENT]...
#
# REPOSITORY is a path or an address that git can push to; ACTION is publish, withdraw, keys or refresh
# of measure-db(1), with its arguments but for --db and --seen. The copy of the database is kept in
# $XDG_CACHE_HOME/measure/databases. Exit status: that of the step which failed. MEASURE names the
# program when it is not in PATH.
# shellcheck source=ci/db.sh
. "${0%/*}/db.sh"

measure=${MEASURE:-measure} remote=${1:-}
[ $# -ge 2 ] || usage 'REPOSITORY and ACTION are needed'
shift
case $1 in
publish | withdraw | keys | refresh) ;;
*) usage "$1 writes nothing into a database" ;;
esac

# the trust file is asked for at every look at the database
trust='' previous=''
for word; do
	shift
	case $previous$word in
	--trust) ;;
	--trust=*) trust=${word#--trust=} ;;
	--trust*) trust=$word ;;
	*) set -- "$@" "$word" ;;
	esac
	previous=
	[ "$word" != --trust ] || previous=$word
done

copies=${XDG_CACHE_HOME:-$HOME/.cache}/measure/databases
mkdir -p "$copies"
copy=$copies/$(printf '%s' "$remote" | sha256sum | cut -c 1-16).git
db_fetch
db_write "$@"
