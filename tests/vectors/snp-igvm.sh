#!/bin/sh
# IGVM files from outside: each digest that the vectors record, by profile and platform, and each
# refusal; and a guest of real firmware, step by step wrapped as IGVM, has the digest that it has
# without.
. "${0%/*}/../lib.sh"
need_shared vectors/snp/igvm
need python3
vectors=$SHARED/vectors/snp/igvm

# FILE PROFILE PLATFORM ZERO DIGEST, - for what is refused
python3 - "$vectors/expected.json" <<'EOT' >table
import json, sys
for name, want in json.load(open(sys.argv[1])).items():
    for key, value in want.items():
        if "/" not in key:
            continue
        words = key.replace("qemu-kvm", "qemu").split("/")
        zero = words[2] if len(words) > 2 else "-"
        print(name, words[0], words[1], zero, "-" if value.startswith("reject") else value)
EOT

good=0 refused=0
while read -r name profile platform zero digest; do
	set -- igvm "$vectors/$name.igvm" --profile "$profile" --platform "$platform"
	[ "$zero" = - ] || set -- "$@" --native-zero
	set -- "$@" --json
	run "$@"
	if [ "$digest" = - ]; then
		expect_status 3
		expect_json 'j["reason"] == "igvm"'
		refused=$((refused + 1))
	else
		expect_status 0
		expect_json "list(j['measurements'].values()) == ['$digest']"
		good=$((good + 1))
	fi
done <table
expect test "$good" -gt 0
ok "$good of $good digests are those of the peers, $refused of $refused refusals"

made=0
while read -r name profile platform zero digest; do
	case $name$platform$digest in *signed*snp* | no-policy* | *snp-) continue ;; *snp*) ;; *) continue ;; esac
	set -- manifest make "$vectors/$name.igvm" --product example.org/vm --version 1 --allow-debug --profile "$profile"
	[ "$zero" = - ] || set -- "$@" --native-zero
	run "$@" -o made.corim --json
	expect_status 0
	expect_json "[r['measurement'] for r in j['rows']] == ['$digest']"
	made=$((made + 1))
done <table
for name in minimal-signed minimal-signed-no-author; do
	run manifest make "$vectors/$name.igvm" --product example.org/vm --version 1 -o made.corim --json
	expect_status 0
	expect_json 'len(j["rows"]) == 1'
	run manifest show made.corim
	expect_stdout_has 'ID_KEY_DIGEST'
done
expect test "$made" -gt 0
ok "$made of $made digests are rows of manifests, and ID blocks choose theirs"

files=0
for file in "$vectors"/*.igvm; do
	run inspect "$file" --json
	expect_status 0
	expect_json 'j["type"] == "igvm" and j["part"]["size"] > 0'
	run "$file" -q
	expect_status 0
	files=$((files + 1))
done
ok "$files of $files files are known by their beginning, and have parts"

wrap=$SHARED/vectors/snp/inputs/amdsev-2026.08.zst
if ! command -v zstd >/dev/null || [ ! -e "$wrap" ]; then
	skip 'a guest wrapped as IGVM has the digest that it has without' 'no zstd, or no firmware'
	plan done
fi
zstd -q -d "$wrap" -o firmware
set -- snp --ovmf firmware --vcpus 1 --vcpu-type EPYC-v4
run "$@" --dump-vmsa
expect_status 0
digest=$(cat "$STDOUT")
"$MEASURE" "$@" --trace --json 2>"$STDERR" >steps
python3 - <<'EOT'
import json, struct, zlib
firmware = open("firmware", "rb").read()
begin = 2**32 - len(firmware)
kinds = {"ZERO": 0, "NORMAL": 0, "SECRETS": 1, "CPUID": 2}
steps = json.load(open("steps"))["steps"]

def header(kind, body):
    return struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)

def content(step):
    if step["type"] == "VMSA":
        return open("vmsa0.bin", "rb").read()
    at = step["gpa"] - begin
    return firmware[at:at + 4096] if step["type"] == "NORMAL" else None

def build(data_at):
    data, known = b"", {}
    headers = header(1, struct.pack("<IBBHQ", 1, 0, 2, 1, 0)) + header(0x101, struct.pack("<QII", 0x30000, 1, 0))
    for step in steps:
        page, at = content(step), 0
        if page is not None:
            if page not in known:
                known[page] = len(data)
                data += page
            at = data_at + known[page]
        if step["type"] == "VMSA":
            headers += header(0x304, struct.pack("<QIIHH", step["gpa"], 1, at, 0, 0))
        else:
            headers += header(0x302, struct.pack("<QIIIHH", step["gpa"], 1, at, 0, kinds[step["type"]], 0))
    return headers, data

headers, data = build(0)
headers, data = build(24 + len(headers))
fixed = lambda crc: b"IGVM" + struct.pack("<5I", 1, 24, len(headers), 24 + len(headers) + len(data), crc)
open("guest.igvm", "wb").write(fixed(zlib.crc32(fixed(0) + headers)) + headers + data)
EOT
run igvm guest.igvm --profile igvmmeasure --native-zero
expect_status 0
expect_stdout "MEASUREMENT  $digest"
expect test "$(wc -c <guest.igvm)" -lt 1000000
ok 'a guest wrapped as IGVM has the digest that it has without'

plan done
