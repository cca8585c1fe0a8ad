#!/bin/sh
# `who`, `check --db`, `db audit`: a folder or a repository that is written to while it is read, or was
# copied halfway, gives the old answer, the new one, or none
. "${0%/*}/../lib.sh"
need git
need openssl

printf 'kernel' >kernel
for name in one two; do
	printf '%s' $name >ramdisk
	"$MEASURE" build eif -q --kernel kernel --cmdline quiet --ramdisk ramdisk -o $name.eif
done
for name in alice dave; do
	openssl genpkey -algorithm ed25519 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
"$MEASURE" trust add -q alice.pub --name alice --role publisher --trust trust.yml
"$MEASURE" trust add -q dave.pub --name dave --role withdrawer --trust trust.yml
for name in one two; do
	"$MEASURE" manifest make $name.eif --product a/b --version $name -q -o $name.corim >/dev/null
	"$MEASURE" sign manifest $name.corim --key alice.key -q -o $name.alice
done

# ---- two states: of the first one release, of the second that it was withdrawn, and another
XDG_STATE_HOME=$PWD/state XDG_CACHE_HOME=$PWD/cache
export XDG_STATE_HOME XDG_CACHE_HOME
db="--db db.git --trust trust.yml"
# shellcheck disable=SC2086 # options are words
{
	"$MEASURE" db init -q --db db.git
	"$MEASURE" db publish -q one.alice $db
	git -C db.git branch old
	"$MEASURE" db withdraw -q a/b/one $db --reason 'no more' --key dave.key
	"$MEASURE" db publish -q two.alice $db --channel stable --key alice.key
	git -C db.git branch new
}
# and of another history under the same name: there was never a withdrawal
"$MEASURE" db init -q --db fork.git --name db
"$MEASURE" db publish -q two.alice --db fork.git --trust trust.yml --seen none
"$MEASURE" db publish -q one.alice --db fork.git --trust trust.yml --seen none
for state in old new; do
	mkdir $state
	git -C db.git archive $state | tar -x -C $state
done
mkdir fork
git -C fork.git archive main | tar -x -C fork
rm -rf state cache none none.lock

# ask DB: everything that is asked, as someone who saw nothing yet; into said
pcr0=$("$MEASURE" eif one.eif | sed -n 's/^PCR0  //p')
ask()
{
	: >said
	for question in "who $pcr0" 'check one.eif' 'db audit'; do
		status=0
		# shellcheck disable=SC2086 # words
		"$MEASURE" $question --db "$1" --trust trust.yml --seen "seen.$$" >one.said 2>/dev/null || status=$?
		rm -f "seen.$$" "seen.$$.lock"
		# an error is no answer; a no of `check` and `who` names what it is about
		case $status in
		0 | 1) { echo "$question: $status" && cat one.said; } >>"$2.$(echo "$question" | cut -c 1-4)" ;;
		esac
	done
}
# answers NAME: those of a state that nobody writes to
answers()
{
	rm -f "$1".who* "$1".chec "$1".db*
	ask "$1" "$1"
}
for state in old new fork; do answers $state; done
expect grep -q 'who.*: 0' "old.who "
expect grep -q 'who.*: 1' "new.who "
expect grep -q 'check one.eif: 0' "fork.chec"

# one_of WHAT FROM STATES...: what was said of WHAT is what one of the states says, or nothing
one_of()
{
	what=$1
	shift
	for question in 'who ' chec 'db a'; do
		[ -e "$what.$question" ] || continue
		# a tree of both is no clean one: a no of an audit is as good as an error
		[ "$question" = 'db a' ] && grep -q 'audit: 1' "$what.$question" && continue
		found=no
		for state; do cmp -s "$what.$question" "$state.$question" && found=yes; done
		[ $found = yes ] || { cp "$what.$question" wrong && return 1; }
	done
}

# ---- every mixture of their files
(cd new && find . -type f) | sort >files
(cd old && find . -type f) | sort >>files
(cd fork && find . -type f) | sort >>files
sort -u files | while read -r file; do
	cmp -s "old/$file" "new/$file" && cmp -s "old/$file" "fork/$file" || echo "$file"
done >differ
n=$(grep -c . differ)
mixed=0 seed=1
while [ $mixed -lt 24 ]; do
	rm -rf mix mix.*
	cp -r old mix
	while read -r file; do
		seed=$(((seed * 1103515245 + 12345) % 2147483648))
		case $((seed / 65536 % 3)) in
		0) from=old ;;
		1) from=new ;;
		*) from=fork ;;
		esac
		if [ -e "$from/$file" ]; then
			mkdir -p "mix/${file%/*}"
			cp "$from/$file" "mix/$file"
		else
			rm -f "mix/$file"
		fi
	done <differ
	ask mix mix
	one_of mix old new fork || break
	mixed=$((mixed + 1))
done
expect test $mixed -eq 24
expect test "$n" -ge 8
ok 'a folder that is a mixture of states is that of one of them, or of none'

# ---- while it is written to: files one after the other, in either order, forth and back
rm -rf live live.* cache
cp -r old live
(
	i=0
	while [ ! -e stop ] && [ $i -lt 400 ]; do
		i=$((i + 1))
		case $((i % 4)) in
		0) order='sort' to=new ;;
		1) order='sort -r' to=old ;;
		2) order='sort -r' to=new ;;
		*) order='sort' to=old ;;
		esac
		$order differ | while read -r file; do
			if [ -e "$to/$file" ]; then
				mkdir -p "live/${file%/*}"
				cp "$to/$file" live.part && mv live.part "live/$file"
			else
				rm -f "live/$file"
			fi
		done
	done
) &
asked=0
while [ $asked -lt 12 ]; do
	rm -rf live.who* live.chec live.db* cache
	[ $((asked % 2)) -eq 0 ] || "$MEASURE" who "$pcr0" --db new --trust trust.yml -q --seen none >/dev/null 2>&1 || true
	ask live live
	one_of live old new || break
	asked=$((asked + 1))
done
: >stop
wait
expect test $asked -eq 12
ok 'a folder that is written to gives the old answer, the new one, or none'

# ---- a repository whose branch is moved, packed and pruned
rm -rf stop live.* cache
git clone -q --bare db.git live.git
(
	i=0
	while [ ! -e stop ] && [ $i -lt 100 ]; do
		i=$((i + 1))
		if [ $((i % 2)) -eq 0 ]; then to=old; else to=new; fi
		git -C live.git update-ref refs/heads/main refs/heads/$to
		[ $((i % 8)) -ne 0 ] || git -C live.git gc -q --prune=now
	done
) >/dev/null 2>&1 &
asked=0
while [ $asked -lt 8 ]; do
	rm -f live.git.who* live.git.chec live.git.db*
	ask live.git live.git
	one_of live.git old new || break
	asked=$((asked + 1))
done
: >stop
wait
expect test $asked -eq 8
ok 'and so does a repository'

plan done
