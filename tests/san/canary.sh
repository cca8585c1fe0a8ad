#!/bin/sh
# the sanitizers are alive: each catches the fault made for it
. "${0%/*}/../lib.sh"

caught()
{
	run_command "$BUILD/tests/san/canary" "$1"
	expect [ "$STATUS" -ne 0 ]
	expect_stdout ''
	expect_stderr_has "$2"
	ok "$3"
}

run_command "$BUILD/tests/san/canary" nothing
expect_status 0
expect_stderr ''
ok 'a program without fault passes'

caught overflow 'AddressSanitizer: heap-buffer-overflow' 'ASAN catches a read past the end'
caught signed 'signed integer overflow' 'UBSAN catches a signed overflow'

plan done
