#!/bin/sh
# The readings side by side against what the readers themselves said of the same files: the vendor's
# describe-eif, run over them, and QEMU's loader.
. "${0%/*}/../lib.sh"
if [ -n "${MEASURE_VECTORS:-}" ]; then
	vectors=$MEASURE_VECTORS/eif
else
	need_shared vectors/eif/peer-results.txt
	vectors=$SHARED/vectors/eif
fi
need python3

# A line of peer-results.txt and our readings as JSON: the same registers, checksums, refusals.
# PCR8 is known of signature sections in the signers' form alone.
cat >agrees.py <<'EOT'
import json, re, sys
name, vendor, _, qemu, _ = sys.argv[1].split(" | ", 4)
walk, tables = json.load(open(sys.argv[2]))["readings"][1:]
assert (walk["reader"], tables["reader"]) == ("walk", "tables")

said = re.match(r"OK crc=(\w+) p0=(\w+) p2=(\w+) p8=(\w*)", vendor)
if said:
    assert walk["refused"] is None
    assert walk["crc32_agrees"] == (said.group(1) == "true")
    assert walk["measurements"]["PCR0"].startswith(said.group(2))
    assert walk["measurements"]["PCR2"].startswith(said.group(3))
    assert walk["measurements"].get("PCR8", said.group(4)).startswith(said.group(4))
    assert walk["fails"] is None
else:
    by_walk = re.search("invalid EIF section|Invalid section type|UnexpectedEof", vendor)
    assert (walk["refused"] is not None) == bool(by_walk)
    assert by_walk or walk["fails"] is not None

said = re.match(r"qemu-model: \((True|False), '([^']*)'(?:, \{0: '(\w+))?", qemu)
if said.group(1) == "True":
    assert tables["refused"] is None and tables["crc32_agrees"]
    assert tables["measurements"]["PCR0"].startswith(said.group(3))
elif said.group(2) == "CRC":
    assert not tables["crc32_agrees"]
elif not said.group(2).startswith("signature"):
    assert tables["refused"] is not None
EOT

while IFS= read -r line; do
	name=${line%% *}
	[ -e "$vectors/d_$name.eif" ] || continue
	run eif --lenient --json "$vectors/d_$name.eif"
	expect python3 agrees.py "$line" "$STDOUT"
	ok "d_$name.eif is read as its readers read it"
done <"$vectors/peer-results.txt"
plan done
