#!/bin/sh
# `measure lock`: what a recipe's inputs are, without a network; `measure store pack|unpack`
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

store=$HOME/.cache/measure/store
digest_of() { sha256sum "$1" | cut -d ' ' -f 1; }

# recipe INPUTS: measure.yml with them
recipe()
{
	cat >measure.yml <<-END
	recipe: 1
	product: example.org/blindbox
	version: "1.2.3"
	vendor: example.org
	epoch: 2026-11-01T00:00:00Z
	inputs:
	END
	cat >>measure.yml
}

mkdir parts
printf 'a=b\n' >parts/config
first=$(digest_of parts/config)
recipe <<'END'
  config:
    file: parts/config
stages: {}
files:
  config: config
END
sed -i '/^stages/d' measure.yml
run lock
expect_status 0
expect_stderr ''
expect test "$(wc -l <"$STDOUT")" -eq 1
cp measure.lock first.lock
expect grep -q "\"sha256\": \"$first\"" measure.lock
expect grep -q '"project:parts/config"' measure.lock
expect cmp parts/config "$store/sha256/$first"
expect test "$(stat -c %a "$store/sha256/$first")" = 444
ok 'a file of the project goes into the store and the lock'

if command -v jq >/dev/null; then
	jq -S '{epoch, inputs: [.inputs[] | del(.origins)], libraries, schema: "measure-inputs/1", stages}' measure.lock >inputs
	expect test "$(cat "$STDOUT")" = "inputs  $(digest_of inputs)"
	expect test "$(jq -r .inputs_digest measure.lock)" = "sha256:$(digest_of inputs)"
	jq -S . measure.lock >canonical
	expect cmp canonical measure.lock
	ok 'the digest of the inputs is that of jq and sha256sum'
fi

touch -d @1 measure.lock
run lock measure.yml
expect_status 0
expect cmp first.lock measure.lock
expect test "$(stat -c %Y measure.lock)" = 1
run lock --json
expect_json 'j["kind"] == "lock" and j["changes"] == [] and j["objects"] == 1 and j["path"] == "measure.lock"'
ok 'what is as it was is not written again'

printf 'a=c\n' >parts/config
second=$(digest_of parts/config)
run lock
expect_status 0
expect_stdout_has "config: $first -> $second"
run lock -o other.lock
expect cmp other.lock measure.lock
run lock --json
expect_json 'j["changes"] == []'
ok 'what changed is told'

mkdir one two
cp first.lock one/measure.lock
cp other.lock two/measure.lock
run diff first.lock other.lock
expect_status 1
expect_stdout "input config: $first and $second"
run diff first.lock other.lock --json
expect_json 'j["type"] == "lock" and len(j["differences"]) == 1'
run diff first.lock first.lock
expect_status 0
run diff first.lock parts/config
expect_status 3
expect_stderr_has 'measure: error[json]: parts/config: '
run diff one two
expect_status 1
expect test "$(tail -n 1 "$STDOUT")" = "input config: $first and $second"
run diff one two --json
expect_json 'j["type"] == "directory" and len(j["locks"]) == 1'
echo none >two/measure.lock
run diff one two
expect_status 1
expect_stderr_has 'error[differs]'
rm -r one two
ok 'diff of two locks, or of folders with one, tells the inputs that differ'

run lock --update confi
expect_status 2
expect_stderr "measure: error[usage]: measure.yml: --update: the recipe has no input 'confi'
measure: hint: did you mean 'config'?"
run lock a b
expect_status 2
run lock missing.yml
expect_status 5
expect_stderr 'measure: error[no-such-file]: missing.yml: cannot be opened: No such file or directory
measure: hint: `measure build --template eif` prints one to begin with'
run lock -o measure.yml
expect_status 2
expect_stderr_has "measure: error[usage]: measure.yml: would be replaced, and it is the input 'measure.yml'"
ok 'words that are wrong are told'

sed -i 's/"size": 4/"size": 5/' measure.lock
run lock
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[lock]: measure.lock: inputs_digest is '
expect_stderr_has 'measure: hint: without that file all inputs are locked anew'
run store pack -o x.tar
expect_status 3
expect_stderr_has 'measure: error[lock]: measure.lock: inputs_digest is '
expect_stderr_has 'measure: hint: it was edited by hand; `measure lock` writes it'
expect_no_file x.tar
cp other.lock measure.lock
ok 'a lock that was edited by hand is refused'

