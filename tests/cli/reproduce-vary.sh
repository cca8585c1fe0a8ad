#!/bin/sh
# `measure reproduce --vary`: built again under other conditions, and which of them it was
# shellcheck disable=SC2016 # the recipe's own variables
. "${0%/*}/../lib.sh"
need busybox
need bwrap

XDG_CACHE_HOME=$PWD/cache
export XDG_CACHE_HOME

# ---- a root with a shell, a kernel
mkdir -p root/bin plain
cp "$(command -v busybox)" root/bin/busybox
for name in sh cat mkdir date hostname id uname nproc find chmod cut wc test; do
	ln -s busybox "root/bin/$name"
done
tar -cf plain/root.tar -C root .
head -c 4096 /dev/zero >plain/kernel
# recipe COMMANDS: an image with one file, which they print
recipe()
{
	cat <<END
recipe: 1
product: example.org/demo
version: "1.0"
vendor: example.org
epoch: 2026-01-01T00:00:00Z
inputs:
  base: {file: root.tar, unpack: true}
  kernel: {file: kernel}
stages:
  app:
    root: base
    path: /build/X1
    use: {in/a: kernel, in/b: kernel}
    jobs: 2
    run: |
      mkdir -m 755 root root/app
      exec >root/app/file
      chmod 644 root/app/file
$1
    outputs: {root: root}
eif:
  artefact: demo.eif
  kernel: kernel
  cmdline: console=ttyS0
  rootfs: app/root
  entrypoint: [/app/file]
END
}
# lock FOLDER COMMANDS
lock()
{
	recipe "$2" >"$1/measure.yml"
	run lock "$1/measure.yml" -q
	expect_status 0
}
# vary FOLDER LIST OPTION...
vary()
{
	folder=$1 list=$2
	shift 2
	run reproduce "$folder/measure.yml" --vary "$list" "$@"
}

# last_line TEXT: of what was said on the way
last_line()
{
	expect test "$(tail -n 1 "$STDERR")" = "$1"
}

lock plain '      echo hello'
vary plain all,-num_cpus,-fileordering
case $(cat "$STDERR") in
*'error[sandbox]'*)
	skip 'a recipe is varied' 'no sandbox can be made here'
	plan done
	;;
esac
expect_status 0
sed 1,4d "$STDOUT" >said
mv said "$STDOUT"
expect_stdout - <<'END'
pass  vary              build_path: another path of the same length
pass  vary              path_length: a longer path
skip  vary              time: its root has no libfaketime, which is a package
                        that it can hold
pass  vary              locales: the locale POSIX, and messages in French where
                        there are any
pass  vary              umask: umask 077
pass  vary              user_group: user and group 1234
pass  vary              domain_host: another host name
pass  vary              home: another HOME, which does not exist either
pass  vary              environment: a variable more
pass  vary              kernel: another version of the kernel, as uname tells it
pass  vary              aslr: addresses that are the same in each run
pass  vary              timezone: a time zone 14 hours east of Greenwich
equal: built twice, the second time varied, each time from nothing but the inputs
END
vary plain all,-num_cpus,-fileordering --cached
expect_status 0
expect test "$(grep -c "'app': building" "$STDERR")" -eq 2
vary plain umask --cached --json
expect_status 0
expect test "$(grep -c "'app': building" "$STDERR")" -eq 1
expect_json 'j["equal"] and j["vary"] == {"varied": ["umask"], "skipped": {}}'
expect_json 'j["checks"] == [{"id": "vary", "result": "pass", "detail": "umask: umask 077"}]'
expect_json 'j["built"]["registers"]["PCR0"]'
ok 'what does not look at its surroundings is the same in others, and is built there'

# ---- a guest with a root image, with no network interface and by somebody with other habits
if [ -x "$BUILD/tests/forge_ovmf" ] && unshare -rn true 2>/dev/null; then
	cp -r plain guest
	"$BUILD/tests/forge_ovmf" guest/fw.fd
	sed -i -e 's/^  kernel: {.*/&\n  fw: {file: fw.fd}/' -e 's/^eif:/snp:/' -e 's/demo.eif/guest/' \
		-e 's/^  cmdline: .*/&\n  ovmf: fw\n  vcpus: "1-2"\n  vcpu-types: [EPYC-v4]/' guest/measure.yml
	run lock guest/measure.yml -q
	expect_status 0
	vary guest all --keep one
	expect_status 0
	run_command unshare -rn sh -c 'umask 077; exec "$@"' sh env TZ=Asia/Tokyo LC_ALL=POSIX SOMETHING=more \
		"$MEASURE" reproduce guest/measure.yml --vary all --cache other --keep two
	expect_status 0
	expect_stdout_has 'pass  vary              umask: umask 077'
	expect test -s one/guest/root.img
	chmod -R u+rwX two
	expect diff -r one two
	ok 'a guest of SEV-SNP is the same in two varied sandboxes, offline'
