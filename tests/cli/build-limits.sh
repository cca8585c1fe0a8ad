#!/bin/sh
# `measure build`: stages whose commands take more than they may, and recipes that mean something
# which is not there
# shellcheck disable=SC2016 # the recipe's own variables
. "${0%/*}/../lib.sh"
need busybox
need bwrap

# a root file system with a shell
mkdir -p root/bin project
cp "$(command -v busybox)" root/bin/busybox
for name in sh cat mkdir sleep head tail yes touch seq nc; do
	ln -s busybox "root/bin/$name"
done
tar -cf project/root.tar -C root .

# stage SCRIPT [LIMITS]: a recipe of one stage whose output is "text"
stage()
{
	cat >project/measure.yml <<END
recipe: 1
product: example.org/demo
version: "1.0"
vendor: example.org
epoch: 2026-01-01T00:00:00Z
inputs:
  base: {file: root.tar, unpack: true}
stages:
  app:
    root: base
    limits: {$2}
    run: |
      $1
    outputs:
      text: text
      folder: folder
files:
  greeting.txt: app/text
END
}

# build [CACHE]
build() { run build project/measure.yml --store store --cache "${1:-cache}" -o out; }
lock() { run_command "$MEASURE" lock project/measure.yml --store store -q; expect_status 0; }

# failing SCRIPT LIMITS TEXT
failing()
{
	stage "$1" "$2"
	lock
	build
	expect_status 1
	expect_stdout ''
	expect_stderr_has "measure: error[stage-failed]: project/measure.yml: stage 'app': its commands $3"
	expect_stderr_has "measure: hint: all that it printed is in cache/failed/app.log"
	expect_no_file out
	expect test "$(find cache -maxdepth 1 -name '.work*' | wc -l)" -eq 0
}

stage 'echo hallo >text; mkdir folder; touch folder/x' 'seconds: 60'
lock
build
case $(cat "$STDERR") in
*'error[sandbox]'*)
	skip 'a stage with limits' 'no sandbox can be made here'
	plan done
	;;
esac
expect_status 0
expect test "$(cat out/greeting.txt)" = hallo
rm -rf out
cp project/measure.yml good.yml
ok 'a stage that stays within its limits'

failing 'trap "" TERM INT; sleep 100 & sleep 100' 'seconds: 1' 'took longer than 1 seconds'
failing 'f() { f & f & wait; }; f 2>/dev/null & while :; do :; done' 'seconds: 1, processes: 50' 'took longer than 1 seconds'
ok 'what hangs or forks for ever is ended'

failing 't() { head -c 50000000 /dev/zero | tail -c 40000000 | sleep 9; }; t & t & t & wait' 'memory: 64' 'needed more than 64 MiB of memory'
ok 'what needs more memory is ended'

# the machine's other writers count as well where a disk is watched
if (set -- /dev/shm/measure-test.*; [ ! -e "$1" ]) && shm=$(mktemp -d /dev/shm/measure-test.XXXXXX); then
	trap 'chmod -R u+rwX "$shm" "$lib_top"; rm -rf "$shm" "$lib_top"' EXIT
	stage 'i=0; while :; do head -c 8000000 /dev/zero >y$i; i=$((i + 1)); done' 'disk: 64, seconds: 60'
	lock
	build "$shm/cache"
	expect_status 1
	expect_stderr_has "measure: error[stage-failed]: project/measure.yml: stage 'app': its commands wrote more than 64 MiB"
	expect_no_file out
	ok 'what fills the disk is ended'
fi

failing 'yes 0123456789012345678901234567890123456789012345678901234567890123' 'seconds: 60' 'printed too much'
expect test "$(stat -c %s cache/failed/app.log)" -le 67108864
ok 'what prints for ever is ended'

failing 'nc -w 1 127.0.0.1 80 </dev/null' 'seconds: 60' 'ended with status 1'
expect_stderr_has 'measure: app: nc: '
failing 'echo x >/build/outside' 'seconds: 60' 'ended with status 1'
failing 'echo x >/etc/outside' 'seconds: 60' 'ended with status 1'
failing 'echo x >../../outside' 'seconds: 60' 'ended with status 1'
expect_no_file outside cache/outside project/outside
ok 'what wants a network or writes outside fails'

# ---- references that are of another kind than what they turn out to be
# wrong FROM TO TEXT
wrong()
{
	sed "s|$1|$2|" good.yml >project/measure.yml
	lock
	build
	expect_status 3
	expect_stderr_has "measure: error[$3"
	expect_no_file out
}
wrong 'txt: app/text' 'txt: app/folder' "recipe]: project/measure.yml: 'app/folder': is a folder, and a file is needed"
wrong 'txt: app/text' 'txt: base:bin' "recipe]: project/measure.yml: 'base:bin' is no regular file"
wrong 'txt: app/text' 'txt: base:dev/none' "rootfs]: project/measure.yml: 'base:dev/none': \"dev\" is not there"
ok 'a file is none that is a folder, and is there'

cp good.yml project/measure.yml
lock
touch file
# nowhere NAME TEXT
nowhere()
{
	run build project/measure.yml --store store --cache cache -o "$1"
	expect_stdout ''
	expect_stderr_has "measure: error[$2"
}
nowhere file 'usage]: file: is there already, and no folder'
nowhere file/x 'no-such-file]: file/x: cannot be written: Not a directory'
for name in . .. out/.. out/.; do
	nowhere $name "usage]: $name: is no name of a new folder"
done
nowhere '' 'usage]: is no name of a new folder'
run_command env -u HOME -u XDG_CACHE_HOME "$MEASURE" build project/measure.yml --store store -o out
expect_status 2
expect_stderr_has 'measure: error[usage]: neither HOME nor XDG_CACHE_HOME says where a cache can be'
expect_no_file out
ok 'where nothing can be put is refused'

plan done
