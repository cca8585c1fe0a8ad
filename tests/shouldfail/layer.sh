#!/bin/sh
# Every stack of layers of layer_cases.txt, made by a generator that proves its defect, is refused
# with the reason and the text of the table.
. "${0%/*}/../lib.sh"
need python3

run_command python3 "$ROOT/tests/shouldfail/layer_mutate.py" "$ROOT/tests/shouldfail/layer_cases.txt"
expect_status 0
expect_stderr ''
ok "there are $(find . -name expected | wc -l) broken stacks, each with its defect"

for case in *; do
	run_command "$BUILD/tests/layer" "$case"/*.tar
	expect_status 3
	expect_stdout "@$case/expected"
	ok "$case is refused"
done
plan done
