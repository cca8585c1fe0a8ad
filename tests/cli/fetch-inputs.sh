#!/bin/sh
# `measure-fetch inputs`: what a lock names, from servers and folders that behave and misbehave
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
need python3
fetch=$BUILD/measure-fetch

mkdir server server/files full full/sha256 empty
python3 "$ROOT/tests/cli/server.py" server &
server=$!
trap 'kill $server; chmod -R u+rwX "$lib_top"; rm -rf "$lib_top"' EXIT
while [ ! -e server/port ]; do sleep 0.05; done
base=http://127.0.0.1:$(cat server/port)
here=file://$(pwd | sed "s/ /%20/g")

# object INPUT NAME SIZE: on the server, and in the store that the lock is made with
object()
{
	head -c "$3" /dev/urandom >"server/files/%$2"
	hex=$(sha256sum "server/files/%$2" | cut -d ' ' -f 1)
	cp "server/files/%$2" "full/sha256/$hex"
	printf '  %s:\n    file: things:%s\n    sha256: %s\n' "$1" "$2" "$hex" >>measure.yml
}

printf 'recipe: 1\nproduct: example.org/x\nversion: "1"\nvendor: example.org\nepoch: 2026-11-01T00:00:00Z\ninputs:\n' >measure.yml
object a a 3000000
a=$hex
object b b+c~1.bin 70000
object none empty 0
printf 'mine\n' >mine
printf '  mine:\n    file: mine\nfiles:\n  mine: mine\n' >>measure.yml
run lock --store full
expect_status 0
ok 'a lock is made of what lies in a store'

# inputs ARGS...: into the store "store", from the server
inputs() { run_command "$fetch" inputs --base "things=$base/" --store store "$@"; }

inputs
expect_status 0
expect_stdout '4 inputs in the store, 4 fetched'
expect_stderr ''
expect diff -r full/sha256 store/sha256
expect test "$(stat -c %a "store/sha256/$a")" = 444
expect test "$(find store/partial -type f | wc -l)" -eq 0
expect test "$(wc -l <server/log)" -eq 2
inputs measure.lock --json
expect_status 0
expect_json 'j["inputs"] == 4 and j["fetched"] == 0 and j["missing"] == 0'
expect test "$(wc -l <server/log)" -eq 2
ok 'what is missing is brought, once, and what lies in the project is taken from there'

chmod u+w "store/sha256/$a"
printf x | dd of="store/sha256/$a" conv=notrunc status=none
inputs
expect_status 0
expect_stdout '4 inputs in the store, 1 fetched'
expect cmp "store/sha256/$a" server/files/%a
ok 'what is wrong in the store is replaced'

rm -rf store server/log
printf 'cut\ncut\nok\n' >server/faults
inputs -j 1 --tries 2
expect_status 0
expect_stderr_has 'Transferred a partial file; again in 1 second'
expect cmp "store/sha256/$a" server/files/%a
printf '/a\n/a 1500000-\n/a 2250000-\n/b+c~1.bin\n' >wanted
expect diff wanted server/log
ok 'a transfer that broke off goes on where it was, and is not counted as tried in vain'

rm -rf store server/log
printf 'hang\nok\n' >server/faults
inputs -j 1 --patience 1
expect_status 0
expect_stderr_has 'Timeout was reached; again in 1 second'
expect cmp "store/sha256/$a" server/files/%a
ok 'a server that sends nothing any more is asked again'

rm -rf store
mkdir -p store/partial
: >"store/partial/$a"
run_command flock "store/partial/$a" "$fetch" inputs --base "things=$base/" --store store
expect_status 5
expect_stderr_has "measure-fetch: error[busy]: "
expect_stderr_has "/partial/$a: 'a': another process fetches it"
inputs
expect_status 0
ok 'what another process brings is left to it'

