#!/bin/sh
# What all verbs have in common: the two streams, --quiet, --verbose, --color, --json
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

printf kernel >kernel
printf ramdisk >ramdisk
run build eif --kernel kernel --cmdline x --ramdisk ramdisk -o image -q
expect_status 0
run eif image
cp "$STDOUT" registers
run eif image --json
cp "$STDOUT" json
printf 'no image' >other

for option in -q --quiet; do
	run eif image $option
	expect_status 0
	expect_stdout ''
	expect_stderr ''
	run eif image $option --json -v
	expect_stdout ''
	expect_stderr ''
done
run eif other -q --json
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[magic]: other: '
ok '--quiet leaves nothing but errors'

for option in -v --verbose; do
	run eif image $option
	expect_status 0
	expect_stdout @registers
	expect_stderr 'measure: confined: no socket can be opened and no program started
measure: measuring as eif: AWS Nitro Enclaves image (EIF): PCR0, PCR1, PCR2, PCR8'
done
ok '--verbose explains the steps, and changes nothing on standard output'

run eif other
expect_status 3
expect_stdout ''
cp "$STDERR" plain
run eif other --json
expect_status 3
expect_stderr @plain
expect_json 'list(j)[:5] == ["schema", "kind", "ok", "reason", "message"]'
expect_json 'j["schema"] == "measure/1" and j["kind"] == "eif" and j["ok"] is False'
expect_json 'j["reason"] == "magic" and j["subject"] == "other" and j["offset"] == 0'
expect_json '"measure: error[magic]: " + j["message"] + "\n" == open("plain").read()'
expect_json '"measurements" not in j and "warnings" not in j'
ok 'a failure is told on both streams with --json, on one without'

run eif image --json
expect_json 'list(j)[:4] == ["schema", "kind", "ok", "measurements"] and list(j)[-1] == "warnings"'
expect_json 'j["ok"] is True and j["warnings"] == []'
expect test "$(tail -c 2 "$STDOUT" | od -An -tx1 | tr -d ' ')" = 7d0a
expect_stderr ''
ok '--json ends in one newline'

