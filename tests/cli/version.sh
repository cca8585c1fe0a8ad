#!/bin/sh
# `measure version`
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

version=$(sed -n 's/^MEASURE_VERSION := //p' "$ROOT/Makefile")

run version
expect_status 0
expect_stderr ''
expect_stdout_has "measure $version"
expect test "$(sed 's/[0-9][0-9.]*[a-z]*/N/g; s/^commit .*/commit C/' "$STDOUT")" = 'measure N
commit C
OpenSSL N, built with N
libdeflate, built with N
libcbor, built with N'
cp "$STDOUT" text
ok 'version names itself, its commit and its libraries'

run --version
expect_status 0
expect_stdout @text
ok '--version is the same'

run version --json
expect_json "j['kind'] == 'version' and j['version'] == '$version' and j['ok'] and j['commit']"
expect_json '[l["name"] for l in j["libraries"]] == ["OpenSSL", "libdeflate", "libcbor"]'
expect_json 'all(set(l) == {"name", "built", "running"} for l in j["libraries"])'
expect_json 'j["libraries"][0]["running"] and j["libraries"][1]["running"] is None'
cp "$STDOUT" json
run --version --json
expect_stdout @json
ok '--json has the same'

run version now
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: 'now' is a word too many
measure: hint: see \`measure help version\`"
ok 'version takes no operand'

plan done
