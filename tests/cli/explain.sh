#!/bin/sh
# `measure explain`: what a reason means
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

run explain crc
expect_status 0
expect_stdout 'crc
means    the checksum in the header is not that of the file
status   3: the input is malformed, ambiguous, or of the wrong kind
do       the file is damaged or was edited; fetch it again'
expect_stderr ''
ok 'a reason is explained'

run explain build-id
expect_status 0
expect_stdout "build-id
means    the linker's id follows from paths, flags or its own version
do       build in one path with one tool chain, or link with -Wl,--build-id=none"
run explain build-id --json
expect_json 'j["cause"]["name"] == "build-id" and j["cause"]["fix"].startswith("build in one path")'
ok 'a cause that measure diff names is explained'

run explain certificate-chain
expect_status 0
expect_stdout_has 'status   a warning; it does not change the exit status'
ok 'a warning has no exit status'

run explain
expect_status 0
expect_stderr ''
expect_stdout_has 'crc                   3  the checksum in the header is not that of the file'
expect_stdout_has 'signature             1  the signature does not hold: wrong key, wrong bytes, or'
expect_stdout_has 'certificate-expired   -  '
expect test "$(awk 'length > 80' "$STDOUT")" = ''
sed -n 's/^\([a-z-]\{1,21\}\) .*/\1/p' "$STDOUT" >slugs
ok 'without a reason all are listed'

grep -o '^REASON([A-Z0-9_]*, "[a-z0-9-]*"' "$ROOT/measure/base/reason.def" |
	sed 's/.*"\(.*\)"/\1/' >table
expect cmp slugs table
while read -r slug; do
	run explain "$slug"
	expect_status 0
	expect test "$(head -n 1 "$STDOUT")" = "$slug"
	expect test "$(awk 'length > 80' "$STDOUT")" = ''
done <table
ok 'every reason of the table is listed and explained in 80 columns'

run explain --json
expect_json '[r["reason"] for r in j["reasons"]] == open("slugs").read().split()'
expect_json 'all(set(r) == {"reason", "warning", "status", "meaning", "remedy"} for r in j["reasons"])'
expect_json 'all(r["warning"] == (r["status"] == 0) and r["status"] < 6 for r in j["reasons"])'
run explain signature --json
expect_json 'j["kind"] == "explain" and j["ok"] and [r["status"] for r in j["reasons"]] == [1]'
ok '--json has the same'

run explain signatur
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: unknown reason 'signatur'
measure: hint: did you mean 'signature'?"
run explain xyzzyxyzzyxyzzy
expect_status 2
expect_stderr "measure: error[usage]: unknown reason 'xyzzyxyzzyxyzzy'
measure: hint: \`measure explain\` lists them"
run explain none
expect_status 2
run explain crc magic
expect_status 2
expect_stderr 'measure: error[usage]: one REASON is needed, 2 are given
measure: hint: see `measure help explain`'
ok 'what is no reason is a usage error'

plan done
