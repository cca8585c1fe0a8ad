#!/bin/sh
# IGVM files from outside: each digest that the vectors record, by profile and platform, and each
# refusal.
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

plan done
