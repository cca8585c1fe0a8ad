#!/bin/sh
# Watches a database: fetches it, audits all of it, and prints what is new since the last time. Made
# for cron, which mails what it prints; without news it prints nothing.
#
#	ci/monitor.sh --db REPOSITORY --state FILE [--trust FILE]
#
#	--db REPOSITORY		the database: a path or an address that git can fetch from
#	--state FILE		what is known already; the copy of the database is FILE.git
#	--trust FILE		the trust file (that of the user)
#
# Exit status: 0 when nothing is wrong; 1 when a person should look at it: a history that went back or
# aside, something that cannot be so, and, the first time that they are seen, withdrawals, keys and
# releases that somebody rebuilt differently; otherwise that of the step which failed. What was the
# history before is kept in FILE.git as refs/known/main. MEASURE names the program when it is not in
# PATH.
# shellcheck source=ci/db.sh
. "${0%/*}/db.sh"

measure=${MEASURE:-measure} remote='' state='' trust=''

while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || usage "$1: no such option, or it has no value"
	case $1 in
	--db) remote=$2 ;;
	--state) state=$2 ;;
	--trust) trust=$2 ;;
	*) usage "there is no option $1" ;;
	esac
	shift 2
done
if [ -z "$remote" ] || [ -z "$state" ]; then usage '--db and --state are needed'; fi

copy=$state.git
db_fetch
status=0
db audit >"$state.audit" || status=$?
[ $status -eq 0 ] || cat "$state.audit"
[ $status -le 1 ] || exit $status

# every statement, and what is to be said of each release: lines that are new are news
touch "$state"
{
	sed 1d "$copy.log"
	db show
} >"$state.new"
grep -vxF -f "$state" "$state.new" >"$state.news" || true
cat "$state.news"
! grep -qE 'keys\.cose|withdrawn|contradicted|rebuilt differently' "$state.news" || status=1
rm "$state.news"
git --git-dir="$copy" update-ref refs/known/main refs/heads/main
mv "$state.new" "$state"
exit $status