rm parts/config
ln -s /etc/passwd parts/config
run lock
expect_status 4
expect_stderr "measure: error[input-missing]: measure.yml: input 'config': 'parts/config' is a symbolic link or lies in one"
rm parts/config
run lock
expect_status 4
expect_stderr "measure: error[input-missing]: measure.yml: input 'config': there is no 'parts/config'"
printf 'a=c\n' >parts/config
sed -i "s|file: parts/config|&\n    sha256: $first|" measure.yml
run lock
expect_status 3
expect_stderr "measure: error[input-digest]: measure.yml: input 'config': its SHA-256 is $second and must be $first"
expect cmp other.lock measure.lock
ok 'a file that leads elsewhere, is missing or is another one is refused'

run_command env -u HOME -u XDG_CACHE_HOME "$MEASURE" lock
expect_status 2
expect_stderr 'measure: error[usage]: neither XDG_CACHE_HOME nor HOME says where the store is
measure: hint: name it with --store'
ok 'where there is no place for a store one is asked for'

# ---- from elsewhere
recipe <<END
  orig:
    file: debian:pool/main/e/edk2/edk2.tar.xz
    sha256: $first
  page:
    file: https://example.org/page
files:
  orig: orig
END
rm measure.lock
run lock
expect_status 4
expect_stderr "measure: error[unlocked]: measure.yml: input 'page': nothing says what 'https://example.org/page' is
measure: hint: give its SHA-256 in the recipe: 'sha256: ...'"
sed -i "s|/page|&\n    sha256: $second|" measure.yml
run lock
expect_status 0
expect grep -q '"debian:pool/main/e/edk2/edk2.tar.xz"' measure.lock
expect test "$(grep -c example.org/page measure.lock)" -eq 0
rm "$store/sha256/$first"
run lock
expect_status 4
expect_stderr "measure: error[input-missing]: measure.yml: input 'orig': 'debian:pool/main/e/edk2/edk2.tar.xz' is not in the store
measure: hint: \`measure-fetch inputs\` brings what recipe and lock name"
printf 'a=' | install -m 444 /dev/stdin "$store/sha256/$first"
cp measure.lock before.lock
run lock
expect_status 3
expect_stdout ''
expect_stderr "measure: error[input-digest]: $store/sha256/$first: input 'orig': 'debian:pool/main/e/edk2/edk2.tar.xz' in the store is another file: its SHA-256 is $(printf 'a=' | sha256sum | cut -d ' ' -f 1) and must be $first
measure: hint: \`measure-fetch inputs\` replaces what is wrong in a store"
expect cmp before.lock measure.lock
ok 'what comes from elsewhere is in the store, and its origin no host'

# ---- a repository
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
if command -v git >/dev/null; then
	mkdir project && cd project || exit 99
	git init -q . && printf one >file && git add file
	GIT_AUTHOR_DATE='@1700000000 +0000' GIT_COMMITTER_DATE='@1700000000 +0000' git commit -qm one
	one=$(git rev-parse HEAD)
	cat >measure.yml <<-END
	recipe: 1
	product: example.org/blindbox
	version: "1"
	vendor: example.org
	source:
	  git: .
	inputs:
	  config:
	    file: file
	files:
	  file: source:file
	END
	run lock
	expect_status 0
	expect_stderr ''
	expect grep -q "\"commit\": \"$one\"" measure.lock
	run initrd "$store/sha256/$(sed -n '/"kind": "git"/,$s/.*"sha256": "\(.*\)".*/\1/p' measure.lock | head -n 1)"
	cp "$STDOUT" content
	expect grep -q "$(sed -n 's/.*"tree": "sha256:\(.*\)".*/\1/p' measure.lock)" content
	expect grep -q '"project:\."' measure.lock
	expect grep -q '"epoch": 1700000000' measure.lock
	printf two >file
	GIT_AUTHOR_DATE='@1700000001 +0000' GIT_COMMITTER_DATE='@1700000001 +0000' git commit -qam two
	two=$(git rev-parse HEAD)
	run lock
	expect_status 0
	expect grep -q "\"commit\": \"$one\"" measure.lock
	expect grep -q '"epoch": 1700000000' measure.lock
	run lock --update source
	expect_status 0
	expect_stdout_has "source: $one -> $two"
	expect grep -q '"epoch": 1700000001' measure.lock
	sed -i "s/git: ./&\n  commit: $one/" measure.yml
	run lock
	expect_status 0
	expect_stdout_has "source: $two -> $one"
	git clone -q --bare . ../bare.git
	sed -i '/commit:/d' measure.yml
	rm measure.lock
	run lock --source ../bare.git
	expect_status 0
	expect grep -q "\"commit\": \"$two\"" measure.lock
	sed -i 's|git: \.|git: https://example.org/repository|' measure.yml
	rm measure.lock
	run lock
	expect_status 4
	expect_stderr "measure: error[unlocked]: measure.yml: input 'source': its repository is not here: fetch it, and name its folder"
	expect_no_file measure.lock
	cd ..
	ok 'a commit stays until it is asked for, or the recipe names another'
fi

# ---- an image
mkdir -p tree/etc layout/blobs/sha256
printf x >tree/etc/issue
python3 - <<'END'
import hashlib, io, json, os, tarfile
def blob(b):
    h = hashlib.sha256(b).hexdigest()
    open("layout/blobs/sha256/" + h, "wb").write(b)
    return {"digest": "sha256:" + h, "size": len(b)}
out = io.BytesIO()
with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
    i = tarfile.TarInfo("etc/issue"); i.size = 1
    t.addfile(i, io.BytesIO(b"x"))
raw = out.getvalue()
layer = dict(blob(raw), mediaType="application/vnd.oci.image.layer.v1.tar")
config = dict(blob(json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers",
    "diff_ids": ["sha256:" + hashlib.sha256(raw).hexdigest()]}}).encode()),
    mediaType="application/vnd.oci.image.config.v1+json")
manifest = dict(blob(json.dumps({"schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
    "layers": [layer]}).encode()), mediaType="application/vnd.oci.image.manifest.v1+json")
open("layout/index.json", "w").write(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
open("layout/oci-layout", "w").write('{"imageLayoutVersion": "1.0.0"}')
open("manifest", "w").write(manifest["digest"][7:])
open("layer", "w").write(layer["digest"][7:])
END
recipe <<'END'
  base:
    image: layout
files:
  issue: base:etc/issue
  again: base:etc/issue
END
rm measure.lock
run lock
expect_status 0
expect_stderr ''
cp measure.lock layout.lock
for blob in layout/blobs/sha256/*; do
	expect cmp "$blob" "$store/sha256/${blob##*/}"
	expect grep -q "project:$blob" measure.lock
done
expect test "$(grep '"name"' measure.lock | tr -d ' ,\n')" = '"name":"config""name":"layer0""name":"manifest"'
# edited STATEMENT: the lock, l, after that, with the digest of its inputs as it has to be
edited()
{
	python3 - "$1" >edited.lock <<-'END'
	import hashlib, json, sys
	def text(v): return json.dumps(v, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
	l = json.load(open("layout.lock"))
	i = {i["name"]: i for i in l["inputs"]}
	exec(sys.argv[1])
	inputs = [{k: v for k, v in i.items() if k != "origins"} for i in l["inputs"]]
	is_ = {k: l[k] for k in ("epoch", "libraries", "stages")}
	is_.update(inputs=inputs, schema="measure-inputs/1")
	l["inputs_digest"] = "sha256:" + hashlib.sha256(text(is_).encode()).hexdigest()
	sys.stdout.write(text(l))
	END
	run build measure.yml --lock edited.lock -o built
	[ "$STATUS" -eq 0 ] || expect_no_file built
}
edited 'pass'
expect_status 0
expect_stderr ''
expect test "$(cat built/issue built/again)" = xx
rm -rf built
edited 'l["inputs"].remove(i["manifest"])'
expect_status 3
expect_stderr "measure: error[lock]: measure.yml: input 'base': the image 'base' has no manifest"
edited 'l["inputs"].remove(i["layer0"])'
expect_status 3
expect_stderr_has ": input 'base': layer 1 ('blobs/sha256/$(cat layer)'): there is no 'blobs/sha256/$(cat layer)'"
edited 'i["layer0"].update(sha256=i["config"]["sha256"], size=i["config"]["size"])'
expect_status 3
expect_stderr_has ": input 'base': layer 1 ('blobs/sha256/$(cat layer)'): there is no 'blobs/sha256/$(cat layer)'"
edited 'i["manifest"].update(sha256=i["layer0"]["sha256"], size=i["layer0"]["size"])'
expect_status 3
expect_stderr "measure: error[json]: measure.yml: input 'base': needs a value, found 'e', at offset 0 (0x0)"
edited 'i["layer0"].update(kind="file", name="")'
expect_status 3
expect_stderr "measure: error[lock]: edited.lock: input 'base' is both file and blob"
edited 'i["layer0"]["size"] += 1'
expect_status 3
expect_stderr "measure: error[input-digest]: $store/sha256/$(cat layer): 'base:layer0' in the store is another file: it has 10240 bytes and must have 10241
measure: hint: \`measure-fetch inputs\` replaces what is wrong in a store"
edited 'i["config"]["name"] = "../x"'
expect_status 3
expect_stderr_has "measure: error[lock]: edited.lock: inputs[0]: name \"../x\" must be letters, digits and ._+-, or empty, at offset "
ok 'a lock of an image that was edited, digest and all, gives nothing else'
sed -i "s/image: layout/&\n    sha256: $(cat manifest)/" measure.yml
run lock
expect_status 0
sed -i "s/sha256: .*/sha256: $first/" measure.yml
run lock
expect_status 3
expect_stderr "measure: error[input-digest]: measure.yml: input 'base': the SHA-256 of its manifest is not $first"
ok 'an image is its blobs'

tar -cf layout.tar -C layout .
sed -i '/sha256:/d; s/image: layout/&.tar/' measure.yml
run lock
expect_status 0
expect test "$(grep -c project: measure.lock)" -eq 0
sed -i "s|image: layout.tar|image: registry:example/base\n    sha256: $(cat manifest)|" measure.yml
run lock
expect_status 0
expect test "$(grep -c registry:example/base measure.lock)" -eq 0
rm "$store/sha256/$(cat layer)"
run lock
expect_status 4
expect_stderr_has "measure: error[input-missing]: measure.yml: input 'base': 'layer0' is not in the store"
sed -i '/sha256:/d; s|registry:example/base|tree.tar|' measure.yml
tar -cf tree.tar tree
run lock
expect_status 3
expect_stderr "measure: error[image]: measure.yml: input 'base': it is no OCI image layout, so its parts have no digests
measure: hint: skopeo copy docker-archive:tree.tar oci:FOLDER"
printf 'x' >>"layout/blobs/sha256/$(cat layer)"
sed -i 's|image: tree.tar|image: layout|' measure.yml
run lock
expect_status 3
expect_stderr_has "measure: error[input-digest]: measure.yml: input 'base': layer0: it has more than the "
rm "layout/blobs/sha256/$(cat layer)"
printf x >>layer.tmp
printf '  base:\n    image: registry:example/base\n    sha256: %s\nfiles:\n  issue: base:etc/issue\n' "$(cat manifest)" | recipe
install -m 444 layer.tmp "$store/sha256/$(cat layer)"
run lock
expect_status 3
expect_stderr "measure: error[input-digest]: measure.yml: input 'base': the layer0 has 1 bytes in the store and must have 10240"
ok 'of an archive, by its digest, and what is none'

# ---- crates
# crate NAME-VERSION
crate()
{
	mkdir "$1" && printf '[package]\n' >"$1/Cargo.toml" && tar -czf "$1.crate" "$1" && digest_of "$1.crate"
}
anyhow=$(crate anyhow-1.0.0)
cat >Cargo.lock <<END
# This file is automatically @generated by Cargo.
# It is not intended for manual editing.
version = 3

[[package]]
name = "anyhow"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "$anyhow"

[[package]]
name = "blindbox"
version = "0.1.0"
dependencies = [
 "anyhow",
]
END
recipe <<'END'
  crates:
    file: Cargo.lock
    import: cargo
files:
  crates: crates:anyhow-1.0.0/Cargo.toml
  sum: crates:anyhow-1.0.0/.cargo-checksum.json
END
run lock
expect_status 4
expect_stderr "measure: error[input-missing]: measure.yml: input 'crates': 'anyhow-1.0.0.crate' is not in the store
measure: hint: \`measure-fetch inputs\` brings what recipe and lock name"
install -m 444 anyhow-1.0.0.crate "$store/sha256/$anyhow"
run lock
expect_status 0
expect grep -q '"crates:anyhow/1.0.0"' measure.lock
expect grep -q '"name": "anyhow-1.0.0.crate"' measure.lock
run build -q -o built
expect_status 0
expect_stderr ''
expect cmp anyhow-1.0.0/Cargo.toml built/crates
expect test "$(cat built/sum)" = "{\"files\":{},\"package\":\"$anyhow\"}"
sed -i 's|registry+https://github.com/rust-lang/crates.io-index|git+https://example.org/x|' Cargo.lock
run lock
expect_status 3
expect_stderr "measure: error[cargo-lock]: measure.yml: input 'crates': line 5: 'anyhow' comes from 'git+https://example.org/x', and not from crates.io
measure: hint: put it into the source, as a path or a submodule"
ok 'the crates of a Cargo.lock are inputs'

# ---- one file of all
recipe <<'END'
  config:
    file: parts/config
files:
  config: config
END
run lock -q
run store pack -o one.tar
expect_status 0
expect_stderr ''
expect_stdout "sha256   $(digest_of one.tar)
inputs   $(sed -n 's/.*inputs_digest": "sha256:\(.*\)".*/\1/p' measure.lock)
objects  1
size     $(stat -c %s one.tar)"
expect test "$(tar -tf one.tar | tr '\n' ' ')" = "measure.lock measure.yml sha256/$second "
expect test "$(tar -xOf one.tar measure.lock | sha256sum)" = "$(sha256sum <measure.lock)"
mkdir new
run store unpack one.tar --store elsewhere -C new
expect_status 0
expect cmp parts/config "elsewhere/sha256/$second"
expect cmp measure.lock new/measure.lock
expect cmp measure.yml new/measure.yml
run_stdin one.tar store unpack - --store elsewhere -C new --json
expect_status 0
expect_json "j['kind'] == 'store-unpack' and j['objects'] == 1 and j['sha256'] == '$(digest_of one.tar)'"
run store pack new/measure.lock --store elsewhere -o two.tar
expect cmp one.tar two.tar
ok 'a release is one file, and whoever packs it writes the same bytes'

# ---- a full disk, and a process that is killed
head -c 3000000 /dev/zero >parts/config
for n in 1 2 3 4 5 6; do head -c 4000000 /dev/zero | tr '\0' $n >parts/$n; done
{
	for n in 1 2 3 4 5 6; do printf '  p%s:\n    file: parts/%s\n' $n $n; done
	printf 'files:\n  x: p1\n'
} | recipe
rm measure.lock
(ulimit -f 2000 && exec "$MEASURE" lock --store full) >"$STDOUT" 2>"$STDERR"
STATUS=$?
expect_status 5
expect_stderr_has 'measure: error[no-space]: '
expect test "$(ls -A full/sha256)" = ''
expect_no_file measure.lock
run lock -q
expect_status 0
run store pack -q -o many.tar
(ulimit -f 9000 && exec "$MEASURE" store unpack many.tar --store full) >"$STDOUT" 2>"$STDERR"
STATUS=$?
expect_status 0
rm -r full
(ulimit -f 9000 && exec "$MEASURE" store pack -o short.tar) >"$STDOUT" 2>"$STDERR"
STATUS=$?
expect_status 5
expect_stderr_has 'measure: error[no-space]: short.tar: cannot be written'
expect_no_file short.tar
ok 'where there is no room nothing is left'

# names STORE: of all files in it; whole STORE: each is that of its bytes
names() { find "$1/sha256" -type f -printf '%f\n' | sort; }
whole() { find "$1/sha256" -type f -exec sha256sum {} + | cut -d ' ' -f 1 | sort; }
for pause in 0.005 0.01 0.02 0.03 0.05; do
	"$MEASURE" store unpack many.tar --store killed >/dev/null 2>&1 &
	sleep $pause
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	[ ! -d killed/sha256 ] || expect test "$(names killed)" = "$(whole killed)"
done
run store unpack many.tar --store killed
expect_status 0
expect test "$(names killed)" = "$(whole killed)"
expect test "$(names killed | wc -l)" -eq 6
ok 'killed at any moment it leaves whole files alone, and the next run succeeds'

printf x >>new/measure.yml
run store unpack one.tar --store elsewhere -C new
expect_status 2
expect_stderr_has 'measure: error[usage]: new/measure.yml: another file stands there, and is not replaced'
mkdir half && cp new/measure.yml half
run store unpack one.tar --store elsewhere -C half
expect_status 2
expect_stdout ''
expect_stderr_has 'measure: error[usage]: half/measure.yml: another file stands there, and is not replaced'
expect_no_file half/measure.lock
run store pack -o measure.yml
expect_status 2
expect_stderr_has "measure: error[usage]: measure.yml: would be replaced, and it is the input 'measure.yml'"
expect cmp -n 9 measure.yml - <<-END
	recipe: 1
END
run store pack new/measure.lock --store elsewhere -o three.tar
expect_status 4
expect_stderr 'measure: error[unlocked]: new/measure.lock: the lock is of another measure.yml'
run store pack new/measure.lock --recipe measure.yml --store nowhere -o three.tar
expect_status 5
expect_stderr 'measure: error[no-such-file]: nowhere: there is no store of inputs
measure: hint: `measure-fetch inputs` and `measure store unpack` fill one; --store names another'
cp new/measure.lock . && cp one.tar x && tar -xf x measure.yml && rm x
run store pack -o three.tar --store elsewhere
expect cmp one.tar three.tar
rm three.tar
printf 'a=d\n' | install -m 444 /dev/stdin "elsewhere/sha256/$second"
run store pack -o three.tar --store elsewhere
expect_status 3
expect_stderr_has "measure: error[input-digest]: elsewhere/sha256/$second: 'config' in the store is another file: its SHA-256 is "
head -c 2000 one.tar >short.tar
run store unpack short.tar --store third
expect_status 3
expect_stderr_has 'measure: error[truncated]: short.tar: '
expect test "$(ls third/sha256)" = ''
run store unpack measure.yml --store third
expect_status 3
run store unpack
expect_status 2
run store pack
expect_status 2
expect_stderr_has "measure: error[usage]: option '--output' is missing"
ok 'what is not that, and what is in the way, is refused'

schema=$ROOT/reference-db/formats/lock.schema.json
for lock in first.lock layout.lock project/measure.lock "$ROOT/tests/fuzz/corpus/lock/full"; do
	[ ! -e "$lock" ] || expect python3 -B "$ROOT/tests/schema/json_schema.py" "$schema" "$lock"
done
sed 's/"umask": "0022"/"umask": "22"/' "$ROOT/tests/fuzz/corpus/lock/full" >broken
run_command python3 -B "$ROOT/tests/schema/json_schema.py" "$schema" broken
expect_status 1
ok 'locks are as their schema says'

# ---- whose signatures count
if command -v git >/dev/null && command -v ssh-keygen >/dev/null; then
	cd "$lib_top" || exit
	mkdir signed
	cd signed || exit
	for name in one two; do
		ssh-keygen -q -t ed25519 -N '' -C "$name" -f "../key-$name"
		printf 'a@example.org namespaces="git" %s\n' "$(cut -d ' ' -f 1,2 "../key-$name.pub")" >"../allowed-$name"
	done
	cat >measure.yml <<-END
	recipe: 1
	product: example.org/signed
	version: "1"
	vendor: example.org
	epoch: 2026-01-01T00:00:00Z
	source: {git: ., signers: allowed}
	files:
	  text: source:text
	END
	cp ../allowed-one allowed
	git init -q . && printf one >text && git add text
	git -c user.name=a -c user.email=a@example.org -c gpg.format=ssh -c "user.signingkey=$PWD/../key-one" \
		commit -q -S -m one
	run lock
	expect_status 0
	cp measure.lock kept.lock
	cp ../allowed-two allowed
	run lock
	expect_status 1
	expect_stderr_has "input 'source': the signature of the commit: the key SHA256:"
	expect_stderr_has "is no allowed signer's"
	expect_same kept.lock measure.lock
	cat ../allowed-one ../allowed-two >allowed
	run lock
	expect_status 0
	expect test "$(grep -c . measure.lock)" -eq "$(grep -c . kept.lock)"
	expect test "$(cmp -s measure.lock kept.lock && echo same)" = ''
	rm allowed
	run lock
	expect_status 5
	expect_stderr_has "input 'source'"
	cd "$lib_top" || exit
	ok 'another file of allowed signers is seen, though the input is locked'
else
	skip 'another file of allowed signers is seen, though the input is locked' 'git or ssh-keygen is missing'
fi

plan done
