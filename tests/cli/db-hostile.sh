#!/bin/sh
# `who`, `check --db`, `db audit`: repositories and folders that nobody made with this program; none
# of them makes it wait, fall over, take memory without end, or say yes to what was not released
. "${0%/*}/../lib.sh"
need openssl
need git
need python3

XDG_STATE_HOME=$PWD/state XDG_CACHE_HOME=$PWD/cache
export XDG_STATE_HOME XDG_CACHE_HOME
for name in root alice dave; do
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
printf kernel >kernel
for name in one two; do
	printf %s $name >ramdisk
	"$MEASURE" build eif -q --kernel kernel --cmdline quiet --ramdisk ramdisk -o $name.eif
	"$MEASURE" manifest make $name.eif --product a/b --version $name -q -o $name.corim >/dev/null
	"$MEASURE" sign manifest $name.corim --key alice.key -q -o $name.alice
done
for role in root:root alice:publisher dave:withdrawer; do
	"$MEASURE" trust add -q ${role%:*}.pub --name ${role%:*} --role ${role#*:} --trust trust.yml
done
# of the first release, that it was withdrawn; of the second, that it is the latest
"$MEASURE" db init -q --db db.git
"$MEASURE" db publish -q one.alice --db db.git --trust trust.yml
git -C db.git branch old
"$MEASURE" db withdraw -q a/b/one --db db.git --trust trust.yml --reason 'no more' --key dave.key
"$MEASURE" db publish -q two.alice --db db.git --trust trust.yml --channel stable --key alice.key
git -C db.git gc -q
mkdir plain
git -C db.git archive main | tar -x -C plain
rm -rf state cache

# ask STATUS DB: of the good release, by somebody who saw nothing yet; when that may be a yes, of
# the withdrawn one and everything else before
ask()
{
	want=$1
	for question in 'check one.eif' 'db audit' 'check two.eif'; do
		[ "$want" -eq 0 ] || [ "$question" = 'check two.eif' ] || continue
		rm -rf state cache
		# shellcheck disable=SC2086 # words
		run_command timeout 20 "$MEASURE" $question --db "$2" --trust trust.yml
		case $want.$question in
		0.check\ one.eif) expect_status 1 && expect_stderr_has 'error[withdrawn]' ;;
		*) expect_status "$want" ;;
		esac
	done
}
fresh()
{
	rm -rf x
	cp -r db.git x
}
pack() { echo x/objects/pack/pack-*."$1"; }

# ---- what git itself would believe
fresh
ask 0 x
git -C x multi-pack-index write
ask 0 x
git -C x rev-parse main >x/shallow
mkdir -p x/info
echo "$(git -C x rev-parse main) $(git -C x rev-parse old)" >x/info/grafts
git -C x replace main old
git -C x replace main:head "$(echo other | git -C x hash-object -w --stdin)"
printf '*  ident filter=x export-ignore\n' >x/info/attributes
printf '[core]\n\tworktree = /\n\tfsmonitor = false\n[filter "x"]\n\tsmudge = false\n\trequired = true\n' >>x/config
printf '[include]\n\tpath = /nonexistent\n\tpath = /dev/zero\n' >>x/config
echo /etc >x/objects/info/alternates
ask 0 x
ask 0 plain
mkdir tree
echo "gitdir: $PWD/x" >tree/.git
ask 0 tree
ok 'grafts, replaced objects, attributes, filters, alternates and settings change nothing'

borrows()
{
	fresh
	rm -rf x/objects/pack
	echo "$PWD/db.git/objects" >x/objects/info/alternates
}
borrows
ask 4 x
expect_stderr_has 'error[database-incomplete]'
fresh
echo /nonexistent >x/commondir
ask 3 x
fresh
printf '[include]\n\tpath = config\n' >>x/config
ask 3 x
fresh
printf '[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialclone = origin\n' >>x/config
ask 3 x
expect_stderr_has 'unsupported extension name'
for ref in 'ref: refs/heads/main' 'ref: ../../../../etc/passwd' 'ref: refs/heads/none' "$(git -C db.git rev-parse main:head)"; do
	fresh
	rm x/packed-refs
	echo "$ref" >x/refs/heads/main
	ask 3 x
	expect_stderr_has 'error[database]'
done
ok 'what lies elsewhere, or is no branch, is not followed'

# ---- pipes, for which a reader would wait
pipe()
{
	rm -rf "$1"
	mkfifo "$1"
	ask 3 x
	expect_stderr "measure: error[database]: x: '$2' is a pipe, not a regular file"
}
for name in config HEAD commondir packed-refs refs/heads/main; do
	fresh
	pipe x/$name $name
done
fresh
echo 'ref: refs/other' >x/refs/heads/main
pipe x/refs/other refs/other
for name in idx pack; do
	fresh
	name=$(pack $name)
	pipe "$name" "${name#x/objects/pack/}"
done
fresh
id=$(git -C x rev-parse main)
folder=$(echo "$id" | cut -c 1-2) name=$(echo "$id" | cut -c 3-)
mkdir -p "x/objects/$folder"
pipe "x/objects/$folder/$name" "objects/$folder/$name"
rm -rf x
mkdir x
pipe x/.git .git
for name in format head log/00/00/00; do
	rm -rf x
	cp -r plain x
	pipe x/$name $name
done
ok 'nothing waits for a pipe'

