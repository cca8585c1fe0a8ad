#!/bin/sh
# Random stacks of layers come to what a naive reader of the specification makes of them.
. "${0%/*}/../lib.sh"
need python3

count=150
[ -z "${SOAK:-}" ] || count=20000
run_command python3 "$ROOT/tests/shouldfail/layer_model.py" "$BUILD/tests/layer" . $count 20261121
expect_status 0
expect_stdout_has "$count stacks"
ok "$(cat "$STDOUT")"
plan done
