#!/bin/sh
# `measure-fetch db`: a database that a web server has as files, copied, and again when it has grown
# shellcheck disable=SC2016,SC2317 # backquotes in messages; functions that expect calls
. "${0%/*}/../lib.sh"
need git
need openssl
need python3
fetch=$BUILD/measure-fetch

XDG_STATE_HOME=$PWD/state XDG_CACHE_HOME=$PWD/cache
export XDG_STATE_HOME XDG_CACHE_HOME
mkdir server
python3 "$ROOT/tests/cli/server.py" server &
server=$!
trap 'kill $server; rm -rf "$lib_top"' EXIT
while [ ! -e server/port ]; do sleep 0.05; done
url=http://127.0.0.1:$(cat server/port)

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out a.key 2>/dev/null
openssl pkey -in a.key -pubout -out a.pub
"$MEASURE" trust add -q a.pub --name a --role publisher --trust trust.yml
printf x >image
"$MEASURE" build eif -q --kernel image --cmdline quiet --ramdisk image -o image.eif
# publish VERSION: one more statement, and all of it on the server
publish()
{
	"$MEASURE" manifest make image.eif --product 'example.org/a box' --version "$1" -q -o one.corim
	"$MEASURE" sign manifest one.corim --signer a --key a.key -q -o one.signed
	"$MEASURE" db publish one.signed --db db.git --trust trust.yml -q >said
	rm -rf server/tree
	git clone -q db.git server/tree
	rm -rf server/tree/.git
}
head_of() { cut -d ' ' -f "$1" server/tree/head; }
# whole FOLDER: is it the server's, file by file?
whole() { diff -r -x README.md server/tree "$1"; }

run db init --db db.git
publish 1.0
publish 1.1
run_command "$fetch" db "$url" copy/of/it
expect_status 0
expect_stdout "db: 2 statements, 2 new
state 2 $(head_of 2)"
expect_stderr ''
expect whole copy/of/it
run db audit --db copy/of/it --trust trust.yml
expect_status 0
ok 'a copy is whole, and a database of its own'

rm server/log
run_command "$fetch" db "$url//" copy/of/it --json
expect_status 0
expect_json 'j["database"] == "db" and j["height"] == 2 and j["new"] == 0 and j["fetched"] == 0'
expect_json "j[\"state\"] == \"$(head_of 2)\""
expect test "$(wc -l <server/log)" -eq 2
publish '2.0 beta'
rm server/log
run_command "$fetch" db "$url" copy/of/it -j 1
expect_status 0
expect_stdout "db: 3 statements, 1 new
state 3 $(head_of 2)"
expect whole copy/of/it
expect test "$(wc -l <server/log)" -eq 4
expect grep -q '%252' server/log
run_command "$fetch" db "file://$(pwd | sed 's/ /%20/g')/server/tree" other
expect_status 0
expect whole other
ok 'what is there already is not brought again'

# ---- what a killed one leaves

cp -r other half
rm half/log/00/00/02
printf '2 %s\n' "$(printf '%064d' 0)" >half/head
file=$(cd server/tree && find products -name '000002-*')
printf half >"half/$file"
state=$(sed -n 1p server/tree/format >/dev/null; sha256sum <server/tree/format | cut -c 1-64)
for line in server/tree/log/00/00/00 server/tree/log/00/00/01; do
	state=$({ printf %s "$state" | tr a-f A-F | basenc -d --base16; cat "$line"; } | sha256sum | cut -c 1-64)
done
printf '2 %s\n' "$state" >half/head
run_command "$fetch" db "$url" half
expect_status 0
expect whole half
mkdir begun
cp server/tree/format begun
run_command "$fetch" db "$url" begun
expect_status 0
expect whole begun
ok 'what was broken off goes on'

# ---- refused, and nothing of it counts

# refused STATUS REASON TEXT [FOLDER]
refused()
{
	folder=${4:-copy/of/it}
	was=$(cat "$folder/head" 2>/dev/null)
	run_command "$fetch" db "$url" "$folder" --tries 1
	expect_status "$1"
	expect_stderr_has "measure-fetch: error[$2]: "
	expect_stderr_has "$3"
	expect_stdout ''
	[ -z "$was" ] || expect test "$(cat "$folder/head")" = "$was"
}

