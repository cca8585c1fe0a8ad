#!/bin/sh
# measure-threats(7) names a test for each attack, and each test that it names is there
. "${0%/*}/../lib.sh"
page=$ROOT/measure/man/measure-threats.7.in

sed -n 's/^\.I \(tests\/[^:]*\): \(.*\)/\1	\2/p' "$page" >named
tab=$(printf '\t')
while IFS=$tab read -r file name; do
	case $file in
	*.sh) expect grep -qxF "ok '$name'" "$ROOT/$file" ;;
	*) expect grep -q "^static void $name(void \*\*state)" "$ROOT/$file" ;;
	esac
done <named
ok "the tests that it names are there: $(wc -l <named)"

attacks=$(sed '/^\.SS What no test/,$d' "$page" | grep -c '^\.TP$')
expect test "$attacks" -eq "$(wc -l <named)"
expect test "$attacks" -ge 20
ok "each of $attacks attacks has its test"
plan done
