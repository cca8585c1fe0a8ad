#!/bin/sh
# `measure trust`: whose signatures count
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
need openssl

# RFC 8032, 7.1
id1=06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9
spki1=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
id2=deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170
spki2=MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=
pem() { printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' "$1"; }
pem $spki1 >alice.pem
pem $spki2 >bob.pem
default=$HOME/.config/measure/trust.yml

run trust show
expect_status 4
expect_stdout ''
expect_stderr "measure: error[no-trust]: $default: there is no trust file
measure: hint: \`measure trust add KEY --role ROLE\` makes one"
expect_no_file "$HOME/.config"
run trust show --json
expect_status 4
expect_json 'j["kind"] == "trust-show" and j["ok"] is False and j["reason"] == "no-trust"'
ok 'without a trust file nothing can be decided'

run trust add alice.pem --role publisher
expect_status 0
expect_stdout "sha256:$id1"
expect_stderr ''
cat >want <<END
# Whose signatures count, and for what: see measure-trust(5).
version: 1
keys:
  - name: alice
    id: "$id1"
    spki: "$spki1"
    roles: [publisher]
roles:
  publisher:
    threshold: 1
END
expect_same want "$default"
expect test "$(stat -c %a "$HOME/.config" "$HOME/.config/measure" | sort -u)" = 700
expect test "$(ls -A "$HOME/.config/measure")" = trust.yml
ok 'the first key makes the file, and its folders for nobody else'

run trust add alice.pem --role publisher --json
expect_status 0
expect_json "j['sha256'] == '$id1' and j['key'] == 'Ed25519' and j['name'] == 'alice'"
expect_json "j['kind'] == 'trust-add' and j['changed'] is False and j['path'] == '$default'"
run trust add alice.pem --role publisher -q
expect_stdout ''
run trust add alice.pem --role publisher -v
expect_stderr_has "measure: 'alice' is as it was in $default"
expect_same want "$default"
run trust add bob.pem --role publisher --role rebuilder --threshold 1 -v
expect_status 0
expect_stdout "sha256:$id2"
expect_stderr_has "measure: 'bob' changed in $default"
ok 'a key that is there already changes nothing'

run trust show
expect_status 0
expect_stdout "trust file $default
publisher: 1 of 2 keys
  alice, Ed25519
    sha256:$id1
  bob, Ed25519
    sha256:$id2
rebuilder: 1 of 1 key
  bob, Ed25519
    sha256:$id2
withdrawer: nobody
root: nobody"
expect_stderr ''
run trust show --json
expect_status 0
expect_json "[(k['name'], k['sha256'], k['key'], k['roles']) for k in j['keys']] == [
	('alice', '$id1', 'Ed25519', ['publisher']),
	('bob', '$id2', 'Ed25519', ['publisher', 'rebuilder'])]"
expect_json "j['roles'] == {'publisher': {'threshold': 1, 'keys': 2, 'ca': []},
	'rebuilder': {'threshold': 1, 'keys': 1, 'ca': []}} and j['path'] == '$default'"
ok 'show lists the roles, the keys and their fingerprints'

# every kind of key, and openssl's idea of its fingerprint
for kind in P-256 P-384 P-521 Ed25519; do
	case $kind in
	Ed25519) openssl genpkey -algorithm ed25519 -out key 2>/dev/null ;;
	*) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$kind -out key 2>/dev/null ;;
	esac
	openssl pkey -in key -pubout -out "$kind.pem"
	openssl req -x509 -key key -out "$kind.crt" -subj /CN=test -days 2 2>/dev/null
	print=$(openssl pkey -pubin -in "$kind.pem" -outform DER | sha256sum | cut -d ' ' -f 1)
	run trust add "$kind.pem" --role root --trust kinds.yml
	expect_status 0
	expect_stdout "sha256:$print"
	run trust add "$kind.crt" --role root --trust kinds.yml --json
	expect_json "j['sha256'] == '$print' and j['key'] == '$kind' and not j['changed']"
done
run_stdin alice.pem trust add - --name 'from far away' --role root --trust kinds.yml
expect_stdout "sha256:$id1"
expect_status 0
expect grep -q '^  - name: "from far away"$' kinds.yml
expect python3 -c 'import hashlib, re, base64
text = open("kinds.yml").read()
ids, keys = (re.findall(r"^    %s: \"(.*)\"$" % k, text, re.M) for k in ("id", "spki"))
assert len(keys) == 5 and ids == [hashlib.sha256(base64.b64decode(k)).hexdigest() for k in keys]'
ok 'keys of every kind, from a public key, a certificate or standard input'

cp "$default" trust.yml
XDG_CONFIG_HOME=$PWD/config
export XDG_CONFIG_HOME
run trust show
expect_status 4
expect_stderr_has "error[no-trust]: $PWD/config/measure/trust.yml: there is no trust file"
mkdir -p config/measure
mv trust.yml config/measure
run trust show
expect_status 0
expect_stdout_has "trust file $PWD/config/measure/trust.yml"
XDG_CONFIG_HOME=config
run trust show
expect_stdout_has "trust file $default"
run trust show --trust config/measure/trust.yml
expect_stdout_has 'trust file config/measure/trust.yml'
run_command env -u XDG_CONFIG_HOME -u HOME "$MEASURE" trust show
expect_status 4
expect_stderr 'measure: error[no-trust]: neither XDG_CONFIG_HOME nor HOME says where the trust file is'
unset XDG_CONFIG_HOME
ok 'the file is the user'"'"'s own, wherever the program is started'

cp "$default" trust.yml
refused()
{
	expect_status 2
	expect_stdout ''
	expect_stderr "measure: error[usage]: $1
measure: hint: see \`measure help trust add\`"
	expect_same "$default" trust.yml
}
run trust add bob.pem --role root --name alice --trust trust.yml
refused "the key is known as 'bob' and cannot also be 'alice'"
run trust add P-256.pem --role root --name alice --trust trust.yml
refused "'alice' is the name of another key, sha256:$id1"
cp P-256.pem bob
run trust add bob --role root --trust trust.yml
refused "'bob' is the name of another key, sha256:$id2"
run trust add P-256.pem --role root --name '' --trust trust.yml
refused 'a name needs 1 to 64 bytes of visible characters, without blanks at its ends'
run trust add P-256.pem --role publisher --threshold 4 --trust trust.yml
refused "a threshold of 4 is wanted, the number of keys with the role 'publisher' is 3"
run trust add P-256.pem --role root --threshold 0 --trust trust.yml
refused "--threshold needs a number from 1 on, found '0'"
run trust add P-256.pem --role root --threshold two --trust trust.yml
refused "--threshold needs a number from 1 on, found 'two'"
run trust add P-256.pem --trust trust.yml
refused "option '--role' is missing"
run trust add --role root --trust trust.yml
refused 'one KEY is needed, 0 are given'
run_stdin alice.pem trust add - --role root --trust trust.yml
refused 'a key from standard input needs a --name'
run trust add P-256.pem --role root --trust -
refused 'the trust file cannot be standard input'
run trust show --trust trust.yml alice.pem
expect_status 2
expect_stderr "measure: error[usage]: 'alice.pem' is a word too many
measure: hint: see \`measure help trust show\`"
run trust add P-256.pem --role publicher
expect_status 2
expect_stderr "measure: error[usage]: option '--role' takes publisher, rebuilder, withdrawer or root, not 'publicher'
measure: hint: did you mean '--role=publisher'?"
ok 'what cannot be carried out leaves the file alone'

malformed()
{
	expect_status "$1"
	expect_stdout ''
	expect_stderr "measure: error[$2"
	expect_same "$default" trust.yml
}
run trust add key --role root --trust trust.yml
malformed 3 'key]: key: is a private key and must be a public key or a certificate
measure: hint: `openssl pkey -pubout` writes its public half'
cat alice.pem bob.pem >two.pem
run trust add two.pem --role root --trust trust.yml
malformed 3 'trailing]: two.pem: one PEM block is needed, 113 bytes follow the first, at offset 113 (0x71)'
run trust add want --role root --trust trust.yml
malformed 3 'key]: want: the line -----BEGIN PUBLIC KEY----- is missing, at offset 0 (0x0)'
openssl genrsa -out rsa 2048 2>/dev/null
openssl pkey -in rsa -pubout -out rsa.pem
run trust add rsa.pem --role root --trust trust.yml
malformed 3 'key]: rsa.pem: the key is rsaEncryption and must be EC on P-256, P-384 or P-521, uncompressed, or Ed25519'
run trust add none.pem --role root --trust trust.yml
malformed 5 'no-such-file]: none.pem: cannot be opened: No such file or directory'
ok 'what is no public key is refused'

printf 'version: 1\nkyes: []\n' >bad.yml
run trust show --trust bad.yml
expect_status 3
expect_stdout ''
expect_stderr "measure: error[yaml]: bad.yml: line 2: unknown key 'kyes'; known here: version, keys, roles, logs, require
measure: hint: did you mean 'keys'?"
run trust add alice.pem --role root --trust bad.yml
expect_status 3
expect_stderr_has "measure: error[yaml]: bad.yml: line 2: unknown key 'kyes'"
expect test "$(cat bad.yml)" = "$(printf 'version: 1\nkyes: []')"
sed 's/alice/"a\\e[31m\\u202e"/' trust.yml >bad.yml
run trust show --trust bad.yml
expect_status 3
expect_stderr 'measure: error[trust]: bad.yml: line 4: a name needs 1 to 64 bytes of visible characters, without blanks at its ends'
printf 'version: 1\n"a\\e[31mb": 1\n' >bad.yml
run trust show --trust bad.yml
expect_status 3
expect_stderr 'measure: error[yaml]: bad.yml: line 2: unknown key '"'"'a\x1b[31mb'"'"'; known here: version, keys, roles, logs, require'
sed "s/$id1/$id2/" trust.yml >bad.yml
run trust show --trust bad.yml
expect_status 3
expect_stderr "measure: error[trust]: bad.yml: line 5: the id of 'alice' is not the digest of its key, which is $id1"
: >bad.yml
run trust show --trust bad.yml
expect_status 3
expect_stderr 'measure: error[yaml]: bad.yml: line 1: needs a document, found the end'
run trust show --trust "$MEASURE"
expect_status 3
run trust show --trust .
expect_status 3
expect_stderr 'measure: error[not-a-file]: .: is a directory, not a regular file'
run trust show --trust none.yml
expect_status 4
expect_stderr_has 'measure: error[no-trust]: none.yml: there is no trust file'
ok 'what is no trust file is refused, and never replaced'

# the example of the manual page
"$MEASURE" help --man measure-trust.5 | sed -n '/^version: 1$/,/^\.fi$/p' |
	sed '/^\.fi$/d; s/\\-/-/g' >example.yml
run trust show --trust example.yml
expect_status 0
expect_stdout_has 'publisher: 2 of 3 keys'
expect_stdout_has '  bob, Ed25519, from 2026-01-01T00:00:00Z, until 2027-12-31T23:59:59Z'
expect_stdout_has '  Carol (CI), Ed25519'
for word in version keys roles require name id spki not-before not-after threshold ca publisher \
	rebuilder withdrawer root; do
	"$MEASURE" help --man measure-trust.5 | sed 's/\\-/-/g' | grep -qE "(^|[^a-z-])$word([^a-z-]|\$)" ||
		not_ok "$word" 'is not in the page'
done
ok 'the manual page has an example, and all keys'

# a library that is none stands in front of the real one
mkdir broken
printf 'no library' >broken/libyaml-0.so.2
run_command env LD_LIBRARY_PATH="$PWD/broken" "$MEASURE" trust show
expect_status 5
expect_stdout ''
expect_stderr_has 'measure: error[library]: libyaml cannot be loaded: '
expect_stderr_has 'measure: hint: install the Debian package libyaml-0-2'
run_command env LD_LIBRARY_PATH="$PWD/broken" "$MEASURE" pcr --role-arn r
expect_status 0
ok 'libyaml is asked for by what reads YAML, and by nothing else'

# stub DEFINES: a libyaml that fails in its own way
stub()
{
	"${CC:-cc}" -shared -fPIC "$@" -o broken/libyaml-0.so.2 -x c - <<-'END'
	#include <yaml.h>
	#ifndef NOTHING
	const char *yaml_get_version_string(void) { return "0"; }
	int yaml_parser_initialize(yaml_parser_t *p) { return p && INITIALIZE; }
	void yaml_parser_delete(yaml_parser_t *p) { (void)p; }
	void yaml_parser_set_encoding(yaml_parser_t *p, yaml_encoding_t e) { (void)p, (void)e; }
	void yaml_parser_set_input_string(yaml_parser_t *p, const unsigned char *s, size_t n) { (void)p, (void)s, (void)n; }
	int yaml_parser_parse(yaml_parser_t *p, yaml_event_t *e) { (void)e; p->error = ERROR; return 0; }
	void yaml_event_delete(yaml_event_t *e) { (void)e; }
	#endif
	END
}
with_stub()
{
	stub "$@" || not_ok "a stub of libyaml" "does not compile"
	run_command env LD_LIBRARY_PATH="$PWD/broken" "$MEASURE" trust show --trust trust.yml
	expect_stdout ''
}
if command -v "${CC:-cc}" >/dev/null; then
	with_stub -DNOTHING
	expect_status 5
	expect_stderr 'measure: error[library]: libyaml-0.so.2 has no function yaml_get_version_string'
	with_stub -DINITIALIZE=0 -DERROR=YAML_NO_ERROR
	expect_status 5
	expect_stderr 'measure: error[out-of-memory]: YAML: out of memory'
	with_stub -DINITIALIZE=1 -DERROR=YAML_MEMORY_ERROR
	expect_status 5
	expect_stderr 'measure: error[out-of-memory]: YAML: out of memory'
	with_stub -DINITIALIZE=1 -DERROR=YAML_PARSER_ERROR
	expect_status 3
	expect_stderr 'measure: error[yaml]: trust.yml: line 1: is not YAML: no reason is known'
	ok 'a libyaml that fails is told from a file that is wrong'
else
	skip 'a libyaml that fails is told from a file that is wrong' 'no C compiler'
fi

mkdir shut
cp trust.yml shut
chmod 755 . shut
chmod 644 alice.pem shut/trust.yml
run_unprivileged trust add alice.pem --role root --trust shut/trust.yml
expect_status 5
expect_stdout ''
expect_stderr_has 'measure: error[permission]: shut/trust.yml: '
expect_same trust.yml shut/trust.yml
ok 'a file that cannot be written is an error of the system'

plan done