cp -r server/tree good
first=$(cd good && find products -name '000000-*')
publish 3.0
four=$(cd server/tree && find products -name '000003-*')
printf x >>"server/tree/$four"
refused 3 database "'$four' has another digest than the log says"
rm "server/tree/$four"
refused 5 not-found 'the server has no such file (404)'
ok 'a statement that is another one, or none, leaves the copy as it was'

cp good/format server/tree
printf '4 %064d\n' 7 >server/tree/head
refused 1 fork "'db' has height 3 with state $(cut -d ' ' -f 2 good/head), and the server height 4 with state $(printf %064d 7), to which its log does not lead from there"
printf '2 %064d\n' 7 >server/tree/head
refused 1 rollback "and the server height 2 with state $(printf %064d 7), which is shorter"
printf '3 %064d\n' 7 >server/tree/head
refused 1 fork 'to which its log does not lead from there'
printf 'what\n' >server/tree/head
refused 3 database "'head' is not one line 'HEIGHT STATE'"
rm server/tree/head
refused 5 not-found 'the server has no such file (404)'
expect_stderr_has "hint: URL is the folder of a database's files, which has a file 'head'"
ok 'another history, a shorter one and no history at all are refused'

rm -rf server/tree
cp -r good server/tree
printf 'measure-db/1\nname other\n' >server/tree/format
refused 1 fork "is of the database 'db', and not of 'other'"
refused 1 fork "'other' has height 0 with state " fresh
cp good/format server/tree
line=server/tree/log/00/00/02
sed -i "s|  .*|  products/../../x/000002-y|" $line
refused 3 database "is no path of a statement" fresh2
run_command "$fetch" db "http://me:secret@${url#http://}" fresh2
expect_status 3
expect_stderr_has "error[database]: http://***@${url#http://}: entry 2: "
mkdir files && printf mine >files/mine
refused 2 usage 'holds other files, and no database' files
git clone -q db.git clone
refused 2 usage 'is a repository of git, which `git fetch` brings up to date' clone
refused 2 usage 'is a repository of git, which `git fetch` brings up to date' db.git
run_command "$fetch" db "$url"
expect_status 2
expect_stderr_has 'an address and a folder are needed, 1 are given'
run_command "$fetch" db ftp://me:secret@x copy
expect_status 2
expect_stderr_has "URL: 'ftp://***@x' is no address"
expect test -e "good/$first"
ok 'other databases, folders and addresses are refused'

# what a folder has that was unpacked from somewhere
rm -rf server/tree linked && mkdir outside
cp -r good server/tree
mkdir linked
cp good/format linked
ln -s ../outside linked/products
refused 3 not-a-file "linked: 'products/" linked
expect_stderr_has 'cannot be written: no folder, but something else, stands on its way'
rm linked/products
first=$(cd good && find products -name '000000-*')
mkdir -p "linked/${first%/*}"
printf mine >outside/mine
ln outside/mine "linked/$first"
second=$(cd good && find products -name '000001-*')
mkdir -p "linked/${second%/*}"
mkfifo "linked/$second"
run_command "$fetch" db "$url" linked
expect_status 0
expect whole linked
printf '0 %s\n' "$(sha256sum <good/format | cut -c 1-64)" >outside/head
rm linked/head
ln -s ../outside/head linked/head
refused 3 not-a-file 'linked/head: is a symbolic link, ' linked
expect test "$(cat outside/mine)" = mine
expect test "$(cut -c 1-2 outside/head)" = '0 '
expect test "$(ls outside)" = 'head
mine'
ok 'links that stand there already lead nowhere'

rm -rf server/tree
cp -r good server/tree
flock copy/of/it -c "\"$fetch\" db \"$url\" copy/of/it" 2>err && status=0 || status=$?
expect test "$status" -eq 5
expect grep -q 'error\[busy\]: copy/of/it: another process copies into it' err
for i in 1 2 3 4 5 6; do
	rm -rf killed
	"$fetch" db -q "$url" killed -j 1 &
	killed=$!
	sleep "0.0$i"
	kill -9 $killed 2>/dev/null
	wait $killed 2>/dev/null
	[ ! -e killed/head ] || expect env XDG_STATE_HOME="$PWD/state-$i" "$MEASURE" db log -q --db killed --trust trust.yml
	run_command "$fetch" db "$url" killed
	expect_status 0
	expect whole killed
done
run_command sh -c 'ulimit -f 1; trap "" XFSZ; exec "$@"' - "$fetch" db "$url" full
expect_status 5
expect_stderr_has 'error[no-space]: '
ok 'two at once, kills and a disk that takes no more are no harm'

plan done