# ---- what takes memory
big='takes more than 33554432 bytes at once, or than there are'
fresh
truncate -s 300M x/refs/heads/main
ask 3 x
expect_stderr "measure: error[limit]: x: refs/heads/main: $big"
fresh
truncate -s 300M x/config
ask 3 x
expect_stderr_has 'error[database]: x: no repository of git can be opened'
rm -rf x
mkdir x
truncate -s 300M x/.git
ask 3 x
expect_stderr "measure: error[limit]: x: no repository of git can be opened: $big"
for name in format head log/00/00/00; do
	rm -rf x
	cp -r plain x
	truncate -s 4G x/$name
	ask 3 x
	expect_stderr "measure: error[limit]: x: '$name' has 4294967296 bytes, and 2048 are the limit"
done

# SIZE: 'head' is made from so many MiB of zeros, of which it has none
cat >bomb.py <<'END'
import hashlib, struct, subprocess, sys, zlib

def number(n):
    out = b''
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])

def entry(kind, size):
    first = kind << 4 | size & 15
    return bytes([first | 128]) + number(size >> 4) if size > 15 else bytes([first])

def back(n):
    out = [n & 127]
    while n > 127:
        n = (n >> 7) - 1
        out.insert(0, n & 127 | 128)
    return bytes(out)

head = subprocess.check_output(['git', '-C', 'x', 'cat-file', 'blob', 'main:head'])
size, piece = int(sys.argv[1]) << 20, bytes(1 << 20)
whole, packed, base = hashlib.sha1(b'blob %d\0' % size), b'', zlib.compressobj(9)
for _ in range(size >> 20):
    packed += base.compress(piece)
    whole.update(piece)
delta = number(size) + number(len(head)) + bytes([len(head)]) + head
pack = b'PACK' + struct.pack('>II', 2, 2) + entry(3, size) + packed + base.flush()
at = len(pack)
pack += entry(6, len(delta)) + back(at - 12) + zlib.compress(delta)
pack += hashlib.sha1(pack).digest()
found = sorted([(whole.digest(), 12), (hashlib.sha1(b'blob %d\0' % len(head) + head).digest(), at)])
index = b'\xfftOc' + struct.pack('>I', 2)
index += b''.join(struct.pack('>I', sum(x[0][0] <= i for x in found)) for i in range(256))
index += b''.join(x[0] for x in found) + bytes(8) + b''.join(struct.pack('>I', x[1]) for x in found) + pack[-20:]
name = 'x/objects/pack/pack-' + '0' * 40
open(name + '.pack', 'wb').write(pack)
open(name + '.idx', 'wb').write(index + hashlib.sha1(index).digest())
END
bomb()
{
	fresh
	mv "$(pack pack)" all
	rm -rf x/objects/pack/*
	git -C x unpack-objects -q <all
	git -C x cat-file blob main:head >head.ours
	id=$(git -C x rev-parse main:head)
	python3 bomb.py "$1"
	rm "x/objects/$(echo "$id" | cut -c 1-2)/$(echo "$id" | cut -c 3-)"
	git -C x cat-file blob main:head >head.git
	expect_same head.ours head.git
}
bomb 30
ask 0 x
bomb 33
ask 3 x
expect_stderr "measure: error[limit]: x: 'head': object $id: $big"
bomb 300
ask 3 x
expect_stderr "measure: error[limit]: x: 'head': object $id: $big"
ok 'an object that needs a large one takes no more memory than it may'

# ---- what stands beside what the log names
# beside: entries of a tree, as `git update-index --index-info` takes them, put into the branch
beside()
{
	fresh
	GIT_DIR=$PWD/x GIT_INDEX_FILE=$PWD/index
	export GIT_DIR GIT_INDEX_FILE
	rm -f index
	git read-tree main
	git update-index -z --index-info
	git update-ref refs/heads/main "$(git -c user.name=x -c user.email=x commit-tree -m x -p main "$(git write-tree)")"
	unset GIT_DIR GIT_INDEX_FILE
}
# stray COUNT: an audit finds so many, and nothing else changes
stray()
{
	run check one.eif --db x --trust trust.yml
	expect_status 1
	expect_stderr_has 'error[withdrawn]'
	run check two.eif --db x --trust trust.yml
	expect_status 0
	run db audit --db x --trust trust.yml
	expect_status 1
	expect_stderr "measure: error[contradiction]: x: $1 things in it cannot be so"
}
rm -rf state cache
blob=$(git -C db.git rev-parse main:format)
printf '100644 %s\tproducts/a\033[31m\r\nb\0' "$blob" | beside
stray 1
expect_stdout_has 'products/a\x1b[31m\x0d\x0ab: is named by no entry of the log'
seq -f "100644 $blob	products/n%.0f" 10000 | tr '\n' '\0' | beside
stray 10001
printf '100644 %s\t%sx\0' "$blob" "$(printf 'd/%.0s' $(seq 1500))" | beside
stray 1
printf '120000 %s\tproducts/link\000160000 %s\tproducts/sub\000100755 %s\trun\0' \
	"$blob" "$(git -C db.git rev-parse old)" "$blob" | beside
stray 3
printf '120000 %s\thead\0' "$blob" | beside
ask 3 x
expect_stderr "measure: error[database]: x: 'head' is a symbolic link, not a regular file"
ok 'names of any form and number, links and submodules are told by an audit and are nothing else'

plan done