rm -rf store
printf '404\n503\n' >server/faults
run_command "$fetch" inputs -v -j 1 --store store --base "things=http://me:secret@${base#http://}"
expect_status 5
expect_stderr_has "***@${base#http://}/a: 'a': the server has no such file (404)"
expect_stderr_has "***@${base#http://}/b+c~1.bin: the server answers 503; again in 1 second"
expect_stderr_has "http://***@${base#http://}/b+c~1.bin"
expect test "$(grep -c secret "$STDERR")" -eq 0
ok 'a name and a password in an address are not shown'

rm -rf store server/log
mkdir -p store/partial
head -c 1000000 server/files/%a >"store/partial/$a"
printf 'whole\n' >server/faults
inputs -j 1
expect_status 0
expect cmp "store/sha256/$a" server/files/%a
head -n 2 server/log >asked
printf '/a 1000000-\n/a\n' >wanted
expect diff wanted asked
ok 'a server that knows no ranges gives all of it'

for start in 500000 3000000; do
	rm -rf store server/log
	mkdir -p store/partial
	head -c $start /dev/zero >"store/partial/$a"
	inputs -j 1
	expect_status 0
	expect cmp "store/sha256/$a" server/files/%a
done
head -c 3000001 /dev/zero >"store/partial/$a"
rm "store/sha256/$a"
inputs -j 1
expect_status 0
ok 'what another time left behind and is wrong is thrown away, and fetched anew'

# ---- refused

rm -rf store server/log
printf 'wrong\n' >server/faults
inputs -j 1
expect_status 3
expect_stdout ''
expect_stderr_has "error[input-digest]: $base/a: 'a': its SHA-256 is "
expect_stderr_has 'error[input-digest]: 1 of 4 inputs could not be brought'
expect_no_file "store/sha256/$a" "store/partial/$a.new"
expect test "$(stat -c %s "store/partial/$a")" -eq 0
expect test "$(find store/sha256 -type f | wc -l)" -eq 3
ok 'other bytes of the right size get no name, and the others are brought'

mkdir other
cp server/files/%a other/a
printf x | dd of=other/a conv=notrunc status=none
cp server/files/%a good
run_command "$fetch" inputs --store store --base "things=$here/other" --base "things=$base"
expect_status 0
expect cmp "store/sha256/$a" good
ok 'a second address is tried when the first one has something else'

rm -rf store
cp good other/a
mkdir -p store/partial
head -c 100 good >"store/partial/$a"
cp 'server/files/%b+c~1.bin' other/b+c~1.bin
run_command "$fetch" inputs --store store --base "things=$here/other"
expect_status 0
expect diff -r full/sha256 store/sha256
ok 'a folder is an address, too, and is read on from where it was'

rm -rf store
rm server/files/%a
printf ok >>server/files/%empty
inputs -j 1
expect_status 5
expect_stderr_has "error[not-found]: $base/a: 'a': the server has no such file (404)"
expect_stderr_has 'error[not-found]: 1 of 4 inputs could not be brought'
cp good server/files/%a
rm -rf store
printf more >>'server/files/%b+c~1.bin'
inputs -j 1 -q
expect_status 3
expect_stderr_has "error[limit]: $base/b+c~1.bin: 'b': more than 70000 bytes come from there"
rm -rf store
truncate -s 60000 'server/files/%b+c~1.bin'
inputs -j 1
expect_status 3
expect_stderr_has "'b': it has 60000 bytes and must have 70000"
ok 'a file that is not there, too long or too short is refused'
truncate -s 0 server/files/%empty
cp other/b+c~1.bin 'server/files/%b+c~1.bin'

