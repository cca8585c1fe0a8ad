# shellcheck shell=sh
# Inputs of the parity tests, in the folder of the test that sources this behind tests/lib.sh.

# filled FILE BYTES: text without repetition, the same in every run
filled()
{
	seq 1000000 9999999 | head -c "$2" >"$1"
}

filled kernel 108894
filled rd0 65536
filled rd1 70001
filled rd2 3
EPOCH=1970-01-01T00:00:00+00:00

# named NAME: closes a behaviour whose name holds input: one short line
named()
{
	ok "$(printf %.90s "$1" | tr '\n\t' '  ')"
}

# both NAME OPTION...: the two programs write one image from the same options
both()
{
	both_name=$1
	shift
	rm -f theirs.eif ours.eif
	run_command eif_build --build-time "$EPOCH" "$@" --output theirs.eif
	expect_status 0
	run build eif --build-time "$EPOCH" "$@" -o ours.eif
	expect_status 0
	expect_same ours.eif theirs.eif
	named "$both_name"
}
