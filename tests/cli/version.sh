#!/bin/sh
# `measure version`
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

version=$(sed -n 's/^MEASURE_VERSION := //p' "$ROOT/Makefile")

run version
expect_status 0
expect_stderr ''
expect_stdout_has "measure $version"
expect test "$(sed 's/ [0-9][0-9.]*[a-z]*/ N/g; s/^commit .*/commit C/' "$STDOUT")" = 'measure N
commit C
OpenSSL N, built with N
libdeflate, built with N
libcbor, built with N
libyaml N, loaded when it is needed
zlib N, loaded when it is needed
libzstd N, loaded when it is needed
liblzma N, loaded when it is needed
libgit2, built with N'
cp "$STDOUT" text
ok 'version names itself, its commit and its libraries'

run --version
expect_status 0
expect_stdout @text
ok '--version is the same'

run version --json
expect_json "j['kind'] == 'version' and j['version'] == '$version' and j['ok'] and j['commit']"
expect_json '[l["name"] for l in j["libraries"]] == ["OpenSSL", "libdeflate", "libcbor", "libyaml",
	"zlib", "libzstd", "liblzma", "libgit2"]'
expect_json 'all(set(l) == {"name", "built", "running"} for l in j["libraries"])'
expect_json 'j["libraries"][0]["running"] and j["libraries"][1]["running"] is None'
expect_json 'j["libraries"][3]["running"] and j["libraries"][3]["built"] is None'
cp "$STDOUT" json
run --version --json
expect_stdout @json
ok '--json has the same'

mkdir broken
# OpenSSL itself may need libzstd and zlib
for library in libyaml-0.so.2 liblzma.so.5; do
	printf 'no library' >broken/$library
done
run_command env LD_LIBRARY_PATH="$PWD/broken" "$MEASURE" version
expect_status 0
for library in libyaml liblzma; do
	expect_stdout_has "$library (missing), loaded when it is needed"
done
run_command env LD_LIBRARY_PATH="$PWD/broken" "$MEASURE" version --json
expect_json 'j["libraries"][3]["running"] is None'
ok 'a library that is loaded when it is needed may be missing'

run version now
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: 'now' is a word too many
measure: hint: see \`measure help version\`"
ok 'version takes no operand'

plan done