rm -rf store
run_command "$fetch" inputs --store store
expect_status 4
expect_stderr "measure-fetch: error[no-base]: 3 inputs: nothing says where the archive 'things' is
measure-fetch: hint: --base things=URL, or a line in \$XDG_CONFIG_HOME/measure/bases.yml"
expect_no_file "store/sha256/$(sha256sum <mine | cut -d ' ' -f 1)"
sed 's|things:a|others:a|' measure.yml >two.yml
run lock two.yml --store full -o two.lock
run_command "$fetch" inputs two.lock --store store
expect_status 4
expect_stderr "measure-fetch: error[no-base]: 1 input: nothing says where the archive 'others' is
measure-fetch: hint: --base others=URL, or a line in \$XDG_CONFIG_HOME/measure/bases.yml
measure-fetch: error[no-base]: 2 inputs: nothing says where the archive 'things' is
measure-fetch: hint: --base things=URL, or a line in \$XDG_CONFIG_HOME/measure/bases.yml"
cp -r full/sha256/. store/sha256
run_command "$fetch" inputs two.lock --store store
expect_status 0
expect_stdout '4 inputs in the store, 0 fetched'
rm -rf store
ok 'archives without an address are told once each, before anything is brought'

mkdir -p "$HOME/.config/measure"
printf 'bases:\n  things: %s\n' "$base" >"$HOME/.config/measure/bases.yml"
run_command "$fetch" inputs --store store
expect_status 0
printf 'bases:\n  things: ftp://x\n' >"$HOME/.config/measure/bases.yml"
run_command "$fetch" inputs --store store
expect_status 2
expect_stderr_has "bases.yml: things: 'ftp://x' is no address: https://, http:// or file://"
printf 'things: x\n' >"$HOME/.config/measure/bases.yml"
run_command "$fetch" inputs --store store
expect_status 3
expect_stderr_has 'error[yaml]: '
rm "$HOME/.config/measure/bases.yml"
ok 'addresses are configuration'

for words in '--base x' '--base =x' '--base x=y' '--tries 0' '--jobs 17' '--patience x' 'a b' '--store='; do
	# shellcheck disable=SC2086 # words
	run_command "$fetch" inputs $words
	expect_status 2
	expect_stdout ''
done
ok 'wrong options are usage errors'

# ---- killed, and a disk that is full

rm -rf store
printf 'hang\n' >server/faults
"$fetch" inputs --base "things=$base" --store store -j 1 >/dev/null 2>&1 &
killed=$!
for _ in $(seq 100); do
	[ "$(stat -c %s "store/partial/$a" 2>/dev/null || echo 0)" -lt 1000000 ] || break
	sleep 0.05
done
kill -9 $killed
wait $killed 2>/dev/null
expect_no_file "store/sha256/$a"
: >server/faults
rm server/log
inputs -j 1
expect_status 0
expect diff -r full/sha256 store/sha256
expect grep -qxE '/a 1[0-9]{6}-' server/log
ok 'what was killed goes on the next time'

rm -rf store
run_command sh -c 'ulimit -f 1000; trap "" XFSZ; exec "$@"' - "$fetch" inputs --base "things=$base" --store store -j 1
expect_status 5
expect_stderr_has "error[no-space]: store/partial/$a: 'a': cannot be written: File too large"
expect_no_file "store/sha256/$a"
inputs
expect_status 0
expect diff -r full/sha256 store/sha256
ok 'a disk that takes no more is told, and is no harm'

# ---- what nobody can bring

if command -v git >/dev/null; then
	mkdir project && cd project || exit 99
	git init -q . && printf one >file && git add file
	git -c user.name=a -c user.email=a@example.org commit -qm one
	{
		sed '/^  mine:/,$d' ../measure.yml | sed 's/^inputs:/source: {git: .}\n&/'
		printf 'files:\n  file: source:file\n'
	} >measure.yml
	run lock --store ../full
	expect_status 0
	run_command "$fetch" inputs --base "things=$base" --store ../clone
	expect_status 0
	expect_stdout '3 inputs in the store, 3 fetched
1 tree of a commit is left to the build'
	run_command "$fetch" inputs --store ../full --json
	expect_status 0
	expect_json 'j["inputs"] == 4 and j["missing"] == 0 and j["trees"] == 0'
	cd ..
	ok 'the tree of a commit is left to who builds, and is there when it was packed'
else
	skip 'the tree of a commit is left to who builds' 'git is not installed'
fi

plan done