else
	skip 'a guest of SEV-SNP is varied' 'no network name spaces here'
fi

# ---- what looks at all of them
lock plain '      umask; id -u; hostname; echo $HOME; uname -r | cut -c 1-4; date +%z; echo $LC_ALL
      pwd | cut -c 1-9; pwd | wc -c; echo ${CAPTURE_ENVIRONMENT-none}
      echo $((0x$(cat /proc/self/personality) & 0x40000)); nproc; find in -type f'
cpus=num_cpus
test "$(nproc)" -gt 1 || cpus=
vary plain all,-fileordering
expect_status 1
expect test "$(sed -n 's/: PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)$//p' "$STDOUT" | tr '\n' ' ')" = \
	"build_path path_length locales umask user_group ${cpus:+$cpus }domain_host home environment kernel aslr timezone "
expect_stdout_has 'line 8: "/build/X1" and "/build/Y2"'
expect_stdout_has 'line 9: "10" and "36"'
expect_stdout_has 'line 7: "C.UTF-8" and "POSIX"'
expect_stdout_has 'line 1: "0022" and "0077"'
expect_stdout_has 'line 2: "1000" and "1234"'
expect_stdout_has 'line 3: "build" and "i-capture-the-hostname"'
expect_stdout_has 'line 4: "/homeless" and "/nonexistent/second"'
expect_stdout_has 'line 10: "none" and "i_capture_the_environment"'
expect_stdout_has ' and "2.6."'
expect_stdout_has 'line 11: "0" and "262144"'
expect_stdout_has 'line 6: "+0000" and "+1400"'
test -z "$cpus" || expect_stdout_has 'line 12: "2" and "1"'
expect_stdout_has 'fail  vary              domain_host: another output with another host name'
expect_stdout_has 'skip  vary              time: its root has no libfaketime'
last_line 'measure: error[not-reproduced]: plain/measure.yml: vary: build_path: another output with another path of the same length'
ok 'each of several causes is named, with what it did'

vary plain all,-all,timezone,home --json
expect_status 1
expect_json '[x["variations"] for x in j["vary"]["causes"]] == [["home"], ["timezone"]]'
expect_json 'j["vary"]["causes"][1]["diff"]["headline"] == "PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)"'
expect_json 'j["vary"]["varied"] == ["home", "timezone"] and not j["equal"]'
vary plain num_cpus,aslr --json
expect_json 'j["vary"]["causes"][-1]["variations"] == ["aslr"]'
ok 'one of some is as it would be among all'

lock plain '      test "$(umask)$HOME" != 0077/nonexistent/second || echo both; test $TZ = UTC'
vary plain umask,home,kernel,timezone
expect_status 1
expect_stdout_has 'umask,home: PCR0 and PCR2 differ, through ramdisk1'
expect_stdout_has "timezone: stage 'app': its commands ended with status 1"
expect_stdout_has 'fail  vary              umask,home: another output with all of them together'
expect_stdout_has 'fail  vary              timezone: nothing is built with a time zone 14 hours'
expect_stderr_has 'measure: error[not-reproduced]: plain/measure.yml: vary: umask,home: another'
vary plain timezone --json
expect_json 'j["vary"]["causes"] == [{"variations": ["timezone"], "failure": "stage '"'app'"': its commands ended with status 1"}]'
ok 'two that matter together alone, and one that nothing is built with'

lock plain '      cat /proc/sys/kernel/random/uuid'
vary plain umask,home
expect_status 1
expect_stdout_has 'nothing varied: PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)'
expect test "$(tail -n 1 "$STDOUT")" = 'fail  vary              nothing was varied, and two builds of it are not equal'
last_line 'measure: error[not-reproduced]: plain/measure.yml: vary: nothing was varied, and two builds of it are not equal'
ok 'what is never the same is no variation'"'"'s fault'

# ---- what cannot be varied everywhere
lock plain '      find in -type f'
vary plain fileordering
case $(cat "$STDERR") in
*nothing-varied*)
	expect_status 4
	expect_stdout - <<'END'
skip  vary              fileordering: the file system of the cache lists names
                        in an order of its own: one in memory does not
