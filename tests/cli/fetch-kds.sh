#!/bin/sh
# `measure-fetch kds`: what AMD's service has for a report, from a server that behaves and misbehaves
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
need python3
fetch=$BUILD/measure-fetch

mkdir made other vlek server server/files
"$BUILD/tests/report" made Milan
"$BUILD/tests/report" other Milan chip="$(printf '42%.0s' $(seq 64))"
"$BUILD/tests/report" vlek Genoa vlek=1
python3 "$ROOT/tests/cli/server.py" server &
trap 'kill $!; rm -rf "$lib_top"' EXIT
while [ ! -e server/port ]; do sleep 0.05; done
base=http://127.0.0.1:$(cat server/port)

# kds ARGS...: with the server's address and the test's root
kds() { run_command "$fetch" kds --base "$base" --ark made/ark.der --store store "$@"; }

run_command "$fetch" kds made/report --print
expect_status 0
expect_stderr ''
sed -n 's|^vek    https://kdsintf.amd.com||p' "$STDOUT" >path
expect test "$(sed -n 1p "$STDOUT")" = 'chain  https://kdsintf.amd.com/vcek/v1/Milan/cert_chain'
expect grep -qxE '/vcek/v1/Milan/[0-9a-f]{128}\?blSPL=[0-9]{2}&teeSPL=[0-9]{2}&snpSPL=[0-9]{2}&ucodeSPL=[0-9]{2,3}' path
expect test "$(sed -n 3p "$STDOUT")" = 'crl    https://kdsintf.amd.com/vcek/v1/Milan/crl'
expect_no_file "$HOME/.cache"
run_command "$fetch" kds made/extended --print --json
expect_json 'j["kind"] == "kds" and j["product"] == "Milan" and [f["what"] for f in j["files"]] == ["chain", "vek", "crl"]'
expect_json 'not any("path" in f for f in j["files"])'
ok '--print names what is needed, and fetches nothing'

cp made/chain.pem 'server/files/%vcek%v1%Milan%cert_chain'
cp made/crl.der 'server/files/%vcek%v1%Milan%crl'
vek=server/files/$(tr / % <path)
cp made/vek.der "$vek"
kds made/report
expect_status 0
expect_stderr ''
expect cmp store/Milan/vcek-chain.pem made/chain.pem
expect cmp store/Milan/vcek.crl made/crl.der
expect cmp "$(sed -n 's/^vek    //p' "$STDOUT")" made/vek.der
cp "$STDOUT" paths
expect test "$(wc -l <server/log)" -eq 3
kds made/report
expect_status 0
expect_stdout @paths
expect test "$(wc -l <server/log)" -eq 4
expect test "$(tail -n 1 server/log)" = /vcek/v1/Milan/crl
run verify made/report --ark made/ark.der --vek "$(sed -n 's/^vek    //p' paths)" \
	--chain store/Milan/vcek-chain.pem --crl store/Milan/vcek.crl
expect_status 4
expect_stdout_has 'pass  genuine'
ok 'what was fetched verifies the report, and is not fetched again but for the list'

rm -r store
printf '503\n503\ncut\nok\n429 1\nok\nstop\n' >server/faults
kds made/report --tries 3
expect_status 0
expect_stderr_has "the server answers 503; again in 1 second"
expect_stderr_has "again in 2 seconds"
expect_stderr_has "the server answers 429; again in 1 second"
expect cmp "$(sed -n 's/^vek    //p' "$STDOUT")" made/vek.der
ok 'what passes by is tried again, as long after as the server asks for'

rm -r store
printf '503\n503\n' >server/faults
kds made/report --tries 2
expect_status 5
expect_stdout ''
expect_stderr_has 'measure-fetch: error[fetch]: '
expect_stderr_has 'the server answers 503'
expect_no_file store
printf '404\n' >server/faults
kds made/report
expect_status 5
expect_stderr_has 'measure-fetch: error[not-found]: '
printf 'to %s/vcek/v1/Milan/cert_chain\n' "$base" >server/faults
kds made/report
expect_status 0
printf 'to file:///etc/passwd\n' >server/faults
rm -r store
kds made/report --tries 1
expect_status 5
expect_stderr_has 'measure-fetch: error[fetch]: '
expect_no_file store
for status in 404 500 302; do
	printf 'flood %s\n' $status >server/faults
	kds made/report --tries 1
	expect_status 5
	expect_stderr_has "$status"