esc=$(printf '\033')
run eif other --color=always
expect_status 3
expect_stderr "$(sed "s/error\[magic\]/${esc}[1;31m&${esc}[0m/" plain)"
run eif other --color=never
expect_stderr @plain
run eif other --color always
expect_stderr_has "${esc}[1;31merror[magic]${esc}[0m"
run eif other --color=red
expect_status 2
expect_stderr "measure: error[usage]: option '--color' takes auto, always or never, not 'red'
measure: hint: see \`measure help eif\`"
NO_COLOR=1 run eif other --color=always
expect_stderr_has "${esc}[1;31merror[magic]${esc}[0m"
ok '--color colours messages when it is told to'

# colours ENVIRONMENT...: how many escapes there are on a terminal
colours()
{
	env "$@" script -qec "'$MEASURE' eif other" /dev/null </dev/null |
		tr -cd '\033' | wc -c | tr -d ' '
}
expect test "$(colours TERM=xterm)" = 2
expect test "$(colours TERM=xterm NO_COLOR=1)" = 0
expect test "$(colours TERM=xterm NO_COLOR=)" = 2
expect test "$(colours TERM=dumb)" = 0
expect test "$(colours TERM=)" = 0
lib_line='measure eif other, on a terminal'
ok 'a terminal gets colours unless NO_COLOR or TERM says no'

# to_full COMMAND...: standard output is a full disk
to_full()
{
	run_command sh -c '"$0" "$@" >/dev/full' "$MEASURE" "$@"
	lib_line="measure $* >/dev/full"
}
no_space='measure: error[no-space]: standard output cannot be written: No space left on device'
for verb in 'eif image' 'eif image --json' help version explain 'inspect image' \
	'pcr --role-arn x' 'help --man measure.1'; do
	# shellcheck disable=SC2086 # words
	to_full $verb
	expect_status 5
	expect_stderr "$no_space"
done
to_full eif image -q
expect_status 0
expect_stderr ''
to_full eif other --json
expect_status 3
expect_stderr "$(cat plain)
$no_space"
ok 'a full disk under standard output is exit status 5, but for a failure told already'

run_command sh -c '"$0" eif image >&-' "$MEASURE"
expect_status 5
expect_stderr 'measure: error[io]: standard output cannot be written: Bad file descriptor'
run_command sh -c '"$0" build eif --kernel kernel --cmdline x --ramdisk ramdisk -o new >&-' "$MEASURE"
expect_status 5
expect_same new image
run_command sh -c '"$0" eif - <&-' "$MEASURE"
expect_status 5
expect_stderr_has 'measure: error[io]: standard input: the header of 548 bytes: cannot be read: Bad file descriptor'
run_command sh -c '"$0" eif other 2>&-' "$MEASURE"
expect_status 3
expect_stdout ''
expect_stderr ''
ok 'a closed stream gets no file of ours'

run_command sh -c 'ulimit -f 1; exec "$0" build eif --kernel kernel --cmdline x --ramdisk ramdisk \
	--name "$(printf %02000d 0)" -o small -q' "$MEASURE"
expect_status 5
expect_stderr 'measure: error[no-space]: small: cannot be written: File too large'
expect_no_file small
ok 'a limit to the size of files is a full disk'

# both ends of a pipe that does not wait, with pauses at the other end
cat >unhurried.py <<'END'
import fcntl, os, subprocess, sys, time
image = open("image", "rb").read()
def end(fd): os.set_blocking(fd, False); return fd
r, w = os.pipe()
p = subprocess.Popen([sys.argv[1], "eif", "-"], stdin=end(r), stdout=subprocess.PIPE)
os.close(r)
for part in image[:100], image[100:]:
    time.sleep(0.2)
    os.write(w, part)
os.close(w)
sys.stdout.buffer.write(p.communicate()[0])
status = p.returncode
r, w = os.pipe()
fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 4096)
p = subprocess.Popen([sys.argv[1], "explain", "--json"], stdout=end(w))
os.close(w)
time.sleep(0.3)
answer = b""
while part := os.read(r, 1000):
    answer += part
answer == subprocess.run([sys.argv[1], "explain", "--json"], capture_output=True).stdout or sys.exit(9)
sys.exit(status or p.wait())
END
run eif image
cp "$STDOUT" registers
run_command python3 unhurried.py "$MEASURE"
expect_status 0
expect_stdout @registers
expect_stderr ''
ok 'streams that do not wait are waited for'

run_command python3 -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.call([sys.argv[1], "eif", "image"], stdout=w))' "$MEASURE"
expect_status 5
expect_stderr 'measure: error[io]: standard output cannot be written: Broken pipe'
ok 'a reader that leaves does not kill the program'

truncate -s 200M big
run build eif --kernel kernel --cmdline x --ramdisk big -o image.big -q
expect_status 0
TERM=xterm script -qec "'$MEASURE' eif image.big --progress 2>&1 >answer" /dev/null \
	</dev/null >drawn
expect grep -aq 'MiB of 200.0 MiB, .*/s' drawn
expect test "$(tail -c 4 drawn | od -An -c | tr -d ' ')" = '\r033[K'
TERM=xterm script -qec "'$MEASURE' eif image.big --progress -q" /dev/null </dev/null >drawn
expect test ! -s drawn
TERM=dumb script -qec "'$MEASURE' eif image.big --progress 2>&1 >answer" /dev/null \
	</dev/null >drawn
expect test ! -s drawn
run eif image.big --progress
expect_stderr ''
run eif image.big --progress=json
expect_status 0
head -n 1 "$STDERR" >"$STDOUT"
expect_json 'j["progress"]["total"] > 200 << 20 and j["progress"]["bytes"] > 0'
expect_json 'set(j["progress"]) == {"bytes", "total", "seconds", "bytes_per_second", "seconds_left"}'
ok 'progress is drawn on a terminal, wiped, and told as JSON to anybody'

# confinement ARGS...: of the process while it waits for its standard input
confinement()
{
	mkfifo fifo
	"$MEASURE" "$@" <fifo >"$STDOUT" 2>"$STDERR" &
	pid=$!
	exec 3>fifo
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -q '^Seccomp:.*2' /proc/$pid/status && break
		sleep 0.1
	done
	sed -n 's/^\(NoNewPrivs\|Seccomp\):[^0-9]*/\1 /p' /proc/$pid/status
	exec 3>&-
	wait $pid
	rm fifo
}
expect test "$(confinement eif -)" = 'NoNewPrivs 1
Seccomp 2'
expect test "$(confinement pcr --input -)" = 'NoNewPrivs 1
Seccomp 2'
lib_line=
ok 'a verb that reads is confined by the kernel before the first byte'

run eif image --progress=xml
expect_status 2
expect_stderr "measure: error[usage]: option '--progress' takes json, not 'xml'
measure: hint: see \`measure help eif\`"
ok 'progress has one other form'

plan done