skip  vary              nothing of what was asked for could be varied
END
	last_line 'measure: error[nothing-varied]: plain/measure.yml: vary: nothing of what was asked for could be varied'
	;;
*) expect_stdout_has 'fail  vary              fileordering: ' ;;
esac
vary plain fileordering,umask
expect test "$STATUS" -lt 2
ok 'what cannot be varied does not count'

memory=$(mktemp -d /dev/shm/measure.XXXXXX 2>/dev/null) || memory=
if [ "$memory" ] && [ "$(stat -f -c %T "$memory")" = tmpfs ]; then
	vary plain fileordering,kernel,home --cache "$memory"
	expect_status 1
	expect_stdout_has 'fileordering: PCR0 and PCR2 differ, through ramdisk1 (1 of 5 sections)'
	expect test "$(grep -c ^fail "$STDOUT")" -eq 1
	expect_stdout_has 'line 1: "in/'
	expect_stdout_has 'fail  vary              fileordering: another output with names laid out in the'
	ok 'names in another order, where the file system shows it'
else
	skip 'names in another order' 'no file system in memory'
fi
rm -rf "$memory"

# ---- another clock, for programs that take it
library=$(dpkg -L libfaketime 2>/dev/null | grep '/libfaketime.so.1$')
if [ "$library" ]; then
	mkdir -p "root/${library%/*}"
	cp "$library" "root/$library"
	cp -r plain static
	tar -cf static/root.tar -C root .
	rm root/bin/sh root/bin/date
	for file in /bin/dash /bin/date; do
		ldd "$file" "$library" | sed -n 's|^[^/]*\(/[^ ]*\) (0x.*|\1|p'
		echo "$file"
	done | sort -u | while read -r file; do
		mkdir -p "root/${file%/*}"
		cp -L "$file" "root/$file"
	done
	ln -s dash root/bin/sh
	cp -r plain clock
	tar -cf clock/root.tar -C root .
	lock clock '      date +%Y; umask'
	vary clock all,-num_cpus,-fileordering
	expect_status 1
	expect test "$(sed -n 's/: PCR0 and PCR2 differ, .*//p' "$STDOUT" | tr '\n' ' ')" = 'time umask '
	expect_stdout_has "line 1: \"$(date -u +%Y)\" and \""
	lock static '      date +%Y'
	vary static time,umask
	expect_status 0
	expect_stdout_has 'skip  vary              time: its programs cannot be run by the clock of'
	ok 'another clock, and who does not take it'

	# two stages, of which one has no libfaketime
	cp plain/root.tar clock/other.tar
	sed -e 's|^  kernel: {.*|&\n  bare: {file: other.tar, unpack: true}|' \
		-e 's|^eif:|  more:\n    root: bare\n    use: {root: app/root}\n    run: date +%z >root/zone\n    outputs: {root: root}\n&|' \
		-e 's|rootfs: app/root|rootfs: more/root|' clock/measure.yml >two.yml
	mv two.yml clock/measure.yml
	run lock clock/measure.yml -q
	vary clock time,home,kernel --json
	expect_status 1
	expect_json '[x["variations"] for x in j["vary"]["causes"]] == [["time"]]'
	expect_json 'j["vary"]["varied"] == ["home", "kernel"] and list(j["vary"]["skipped"]) == ["time"]'
	expect_json '[x["result"] for x in j["checks"]] == ["fail", "pass", "pass"]'
	ok 'what one stage alone can be varied in is looked for, and does not count as varied'
else
	skip 'another clock' 'no libfaketime'
fi

# ---- nothing is run
sed -e '/^stages:/,/^    outputs/d' -e 's|rootfs: .*|rootfs: base|' plain/measure.yml >none.yml
mv none.yml plain/measure.yml
run lock plain/measure.yml -q
vary plain umask
expect_status 4
expect_stdout_has 'skip  vary              umask: nothing is run: it has no stage'
expect_stderr_has 'measure: error[nothing-varied]: '
ok 'a recipe without stages cannot be varied'

vary plain umask,frost
expect_status 2
expect_stdout ''
expect_stderr_has "measure: error[usage]: --vary: there is no variation 'frost'"
vary plain all,-all
expect_status 2
expect_stderr 'measure: error[usage]: --vary: nothing is left that would be varied
measure: hint: see `measure help reproduce`'
expect test "$(find cache/measure/build -maxdepth 1 -name '.*[a-z]*' | wc -l)" -eq 0
ok 'what is no list of variations, and nothing is left behind'
plan done
