#!/bin/sh
# Text from strangers, on the command line, in names of files and inside of them, never reaches a
# terminal raw.
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

esc=$(printf '\033')
evil=$(printf 'a\033[2Jb\nc\\d\177\302\205e\342\200\256f\377')
tamed='a\x1b[2Jb\x0ac\\d\x7f\u{85}e\u{202e}f\xff'
printf kernel >kernel
printf ramdisk >rd
printf 'no image' >"$evil"

# no control character but the newlines at the ends of lines, and the number of lines
quiet_stderr()
{
	expect test "$(LC_ALL=C tr -d '\12\40-\176' <"$STDERR" | wc -c)" -eq 0
	expect test "$(wc -l <"$STDERR")" -eq "$1"
}

run "$evil"
expect_status 3
quiet_stderr 1
run "./$evil"
expect_status 3
quiet_stderr 1
run eif "$evil"
expect_status 3
quiet_stderr 1
run eif "./missing$evil"
expect_status 5
quiet_stderr 1
run eif --"$evil"
expect_status 2
quiet_stderr 2
run eif --color="$evil"
expect_status 2
quiet_stderr 2
run explain "$evil"
expect_status 2
quiet_stderr 2
run help "$evil"
expect_status 2
quiet_stderr 2
run extract image -C "$evil/$evil"
quiet_stderr 1
SOURCE_DATE_EPOCH=$evil run build eif --kernel kernel --cmdline x --ramdisk rd -o none
expect_status 2
quiet_stderr 2
run eif kernel -v --at "$evil"
quiet_stderr 3
ok 'words of the command line and the environment are tamed'

run eif "./$evil" --json
expect_status 3
expect_stderr_has "./$tamed: "
expect_json 'j["subject"] == r"./'"$tamed"'"'
expect_json 'j["message"].startswith(j["subject"] + ": ")'
ok 'JSON names a file as the terminal does'

run build eif --kernel kernel --cmdline "x${esc}[31m" --ramdisk rd --name "$esc]0;title$esc" \
	--version "$(printf 'a\nPCR0  00')" --build-time "$(printf '\342\200\256')" -o image -v
expect_status 0
expect test "$(tr -d '\12\40-\176' <"$STDERR" | wc -c)" -eq 0
for verb in eif inspect 'eif --lenient'; do
	# shellcheck disable=SC2086 # words
	run $verb image
	expect_status 0
	expect test "$(tr -d '\12\40-\176' <"$STDOUT" | wc -c)" -eq 0
	expect_stderr ''
done
run eif image
expect test "$(wc -l <"$STDOUT")" -eq 3
ok 'metadata are not printed raw'

run eif image --json
expect_json 'j["metadata"]["ImageVersion"] == "a\nPCR0  00"'
expect_json 'j["metadata"]["BuildMetadata"]["BuildTime"] == chr(0x202e)'
expect test "$(LC_ALL=C tr -d '\12\40-\176' <"$STDOUT" | wc -c)" -eq 0
ok 'JSON holds them in escapes'

certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
		-out cert.pem -subj "$1" -utf8 -days 3650 2>/dev/null
}
certificate "/CN=a${esc}[31mb/O=$(printf '\302\205\342\200\256\177\363\240\201\201')"
run sign eif image --cert cert.pem --key key.pem
expect_status 0
for verb in eif inspect; do
	run $verb image
	expect test "$(tr -d '\12\40-\176' <"$STDOUT" | wc -c)" -eq 0
done
run eif image --json
expect_json 'j["signature"]["valid"]'
expect_json 'chr(0x202e) + "\\7F" + chr(0xe0041) in j["signature"]["certificate"]["subject"]'
expect test "$(LC_ALL=C tr -d '\12\40-\176' <"$STDOUT" | wc -c)" -eq 0
ok 'nor are names in certificates'

long=$(head -c 3000 /dev/zero | tr '\0' A)
run eif "$long"
expect_status 5
quiet_stderr 1
run "$long"
expect_status 2
run eif --"$long"
expect_status 2
run explain "$long" --json
expect_status 2
expect_json 'j["reason"] == "usage"'
ok 'very long words are cut'

folder=
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	folder=$folder$(head -c 250 /dev/zero | tr '\0' a)/
done
mkdir -p "$folder"
printf 'no image' >"$folder$esc"
run eif "$folder$esc" --json
expect_status 3
expect_json 'j["subject"] == "'"$folder"'\\x1b"'
quiet_stderr 1
expect_stderr_has "$folder\\x1b: "
ok 'but not the name of a file'

plan done
