#!/bin/sh
# Every stack of layers of layer_cases.txt, made by a generator that proves its defect, is refused
# with the reason and the text of the table: by the layers' own reader, and by `measure build initrd`
# as an image, which names the layer and leaves nothing behind.
. "${0%/*}/../lib.sh"
need python3

run_command python3 "$ROOT/tests/shouldfail/layer_mutate.py" "$ROOT/tests/shouldfail/layer_cases.txt"
expect_status 0
expect_stderr ''
ok "there are $(find . -name expected | wc -l) broken stacks, each with its defect"

# told CASE LAYER: what the program says of a stack whose LAYER is the broken one
told()
{
	sed -E 's|^([a-z]+): (.*)|measure: error[\1]: '"$1/image: layer $2 ('HEX'): "'\2, at offset N|' \
		"$1/expected"
}

for case in *; do
	run_command "$BUILD/tests/layer" "$case"/*.tar
	expect_status 3
	expect_stdout "@$case/expected"
	last=$(find "$case" -name '*.tar' | wc -l)
	run build initrd --rootfs "$case/image" -o out.cpio
	expect_status 3
	expect_stdout ''
	head -n 1 "$STDERR" | sed -E "s|blobs/sha256/[0-9a-f]{64}|HEX|; s/offset [0-9]+ .*/offset N/" >said
	told "$case" "$last" >wanted
	expect diff wanted said
	rm -f wanted said
	expect test "$(find . -maxdepth 1 ! -type d | wc -l)" -eq 0
	ok "$case is refused"
done
plan done