done
expect_no_file store
ok 'a server that fails leaves nothing behind, leads nowhere, and is not heard out'

# wrong STATUS REASON WORDS: with what the server has now
wrong()
{
	rm -rf store
	kds made/report
	expect_status "$1"
	expect_stdout ''
	expect_stderr_has "measure-fetch: error[$2]: $base/"
	expect_stderr_has "$3"
}
cp other/vek.der "$vek"
wrong 1 chip-id 'the certificate is of another chip'
cp made/ark.der "$vek"
wrong 1 key-kind 'not a VCEK'
head -c 100 made/vek.der >"$vek"
wrong 3 certificate ''
: >"$vek"
wrong 3 certificate ''
head -c 1100000 /dev/zero >"$vek"
wrong 3 limit 'more than 1048576 bytes come from there'
cp made/vek.der "$vek"
cp other/chain.pem 'server/files/%vcek%v1%Milan%cert_chain'
wrong 1 untrusted-root 'is the root of Milan that is pinned here'
expect_no_file store
cp made/ark.der 'server/files/%vcek%v1%Milan%cert_chain'
wrong 1 chain 'none of the 1 certificates was signed by the root'
cp made/chain.pem 'server/files/%vcek%v1%Milan%cert_chain'
cp vlek/crl.der 'server/files/%vcek%v1%Milan%crl'
wrong 1 chain 'the list was not signed by the root of Milan'
cp made/vek.der 'server/files/%vcek%v1%Milan%crl'
wrong 3 crl ''
expect_no_file store/Milan/vcek.crl
cp made/crl.der 'server/files/%vcek%v1%Milan%crl'
run_command "$fetch" kds --base "$base" --store store made/report
expect_status 1
expect_stderr_has 'measure-fetch: error[untrusted-root]: '
ok 'nothing gets a name that is not of this root and this chip'

run_command "$fetch" kds vlek/report --print
expect_status 0
expect_stdout 'chain  https://kdsintf.amd.com/vlek/v1/Genoa/cert_chain
crl    https://kdsintf.amd.com/vlek/v1/Genoa/crl'
expect_stderr_has 'measure-fetch: warning[collateral-elsewhere]: '
mkdir masked old
"$BUILD/tests/report" masked Milan chip="$(printf '00%.0s' $(seq 64))" 2>/dev/null
run_command "$fetch" kds masked/report --print
expect_status 4
expect_stderr_has 'the report does not name its chip (CHIP_ID is zero)'
"$BUILD/tests/report" old Milan version=2
run_command "$fetch" kds old/report --print
expect_status 4
expect_stderr_has 'the report does not name its product: version 2 has no processor family'
expect_stderr_has 'measure-fetch: hint: name it: --product Milan, Genoa (also Bergamo and Siena) or Turin'
run_command "$fetch" kds old/report --print --product Milan
expect_status 0
run_command "$fetch" kds made/report --print --product Turin
expect_status 2
expect_stderr_has '--product: the report is of Milan, not of Turin'
run_command "$fetch" kds made/report --print --product Naples
expect_status 2
expect_stderr_has "--product: 'Naples' is none of Milan, Genoa, Turin"
ok 'what the service cannot know is asked for'

for url in ftp://x 'http://a b' /etc kds; do
	run_command "$fetch" kds made/report --base "$url"
	expect_status 2
	expect_stderr_has "--base: '$url' is no address: https://, http:// or file://"
done
run_command "$fetch" kds made/report --tries 0
expect_status 2
expect_stderr_has "--tries: '0' is no number from 1 to 20"
head -c 1183 made/report >short
run_command "$fetch" kds short --print
expect_status 3
run_command "$fetch" kds made/vek.der --print
expect_status 3
run_command "$fetch" kds
expect_status 2
ok 'what is no report, and no address'

run_command "$fetch" help
expect_status 0
expect_stdout_has 'usage: measure-fetch VERB [OPTION...]'
run_command "$fetch" version
expect_stdout_has 'libcurl '
run version
expect test "$(grep -c libcurl "$STDOUT")" -eq 0
run_command "$fetch" help --topics
expect_stdout measure-fetch.1
ok 'a program like the others, and the only one with libcurl'

plan done
